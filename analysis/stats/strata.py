"""Differences of rates within strata, pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.stats.intervals import CONFIDENCE

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledDifference:
    """A difference of two rates, strata held equal.

    Attributes:
        value: First rate minus the other; NaN where no stratum has both groups.
        low: Lower bound.
        high: Upper bound.
        p_value: Of no difference, two-sided.
    """

    value: float
    low: float
    high: float
    p_value: float


def pooled_difference(
    successes: ArrayLike,
    trials: ArrayLike,
    other_successes: ArrayLike,
    other_trials: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> PooledDifference:
    """The Mantel-Haenszel risk difference with Sato's variance.

    Args:
        successes: Of the first group, by stratum.
        trials: Of the first group, by stratum.
        other_successes: Of the other group, by stratum.
        other_trials: Of the other group, by stratum.
        confidence: Nominal coverage.

    Reference:
        Greenland and Robins 1985, https://doi.org/10.2307/2530643; Sato, Greenland and
        Robins 1989, "On the variance estimator for the Mantel-Haenszel risk
        difference", Biometrics 45, 1323-1324.

    >>> found = pooled_difference([30, 5], [50, 50], [20, 2], [50, 50])
    >>> round(found.value, 3)
    0.13
    """
    a, n, c, m = (
        np.asarray(part, dtype=float)
        for part in (successes, trials, other_successes, other_trials)
    )
    total = n + m
    both = (n > 0) & (m > 0)
    a, n, c, m, total = (part[both] for part in (a, n, c, m, total))
    weight = float((n * m / total).sum())
    if weight == 0:
        return PooledDifference(np.nan, np.nan, np.nan, np.nan)
    value = float(((a * m - c * n) / total).sum()) / weight
    error = _sato(value, (a, n, c, m, total), weight)
    half = -special.ndtri((1 - confidence) / 2) * error
    p_value = 1.0 if value == 0 else np.nan
    if error > 0:
        p_value = float(2 * special.ndtr(-abs(value) / error))
    return PooledDifference(value, value - half, value + half, p_value)


def _sato(value: float, parts: tuple[Floats, ...], weight: float) -> float:
    """Standard error that holds for many thin strata and for few thick ones."""
    a, n, c, m, total = parts
    first = (n**2 * c - m**2 * a + n * m * (m - n) / 2) / total**2
    second = (a * (m - c) + c * (n - a)) / (2 * total)
    variance = (value * first.sum() + second.sum()) / weight**2
    return float(np.sqrt(max(variance, 0.0)))
