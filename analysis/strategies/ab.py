"""A/B tests: which method, for which arms, with which checks."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import UnknownName
from analysis.stats.multiplicity import holm
from analysis.strategies import ab_methods, checks
from analysis.strategies.ab_methods import Compared
from analysis.strategies.arms import Arms, planned_shares, read_arms, sizes_of
from analysis.strategies.few_clusters import FEW, REFERENCES
from analysis.strategies.results import Check, Estimate, Finding, Text, text
from analysis.strategies.sequences import always_valid
from analysis.strategies.study import Compressed, Study
from analysis.strategies.verdict import against_margin
from analysis.words import N_

_ALIASES = {
    "regression": "cuped",
    "ancova": "cuped",
    "t": "welch",
    "t_test": "welch",
    "pooled": "student",
    "miettinen_nurminen": "score",
    "mn": "score",
    "newcomb": "newcombe",
    "wald": "proportions",
    "z": "proportions",
    "ipw": "weighted",
    "cluster": "cluster_robust",
    "clustered": "cluster_robust",
    "permutation": "randomisation",
    "randomization": "randomisation",
    "ratio": "delta",
    "post_stratified": "stratified",
}


def evaluate_ab(study: Study) -> Finding:
    """Compare every arm with the control arm."""
    arms = read_arms(study)
    method = _method(arms)
    compared = ab_methods.METHODS[method](arms, method)
    estimates = _judge(arms, compared)
    judged = arms.judged
    raw = _raw(arms, compared.method)
    return Finding(
        estimate=estimates[judged],
        method=compared.method,
        estimand=_estimand(arms),
        reference=ab_methods.REFERENCES[compared.method],
        n=int(sizes_of(arms.rows).sum()),
        estimates=_table(arms, compared, estimates),
        baseline=float(compared.means.level[0]),
        relative=compared.relative[judged],
        checks=_checks(arms, compared.method),
        why=_why(compared.method),
        notes=(*study.notes, *arms.notes, *compared.notes, *_sequence_note(arms)),
        raw=raw,
        extra=dict(compared.extra),
    )


def estimate_ab(study: Study) -> Estimate:
    """Only the effect, with the interval and p-value that `evaluate_ab` gives it."""
    arms = read_arms(study)
    method = _method(arms)
    return _judge(arms, ab_methods.METHODS[method](arms, method))[arms.judged]


def _method(arms: Arms) -> str:
    asked = arms.study.strategy.method
    if asked is None:
        return _usual_method(arms)
    name = _ALIASES.get(asked, asked)
    if name not in ab_methods.METHODS:
        raise UnknownName.of("method", asked, (*ab_methods.METHODS, *_ALIASES))
    return name


def _usual_method(arms: Arms) -> str:
    strategy = arms.study.strategy
    wanted = (
        ("quantile", strategy.quantile is not None),
        ("cluster_robust", bool(arms.clusters)),
        ("weighted", "propensity" in arms.rows),
        ("delta", "denominator" in arms.rows),
        ("cuped", bool(strategy.covariates)),
        ("stratified", bool(strategy.strata)),
        ("score", arms.binary and strategy.margin is not None),
        ("proportions", arms.binary),
    )
    return next((name for name, fits in wanted if fits), "welch")


def _judge(arms: Arms, compared: Compared) -> dict[Hashable, Estimate]:
    strategy = arms.study.strategy
    found = dict(compared.estimates)
    if strategy.anytime:
        for label, estimate in found.items():
            pair = (compared.means.index(label), 0)
            found[label] = always_valid(
                estimate,
                n=float(compared.means.n[list(pair)].sum()),
                planned=strategy.planned,
                alpha=arms.study.alpha,
                null=strategy.null,
            )
    return {
        label: against_margin(estimate, strategy, compared.method)
        for label, estimate in found.items()
    }


def _table(
    arms: Arms, compared: Compared, estimates: dict[Hashable, Estimate]
) -> pd.DataFrame:
    means = compared.means
    rows = []
    for place, label in enumerate(arms.labels):
        row: dict[str, object] = {
            "arm": label, "n": int(means.n[place]), "mean": float(means.level[place])
        }  # fmt: skip
        if label in estimates:
            row |= estimates[label].row()
            relative = compared.relative[label]
            row |= {
                "relative": relative.effect,
                "relative_low": relative.interval[0],
                "relative_high": relative.interval[1],
            }
        rows.append(row)
    table = pd.DataFrame(rows)
    table["p_adjusted"] = holm(table["p_value"].to_numpy(dtype=float))
    return table


def _raw(arms: Arms, method: str) -> Estimate | None:
    """The effect without covariates, beside the adjusted one."""
    if method in REFERENCES and arms.study.covariates:
        bare = replace(arms, study=replace(arms.study, covariates=()))
        return ab_methods.METHODS["cluster_robust"](bare, "raw").estimates[arms.judged]
    if method not in ("cuped", "ols", "lin", "stratified", "weighted"):
        return None
    plain = "delta" if "denominator" in arms.rows else "welch"
    return ab_methods.METHODS[plain](arms, "raw").estimates[arms.judged]


def _estimand(arms: Arms) -> Text:
    strategy = arms.study.strategy
    what = (
        f"{strategy.outcome} / {strategy.denominator}"
        if strategy.denominator
        else strategy.outcome
    )
    if strategy.quantile is not None:
        return text(
            N_("Quantile {quantile:g} of {what}: {judged} minus {control}."),
            quantile=strategy.quantile, what=what,
            judged=arms.judged, control=arms.control,
        )  # fmt: skip
    return text(
        N_("Mean of {what}: {judged} minus {control}."),
        what=what, judged=arms.judged, control=arms.control,
    )  # fmt: skip


def _why(method: str) -> Text:
    return text(ab_methods.REASONS[method])


def _sequence_note(arms: Arms) -> tuple[Text, ...]:
    if not arms.study.strategy.anytime:
        return ()
    return (text(N_("Interval and p-value hold however often they are looked at.")),)


def _checks(arms: Arms, method: str) -> tuple[Check, ...]:
    if arms.study.cells is not None:
        return _checks_of_cells(arms, arms.study.cells, method)
    rows = arms.rows
    found: list[Check | None] = [*arms.checks]
    if "propensity" not in rows:
        found.append(_sample_ratio(arms, _sizes(arms)))
    found.append(checks.missing_outcome(arms.study.missing))
    found.append(checks.balance(rows, arms.study.covariates))
    found.append(checks.enough(rows["treatment"].value_counts().to_dict()))
    if arms.binary and not arms.clusters and "denominator" not in rows:
        found.append(checks.few_events(rows))
    elif not arms.binary:
        found.append(checks.outliers(rows["outcome"].to_numpy(dtype=float)))
    if arms.clusters:
        size = min(rows[name].nunique() for name in arms.clusters)
        found.append(checks.cluster_count(size, few=FEW, procedure=method))
    found.append(_novelty(arms))
    return tuple(check for check in found if check is not None)


def _checks_of_cells(arms: Arms, cells: Compressed, method: str) -> tuple[Check, ...]:
    """Checks that sums are enough for, and those made with the rows in sight."""
    rows = arms.rows
    found: list[Check | None] = [*arms.checks]
    found.append(_sample_ratio(arms, dict(cells.sizes)))
    found.append(checks.missing_outcome(arms.study.missing))
    found.append(checks.enough(sizes_of(rows).to_dict()))
    if arms.clusters:
        size = min(rows[name].nunique() for name in arms.clusters)
        found.append(checks.cluster_count(size, few=FEW, procedure=method))
    return tuple(check for check in (*found, *cells.checks) if check is not None)


def _sample_ratio(arms: Arms, sizes: dict[Hashable, float]) -> Check:
    """Of all arms; where only two of several were planned for, of those two."""
    planned = planned_shares(arms)
    pair = {str(arms.control), str(arms.judged)}
    if planned is not None and {str(label) for label in planned} == pair:
        sizes = {label: size for label, size in sizes.items() if str(label) in pair}
    return checks.sample_ratio(sizes, planned)


def _sizes(arms: Arms) -> dict[Hashable, float]:
    rows = arms.rows
    one_row = rows.drop_duplicates("unit") if "unit" in rows else rows
    if arms.clusters and "unit" not in rows:
        # Rows follow the cluster that was assigned, so clusters are what is counted.
        inside = rows.groupby(arms.clusters[0])["treatment"].nunique().max()
        one_row = rows.drop_duplicates(arms.clusters[0]) if inside == 1 else rows
    sizes = one_row["treatment"].value_counts()
    return {label: float(sizes.get(label, 0)) for label in arms.labels}


def _novelty(arms: Arms) -> Check | None:
    """Whether the effect grows or fades over time: slope of the daily effects."""
    rows = arms.rows
    if "time" not in rows or "denominator" in rows:
        return None
    pair = rows[rows["treatment"].isin((arms.judged, arms.control))]
    side = (pair["treatment"] == arms.judged).to_numpy(dtype=int)
    daily = pair.assign(side=side).groupby(["time", "side"])["outcome"]
    table = daily.agg(["mean", "sem"]).reset_index()
    wide = table.pivot_table(index="time", columns="side", values=["mean", "sem"])
    if wide.shape[1] < 4:  # noqa: PLR2004 - a mean and an error of two arms
        return None
    effect = (wide["mean"][1] - wide["mean"][0]).to_numpy(dtype=float)
    weight = 1 / (wide["sem"][0] ** 2 + wide["sem"][1] ** 2).to_numpy(dtype=float)
    usable = np.isfinite(effect) & np.isfinite(weight)
    return checks.trend_of_effects(effect[usable], weight[usable])
