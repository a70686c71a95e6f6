"""How well and how fast ``detect`` calls events in simulated daily late rates.

Run with ``python -m benchmarks.bench_detect [--series 60] [--seed 1000]``, and with
``--prophet 30`` for Prophet on the first 30 series a size (seconds each). Prints event
recall and false alarms per 100 clean days by size, at the usual limit of each detector
and at a matched 1.2 false alarms; the share called in pure noise; milliseconds a
series.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from analysis.trends import detect
from benchmarks.daily_rates import (
    BASELINES,
    DAYS,
    FIRST,
    SIZES,
    Floats,
    Rates,
    clean,
    recall,
    simulate,
)
from benchmarks.prophet_rates import INSIDE, LIMIT, by_prophet

MATCHED = 0.012
FROM = 600


def by_detect(rates: Rates, *, minimum: float | None = None) -> tuple[Floats, Floats]:
    """Tail probability of each day, and whether it is called."""
    days = pd.date_range("2026-01-05", periods=DAYS)
    scores, called = [], []
    for late, orders in zip(rates.late, rates.orders, strict=True):
        frame = pd.DataFrame({"period": days, "late": late, "orders": orders})
        found = detect(frame, numerator="late", denominator="orders", minimum=minimum)
        scores.append(found["score"].fillna(0.0))
        called.append(found["is_anomaly"])
    return np.array(scores), np.array(called)


def line(name: str, rates: dict[int, Rates], scores: dict[int, Floats],
         called: dict[int, Floats]) -> None:  # fmt: skip
    own, alarms, matched = [], [], []
    for size, one in rates.items():
        quiet = clean(one.event)
        limit = np.quantile(scores[size][quiet], 1 - MATCHED)
        own.append(recall(called[size].astype(bool), one.event))
        alarms.append(100 * called[size][quiet].mean())
        matched.append(recall(scores[size] > limit, one.event))
    large = [place for place, size in enumerate(rates) if size >= FROM]
    mean = [float(np.mean([values[place] for place in large]))
            for values in (own, alarms, matched)]  # fmt: skip
    by_size = " ".join(f"{value:.2f}" for value in matched)
    print(f"{name:36} recall {mean[0]:.2f} at {mean[1]:5.2f} | matched {mean[2]:.2f}"
          f" | matched by size {by_size}")  # fmt: skip


def detect_line(name: str, rates: dict[int, Rates]) -> None:
    found = {size: by_detect(one, minimum=0) for size, one in rates.items()}
    scores, called = ({size: item[side] for size, item in found.items()}
                      for side in (0, 1))  # fmt: skip
    line(name, rates, scores, called)


def prophet(seeds: range) -> None:
    """Prophet on fewer series, beside ``detect`` on the same ones."""
    rates = {size: simulate(size, seeds) for size in SIZES}
    begin = time.perf_counter()
    scores = {size: by_prophet(one) for size, one in rates.items()}
    spent = (time.perf_counter() - begin) / (len(SIZES) * len(seeds))
    line(f"Prophet, {INSIDE:.0%} ({len(seeds)} series, {spent:.1f} s each)", rates,
         scores, {size: item > LIMIT for size, item in scores.items()})  # fmt: skip
    detect_line("detect on the same", rates)


def pure_noise(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = pd.date_range("2026-01-05", periods=DAYS)
    for name, scatter in (("binomial", 0.0), ("over-dispersed", 0.1)):
        share = 1 / (1 + np.exp(2.2 - scatter * rng.normal(size=(count, DAYS))))
        late = rng.binomial(3_000, share)
        called = []
        for row in late:
            frame = pd.DataFrame({"period": days, "late": row, "orders": 3_000})
            found = detect(frame, numerator="late", denominator="orders")
            called.append(found["is_anomaly"][~found["is_too_few"]].mean())
        # The days of a series share what was learned of it.
        error = np.std(called, ddof=1) / count**0.5
        print(f"pure noise, {name}: {np.mean(called):.4f} called, 0.0100 stated, "
              f"error {error:.4f} ({count} series; more in noise_shares)")  # fmt: skip


def hourly(count: int, seed: int) -> float:
    """Milliseconds of CPU for a series of 60 days of hours."""
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2026-01-05", periods=24 * 60, freq="h")
    usual = 0.1 + 0.03 * np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
    spent = 0.0
    for _ in range(count):
        orders = rng.poisson(200, len(hours))
        late = rng.binomial(orders, usual)
        frame = pd.DataFrame({"period": hours, "late": late, "orders": orders})
        begin = time.process_time()
        detect(frame, numerator="late", denominator="orders")
        spent += time.process_time() - begin
    return 1_000 * spent / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--prophet", type=int, default=0, metavar="SERIES")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.series)
    rates = {size: simulate(size, seeds) for size in SIZES}
    for name, (detector, limit) in BASELINES.items():
        scores = {size: detector(one) for size, one in rates.items()}
        line(name, rates, scores, {size: item > limit for size, item in scores.items()})
    if options.prophet:
        prophet(range(options.seed, options.seed + options.prophet))
    begin = time.process_time()
    detect_line("detect", rates)
    spent = (time.process_time() - begin) / (len(SIZES) * options.series)
    told = by_detect(rates[SIZES[0]])[1][:, FIRST:]
    print(f"detect at {SIZES[0]} orders a day, as it is: {told.mean():.4f} called "
          "(too few to tell)")  # fmt: skip
    pure_noise(200, options.seed)
    print(f"{1_000 * spent:.0f} ms of CPU a series of {DAYS} days, "
          f"{hourly(10, options.seed):.0f} ms one of 60 days of hours")  # fmt: skip


if __name__ == "__main__":
    main()
