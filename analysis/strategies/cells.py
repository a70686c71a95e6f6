"""Means by group and period with their covariance, for event studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.strategies.moments import Floats


@dataclass(frozen=True, slots=True)
class CellMeans:
    """Means of treated and untreated units by period.

    Attributes:
        periods: In order.
        gap: Treated minus untreated mean by period, (periods,).
        covariance: Of the gaps, (periods, periods).
        df: Degrees of freedom.
        n: Rows by period, (periods,).
    """

    periods: tuple
    gap: Floats
    covariance: Floats
    df: float
    n: Floats


def cell_means(
    rows: pd.DataFrame, *, clusters: Sequence[str], periods: Sequence
) -> CellMeans:
    """Gaps between groups by period.

    Args:
        rows: ``outcome``, ``treated``, ``time``, ``weight`` and cluster columns.
        clusters: None gives one error variance for all rows; the first counts.
        periods: Periods in order, both groups present in each.
    """
    place = {period: i for i, period in enumerate(periods)}
    codes = rows["time"].map(place).to_numpy(dtype=np.int64)
    side = rows["treated"].to_numpy(dtype=int)
    cell = codes + len(periods) * side
    size = 2 * len(periods)
    weight = rows["weight"].to_numpy(dtype=float)
    total = np.bincount(cell, weight, minlength=size)
    outcome = rows["outcome"].to_numpy(dtype=float)
    outcome = outcome - outcome.mean()
    mean = np.bincount(cell, weight * outcome, minlength=size) / total
    scores = weight * (outcome - mean[cell]) / total[cell]
    # A score counts against its own cell only, treated cells with +, others with -.
    signed = np.where(side == 1, scores, -scores)
    n = len(rows)
    gap: Floats = mean[len(periods) :] - mean[: len(periods)]
    if clusters and _inside_periods(rows[clusters[0]], codes):
        covariance, df = _by_scatter(rows, gap, total.astype(float), codes)
    elif clusters:
        covariance, df = _clustered(rows[clusters[0]], signed, codes, len(periods))
        covariance *= (n - 1) / max(n - size, 1)
    else:
        df = float(max(n - size, 1))
        variance = float((weight * (outcome - mean[cell]) ** 2).sum()) / df
        per_cell = variance / total
        covariance = np.diag(per_cell[: len(periods)] + per_cell[len(periods) :])
    counts = np.bincount(codes, minlength=len(periods)).astype(float)
    return CellMeans(tuple(periods), gap, covariance, df, counts)


def _inside_periods(cluster: pd.Series, codes: NDArray[np.int64]) -> bool:
    """Whether no cluster reaches beyond one period."""
    grouped = pd.Series(codes).groupby(cluster.to_numpy())
    return bool((grouped.min() == grouped.max()).all())


def _by_scatter(
    rows: pd.DataFrame, gap: Floats, total: Floats, codes: NDArray[np.int64]
) -> tuple[Floats, float]:
    """Variance of the gaps from their own scatter, before and after the start.

    A cluster that lies inside one period says nothing of that period's own shock.
    """
    size = len(gap)
    late = np.bincount(codes, rows["post"].to_numpy(dtype=float), minlength=size) > 0
    information = 1 / (1 / total[:size] + 1 / total[size:])
    squares = 0.0
    for side in (late, ~late):
        if side.any():
            middle = np.average(gap[side], weights=information[side])
            squares += float((information[side] * (gap[side] - middle) ** 2).sum())
    df = float(max(size - int(late.any()) - int((~late).any()), 1))
    return np.diag(squares / df / information), df


def _clustered(
    cluster: pd.Series, scores: Floats, codes: NDArray[np.int64], periods: int
) -> tuple[Floats, float]:
    labels, levels = pd.factorize(cluster)
    flat = np.bincount(
        labels * periods + codes, scores, minlength=len(levels) * periods
    )
    table = flat.reshape(len(levels), periods)
    size = len(levels)
    return table.T @ table * size / (size - 1), float(size - 1)
