"""Rain, storms and heat: one state for every city, day and hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.streams import draws, share
from sample_data.world import HEAT, RAIN, STORM, City, Span

_STORM_SHARE = 0.22
_HOT_HOURS = range(11, 18)


def hourly_weather(seed: int, city: City, span: Span) -> NDArray[np.int8]:
    """Weather codes of a city, shape (days, 24), by local hour."""
    states = np.zeros((span.days, 24), dtype=np.int8)
    for day in range(span.days):
        _one_day(states[day], seed, city, day, span.day(day).month - 1)
    return states


def _one_day(
    hours: NDArray[np.int8], seed: int, city: City, day: int, month: int
) -> None:
    wet, begin, length, wild, hot = draws(seed, "weather", 5, city.index, day)
    if hot < share(city.heat[month]):
        hours[list(_HOT_HOURS)] = HEAT
    if wet >= share(city.rain[month]):
        return
    first = 5 + int(begin) * 16 // 65_536
    last = first + 4 + int(length) * 7 // 65_536
    hours[first:last] = RAIN
    if wild < share(_STORM_SHARE):
        hours[first + 2 : first + 6] = STORM


def storms(states: NDArray[np.int8]) -> list[tuple[int, int, int]]:
    """Spells of storm as (day, first hour, hour after the last)."""
    spells = []
    for day in np.flatnonzero((states == STORM).any(axis=1)):
        hours = np.flatnonzero(states[day] == STORM)
        spells.append((int(day), int(hours[0]), int(hours[-1]) + 1))
    return spells
