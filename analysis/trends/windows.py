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
        tops: Of events, series by step.
        due: Of those to be expected.
        left_out: Of steps left out; None where none is.
        level: How the steps before each step compare with what was to be expected,
            as a root.
        noise: Variance of it.
        is_known: Whether enough of them are there.
    """

    tops: Floats
    due: Floats
    left_out: Floats | None
    level: Floats
    noise: Floats
    is_known: NDArray[np.bool_]

    def contrasts(self, width: int) -> Floats:
        """Windows of one width against the steps before, in units of sampling noise.

        Returns:
            By series and first step of the window; NaN where there is too little.
        """
        z = np.full(self.level.shape, np.nan)
        whole = self.level.shape[-1] - width + 1
        if whole <= 0:
            return z
        due = _ahead(self.due, width)
        known = self.is_known[:, :whole] & (due >= LEAST_DUE)
        if self.left_out is not None:
            known &= _ahead(self.left_out, width) == 0
        tops = _ahead(self.tops, width)
        far = _apart(tops, due, self.level[:, :whole], self.noise[:, :whole])
        z[:, :whole] = np.where(known, far, np.nan)
        return z


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
    any_left = bool(left_out.any())
    if any_left:
        tops, due = np.where(left_out, 0.0, tops), np.where(left_out, 0.0, due)
    sums, sums_due = _running(tops), _running(due)
    before, before_due = _behind(sums, clock), _behind(sums_due, clock)
    level, noise = _level(before, before_due)
    steps = _behind(_running((due > 0).astype(float)), clock)
    return Sliding(
        sums, sums_due, _running(left_out.astype(float)) if any_left else None,
        level, noise, steps >= clock.least_reach,
    )  # fmt: skip


def contrasts_of(
    tops: Floats, due: Floats, left_out: NDArray[np.bool_], clock: Clock
) -> list[Floats]:
    """Contrasts of all windows with the steps before, for each width.

    The arguments are those of ``sliding``.
    """
    slides = sliding(tops, due, left_out, clock)
    return [slides.contrasts(width) for width in clock.windows]


def contrast(
    now: Floats, now_due: Floats, before: Floats, before_due: Floats
) -> Floats:
    """How far one sum of events lies from another, in units of Poisson noise."""
    return _apart(now, now_due, *_level(before, before_due))


def _level(tops: Floats, due: Floats) -> tuple[Floats, Floats]:
    """How events compare with those expected, as a root, and the variance of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((tops + _SHIFT) / due), 0.25 / due


def _apart(tops: Floats, due: Floats, level: Floats, noise: Floats) -> Floats:
    """How far events lie from a level, in units of Poisson noise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.sqrt((tops + _SHIFT) / due)
        step -= level
        step /= np.sqrt(0.25 / due + noise)
    return step


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
    """Sum over each whole window, by its first step."""
    return sums[:, width:] - sums[:, :-width]


def _behind(sums: Floats, clock: Clock) -> Floats:
    """Sum over the steps before each step."""
    count = sums.shape[1] - 1
    begins = np.maximum(np.arange(count) - clock.reach, 0)
    return sums[:, :count] - sums[:, begins]
