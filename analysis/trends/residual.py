"""What is left once something was named: its orders were to be expected like that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.metrics.many import Many
from analysis.metrics.registry import parse_reference
from analysis.trends.cube import Booleans
from analysis.trends.explain import Candidate, Named
from analysis.trends.findings import Segment
from analysis.trends.leaves import HOURS, Leaves
from analysis.trends.scales import Floats
from analysis.trends.shapes import level_before
from analysis.trends.watched import Watched

#: Days that share one factor: what grows or ebbs away is followed by the week.
BLOCK = 7
#: Log odds by which something may raise or lower a rate, at most.
MOST_SHIFT = 8.0
_CLOSE = 1e-8
_SUMS = ("tops", "bottoms", "due")
Numbers = NDArray[np.int64]
Asked = tuple[int, Segment, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Part:
    """What one thing named does to the sums.

    Attributes:
        metric: Number of its metric.
        rows: Rows that it befell.
        shift: How it shifts what is expected of each: log odds of a rate, else log.
        is_void: Whether the rows tell nothing, as the data are wrong.
    """

    metric: int
    rows: Numbers
    shift: Floats
    is_void: bool


@dataclass(frozen=True, slots=True)
class Daily:
    """One metric of one segment by day, beside what was named.

    Attributes:
        tops: Events.
        bottoms: What they are of.
        due: Events to be expected now.
        plain: Events to be expected of the same orders without what was named.
    """

    tops: Floats
    bottoms: Floats
    due: Floats
    plain: Floats


@dataclass(slots=True)
class Beside:
    """The sums in memory, where what was named was to be expected.

    What befell an order shifts the odds of its rate, so that no more is expected than
    there are orders, and two things that befell one order add up in either order.
    Orders whose data are wrong count for nothing.

    Attributes:
        usual: The sums as they were read.
        leaves: What is expected now.
        shifts: By how much each row is shifted, metric by row.
        parts: What was named, by its candidate.
        void: How many things with wrong data befell each row, metric by row.
        touched: Which rows anything named so far befell, metric by row: all others are
            as they were read.
        series: Series as they were read, by metric, segment and hours.
    """

    usual: Leaves
    leaves: Leaves = field(init=False)
    shifts: Floats = field(init=False)
    parts: dict[Candidate, Part] = field(default_factory=dict)
    void: NDArray[np.int16] = field(init=False)
    touched: Booleans = field(init=False)
    series: dict[Asked, tuple[Floats, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sums = {name: getattr(self.usual, name).copy() for name in _SUMS}
        self.leaves = replace(self.usual, **sums)
        self.shifts = np.zeros_like(self.usual.due)
        self.void = np.zeros(self.usual.due.shape, dtype=np.int16)
        self.touched = np.zeros(self.usual.due.shape, dtype=bool)

    def daily(self, candidate: Candidate) -> Daily:
        """The series of a candidate's segment, in its hours where it has any."""
        leaves = self.leaves
        asked = (candidate.metric, candidate.segment, candidate.hours)
        if asked not in self.series:
            name = leaves.metrics[candidate.metric]
            self.series[asked] = daily(self.usual, name, *asked[1:])
        rows = np.flatnonzero(self.touched[candidate.metric])
        rows = rows[leaves.mask(candidate.segment)[leaves.leaf[rows]]]
        rows = in_hours(leaves, rows, candidate.hours)
        at = (candidate.metric, rows)
        days = leaves.day[rows]
        tops, bottoms, due = (
            read + np.bincount(days, getattr(leaves, name)[at]
                               - getattr(self.usual, name)[at], leaves.days)
            for read, name in zip(self.series[asked], _SUMS, strict=True)
        )  # fmt: skip
        void = (self.void[at] > 0) * self.usual.due[at]
        plain = self.series[asked][-1] - np.bincount(days, void, leaves.days)
        return Daily(tops, bottoms, due, plain)

    def know(self, named: Sequence[Named]) -> None:
        """Expect what is not yet expected of things named."""
        for item in named:
            if item.candidate not in self.parts:
                self.expect(item.candidate, is_void=item.fault is not None)

    def expect(self, candidate: Candidate, *, is_void: bool = False) -> None:
        """Let what befell a segment be expected of its orders."""
        rows = rows_of(self.leaves, candidate)
        shift = np.zeros(len(rows)) if is_void else self._shift(candidate, rows)
        part = Part(candidate.metric, rows, shift, is_void)
        self.touched[part.metric, rows] = True
        self._add(candidate, part)

    def forget(self, candidate: Candidate) -> None:
        """Expect it no more."""
        part = self.parts.pop(candidate)
        self.shifts[part.metric, part.rows] -= part.shift
        self.void[part.metric, part.rows] -= part.is_void
        self._refresh(part)

    @contextmanager
    def without(self, candidate: Candidate) -> Iterator[None]:
        """For a while, expect everything but one thing."""
        part = self.parts[candidate]
        self.forget(candidate)
        try:
            yield
        finally:
            self._add(candidate, part)

    def seen_in(self, watched: Watched) -> Watched:
        """Everything watched, as it is beside what was named."""
        if not self.parts:
            return replace(watched, leaves=self.leaves)
        names = ("numerators", "denominators", "expected")
        sums = {name: getattr(watched.many, name).copy() for name in names}
        row_of = {segment: row for row, segment in enumerate(watched.many.segments)}
        for place in {part.metric for part in self.parts.values()}:
            more = self._more(watched, place)
            rows = [row_of.get(segment, -1) for segment in more.segments]
            held = np.array(rows) >= 0
            own = np.array(rows)[held]
            for name, values in sums.items():
                values[own, place] += getattr(more, name)[held, 0]
        many = replace(watched.many, **sums)
        return replace(watched, leaves=self.leaves, many=many)

    def _more(self, watched: Watched, metric: int) -> Many:
        """What one metric's series have more than they had."""
        rows = np.flatnonzero(self.touched[metric])
        some = self.usual.some(watched.metrics[metric], rows)
        more = {
            name: (getattr(self.leaves, name)[metric, rows]
                   - getattr(self.usual, name)[metric, rows])[None]
            for name in _SUMS
        }  # fmt: skip
        return replace(some, **more).many(watched.sets, watched.read.first)

    def _shift(self, candidate: Candidate, rows: Numbers) -> Floats:
        """Shift of each row, one for the rows of each week."""
        own = self.daily(candidate)
        level = level_before(own.tops, own.due, candidate.begin)
        shift = np.zeros(len(rows))
        days = self.leaves.day[rows]
        for begin in range(candidate.begin, candidate.end + 1, BLOCK):
            block = (days >= begin) & (days < begin + BLOCK)
            week = slice(begin, min(begin + BLOCK, candidate.end + 1))
            seen, expected = own.tops[week].sum(), level * own.due[week].sum()
            factor = (seen + 0.5) / (expected + 0.5)
            shift[block] = self._solved(candidate.metric, rows[block], factor)
        return shift

    def _solved(self, metric: int, rows: Numbers, factor: float) -> float:
        """The shift that multiplies what is expected of some rows."""
        if not is_rate(self.leaves.metrics[metric]):
            return float(np.log(factor))
        due, orders = self.leaves.due[metric, rows], self.leaves.bottoms[metric, rows]
        wanted = factor * due.sum()

        def missing(shift: float) -> float:
            return float(shifted(due, orders, shift).sum() - wanted)

        if missing(MOST_SHIFT) <= 0:
            return MOST_SHIFT
        if missing(-MOST_SHIFT) >= 0:
            return -MOST_SHIFT
        return float(brentq(missing, -MOST_SHIFT, MOST_SHIFT, xtol=_CLOSE))

    def _add(self, candidate: Candidate, part: Part) -> None:
        self.parts[candidate] = part
        self.shifts[part.metric, part.rows] += part.shift
        self.void[part.metric, part.rows] += part.is_void
        self._refresh(part)

    def _refresh(self, part: Part) -> None:
        """Sums of the rows of a part, from all that befell them."""
        at = (part.metric, part.rows)
        usual, orders = self.usual.due[at], self.usual.bottoms[at]
        if is_rate(self.usual.metrics[part.metric]):
            due = shifted(usual, orders, self.shifts[at])
        else:
            due = usual * np.exp(self.shifts[at])
        kept = self.void[at] == 0
        self.leaves.due[at] = due * kept
        self.leaves.tops[at] = self.usual.tops[at] * kept
        self.leaves.bottoms[at] = orders * kept


def is_rate(metric: str) -> bool:
    """Whether a metric counts a share of orders: there cannot be more than all.

    That of a percentile are those beyond its usual value.
    """
    return parse_reference(metric).definition.kind in ("rate", "percentile")


def shifted(due: Floats, orders: Floats, shift: Floats | float) -> Floats:
    """Events to be expected, once the odds of a rate are shifted.

    Args:
        due: Events that were to be expected.
        orders: What they are of.
        shift: Log of the factor of the odds.
    """
    odds = np.exp(shift)
    share = np.clip(due / np.maximum(orders, 1e-300), 0.0, 1.0)
    return due * odds / (1 - share + share * odds)


def rows_of(leaves: Leaves, candidate: Candidate) -> Numbers:
    """Rows that something befell."""
    rows = leaves.within(candidate.segment, candidate.begin, candidate.end)
    return in_hours(leaves, rows, candidate.hours)


def in_hours(leaves: Leaves, rows: Numbers, hours: tuple[int, int] | None) -> Numbers:
    """Those of some rows that lie in some hours of the day."""
    if hours is None:
        return rows
    low, high = hours
    own = leaves.hour[rows]
    return rows[(own >= low) & (own <= high)]


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
