"""The series of many segments at once: one scan a table for all sets of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.engine.protocol import is_truncated
from analysis.errors import InvalidInput
from analysis.metrics import trees
from analysis.metrics.components import BoundMetric, aggregate, bind_metric
from analysis.metrics.conditions import predicate
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import require
from analysis.metrics.filters import filters_of
from analysis.metrics.periods import Period
from analysis.metrics.query import PERIOD, Part, Request, parts_of, rows_of
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Condition, Scalar, Selection
from analysis.words import N_

Floats = NDArray[np.float64]
Step = Literal["day", "hour"]

#: Kinds whose values come from a sum over a sum.
SUMMED = ("rate", "per", "count", "ratio", "mean")
_SET = "set_id"
_PLACE = "place"


@dataclass(frozen=True, slots=True)
class Many:
    """Series of many segments.

    Attributes:
        metrics: Names of the metrics.
        segments: A segment is a condition for each dimension of its set.
        numerators: Sums by segment, metric and step.
        denominators: The same; 1 where the metric is a count.
        first: First day.
        step: ``day`` or ``hour``.
    """

    metrics: tuple[str, ...]
    segments: tuple[tuple[tuple[str, Scalar], ...], ...]
    numerators: Floats
    denominators: Floats
    first: date
    step: Step

    @property
    def times(self) -> pd.DatetimeIndex:
        """First moment of each step."""
        count = self.numerators.shape[2]
        return pd.date_range(self.first, periods=count, freq=self.step[0].lower())


def many_series(
    dataset: Dataset,
    metrics: Sequence[str],
    *,
    sets: Sequence[Sequence[str]],
    period: Period,
    step: Step = "day",
    where: Selection | None = None,
    without: Sequence[Sequence[Condition]] = (),
) -> Many:
    """Numerators and denominators of all values of sets of dimensions, by day or hour.

    Args:
        dataset: A published version.
        metrics: Names of metrics that are a sum over a sum (no percentiles).
        sets: Sets of dimensions; the empty one is all orders together.
        period: First and last local day.
        step: Step of the series.
        where: Which orders; its period is not used.
        without: Orders left out: those for which all conditions of one of these hold.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if a metric is no sum over a sum, or there are too many series.
    """
    require(dataset, "local_date", *(["local_hour"] if step == "hour" else []))
    bound = [bind_metric(dataset, parse_reference(name)) for name in metrics]
    for metric in bound:
        _require_sums(metric)
    names = tuple(dict.fromkeys(name for one in sets for name in one))
    request = Request(
        dataset=dataset,
        metrics=tuple(bound),
        dimensions=tuple(dimension(dataset, name) for name in names),
        grain=step,
        period=period,
        filters=(*filters_of(dataset, where or Selection()),
                 *_left_out(dataset, without)),
    )  # fmt: skip
    places = [[names.index(name) for name in one] for one in sets]
    frames = [
        _fetched(request, part, places) for part in parts_of(request.metrics)
    ]
    return _laid(request, names, sets, frames)


def _require_sums(metric: BoundMetric) -> None:
    kind = metric.reference.definition.kind
    if kind not in SUMMED:
        raise InvalidInput(
            N_("{metric} is a {kind}, which cannot be watched in many segments."),
            hint=N_("Choose rates, counts or means."),
            metric=metric.name,
            kind=kind,
        )


def _left_out(
    dataset: Dataset, without: Sequence[Sequence[Condition]]
) -> list[exp.Expr]:
    found = []
    for conditions in without:
        held = exp.and_(*(predicate(dataset, one) for one in conditions))
        found.append(exp.Not(this=exp.func("COALESCE", held, exp.false())))
    return found


def _fetched(request: Request, part: Part, places: list[list[int]]) -> pd.DataFrame:
    """Sums of one table for all sets: keys, the set's number, sums."""
    sums = [
        trees.named(aggregate(item, part.row), item.name)
        for item in part.components
        if item.name.endswith(("_num", "_n"))
    ]
    keys = [trees.column(name) for name in request.keys]
    groups = [trees.column(name) for name in request.groups]
    chosen: list[exp.Expr] = [*keys, *sums]
    if groups:
        which = exp.func("GROUPING_ID", *(key.copy() for key in groups))
        chosen.append(trees.named(which, _SET))
    rows = rows_of(request, part.table, part.values)
    query = trees.select(chosen, trees.table(f"{part.table}_rows"))
    query = query.with_(trees.table(f"{part.table}_rows"), as_=rows, copy=False)
    table = request.dataset.engine.run(_grouped(query, request, places))
    if is_truncated(table):
        raise InvalidInput(
            N_("These dimensions have more than {rows} values by day."),
            hint=N_("Watch fewer dimensions, or no pairs."),
            rows=table.num_rows,
        )
    frame = table.to_pandas()
    return frame if groups else frame.assign(**{_SET: 0})


