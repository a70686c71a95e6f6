"""The series of something that stands out: what came, and what was to be expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.metrics.many import Many, many_series
from analysis.metrics.selection import Condition
from analysis.trends.cube import Booleans
from analysis.trends.explain import Candidate, Named, within
from analysis.trends.residual import Beside
from analysis.trends.scales import Floats
from analysis.trends.shapes import level_before
from analysis.trends.watched import Watched
from analysis.trends.windows import with_slots


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one segment by day.

    Attributes:
        tops: Events.
        bottoms: What they are of.
        due: Events to be expected of such orders, weekdays taken in.
        others: Events that other things named let expect beyond these; negative for
            fewer.
    """

    tops: Floats
    bottoms: Floats
    due: Floats
    others: Floats

    @property
    def own(self) -> Floats:
        """Events without those that other things brought.

        So an event is as high in days that another one befell as in its other days:
        of orders that are late already, it makes no more late.
        """
        return np.maximum(self.tops - self.others, 0.0)

    def without(self, days: Booleans) -> Series:
        """The series where nothing is known of some days."""
        parts = (self.tops, self.bottoms, self.due, self.others)
        return Series(*(np.where(days, 0.0, part) for part in parts))


def series_of(watched: Watched, candidate: Candidate, beside: Beside | None) -> Series:
    """The series of its segment, of the same hours of each day where it has hours.

    Args:
        watched: Everything watched.
        candidate: What stands out.
        beside: Where the sums are in memory, what was named is expected in them.
    """
    if beside is not None:
        return _beside(watched, candidate, beside)
    many = watched.many
    if candidate.hours is not None or candidate.segment not in many.segments:
        many = _fetched(watched, candidate)
        sums = many.numerators[0, 0], many.denominators[0, 0], many.expected[0, 0]
        return _with_weekdays(watched, *sums)
    row = many.segments.index(candidate.segment)
    place = candidate.metric
    tops, due = many.numerators[row, place], many.expected[row, place]
    return _with_weekdays(watched, tops, many.denominators[row, place], due)


def without_days_of(
    found: Sequence[Named], candidate: Candidate, series: Series
) -> Series:
    """The series without the days on which something else befell it."""
    other = np.zeros(len(series.tops), dtype=bool)
    for item in found:
        known = item.candidate
        befell = candidate.segment in item.explains or within(
            candidate.segment, known.segment
        )
        whole_days = known.hours is None or candidate.hours is not None
        if known.metric == candidate.metric and befell and whole_days:
            other[known.begin : known.end + 1] = True
    if other[candidate.begin : candidate.end + 1].all():
        return series
    return series.without(other)


def _beside(watched: Watched, candidate: Candidate, beside: Beside) -> Series:
    """The series, with what everything else named brought its orders."""
    found = beside.daily(candidate)
    level = level_before(found.tops, found.due, candidate.begin)
    others = level * (found.due - found.plain)
    return _with_weekdays(watched, found.tops, found.bottoms, found.plain, others)


def _with_weekdays(
    watched: Watched, tops: Floats, bottoms: Floats, due: Floats,
    others: Floats | None = None,
) -> Series:  # fmt: skip
    others = np.zeros_like(tops) if others is None else others
    own = np.maximum(tops - others, 0.0)
    expected = with_slots(own[None, :], due[None, :], watched.weekdays)
    return Series(tops, bottoms, expected[0], others)


def _fetched(watched: Watched, candidate: Candidate) -> Many:
    metric = watched.metrics[candidate.metric]
    where = watched.selection_of(candidate.segment)
    if candidate.hours is not None:
        low, high = candidate.hours
        where = where.narrow(Condition("hour", "range", low=low, high=high))
    return many_series(
        watched.dataset, [watched.counted_of(metric)], sets=[()], period=watched.read,
        where=where, risk=watched.risk_of(metric),
    )  # fmt: skip
