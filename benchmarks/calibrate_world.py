"""Light draws of the sample world's model: unit tables and panels in one step.

Riders differ in skill, zones in level, days in weather: shocks of a zone fade from
period to period, and orders add their own noise. Nobody's treatment reaches anybody
else, but for the carry-over of a switchback, which is part of what is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal, special

Floats = NDArray[np.float64]

#: Minutes from order to door: level, spread between riders and of a single order.
MINUTES = 28.0
RIDER_SPREAD = 3.0
ORDER_SPREAD = 9.0
#: Log odds of being late, spread between riders.
LATE = -2.0
SKILL = 0.5
#: What is left of a day's shock the day after, and its size.
FADING = 0.6
SHOCK = 1.0
WEEK = 7

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@dataclass(frozen=True, slots=True)
class Riders:
    """A table of riders with a period before.

    Attributes:
        skill: Standard normal, lasting.
        orders: Orders in the period.
        orders_before: Orders in the period before.
    """

    skill: Floats
    orders: NDArray[np.int64]
    orders_before: NDArray[np.int64]


def riders(rng: np.random.Generator, size: int) -> Riders:
    """Riders whose orders vary from a few to a few hundred."""
    pace = rng.gamma(4.0, 10.0, size)
    return Riders(rng.normal(size=size), 5 + rng.poisson(pace), 5 + rng.poisson(pace))


def minutes(rng: np.random.Generator, skill: Floats, orders: NDArray) -> Floats:
    """Mean minutes of each rider over some orders; single orders are skewed."""
    shape = 4.0
    noise = rng.gamma(shape * orders, 1.0) / (shape * orders) - 1
    return MINUTES - RIDER_SPREAD * skill + ORDER_SPREAD * np.sqrt(shape) * noise


def late(
    rng: np.random.Generator, skill: Floats, orders: NDArray, shift: Floats | float
) -> NDArray[np.int64]:
    """Late orders of each rider."""
    return rng.binomial(orders, special.expit(LATE - SKILL * skill + shift))


def late_rate(shift: float) -> float:
    """Expected late rate of a rider drawn at random."""
    rates = special.expit(LATE - SKILL * _NODES + shift)
    return float(rates @ _WEIGHTS / _WEIGHTS.sum())


def fading(
    rng: np.random.Generator, periods: int, series: int, *, left: float = FADING
) -> Floats:
    """Shocks that fade, unit variance, (periods, series)."""
    start = rng.normal(size=series)
    steps = rng.normal(size=(periods, series)) * np.sqrt(1 - left**2)
    steps[0] = start
    return signal.lfilter([1.0], [1.0, -left], steps, axis=0)


def weekly(periods: int) -> Floats:
    """A week's season, mean 0, (periods,)."""
    return np.cos(2 * np.pi * np.arange(periods) / WEEK)


def zones(
    rng: np.random.Generator, periods: int, size: int, *, left: float = FADING
) -> Floats:
    """Daily mean minutes of zones, (periods, zones): level, day, shock and noise."""
    level = rng.normal(scale=2.0, size=size)
    day = fading(rng, periods, 1, left=left) + weekly(periods)[:, None]
    own = SHOCK * fading(rng, periods, size, left=left)
    noise = rng.normal(scale=0.5, size=(periods, size))
    return MINUTES + level + day + own + noise
