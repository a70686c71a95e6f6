"""One screen over many series: which days stand out from the weeks before them.

For each series, the sums over windows of one day to five weeks are held against the
weeks before the window, on the scale on which the noise of events is even. How far such
contrasts usually stray is learned from the series themselves, so over-dispersion and
weeks that hang together count as noise. Days found are then left out of what others
are held against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.stats.multiplicity import benjamini_hochberg
from analysis.trends.scales import Floats

#: Lengths of the windows, in days.
WINDOWS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30, 35)
#: Days before a window that it is held against, and how many of them must be there.
REACH, LEAST_REACH = 42, 14
#: Lengths of the windows within a day, in hours.
HOUR_WINDOWS = (1, 2, 3, 4, 6)
#: A series strays at most so many times as far as those of its size.
MOST_UNLIKE = 1.2
#: Events to be expected in a window below which it is not looked at.
LEAST_DUE = 1.0
#: Windows that are nearly independent of one another, a day.
TESTS_A_DAY = 8.0
#: Events of one series, at most.
MAX_EVENTS = 6
#: Weekdays' factors are drawn to 1 by so many events.
_DRAWN_BY = 20.0
#: Contrasts by which the spread of a series is drawn to that of all.
_SPREAD_PRIOR = 10.0
#: A single anomaly must stand out by this much, whatever the number of series.
LEAST_Z = 4.0
_MAD = 0.6745
_SHIFT = 3 / 8


@dataclass(frozen=True, slots=True)
class Event:
    """Days on which one series stands out.

    Attributes:
        series: Row of the series.
        begin: First day, as a step.
        end: Last day, included.
        z: Standardised contrast with the weeks before; its sign says the side.
        spread: How far such contrasts stray, as a multiple of the sampling noise.
        q_value: Share of false ones among everything at least as clear.
        effect: How its rate compares with that before, as a logarithm.
        error: Standard error of it.
    """

    series: int
    begin: int
    end: int
    z: float
    spread: float
    q_value: float
    effect: float
    error: float


@dataclass(frozen=True, slots=True)
class Clock:
    """The steps that series are looked at in.

    Attributes:
        windows: Lengths of the windows, in steps.
        reach: Steps before a window that it is held against.
        least_reach: How many of them must be there.
        slots: Slot of each step, such as its weekday, which has a level of its own.
    """

    windows: tuple[int, ...]
    reach: int
    least_reach: int
    slots: NDArray[np.int64]


def days_clock(weekdays: NDArray[np.int64]) -> Clock:
    """Days, of which each weekday has its own level."""
    return Clock(WINDOWS, REACH, LEAST_REACH, weekdays)


def hours_clock(hours: NDArray[np.int64]) -> Clock:
    """Hours, of which each hour of the day has its own level."""
    return Clock(HOUR_WINDOWS, 28 * 24, 14 * 24, hours)


@dataclass(frozen=True, slots=True)
class Screen:
    """What the screen found.

    Attributes:
        events: The clearest first.
        tested: Number of series with enough to be looked at.
    """

    events: tuple[Event, ...]
    tested: int


def screen(
    tops: Floats,
    due: Floats,
    *,
    clock: Clock,
    first: int,
    false_discoveries: float,
    left_out: NDArray[np.bool_] | None = None,
) -> Screen:
    """Look through series of events for days that stand out.

    Args:
        tops: Events, series by day.
        due: Events to be expected of such orders, series by day.
        clock: The steps.
        first: First day on which an event may begin.
        false_discoveries: Share of false ones among the series called, at most.
        left_out: Days of series that count for nothing, as something else explains
            them.
    """
    due = with_slots(tops, due, clock.slots)
    spreads = spreads_of(tops, due, clock, first=first)
    best = np.zeros(len(tops))
    tested = np.zeros(len(tops), dtype=bool)
    if left_out is None:
        left_out = np.zeros(tops.shape, dtype=bool)
    slides = sliding(tops, due, left_out, clock)
    for place, width in enumerate(clock.windows):
        z = slides.contrasts(width)[:, first:] / spreads[:, [place]]
        tested |= ~np.isnan(z).all(axis=1)
        best = np.fmax(best, np.nanmax(np.abs(np.nan_to_num(z)), axis=1, initial=0.0))
    count = TESTS_A_DAY * max(tops.shape[1] - first, 1)
    p_values = np.where(tested, np.minimum(2 * norm.sf(best) * count, 1.0), np.nan)
    q_values = benjamini_hochberg(p_values)
    called = (q_values <= false_discoveries) & (best >= LEAST_Z)
    least = best[called].min(initial=np.inf)
    chosen = np.flatnonzero(called)
    found = _events(
        tops[chosen],
        due[chosen],
        spreads[chosen],
        left_out[chosen],
        clock=clock,
        first=first,
        least=least,
    )
    events = [
        Event(int(chosen[row]), begin, end, z, spread, float(q_values[chosen[row]]),
              *_effect(tops[chosen[row]], due[chosen[row]],
                       slice(begin, end + 1), slice(max(begin - clock.reach, 0), begin),
                       spread))
        for row, begin, end, z, spread in found
    ]  # fmt: skip
    events.sort(key=lambda event: -abs(event.z))
    return Screen(tuple(events), int(tested.sum()))


@dataclass(frozen=True, slots=True)
class Sliding:
    """Running sums of many series, from which windows of any width follow.

    Attributes:
        sums: Of events, of those to be expected and of steps left out, series by step.
        before: Events in the steps before each step.
        before_due: Events to be expected in them.
        is_known: Whether enough of them are there.
    """

    sums: tuple[Floats, Floats, Floats]
    before: Floats
    before_due: Floats
    is_known: NDArray[np.bool_]

    def contrasts(self, width: int) -> Floats:
        """Windows of one width against the steps before, in units of sampling noise.

        Returns:
            By series and first step of the window; NaN where there is too little.
        """
        now, now_due, left_out = (_ahead(item, width) for item in self.sums)
        known = self.is_known & (now_due >= LEAST_DUE) & (left_out == 0)
        known[:, known.shape[1] - width + 1 :] = False
        z = contrast(now, now_due, self.before, self.before_due)
        return np.where(known, z, np.nan)


def sliding(
    tops: Floats, due: Floats, left_out: NDArray[np.bool_], clock: Clock
) -> Sliding:
    """Running sums of series.

    Args:
        tops: Events, series by step.
        due: Events to be expected, series by step.
        left_out: Steps that count for nothing.
        clock: The steps.
    """
    kept, kept_due = np.where(left_out, 0.0, tops), np.where(left_out, 0.0, due)
    steps = _running((kept_due > 0).astype(float))
    sums = _running(kept), _running(kept_due), _running(left_out.astype(float))
    return Sliding(
        sums,
        _behind(sums[0], clock),
        _behind(sums[1], clock),
        _behind(steps, clock) >= clock.least_reach,
    )


def contrast(
    now: Floats, now_due: Floats, before: Floats, before_due: Floats
) -> Floats:
    """How far one sum of events lies from another, in units of Poisson noise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.sqrt((now + _SHIFT) / now_due) - np.sqrt(
            (before + _SHIFT) / before_due
        )
        return step / np.sqrt(0.25 / now_due + 0.25 / before_due)


