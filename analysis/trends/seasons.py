"""Which seasons a series has, from the spacing of its times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Seconds of the named steps.
HOUR, DAY, WEEK = 3_600, 86_400, 604_800
#: Seasons of a series of at least so many times their length are known from its start.
SEASONS_NEEDED = 3
#: Seasons from which a series is learned before its first point is judged.
SEASONS_LEARNED = 2
#: Of short seasons one more is learned from, up to so many points: three weeks of days.
LEARNED_WELL = 21
#: Points learned from at least.
LEAST_WARM_UP = 12
#: An effect of holidays may be so many times the noise, in variance.
HOLIDAY_PRIOR = 50.0


@dataclass(frozen=True, slots=True)
class Season:
    """One set of effects: a slot of each time, such as its weekday.

    Attributes:
        slots: Slot of each time.
        size: Number of slots.
        from_start: Whether the first periods show it; else it is learned on the way.
        base: A slot without an effect, such as "no holiday"; None for none.
        prior: Variance of an effect learned on the way, as a multiple of the noise.
    """

    slots: NDArray[np.int64]
    size: int
    from_start: bool = True
    base: int | None = None
    prior: float = 1.0


def usual_lengths(step_seconds: float | None, grain: str) -> tuple[int, ...]:
    """Lengths of the seasons that a series of this spacing usually has, in steps."""
    if grain == "month":
        return (12,)
    if grain == "quarter":
        return (4,)
    if grain == "week":
        return (52,)
    if step_seconds is None or step_seconds > DAY:
        return ()
    found = [DAY / step_seconds, WEEK / step_seconds]
    return tuple(int(item) for item in found if item > 1 and item == int(item))


def fitting(lengths: Iterable[int], points: int) -> tuple[int, ...]:
    """Of the seasons those that a series of so many points can show."""
    kept = {item for item in lengths if item > 1 and SEASONS_NEEDED * item <= points}
    return tuple(sorted(kept))


def cycles(lengths: Iterable[int], points: int) -> tuple[Season, ...]:
    """Seasons of fixed lengths, the shortest first."""
    return tuple(Season(np.arange(points) % item, item) for item in lengths)


def holiday_effect(
    times: pd.DatetimeIndex, holidays: Iterable[date] | None
) -> tuple[Season, ...]:
    """The effect of holidays, learned on the way; none where there are none."""
    days = {pd.Timestamp(day).normalize() for day in holidays or ()}
    held = times.normalize().isin(list(days)).astype(np.int64)
    if not held.any():
        return ()
    return (Season(held, 2, from_start=False, base=0, prior=HOLIDAY_PRIOR),)


def warm_up(lengths: Iterable[int]) -> int:
    """Points from which a series is learned before its first point is judged."""
    longest = max(lengths, default=0)
    well = min((SEASONS_LEARNED + 1) * longest, LEARNED_WELL)
    return max(SEASONS_LEARNED * longest, well, LEAST_WARM_UP)


def moved_after(grain: str, step_seconds: float | None) -> int:
    """Far points in a row after which the level is taken to have moved."""
    if grain in ("week", "month", "quarter"):
        return 3
    if step_seconds is not None and step_seconds < DAY:
        return int(min(max(DAY / 2 / step_seconds, 5), 24))
    return 5
