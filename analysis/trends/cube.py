"""All combinations of the watched dimensions in a window and the weeks before it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.selection import Scalar
from analysis.trends.findings import Segment
from analysis.trends.scales import Floats
from analysis.trends.windows import contrast

Booleans = NDArray[np.bool_]

#: A segment named by more dimensions must describe the events better by this much
#: (log-likelihood).
DEEPER = 4.0
#: What the segment named must hold of the excess that called for a name.
COVERED = 0.6
#: Other orders of a wider segment must be off by this share of what it is (log ratio):
#: not of what stood out in it, which was chosen for being far off.
ALIKE = 0.5
#: Fewer other orders than this share are none.
ALONE = 0.03
#: A contrast moved by more than this was not that segment's own.
MATTERS = 1.5
#: Names that are held against others in turn, at most.
MOST_NAMES = 4
#: Dimensions by which a segment is named, at most.
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Sums:
    """Events and what was to be expected, in a window and before it."""

    now: Floats
    due: Floats
    before: Floats
    before_due: Floats

    @property
    def excess(self) -> Floats:
        """Events beyond what the weeks before let expect."""
        level = self.before / np.maximum(self.before_due, 1e-300)
        return self.now - self.due * np.where(self.before_due > 0, level, 1.0)

    @property
    def log_ratio(self) -> Floats:
        """Logarithm of how the window compares with the weeks before it."""
        level = (self.before + 0.5) / (self.before_due + 0.5)
        return np.log((self.now + 0.5) / (self.due * level + 0.5))

    @property
    def likelihood_ratio(self) -> Floats:
        """How much better a level of its own describes the window (log, Poisson).

        Reference:
            Kulldorff 1997, "A spatial scan statistic", Communications in Statistics:
            Theory and Methods 26, 1481-1496.
        """
        total = self.now + self.before
        share = self.due / np.maximum(self.due + self.before_due, 1e-300)
        return _term(self.now, total * share) + _term(self.before, total * (1 - share))

    def without(self, part: Sums) -> Sums:
        """What is left without a part of it."""
        return Sums(self.now - part.now, self.due - part.due,
                    self.before - part.before,
                    self.before_due - part.before_due)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keys:
    """Segments by the number of their combination of values."""

    names: tuple[str, ...]
    values: tuple[tuple[Scalar, ...], ...]

    def __getitem__(self, code: int) -> Segment:
        pairs: list[tuple[str, Scalar]] = []
        for name, known in zip(reversed(self.names), reversed(self.values),
                               strict=True):  # fmt: skip
            code, value = divmod(code, len(known))
            pairs.append((name, known[value]))
        return tuple(reversed(pairs))

    @property
    def are_known(self) -> Booleans:
        """Which combinations have all their values.

        What is missing may be missing for what happened, so it names nothing.
        """
        found = np.ones(1, dtype=bool)
        for values in self.values:
            known = np.array([value is not None for value in values], dtype=bool)
            found = (found[:, None] & known[None, :]).ravel()
        return found


@dataclass(frozen=True, slots=True)
class Cube:
    """Sums of one metric by all watched dimensions at once.

    Attributes:
        names: The dimensions.
        codes: Value of each leaf, by number; leaf by dimension.
        values: The values of each dimension by their number.
        sums: Of each leaf.
        known: Sums by dimensions that were asked for so far.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    values: tuple[tuple[Scalar, ...], ...]
    sums: Sums
    known: dict[tuple[str, ...], tuple[Keys, Sums]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def mask(self, segment: Segment) -> Booleans:
        """The leaves of a segment."""
        return leaves_of(self.names, self.codes, self.values, segment)

    def of(self, held: Booleans) -> Sums:
        """Sums over some leaves."""
        return Sums(*(np.atleast_1d(item[held].sum()) for item in self._parts))

    def inside(self, held: Booleans) -> Cube:
        """Some leaves alone."""
        sums = Sums(*(item[held] for item in self._parts))
        return Cube(self.names, self.codes[held], self.values, sums)

    def by(self, names: Sequence[str]) -> tuple[Keys, Sums]:
        """Sums of all values of some dimensions."""
        asked = tuple(names)
        if asked not in self.known:
            places = [self.names.index(name) for name in asked]
            values = tuple(self.values[place] for place in places)
            codes = np.zeros(len(self.codes), dtype=np.int64)
            for place, known in zip(places, values, strict=True):
                codes = codes * len(known) + self.codes[:, place]
            count = math.prod(len(known) for known in values)
            sums = [np.bincount(codes, item, count).astype(float)
                    for item in self._parts]  # fmt: skip
            self.known[asked] = Keys(asked, values), Sums(*sums)
        return self.known[asked]

    def explained(self, segment: Segment) -> Cube:
        """The same, where what happened in a segment was to be expected."""
        held = self.mask(segment)
        sums = self.of(held)
        factor = np.where(held, np.exp(sums.log_ratio[0]), 1.0)
        due = self.sums.due * factor
        return replace(self, sums=replace(self.sums, due=due), known={})

    @property
    def _parts(self) -> tuple[Floats, ...]:
        sums = self.sums
        return sums.now, sums.due, sums.before, sums.before_due


def leaves_of(
    names: Sequence[str],
    codes: NDArray[np.int64],
    values: Sequence[Sequence[Scalar]],
    segment: Segment,
) -> Booleans:
    """Which leaves are in a segment."""
    held = np.ones(len(codes), dtype=bool)
    for name, value in segment:
        place = names.index(name)
        known = values[place]
        held &= codes[:, place] == (known.index(value) if value in known else -1)
    return held


def affected(cube: Cube, rest: Cube, sets: Sequence[Sequence[str]]) -> list[Segment]:
    """Segments in which it matters that something was explained."""
    found: list[Segment] = []
    for names in sets:
        segments, sums = cube.by(names)
        _, left = rest.by(names)
        first = contrast(sums.now, sums.due, sums.before, sums.before_due)
        second = contrast(left.now, left.due, left.before, left.before_due)
        matters = np.abs(np.nan_to_num(first - second)) > MATTERS
        found += [segments[int(place)] for place in np.flatnonzero(matters)]
    return found


def named(
    cube: Cube, segment: Segment, sets: Sequence[Sequence[str]],
    *, origin: Segment | None = None,
) -> Segment:  # fmt: skip
    """The segment that describes best what stands out in another.

    A wider segment is named only if its other orders are off in the same way; a
    narrower one only if it describes the window better. What is found is looked at
    once more in its turn: one of several zones alike may have come to the fore first.

    Args:
        cube: Of the window in which it stands out.
        segment: What stands out.
        sets: Sets of dimensions to choose from.
        origin: What stood out first, if the segment was named for it: what is named
            must be as far off without it too, or names would widen step by step.
    """
    first = cube.mask(segment if origin is None else origin)
    for _ in range(MOST_NAMES):
        better = _better(cube, segment, sets)
        if better == segment or not np.isfinite(
            _rolled_up(cube, better, first, cube.of(cube.mask(segment)))[1]
        ):
            break
        segment = better
    return segment


def _better(cube: Cube, segment: Segment, sets: Sequence[Sequence[str]]) -> Segment:
    """The segment beside, around or in one that describes its events best."""
    inside = cube.mask(segment)
    own = cube.of(inside)
    best, gain = segment, float(own.likelihood_ratio[0])
    part = cube.inside(inside)
    tries = [_best(cube, part, names, own) for names in sets]
    tries += [_rolled_up(cube, one, inside, own) for one in _implied(cube, inside)]
    for found, ratio in tries:
        if ratio > gain + DEEPER * (len(found) - len(best)):
            best, gain = found, ratio
    return _deeper(cube, best, gain)


def _implied(cube: Cube, inside: Booleans) -> list[Segment]:
    """Segments of as many dimensions as may be named that hold all of some leaves.

    All orders of a zone are of one city: the zone's bicycles are also the city's.
    """
    codes = cube.codes[inside & (cube.sums.due + cube.sums.before_due > 0)]
    if not len(codes):
        return []
    same = np.flatnonzero((codes == codes[0]).all(axis=0))
    values = [
        (cube.names[place], cube.values[place][codes[0, place]]) for place in same
    ]
    known = [pair for pair in values if pair[1] is not None]
    return list(itertools.combinations(known, DEEPEST))


def _rolled_up(
    cube: Cube, segment: Segment, inside: Booleans, own: Sums
) -> tuple[Segment, float]:
    """How well a segment around what stands out describes it, if it may be named."""
    held = cube.mask(segment)
    sums, others = cube.of(held), cube.of(held & ~inside)
    side = np.sign(own.excess)
    alike = side * others.log_ratio >= ALIKE * np.maximum(side * sums.log_ratio, 0)
    alone = others.due < ALONE * sums.due
    ratio = sums.likelihood_ratio if (alike | alone)[0] else np.array([-np.inf])
    return segment, float(ratio[0])


def _best(
    cube: Cube, part: Cube, names: Sequence[str], own: Sums
) -> tuple[Segment, float]:
    """The value of some dimensions that describes what stands out in a part best."""
    segments, sums = cube.by(names)
    _, shared = part.by(names)
    others = sums.without(shared)
    whole = float(own.excess[0])
    covers = shared.excess * np.sign(whole) >= COVERED * abs(whole)
    side = np.sign(whole)
    alike = side * others.log_ratio >= ALIKE * np.maximum(side * sums.log_ratio, 0)
    alone = others.due < ALONE * sums.due
    may_be = covers & (alike | alone) & segments.are_known
    ratio = np.where(may_be, sums.likelihood_ratio, -np.inf)
    place = int(ratio.argmax())
    return segments[place], float(ratio[place])


def _deeper(cube: Cube, best: Segment, gain: float) -> Segment:
    """Narrow a segment further while that describes the events better."""
    while len(best) < DEEPEST:
        part = cube.inside(cube.mask(best))
        taken = {name for name, _ in best}
        tries = [_narrower(part, name) for name in cube.names if name not in taken]
        found, ratio = max(tries, key=lambda item: item[1], default=((), -np.inf))
        if ratio <= gain + DEEPER:
            return best
        best, gain = (*best, *found), ratio
    return best


def _narrower(part: Cube, name: str) -> tuple[Segment, float]:
    """The value of one more dimension that describes what a part is off by best."""
    _, total = part.by(())
    whole = float(total.excess[0])
    segments, sums = part.by([name])
    covers = sums.excess * np.sign(whole) >= COVERED * abs(whole)
    others = total.without(sums)
    alike = others.log_ratio * np.sign(whole) >= ALIKE * np.abs(sums.log_ratio)
    ratio = np.where(
        covers & ~alike & segments.are_known, sums.likelihood_ratio, -np.inf
    )
    place = int(ratio.argmax())
    return segments[place], float(ratio[place])


def _term(seen: Floats, expected: Floats) -> Floats:
    ratio = np.maximum(seen, 1e-300) / np.maximum(expected, 1e-300)
    return np.where(seen > 0, seen * np.log(ratio), 0.0)
