"""What was and what would have been, over time and added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate

COLUMNS = (
    "period", "actual", "counterfactual", "difference", "low", "high", "cumulated",
    "cumulated_low", "cumulated_high",
)  # fmt: skip


def series_of(
    periods: Sequence[object],
    actual: Floats,
    difference: Floats,
    *,
    covariance: Floats,
    weight: Floats,
    after: Floats,
    alpha: float,
    df: float = np.inf,
) -> pd.DataFrame:
    """Actual, counterfactual, difference and its sum since the start, with bands.

    Args:
        periods: In order.
        actual: What was, (periods,).
        difference: Actual minus counterfactual, (periods,).
        covariance: Of the differences, (periods, periods).
        weight: What a difference is multiplied with before it is added up, such as
            orders, (periods,).
        after: 1 from the start on, 0 before, (periods,).
        alpha: Bands cover with 1 - alpha, each period by itself.
        df: Degrees of freedom.

    Returns:
        The columns `COLUMNS`, one row a period.
    """
    quantile = float(stats.t.isf(alpha / 2, df))
    half = quantile * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    counted = weight * after
    cumulated = np.cumsum(counted * difference)
    scaled = covariance * np.outer(counted, counted)
    # The variance of a sum is the sum of the upper left block.
    blocks = np.cumsum(np.cumsum(scaled, axis=0), axis=1)
    wide = quantile * np.sqrt(np.maximum(np.diag(blocks), 0.0))
    return pd.DataFrame(
        {
            "period": list(periods), "actual": actual,
            "counterfactual": actual - difference, "difference": difference,
            "low": difference - half, "high": difference + half,
            "cumulated": cumulated, "cumulated_low": cumulated - wide,
            "cumulated_high": cumulated + wide,
        }
    )  # fmt: skip


def shared_and_own(own: Floats, estimate: Estimate, counted: Floats) -> Floats:
    """Covariance of differences whose weighted mean has a known standard error.

    Each period has its own error; what the standard error of the mean shows beyond
    them is taken as shared by all.

    Args:
        own: Variance of each period's own error, (periods,).
        estimate: The mean effect with its standard error.
        counted: Weights of the mean, 0 before the start, (periods,).
    """
    share = counted / counted.sum()
    alone = float(share**2 @ own)
    shared = max(estimate.se**2 - alone, 0.0) if np.isfinite(estimate.se) else 0.0
    return np.diag(own) + shared * np.outer(counted > 0, counted > 0)


def with_bands(
    series: pd.DataFrame, estimate: Estimate, *, alpha: float
) -> pd.DataFrame:
    """A series that has only values, with bands from its scatter and the estimate.

    Args:
        series: ``period``, ``actual``, ``counterfactual``, ``difference`` and
            ``cumulated``, which is 0 before the start.
        estimate: The mean difference after the start.
        alpha: Bands cover with 1 - alpha.
    """
    if "low" in series:
        return series
    difference = series["difference"].to_numpy(dtype=float)
    after = _after(series)
    early = difference[after == 0]
    own = float(np.nanvar(early, ddof=1)) if len(early) > 2 else 0.0  # noqa: PLR2004 - a scatter
    covariance = shared_and_own(np.full(len(after), own), estimate, after)
    return series_of(
        list(series["period"]), series["actual"].to_numpy(dtype=float), difference,
        covariance=covariance, weight=np.ones(len(after)), after=after, alpha=alpha,
        df=estimate.df,
    )  # fmt: skip


def _after(series: pd.DataFrame) -> Floats:
    """1 from the first period that is added up on."""
    moved = series["cumulated"].to_numpy(dtype=float) != 0
    first = int(np.argmax(moved)) if moved.any() else len(series)
    return (np.arange(len(series)) >= first).astype(float)
