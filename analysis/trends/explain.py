"""Naming the guilty segment once: what it explains is not listed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.trends.cube import Cube, affected, named
from analysis.trends.findings import Fault, Segment
from analysis.trends.windows import contrast

#: What is left of an event without the orders of another one, below which it was
#: that other one: as a contrast, and as a share of what it was.
LEFT_Z, LEFT_SHARE = 2.5, 0.5
#: Windows that share so much of the shorter one are one time.
SAME_TIME = 0.5
#: Name and days are fitted to each other so many times, at most.
MOST_TURNS = 3
#: Things of one rank named each time, at most.
MAX_NAMED = 30


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
        effect: How its rate compares with that before, as a logarithm.
        error: Standard error of it.
        hours: First and last hour of it, where it was over within a day.
    """

    metric: int
    segment: Segment
    begin: int
    end: int
    z: float
    spread: float
    q_value: float
    effect: float
    error: float
    hours: tuple[int, int] | None = None

    @property
    def is_lasting(self) -> bool:
        """Whether it took more than a day."""
        return self.end > self.begin

    @property
    def time(self) -> tuple[int, int, tuple[int, int] | None]:
        """First and last day, and its hours."""
        return self.begin, self.end, self.hours

    def meets(self, other: Candidate) -> bool:
        """Whether both are at one time."""
        shared = min(self.end, other.end) - max(self.begin, other.begin) + 1
        shorter = min(self.end - self.begin, other.end - other.begin) + 1
        return shared >= SAME_TIME * shorter


@dataclass(frozen=True, slots=True)
class Named:
    """A candidate under the name of the segment that is guilty of it.

    Attributes:
        candidate: As it stood out, under its new name.
        also: Metrics that stood out in the same segment and time.
        explains: Segments in whose rate it shows.
        fault: Why it is the data that are wrong, if they are.
    """

    candidate: Candidate
    also: tuple[int, ...]
    explains: tuple[Segment, ...] = ()
    fault: Fault | None = None


#: Gives the sums of a candidate's metric around its window, beside what was found.
CubeOf = Callable[[Candidate, Sequence[Named]], Cube]


def explain(
    candidates: Sequence[Candidate],
    *,
    sets: Sequence[Sequence[str]],
    cube_of: CubeOf,
    fitted: Callable[[Candidate, Sequence[Named]], Candidate],
    kept: Callable[[Candidate], bool] = lambda _: True,
    fault_of: Callable[[Candidate], Fault | None] = lambda _: None,
    rank: Callable[[Candidate], int] = lambda _: 0,
    known: Sequence[Named] = (),
) -> list[Named]:
    """Name what is guilty, the clearest first; drop what it explains.

    Args:
        candidates: Everything that stands out.
        sets: Sets of dimensions that a segment may be named by.
        cube_of: Gives the sums of a candidate's metric around its window, where what
            was found was to be expected.
        fitted: Fits the days of a candidate to its segment's series.
        kept: Whether something is named at all, once its days are fitted.
        fault_of: Tells whether it is the data that are wrong.
        rank: What is of a lower one is named first, however clear the others are.
        known: What was found before.

    Returns:
        What was known, and what was found beside it.
    """
    left = sorted(candidates, key=lambda item: (rank(item), -abs(item.z)))
    found = list(known)
    counts: Counter[int] = Counter()
    while left:
        first, left = left[0], left[1:]
        if counts[rank(first)] >= MAX_NAMED:
            continue
        cube = cube_of(first, found)
        if not _stands(cube, first):
            continue
        guilty, cube = _settled(
            first, cube, sets=sets, fitted=lambda item: fitted(item, found),
            cube_of=lambda item: cube_of(item, found),
        )  # fmt: skip
        if not kept(guilty):
            continue
        rest = cube.explained(guilty.segment)
        also = {
            item.metric for item in left
            if item.metric != guilty.metric and item.meets(guilty)
            and within(item.segment, guilty.segment)
        }  # fmt: skip
        moved = affected(cube, rest, sets)
        counts[rank(first)] += 1
        found.append(Named(guilty, tuple(sorted(also)), (first.segment, *moved),
                           fault_of(guilty)))  # fmt: skip
        left = [item for item in left if _is_left(item, guilty, rest)]
    return found


def _settled(
    first: Candidate, cube: Cube, *, sets: Sequence[Sequence[str]],
    fitted: Callable[[Candidate], Candidate], cube_of: Callable[[Candidate], Cube],
) -> tuple[Candidate, Cube]:  # fmt: skip
    """Name and days of what stands out, each fitted to the other in turn.

    Days in which a part stood out most speak for that part: once they are those of the
    whole event, the whole may be the better name.

    Returns:
        The candidate, and the sums around its days.
    """
    guilty = first
    for turn in range(MOST_TURNS):
        name = named(cube, guilty.segment, sets, origin=first.segment)
        if turn and name == guilty.segment:
            break
        before, guilty = guilty, fitted(replace(guilty, segment=name))
        if guilty.time == before.time:
            break
        cube = cube_of(guilty)
    return guilty, cube


def _is_left(item: Candidate, guilty: Candidate, rest: Cube) -> bool:
    if not item.meets(guilty):
        return True
    if item.metric != guilty.metric:
        return item.segment != guilty.segment
    return _stands(rest, item)


def explained(cube: Cube, candidate: Candidate, found: Sequence[Named]) -> Cube:
    """The cube, where everything found at that time was to be expected."""
    for item in found:
        other = item.candidate
        alike = (other.hours is None) == (candidate.hours is None)
        if (
            other.metric == candidate.metric
            and other.meets(candidate)
            and (alike or other.is_lasting)
        ):
            cube = cube.explained(other.segment)
    return cube


def _stands(cube: Cube, candidate: Candidate) -> bool:
    """Whether it still stands out beside what was to be expected."""
    sums = cube.of(cube.mask(candidate.segment))
    z = contrast(sums.now, sums.due, sums.before, sums.before_due)
    left = float(z[0]) / candidate.spread
    needed = max(LEFT_Z, LEFT_SHARE * abs(candidate.z))
    return left * np.sign(candidate.z) >= needed


def within(inner: Segment, outer: Segment) -> bool:
    """Whether all orders of one segment are in another, as their names tell."""
    return set(outer) <= set(inner)
