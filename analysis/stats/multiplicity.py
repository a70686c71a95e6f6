"""Corrections for several hypotheses; tests that were not made (NaN) stay out.

Each function takes p-values and gives adjusted p-values of the same shape: reject where
the adjusted one is at most the level.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """Holm's step-down: the chance of any false rejection stays within the level.

    Reference:
        Holm 1979, "A simple sequentially rejective multiple test procedure",
        Scandinavian Journal of Statistics 6, 65-70.

    >>> [round(float(p), 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    return _adjust(p_values, _step_down)


def bonferroni(p_values: ArrayLike) -> Floats:
    """Bonferroni: each p-value times their number."""
    return _adjust(p_values, _all_alike)


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Benjamini-Hochberg: the share of false rejections stays within the level.

    Reference:
        Benjamini and Hochberg 1995,
        https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    >>> [round(float(p), 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    return _adjust(p_values, _step_up)


# statsmodels' multipletests collects garbage at every call, which takes longer than all
# the rest of an evaluation; the tests compare with it.
def _step_down(ordered: Floats) -> Floats:
    left = np.arange(len(ordered), 0, -1)
    return np.maximum.accumulate(ordered * left)


def _all_alike(ordered: Floats) -> Floats:
    return ordered * len(ordered)


def _step_up(ordered: Floats) -> Floats:
    scaled = ordered * len(ordered) / np.arange(1, len(ordered) + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]


def _adjust(p_values: ArrayLike, correct: Callable[[Floats], Floats]) -> Floats:
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, np.nan)
    made = np.flatnonzero(~np.isnan(given))
    order = made[np.argsort(given.flat[made])]
    adjusted.flat[order] = np.minimum(correct(given.flat[order]), 1.0)
    return adjusted
