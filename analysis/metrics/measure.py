"""KPIs: metrics by dimensions and time, each with its interval and change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.engine.protocol import is_truncated
from analysis.errors import InvalidInput
from analysis.metrics.components import BoundMetric
from analysis.metrics.counted import Counted, bind_counted
from analysis.metrics.dimensions import Dimension, dimension
from analysis.metrics.expressions import require
from analysis.metrics.filters import filters_of
from analysis.metrics.periods import Comparison, Grain, Period, compared
from analysis.metrics.query import IS_REST, Request, build
from analysis.metrics.selection import Selection, Where
from analysis.metrics.values import change, estimate, extra_columns
from analysis.stats.intervals import Floats
from analysis.words import N_

Days = Period | tuple[date, date]
Metrics = str | Sequence[str | Counted]

MAX_TOP = 1_000


def measure(
    dataset: Dataset,
    metrics: Metrics,
    *,
    by: str | Sequence[str] = (),
    grain: Grain | None = None,
    where: Where | Selection | None = None,
    period: Days | None = None,
    compare: Comparison | Days | None = None,
    selection: Selection | None = None,
    top: int | None = None,
    time_limit: float | None = None,
) -> pd.DataFrame:
    """Compute metrics by dimensions and time, in one query.

    A rate is the sum of its numerators over the sum of its denominators at the level
    shown. A period means local dates of the orders' creation, also for what is
    related to them; rows of related tables without an order are never counted.

    Args:
        dataset: A published version.
        metrics: Names from ``load_definitions``, with settings where wanted, such as
            ``late_rate(by=day)``; or with how they are counted as events.
        by: Dimensions to group by, see ``dimensions_of``.
        grain: Step of a time series in local time; weeks start on Monday. Steps
            without rows are left out.
        where: Values by dimension, ``{"city": ["Riyadh", None]}`` (None is missing), or
            a selection; holds beside ``selection``.
        period: First and last day, both included; before that of a selection.
        compare: What changes are against: ``previous`` is the same number of days just
            before; ``same_weekdays`` the same days, earlier by the smallest number of
            whole weeks that clears the period; ``last_year`` the same days 52 weeks
            earlier; or any first and last day. With a grain, the days compared lie
            on those of the period, first on first.
        selection: Which orders.
        top: Keep this many groups, those with the most orders in the period, and fold
            the others into one row named ``rest`` where ``is_rest`` is true; all
            dimensions are text then.
        time_limit: Seconds, the engine's own limit if None.

    Returns:
        A row per group, in order of period and dimensions: the dimensions, ``is_rest``
        with ``top``, ``period`` (start of the step) with a grain, then for each metric
        m: ``m``, ``m_num`` and ``m_n`` (numerator and denominator), ``m_low`` and
        ``m_high`` (interval of 95 %); with ``compare`` also ``m_before``, ``m_change``,
        ``m_change_low`` and ``m_change_high``. Shares are 0 to 1. NaN where there is
        nothing to compute from.

    Raises:
        UnknownName: if there is no such metric, setting or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if a period, comparison or value cannot be, or the result has
            too many rows.
        QueryTooSlow: if the time limit is reached.
    """
    request = _request(
        dataset, metrics, by=by, grain=grain, where=where, period=period,
        compare=compare, selection=selection, top=top,
    )  # fmt: skip
    table = dataset.engine.run(build(request), time_limit=time_limit)
    if is_truncated(table):
        raise InvalidInput(
            N_("The result has more than {rows} rows."),
            hint=N_("Choose fewer dimensions, a coarser grain, or top groups."),
            rows=table.num_rows,
        )
    return _completed(table.to_pandas(), request)


def sql_of(
    dataset: Dataset,
    metrics: Metrics,
    *,
    by: str | Sequence[str] = (),
    grain: Grain | None = None,
    where: Where | Selection | None = None,
    period: Days | None = None,
    compare: Comparison | Days | None = None,
    selection: Selection | None = None,
    top: int | None = None,
) -> str:
    """The SQL that ``measure`` runs for the same arguments, which see.

    Its columns are those of ``measure`` and the sums its intervals are made from.
    """
    request = _request(
        dataset, metrics, by=by, grain=grain, where=where, period=period,
        compare=compare, selection=selection, top=top,
    )  # fmt: skip
    return dataset.engine.sql(build(request))


def _request(
    dataset: Dataset,
    metrics: Metrics,
    *,
    by: str | Sequence[str],
    grain: Grain | None,
    where: Where | Selection | None,
    period: Days | None,
    compare: Comparison | Days | None,
    selection: Selection | None,
    top: int | None,
) -> Request:
    narrowed = where if isinstance(where, Selection) else Selection.of(where)
    chosen = selection or Selection()
    days = Period.of(period) or narrowed.period or chosen.period
    request = Request(
        dataset=dataset,
        metrics=_metrics(dataset, metrics),
        dimensions=_dimensions(dataset, by),
        grain=_grain(dataset, grain),
        period=days,
        before=_before(days, compare),
        filters=(*filters_of(dataset, chosen), *filters_of(dataset, narrowed)),
        top=_top(top, by),
    )
    if days is not None:
        require(dataset, "local_date")
    _require_own_names(request)
    return request


def _metrics(dataset: Dataset, names: Metrics) -> tuple[BoundMetric, ...]:
    listed = (names,) if isinstance(names, str) else tuple(names)
    if not listed:
        raise _wrong("metrics", "()", "at least one name")
    return tuple(bind_counted(dataset, name) for name in dict.fromkeys(listed))


def _dimensions(dataset: Dataset, by: str | Sequence[str]) -> tuple[Dimension, ...]:
    listed = (by,) if isinstance(by, str) else tuple(by)
    return tuple(dimension(dataset, name) for name in dict.fromkeys(listed))


def _grain(dataset: Dataset, grain: Grain | None) -> Grain | None:
    if grain is None:
        return None
    if grain not in get_args(Grain):
        raise _wrong("grain", grain, ", ".join(get_args(Grain)))
    require(dataset, "local_date", *(["local_hour"] if grain == "hour" else []))
    return grain


def _before(period: Period | None, compare: Comparison | Days | None) -> Period | None:
    if compare is None:
        return None
    if period is None:
        raise _wrong("compare", compare, "a period to compare with")
    return compared(period, compare)


def _top(top: int | None, by: str | Sequence[str]) -> int | None:
    if top is None:
        return None
    if not by or isinstance(top, bool) or not 1 <= top <= MAX_TOP:
        raise _wrong("top", top, f"1-{MAX_TOP}, with dimensions")
    return top


def _require_own_names(request: Request) -> None:
    """Two columns of one name would hide each other."""
    own = [name.casefold() for name in _columns(request)]
    for found in request.dimensions:
        if own.count(found.name.casefold()) > 1:
            raise _wrong("by", found.name, "names that no metric or column has")


def _columns(request: Request) -> list[str]:
    """Columns of the result in their order."""
    names = [found.name for found in request.dimensions]
    names += [IS_REST] * bool(request.top) + ["period"] * bool(request.grain)
    suffixes = ["", "_num", "_n", "_low", "_high"]
    if request.before:
        suffixes += ["_before", "_change", "_change_low", "_change_high"]
    for metric in request.metrics:
        names += [f"{metric.name}{suffix}" for suffix in suffixes]
    return names


def _completed(frame: pd.DataFrame, request: Request) -> pd.DataFrame:
    """The result of the query with intervals and changes, in the promised order."""
    added: dict[str, Floats] = {}
    for metric in request.metrics:
        found = estimate(frame, metric, "")
        added[f"{metric.name}_low"] = found.interval.low
        added[f"{metric.name}_high"] = found.interval.high
        if request.before:
            step, interval = change(frame, metric)
            added[f"{metric.name}_change"] = step
            added[f"{metric.name}_change_low"] = interval.low
            added[f"{metric.name}_change_high"] = interval.high
    hidden = [
        name
        for metric in request.metrics
        for side in (("", "_before") if request.before else ("",))
        for name in extra_columns(metric, side)
    ]
    return frame.drop(columns=hidden).assign(**added)[_columns(request)]


def _wrong(name: str, value: object, allowed: str) -> InvalidInput:
    return InvalidInput(
        N_("{name} cannot be {value}."),
        hint=N_("Allowed: {allowed}."),
        name=name,
        value=repr(value)[:80],
        allowed=allowed,
    )
