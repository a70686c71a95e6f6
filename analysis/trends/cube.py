"""All combinations of the watched dimensions in a window and the weeks before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.dataset import Dataset
from analysis.metrics.many import Many, many_series
from analysis.metrics.periods import Period
from analysis.metrics.risk import Risk
from analysis.metrics.selection import Scalar, Selection
from analysis.trends.findings import Segment
from analysis.trends.scales import Floats

Booleans = NDArray[np.bool_]

#: A segment named by more dimensions must describe the events better by this much
#: (log-likelihood).
DEEPER = 4.0
#: What the segment named must hold of the excess that called for a name.
COVERED = 0.6
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
    def likelihood_ratio(self) -> Floats:
        """How much better a level of its own describes the window (log, Poisson).

        Reference:
            Kulldorff 1997, "A spatial scan statistic", Communications in Statistics:
            Theory and Methods 26, 1481-1496.
        """
        total = self.now + self.before
        share = self.due / np.maximum(self.due + self.before_due, 1e-300)
        return _term(self.now, total * share) + _term(self.before, total * (1 - share))


@dataclass(frozen=True, slots=True)
class Cube:
    """Sums of one metric by all watched dimensions at once.

    Attributes:
        names: The dimensions.
        codes: Value of each leaf, by number; leaf by dimension.
        values: The values of each dimension by their number.
        sums: Of each leaf.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    values: tuple[tuple[Scalar, ...], ...]
    sums: Sums

    def mask(self, segment: Segment) -> Booleans:
        """The leaves of a segment."""
        held = np.ones(len(self.codes), dtype=bool)
        for name, value in segment:
            place = self.names.index(name)
            known = self.values[place]
            code = known.index(value) if value in known else -1
            held &= self.codes[:, place] == code
        return held

    def of(self, held: Booleans) -> Sums:
        """Sums over some leaves."""
        return self._grouped(np.zeros(len(held), dtype=np.int64), held, 1)

    def by(self, names: Sequence[str], held: Booleans) -> tuple[list[Segment], Sums]:
        """Sums of all values of some dimensions, over some leaves."""
        places = [self.names.index(name) for name in names]
        sizes = [len(self.values[place]) for place in places]
        codes = np.zeros(len(held), dtype=np.int64)
        for place, size in zip(places, sizes, strict=True):
            codes = codes * size + self.codes[:, place]
        count = int(np.prod(sizes)) if sizes else 1
        sums = self._grouped(codes, held, count)
        segments = [self._segment(places, sizes, code) for code in range(count)]
        return segments, sums

    def _segment(self, places: list[int], sizes: list[int], code: int) -> Segment:
        pairs: list[tuple[str, Scalar]] = []
        for place, size in zip(reversed(places), reversed(sizes), strict=True):
            code, value = divmod(code, size)
            pairs.append((self.names[place], self.values[place][value]))
        return tuple(reversed(pairs))

    def _grouped(self, codes: NDArray[np.int64], held: Booleans, count: int) -> Sums:
        parts = (self.sums.now, self.sums.due, self.sums.before, self.sums.before_due)
        return Sums(*(np.bincount(codes[held], item[held], count) for item in parts))


def cube_of(
    dataset: Dataset,
    metric: str,
    names: Sequence[str],
    *,
    window: Period,
    before: Period,
    risk: Risk,
    where: Selection | None,
) -> Cube:
    """Fetch the sums of one metric by all dimensions, in a window and before it."""
    now, then = (
        many_series(
            dataset, [metric], sets=[tuple(names)], period=period, step="whole",
            where=where, risk=risk,
        )
        for period in (window, before)
    )  # fmt: skip
    segments = tuple(dict.fromkeys((*now.segments, *then.segments)))
    row_of = {segment: row for row, segment in enumerate(segments)}
    sums = Sums(
        _spread(now, now.numerators, row_of),
        _spread(now, now.expected, row_of),
        _spread(then, then.numerators, row_of),
        _spread(then, then.expected, row_of),
    )
    codes, values = _coded(segments, len(names))
    return Cube(tuple(names), codes, values, sums)


def named(
    cube: Cube, segment: Segment, sets: Sequence[Sequence[str]], held: Booleans
) -> Segment:
    """The segment that describes best what stands out in another.

    Args:
        cube: Of the window in which it stands out.
        segment: What stands out.
        sets: Sets of dimensions to choose from.
        held: Leaves not explained yet.

    Returns:
        Of the segments that hold most of its excess the one whose own level describes
        the window best; by one more dimension where that describes it better still.
    """
    inside = cube.mask(segment) & held
    whole = float(cube.of(inside).excess[0])
    best, gain = segment, float(cube.of(inside).likelihood_ratio[0])
    for names in sets:
        found, ratio = _best(cube, names, held, inside, whole)
        if ratio > gain + DEEPER * (len(found) - len(best)):
            best, gain = found, ratio
    return _deeper(cube, best, gain, held, whole)


def _best(
    cube: Cube, names: Sequence[str], held: Booleans, inside: Booleans, whole: float
) -> tuple[Segment, float]:
    segments, sums = cube.by(names, held)
    _, shared = cube.by(names, inside)
    covers = shared.excess * np.sign(whole) >= COVERED * abs(whole)
    same_side = np.sign(sums.excess) == np.sign(whole)
    ratio = np.where(covers & same_side, sums.likelihood_ratio, -np.inf)
    place = int(ratio.argmax())
    return segments[place], float(ratio[place])


def _deeper(
    cube: Cube, best: Segment, gain: float, held: Booleans, whole: float
) -> Segment:
    """Narrow a segment further while that describes the events better."""
    while len(best) < DEEPEST:
        inside = cube.mask(best) & held
        own = {name for name, _ in best}
        tries = [
            _best(cube, [name], inside, inside, whole)
            for name in cube.names if name not in own
        ]  # fmt: skip
        found, ratio = max(tries, key=lambda item: item[1], default=((), -np.inf))
        if ratio <= gain + DEEPER:
            return best
        best, gain = (*best, *found), ratio
    return best


def _term(seen: Floats, expected: Floats) -> Floats:
    ratio = np.maximum(seen, 1e-300) / np.maximum(expected, 1e-300)
    return np.where(seen > 0, seen * np.log(ratio), 0.0)


def _spread(many: Many, values: Floats, row_of: dict[Segment, int]) -> Floats:
    found = np.zeros(len(row_of))
    rows = [row_of[segment] for segment in many.segments]
    found[rows] = values[:, 0, 0]
    return found


def _coded(
    segments: Sequence[Segment], width: int
) -> tuple[NDArray[np.int64], tuple[tuple[Scalar, ...], ...]]:
    numbers: list[dict[Scalar, int]] = [{} for _ in range(width)]
    codes = np.zeros((len(segments), width), dtype=np.int64)
    for row, segment in enumerate(segments):
        for place, (_, value) in enumerate(segment):
            number = numbers[place].setdefault(value, len(numbers[place]))
            codes[row, place] = number
    return codes, tuple(tuple(found) for found in numbers)
