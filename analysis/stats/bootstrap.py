"""Inference for few clusters: wild cluster bootstrap and randomisation inference.

Both give a p-value for any hypothetical effect and an interval by inverting it, so that
interval and p-value never contradict each other. Both work on sums by cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Below this many clusters Rademacher weights give too few different draws.
_FEW_FOR_RADEMACHER = 12
_WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))
#: A bound farther away than this many starting steps is reported as infinite.
_MOST_DOUBLINGS = 40
_HALVINGS = 60
#: Ties between a draw and the observed value must count as ties.
_TIE = 1e-10


@dataclass(frozen=True, slots=True)
class Inverted:
    """A test and its inversion.

    Attributes:
        p_value: Of the effect tested, two-sided.
        low: Lower bound of the interval, -inf where the test never rejects.
        high: Upper bound, inf where the test never rejects.
        draws: Draws or assignments that were compared.
        exact: Whether all possible ones were.
    """

    p_value: float
    low: float
    high: float
    draws: int
    exact: bool


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Cross-products of a regression by cluster.

    Attributes:
        xtx: (clusters, terms, terms)
        xty: (clusters, terms)
    """

    xtx: Floats
    xty: Floats


def wild_cluster(
    sums: ClusterSums,
    term: int,
    *,
    null: float = 0.0,
    alpha: float = 0.05,
    draws: int = 999,
    rng: np.random.Generator,
) -> Inverted:
    """Restricted wild cluster bootstrap of one coefficient, t-ratios compared.

    Rademacher weights, all of them where there are few; Webb's six points below 12
    clusters. The bootstrap t-ratio is a function of the hypothetical effect that needs
    no new regression, so that the inversion costs nothing.

    Args:
        sums: Cross-products by cluster.
        term: Which coefficient.
        null: Effect that the p-value tests.
        alpha: The interval covers with 1 - alpha.
        draws: Draws where not all are taken.
        rng: Source of the draws.

    Reference:
        Cameron, Gelbach and Miller 2008, https://doi.org/10.1162/rest.90.3.414;
        Roodman, MacKinnon, Nielsen and Webb 2019,
        https://doi.org/10.1177/1536867X19830877
    """
    bread = np.linalg.inv(sums.xtx.sum(axis=0))
    coef = bread @ sums.xty.sum(axis=0)
    scores = sums.xty - sums.xtx @ coef
    error = float(np.sqrt(((scores @ bread[term]) ** 2).sum()))
    weights, exact = _weights(len(scores), draws, rng)
    ratio = _bootstrap_ratio(sums, scores, bread, term, weights)

    def p_value(null: float) -> float:
        gap = float(coef[term]) - null
        return float(np.mean(ratio(gap) >= abs(gap) / error - _TIE))

    low, high = _invert(p_value, centre=float(coef[term]), step=error, alpha=alpha)
    return Inverted(p_value(null), low, high, len(weights), exact)


def _bootstrap_ratio(
    sums: ClusterSums, scores: Floats, bread: Floats, term: int, weights: Floats
) -> Callable[[float], Floats]:
    """Absolute t-ratios of all draws as a function of estimate minus hypothesis."""
    # Restricted scores are scores + gap * shift, so all that follows is linear in gap.
    shift = sums.xtx @ (bread[:, term] / bread[term, term])
    moved_0, moved_1 = (weights @ part @ bread for part in (scores, shift))
    reach = sums.xtx @ bread[term]
    part_0 = weights * (scores @ bread[term]) - moved_0 @ reach.T
    part_1 = weights * (shift @ bread[term]) - moved_1 @ reach.T
    square_0, cross, square_1 = (
        (one * two).sum(axis=1)
        for one, two in ((part_0, part_0), (part_0, part_1), (part_1, part_1))
    )

    def ratio(gap: float) -> Floats:
        top = np.abs(moved_0[:, term] + gap * moved_1[:, term])
        variance = square_0 + 2 * gap * cross + gap**2 * square_1
        with np.errstate(divide="ignore", invalid="ignore"):
            found = top / np.sqrt(np.maximum(variance, 0))
        return np.where(np.isnan(found), np.inf, found)

    return ratio


def _weights(
    clusters: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, bool]:
    if 2**clusters <= draws:
        return np.array(list(product((-1.0, 1.0), repeat=clusters))), True
    if clusters < _FEW_FOR_RADEMACHER:
        points = np.concatenate([-_WEBB, _WEBB])
        return rng.choice(points, size=(draws, clusters)), False
    return rng.choice([-1.0, 1.0], size=(draws, clusters)), False


def permutation(
    contrast: Callable[[Floats, Floats], Floats],
    outcome: Floats,
    treated: NDArray[np.bool_],
    *,
    per_treated: Floats,
    null: float = 0.0,
    alpha: float = 0.05,
    draws: int = 999,
    rng: np.random.Generator,
) -> Inverted:
    """Randomisation inference for a constant effect on the treated clusters.

    Args:
        contrast: Effect for assignments (draws, clusters) of 0/1 and sums by cluster;
            linear in the sums.
        outcome: Sums of the outcome by cluster, in the shape the contrast takes.
        treated: Which clusters were treated.
        per_treated: What one unit of effect adds to the sums of each cluster were it
            treated (its number of treated rows).
        null: Effect that the p-value tests.
        alpha: The interval covers with 1 - alpha.
        draws: Assignments drawn where not all are taken.
        rng: Source of the draws.

    Reference:
        Fisher 1935, The Design of Experiments; Imbens and Rubin 2015, chapter 5;
        MacKinnon and Webb 2020, https://doi.org/10.1016/j.jeconom.2020.04.024
    """
    assignments, exact = _assignments(treated, draws, rng)
    mask = treated.reshape((-1,) + (1,) * (per_treated.ndim - 1))
    found = contrast(assignments, outcome)
    carried = contrast(assignments, per_treated * mask)
    observed = float(contrast(treated[None, :].astype(float), outcome)[0])
    scale = float(np.nanstd(found)) or 1.0

    def p_value(null: float) -> float:
        distance = np.abs(found - null * carried)
        return float(np.mean(distance >= abs(observed - null) - _TIE * scale))

    low, high = _invert(p_value, centre=observed, step=scale, alpha=alpha)
    return Inverted(p_value(null), low, high, len(assignments), exact)


def _assignments(
    treated: NDArray[np.bool_], draws: int, rng: np.random.Generator
) -> tuple[Floats, bool]:
    clusters, chosen = len(treated), int(treated.sum())
    if comb(clusters, chosen) <= max(draws, 1) + 1:
        rows = list(combinations(range(clusters), chosen))
        table = np.zeros((len(rows), clusters))
        table[np.arange(len(rows))[:, None], rows] = 1
        return table, True
    order = rng.random((draws, clusters)).argsort(axis=1)
    table = (order < chosen).astype(float)
    # The assignment that happened is one of those that could have happened.
    return np.vstack([treated.astype(float), table]), False


def _invert(
    p_value: Callable[[float], float], *, centre: float, step: float, alpha: float
) -> tuple[float, float]:
    if not np.isfinite(step) or step <= 0:
        return centre, centre
    return (
        _bound(p_value, centre, -step, alpha),
        _bound(p_value, centre, step, alpha),
    )


def _bound(
    p_value: Callable[[float], float], centre: float, step: float, alpha: float
) -> float:
    inside, outside = centre, centre + step
    for _ in range(_MOST_DOUBLINGS):
        if p_value(outside) <= alpha:
            break
        inside, outside = outside, centre + 2 * (outside - centre)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if p_value(middle) <= alpha:
            outside = middle
        else:
            inside = middle
    return float(outside)
