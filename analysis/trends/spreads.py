"""How far the contrasts of quiet series usually stray."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.trends.scales import Floats
from analysis.trends.windows import LEAST_REACH, Clock

#: A series strays at most so many times as far as those of its size.
MOST_UNLIKE = 1.2
#: Contrasts by which the spread of a series is drawn to that of all.
_SPREAD_PRIOR = 10.0
_MAD = 0.6745


def spreads_of(
    contrasts: Sequence[Floats], sizes: Floats, clock: Clock, *, first: int
) -> Floats:
    """How far the contrasts of each series stray, by width of the window; at least 1.

    A series' own spread may hold what is looked for, so it is kept near that of the
    series of its size, most of which are quiet; and where the steps before the first
    one looked through were quieter, they say what is usual.

    Args:
        contrasts: Contrasts of the windows of each width, nothing left out.
        sizes: Events to be expected of each series.
        clock: The steps.
        first: First step looked through.
    """
    size = np.argsort(np.argsort(sizes))
    found = np.ones((len(sizes), len(clock.windows)))
    for place, width in enumerate(clock.windows):
        far = np.abs(contrasts[place])
        own, counted = _strayed(far)
        usual = np.nan_to_num(_alike(own, size), nan=1.0)
        learned, before = _strayed(far[:, : max(first - width + 1, 0)])
        calm = _alike(learned, size)
        quieter = calm < usual
        own = np.where(quieter & ~np.isnan(learned), learned, own)
        counted = np.where(quieter, before, counted)
        usual = np.where(quieter, calm, usual)
        weight = counted / width
        drawn = weight * np.nan_to_num(own) ** 2 + _SPREAD_PRIOR * usual**2
        drawn = np.sqrt(drawn / (weight + _SPREAD_PRIOR))
        found[:, place] = np.clip(drawn, usual / MOST_UNLIKE, usual * MOST_UNLIKE)
    return np.maximum(found, 1.0)


def _strayed(far: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Spread of each row by its median, NaN where it has too few; and their number."""
    counted = (~np.isnan(far)).sum(axis=1)
    if far.shape[1] < LEAST_REACH:
        return np.full(len(far), np.nan), np.zeros(len(far), dtype=np.int64)
    enough = counted >= LEAST_REACH
    return np.where(enough, _row_medians(far, counted) / _MAD, np.nan), counted


def _alike(values: Floats, order: NDArray[np.int64]) -> Floats:
    """Median of the series next in size; NaN where none of them is known."""
    by_size = np.full(len(values), np.nan)
    by_size[order] = values
    reach = max(len(values) // 20, 10)
    padded = np.pad(by_size, reach, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return _row_medians(windows, (~np.isnan(windows)).sum(axis=1))[order]


def _row_medians(values: Floats, counts: NDArray[np.int64]) -> Floats:
    """Median of the ``counts`` numbers of each row, which is NaN otherwise."""
    ordered = np.sort(values, axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(counts - 1, 0) // 2, counts // 2
    high = np.minimum(high, values.shape[1] - 1)
    middle: Floats = (ordered[rows, low] + ordered[rows, high]) / 2
    return middle
