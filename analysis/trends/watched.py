"""What is watched: metrics, sets of dimensions, risk and all their series."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analysis.calendars import days_off
from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, NotEnoughData
from analysis.metrics.availability import availability_of
from analysis.metrics.counted import Counted
from analysis.metrics.counting import counted_as
from analysis.metrics.dimensions import dimensions_of
from analysis.metrics.many import Many, Step, many_series
from analysis.metrics.measure import measure
from analysis.metrics.periods import Period
from analysis.metrics.risk import Risk, expected_rates
from analysis.metrics.selection import Condition, Scalar, Selection
from analysis.metrics.territories import territories_by
from analysis.trends.findings import Segment
from analysis.trends.leaves import Leaves, read_leaves
from analysis.trends.reading import read_all
from analysis.trends.scales import Floats
from analysis.words import N_

#: What orders go through; of these a dataset's own are watched by default.
USUAL_METRICS = (
    "late_rate", "cancellation_rate", "complaint_rate", "low_rating_rate",
    "refusal_rate", "contact_rate", "mean_rating",
)  # fmt: skip
#: Dimensions watched by default, where a dataset has them.
USUAL_DIMENSIONS = (
    "country", "region", "city", "zone", "zone_type", "merchant_type", "category",
    "scenario", "capacity_type", "vehicle",
)  # fmt: skip
#: Places that often have other names for one another.
_NESTED = ("country", "region", "city")
#: What an order's risk depends on without anything going wrong: its time, the weather,
#: where it is and who carries it. The first that a dataset has stands for the place.
PLACES = ("city", "region", "country")
RISK_ALONE = (
    "zone", "merchant_type", "scenario", "vehicle", "capacity_type", "weather",
)  # fmt: skip
RISK_BY_PLACE = ("hour", "weather")
#: Dimensions of more values are not watched.
MAX_VALUES = 200
#: Days looked through by default, and days that are needed before them.
USUAL_DAYS, LEAST_DAYS = 90, 28
#: Days read before the first one looked through, to learn from.
LEARNING_DAYS = 92
_WEEK = 7
#: Sums by all dimensions and hours are kept of datasets of no more orders than this.
MOST_KEPT = 1_500_000


@dataclass(frozen=True, slots=True)
class Watched:
    """Everything that is watched.

    Attributes:
        dataset: Whose orders.
        where: Which of them.
        metrics: Names of the metrics.
        counted: How each of them is counted as events, which all sums are of.
        dimensions: The dimensions.
        sets: Sets of them whose values are segments; the empty one is all orders.
        read: Days read.
        first: Step of the first day looked through.
        risk: What is to be expected of which orders, where sums are not kept.
        many: The series of all segments.
        leaves: The sums of all combinations of dimensions; None where they are too
            many to be kept.
        off: Holidays of the segments that were asked for so far.
        places: In which territories their orders lie, by dimensions and values.
        minutes: Sums by day of other metrics that were asked for so far.
        others: Which metrics beside those watched can be computed, as asked for so far.
    """

    dataset: Dataset
    where: Selection | None
    metrics: tuple[str, ...]
    counted: tuple[Counted, ...]
    dimensions: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]
    read: Period
    first: int
    risk: Risk | None
    many: Many
    leaves: Leaves | None
    off: dict[Segment, frozenset[date]] = field(
        default_factory=dict, compare=False, repr=False
    )
    places: dict[tuple[str, ...], Mapping[tuple[Scalar, ...], Mapping[str, float]]] = (
        field(default_factory=dict, compare=False, repr=False)
    )
    minutes: dict[tuple[str, ...], Leaves] = field(
        default_factory=dict, compare=False, repr=False
    )
    others: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    @property
    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of each day read."""
        return (self.read.first.weekday() + np.arange(self.read.days)) % _WEEK

    def days(self, begin: int, end: int) -> Period:
        """Days between two steps, both included."""
        first = self.read.first + timedelta(days=begin)
        return Period(first, self.read.first + timedelta(days=end))

    def selection_of(self, segment: Segment) -> Selection:
        """The orders of a segment."""
        conditions = [Condition(name, values=(value,)) for name, value in segment]
        return (self.where or Selection()).narrow(*conditions)

    def days_off(self, segment: Segment) -> frozenset[date]:
        """Days read that are a holiday for a good part of the orders of a segment."""
        names = tuple(name for name, _ in segment)
        if names not in self.places:
            self.places[names] = territories_by(
                self.dataset, names, selection=self.where
            )
        if segment not in self.off:
            shares = self.places[names].get(tuple(value for _, value in segment), {})
            self.off[segment] = days_off(shares, self.read.first, self.read.last)
        return self.off[segment]

    def counted_of(self, metric: str) -> Counted:
        """How one metric is counted as events."""
        return self.counted[self.metrics.index(metric)]

    def risk_of(self, metric: str) -> Risk | None:
        """The risk for one metric alone."""
        if self.risk is None:
            return None
        place = self.metrics.index(metric)
        columns = [name for name in self.risk.table.column_names
                   if name.startswith("kind_")]  # fmt: skip
        table = self.risk.table.select([*columns, f"rate_{place + 1}"])
        return replace(
            self.risk,
            metrics=(metric,),
            table=table.rename_columns([*columns, "rate_1"]),
            overall=(self.risk.overall[place],),
        )

    def leaves_around(
        self, metric: str, first: int, end: int, hours: tuple[int, int] | None
    ) -> Leaves:
        """Leaves that hold at least some days (and hours) of a metric."""
        if self.leaves is not None:
            return self.leaves
        around = self.days(first, end)
        conditions = [Condition("local_date", "range", low=str(around.first),
                                high=str(around.last))]  # fmt: skip
        if hours is not None:
            low, high = hours
            conditions.append(Condition("hour", "range", low=low, high=high))
        leaves = read_leaves(
            self.dataset, [self.counted_of(metric)], names=self.dimensions,
            period=self.read, step="day",
            where=(self.where or Selection()).narrow(*conditions),
            risk=self.risk_of(metric),
        )  # fmt: skip
        return leaves.of_all_hours()

    def has(self, metric: str) -> bool:
        """Whether the dataset gives a metric, watched or not."""
        if metric not in self.others:
            self.others[metric] = availability_of(self.dataset, metric).is_available
        return self.others[metric]

    def minutes_of(self, metrics: tuple[str, ...]) -> Leaves | None:
        """Sums of other metrics by day, read once; None where sums are not kept."""
        if self.leaves is None:
            return None
        if metrics not in self.minutes:
            self.minutes[metrics] = read_leaves(
                self.dataset, metrics, names=self.dimensions, period=self.read,
                step="day", where=self.where, risk=None,
            )  # fmt: skip
        return self.minutes[metrics]

    def sums_of(self, metric: int) -> tuple[Floats, Floats]:
        """Events and what is to be expected of one metric, segment by day."""
        return self.many.numerators[:, metric], self.many.expected[:, metric]


