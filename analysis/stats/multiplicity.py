"""Corrections for several hypotheses; tests that were not made (NaN) stay out.

Each function takes p-values and gives adjusted p-values of the same shape: reject where
the adjusted one is at most the level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """Holm's step-down: the chance of any false rejection stays within the level.

    Reference:
        Holm 1979, "A simple sequentially rejective multiple test procedure",
        Scandinavian Journal of Statistics 6, 65-70.

    >>> [round(float(p), 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    return _adjust(p_values, "holm")


def bonferroni(p_values: ArrayLike) -> Floats:
    """Bonferroni: each p-value times their number."""
    return _adjust(p_values, "bonferroni")


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Benjamini-Hochberg: the share of false rejections stays within the level.

    Reference:
        Benjamini and Hochberg 1995,
        https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    >>> [round(float(p), 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    return _adjust(p_values, "fdr_bh")


def _adjust(p_values: ArrayLike, method: str) -> Floats:
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, np.nan)
    made = ~np.isnan(given)
    if made.any():
        adjusted[made] = multipletests(given[made], method=method)[1]
    return adjusted
