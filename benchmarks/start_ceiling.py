"""How well the start of a planted incident can be told at all.

Run with ``python -m benchmarks.start_ceiling --seeds 1 2``. For each incident it is
known which segment it befell, when it ended, and that it was one step (a ramp in the
odds for the drift, one block of hours of its day for the outage). What is not known is
when it began: that is the likeliest day of the metric in which it is clearest, or of
all metrics together, against what the orders let expect. No watch can be expected to
tell more of these metrics.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from analysis.trends.hours import LEARNED_DAYS, MOST_HOURS, usual_of
from analysis.trends.leaves import HOURS
from analysis.trends.residual import is_rate
from analysis.trends.scales import Floats
from analysis.trends.shapes import (
    CURVES,
    DRIFT_REACH,
    LEAST_DRIFT,
    MARGIN,
    level_before,
    ramp_gains,
    step_gains,
)
from analysis.trends.watched import Watched, read_watched
from analysis.trends.windows import with_slots
from benchmarks.watch_incidents import (
    DRIFT,
    MIX,
    NEAR,
    NEAR_OTHERWISE,
    OUTAGE,
    Planted,
    published,
)

WAYS = ("clearest metric", "all metrics", "late_rate")


def starts(watched: Watched, item: Planted, segment: dict[str, str]) -> dict[str, int]:
    """By how many days (hours of the outage) each way is off for one segment."""
    own = tuple((name, value) for name, value in segment.items()
                if name in watched.dimensions)  # fmt: skip
    day = (item.last - watched.read.first).days
    gains: dict[str, Floats] = {}
    for metric in watched.metrics:
        hourly = watched.leaves.series(metric, own, step="hour")
        if item.type == OUTAGE:
            gains[metric] = _of_hours(hourly, day)
        else:
            gains[metric] = _of_days(watched, metric, hourly, item)
    truth = item.first.hour
    if item.type != OUTAGE:
        truth = DRIFT_REACH if item.type == DRIFT else MARGIN
    clearest = max(gains, key=lambda metric: float(gains[metric][truth]))
    told = dict(zip(WAYS, (gains[clearest], sum(gains.values()),
                           gains["late_rate"]), strict=True))  # fmt: skip
    return {way: int(np.argmax(one)) - truth for way, one in told.items()}


def _of_days(
    watched: Watched, metric: str, hourly: Sequence[Floats], item: Planted
) -> Floats:
    """Log-likelihood of each first day, from some days before the true one on."""
    tops, orders, due = (one.reshape(-1, HOURS).sum(axis=1) for one in hourly)
    due = with_slots(tops[None, :], due[None, :], watched.weekdays)[0]
    first, last = (
        (day - watched.read.first).days for day in (item.first.date(), item.last)
    )
    early = first - (DRIFT_REACH if item.type == DRIFT else MARGIN)
    days = slice(early, last + 1)
    if item.type != DRIFT:
        return step_gains(tops[days], level_before(tops, due, first) * due[days])
    awaited = level_before(tops, due, early) * due[days]
    side = float(np.sign((tops[days] - awaited)[first - early :].sum()))
    begins = np.arange(last + 1 - early - LEAST_DRIFT + 1)
    own = orders[days] if is_rate(metric) else None
    curved = [ramp_gains(tops[days], awaited, own, begins, side, curve=curve)
              for curve in CURVES]  # fmt: skip
    return np.max(curved, axis=0)


def _of_hours(hourly: Sequence[Floats], day: int) -> Floats:
    """Log-likelihood of each first hour of a day."""
    around = slice((day - LEARNED_DAYS) * HOURS, (day + 1) * HOURS)
    tops, due = hourly[0][around], hourly[2][around]
    seen, expected = tops[-HOURS:], due[-HOURS:] * usual_of(tops, due)
    ends = [min(hour + MOST_HOURS, HOURS) for hour in range(HOURS)]
    return np.array([
        max(step_gains(seen[hour:end], expected[hour:end])[0]
            for end in range(hour + 1, last + 1))
        for hour, last in enumerate(ends)
    ])  # fmt: skip


def in_time(watched: Watched, item: Planted) -> dict[str, bool]:
    """Whether each way tells the start of all parts of an incident in time."""
    unit = timedelta(hours=1) if item.type == OUTAGE else timedelta(days=1)
    near = NEAR.get(item.type, NEAR_OTHERWISE)
    parts = [starts(watched, item, segment) for segment in item.segments]
    return {way: all(abs(one[way]) * unit <= near for one in parts) for way in WAYS}


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--cache", type=Path, help="folder that worlds stay in")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for seed in asked.seeds:
            dataset, truth = published(asked.cache or Path(scratch), seed, plants=True)
            watched = read_watched(dataset, metrics=None, dimensions=None, pairs=False,
                                   period=None, selection=None)  # fmt: skip
            for item in truth:
                if item.type != MIX:
                    counts[item.name, "worlds"] += 1
                    near = in_time(watched, item)
                    counts.update((item.name, way) for way in WAYS if near[way])
    _report(counts)


def _report(counts: Counter[tuple[str, str]]) -> None:
    columns = ("worlds", *WAYS)
    print(f"{'':24}", *(f"{column:>16}" for column in columns))
    names = list(dict.fromkeys(name for name, _ in counts))
    for name in names:
        print(f"{name:24}", *(f"{counts[name, one]:16}" for one in columns))
    sums = (sum(counts[name, one] for name in names) for one in columns)
    print(f"{'together':24}", *(f"{count:16}" for count in sums))


if __name__ == "__main__":
    main()
