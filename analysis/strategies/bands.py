"""Bands in which all effects of a roll-out lie together."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import stats

from analysis.strategies.cohorts import Codes
from analysis.strategies.group_time import Effects, Used
from analysis.strategies.moments import Floats

#: Clusters of a cohort from which its drawn scatter is told from its mean.
_SCATTERED: Final = 6
_NO_SCATTER: Final = 1e-9
#: Share of an effect's squared influence that may be rounding.
_ROUNDING: Final = 1e-20


def simultaneous_bands(
    effects: Effects, *, alpha: float, draws: int, rng: np.random.Generator
) -> Floats:
    """Critical values by which all intervals hold together, (effects,).

    Signs of clusters are drawn, and each draw is measured by an error of its own
    (bootstrap-t): where steps rest on a dozen units, their scatter is not known.
    Effects with degrees of freedom of their own get at least Student's quantile by
    Sidak, all others at least that of their own interval.

    Reference:
        Callaway and Sant'Anna 2021, https://doi.org/10.1016/j.jeconom.2020.12.001;
        Cameron, Gelbach and Miller 2008, https://doi.org/10.1162/rest.90.3.414;
        Sidak 1967, "Rectangular confidence regions for the means of multivariate
        normal distributions", JASA 62, 626-633.
    """
    sums = effects.by_cluster()
    usable = (sums != 0).any(axis=0)
    if not usable.any():  # without any noise every band is its effect
        return np.zeros(len(usable))
    signs = rng.choice([-1.0, 1.0], size=(draws, len(sums)))
    kinds, counted = _scattering(effects), _counted(effects, sums)
    ratios = _drawn_ratios(sums[:, usable], signs, counted[:, usable], kinds)
    count = int(usable.sum())
    drawn = float(np.quantile(ratios.max(axis=1), 1 - alpha))
    drawn = min(drawn, _most_critical(kinds, alpha, count))
    return np.maximum(drawn, _least_critical(effects, alpha, count))


def _drawn_ratios(sums: Floats, signs: Floats, counted: Used, kinds: Codes) -> Floats:
    """Drawn effects over their errors, (draws, effects).

    Args:
        sums: Influence of each cluster, (clusters, effects).
        signs: (draws, clusters)
        counted: Clusters that an effect is told from, (clusters, effects).
        kinds: What has a mean of its own that its clusters scatter around; -1 where
            the scatter is taken for known, (clusters,).
    """
    total = (sums**2).sum(axis=0)
    left = np.tile(total, (len(signs), 1))
    for kind in np.unique(kinds[kinds >= 0]):
        at = kinds == kind
        count = np.maximum(counted[at].sum(axis=0), 1)
        left -= (signs[:, at] @ sums[at]) ** 2 / count
    return np.abs(signs @ sums) / np.sqrt(np.maximum(left, _NO_SCATTER * total))


def _counted(effects: Effects, sums: Floats) -> Used:
    """Clusters that an effect is told from, (clusters, effects).

    A cluster of these counts even if its own influence is 0: where outcomes are 0 or
    1, most do not move, and those that do say how far they scatter.
    """
    there = np.zeros(sums.shape, dtype=bool)
    if effects.used is not None:
        np.logical_or.at(there, effects.cluster, effects.used)
        return there
    cohorts, squares = _cohorts_of(effects), sums**2
    for cohort in np.unique(cohorts):
        at = cohorts == cohort
        there[at] = squares[at].sum(axis=0) > _ROUNDING * squares.sum(axis=0)
    return there


def _cohorts_of(effects: Effects) -> Codes:
    """Cohort of each cluster, that of its first unit; -1 without, (clusters,)."""
    there, first = np.unique(effects.cluster, return_index=True)
    found = np.full(int(there[-1]) + 1, -1)
    found[there] = np.unique(effects.cohort[first], return_inverse=True)[1]
    return found


def _scattering(effects: Effects) -> Codes:
    """The cohort that each cluster scatters in, small ones all together, (clusters,).

    Reduced errors know of their own scatter by their degrees of freedom.
    """
    cohorts = _cohorts_of(effects)
    found = np.full(len(cohorts), -1)
    if effects.freedom is not None:
        return found
    there = cohorts >= 0
    kinds = cohorts[there]
    sizes = np.bincount(kinds)
    small = sizes[kinds] < _SCATTERED
    if 0 < small.sum() < _SCATTERED:  # the largest takes them in
        small |= kinds == sizes.argmax()
    found[there] = np.where(small, len(sizes), kinds)
    return found


def _most_critical(kinds: Codes, alpha: float, count: int) -> float:
    """Student's quantile by Sidak, were all scatter that of the smallest kind.

    No band need be wider. Clusters that move by the same step scatter not at all in
    draws in which all their signs agree.
    """
    if (kinds < 0).all():
        return float("inf")
    df = np.bincount(kinds[kinds >= 0])
    least = max(int(df[df > 0].min()) - 1, 1)
    return float(stats.t.isf((1 - (1 - alpha) ** (1 / count)) / 2, least))


def _least_critical(effects: Effects, alpha: float, count: int) -> Floats:
    """Student's quantile below which no band may be, (effects,)."""
    if effects.freedom is None:
        df, level = np.full(len(effects.effect), effects.df), alpha
    else:
        df, level = effects.freedom, 1 - (1 - alpha) ** (1 / count)
    return np.asarray(stats.t.isf(level / 2, df), dtype=np.float64)