def spreads_of(tops: Floats, due: Floats, clock: Clock, *, first: int) -> Floats:
    """How far the contrasts of each series stray, by width of the window; at least 1.

    A series' own spread may hold what is looked for, so it is kept near that of the
    series of its size, most of which are quiet; and where the steps before the first
    one looked through were quieter, they say what is usual.
    """
    none = np.zeros(tops.shape, dtype=bool)
    size = np.argsort(np.argsort(due.sum(axis=1)))
    found = np.ones((len(tops), len(clock.windows)))
    slides = sliding(tops, due, none, clock)
    for place, width in enumerate(clock.windows):
        far = np.abs(slides.contrasts(width))
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
    known = ~np.isnan(windows).all(axis=1)
    middle = np.full(len(values), np.nan)
    middle[known] = np.nanmedian(windows[known], axis=1)
    return middle[order]


def _events(
    tops: Floats,
    due: Floats,
    spreads: Floats,
    left_out: NDArray[np.bool_],
    *,
    clock: Clock,
    first: int,
    least: float,
) -> list[tuple[int, int, int, float, float]]:
    """Events of each series, the clearest first; each is left out for the next."""
    found: list[tuple[int, int, int, float, float]] = []
    left_out = left_out.copy()
    rows = np.arange(len(tops))
    for _ in range(MAX_EVENTS):
        begins, widths, z, own = _clearest(
            tops[rows],
            due[rows],
            spreads=spreads[rows],
            left_out=left_out[rows],
            clock=clock,
            first=first,
        )
        clear = np.abs(z) >= least
        rows = rows[clear]
        if not len(rows):
            break
        for row, begin, width, size, spread in zip(
            rows, begins[clear], widths[clear], z[clear], own[clear], strict=True
        ):
            end = int(begin + width - 1)
            found.append((int(row), int(begin), end, float(size), float(spread)))
            left_out[row, begin : end + 1] = True
    return found