def read_watched(
    dataset: Dataset,
    *,
    metrics: Sequence[str] | None,
    dimensions: Sequence[str] | None,
    pairs: bool,
    period: Period | None,
    selection: Selection | None,
) -> Watched:
    """Read everything that is watched.

    Raises:
        NotEnoughData: if there are too few days of orders, or no orders.
        InvalidInput: if there is no metric, or one is a plain count or adds up several
            currencies.
    """
    looked, read = _periods(dataset, period)
    asked_for = usual_metrics(dataset) if metrics is None else metrics
    names = tuple(dict.fromkeys(asked_for))
    _require_some(names)
    chosen = tuple(dimensions) if dimensions is not None else usual_dimensions(dataset)
    where = None if selection is None else replace(selection, period=None)
    margins = margins_of(dataset)
    kinds = tuple(dict.fromkeys(itertools.chain(*margins)))
    counted = counted_as(dataset, names, kinds=kinds, period=read, where=where)
    asked = _sets(chosen, pairs=pairs)
    risk = leaves = None
    if dataset.table("orders").rows <= MOST_KEPT:
        step: Step = "hour" if dataset.has("orders", "local_hour") else "day"
        leaves = read_all(dataset, counted, names=chosen, margins=margins, period=read,
                          step=step, where=where)  # fmt: skip
        many = leaves.many(asked, read.first)
    else:
        risk = expected_rates(dataset, counted, margins=margins, period=read,
                              where=where)  # fmt: skip
        many = many_series(
            dataset, counted, sets=asked, period=read, where=where, risk=risk
        )
    if not many.segments:
        raise NotEnoughData(
            N_("There are no orders to look through."),
            hint=N_("Choose other orders or days."),
        )
    many, sets = _without_doubles(many, asked)
    first = (looked.first - read.first).days
    return Watched(
        dataset, where, names, counted, chosen, sets, read, first, risk, many, leaves
    )


