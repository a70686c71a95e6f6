"""How often ``detect`` calls pure noise, beside the level that is stated.

Run with ``python -m benchmarks.noise_shares [--series 200] [--seed 40000]``. Rates of
several sizes, levels and over-dispersion, counts and values, of several lengths, at
levels of 1 % and 5 %. The error of each share comes from how it varies between series,
since the days of one series share what was learned of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.trends import detect

LEVELS = (0.01, 0.05)
#: What cannot hold: far values are told from events by nothing but their number.
LONG_TAILS = "values, long tails, 200 days"
Made = Callable[[np.random.Generator, int], pd.DataFrame]


def rate(size: int, share: float, dispersion: float) -> Made:
    """Events of orders whose variance is so many times the binomial one."""

    def made(rng: np.random.Generator, days: int) -> pd.DataFrame:
        orders = rng.poisson(size, days)
        chance = np.full(days, share)
        if dispersion > 1:
            together = size / (dispersion - 1) - 1
            chance = rng.beta(share * together, (1 - share) * together, days)
        return pd.DataFrame({"late": rng.binomial(orders, chance), "orders": orders})

    return made


def count(mean: float) -> Made:
    """Poisson counts."""
    return lambda rng, days: pd.DataFrame({"value": rng.poisson(mean, days)})


def value(rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Normal values."""
    return pd.DataFrame({"value": rng.normal(30, 2, days)})


def usual_orders(days: int) -> np.ndarray:
    """Orders an hour: few at night, many at noon and in the evening."""
    hour = np.arange(24 * days) % 24
    noon, evening = (np.exp(-(((hour - peak) / 2) ** 2)) for peak in (12, 19))
    return 20 + 150 * noon + 200 * evening


def hourly_rate(rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Late orders by hour, more of them late in the evening; days of their own."""
    orders = rng.poisson(usual_orders(days))
    chance = 0.08 + 0.08 * np.exp(-(((np.arange(24 * days) % 24 - 19) / 2) ** 2))
    chance *= np.exp(rng.normal(0, 0.1, 24 * days))
    return pd.DataFrame({"late": rng.binomial(orders, chance), "orders": orders})


def hourly_count(rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Orders by hour."""
    usual = usual_orders(days) * np.exp(rng.normal(0, 0.08, 24 * days))
    return pd.DataFrame({"value": rng.poisson(usual)})


def hourly_value(fold: float) -> Made:
    """Normal values by hour whose variance is so many times higher at noon."""

    def made(rng: np.random.Generator, days: int) -> pd.DataFrame:
        hour = np.arange(24 * days) % 24
        variance = fold ** ((1 - np.cos(2 * np.pi * hour / 24)) / 2)
        return pd.DataFrame({"value": rng.normal(100, 2 * variance**0.5)})

    return made


def long_tails(rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Values with the tails of Student's t with 4 degrees of freedom."""
    return pd.DataFrame({"value": 30 + 2 * rng.standard_t(4, days) / 2**0.5})


VALUES_BY_HOUR = {fold: hourly_value(fold) for fold in (1, 30)}
HOURLY = (hourly_rate, hourly_count, *VALUES_BY_HOUR.values())
CASES: dict[str, tuple[Made, int]] = {
    **{
        f"rate {share:g} of {size}, {days} days, dispersion {dispersion:g}": (
            rate(size, share, dispersion), days,
        )
        for size, share, dispersion, days in (
            (200, 0.1, 1, 200), (200, 0.4, 2, 200), (600, 0.02, 1, 200),
            (600, 0.1, 1, 200), (600, 0.1, 2, 90), (3_000, 0.02, 1.5, 200),
            (3_000, 0.1, 1, 90), (3_000, 0.1, 1, 400), (3_000, 0.1, 3, 200),
            (20_000, 0.1, 1, 200), (20_000, 0.1, 3, 200), (20_000, 0.4, 2, 200),
        )
    },
    "counts as values, around 12, 200 days": (count(12), 200),
    "counts as values, around 900, 200 days": (count(900), 200),
    "values, 90 days": (value, 90),
    "values, 200 days": (value, 200),
    "values, 400 days": (value, 400),
    "rates by hour, 45 days": (hourly_rate, 45),
    "counts by hour, as values, 45 days": (hourly_count, 45),
    "values by hour, 45 days": (VALUES_BY_HOUR[1], 45),
    "values by hour, variance times 30, 45 days": (VALUES_BY_HOUR[30], 45),
    LONG_TAILS: (long_tails, 200),
}  # fmt: skip


def shares(made: Made, days: int, seeds: range) -> list[tuple[float, float]]:
    """Share of the days called at each level, and its standard error."""
    found = []
    for seed in seeds:
        frame = made(np.random.default_rng([seed, days]), days)
        judged = judge(frame, made)
        rarity = 1 - judged.loc[~judged["is_too_few"], "score"].dropna()
        found.append([(rarity < level).mean() for level in LEVELS])
    by_series = np.array(found)
    errors = by_series.std(axis=0, ddof=1) / len(by_series) ** 0.5
    return list(zip(by_series.mean(axis=0).tolist(), errors.tolist(), strict=True))


def judge(frame: pd.DataFrame, made: Made) -> pd.DataFrame:
    """What ``detect`` says of days, however few their orders, or of hours."""
    is_hourly = made in HOURLY
    frame["period"] = pd.date_range(
        "2026-01-05", periods=len(frame), freq="h" if is_hourly else "D"
    )
    if "late" not in frame:
        return detect(frame, value="value")
    return detect(
        frame, numerator="late", denominator="orders", minimum=None if is_hourly else 0
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--seed", type=int, default=40_000)
    parser.add_argument("--only", default="", help="part of the name of a kind")
    options = parser.parse_args()
    every = []
    for number, (name, (made, days)) in enumerate(CASES.items()):
        if options.only not in name:
            continue
        first = options.seed + number * options.series
        cells = shares(made, days, range(first, first + options.series))
        every += [cells] * (name != LONG_TAILS)
        told = "   ".join(f"{100 * share:.2f} +- {100 * error:.2f} %"
                          for share, error in cells)  # fmt: skip
        print(f"{name:48} {told}", flush=True)
    for place, level in enumerate(LEVELS if every else ()):
        far = [(row[place][0] - level) / row[place][1] for row in every]
        mean = 100 * np.mean([row[place][0] for row in every])
        off = np.sqrt(np.mean(np.square(far)))
        print(f"stated {100 * level:g} %: {mean:.2f} % in the mean without long tails; "
              f"root mean square of (share - stated) / error {off:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
