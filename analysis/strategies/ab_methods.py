"""The methods for A/B tests, each from arms to estimates."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import DataProblem, InvalidInput, NotEnoughData
from analysis.stats.bootstrap import Inverted
from analysis.stats.intervals import newcombe
from analysis.strategies import arm_means as means_by
from analysis.strategies import few_clusters
from analysis.strategies.arm_means import ArmMeans
from analysis.strategies.arms import Arms
from analysis.strategies.least_squares import Fit, fit
from analysis.strategies.moments import Floats, Moments, moments_of
from analysis.strategies.proportions import Counts, score, score_difference
from analysis.strategies.quantiles import quantile_means
from analysis.strategies.results import Estimate, Text, as_share, text
from analysis.words import N_

REFERENCES: dict[str, str] = {
    "welch": "Welch 1947",
    "student": "Student 1908",
    "ols": "Ordinary least squares, one error variance",
    "cuped": "Deng, Xu, Kohavi and Walker 2013",
    "lin": "Lin 2013",
    "delta": "Deng, Knoblich and Lu 2018",
    "stratified": "Miratrix, Sekhon and Yu 2013",
    "proportions": "Difference of proportions, unpooled normal interval",
    "score": "Miettinen and Nurminen 1985",
    "mee": "Mee 1984",
    "newcombe": "Newcombe 1998",
    "quantile": "Woodruff 1952",
    "weighted": "Hajek 1971; robust error HC1",
    **few_clusters.REFERENCES,
}

REASONS: dict[str, str] = {
    "welch": N_("Units were assigned one by one: means are compared."),
    "student": N_("Means are compared with one variance for all arms."),
    "ols": N_("Means are compared by one regression."),
    "cuped": N_("Covariates from before the start take noise away."),
    "lin": N_("Each arm has a regression of its own."),
    "delta": N_("The metric is a ratio of sums (delta method)."),
    "stratified": N_("Units were assigned within strata."),
    "proportions": N_("The outcome is yes or no: proportions are compared."),
    "score": N_("The outcome is yes or no, and events may be few."),
    "mee": N_("The outcome is yes or no, and events may be few."),
    "newcombe": N_("The outcome is yes or no: Wilson intervals are joined."),
    "quantile": N_("A quantile is compared, by the ranks that could be it."),
    "weighted": N_("Chances of treatment differ: rows are weighted by them."),
    "cluster_robust": N_("Rows hang together within clusters."),
    "wild_bootstrap": N_("There are few clusters, so they are resampled."),
    "randomisation": N_("There are few clusters: assignments are permuted."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """Every arm against control.

    Attributes:
        method: The method in the end.
        means: Means by arm, control first.
        estimates: Effects by arm.
        relative: Effects as shares of the control mean.
        notes: What the reader must know.
        extra: Further figures.
    """

    method: str
    means: ArmMeans
    estimates: Mapping[Hashable, Estimate]
    relative: Mapping[Hashable, Estimate]
    notes: tuple[Text, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


def _compare(arms: Arms, means: ArmMeans, method: str) -> Compared:
    alpha = arms.study.alpha
    ordered = _control_first(means, arms)
    places = {label: ordered.index(label) for label in arms.others}
    return Compared(
        method,
        ordered,
        {a: ordered.difference(i, 0, alpha=alpha) for a, i in places.items()},
        {a: ordered.relative(i, 0, alpha=alpha) for a, i in places.items()},
    )


def _control_first(means: ArmMeans, arms: Arms) -> ArmMeans:
    order = [means.index(label) for label in arms.labels]
    return ArmMeans(
        arms.labels, means.mean[order], means.covariance[np.ix_(order, order)],
        means.freedom[order], means.n[order], means.common, means.centre,
    )  # fmt: skip


def _columns(arms: Arms) -> list[str]:
    below = ["denominator"] if "denominator" in arms.rows else []
    return ["outcome", *below, *arms.study.covariates]


def _by_arm(arms: Arms) -> Moments:
    return arms.study.sums(arms.rows, _columns(arms), by=["treatment"])


def _welch(arms: Arms, method: str) -> Compared:
    normal = method == "proportions"
    return _compare(
        arms, means_by.plain_means(_by_arm(arms), "outcome", normal=normal), method
    )


def _proportions(arms: Arms, method: str) -> Compared:
    _need_binary(arms)
    return _welch(arms, method)


def _adjusted(arms: Arms, method: str) -> Compared:
    below = "denominator" if "denominator" in arms.rows else None
    names = () if method == "raw" else arms.study.covariates
    means = means_by.adjusted_means(_by_arm(arms), "outcome", names, denominator=below)
    return _compare(arms, means, method)


def _ols(arms: Arms, method: str) -> Compared:
    names = arms.study.covariates if method == "ols" else ()
    means, _ = means_by.regression_means(_by_arm(arms), "outcome", names)
    return _compare(arms, means, method)


def _lin(arms: Arms, method: str) -> Compared:
    means = means_by.interacted_means(_by_arm(arms), "outcome", arms.study.covariates)
    return _compare(arms, means, method)


def _stratified(arms: Arms, method: str) -> Compared:
    if "stratum" not in arms.rows:
        raise InvalidInput(
            N_("Method {seen} needs strata."),
            hint=N_("Name them with strata=."),
            seen=method,
        )
    moments = arms.study.sums(arms.rows, ["outcome"], by=["treatment", "stratum"])
    sizes = moments.groups.assign(n=moments.n).pivot_table(
        index="stratum", columns="treatment", values="n", fill_value=0
    )
    thin = sizes[(sizes < 2).any(axis=1)]  # noqa: PLR2004 - a variance takes two
    if len(thin):
        raise NotEnoughData(
            N_("Stratum {seen} has fewer than two rows in one arm."),
            hint=N_("Merge small strata, or adjust for them as covariates."),
            seen=thin.index[0],
        )
    return _compare(arms, means_by.stratified_means(moments, "outcome"), method)


def _quantile(arms: Arms, method: str) -> Compared:
    means = quantile_means(
        arms.rows, arms.labels,
        quantile=arms.study.strategy.quantile or 0.5,
        cluster=arms.clusters[0] if arms.clusters else None,
        alpha=arms.study.alpha,
    )  # fmt: skip
    return _compare(arms, means, method)


def _need_binary(arms: Arms) -> None:
    if not arms.binary:
        raise DataProblem(
            N_("Outcome {name} is not 0 or 1 in every row."),
            hint=N_("Use the method welch for means."),
            name=arms.study.strategy.outcome,
        )


def _scored(arms: Arms, method: str) -> Compared:
    _need_binary(arms)
    base = _welch(arms, "proportions")
    found = {a: _score_of(arms, base.means, a, method) for a in arms.others}
    return Compared(method, base.means, found, base.relative)


def _score_of(arms: Arms, means: ArmMeans, arm: Hashable, method: str) -> Estimate:
    place, alpha = means.index(arm), arms.study.alpha
    hits = np.rint(means.level * means.n)
    counts = Counts(hits[place], means.n[place], hits[0], means.n[0])
    if method == "newcombe":
        return _newcombe(counts, means, place, alpha)
    corrected = method == "score"
    found = score_difference(counts, alpha=alpha, corrected=corrected)
    strategy = arms.study.strategy
    if strategy.margin is None:
        return found
    sign = 1.0 if strategy.better == "higher" else -1.0
    value = sign * score(counts, -sign * strategy.margin, corrected=corrected)
    p_value = float(stats.norm.sf(value))
    return Estimate(found.effect, found.se, found.interval, p_value, found.df)


def _newcombe(counts: Counts, means: ArmMeans, place: int, alpha: float) -> Estimate:
    both = (
        counts.successes,
        counts.trials,
        counts.other_successes,
        counts.other_trials,
    )

    def covers(level: float) -> tuple[float, float]:
        bounds = newcombe(*both, confidence=1 - level)
        return float(bounds.low), float(bounds.high)

    # The p-value is the level at which the interval just touches 0.
    low, high = 1e-15, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        inside = covers(middle)[0] <= 0 <= covers(middle)[1]
        low, high = (middle, high) if inside else (low, middle)
    se = means.difference(place, 0, alpha=alpha).se
    return Estimate(counts.difference, se, covers(alpha), high)


def _weighted(arms: Arms, method: str) -> Compared:
    rows = arms.rows
    if "propensity" not in rows or len(arms.others) > 1:
        raise InvalidInput(
            N_("Method {seen} needs two arms and a column of chances."),
            hint=N_("Name the column with propensity=."),
            seen=method,
        )
    chance = rows["propensity"].to_numpy()
    treated = (rows["treatment"] == arms.judged).to_numpy()
    weights = np.where(treated, 1 / chance, 1 / (1 - chance))
    numbered = rows.assign(row=np.arange(len(rows)))
    moments = moments_of(
        numbered, _columns(arms), by=["treatment", "row"], weights=weights
    )
    fitted = fit(
        moments,
        "outcome",
        means_by.arm_terms(moments, arms.labels, arms.study.covariates),
    )
    by = arms.clusters or ("row",)
    if arms.clusters:
        moments.groups[list(by)] = numbered.loc[
            moments.groups["row"], list(by)
        ].to_numpy()
    covariance, df = fitted.clustered(by)
    df = df if arms.clusters else fitted.df
    means = means_by.means_of_fit(moments, "outcome", fitted, (covariance, df))
    return _compare(arms, means, method)


def _clustered(arms: Arms, method: str) -> Compared:
    rows, by, weights = _cluster_rows(arms)
    names = arms.study.covariates
    group = ["treatment", *by] + (["stratum"] if "stratum" in rows else [])
    moments = arms.study.sums(rows, ["outcome", *names], by=group, weights=weights)
    smallest = min(by, key=lambda name: rows[name].nunique())
    treated = few_clusters.wholly_treated(
        rows, smallest, rows["treatment"] == arms.judged
    )
    count = rows[smallest].nunique()
    asked = method if arms.study.strategy.method else None
    procedure = few_clusters.choose(
        count, treated=None if treated is None else int(treated.sum()), asked=asked
    )
    fitted = fit(moments, "outcome", means_by.arm_terms(moments, arms.labels, names))
    covariance, df = fitted.clustered(by)
    means = means_by.means_of_fit(moments, "outcome", fitted, (covariance, df))
    base = _compare(arms, means, procedure)
    if procedure == "cluster_robust":
        return base
    return _redrawn(arms, base, rows, fitted, smallest)


def _cluster_rows(arms: Arms) -> tuple[pd.DataFrame, tuple[str, ...], Floats | None]:
    rows, by = arms.rows, arms.clusters
    if arms.study.cells is not None:
        _need_clusters(arms)
        return rows, by, None
    if not by:
        rows, by = rows.assign(row=np.arange(len(rows))), ("row",)
    if "denominator" not in rows:
        return rows, by, None
    empty = rows["denominator"] == 0
    if (rows.loc[empty, "outcome"] != 0).any():
        raise DataProblem(
            N_("{count} rows have a denominator of 0 but an outcome."),
            hint=N_("Sum rows up to clusters first, or mend the denominator."),
            count=int((rows.loc[empty, "outcome"] != 0).sum()),
        )
    kept = rows[~empty].reset_index(drop=True)
    weight = kept["denominator"].to_numpy()
    return kept.assign(outcome=kept["outcome"] / weight, weight=weight), by, weight


def _need_clusters(arms: Arms) -> None:
    if not arms.clusters:
        raise InvalidInput(
            N_("Method {seen} needs clusters."),
            hint=N_("Name them with cluster=, or another unit with unit=."),
            seen=arms.study.strategy.method,
        )


def _redrawn(
    arms: Arms, base: Compared, rows: pd.DataFrame, fitted: Fit, cluster: str
) -> Compared:
    """Intervals and p-values by bootstrap or permutation instead."""
    study = arms.study
    how = few_clusters.Draws(
        study.alpha, study.strategy.draws, study.rng, study.strategy.null
    )
    found: dict[Hashable, Estimate] = {}
    drawn = 0
    for arm, estimate in base.estimates.items():
        if base.method == "wild_bootstrap":
            weights = np.zeros(len(fitted.names))
            weights[fitted.index(f"arm: {arm}")] = 1.0
            weights[fitted.index(f"arm: {arms.control}")] = -1.0
            found[arm], test = few_clusters.bootstrapped(
                estimate, fitted, weights, [cluster], how
            )
        else:
            test = _permuted(arms, rows, arm, cluster, how)
            found[arm] = few_clusters.with_test(estimate, test)
        drawn = test.draws
    note = text(
        N_("{draws} draws; the standard error shown is the cluster-robust one."),
        draws=drawn,
    )
    shares = {
        arm: as_share(one, float(base.means.level[0])) or base.relative[arm]
        for arm, one in found.items()
    }
    return Compared(base.method, base.means, found, shares, (note,))


def _permuted(
    arms: Arms, rows: pd.DataFrame, arm: Hashable, cluster: str, how: few_clusters.Draws
) -> Inverted:
    pair = rows[rows["treatment"].isin((arm, arms.control))].reset_index(drop=True)
    treated = few_clusters.wholly_treated(pair, cluster, pair["treatment"] == arm)
    if treated is None:
        raise InvalidInput(
            N_("Treatment varies within {name}, so whole clusters cannot be permuted."),
            hint=N_("Use the method wild_bootstrap."),
            name=cluster,
        )
    return few_clusters.permuted_means(pair, cluster, treated, how)


METHODS: dict[str, Callable[[Arms, str], Compared]] = {
    "welch": _welch,
    "student": _ols,
    "ols": _ols,
    "cuped": _adjusted,
    "lin": _lin,
    "delta": _adjusted,
    "stratified": _stratified,
    "proportions": _proportions,
    "score": _scored,
    "mee": _scored,
    "newcombe": _scored,
    "quantile": _quantile,
    "weighted": _weighted,
    "cluster_robust": _clustered,
    "wild_bootstrap": _clustered,
    "randomisation": _clustered,
}
