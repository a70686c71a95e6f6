"""Change points: where the level moved for good, seen in hindsight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from statsmodels.tsa.seasonal import MSTL, STL

from analysis.trends.scales import Floats

#: A step must be this many standard errors of the means on both sides.
LEAST_STEP = 4.5
#: Points on each side that are compared, at most.
REACH = 21
#: Longer series are searched in bins of several points.
MAX_POINTS = 1_500
#: Points further than this from their neighbours' median are drawn in.
_DRAWN_IN = 2.5
_NORMAL_MAD = 1.4826


def change_points(
    values: Floats, *, lengths: tuple[int, ...], shortest: int
) -> NDArray[np.bool_]:
    """Steps of the level that lasted.

    Seasons are taken out by STL, or MSTL where there are several; then the partition
    into pieces of constant level with the smallest penalised sum of squares is found
    (optimal partitioning), and of its borders those are kept at which the means of both
    sides differ by more than noise and slow drift explain.

    Args:
        values: The series on a scale with even noise; NaN is missing.
        lengths: Lengths of its seasons.
        shortest: A level that lasts for fewer points is an event.

    Returns:
        True at the first point of each new level.

    Reference:
        Jackson et al. 2005, "An algorithm for optimal partitioning of data on an
        interval", IEEE Signal Processing Letters 12, 105-108.
    """
    found = np.zeros(len(values), dtype=bool)
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 4 * shortest:
        return found
    filled = np.interp(np.arange(len(values)), known, values[known])
    rest = _drawn_in(_without_seasons(filled, lengths), shortest)
    noise = _noise(rest)
    noise = max(1e-9 * max(float(np.abs(rest).max()), 1e-300), noise)
    width = -(-len(rest) // MAX_POINTS)
    borders = _partition(_binned(rest, width) / noise * width**0.5,
                         max(shortest // width, 2))  # fmt: skip
    for border in borders:
        place = _sharpest(rest, border * width, width)
        if _is_step(rest, place, noise, shortest):
            found[place] = True
    return found


def _without_seasons(values: Floats, lengths: tuple[int, ...]) -> Floats:
    usable = [item for item in lengths if len(values) >= 2 * item]
    if not usable:
        return values
    if len(usable) == 1:
        parts = STL(values, period=usable[0], seasonal=13, robust=True).fit(
            inner_iter=1, outer_iter=4
        )
        return np.asarray(values - parts.seasonal)
    parts = MSTL(values, periods=usable, iterate=1).fit()
    return np.asarray(values - np.asarray(parts.seasonal).sum(axis=1))


def _drawn_in(values: Floats, shortest: int) -> Floats:
    """Single far points would be taken for short levels."""
    width = 2 * shortest - 1
    padded = np.pad(values, shortest - 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    middle = np.median(windows, axis=1)
    reach = _DRAWN_IN * _NORMAL_MAD * np.median(np.abs(values - middle))
    return middle + np.clip(values - middle, -reach, reach)


def _noise(values: Floats) -> float:
    """Standard deviation of the points, from differences, which steps hardly touch."""
    short = np.diff(values)
    far = values[7:] - values[:-7] if len(values) > len("a week") else short
    sizes = [_NORMAL_MAD * np.median(np.abs(item)) / 2**0.5 for item in (short, far)]
    return float(max(sizes))


def _binned(values: Floats, width: int) -> Floats:
    if width == 1:
        return values
    whole = len(values) // width * width
    return values[:whole].reshape(-1, width).mean(axis=1)


def _partition(values: Floats, shortest: int) -> list[int]:
    """Borders of the best pieces of constant level; noise is 1."""
    count = len(values)
    penalty = 3 * np.log(count)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    best = np.full(count + 1, np.inf)
    best[0] = -penalty
    came_from = np.zeros(count + 1, dtype=np.int64)
    for end in range(shortest, count + 1):
        begins = np.arange(end - shortest + 1)
        total = sums[end] - sums[begins]
        cost = squares[end] - squares[begins] - total**2 / (end - begins)
        whole = best[begins] + cost + penalty
        came_from[end] = np.argmin(whole)
        best[end] = whole[came_from[end]]
    borders, end = [], count
    while came_from[end] > 0:
        end = int(came_from[end])
        borders.append(end)
    return borders[::-1]


def _sharpest(values: Floats, border: int, width: int) -> int:
    """The border among the points of a bin."""
    if width == 1:
        return border
    near = range(max(border - width, 1), min(border + width, len(values) - 1))
    return max(near, key=lambda place: abs(values[place] - values[place - 1]))


def _is_step(values: Floats, place: int, noise: float, shortest: int) -> bool:
    before, after = values[max(place - REACH, 0) : place], values[place : place + REACH]
    if min(len(before), len(after)) < shortest:
        return False
    error = noise * (1 / len(before) + 1 / len(after)) ** 0.5
    step = after.mean() - before.mean()
    # A drift has no step between the points next to the border.
    near = after[:shortest].mean() - before[-shortest:].mean()
    near_error = noise * (2 / shortest) ** 0.5
    sudden = abs(near) > max(abs(step) / 2, 2 * near_error)
    return bool(abs(step) > LEAST_STEP * error and sudden)