def _grouped(
    query: exp.Select, request: Request, places: list[list[int]]
) -> exp.Select:
    sets = [
        exp.Tuple(
            expressions=[
                trees.column(PERIOD),
                *(trees.column(request.groups[place]) for place in chosen),
            ]
        )
        for chosen in places
    ]
    group = exp.Group(expressions=[exp.GroupingSets(expressions=sets)])
    query.set("group", group)
    return query


def _laid(
    request: Request,
    names: tuple[str, ...],
    sets: Sequence[Sequence[str]],
    frames: list[pd.DataFrame],
) -> Many:
    """The sums of all tables on arrays of segment, metric and step."""
    keys = pd.concat([frame[[_SET, *request.groups]] for frame in frames])
    numbered = keys.groupby([_SET, *request.groups], dropna=False, sort=False)
    number = numbered.ngroup().to_numpy()
    firsts = keys.iloc[np.unique(number, return_index=True)[1]]
    period = request.period
    per_day = 24 if request.grain == "hour" else 1
    days = period.days if period else 0
    shape = (len(firsts), len(request.metrics), days * per_day)
    tops, bottoms = np.zeros(shape), np.zeros(shape)
    begin = 0
    for frame in frames:
        part = number[begin : begin + len(frame)]
        begin += len(frame)
        _lay(request, frame, part, tops, bottoms)
    segments = _segments(firsts, names, sets, request.groups)
    first = period.first if period else date.min
    step: Step = "hour" if request.grain == "hour" else "day"
    listed = tuple(metric.name for metric in request.metrics)
    return Many(listed, segments, tops, bottoms, first, step)


def _lay(
    request: Request, frame: pd.DataFrame, number: NDArray[np.int64],
    tops: Floats, bottoms: Floats,
) -> None:  # fmt: skip
    begin = pd.Timestamp(request.period.first if request.period else 0)
    unit = pd.Timedelta(hours=1) if request.grain == "hour" else pd.Timedelta(days=1)
    step = ((pd.to_datetime(frame[PERIOD]) - begin) // unit).to_numpy(dtype=np.int64)
    for place, metric in enumerate(request.metrics):
        for name, target in (("num", tops), ("n", bottoms)):
            column = f"{metric.name}_{name}"
            if column in frame:
                found = frame[column].to_numpy(dtype=float, na_value=0.0)
                target[number, place, step] = found
        if metric.reference.definition.kind == "count":
            bottoms[:, place, :] = 1.0


def _segments(
    firsts: pd.DataFrame,
    names: tuple[str, ...],
    sets: Sequence[Sequence[str]],
    groups: tuple[str, ...],
) -> tuple[tuple[tuple[str, Scalar], ...], ...]:
    """Which set a row belongs to shows in the bits of the keys that it leaves out."""
    count = len(names)
    by_id = {
        sum(1 << (count - 1 - place) for place, name in enumerate(names)
            if name not in one): tuple(one)
        for one in sets
    }  # fmt: skip
    column_of = dict(zip(names, groups, strict=True))
    found = []
    for row in firsts.to_dict("records"):
        chosen = by_id[int(row[_SET])]
        found.append(tuple((name, _plain(row[column_of[name]])) for name in chosen))
    return tuple(found)


def _plain(value: object) -> Scalar:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[return-value]
