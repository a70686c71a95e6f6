"""Means of arms with their covariance, and what follows from them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.errors import DataProblem
from analysis.strategies.least_squares import Fit, Term, fit
from analysis.strategies.moments import Floats, Moments
from analysis.strategies.results import Estimate, Pair, student
from analysis.words import N_


@dataclass(frozen=True, slots=True)
class ArmMeans:
    """Estimated means by arm.

    Attributes:
        labels: Arms.
        mean: Means minus ``centre``, so that differences keep their digits, (arms,)
        covariance: (arms, arms)
        freedom: Degrees of freedom of each arm's variance, (arms,); where ``common``,
            of every contrast.
        n: Rows by arm, (arms,).
        common: Whether the variance is estimated from all arms together.
        centre: What was taken off the means.
    """

    labels: tuple[Hashable, ...]
    mean: Floats
    covariance: Floats
    freedom: Floats
    n: Floats
    common: bool = False
    centre: float = 0.0

    @property
    def level(self) -> Floats:
        """The means themselves, (arms,)."""
        return self.mean + self.centre

    def index(self, label: Hashable) -> int:
        """Position of an arm."""
        return self.labels.index(label)

    def difference(
        self, first: int, second: int, *, alpha: float, null: float = 0.0
    ) -> Estimate:
        """Mean of one arm minus that of another."""
        se = float(np.sqrt(max(self._variance(first, second), 0.0)))
        effect = float(self.mean[first] - self.mean[second])
        df = self._df(first, second)
        return student(effect, se, alpha=alpha, df=df, null=null)

    def relative(self, first: int, second: int, *, alpha: float) -> Estimate:
        """Difference as a share of the second mean, with Fieller's interval.

        The p-value is that of the difference: Fieller's interval holds 0 exactly when
        the interval of the difference does.
        """
        change = self.difference(first, second, alpha=alpha)
        base = float(self.level[second])
        quantile = float(stats.t.isf(alpha / 2, change.df))
        ratio = float(self.level[first]) / base if base else np.nan
        parts = self.covariance[np.ix_([first, second], [first, second])]
        low, high = fieller(self.level[[first, second]], parts, quantile)
        gradient = np.array([1.0, -ratio]) / (abs(base) if base else np.nan)
        se = float(np.sqrt(gradient @ parts @ gradient))
        return Estimate(ratio - 1, se, (low - 1, high - 1), change.p_value, change.df)

    def relative_by_delta(self, first: int, second: int, *, alpha: float) -> Estimate:
        """Difference as a share of the second mean, symmetric by the delta method.

        It may contradict the difference: decide on that, and show Fieller's interval.
        """
        ratio = float(self.level[first] / self.level[second])
        scale = np.array([1.0, ratio**2]) / self.level[second] ** 2
        parts = np.diag(self.covariance)[[first, second]] * scale
        cross = 2 * ratio * self.covariance[first, second] / self.level[second] ** 2
        se = float(np.sqrt(parts.sum() - cross))
        df = self._df(first, second)
        return student(ratio - 1, se, alpha=alpha, df=df)

    def _variance(self, first: int, second: int) -> float:
        cov = self.covariance
        return float(cov[first, first] + cov[second, second] - 2 * cov[first, second])

    def _df(self, first: int, second: int) -> float:
        if self.common:
            return float(self.freedom[first])
        parts = np.diag(self.covariance)[[first, second]]
        freedom = self.freedom[[first, second]]
        if np.isinf(freedom).all() or not parts.any():
            return np.inf
        return float(parts.sum() ** 2 / (parts**2 / freedom).sum())


def fieller(mean: Floats, covariance: Floats, quantile: float) -> Pair:
    """Interval of mean[0] / mean[1].

    Unbounded, (-inf, inf), where mean[1] cannot be told from 0.

    Reference:
        Fieller 1954, "Some problems in interval estimation", Journal of the Royal
        Statistical Society B 16, 175-185.
    """
    square = quantile**2
    a = float(mean[1] ** 2 - square * covariance[1, 1])
    b = float(mean[0] * mean[1] - square * covariance[0, 1])
    c = float(mean[0] ** 2 - square * covariance[0, 0])
    root = b * b - a * c
    if a <= 0 or root < 0:
        return -np.inf, np.inf
    half = np.sqrt(root)
    return float((b - half) / a), float((b + half) / a)


def plain_means(moments: Moments, outcome: str, *, normal: bool = False) -> ArmMeans:
    """Means of independent rows, variances unequal (Welch).

    Args:
        moments: One group per arm.
        outcome: Column.
        normal: Take the normal distribution, and variances as those of 0/1 outcomes
            estimated by p (1 - p) / n with n - 1 for n.

    Reference:
        Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28
    """
    place = moments.index(outcome)
    variance = moments.covariances()[:, place, place] / moments.n
    freedom = np.full(len(moments.n), np.inf) if normal else moments.n - 1
    return ArmMeans(
        arms_of(moments), moments.sums[:, place] / moments.n, np.diag(variance),
        freedom, moments.n, centre=float(moments.centre[place]),
    )  # fmt: skip


def adjusted_means(
    moments: Moments,
    outcome: str,
    covariates: Sequence[str],
    *,
    denominator: str | None = None,
) -> ArmMeans:
    """Means, or ratios of sums, adjusted by one slope per covariate (CUPED).

    The slopes are those within arms, so that the difference is the one of an analysis
    of covariance; its variance is that of the adjusted rows, unequal by arm. Ratios are
    linearised first (delta method).

    Args:
        moments: One group per arm.
        outcome: Column of the outcome, or of the numerator.
        covariates: Columns from before the start; none leaves the means as they are.
        denominator: Column that makes the metric a ratio of sums.

    Reference:
        Deng, Xu, Kohavi and Walker 2013, https://doi.org/10.1145/2433396.2433413;
        Deng, Knoblich and Lu 2018, https://arxiv.org/abs/1803.06336
    """
    gradient, mean = _linearised(moments, outcome, denominator)
    covariance = moments.covariances()
    places = [moments.index(name) for name in covariates]
    if places:
        slopes = _within_slopes(moments, covariance, gradient, places)
        gradient[:, places] -= slopes
        shift = moments.sums[:, places] / moments.n[:, None]
        overall = moments.sums[:, places].sum(axis=0) / moments.n.sum()
        mean = mean - (shift - overall) @ slopes
    variance = np.einsum("gi,gij,gj->g", gradient, covariance, gradient) / moments.n
    rows = moments.n.sum() - len(moments.n)
    # Estimated slopes cost degrees of freedom, as in a regression.
    variance *= rows / max(rows - len(places), 1)
    return ArmMeans(arms_of(moments), mean, np.diag(variance), moments.n - 1, moments.n)


def _linearised(
    moments: Moments, outcome: str, denominator: str | None
) -> tuple[Floats, Floats]:
    means = moments.means()
    gradient = np.zeros_like(means)
    place = moments.index(outcome)
    if denominator is None:
        gradient[:, place] = 1.0
        return gradient, moments.sums[:, place] / moments.n
    below = means[:, moments.index(denominator)]
    if (below == 0).any():
        raise DataProblem(
            N_("The denominator sums to {seen} in one arm."),
            hint=N_("Widen the selection, or choose another denominator."),
            seen=0,
        )
    ratio = means[:, place] / below
    gradient[:, place] = 1 / below
    gradient[:, moments.index(denominator)] = -ratio / below
    return gradient, ratio


def _within_slopes(
    moments: Moments, covariance: Floats, gradient: Floats, places: list[int]
) -> Floats:
    weight = (moments.n - 1)[:, None, None]
    within = np.where(np.isfinite(covariance), covariance, 0) * weight
    spread = within.sum(axis=0)[np.ix_(places, places)]
    together = np.einsum("gij,gj->i", within, gradient)[places]
    # A covariate that does not vary, or is a mix of others, takes no slope of its own.
    return np.linalg.lstsq(spread, together, rcond=1e-12)[0]


def interacted_means(
    moments: Moments, outcome: str, covariates: Sequence[str]
) -> ArmMeans:
    """Means at the overall covariate means, one regression per arm.

    Reference:
        Lin 2013, https://doi.org/10.1214/12-AOAS583
    """
    terms = [Term("mean", np.ones(1))]
    terms += [Term(name, np.ones(1), name) for name in covariates]
    overall = moments.sums.sum(axis=0) / moments.n.sum()
    point = np.array([1.0, *(overall[moments.index(name)] for name in covariates)])
    mean, variance, freedom = [], [], []
    for arm in range(len(moments.n)):
        one = fit(moments.where(np.arange(len(moments.n)) == arm), outcome, terms)
        at = point[[[term.name for term in terms].index(name) for name in one.names]]
        mean.append(at @ one.coef)
        variance.append(at @ one.classical() @ at)
        freedom.append(one.df)
    return ArmMeans(
        arms_of(moments), np.array(mean), np.diag(variance), np.array(freedom),
        moments.n, centre=float(moments.centre[moments.index(outcome)]),
    )  # fmt: skip


def stratified_means(moments: Moments, outcome: str) -> ArmMeans:
    """Means by stratum, weighted by the strata's shares of all rows.

    Args:
        moments: One group per ``treatment`` and ``stratum``, every pair present.
        outcome: Column.

    Reference:
        Miratrix, Sekhon and Yu 2013, https://doi.org/10.1111/j.1467-9868.2012.01048.x
    """
    place = moments.index(outcome)
    arms = tuple(moments.groups["treatment"].unique())
    strata = len(moments.n) // len(arms)
    n = moments.n.reshape(len(arms), strata)
    share = n.sum(axis=0) / n.sum()
    mean = (moments.sums[:, place] / moments.n).reshape(n.shape) @ share
    spread = moments.covariances()[:, place, place].reshape(n.shape)
    parts = share**2 * spread / n
    variance = parts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = variance**2 / (parts**2 / (n - 1)).sum(axis=1)
    return ArmMeans(
        arms, mean, np.diag(variance), freedom, n.sum(axis=1),
        centre=float(moments.centre[place]),
    )  # fmt: skip


def regression_means(
    moments: Moments, outcome: str, covariates: Sequence[str]
) -> tuple[ArmMeans, Fit]:
    """Means by arm from one regression with a common error variance, and the fit."""
    arms = labels_of(moments)
    fitted = fit(moments, outcome, arm_terms(moments, arms, covariates))
    covariance = fitted.classical()
    return means_of_fit(moments, outcome, fitted, (covariance, fitted.df)), fitted


def arm_terms(
    moments: Moments, arms: Sequence[Hashable], covariates: Sequence[str]
) -> list[Term]:
    """A dummy for every arm, none left out, a slope for every covariate."""
    label = moments.groups["treatment"].to_numpy()
    terms = [Term(f"arm: {arm}", (label == arm).astype(float)) for arm in arms]
    ones = np.ones(len(moments.n))
    terms += [Term(name, ones, name) for name in covariates]
    if "stratum" in moments.groups:
        stratum = moments.groups["stratum"]
        levels = stratum.unique()[1:]
        terms += [Term(f"stratum: {s}", (stratum == s).to_numpy(float)) for s in levels]
    return terms


def means_of_fit(
    moments: Moments,
    outcome: str,
    fitted: Fit,
    spread: tuple[Floats, float],
) -> ArmMeans:
    """The arms' coefficients of a fit as means, with a covariance and its df."""
    covariance, df = spread
    arms = labels_of(moments)
    places = [fitted.index(f"arm: {arm}") for arm in arms]
    label = moments.groups["treatment"].to_numpy()
    n = np.array([moments.n[label == arm].sum() for arm in arms])
    return ArmMeans(
        tuple(arms),
        fitted.coef[places],
        covariance[np.ix_(places, places)],
        np.full(len(arms), df),
        n,
        common=True,
        centre=float(moments.centre[moments.index(outcome)]),
    )


def arms_of(moments: Moments) -> tuple[Hashable, ...]:
    """Labels of moments that hold one group per arm."""
    return tuple(moments.groups["treatment"])


def labels_of(moments: Moments) -> list[Hashable]:
    """Labels of arms in order."""
    return list(moments.groups["treatment"].unique())
