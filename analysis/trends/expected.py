"""A metric of a selection over time, beside what was to be expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.metrics.measure import measure
from analysis.metrics.periods import Grain, Period
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection
from analysis.metrics.territories import holidays_of
from analysis.trends.aside import detect_beside, steps_aside
from analysis.trends.findings import Finding

#: Days before the period that are learned from, by the step of the series.
HISTORY: Final[Mapping[Grain, int]] = {
    "hour": 28, "day": 364, "week": 3 * 364, "month": 6 * 364,
}  # fmt: skip
_STEPS: Final[Mapping[Grain, str]] = {
    "hour": "h", "day": "D", "week": "7D", "month": "MS",
}  # fmt: skip


def expected(
    dataset: Dataset,
    metric: str,
    *,
    grain: Grain,
    period: Period,
    selection: Selection | None = None,
    holidays: Iterable[date] | None = None,
    left_out: Sequence[Period] = (),
    incidents: Sequence[Finding] = (),
) -> pd.DataFrame:
    """The steps of a period with what the steps before them let expect.

    Args:
        dataset: A published version.
        metric: Reference of a metric.
        grain: Step of the series.
        period: Days shown; earlier ones are read to learn from.
        selection: Which orders; its period is not used.
        holidays: Days that are no usual days; by default the public holidays of the
            places that the orders lie in.
        left_out: Days whose data are known to be wrong: nothing is learned from them
            and they are not judged; only for steps of hours and days.
        incidents: Findings, each with its excess in the orders of the selection. Their
            steps are held against what was to be expected without them, where a good
            part of the series comes from them; only for steps of hours and days.

    Returns:
        What ``detect`` gives for the steps of the period: ``period``, ``value``,
        ``expected``, ``low``, ``high``, ``score``, ``is_anomaly``,
        ``is_changepoint``, ``is_too_few``, with its ``attrs``, and ``is_without``:
        steps of an incident, held against what was to be expected without it. Of counts
        only the steps that lie within the period as a whole.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
    """
    days = Period(_first(dataset, period, grain), period.last)
    found = measure(dataset, metric, grain=grain, period=days, selection=selection)
    series = found.rename(columns={metric: "value"})
    kind = parse_reference(metric).definition.kind
    begin = _start(period, grain)
    if kind == "count":
        series = _without_gaps(series, days, grain)
        # Part of a week has fewer orders, which is nothing unusual.
        series = series[series["period"] <= _last_whole(period, grain)]
        begin = max(begin, pd.Timestamp(period.first))
    aside = np.zeros(len(series), dtype=bool)
    if grain in {"hour", "day"}:
        series = _without(series, left_out)
        aside = steps_aside(series, incidents, metric=metric, grain=grain)
    if holidays is None:
        holidays = _holidays(dataset, days, selection, grain)
    judged = detect_beside(series, aside, holidays=holidays, **_columns(metric, kind))
    inside = pd.to_datetime(judged["period"]) >= begin
    shown = judged.loc[inside].reset_index(drop=True)
    shown.attrs.update(judged.attrs)
    return shown


def _without(series: pd.DataFrame, left_out: Sequence[Period]) -> pd.DataFrame:
    """The steps that do not lie in any of some days."""
    days = pd.to_datetime(series["period"]).dt.normalize()
    kept = pd.Series(data=True, index=series.index)
    for item in left_out:
        kept &= ~days.between(pd.Timestamp(item.first), pd.Timestamp(item.last))
    return series[kept]


def _holidays(
    dataset: Dataset, days: Period, selection: Selection | None, grain: Grain
) -> frozenset[date]:
    """Holidays in steps no longer than one; a week or month has most days as usual."""
    if grain not in ("hour", "day"):
        return frozenset()
    return holidays_of(dataset, period=days, selection=selection)


def _first(dataset: Dataset, period: Period, grain: Grain) -> date:
    """First day that is learned from; a step that the data begin in is left out."""
    wanted = period.first - timedelta(days=HISTORY[grain])
    if dataset.period is None or wanted >= dataset.period[0]:
        return wanted
    first = dataset.period[0]
    if grain == "week" and first.weekday():
        return min(period.first, first + timedelta(days=7 - first.weekday()))
    if grain == "month" and first.day > 1:
        later = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        return min(period.first, later)
    return first


def _start(period: Period, grain: Grain) -> pd.Timestamp:
    """First moment of the step in which the period begins."""
    first = pd.Timestamp(period.first)
    if grain == "week":
        return first - timedelta(days=first.weekday())
    return first.replace(day=1) if grain == "month" else first


def _last_whole(period: Period, grain: Grain) -> pd.Timestamp:
    """First moment of the last step that the period holds to its end."""
    begin = _start(Period(period.last, period.last), grain)
    after = pd.Timestamp(period.last) + timedelta(days=1)
    if grain == "hour":
        return after - timedelta(hours=1)
    step = pd.tseries.frequencies.to_offset(_STEPS[grain])
    if begin + step <= after:
        return begin
    return _start(Period(*[(begin - timedelta(days=1)).date()] * 2), grain)


def _columns(metric: str, kind: str) -> dict[str, Any]:
    """Which columns ``detect`` reads for a kind of metric."""
    if kind in ("rate", "per"):
        return {"numerator": f"{metric}_num", "denominator": f"{metric}_n"}
    if kind == "count":
        return {"numerator": "value"}
    return {"value": "value", "denominator": f"{metric}_n"}


def _without_gaps(series: pd.DataFrame, days: Period, grain: Grain) -> pd.DataFrame:
    """Steps without orders count 0."""
    last = pd.Timestamp(days.last) + timedelta(hours=23)
    steps = pd.date_range(_start(days, grain), last, freq=_STEPS[grain], unit="us")
    kept = series[["period", "value"]].set_index("period").reindex(steps)
    return kept.fillna(0.0).rename_axis("period").reset_index()
