"""Faults of the data that look like faults of the deliveries."""

from __future__ import annotations

import numpy as np

from analysis.metrics.many import many_series
from analysis.trends.explain import Candidate
from analysis.trends.findings import Fault, Segment
from analysis.trends.scales import Floats
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH
from analysis.words import N_

#: Minutes by which promises must have moved.
LEAST_MOVE = 4.0
#: Deliveries took as long as ever if they moved by less than this share of it.
SAME_SHARE = 0.35
_BOTH = ("promised_minutes", "delivery_minutes")
#: Punctuality is held against the promise, so a wrong promise shows in these.
_OF_THE_PROMISE = ("late", "on_time", "promise")

_PROMISE_MOVED = N_(
    "The promised time moved by {moved} minutes from one day to the next, while "
    "deliveries took {before} minutes before and {after} minutes since."
)


def fault_of(watched: Watched, candidate: Candidate) -> Fault | None:
    """Why it is the data that are wrong, of something that stands out; else None."""
    metric = watched.metrics[candidate.metric]
    if not any(word in metric for word in _OF_THE_PROMISE):
        return None
    return promise_fault(watched, candidate.segment, begin=candidate.begin,
                         end=candidate.end)  # fmt: skip


def promise_fault(
    watched: Watched, segment: Segment, *, begin: int, end: int
) -> Fault | None:
    """Whether the promises moved while the deliveries did not.

    Args:
        watched: Everything watched.
        segment: Which orders.
        begin: First day of it, as a step.
        end: Last day of it.
    """
    if not all(watched.has(name) for name in _BOTH):
        return None
    first = max(begin - REACH, 0)
    sums, orders = _by_day(watched, segment, first, end)
    means = []
    for days in (slice(begin - first), slice(begin - first, None)):
        count = orders[:, days].sum(axis=1)
        if not count.all():
            return None
        means.append(sums[:, days].sum(axis=1) / count)
    promise, delivery = means[1] - means[0]
    if abs(promise) < LEAST_MOVE or abs(delivery) > SAME_SHARE * abs(promise):
        return None
    values = {
        "moved": round(float(promise)),
        "before": round(float(means[0][1]), 1),
        "after": round(float(means[1][1]), 1),
    }
    return Fault(_PROMISE_MOVED, values)


def _by_day(
    watched: Watched, segment: Segment, first: int, last: int
) -> tuple[Floats, Floats]:
    """Minutes promised and taken, and their orders: metric by day."""
    leaves = watched.minutes_of(_BOTH)
    if leaves is not None:
        found = [leaves.series(name, segment) for name in _BOTH]
        sums, orders = (np.array([item[side] for item in found]) for side in (0, 1))
        days = slice(first, last + 1)
        return sums[:, days], orders[:, days]
    many = many_series(
        watched.dataset, _BOTH, sets=[()], period=watched.days(first, last),
        where=watched.selection_of(segment),
    )  # fmt: skip
    if not len(many.segments):
        return np.zeros((2, 1)), np.zeros((2, 1))
    return many.numerators[0], many.denominators[0]
