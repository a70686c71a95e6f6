"""Sums over windows of many series, held against the steps before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.trends.scales import Floats

#: Lengths of the windows, in days.
WINDOWS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30, 35)
#: Days before a window that it is held against, and how many of them must be there.
REACH, LEAST_REACH = 42, 14
#: Lengths of the windows within a day, in hours.
HOUR_WINDOWS = (1, 2, 3, 4, 6)
#: Events to be expected in a window below which it is not looked at.
LEAST_DUE = 1.0
#: Weekdays' factors are drawn to 1 by so many events.
_DRAWN_BY = 20.0
_SHIFT = 3 / 8


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
