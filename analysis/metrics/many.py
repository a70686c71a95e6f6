"""The series of many segments at once: one scan a table for all sets of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlglot import exp

from analysis import parallel
from analysis.engine.dataset import Dataset
from analysis.engine.protocol import is_truncated
from analysis.errors import InvalidInput
from analysis.metrics import trees
from analysis.metrics.components import (
    BoundMetric,
    Component,
    aggregate,
)
from analysis.metrics.counted import Counted, bind_counted
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import require
from analysis.metrics.filters import filters_of
from analysis.metrics.periods import Period
from analysis.metrics.query import PERIOD, Part, Request, parts_of, rows_of
from analysis.metrics.risk import TABLE as RISK
from analysis.metrics.risk import Risk
from analysis.metrics.selection import Scalar, Selection
from analysis.words import N_

Floats = NDArray[np.float64]
Step = Literal["day", "hour", "whole"]

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
        expected: Numerators to be expected of such orders, see ``risk``; those of the
            overall rate without one.
        first: First day.
        step: ``day`` or ``hour``, or ``whole`` for the whole period as one.
    """

    metrics: tuple[str, ...]
    segments: tuple[tuple[tuple[str, Scalar], ...], ...]
    numerators: Floats
    denominators: Floats
    expected: Floats
    first: date
    step: Step

    @property
    def times(self) -> pd.DatetimeIndex:
        """First moment of each step."""
        count = self.numerators.shape[2]
        freq = "h" if self.step == "hour" else "D"
        return pd.date_range(self.first, periods=count, freq=freq)


def many_series(
    dataset: Dataset,
    metrics: Sequence[str | Counted],
    *,
    sets: Sequence[Sequence[str]],
    period: Period,
    step: Step = "day",
    where: Selection | None = None,
    risk: Risk | None = None,
) -> Many:
    """Numerators and denominators of all values of sets of dimensions, by day or hour.

    Args:
        dataset: A published version.
        metrics: Names of metrics that are a sum over a sum (no percentiles), or any
            with how they are counted as events.
        sets: Sets of dimensions; the empty one is all orders together.
        period: First and last local day.
        step: Step of the series, or ``whole`` for the whole period as one.
        where: Which orders; its period is not used.
        risk: What to expect of which orders, for the same metrics.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if a metric is no sum over a sum, or there are too many series.
    """
    names = tuple(dict.fromkeys(name for one in sets for name in one))
    request = _requested(dataset, metrics, names, period=period, step=step, where=where)
    places = [[names.index(name) for name in one] for one in sets]
    frames = _fetched(request, places, risk)
    return _laid(request, names, sets, frames)


def leaf_frames(
    dataset: Dataset,
    metrics: Sequence[str | Counted],
    *,
    names: Sequence[str],
    period: Period,
    step: Step = "day",
    where: Selection | None = None,
    risk: Risk | None = None,
) -> tuple[pd.DataFrame, ...]:
    """Sums of metrics by all combinations of some dimensions, by day or hour.

    Args:
        dataset: A published version.
        metrics: Names of metrics that are a sum over a sum, or any with how they are
            counted as events.
        names: The dimensions.
        period: First and last local day.
        step: Step of the sums, or ``whole`` for the whole period as one.
        where: Which orders; its period is not used.
        risk: What to expect of which orders, for the same metrics.

    Returns:
        A frame per table that metrics are of, with a row per combination and step that
        has orders: the dimensions, ``step`` as a number from 0, and for each of the
        table's metrics ``num``, ``n`` and ``due`` under its name.
    """
    request = _requested(dataset, metrics, names, period=period, step=step, where=where)
    places = [list(range(len(names)))]
    column_of = dict(zip(request.groups, names, strict=True))
    return tuple(
        frame.assign(step=_step_of(request, frame)).rename(columns=column_of)
        for frame in _fetched(request, places, risk)
    )


def _requested(
    dataset: Dataset,
    metrics: Sequence[str | Counted],
    names: Sequence[str],
    *,
    period: Period,
    step: Step,
    where: Selection | None,
) -> Request:
    require(dataset, "local_date", *(["local_hour"] if step == "hour" else []))
    bound = [bind_counted(dataset, metric) for metric in metrics]
    for metric in bound:
        _require_sums(metric)
    return Request(
        dataset=dataset,
        metrics=tuple(bound),
        dimensions=tuple(dimension(dataset, name) for name in names),
        grain=None if step == "whole" else step,
        period=period,
        filters=filters_of(dataset, where or Selection()),
    )


def _require_sums(metric: BoundMetric) -> None:
    kind = metric.reference.definition.kind
    if kind not in SUMMED:
        raise InvalidInput(
            N_("{metric} is a {kind}, which cannot be watched in many segments."),
            hint=N_("Choose rates, counts or means."),
            metric=metric.name,
            kind=kind,
        )


def _fetched(
    request: Request, places: list[list[int]], risk: Risk | None
) -> list[pd.DataFrame]:
    """Sums of each table for all sets: keys, the set's number, sums."""
    queries = [
        _query(request, part, places, risk) for part in parts_of(request.metrics)
    ]
    brought = {RISK: risk.table} if risk else None
    run = partial(request.dataset.engine.run, tables=brought)
    frames = []
    for table in parallel.each(run, queries):
        if is_truncated(table):
            raise InvalidInput(
                N_("These dimensions have more than {rows} values by day."),
                hint=N_("Watch fewer dimensions, or no pairs."),
                rows=table.num_rows,
            )
        # Values of dimensions repeat in every row: as categories they cost nothing.
        frame = table.to_pandas(strings_to_categorical=True)
        frames.append(frame if request.groups else frame.assign(**{_SET: 0}))
    return frames


