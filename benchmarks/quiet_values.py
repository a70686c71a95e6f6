"""How often the screens of ``watch`` call something where nothing is wrong.

Run with ``python -m benchmarks.quiet_values [--worlds 40] [--only negative]``. Worlds
of 150 series of 180 days (20 to 800 orders a day) have values of one distribution whose
mean never moves. They are published, and counted as events by ``counted_as`` and
``many_series`` as ``watch`` does; a rate of one in ten is the comparison. Told is in
how many worlds the windows or the filters call anything; with two of three screens of
5 % together that may be one in thirty. ``watch`` holds what is called against
``detect`` besides.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.metrics import Period
from analysis.metrics.counting import counted_as
from analysis.metrics.many import many_series
from analysis.trends.screen import look, standing_out
from analysis.trends.unforeseen import outlook, surprises
from analysis.trends.windows import days_clock
from tests.worlds import published

Floats = NDArray[np.float64]
Rng = np.random.Generator
Drawing = Callable[[np.random.Generator, int], Floats]

SERIES, DAYS, FIRST = 150, 180, 92
SMALLEST, LARGEST = 20, 800
BEGIN = date(2026, 1, 5)
FALSE_DISCOVERIES, SCREENS = 0.05, 3
STARS, SHARES = (1.0, 2.0, 3.0, 4.0, 5.0), (0.04, 0.04, 0.08, 0.22, 0.62)


def rare(share: float, draw: Callable[[Rng, int], Floats]) -> Drawing:
    """Values of which a share differs from 0."""
    return lambda rng, n: np.where(rng.random(n) < share, draw(rng, n), 0.0)


def below(share: float, far: float) -> Drawing:
    """Amounts of which a share is paid back."""
    return lambda rng, n: np.where(
        rng.random(n) < share, far, 8.0 * rng.gamma(4.0, 0.25, n)
    )


DRAWN: dict[str, Drawing] = {
    "a rate of one in ten": lambda rng, n: (rng.random(n) < 0.1).astype(float),
    "a rate of one in 200": lambda rng, n: (rng.random(n) < 0.005).astype(float),
    "minutes (gamma, a third about the mean)": lambda rng, n: rng.gamma(9.0, 3.0, n),
    "minutes late (exponential)": lambda rng, n: rng.exponential(8.0, n),
    "amounts (lognormal)": lambda rng, n: np.exp(rng.normal(0, 1, n)),
    "amounts (lognormal, sigma 1.5)": lambda rng, n: np.exp(rng.normal(0, 1.5, n)),
    "amounts (Pareto, 2.5)": lambda rng, n: rng.pareto(2.5, n),
    "amounts, 95 % of them 0": rare(0.05, lambda rng, n: rng.exponential(10.0, n)),
    "mostly zero, 99.5 % (exponential)": rare(
        0.005, lambda rng, n: rng.exponential(10.0, n)
    ),
    "mostly zero, 99.5 % (lognormal)": rare(
        0.005, lambda rng, n: np.exp(rng.normal(0, 1, n))
    ),
    "negative, 0.05 % at -300": below(0.0005, -300.0),
    "negative, 2 % at -30": below(0.02, -30.0),
    "negative, 5 % at -30": below(0.05, -30.0),
    "negative, 0.5 % (exponential), the others 0": rare(
        0.005, lambda rng, n: -rng.exponential(10.0, n)
    ),
    "negative, 20 % paid back in full": lambda rng, n: (
        8.0 * rng.gamma(4.0, 0.25, n) * np.where(rng.random(n) < 0.2, -1.0, 1.0)
    ),
    "lower, 3 % at 0, the others 7": lambda rng, n: np.where(
        rng.random(n) < 0.03, 0.0, 7.0
    ),
    "negative, normal about 0": lambda rng, n: rng.normal(0.5, 4.0, n),
    "stars": lambda rng, n: rng.choice(STARS, n, p=SHARES),
}


def metric_of(name: str) -> str:
    """The metric that a distribution is published as."""
    if "rate" in name:
        return "cancellation_rate"
    return "mean_rating" if "stars" in name else "mean_basket"


def columns_of(metric: str, values: Floats) -> dict[str, pa.Array]:
    """The columns of orders that the metric reads."""
    if metric == "cancellation_rate":
        return {"status": pa.array(np.where(values > 0, "cancelled", "delivered"))}
    return {"rating" if metric == "mean_rating" else "basket_amount": pa.array(values)}


def counted(metric: str, orders: NDArray[np.int64], values: Floats) -> Floats:
    """Events by series and day, as the product counts them."""
    count = orders.ravel()
    cell = np.repeat(np.arange(len(count)), count)
    day = np.datetime64(BEGIN) + (cell % DAYS).astype("timedelta64[D]")
    table = pa.table({
        "city": pa.array(cell // DAYS).cast(pa.string()),
        "local_date": pa.array(day),
        **columns_of(metric, values),
    })  # fmt: skip
    whole = Period(BEGIN, BEGIN + timedelta(days=DAYS - 1))
    with tempfile.TemporaryDirectory() as folder:
        dataset = published(Path(folder), {"orders": table})
        how = counted_as(dataset, [metric], period=whole)
        many = many_series(dataset, how, sets=[("city",)], period=whole)
    series = [int(str(dict(segment)["city"])) for segment in many.segments]
    tops: Floats = many.numerators[np.argsort(series), 0]
    return tops


def calls(rng: Rng, draw: Drawing, metric: str) -> int:
    """What the windows and the filters call in one quiet world."""
    sizes = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), SERIES))
    orders = rng.poisson(np.repeat(sizes[:, None], DAYS, axis=1))
    tops = counted(metric, orders, draw(rng, int(orders.sum())))
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
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    drawn = {name: draw for name, draw in DRAWN.items() if asked.only in name}
    for name, draw in drawn.items():
        rng = np.random.default_rng(asked.seed)
        found = [calls(rng, draw, metric_of(name)) for _ in range(asked.worlds)]
        hit = sum(1 for item in found if item)
        print(f"{name}: {hit} of {asked.worlds} worlds, {sum(found)} calls", flush=True)


if __name__ == "__main__":
    main()
