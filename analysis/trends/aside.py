"""What was to be expected had a known incident not been: nothing is learned from it.

``detect`` foretells each step from the one before, so some days into an incident it
expects what the incident brought, and is surprised by its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.periods import Grain
from analysis.metrics.registry import parse_reference
from analysis.trends.detect import detect
from analysis.trends.findings import Finding

#: An incident is set aside where so much of a series comes from it: one that moves it
#: less is not told from its noise, and each day set aside widens what is expected.
WEIGHS: Final = 0.2
_ANEW: Final = ["expected", "low", "high", "is_too_few"]


def detect_beside(
    series: pd.DataFrame,
    aside: NDArray[np.bool_],
    *,
    holidays: Iterable[date] | None = None,
    **columns: Any,  # noqa: ANN401 - names of columns, as ``detect`` takes them
) -> pd.DataFrame:
    """What ``detect`` says, and of some steps what it would have said without them.

    Args:
        series: A row per period, in the order of time.
        aside: Rows of a known incident.
        holidays: As in ``detect``.
        **columns: As in ``detect``.

    Returns:
        What ``detect`` gives, with the column ``is_without``: steps of the incident
        that are held against what the steps before it let expect. Steps after it are
        judged as if it had not been. The score of a step of the incident, and where
        the level moved, stay those of the series as it was.
    """
    days = None if holidays is None else tuple(holidays)
    judged = detect(series, holidays=days, **columns).assign(is_without=False)
    if not aside.any():
        return judged
    told = columns.get("numerator") or columns["value"]
    blank = series.assign(**{told: series[told].astype(float).mask(aside)})
    alone = detect(blank, holidays=days, **columns)
    anew = alone["expected"].notna().to_numpy()
    judged.loc[anew, _ANEW] = alone.loc[anew, _ANEW]
    after = anew & ~aside
    judged.loc[after, ["score", "is_anomaly"]] = alone.loc[
        after, ["score", "is_anomaly"]
    ]
    held = anew & aside
    judged["is_without"] = held
    judged.loc[held, "is_anomaly"] = _outside(judged, columns)[held]
    return judged


def steps_aside(
    series: pd.DataFrame,
    findings: Sequence[Finding],
    *,
    metric: str,
    grain: Grain,
) -> NDArray[np.bool_]:
    """Steps of the findings of its metric that a good part of a series comes from.

    Args:
        series: ``period``, ``value``, and numerator and denominator of the metric as
            ``measure`` names them, where it has any.
        findings: Their excess is that in the orders of the series.
        metric: Metric of the series.
        grain: Step of the series: an hour or a day.
    """
    aside = np.zeros(len(series), dtype=bool)
    for item in findings:
        inside = _during(series, item, grain)
        if inside.any() and _weighs(series[inside], item, metric):
            aside |= inside
    return aside


def _during(series: pd.DataFrame, item: Finding, grain: Grain) -> NDArray[np.bool_]:
    """Steps in which a finding holds."""
    starts = pd.to_datetime(series["period"])
    began = item.began.replace(minute=0, second=0, microsecond=0)
    if grain == "day":
        began = datetime.combine(began, time.min)
    inside = starts >= began
    if item.ended is not None:
        length = timedelta(hours=1) if item.grain == "hour" else timedelta(days=1)
        inside &= starts < item.ended + length
    return inside.to_numpy(dtype=bool)


def _weighs(steps: pd.DataFrame, item: Finding, metric: str) -> bool:
    """Whether a good part comes from a finding; of a percentile, of those beyond it."""
    if item.metric != metric or not np.isfinite(item.excess):
        return False
    if item.beyond is not None:
        usual = 1 - parse_reference(metric).definition.percentile
        return bool(abs(item.excess) >= WEIGHS * usual * steps[f"{metric}_n"].sum())
    events = f"{metric}_num" if f"{metric}_num" in steps else "value"
    return bool(abs(item.excess) >= WEIGHS * abs(steps[events].sum()))


def _outside(judged: pd.DataFrame, columns: dict[str, Any]) -> NDArray[np.bool_]:
    """Steps outside their interval, where enough orders tell."""
    seen = judged[columns.get("numerator") or columns["value"]].astype(float)
    if "numerator" in columns and "denominator" in columns:
        seen = seen / judged[columns["denominator"]].astype(float)
    beyond = (seen < judged["low"]) | (seen > judged["high"])
    return (beyond & ~judged["is_too_few"]).to_numpy(dtype=bool)
