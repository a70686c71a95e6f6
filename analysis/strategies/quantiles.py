"""Differences of quantiles between arms."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.strategies.arm_means import ArmMeans


def quantile_means(
    rows: pd.DataFrame,
    arms: Sequence[Hashable],
    *,
    quantile: float,
    cluster: str | None,
    alpha: float,
) -> ArmMeans:
    """A quantile by arm; its error from the spread of ranks that could be it.

    The share of rows below the quantile is a mean, whose error (by cluster where there
    are clusters) is carried over to the outcome by reading off the quantiles that lie
    one critical value to each side.

    Reference:
        Woodruff 1952, https://doi.org/10.1080/01621459.1952.10483443;
        Deng, Knoblich and Lu 2018, https://arxiv.org/abs/1803.06336, section 4.3
    """
    found = [
        _one(rows[rows["treatment"] == arm], quantile, cluster, alpha) for arm in arms
    ]
    value, variance, n = (
        np.array(part, dtype=float) for part in zip(*found, strict=True)
    )
    infinite = np.full(len(arms), np.inf)
    return ArmMeans(tuple(arms), value, np.diag(variance), infinite, n)


def _one(
    rows: pd.DataFrame, quantile: float, cluster: str | None, alpha: float
) -> tuple[float, float, int]:
    values = rows["outcome"].to_numpy()
    point = float(np.quantile(values, quantile))
    error = _share_error(rows, values <= point, quantile, cluster)
    z = float(stats.norm.isf(alpha / 2))
    sides = np.clip([quantile - z * error, quantile + z * error], 0, 1)
    low, high = np.quantile(values, sides)
    return point, float(((high - low) / (2 * z)) ** 2), len(values)


def _share_error(
    rows: pd.DataFrame, below: NDArray[np.bool_], quantile: float, cluster: str | None
) -> float:
    n = len(rows)
    if cluster is None:
        return float(np.sqrt(quantile * (1 - quantile) / n))
    scores = pd.Series(below - below.mean()).groupby(rows[cluster].to_numpy()).sum()
    size = len(scores)
    return float(np.sqrt((scores**2).sum() * size / (size - 1)) / n)
