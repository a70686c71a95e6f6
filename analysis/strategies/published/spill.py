"""Signs that a strategy reached those who were not to have it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.metrics.chosen import distinct
from analysis.strategies.checks import DOUBT
from analysis.strategies.published.panels import PanelPlan
from analysis.strategies.results import Check, Light, text
from analysis.strategies.study import Study
from analysis.strategies.treatment import control_label
from analysis.words import N_

_LEAST_PERIODS = 4
_WEEK = 7


def cities_of(plan: PanelPlan) -> Mapping[str, str]:
    """The city of every zone; empty where zones or cities are not there."""
    dataset = plan.bound.dataset
    if plan.unit != "zone" or "city" not in dataset.fields:
        return {}
    both = {name: plan.bound.key(name) for name in ("zone", "city")}
    found = distinct(dataset, both).dropna().astype(str)
    first = found.groupby("zone")["city"].min()
    return dict(zip(first.index, first, strict=True))


def spill_over(
    rows: pd.DataFrame, treated: pd.Series, start: object, cities: Mapping[str, str]
) -> Check | None:
    """Whether untreated neighbours moved at the start, against far ones or their past.

    Args:
        rows: ``unit``, ``time``, ``outcome`` (a sum) and ``denominator``.
        treated: Whether each row's unit is ever treated.
        start: First treated period of any unit.
        cities: City by unit, where units lie in cities.
    """
    if "denominator" not in rows:  # a count has none
        rows = rows.assign(denominator=1.0)
    control = rows[~treated.to_numpy()]
    if control.empty:
        return None
    reached = {
        cities.get(str(unit)) for unit in rows.loc[treated.to_numpy(), "unit"].unique()
    }
    near = control["unit"].astype(str).map(cities).isin(reached - {None})
    weekly = _by_week(control[near.to_numpy()] if near.any() else control, start)
    if near.any() and not near.all():
        weekly = weekly - _by_week(control[~near.to_numpy()], start)
    change = _change(weekly)
    return None if change is None else _said(*change, bool(near.any()))


def _by_week(rows: pd.DataFrame, start: object) -> pd.Series:
    """Rates by weeks counted from the start, so that no week has both sides."""
    origin = np.datetime64(pd.Timestamp(start))  # type: ignore[arg-type]
    days = (rows["time"].to_numpy() - origin) // np.timedelta64(1, "D")
    since = pd.Series(days // _WEEK, index=rows.index)
    sums = rows.groupby(since)[["outcome", "denominator"]].sum()
    return sums["outcome"] / sums["denominator"]


def _change(weekly: pd.Series) -> tuple[float, float] | None:
    """Change at the start and its p-value against the scatter of the weeks."""
    weekly = weekly.dropna()
    late, early = weekly[weekly.index >= 0], weekly[weekly.index < 0]
    if min(len(late), len(early)) < 2 or len(weekly) < _LEAST_PERIODS:  # noqa: PLR2004 - a scatter
        return None
    found = stats.ttest_ind(late, early, equal_var=False)
    return float(late.mean() - early.mean()), float(found.pvalue)


def _said(change: float, p_value: float, neighbours: bool) -> Check:  # noqa: FBT001 - a fact, not a switch
    light: Light = "amber" if p_value < DOUBT else "green"
    who = N_("Untreated neighbours") if neighbours else N_("Untreated units")
    sentence = text(
        N_("{who} moved by {change:.3g} at the start (p = {p:.2g})."),
        who=who, change=change, p=p_value,
    )  # fmt: skip
    if light == "amber":
        sentence = text(
            N_("{who} moved by {change:.3g} at the start (p = {p:.2g}): the strategy "
               "may have reached them, or all moved for another reason."),
            who=who, change=change, p=p_value,
        )  # fmt: skip
    return Check("spill_over", light, p_value, sentence)


def switch_spill_over(study: Study, cities: Mapping[str, str]) -> Check | None:
    """Whether places that were off felt it when their neighbours were on.

    A weighted regression of places that were off on the share of other places of the
    same city that were on in the same period, with an effect for every place.
    """
    rows = study.rows
    off_label = control_label(rows["treatment"], study.strategy.control)
    on = (rows["treatment"] != off_label).astype(float)
    city = rows["unit"].astype(str).map(cities).fillna("")
    grouped = on.groupby([city, rows["time"]])
    others = grouped.transform("size") - 1
    share = (grouped.transform("sum") - on) / others.where(others > 0)
    kept = (on == 0) & share.notna()
    if kept.sum() < 10 * _LEAST_PERIODS or share[kept].nunique() < 2:  # noqa: PLR2004 - it must vary
        return None
    y = (rows["outcome"] / rows["denominator"])[kept]
    slope, p_value = _slope(y, share[kept], rows.loc[kept])
    light: Light = "amber" if p_value < DOUBT else "green"
    sentence = text(
        N_("Places that were off differ by {slope:.3g} when all their neighbours were "
           "on (p = {p:.2g})."),
        slope=slope, p=p_value,
    )  # fmt: skip
    return Check("spill_over", light, p_value, sentence)


def _slope(y: pd.Series, x: pd.Series, rows: pd.DataFrame) -> tuple[float, float]:
    """Slope within places, its error clustered by day."""
    weight = rows["denominator"]
    table = pd.DataFrame({"x": x, "y": y})
    total = weight.groupby(rows["unit"]).transform("sum")
    sums = table.mul(weight, axis=0).groupby(rows["unit"]).transform("sum")
    left = table - sums.div(total, axis=0)
    information = float((weight * left["x"] ** 2).sum())
    slope = float((weight * left["x"] * left["y"]).sum()) / information
    scores = weight * left["x"] * (left["y"] - slope * left["x"])
    by_day = scores.groupby(rows["time"].dt.normalize()).sum().to_numpy()
    size = len(by_day)
    se = float(np.sqrt(by_day @ by_day * size / max(size - 1, 1))) / information
    return slope, float(2 * stats.t.sf(abs(slope) / se, max(size - 1, 1)))
