"""Groups ranked by what they cost, small ones drawn towards the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.metrics.registry import Definition, parse_reference
from analysis.stats import shrinkage
from analysis.stats.intervals import Floats

#: Half-width of an interval of 95 % in standard errors.
_HALF_WIDTH = 1.959963984540054
_COLUMNS = (
    "excess", "excess_low", "excess_high", "shrunk", "shrunk_low", "shrunk_high",
    "weight",
)  # fmt: skip


def ranked(frame: pd.DataFrame, metric: str, whole: float) -> pd.DataFrame:
    """What each group costs beyond the whole, and its value shrunk to the others.

    Args:
        frame: A row per group from ``measure``, with the columns of the metric.
        metric: Reference of the metric.
        whole: Value of all groups together.

    Returns:
        The frame with

        - ``excess``, ``excess_low``, ``excess_high``: units of the numerator (late
          orders, minutes) more than the group would have at the value of the whole,
          positive where that is for the worse; over all groups they sum to 0. NaN for
          metrics that are no rate, mean or count per unit;
        - ``shrunk``, ``shrunk_low``, ``shrunk_high``: empirical Bayes, see
          ``analysis.stats.shrinkage``; NaN for the same metrics;
        - ``weight``: share of the group's own data in that, 0 to 1.
    """
    definition = parse_reference(metric).definition
    added = dict.fromkeys(_COLUMNS, np.full(len(frame), np.nan))
    if definition.kind in ("rate", "mean", "per") and len(frame):
        added |= _excess(frame, metric, definition, whole)
        added |= _shrunk(frame, metric, definition)
    return frame.assign(**added)


def excess(
    value: Floats, n: Floats, whole: float, *, definition: Definition, per: float = 1.0
) -> Floats:
    """Units of the numerator beyond the whole, positive for the worse.

    >>> from analysis.metrics import load_definitions
    >>> late = load_definitions()["late_rate"]
    >>> float(excess(np.array([0.2]), np.array([100.0]), 0.1, definition=late)[0])
    10.0
    """
    worse = -1.0 if definition.direction == "higher" else 1.0
    return worse * (value - whole) * n / per


def _excess(
    frame: pd.DataFrame, metric: str, definition: Definition, whole: float
) -> dict[str, Floats]:
    n = _numbers(frame, f"{metric}_n")
    per = _per(metric, definition)
    ends = [
        excess(_numbers(frame, name), n, whole, definition=definition, per=per)
        for name in (metric, f"{metric}_low", f"{metric}_high")
    ]
    middle, one, other = ends
    return {
        "excess": middle,
        "excess_low": np.minimum(one, other),
        "excess_high": np.maximum(one, other),
    }


def _shrunk(
    frame: pd.DataFrame, metric: str, definition: Definition
) -> dict[str, Floats]:
    top, n = _numbers(frame, f"{metric}_num"), _numbers(frame, f"{metric}_n")
    if definition.kind == "rate":
        found = shrinkage.beta_binomial(np.nan_to_num(top), np.nan_to_num(n))
    elif definition.kind == "per":
        exposure = np.nan_to_num(n) / _per(metric, definition)
        found = shrinkage.gamma_poisson(np.nan_to_num(top), exposure)
    else:
        low, high = (_numbers(frame, f"{metric}{end}") for end in ("_low", "_high"))
        error = (high - low) / 2 / _HALF_WIDTH
        found = shrinkage.normal(_numbers(frame, metric), error)
    return {
        "shrunk": found.value,
        "shrunk_low": found.low,
        "shrunk_high": found.high,
        "weight": found.weight,
    }


def _per(metric: str, definition: Definition) -> float:
    """Units of the denominator that one value is told for."""
    if definition.kind != "per":
        return 1.0
    return float(parse_reference(metric).settings["per"])


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].to_numpy(dtype=float, na_value=np.nan)