def _query(
    request: Request, part: Part, places: list[list[int]], risk: Risk | None
) -> exp.Select:
    """The query of one table."""
    rows_name = f"{part.table}_rows"
    sums = [
        trees.named(aggregate(item, part.row), item.name)
        for item in part.components
        if item.name.endswith(("_num", "_n"))
    ]
    sums += _expected_sums(request, part, risk) if risk else []
    sums = [_number(item) for item in sums]
    keys = [trees.column(name) for name in request.keys]
    groups = [trees.column(name) for name in request.groups]
    chosen: list[exp.Expr] = [*keys, *sums]
    if groups:
        which = exp.func("GROUPING_ID", *(key.copy() for key in groups))
        chosen.append(trees.named(which, _SET))
    kinds = _kinds(request, risk) if risk else []
    rows = rows_of(request, part.table, [*part.columns, *kinds])
    query = trees.select(chosen, trees.table(rows_name))
    query = query.with_(trees.table(rows_name), as_=rows, copy=False)
    if risk:
        query = query.join(trees.table(RISK), on=_same_kind(kinds), join_type="left")
    return _grouped(query, request, places)


def _number(item: exp.Expr) -> exp.Expr:
    """A sum as a floating-point number, 0 where there is none; it keeps its name."""
    known = exp.func("COALESCE", item.this, exp.Literal.number(0))
    return trees.named(exp.cast(known, "double"), item.alias)


def _kinds(request: Request, risk: Risk) -> list[tuple[str, exp.Expr]]:
    return [
        (f"own_kind_{place}", dimension(request.dataset, name).expression)
        for place, name in enumerate(risk.dimensions, 1)
    ]


def _same_kind(kinds: list[tuple[str, exp.Expr]]) -> exp.Expr:
    pairs = [
        exp.NullSafeEQ(
            this=trees.column(name), expression=trees.column(name.removeprefix("own_"))
        )
        for name, _ in kinds
    ]
    return exp.and_(*pairs)


def _expected_sums(request: Request, part: Part, risk: Risk) -> list[exp.Expr]:
    """For each denominator the sum of what is to be expected of its rows."""
    found = []
    for place, metric in enumerate(request.metrics, 1):
        overall = exp.Literal.number(repr(risk.overall[place - 1]))
        rate = exp.func("COALESCE", trees.column(f"rate_{place}"), overall)
        for item in part.components:
            if item.name == f"{metric.name}_n":
                share = _weighted(item, part, rate)
                found.append(trees.named(exp.Sum(this=share), f"{metric.name}_due"))
    return found


def _weighted(item: Component, part: Part, rate: exp.Expr) -> exp.Expr:
    """What one row adds to the expectation: its rate where it counts."""
    if item.value is None:
        return rate
    value = part.row(item.value)
    if item.function == "sum":
        return exp.Mul(this=exp.paren(value), expression=rate)
    counts = value if item.function == "true" else exp.Not(
        this=exp.Is(this=value, expression=exp.null())
    )  # fmt: skip
    return exp.Case(ifs=[exp.If(this=counts, true=rate)])


def _grouped(
    query: exp.Select, request: Request, places: list[list[int]]
) -> exp.Select:
    sets = [
        exp.Tuple(
            expressions=[
                *(trees.column(name) for name in request.keys if name == PERIOD),
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
    number = numbered.ngroup().to_numpy(dtype=np.int64)
    firsts = keys.iloc[np.unique(number, return_index=True)[1]]
    period = request.period
    shape = (len(firsts), len(request.metrics), _steps(request))
    tops, bottoms, due = (np.zeros(shape) for _ in ("num", "n", "due"))
    begin = 0
    for frame in frames:
        part = np.asarray(number[begin : begin + len(frame)], dtype=np.int64)
        begin += len(frame)
        _lay(request, frame, part, {"num": tops, "n": bottoms, "due": due})
    segments = _segments(firsts, names, sets, request.groups)
    first = period.first if period else date.min
    step: Step = request.grain if request.grain in ("day", "hour") else "whole"
    listed = tuple(metric.name for metric in request.metrics)
    if not any(f"{name}_due" in frame for frame in frames for name in listed):
        total = np.maximum(bottoms[0].sum(axis=1), 1e-300)
        due = bottoms * (tops[0].sum(axis=1) / total)[None, :, None]
    return Many(listed, segments, tops, bottoms, due, first, step)


def _steps(request: Request) -> int:
    if request.grain is None or request.period is None:
        return 1
    return request.period.days * (24 if request.grain == "hour" else 1)


def _step_of(request: Request, frame: pd.DataFrame) -> NDArray[np.int64]:
    if request.grain is None or request.period is None:
        return np.zeros(len(frame), dtype=np.int64)
    unit = pd.Timedelta(hours=1) if request.grain == "hour" else pd.Timedelta(days=1)
    since = pd.to_datetime(frame[PERIOD]) - pd.Timestamp(request.period.first)
    return np.asarray(since // unit, dtype=np.int64)


def _lay(
    request: Request, frame: pd.DataFrame, number: NDArray[np.int64],
    arrays: dict[str, Floats],
) -> None:  # fmt: skip
    step = _step_of(request, frame)
    for place, metric in enumerate(request.metrics):
        for name, target in arrays.items():
            column = f"{metric.name}_{name}"
            if column in frame:
                found = frame[column].to_numpy(dtype=float, na_value=0.0)
                target[number, place, step] = found
        if metric.reference.definition.kind == "count":
            arrays["n"][:, place, :] = 1.0


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
    columns = {
        name: [_plain(value) for value in firsts[column_of[name]].tolist()]
        for name in names
    }
    return tuple(
        tuple((name, columns[name][row]) for name in by_id[number])
        for row, number in enumerate(firsts[_SET].astype(int).tolist())
    )


def _plain(value: object) -> Scalar:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[return-value]
