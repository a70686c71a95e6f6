"""How often the screens of ``watch`` call something where nothing is wrong.

Run with ``python -m benchmarks.quiet_values [--worlds 40]``. Worlds of 150 series of
180 days (20 to 800 orders a day) have values of one distribution whose mean never
moves. They are counted as events as ``counted_as`` does it: bounded at their 99th
percentile, times mean by variance; a rate of one in ten is the comparison. Told is in
how many worlds the windows or the filters call anything; with two of three screens of
5 % together that may be one in thirty. ``watch`` holds what is called against
``detect`` besides.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.counting import BOUNDED
from analysis.trends.screen import look, standing_out
from analysis.trends.unforeseen import outlook, surprises
from analysis.trends.windows import days_clock

Floats = NDArray[np.float64]
Rng = np.random.Generator

SERIES, DAYS, FIRST = 150, 180, 92
SMALLEST, LARGEST = 20, 800
FALSE_DISCOVERIES, SCREENS = 0.05, 3
STARS, SHARES = (0.0, 1.0, 2.0, 3.0, 4.0), (0.62, 0.22, 0.08, 0.04, 0.04)
DRAWN: dict[str, Callable[[Rng, int], Floats]] = {
    "a rate of one in ten": lambda rng, n: (rng.random(n) < 0.1).astype(float),
    "minutes (gamma, a third about the mean)": lambda rng, n: rng.gamma(9.0, 3.0, n),
    "minutes late (exponential)": lambda rng, n: rng.exponential(8.0, n),
    "amounts (lognormal)": lambda rng, n: np.exp(rng.normal(0, 1, n)),
    "amounts (lognormal, sigma 1.5)": lambda rng, n: np.exp(rng.normal(0, 1.5, n)),
    "amounts (Pareto, 2.5)": lambda rng, n: rng.pareto(2.5, n),
    "amounts, 95 % of them 0": lambda rng, n: np.where(
        rng.random(n) < 0.05, rng.exponential(10.0, n), 0.0
    ),
    "stars that are lacking": lambda rng, n: rng.choice(STARS, n, p=SHARES),
}


def events_of(values: Floats, *, is_rate: bool) -> Floats:
    """Values as events."""
    if is_rate:
        return values
    bounded = np.minimum(values, np.quantile(values, BOUNDED))
    return bounded * bounded.mean() / bounded.var()


def calls(rng: Rng, draw: Callable[[Rng, int], Floats], *, is_rate: bool) -> int:
    """What the windows and the filters call in one quiet world."""
    sizes = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), SERIES))
    orders = rng.poisson(np.repeat(sizes[:, None], DAYS, axis=1))
    count = orders.ravel()
    cell = np.repeat(np.arange(len(count)), count)
    events = events_of(draw(rng, len(cell)), is_rate=is_rate)
    tops = np.bincount(cell, events, len(count)).reshape(orders.shape)
    due = orders * (tops.sum() / orders.sum())
    seen = look(tops, due, clock=days_clock(np.arange(DAYS) % 7), first=FIRST)
    (found,) = standing_out(
        [seen], false_discoveries=FALSE_DISCOVERIES, screens=SCREENS
    )
    foretold = outlook(tops, due, orders.astype(float), first=FIRST)
    # What is passed on beyond the share is not listed for itself.
    (others,) = surprises(
        [foretold], false_discoveries=FALSE_DISCOVERIES / 2, screens=SCREENS
    )
    return len(found.events) + len(others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=77)
    asked = parser.parse_args()
    for name, draw in DRAWN.items():
        rng = np.random.default_rng(asked.seed)
        found = [calls(rng, draw, is_rate="rate" in name) for _ in range(asked.worlds)]
        hit = sum(1 for item in found if item)
        print(f"{name}: {hit} of {asked.worlds} worlds, {sum(found)} calls", flush=True)


if __name__ == "__main__":
    main()
