"""Staggered roll-outs: units treated from different periods on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import UnknownName
from analysis.strategies.bands import simultaneous_bands
from analysis.strategies.checks import DOUBT, cluster_count
from analysis.strategies.cohorts import NEVER, Cohorts, read_cohorts
from analysis.strategies.few_clusters import FEW
from analysis.strategies.group_time import (
    Effects,
    aggregate,
    group_time_effects,
)
from analysis.strategies.imputation import impute, imputed_by, overall_imputed
from analysis.strategies.moments import Floats
from analysis.strategies.results import (
    Check,
    Estimate,
    Finding,
    Light,
    Text,
    as_share,
    student,
    text,
)
from analysis.strategies.study import Study
from analysis.strategies.twfe import two_way
from analysis.words import N_

_ALIASES = {
    "cs": "callaway_santanna",
    "group_time": "callaway_santanna",
    "callaway_sant'anna": "callaway_santanna",
    "csdid": "callaway_santanna",
    "bjs": "imputation",
    "did_imputation": "imputation",
    "two_way_fixed_effects": "twfe",
}
_METHODS = ("callaway_santanna", "imputation", "twfe")
_REFERENCES = {
    "callaway_santanna": "Callaway and Sant'Anna 2021",
    "imputation": "Borusyak, Jaravel and Spiess 2024",
    "twfe": "Two-way fixed effects; Goodman-Bacon 2021 on its bias",
}
_VIEWS = ("dynamic", "group", "calendar")
_RED = 0.001
#: Treated units that carry a step before the start for it to be tested.
_CARRIED = 5
#: Blocks of time before the start whose levels are tested where steps are too many.
_BLOCKS = 4


def evaluate_staggered(study: Study) -> Finding:
    """Put together effects by cohort and period."""
    cohorts = read_cohorts(study)
    method = _method(study)
    effects = group_time_effects(cohorts)
    views = _views(cohorts, effects, method)
    tables = _tables(views, effects, study)
    by = study.strategy.aggregate
    overall = views[by][0]
    mean = overall.estimate(0, alpha=study.alpha)
    twfe = _twfe(cohorts)
    estimate = _of_twfe(twfe, study) if method == "twfe" else mean
    is_plain = method == "imputation" and overall.freedom is None
    errors = "imputation_plain" if is_plain else method
    baseline = _baseline(cohorts, estimate.effect)
    return Finding(
        estimate=estimate,
        method=method,
        estimand=_estimand(by),
        reference=_REFERENCES[method],
        n=int(np.isfinite(cohorts.outcome).sum()),
        estimates=tables[by],
        baseline=baseline,
        relative=as_share(estimate, baseline),
        checks=(
            *_checks(cohorts, effects, mean.effect, twfe, errors),
            _second_opinion(cohorts, effects, estimate, method),
        ),
        why=text(N_("Units were treated from different days on.")),
        notes=cohorts.notes,
        extra={name: table for name, table in tables.items() if name != "simple"},
    )


def _estimand(by: str) -> Text:
    return text(
        N_("Mean effect on treated units and periods ({by}), if all would have "
           "moved alike."),
        by=by,
    )  # fmt: skip


def estimate_staggered(study: Study) -> Estimate:
    """Only the effect, as `evaluate_staggered` gives it."""
    cohorts = read_cohorts(study)
    method = _method(study)
    if method == "twfe":
        return _of_twfe(_twfe(cohorts), study)
    if method == "imputation":
        return overall_imputed(cohorts, impute(cohorts)).estimate(0, alpha=study.alpha)
    by = study.strategy.aggregate
    found = aggregate(cohorts, group_time_effects(cohorts), by)[0]
    return found.estimate(0, alpha=study.alpha)


def _method(study: Study) -> str:
    asked = study.strategy.method
    name = _usual(study) if asked is None else _ALIASES.get(asked, asked)
    if name not in _METHODS:
        raise UnknownName.of("method", asked, (*_METHODS, *_ALIASES))
    return name


def _usual(study: Study) -> str:
    """Imputation, unless something is asked that it cannot use.

    It takes every untreated cell as its base, where group-time effects take a single
    period; but covariates that do not change over time, and a choice of the units to
    compare with, mean something to group-time effects only.
    """
    strategy = study.strategy
    grouped = study.covariates or strategy.comparison
    return "callaway_santanna" if grouped else "imputation"


def _views(
    cohorts: Cohorts, effects: Effects, method: str
) -> dict[str, tuple[Effects, Effects]]:
    if method != "imputation":
        names = ("simple", *_VIEWS)
        return {name: aggregate(cohorts, effects, name) for name in names}
    imputed = impute(cohorts)
    overall = overall_imputed(cohorts, imputed)
    views = {name: (overall, imputed_by(cohorts, imputed, name)) for name in _VIEWS}
    return {"simple": views["dynamic"], **views}


def _tables(
    views: Mapping[str, tuple[Effects, Effects]], effects: Effects, study: Study
) -> dict[str, pd.DataFrame]:
    """Every view as a table, and the effects of all cohorts and periods."""
    found = {
        name: _banded(parts, study, dynamic=name == "dynamic")
        for name, (_, parts) in views.items()
    }
    return {**found, "group_time": _plain(effects, study)}


def _banded(effects: Effects, study: Study, *, dynamic: bool) -> pd.DataFrame:
    table = _plain(effects, study)
    if not dynamic:
        return table
    critical = simultaneous_bands(
        effects, alpha=study.alpha, draws=study.strategy.draws, rng=study.rng
    )
    return table.assign(
        band_low=table["effect"] - critical * table["se"],
        band_high=table["effect"] + critical * table["se"],
    )


def _plain(effects: Effects, study: Study) -> pd.DataFrame:
    table = effects.table(alpha=study.alpha)
    return table.drop(columns=[name for name in ("g", "t") if name in table])


def _of_twfe(found: tuple[float, float, float, float], study: Study) -> Estimate:
    effect, se, df, _ = found
    return student(effect, se, alpha=study.alpha, df=df)


def _twfe(cohorts: Cohorts) -> tuple[float, float, float, float]:
    """Effect, error and df of two-way fixed effects, and its share of bad weights."""
    unit, time = np.nonzero(np.isfinite(cohorts.outcome))
    treated = cohorts.treated[unit, time]
    rows = pd.DataFrame(
        {
            "outcome": cohorts.outcome[unit, time], "unit": unit,
            "time": time + len(cohorts.periods) * cohorts.stratum[unit],
            "weight": cohorts.weight[unit], "cluster": cohorts.cluster[unit],
        }
    )  # fmt: skip
    found = two_way(rows, treated.astype(float), cluster="cluster")
    weights = found.residual_exposure[treated]
    negative = float(-weights[weights < 0].sum() / np.abs(weights).sum())
    return found.effect, found.se, found.df, negative


def _second_opinion(
    cohorts: Cohorts, effects: Effects, estimate: Estimate, method: str
) -> Check:
    """Group-time effects beside imputation, or the other way round."""
    if method == "callaway_santanna":
        other = overall_imputed(cohorts, impute(cohorts))
    else:
        other = aggregate(cohorts, effects, "simple")[0]
    found = float(other.effect[0])
    apart = abs(found - estimate.effect) / (estimate.se or np.inf)
    light: Light = "green" if apart < 1 else "amber"
    name = "imputation" if method == "callaway_santanna" else "callaway_santanna"
    sentence = text(
        N_("The method {name} gives {effect:.4g}."), name=name, effect=found
    )
    return Check("second_opinion", light, found, sentence)


def _baseline(cohorts: Cohorts, effect: float) -> float:
    """What treated cells would have been on average."""
    treated = cohorts.treated & np.isfinite(cohorts.outcome)
    weight = np.broadcast_to(cohorts.weight[:, None], treated.shape)[treated]
    return float(np.average(cohorts.outcome[treated], weights=weight)) - effect


def _checks(
    cohorts: Cohorts,
    effects: Effects,
    effect: float,
    twfe: tuple[float, ...],
    errors: str,
) -> tuple[Check, ...]:
    count = len(np.unique(cohorts.cluster))
    found = [
        _pre_trend(cohorts, effects),
        _twfe_bias(effect, twfe),
        cluster_count(count, few=FEW, procedure=errors),
    ]
    return tuple(check for check in found if check is not None)


def _pre_trend(cohorts: Cohorts, effects: Effects) -> Check | None:
    """Whether effects before the start are 0: each step, or where too many by block."""
    dynamic = aggregate(cohorts, effects, "dynamic")[1]
    ahead = cohorts.study.strategy.anticipation
    early = (dynamic.labels["event_time"] < -ahead).to_numpy()
    if not early.any():
        return None
    units = dynamic.labels["n"].to_numpy()
    # The scatter of a few treated units cannot be told from themselves.
    early = early & (units >= min(_CARRIED, units[early].max()))
    df = _freedom(cohorts, dynamic.influence[:, early])
    asked = np.zeros((max(1, min(int(df / 4), _BLOCKS)), len(early)))
    asked[:, early] = _blocks(int(early.sum()), len(asked))
    if early.sum() <= max(1, df / 4):
        asked = np.eye(len(early))[early]
    p_value = _joint(cohorts, dynamic, asked)
    light: Light = "green"
    if p_value < DOUBT:
        light = "red" if p_value < _RED else "amber"
    sentence = text(
        N_("Before their start units moved unlike the others with p = {p:.2g}."),
        p=p_value,
    )
    return Check("pre_trend", light, p_value, sentence)


def _freedom(cohorts: Cohorts, influence: Floats) -> float:
    """Degrees of freedom of the scatter, shared by treated and untreated clusters.

    Reference:
        Satterthwaite 1946, "An approximate distribution of estimates of variance
        components", Biometrics Bulletin 2, 110-114.
    """
    is_treated = cohorts.cohort < NEVER
    parts = []
    for side in (is_treated, ~is_treated):
        sums = np.zeros((int(cohorts.cluster.max()) + 1, influence.shape[1]))
        np.add.at(sums, cohorts.cluster[side], influence[side])
        carried = int((sums != 0).any(axis=1).sum())
        parts.append((float((sums**2).sum()), max(carried - 1, 1)))
    total = sum(part for part, _ in parts)
    return total**2 / sum(part**2 / df for part, df in parts) if total > 0 else 1.0


def _blocks(steps: int, count: int) -> Floats:
    """Mean levels against the base by block of time, from steps, (blocks, steps).

    The level before a step is the base less all steps from there on.
    """
    levels = -np.triu(np.ones((steps, steps)))
    parts = np.array_split(levels, min(count, steps))
    return np.stack([part.mean(axis=0) for part in parts])


def _joint(cohorts: Cohorts, effects: Effects, asked: Floats) -> float:
    """P-value of all sums of effects being 0, by Hotelling's T-squared.

    Args:
        cohorts: The panel.
        effects: The effects.
        asked: Weights of the effects in each sum, (sums, effects).
    """
    value, k = asked @ effects.effect, len(asked)
    covariance = asked @ effects.covariance() @ asked.T
    if np.linalg.matrix_rank(covariance) < k:
        if k > 1:
            return _joint(cohorts, effects, asked.mean(axis=0)[None])
        return 0.0 if value.any() else 1.0  # without any noise
    df = _freedom(cohorts, effects.influence @ asked.T)
    squared = float(value @ np.linalg.solve(covariance, value))
    freedom = max(df - k + 1, 1.0)
    return float(stats.f.sf(squared * freedom / (df * k), k, freedom))


def _twfe_bias(effect: float, twfe: tuple[float, ...]) -> Check:
    """How far two-way fixed effects would mislead."""
    bias, negative = twfe[0] - effect, twfe[3]
    light: Light = "amber" if abs(bias) > twfe[1] else "green"
    sentence = text(
        N_(
            "Two-way fixed effects would give {twfe:.4g}, off by {bias:.4g}; "
            "{share:.0%} of its weight is negative."
        ),
        twfe=twfe[0],
        bias=bias,
        share=negative,
    )
    return Check("twfe_bias", light, bias, sentence)
