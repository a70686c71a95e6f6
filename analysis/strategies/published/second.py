"""A second opinion: another method that is valid for the same design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import DoorstepError
from analysis.strategies.arm_means import adjusted_means
from analysis.strategies.designs import estimate as estimated
from analysis.strategies.few_clusters import LEAST
from analysis.strategies.moments import codes_of, moments_of
from analysis.strategies.published.contract import SecondOpinion
from analysis.strategies.published.over_time import Daily
from analysis.strategies.results import Check, Estimate, Finding, Light, student, text
from analysis.strategies.study import Study
from analysis.words import N_

#: Standard errors beyond which two methods are said to disagree.
_APART = 2.0

#: By design: the method besides, and the one to take where it was used itself.
_OTHERS = {
    "did": ("twfe", "did"),
    "staggered": ("callaway_santanna", "imputation"),
    "its": ("segmented", "unobserved_components"),
    "switchback": ("hajek", "lag"),
    "synthetic_control": ("synthetic_did", "synthetic_control"),
}


def second_opinion(
    study: Study, finding: Finding, daily: Daily | None
) -> SecondOpinion | None:
    """Ask another method, None where there is none or it cannot be used.

    Args:
        study: What was evaluated.
        finding: What the first method found.
        daily: Both arms day by day, for A/B.
    """
    try:
        method, other = _other(study, finding, daily)
    except DoorstepError:
        return None
    if other is None or not np.isfinite(other.effect):
        return None
    return _compared(method, finding.estimate, other)


def _other(
    study: Study, finding: Finding, daily: Daily | None
) -> tuple[str, Estimate | None]:
    design = study.strategy.design
    if design != "ab":
        usual, else_ = _OTHERS[design]
        name = else_ if finding.method == usual else usual
        changed = replace(study.strategy, method=name, margin=None)
        return name, estimated(replace(study, strategy=changed))
    if study.cells is None or study.strategy.quantile is not None:
        return "", None
    if "unit" in study.rows:
        return "delta by unit", _by_unit(study, finding)
    return "stratified by day", None if daily is None else _by_day(daily, study)


def _by_unit(study: Study, finding: Finding) -> Estimate | None:
    """Units as rows: the ratio of their totals to their orders (delta method)."""
    judged, control = sides(finding)
    compared = study.rows["treatment"].isin((judged, control))
    rows = study.rows if compared.all() else study.rows[compared]
    names = [name for name in study.covariates if name in rows]
    units = _units(rows, names)
    if units["treatment"].value_counts().min() < LEAST:
        return None
    moments = moments_of(units, ["top", "bottom", *names], by=["treatment"])
    means = adjusted_means(moments, "top", names, denominator="bottom")
    pair = (means.index(judged), means.index(control))
    return means.difference(*pair, alpha=study.alpha)


def _units(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """A row for every unit in an arm: its totals, and what it is adjusted for.

    A unit counts by its orders, so must what it is adjusted for.
    """
    codes, units = codes_of(rows, ["treatment", "unit"])
    weight = rows["weight"].to_numpy()
    found = {
        "treatment": units["treatment"],
        "top": np.bincount(codes, rows["outcome"].to_numpy() * weight),
        "bottom": np.bincount(codes, weight),
    }
    count = np.bincount(codes)
    for name in names:
        mean = np.bincount(codes, rows[name].to_numpy()) / count
        found[name] = (mean - mean.mean()) * found["bottom"]
    return pd.DataFrame(found)


def _by_day(daily: Daily, study: Study) -> Estimate | None:
    """Differences of single days, weighted by their orders."""
    variance = daily.variance.sum(axis=1)
    usable = np.isfinite(variance)
    if usable.sum() < LEAST:
        return None
    weight = daily.n[usable].sum(axis=1)
    weight = weight / weight.sum()
    effect = float(weight @ daily.effect[usable])
    se = float(np.sqrt(weight**2 @ variance[usable]))
    return student(effect, se, alpha=study.alpha)


def _compared(method: str, first: Estimate, other: Estimate) -> SecondOpinion:
    scale = max(
        (se for se in (first.se, other.se) if np.isfinite(se) and se > 0),
        default=np.inf,
    )
    distance = abs(other.effect - first.effect) / scale
    opposite = _side(first) * _side(other) < 0
    agrees = bool(distance < _APART and not opposite)
    low, high = other.interval
    values: dict[str, object] = {
        "method": method, "effect": other.effect, "low": low, "high": high
    }  # fmt: skip
    sentence = text(
        N_("The method {method} agrees: {effect:.4g} ({low:.4g} to {high:.4g})."),
        **values,
    )  # fmt: skip
    if not agrees:
        sentence = text(
            N_("The method {method} gives {effect:.4g} ({low:.4g} to {high:.4g}) and "
               "disagrees: find out why before you decide."),
            **values,
        )  # fmt: skip
    return SecondOpinion(method, other, float(distance), agrees, sentence)


def _side(estimate: Estimate) -> int:
    low, high = estimate.interval
    return int(low > 0) - int(high < 0)


def as_check(opinion: SecondOpinion) -> Check:
    """The opinion as a light."""
    light: Light = "green" if opinion.agrees else "amber"
    return Check("second_opinion", light, opinion.estimate.effect, opinion.sentence)


def sides(finding: Finding) -> tuple[object, object]:
    """Judged arm and control arm of an A/B finding."""
    table = finding.estimates
    control = table["arm"].iloc[0]
    same = table["effect"] == finding.estimate.effect
    judged = table.loc[same, "arm"] if same.any() else table["arm"].iloc[1:]
    return judged.iloc[0], control
