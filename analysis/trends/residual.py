"""What is left once something was named: its orders were to be expected like that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.trends.explain import Candidate, Named
from analysis.trends.findings import Segment
from analysis.trends.leaves import HOURS, Leaves
from analysis.trends.scales import Floats
from analysis.trends.shapes import level_before
from analysis.trends.watched import Watched

#: Days that share one factor: what grows or ebbs away is followed by the week.
BLOCK = 7


def without(watched: Watched, named: Sequence[Named]) -> Watched:
    """The series, where what befell the named segments was to be expected.

    So a wider segment, of which the named one is a part, stands out only by its other
    orders. Without the sums in memory nothing is changed.
    """
    if watched.leaves is None or not named:
        return watched
    usual = watched.leaves
    leaves = replace(usual, due=usual.due.copy())
    for item in named:
        expect(leaves, item.candidate)
    due = leaves.due
    expected = watched.many.expected.copy()
    row_of = {segment: row for row, segment in enumerate(watched.many.segments)}
    for place in {item.candidate.metric for item in named}:
        more = due[place] - usual.due[place]
        some = leaves.some(watched.metrics[place], more != 0)
        added = replace(some, due=more[None, more != 0])
        many = added.many(watched.sets, watched.read.first)
        for number, segment in enumerate(many.segments):
            row = row_of.get(segment)
            if row is not None:
                expected[row, place] += many.expected[number, 0]
    return replace(
        watched, leaves=leaves, many=replace(watched.many, expected=expected)
    )


def expect(leaves: Leaves, candidate: Candidate) -> None:
    """Let what befell a segment be expected of its orders, in place."""
    factors = factors_of(leaves, leaves.metrics[candidate.metric], candidate)
    rows = rows_of(leaves, candidate)
    leaves.due[candidate.metric, rows] *= factors[leaves.day[rows]]


def rows_of(leaves: Leaves, candidate: Candidate) -> NDArray[np.int64]:
    """Rows that something befell."""
    rows = leaves.within(candidate.segment, candidate.begin, candidate.end)
    if candidate.hours is not None:
        low, high = candidate.hours
        hours = leaves.hour[rows]
        rows = rows[(hours >= low) & (hours <= high)]
    return rows


def daily(
    leaves: Leaves, metric: str, segment: Segment, hours: tuple[int, int] | None
) -> tuple[Floats, Floats, Floats]:
    """Events, what they are of and what was to be expected by day.

    Args:
        leaves: The sums.
        metric: One of the metrics.
        segment: Which orders.
        hours: First and last hour of each day that count, if not all.
    """
    if hours is None:
        return leaves.series(metric, segment)
    low, high = hours
    tops, bottoms, due = (
        values.reshape(-1, HOURS)[:, low : high + 1].sum(axis=1)
        for values in leaves.series(metric, segment, step="hour")
    )
    return tops, bottoms, due


def factors_of(leaves: Leaves, metric: str, candidate: Candidate) -> Floats:
    """How each day compares with the weeks before, while it befell the segment."""
    tops, _, due = daily(leaves, metric, candidate.segment, candidate.hours)
    level = level_before(tops, due, candidate.begin)
    factors = np.ones(len(tops))
    for begin in range(candidate.begin, candidate.end + 1, BLOCK):
        days = slice(begin, min(begin + BLOCK, candidate.end + 1))
        seen, expected = tops[days].sum(), level * due[days].sum()
        factors[days] = (seen + 0.5) / (expected + 0.5)
    return factors
