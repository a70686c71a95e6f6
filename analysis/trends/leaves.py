"""The sums of all combinations of the watched dimensions, fetched once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from analysis.engine.dataset import Dataset
from analysis.metrics.counted import Counted, names_of
from analysis.metrics.many import Many, Step, leaf_frames
from analysis.metrics.periods import Period
from analysis.metrics.risk import Risk
from analysis.metrics.selection import Scalar, Selection
from analysis.trends.cube import Cube, Sums, leaves_of
from analysis.trends.findings import Segment
from analysis.trends.scales import Floats

HOURS = 24
#: Numbers below this are counted in an array of their own, larger ones are sorted.
_DENSE = 1 << 24
#: A segment with first and last day, as steps, of something that befell it.
Befallen = tuple[Segment, int, int]


@dataclass(frozen=True, slots=True)
class Leaves:
    """Sums by leaf (a combination of values) and day or hour, in order of time.

    Attributes:
        metrics: The metrics.
        names: The dimensions.
        codes: Value of each leaf, by number; leaf by dimension.
        values: The values of each dimension by their number.
        leaf: Leaf of each row.
        day: Day of each row, as a step.
        hour: Hour of the day of each row; 0 where rows are days.
        tops: Events, metric by row.
        bottoms: What they are of, metric by row.
        due: Events to be expected, metric by row.
        days: Number of days.
        any_hour: Whether hours were chosen when it was read, so that all rows count.
        sets: The segments of sets of dimensions that were asked for so far.
        rows: Rows of the segments that were asked for so far.
    """

    metrics: tuple[str, ...]
    names: tuple[str, ...]
    codes: NDArray[np.int64]
    values: tuple[tuple[Scalar, ...], ...]
    leaf: NDArray[np.int64]
    day: NDArray[np.int64]
    hour: NDArray[np.int64]
    tops: Floats
    bottoms: Floats
    due: Floats
    days: int
    any_hour: bool = False
    sets: dict[tuple[str, ...], tuple[NDArray[np.int64], list[Segment]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    rows: dict[Segment, NDArray[np.int64]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def cube(
        self,
        metric: str,
        *,
        first: int,
        begin: int,
        end: int,
        hours: tuple[int, int] | None = None,
        without: Sequence[Befallen] = (),
    ) -> Cube:
        """The sums of a window and of the days before it.

        Args:
            metric: One of the metrics.
            first: First day before the window.
            begin: First day of the window.
            end: Last day of the window, included.
            hours: First and last hour of the day that count, if not all.
            without: What is left out of the days before, as it was not normal.
        """
        now, before = self._rows(begin, end), self._rows(first, begin - 1)
        kept = self._in_hours(before, hours)
        for segment, began, ended in without:
            there = (self.day[before] >= began) & (self.day[before] <= ended)
            kept &= ~(there & self.mask(segment)[self.leaf[before]])
        sides = ((now, self._in_hours(now, hours)), (before, kept))
        place = self.metrics.index(metric)
        known = np.flatnonzero(np.bincount(self.leaf[first_of(before, now)]))
        parts = [
            np.bincount(self.leaf[rows][held], values[place, rows][held],
                        len(self.codes)).astype(float)[known]
            for rows, held in sides
            for values in (self.tops, self.due)
        ]  # fmt: skip
        return Cube(self.names, self.codes[known], self.values, Sums(*parts))

    def series(
        self, metric: str, segment: Segment, *, step: Step = "day"
    ) -> tuple[Floats, Floats, Floats]:
        """Events, what they are of and what was to be expected, of one segment."""
        held = self.held(segment)
        place = self.metrics.index(metric)
        steps, count = self.day[held], self.days
        if step == "hour":
            steps, count = steps * HOURS + self.hour[held], count * HOURS
        tops, bottoms, due = (
            np.bincount(steps, values[place, held], count).astype(float)
            for values in (self.tops, self.bottoms, self.due)
        )
        return tops, bottoms, due

    def held(self, segment: Segment) -> NDArray[np.int64]:
        """The rows of a segment, found once."""
        if segment not in self.rows:
            self.rows[segment] = np.flatnonzero(self.mask(segment)[self.leaf])
        return self.rows[segment]

    def many(
        self, sets: Sequence[Sequence[str]], first: date, *, step: Step = "day"
    ) -> Many:
        """The series of all values of sets of dimensions, as ``many_series`` has them.

        Args:
            sets: Sets of dimensions; the empty one is all orders together.
            first: Which day is day 0.
            step: Step of the series.
        """
        steps, count = self.day, self.days
        if step == "hour":
            steps, count = steps * HOURS + self.hour, count * HOURS
        sums = [_Sums.of(item) for item in (self.tops, self.bottoms, self.due)]
        parts = [self._of_set(names, steps, count, sums) for names in sets]
        found = np.concatenate([item for _, item in parts], axis=2)
        tops, bottoms, due = found.swapaxes(1, 2)
        segments = tuple(segment for listed, _ in parts for segment in listed)
        return Many(self.metrics, segments, tops, bottoms, due, first, step)

    def _of_set(
        self, names: Sequence[str], steps: NDArray[np.int64], count: int,
        sums: Sequence[_Sums],
    ) -> tuple[list[Segment], Floats]:  # fmt: skip
        """Segments of one set that have orders, and sums by metric, segment, step."""
        own, segments = self._numbered(tuple(names))
        cells = own[self.leaf] * count + steps
        found = [item.by_cell(cells, len(segments) * count) for item in sums]
        shape = (3, len(self.metrics), len(segments), count)
        return segments, np.asarray(found).reshape(shape)

    def _numbered(
        self, names: tuple[str, ...]
    ) -> tuple[NDArray[np.int64], list[Segment]]:
        """Segment of each leaf in a set of dimensions, by number, and the segments."""
        if not names:
            own = np.zeros(len(self.codes), dtype=np.int64)
            return own, [()] if len(own) else []
        if names not in self.sets:
            places = [self.names.index(name) for name in names]
            sizes = [len(self.values[place]) for place in places]
            own, known = numbered([self.codes[:, place] for place in places], sizes)
            segments = [
                tuple((name, self.values[place][code])
                      for name, place, code in zip(names, places, row, strict=True))
                for row in known.tolist()
            ]  # fmt: skip
            self.sets[names] = own, segments
        return self.sets[names]

    def since(self, day: int) -> Leaves:
        """The days from one on, which becomes day 0."""
        rows = slice(self._rows(day, self.days).start, None)
        parts = (self.tops, self.bottoms, self.due)
        tops, bottoms, due = (values[:, rows] for values in parts)
        return replace(
            self, leaf=self.leaf[rows], day=self.day[rows] - day, hour=self.hour[rows],
            tops=tops, bottoms=bottoms, due=due, days=self.days - day, rows={},
        )  # fmt: skip

    def within(self, segment: Segment, begin: int, end: int) -> NDArray[np.int64]:
        """The rows that are of a segment, on some days."""
        held, days = self.held(segment), self._rows(begin, end)
        low, high = np.searchsorted(held, [days.start, days.stop])
        return held[low:high]

    def some(self, metric: str, rows: NDArray[np.int64]) -> Leaves:
        """Some of the rows, of one metric alone."""
        place = self.metrics.index(metric)
        parts = (self.tops, self.bottoms, self.due)
        tops, bottoms, due = (values[place, rows][None, :] for values in parts)
        return replace(
            self, metrics=(metric,), leaf=self.leaf[rows], day=self.day[rows],
            hour=self.hour[rows], tops=tops, bottoms=bottoms, due=due, rows={},
        )  # fmt: skip

    def of_all_hours(self) -> Leaves:
        """The same where hours were chosen when it was read."""
        return replace(self, any_hour=True)

    def mask(self, segment: Segment) -> NDArray[np.bool_]:
        """The leaves of a segment."""
        return leaves_of(self.names, self.codes, self.values, segment)

    def _rows(self, begin: int, end: int) -> slice:
        low, high = np.searchsorted(self.day, [begin, end + 1])
        return slice(int(low), int(high))

    def _in_hours(
        self, rows: slice, hours: tuple[int, int] | None
    ) -> NDArray[np.bool_]:
        hour = self.hour[rows]
        if hours is None or self.any_hour:
            return np.ones(len(hour), dtype=bool)
        return (hour >= hours[0]) & (hour <= hours[1])


@dataclass(frozen=True, slots=True)
class _Sums:
    """Numbers of several metrics by row, to be summed; many are 0, and many alike.

    Attributes:
        rows: Rows that are not 0, for each set of numbers; None where most are not.
        values: The numbers of these rows.
        which: Which of them are those of each metric.
    """

    rows: list[NDArray[np.int64] | None]
    values: list[Floats]
    which: list[int]

    @classmethod
    def of(cls, numbers: Floats) -> _Sums:
        """The numbers, metric by row."""
        own: list[int] = []
        which = []
        for place, values in enumerate(numbers):
            same = (at for at, one in enumerate(own)
                    if np.array_equal(numbers[one], values))  # fmt: skip
            at = next(same, len(own))
            if at == len(own):
                own.append(place)
            which.append(at)
        rows = [_some(numbers[place]) for place in own]
        values = [numbers[place] if held is None else numbers[place][held]
                  for place, held in zip(own, rows, strict=True)]  # fmt: skip
        return cls(rows, values, which)

    def by_cell(self, cells: NDArray[np.int64], count: int) -> Floats:
        """Sums by metric and cell, where each row is of one cell."""
        found = [
            np.bincount(cells if rows is None else cells[rows], values, count)
            for rows, values in zip(self.rows, self.values, strict=True)
        ]
        return np.array([found[place] for place in self.which], dtype=float)


def _some(values: Floats) -> NDArray[np.int64] | None:
    """Rows that are not 0, where they are so few that it pays to know them."""
    held = np.flatnonzero(values)
    return held if len(held) * 3 < len(values) else None


def first_of(before: slice, now: slice) -> slice:
    """Rows of the days before a window and of the window."""
    return slice(before.start, now.stop)


def read_leaves(
    dataset: Dataset,
    metrics: Sequence[str | Counted],
    *,
    names: Sequence[str],
    period: Period,
    step: Step,
    where: Selection | None,
    risk: Risk | None,
) -> Leaves:
    """Fetch the sums of all metrics by all dimensions and day or hour at once."""
    frames = leaf_frames(
        dataset, metrics, names=names, period=period, step=step, where=where, risk=risk
    )
    listed = names_of(metrics)
    known = [coded([frame[name] for frame in frames]) for name in names]
    leaf, codes = numbered(
        [item[0] for item in known], [len(item[1]) for item in known]
    )
    steps = np.concatenate([frame["step"].to_numpy(dtype=np.int64) for frame in frames])
    order = np.argsort(steps, kind="stable")
    tops, bottoms, due = _sums(frames, listed, order)
    each = HOURS if step == "hour" else 1
    return Leaves(
        listed, tuple(names), codes, tuple(item[1] for item in known),
        leaf[order], steps[order] // each, steps[order] % each,
        tops, bottoms, due, period.days,
    )  # fmt: skip


def _sums(
    frames: Sequence[pd.DataFrame], metrics: Sequence[str], order: NDArray[np.int64]
) -> Floats:
    """Events, what they are of and what was to be expected: sum, metric, row."""
    found = np.zeros((3, len(metrics), len(order)))
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order))
    begin = 0
    for frame in frames:
        rows = row_of[begin : begin + len(frame)]
        begin += len(frame)
        for place, metric in enumerate(metrics):
            for which, name in enumerate(("num", "n", "due")):
                column = f"{metric}_{name}"
                if column in frame:
                    found[which, place, rows] = frame[column].to_numpy()
    return found


def numbered(
    codes: Sequence[NDArray[np.int64]], sizes: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of each row's combination, and the combinations, in their order.

    Args:
        codes: Number of each row's value, of at least one dimension.
        sizes: Number of values of each dimension.
    """
    number = codes[0]
    space = sizes[0]
    for own, size in zip(codes[1:], sizes[1:], strict=True):
        if space * size > _DENSE:
            number, known = relabelled(number)
            space = len(known)
        number, space = number * size + own, space * size
    number, known = relabelled(number)
    firsts = np.empty(len(known), dtype=np.int64)
    firsts[number] = np.arange(len(number))
    return number, np.column_stack([own[firsts] for own in codes])


def relabelled(
    numbers: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers without gaps, in their order, and what they were."""
    space = int(numbers.max(initial=-1)) + 1
    if space > _DENSE:
        known, found = np.unique(numbers, return_inverse=True)
        return found.astype(np.int64), known
    used = np.zeros(space, dtype=bool)
    used[numbers] = True
    known = np.flatnonzero(used)
    place_of = np.empty(space, dtype=np.int64)
    place_of[known] = np.arange(len(known))
    return place_of[numbers], known


def coded(
    parts: Sequence[pd.Series],
) -> tuple[NDArray[np.int64], tuple[Scalar, ...]]:
    """Number of each value, of several columns on end, and the values in order."""
    own = [pd.Categorical(part) for part in parts]
    known = union_categoricals(own, sort_categories=True)
    listed = known.categories.tolist()
    codes = np.where(known.codes < 0, len(listed), known.codes).astype(np.int64)
    return codes, (*listed, None) if (known.codes < 0).any() else tuple(listed)
