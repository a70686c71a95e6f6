"""What is left once something was named: its orders were to be expected like that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.trends.explain import Candidate, Named
from analysis.trends.leaves import Leaves
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
    if watched.leaves is None:
        return watched
    due, expected = watched.leaves.due.copy(), watched.many.expected.copy()
    row_of = {segment: row for row, segment in enumerate(watched.many.segments)}
    leaves = replace(watched.leaves, due=due)
    for item in named:
        candidate = item.candidate
        metric = watched.metrics[candidate.metric]
        factors = factors_of(leaves, metric, candidate)
        rows = leaves.within(candidate.segment, candidate.begin, candidate.end)
        more = due[candidate.metric, rows] * (factors[leaves.day[rows]] - 1)
        due[candidate.metric, rows] += more
        some = leaves.some(metric, rows)
        added = replace(some, due=more[None, :]).many(watched.sets, watched.read.first)
        for place, segment in enumerate(added.segments):
            row = row_of.get(segment)
            if row is not None:
                expected[row, candidate.metric] += added.expected[place, 0]
    return replace(
        watched,
        leaves=leaves,
        many=replace(watched.many, expected=expected),
    )


def factors_of(leaves: Leaves, metric: str, candidate: Candidate) -> Floats:
    """How each day compares with the weeks before, while it befell the segment."""
    tops, _, due = leaves.series(metric, candidate.segment)
    level = level_before(tops, due, candidate.begin)
    factors = np.ones(len(tops))
    for begin in range(candidate.begin, candidate.end + 1, BLOCK):
        days = slice(begin, min(begin + BLOCK, candidate.end + 1))
        seen, expected = tops[days].sum(), level * due[days].sum()
        factors[days] = (seen + 0.5) / (expected + 0.5)
    return factors
