"""Least squares with weights that are not negative and sum to 1."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from analysis.strategies.moments import Floats

#: How much the sum weighs against the fit; the rest is a division by the sum.
_FIRM = 1e4


def simplex_weights(columns: Floats, target: Floats, *, ridge: float = 0.0) -> Floats:
    """Weights w >= 0 with sum 1 that bring ``columns @ w`` near the target.

    Args:
        columns: (rows, k)
        target: (rows,)
        ridge: Penalty on the squared weights.
    """
    k = columns.shape[1]
    scale = float(np.sqrt(np.mean(columns**2))) or 1.0
    parts = [columns / scale, np.full((1, k), _FIRM)]
    goals = [target / scale, np.array([_FIRM])]
    if ridge > 0:
        parts.append(np.sqrt(ridge) / scale * np.eye(k))
        goals.append(np.zeros(k))
    weights = nnls(np.concatenate(parts), np.concatenate(goals), maxiter=50 * k)[0]
    total = float(weights.sum())
    return weights / total if total > 0 else np.full(k, 1 / k)
