"""Faults of the data that look like faults of the deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from analysis.metrics.availability import availability_of
from analysis.metrics.many import many_series
from analysis.metrics.periods import Period
from analysis.metrics.selection import Condition, Scalar, Selection
from analysis.trends.findings import Segment
from analysis.trends.shapes import Span
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH
from analysis.words import N_

#: Minutes by which promises must have moved.
LEAST_MOVE = 4.0
#: Deliveries took as long as ever if they moved by less than this share of it.
SAME_SHARE = 0.35

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
    names = ["promised_minutes", "delivery_minutes"]
    if not all(availability_of(watched.dataset, name).is_available for name in names):
        return None
    first = watched.days(span.begin, span.end)
    day = timedelta(days=1)
    before = Period(max(first.first - REACH * day, watched.read.first),
                    first.first - day)  # fmt: skip
    chosen = (watched.where or Selection()).narrow(
        *(Condition(name, values=(value,)) for name, value in segment)
    )
    many = many_series(
        watched.dataset, names, sets=[()], period=Period(before.first, first.last),
        where=chosen,
    )  # fmt: skip
    if not len(many.segments):
        return None
    means = []
    for days in (slice(before.days), slice(before.days, None)):
        orders = many.denominators[0, :, days].sum(axis=1)
        if not orders.all():
            return None
        means.append(many.numerators[0, :, days].sum(axis=1) / orders)
    promise, delivery = means[1] - means[0]
    if abs(promise) < LEAST_MOVE or abs(delivery) > SAME_SHARE * abs(promise):
        return None
    values = {
        "moved": round(float(promise)),
        "before": round(float(means[0][1]), 1),
        "after": round(float(means[1][1]), 1),
    }
    return Fault(_PROMISE_MOVED, values)
