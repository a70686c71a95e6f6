"""Faults of the data that look like faults of the deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.metrics.availability import availability_of
from analysis.metrics.many import many_series
from analysis.metrics.selection import Scalar
from analysis.trends.findings import Segment
from analysis.trends.scales import Floats
from analysis.trends.shapes import Span
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH
from analysis.words import N_

#: Minutes by which promises must have moved.
LEAST_MOVE = 4.0
#: Deliveries took as long as ever if they moved by less than this share of it.
SAME_SHARE = 0.35
_BOTH = ("promised_minutes", "delivery_minutes")

_PROMISE_MOVED = N_(
    "The promised time moved by {moved} minutes from one day to the next, while "
    "deliveries took {before} minutes before and {after} minutes since."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it is the data.

    Attributes:
        reason: A template marked with ``N_``.
        values: What it names.
    """

    reason: str
    values: Mapping[str, Scalar]


def promise_fault(watched: Watched, segment: Segment, span: Span) -> Fault | None:
    """Whether the promises moved while the deliveries did not."""
    if not all(availability_of(watched.dataset, name).is_available for name in _BOTH):
        return None
    first = max(span.begin - REACH, 0)
    sums, orders = _by_day(watched, segment, first, span.end)
    means = []
    for days in (slice(span.begin - first), slice(span.begin - first, None)):
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