def _clearest(
    tops: Floats,
    due: Floats,
    *,
    spreads: Floats,
    left_out: NDArray[np.bool_],
    clock: Clock,
    first: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
    """The window of each series that stands out most: begin, width, z, spread."""
    count = len(tops)
    begins, widths = np.zeros(count, np.int64), np.ones(count, np.int64)
    best, own = np.zeros(count), np.ones(count)
    rows = np.arange(count)
    slides = sliding(tops, due, left_out, clock)
    for place, width in enumerate(clock.windows):
        spread = spreads[:, place]
        z = slides.contrasts(width) / spread[:, None]
        z = np.nan_to_num(z)
        z[:, :first] = 0
        at = np.abs(z).argmax(axis=1)
        better = np.abs(z[rows, at]) > np.abs(best)
        begins, widths = np.where(better, at, begins), np.where(better, width, widths)
        best = np.where(better, z[rows, at], best)
        own = np.where(better, spread, own)
    return begins, widths, best, own


def _effect(
    tops: Floats, due: Floats, window: slice, before: slice, spread: float
) -> tuple[float, float]:
    """Log ratio of a window to the weeks before it, and its standard error."""
    now, then = tops[window].sum() + 0.5, tops[before].sum() + 0.5
    expected = (due[window].sum() + 0.5) * then / (due[before].sum() + 0.5)
    return float(np.log(now / expected)), float(spread * (1 / now + 1 / then) ** 0.5)


def with_slots(tops: Floats, due: Floats, slots: NDArray[np.int64]) -> Floats:
    """What is to be expected with the weekdays (or hours) of each series."""
    level = tops.sum(axis=1) / np.maximum(due.sum(axis=1), 1e-300)
    factors = np.ones_like(due)
    for slot in np.unique(slots):
        there = slots == slot
        seen = tops[:, there].sum(axis=1)
        expected = due[:, there].sum(axis=1) * level
        factor = (seen + _DRAWN_BY) / (expected + _DRAWN_BY)
        factors[:, there] = factor[:, None]
    return due * factors


def _row_medians(values: Floats, counts: NDArray[np.int64]) -> Floats:
    """Median of the ``counts`` numbers of each row, which is NaN otherwise."""
    ordered = np.sort(values, axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(counts - 1, 0) // 2, counts // 2
    high = np.minimum(high, values.shape[1] - 1)
    middle: Floats = (ordered[rows, low] + ordered[rows, high]) / 2
    return middle


def _running(values: Floats) -> Floats:
    """Sums up to each step, from none on."""
    return np.concatenate(
        [np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1
    )


def _ahead(sums: Floats, width: int) -> Floats:
    """Sum over the window that begins at each step; short at the end."""
    count = sums.shape[1] - 1
    ends = np.minimum(np.arange(count) + width, count)
    return sums[:, ends] - sums[:, :count]


def _behind(sums: Floats, clock: Clock) -> Floats:
    """Sum over the steps before each step."""
    count = sums.shape[1] - 1
    begins = np.maximum(np.arange(count) - clock.reach, 0)
    return sums[:, :count] - sums[:, begins]
