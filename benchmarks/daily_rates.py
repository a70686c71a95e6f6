"""Simulated daily late rates with events that are known, and simple detectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from statsmodels.tsa.seasonal import STL

Floats = NDArray[np.float64]

SIZES = (150, 600, 3_000, 20_000)
DAYS, EVENTS, FIRST = 200, 4, 45
_WEEK = np.array([0.0, 0.0, 0.0, 0.0, 0.1, 0.15, 0.1])


@dataclass(frozen=True, slots=True)
class Rates:
    """Series of one size: series by day.

    Attributes:
        late: Late orders.
        orders: Orders.
        event: Number of the event of a day, 0 for none.
    """

    late: Floats
    orders: Floats
    event: NDArray[np.int64]


def simulate(size: int, seeds: range) -> Rates:
    """Late rates around one in ten, by the logit.

    Weekdays differ (sd 0.12), the level walks (0.008 a day) and swings (0.12), each
    day has noise of its own (sd 0.06 to 0.14 by series: over-dispersion), and four
    events of one to three days multiply the odds by 1.25 to 2.
    """
    made = [_one(size, seed) for seed in seeds]
    return Rates(*(np.array(parts) for parts in zip(*made, strict=True)))


def _one(size: int, seed: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    rng = np.random.default_rng([seed, size])
    days = np.arange(DAYS)
    week = rng.normal(0, 0.12, 7)
    level = np.log(1 / 9) + rng.normal(0, 0.25) + (week - week.mean())[days % 7]
    level = level + np.cumsum(rng.normal(0, 0.008, DAYS))
    turn = days / rng.uniform(90, 200) + rng.uniform()
    level += 0.12 * np.sin(2 * np.pi * turn)
    level += rng.normal(0, rng.uniform(0.06, 0.14), DAYS)
    orders = rng.poisson(size * np.exp(_WEEK[days % 7] + rng.normal(0, 0.05, DAYS)))
    event = np.zeros(DAYS, dtype=np.int64)
    places = rng.choice(np.arange(FIRST, DAYS - 11, 12), EVENTS, replace=False)
    for number, place in enumerate(np.sort(places) + rng.integers(0, 6, EVENTS), 1):
        span = slice(place, place + rng.integers(1, 4))
        event[span] = number
        level[span] += rng.uniform(np.log(1.25), np.log(2))
    return rng.binomial(orders, expit(level)).astype(float), orders.astype(float), event


def p_chart(rates: Rates) -> Floats:
    """Binomial limits around the rate of all days before."""
    total, orders = (np.cumsum(item, axis=1) for item in (rates.late, rates.orders))
    share = np.roll(total / orders, 1, axis=1)
    share[:, 0] = share[:, 1]
    noise = np.sqrt(share * (1 - share) / rates.orders)
    return np.abs(rates.late / rates.orders - share) / noise


def stl_residuals(rates: Rates) -> Floats:
    """STL of the whole series, judged by its own residuals."""
    share = rates.late / rates.orders
    rest = np.array([STL(row, period=7, robust=True).fit().resid for row in share])
    return np.abs(rest) / (1.4826 * np.median(np.abs(rest), axis=1, keepdims=True))


def weekday_mad(rates: Rates, *, weeks: int = 8) -> Floats:
    """The same weekday of the weeks before: median and median absolute deviation."""
    share = rates.late / rates.orders
    z = np.zeros_like(share)
    for day in range(21, DAYS):
        past = share[:, day % 7 : day : 7][:, -weeks:]
        middle = np.median(past, axis=1)
        spread = 1.4826 * np.median(np.abs(past - middle[:, None]), axis=1)
        z[:, day] = np.abs(share[:, day] - middle) / np.maximum(spread, 1e-9)
    return z


def seasonal_laney(rates: Rates, *, weeks: int = 8) -> Floats:
    """Laney's p' around the same weekday of the weeks before."""
    z = np.zeros_like(rates.late)
    for day in range(21, DAYS):
        past = np.arange(day - 7, max(day - 7 * weeks - 1, -1), -7)
        orders = rates.orders[:, past].sum(axis=1)
        share = rates.late[:, past].sum(axis=1) / orders
        noise = np.sqrt(share * (1 - share) / rates.orders[:, day])
        z[:, day] = (rates.late[:, day] / rates.orders[:, day] - share) / noise
    found = np.zeros_like(z)
    for day in range(35, DAYS):
        steps = np.abs(np.diff(z[:, 21:day][:, -56:], axis=1)).mean(axis=1) / 1.128
        found[:, day] = np.abs(z[:, day]) / np.maximum(steps, 1)
    return found


#: Detectors with the limit that each is used with.
BASELINES: dict[str, tuple[Callable[[Rates], Floats], float]] = {
    "p-chart, 3 sigma": (p_chart, 3.0),
    "STL on its own residuals, 3 sigma": (stl_residuals, 3.0),
    "same weekday, median and MAD, 3.5": (weekday_mad, 3.5),
    "seasonal Laney p', 3 sigma": (seasonal_laney, 3.0),
}


def recall(called: NDArray[np.bool_], event: NDArray[np.int64]) -> float:
    """Share of the events with a called day."""
    found = [
        bool(row[marks == number].any())
        for row, marks in zip(called, event, strict=True)
        for number in range(1, EVENTS + 1)
    ]
    return float(np.mean(found))


def clean(event: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Days without an event, once there is something to learn from."""
    return (event == 0) & (np.arange(DAYS) >= FIRST)
