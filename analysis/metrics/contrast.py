"""Two segments beside each other, or one against the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.metrics.measure import measure
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.stats.intervals import Interval, difference


def contrast(
    dataset: Dataset,
    metrics: Sequence[str],
    first: Selection,
    second: Selection,
    *,
    period: Period | None = None,
) -> pd.DataFrame:
    """Metrics of two groups of orders, and the first minus the second.

    The interval of a difference is made from the two intervals (for rates that is
    Newcombe's method 10); it holds for groups that share no orders.

    Args:
        dataset: A published version.
        metrics: References of metrics.
        first: One group of orders.
        second: The other.
        period: First and last local day of creation, both included.

    Returns:
        A row per metric: ``metric``, then ``first``, ``first_num``, ``first_n``,
        ``first_low``, ``first_high`` and the same of ``second``, ``difference``,
        ``low`` and ``high`` (interval of 95 %, NaN for counts).

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
    """
    names = list(dict.fromkeys(metrics))
    sides = {
        side: measure(dataset, names, selection=orders, period=period).iloc[0]
        for side, orders in (("first", first), ("second", second))
    }
    return pd.DataFrame([_row(name, sides) for name in names])


def _row(metric: str, sides: dict[str, pd.Series]) -> dict[str, object]:
    row: dict[str, object] = {"metric": metric}
    for side, found in sides.items():
        for end in ("", "_num", "_n", "_low", "_high"):
            row[f"{side}{end}"] = _number(found[f"{metric}{end}"])
    one, other = (
        Interval(np.asarray(row[f"{side}_low"]), np.asarray(row[f"{side}_high"]))
        for side in ("first", "second")
    )
    first, second = (np.asarray(row[side], dtype=float) for side in sides)
    bounds = difference(first, one, second, other)
    row["difference"] = float(first - second)
    row["low"], row["high"] = float(bounds.low), float(bounds.high)
    return row


def _number(value: object) -> float:
    return float("nan") if pd.isna(value) else float(value)  # type: ignore[call-overload,arg-type]