def _require_some(names: tuple[str, ...]) -> None:
    if not names:
        raise InvalidInput(
            N_("There is no metric to look through."),
            hint=N_("Choose one that the dataset has, such as {example}."),
            example=USUAL_METRICS[0],
        )


def usual_metrics(dataset: Dataset) -> tuple[str, ...]:
    """Metrics watched by default."""
    return tuple(
        name for name in USUAL_METRICS if availability_of(dataset, name).is_available
    )


def usual_dimensions(dataset: Dataset) -> tuple[str, ...]:
    """Dimensions watched by default: of several values, no two of them the same."""
    names = [
        name for name in USUAL_DIMENSIONS
        if name in dataset.fields and 1 < dataset.fields[name].distinct <= MAX_VALUES
    ]  # fmt: skip
    places = [name for name in names if name in _NESTED]
    if not places:
        return tuple(names)
    known = measure(dataset, "orders", by=places)[places]
    doubles = {
        wide
        for wide, narrow in itertools.pairwise(places)
        if known.groupby([wide, narrow], dropna=False).ngroups
        == known[wide].nunique(dropna=False)
        == known[narrow].nunique(dropna=False)
    }
    return tuple(name for name in names if name not in doubles)


def margins_of(dataset: Dataset) -> tuple[tuple[str, ...], ...]:
    """What the risk of an order may depend on, as far as the dataset tells."""
    have = dimensions_of(dataset)
    place = next((name for name in PLACES if name in have), None)
    beside = (place,) if place else ()
    together = [(*beside, name) for name in RISK_BY_PLACE if name in have]
    alone = [
        (name,) for name in RISK_ALONE if name in have and _is_small(dataset, name)
    ]
    return (*together, *alone) or (("weekday",),)


def _is_small(dataset: Dataset, name: str) -> bool:
    return name in dataset.fields and dataset.fields[name].distinct <= MAX_VALUES


def _periods(dataset: Dataset, period: Period | None) -> tuple[Period, Period]:
    dataset.require("local_date")
    if dataset.period is None:
        raise _too_short(0)
    first, last = dataset.period
    if period is None:
        begin = max(last - timedelta(days=USUAL_DAYS - 1),
                    first + timedelta(days=LEAST_DAYS))  # fmt: skip
        if begin > last:
            raise _too_short((last - first).days + 1)
        period = Period(begin, last)
    begin = max(first, period.first - timedelta(days=LEARNING_DAYS))
    if (period.first - begin).days < LEAST_DAYS:
        raise _too_short((period.first - begin).days)
    return period, Period(begin, period.last)


def _too_short(days: int) -> NotEnoughData:
    return NotEnoughData(
        N_("There are {days} days of orders before those to look through."),
        hint=N_("At least {needed} are needed to know what is usual."),
        days=days,
        needed=LEAST_DAYS,
    )


def _sets(names: Sequence[str], *, pairs: bool) -> list[tuple[str, ...]]:
    alone = [(name,) for name in names]
    return [(), *alone, *(itertools.combinations(names, 2) if pairs else ())]


def _without_doubles(
    many: Many, sets: list[tuple[str, ...]]
) -> tuple[Many, tuple[tuple[str, ...], ...]]:
    """Leave out pairs of which one dimension implies the other."""
    names = [tuple(name for name, _ in segment) for segment in many.segments]
    counts = {one: names.count(one) for one in sets}
    kept_sets = tuple(
        one for one in sets
        if len(one) < len(("a", "pair")) or counts[one] > max(
            counts[(name,)] for name in one)
    )  # fmt: skip
    kept = [row for row, name in enumerate(names) if name in kept_sets]
    return without_missing(_rows(many, kept)), kept_sets


def without_missing(many: Many) -> Many:
    """Leave out segments of missing values: they may be missing for what happened."""
    kept = [
        row for row, segment in enumerate(many.segments)
        if all(value is not None for _, value in segment)
    ]  # fmt: skip
    return _rows(many, kept)


def _rows(many: Many, rows: list[int]) -> Many:
    return replace(
        many,
        segments=tuple(many.segments[row] for row in rows),
        numerators=many.numerators[rows],
        denominators=many.denominators[rows],
        expected=many.expected[rows],
    )
