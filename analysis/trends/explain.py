"""Naming the guilty segment once: what it explains is not listed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.trends.cube import Booleans, Cube, named
from analysis.trends.findings import Segment
from analysis.trends.screen import contrast

#: What is left of an event without the orders of another one, below which it was
#: that other one: as a contrast, and as a share of what it was.
LEFT_Z, LEFT_SHARE = 3.5, 0.5
#: Windows that share so much of the shorter one are one time.
SAME_TIME = 0.5
#: Things named, at most.
MAX_NAMED = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that stands out: a metric in a segment over some days.

    Attributes:
        metric: Number of the metric.
        segment: Its segment.
        begin: First day, as a step.
        end: Last day, included.
        z: Contrast with the weeks before.
        spread: How far such contrasts stray, as a multiple of the sampling noise.
        q_value: Share of false ones among everything at least as clear.
    """

    metric: int
    segment: Segment
    begin: int
    end: int
    z: float
    spread: float
    q_value: float

    def meets(self, other: Candidate) -> bool:
        """Whether both are at one time."""
        shared = min(self.end, other.end) - max(self.begin, other.begin) + 1
        shorter = min(self.end - self.begin, other.end - other.begin) + 1
        return shared >= SAME_TIME * shorter


CubeOf = Callable[[Candidate], Cube]


@dataclass(frozen=True, slots=True)
class Named:
    """A candidate under the name of the segment that is guilty of it.

    Attributes:
        candidate: As it stood out, under its new name.
        also: Metrics that stood out in the same segment and time.
    """

    candidate: Candidate
    also: tuple[int, ...]


def explain(
    candidates: Sequence[Candidate],
    *,
    sets: Sequence[Sequence[str]],
    cube_of: CubeOf,
) -> tuple[Named, ...]:
    """Name what is guilty, clearest first, and drop what that explains.

    Args:
        candidates: Everything that stands out.
        sets: Sets of dimensions that a segment may be named by.
        cube_of: Gives the sums of a candidate's metric around its window.
    """
    left = sorted(candidates, key=lambda item: -abs(item.z))
    found: list[Named] = []
    while left and len(found) < MAX_NAMED:
        first, left = left[0], left[1:]
        cube = cube_of(first)
        held = _held(cube, first, found)
        if not _stands(cube, first, held):
            continue
        guilty = _renamed(first, named(cube, first.segment, sets, held))
        beside = [item for item in left if item.meets(guilty)]
        apart = [item for item in left if not item.meets(guilty)]
        same = [item for item in beside if _within(item.segment, guilty.segment)]
        rest = [item for item in beside if item not in same]
        held &= ~cube.mask(guilty.segment)
        kept = [
            item for item in rest
            if item.metric != guilty.metric or _stands(cube, item, held)
        ]  # fmt: skip
        metrics = {item.metric for item in same if item.metric != guilty.metric}
        found.append(Named(guilty, tuple(sorted(metrics))))
        left = sorted([*apart, *kept], key=lambda item: -abs(item.z))
    return tuple(_merged(found))


def _renamed(candidate: Candidate, segment: Segment) -> Candidate:
    return Candidate(
        candidate.metric, segment, candidate.begin, candidate.end,
        candidate.z, candidate.spread, candidate.q_value,
    )  # fmt: skip


def _held(cube: Cube, candidate: Candidate, found: Sequence[Named]) -> Booleans:
    """Orders that nothing found at that time explains."""
    held = np.ones(len(cube.codes), dtype=bool)
    for item in found:
        other = item.candidate
        if other.metric == candidate.metric and other.meets(candidate):
            held &= ~cube.mask(other.segment)
    return held


def _stands(cube: Cube, candidate: Candidate, held: Booleans) -> bool:
    """Whether it still stands out over the orders that are held."""
    mask = cube.mask(candidate.segment)
    with_all, without = (_z(cube, item, candidate) for item in (mask, mask & held))
    if np.isnan(without):
        return False
    same_side = without * candidate.z > 0
    return same_side and abs(without) >= max(LEFT_Z, LEFT_SHARE * abs(with_all))


def _z(cube: Cube, held: Booleans, candidate: Candidate) -> float:
    sums = cube.of(held)
    z = contrast(sums.now, sums.due, sums.before, sums.before_due)
    return float(z[0]) / candidate.spread


def _within(inner: Segment, outer: Segment) -> bool:
    return set(outer) <= set(inner)


def _merged(found: Sequence[Named]) -> list[Named]:
    """One entry where several metrics name one segment (or one inside) at one time."""
    kept: list[Named] = []
    for item in found:
        own = item.candidate
        place = next(
            (place for place, other in enumerate(kept)
             if own.meets(other.candidate)
             and own.metric != other.candidate.metric
             and (_within(own.segment, other.candidate.segment)
                  or _within(other.candidate.segment, own.segment))),
            None,
        )  # fmt: skip
        if place is None:
            kept.append(item)
            continue
        other = kept[place]
        metrics = {*other.also, own.metric, *item.also} - {other.candidate.metric}
        kept[place] = Named(other.candidate, tuple(sorted(metrics)))
    return kept
