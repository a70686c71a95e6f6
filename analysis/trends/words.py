"""What may be said in words: nothing that is inside the noise.

A sentence at the top of a page is read by everybody and checked by nobody, so each
kind of sentence may be wrong about pure noise in ``ERROR`` of the cases at most,
however many groups or days it picks from (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy import special

#: Share of pure noise about which a kind of sentence may say something.
ERROR: Final = 0.01
_HALF_WIDTH: Final = 1.959963984540054


def margin(looks: int) -> float:
    """How many half-widths of its interval of 95 % a value must be off to be told.

    Args:
        looks: Number of values among which the farthest is picked.

    >>> round(margin(1), 2), round(margin(12), 2)
    (1.31, 1.71)
    """
    tail = ERROR / max(looks, 1) / 2
    return float(-special.ndtri(tail)) / _HALF_WIDTH


def stands_out(
    values: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    whole: float,
    *,
    is_lower_better: bool,
    looks: int = 0,
) -> int | None:
    """The place of the value that is surely worse than the whole, the farthest one.

    Args:
        values: Value of each group that rests on enough.
        intervals: Its interval of 95 %.
        whole: Value of all together.
        is_lower_better: Which way is worse.
        looks: Number of groups that these were picked from, if more.
    """
    if not len(values) or not np.isfinite(whole):
        return None
    value = np.asarray(values, dtype=float)
    low, high = np.asarray(intervals, dtype=float).T
    if is_lower_better:
        off, half = value - whole, value - low
    else:
        off, half = whole - value, high - value
    sure = np.nan_to_num(off - margin(max(len(value), looks)) * half, nan=-1.0) > 0
    if not sure.any():
        return None
    return int(np.argmax(np.where(sure, off, -np.inf)))


def clear_change(change: float, low: float, high: float) -> bool:
    """Whether a change with its interval of 95 % may be called better or worse."""
    nearest = change - low if change > 0 else high - change
    return bool(abs(change) > margin(1) * nearest)


def unusual_steps(judged: pd.DataFrame) -> pd.DataFrame:
    """Steps of a series that surely are not what was to be expected.

    Args:
        judged: What ``detect`` or ``expected`` gives.

    Returns:
        The rows whose score would be as high in ``ERROR`` of noise series of that
        length at most, in order of time.
    """
    told = judged[~judged["is_too_few"] & judged["score"].notna()]
    sure = (1 - told["score"]) * max(len(told), 1) <= ERROR
    return told[sure & told["is_anomaly"]]
