"""Change points: where the level moved for good, seen in hindsight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from statsmodels.tsa.seasonal import MSTL, STL

from analysis.trends.scales import Floats

#: A step must be this many standard errors of the means on both sides.
LEAST_STEP = 4.5
#: Points on each side that are compared, at most: the larger of this many and of so
#: many times the shortest level.
REACH, REACH_TIMES = 21, 3
#: Of a slope through both sides a step must stand out by this many errors.
LEAST_BESIDE = 2.3
#: Places are tried at which the points next to them differ by this many errors.
LEAST_NEAR = 2.0
#: Of more places than this only those are tried that differ most around them.
MAX_PLACES = 1_500
#: Points further than this from their neighbours' median are drawn in.
_DRAWN_IN = 2.5
_NORMAL_MAD = 1.4826


def change_points(
    values: Floats, *, lengths: tuple[int, ...], shortest: int
) -> NDArray[np.bool_]:
    """Steps of the level that lasted.

    Seasons are taken out by STL, or MSTL where there are several; then, of the places
    where the level changes at all between the points next to them, those are found that
    part the series into pieces of constant level with the smallest penalised sum of
    squares (optimal partitioning), and of these borders those are kept at which the
    means of both sides differ by more than noise and slow drift explain.

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
    scaled = (rest - np.median(rest)) / noise
    places = _places(scaled, shortest)
    for place in _partition(scaled, places, shortest):
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
    # Loess is smooth: between points half a short season apart it is interpolated.
    jump = max(usable[0] // 2, 1)
    steps = {"seasonal_jump": 2, "trend_jump": jump, "low_pass_jump": jump}
    parts = MSTL(values, periods=usable, iterate=1,
                 stl_kwargs={"inner_iter": 2, **steps}).fit()  # fmt: skip
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


def _places(values: Floats, shortest: int) -> NDArray[np.int64]:
    """Where the means of the points before and after differ; noise is 1."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means = (sums[shortest:] - sums[:-shortest]) / shortest
    near = np.abs(means[shortest:] - means[:-shortest]) * (shortest / 2) ** 0.5
    places = np.flatnonzero(near > LEAST_NEAR)
    if len(places) > MAX_PLACES:
        highest = maximum_filter1d(near, shortest)
        places = np.flatnonzero((near > LEAST_NEAR) & (near == highest))
    return places + shortest


def _partition(values: Floats, places: NDArray[np.int64], shortest: int) -> list[int]:
    """Borders of the best pieces of constant level; noise is 1.

    Args:
        values: The points.
        places: Where a piece may begin.
        shortest: Points of a piece at least.
    """
    count = len(values)
    penalty = 3 * np.log(count)
    nodes = np.concatenate([[0], places, [count]])
    sums = np.concatenate([[0.0], np.cumsum(values)])[nodes]
    squares = np.concatenate([[0.0], np.cumsum(values**2)])[nodes]
    best = np.full(len(nodes), np.inf)
    best[0] = -penalty
    came_from = np.zeros(len(nodes), dtype=np.int64)
    for end in range(1, len(nodes)):
        begins = slice(0, np.searchsorted(nodes, nodes[end] - shortest, side="right"))
        cost = squares[end] - squares[begins]
        cost -= (sums[end] - sums[begins]) ** 2 / (nodes[end] - nodes[begins])
        whole = best[begins] + cost + penalty
        came_from[end] = np.argmin(whole)
        best[end] = whole[came_from[end]]
    borders, node = [], len(nodes) - 1
    while came_from[node] > 0:
        node = int(came_from[node])
        borders.append(int(nodes[node]))
    return borders[::-1]


def _is_step(values: Floats, place: int, noise: float, shortest: int) -> bool:
    reach = max(REACH, REACH_TIMES * shortest)
    before, after = values[max(place - reach, 0) : place], values[place : place + reach]
    if min(len(before), len(after)) < shortest:
        return False
    error = noise * (1 / len(before) + 1 / len(after)) ** 0.5
    step = after.mean() - before.mean()
    # A drift has no step between the points next to the border.
    near = after[:shortest].mean() - before[-shortest:].mean()
    near_error = noise * (2 / shortest) ** 0.5
    sudden = abs(near) > max(abs(step) / 2, LEAST_NEAR * near_error)
    steady = abs(_beside_drift(before, after)) > LEAST_BESIDE * noise
    return bool(abs(step) > LEAST_STEP * error and sudden and steady)


def _beside_drift(before: Floats, after: Floats) -> float:
    """Step between two stretches of one slope, in units of its error at noise 1."""
    count = len(before) + len(after)
    is_after = np.repeat([0.0, 1.0], [len(before), len(after)])
    drift = np.column_stack([np.ones(count), np.arange(count)])
    own = is_after - drift @ np.linalg.lstsq(drift, is_after)[0]
    return float(own @ np.concatenate([before, after]) / np.linalg.norm(own))
