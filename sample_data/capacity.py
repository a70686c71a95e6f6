"""Who rides when: attendance, riders online, load, and who gets which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.demand import RAMADAN, day_kinds, hour_shares
from sample_data.people import PATTERNS, People
from sample_data.streams import draws, share
from sample_data.world import ZONES_PER_CITY, City, Columns, Span

#: Local hours at which each working pattern begins and ends.
HOURS = np.array([(0, 8), (7, 15), (10, 16), (15, 24), (16, 23)])
RAMADAN_HOURS = np.array([(4, 13), (0, 4), (12, 19), (18, 24), (16, 23)])

#: Riders work five days in seven, each with days off of their own; some stay away.
_DAYS_ON, _WEEK = 5, 7
_COMES = 0.92
_NO_SHOW = 0.03
#: Share of riders at work on an average day.
WORKS = _DAYS_ON / _WEEK * _COMES
_PATTERN_COUNT = len(PATTERNS)
#: Load is kept in steps of 1/256, so that what depends on it is a table.
LOAD_STEPS = 256
LOAD_LIMIT = 3 * LOAD_STEPS


@dataclass(frozen=True, slots=True)
class Roster:
    """Riders at work in one city on some days.

    Attributes:
        days: The days it covers.
        riders: Riders at work, day by day, sorted by zone and pattern.
        day_start: Place of each day's first rider in ``riders``; one more at the end.
        counts: Riders at work by day, zone and pattern.
        absent: Riders planned and not seen, as (day, rider) pairs.
    """

    days: range
    riders: NDArray[np.int32]
    day_start: NDArray[np.int64]
    counts: NDArray[np.int32]
    absent: NDArray[np.int32]


def active_patterns(ramadan: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which patterns are online, shape (days, 24, patterns)."""
    hours = np.where(ramadan[:, None, None], RAMADAN_HOURS, HOURS)
    clock = np.arange(24)[None, :, None]
    return (hours[:, None, :, 0] <= clock) & (clock < hours[:, None, :, 1])


def roster(seed: int, people: People, city: City, days: range) -> Roster:
    """Who works on which of the days."""
    low, high = people.rider_bounds[city.index : city.index + 2]
    crew = {name: column[low:high] for name, column in people.riders.items()}
    group = (crew["zone"] % ZONES_PER_CITY).astype(np.int64) * _PATTERN_COUNT
    group += crew["pattern"]
    present: list[NDArray[np.int32]] = []
    absent: list[tuple[int, int]] = []
    counts = []
    for day in days:
        drawn = draws(seed, "attendance", int(high - low), city.index, day)
        planned = (crew["joined"] <= day) & (day < crew["left"])
        planned &= (np.arange(low, high) + day) % _WEEK < _DAYS_ON
        works = np.flatnonzero(planned & (drawn < share(_COMES)))
        missing = planned & (drawn >= share(1 - _NO_SHOW))
        present.append((works + low).astype(np.int32))
        absent.extend((day, int(rider + low)) for rider in np.flatnonzero(missing))
        size = ZONES_PER_CITY * _PATTERN_COUNT
        counts.append(np.bincount(group[works], minlength=size))
    starts = np.concatenate([[0], np.cumsum([len(riders) for riders in present])])
    return Roster(
        days=days,
        riders=np.concatenate(present) if present else np.zeros(0, np.int32),
        day_start=starts,
        counts=np.array(counts, dtype=np.int32).reshape(
            -1, ZONES_PER_CITY, _PATTERN_COUNT
        ),
        absent=np.array(absent, dtype=np.int32).reshape(-1, 2),
    )


def online_riders(crew: Roster, city: City, span: Span) -> NDArray[np.int64]:
    """Riders online, shape (days, zones, 24, patterns), summed up along patterns."""
    kinds = day_kinds(city, span)[list(crew.days)]
    active = active_patterns(kinds == RAMADAN)
    counted = crew.counts[:, :, None, :] * active[:, None, :, :]
    return counted.cumsum(axis=-1)


def _shrunk(
    seen: NDArray[np.float64], expected: NDArray[np.float64], scale: float
) -> NDArray[np.float64]:
    """Counts pulled to their expectation where they are too small to mean much."""
    return expected + (seen - expected) * expected / (expected + scale)


def load_index(
    arrived: Columns,
    online: NDArray[np.int64],
    city: City,
    span: Span,
    *,
    days: range,
    usual: tuple[float, float],
) -> NDArray[np.int32]:
    """Orders to online riders for each order, in steps of 1/256 of a normal peak.

    Taken by zone and half-hour from the orders that came in this half-hour and the
    one before, and from the riders then online. ``usual`` is the number of orders and
    of riders at work that the city has on an average day.
    """
    orders_each_day, riders_each_day = usual
    slots = _orders_by_slot(arrived, days)
    expected = _expected_orders(slots, city, span, days)
    seen = 0.6 * slots + 0.4 * np.roll(slots, 1, axis=2)
    demand = _shrunk(seen, expected, 3.0)
    supply = _supply(online, city, span, days, riders_each_day)
    peak = 0.5 * hour_shares()[0].max() * orders_each_day
    peak /= riders_each_day * (PATTERNS[1] + PATTERNS[2])
    load = demand / np.maximum(supply, 1e-9) / peak
    steps = np.minimum(np.floor(load * LOAD_STEPS), LOAD_LIMIT - 1).astype(np.int32)
    return steps[
        arrived["day"] - days.start, arrived["zone"], arrived["second"] // 1800
    ]


def _orders_by_slot(arrived: Columns, days: range) -> NDArray[np.float64]:
    shape = (len(days), ZONES_PER_CITY, 48)
    code = (arrived["day"] - days.start).astype(np.int64) * ZONES_PER_CITY
    code = (code + arrived["zone"]) * 48 + arrived["second"] // 1800
    return np.bincount(code, minlength=int(np.prod(shape))).reshape(shape).astype(float)


def _expected_orders(
    slots: NDArray[np.float64], city: City, span: Span, days: range
) -> NDArray[np.float64]:
    shares = np.array([zone.share for zone in city.zones])
    hourly = hour_shares()[day_kinds(city, span)[list(days)]]
    clock = np.repeat(hourly / 2, 2, axis=1)
    daily = slots.sum(axis=(1, 2))
    return daily[:, None, None] * shares[None, :, None] * clock[:, None, :]


def _supply(
    online: NDArray[np.int64], city: City, span: Span, days: range, each_day: float
) -> NDArray[np.float64]:
    kinds = day_kinds(city, span)[list(days)]
    part = (active_patterns(kinds == RAMADAN) * PATTERNS).sum(axis=-1)
    shares = np.array([zone.share for zone in city.zones])
    expected = each_day * shares[None, :, None] * part[:, None, :]
    supply = _shrunk(online[..., -1].astype(float), expected, 2.0)
    return np.repeat(supply, 2, axis=2)


def turns(arrived: Columns, days: range) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Place of each order among those of its day, hour and zone, and the one before.

    Returns:
        The place, from 0 on, and the row of the order before it; its own row for the
        first.
    """
    code = (arrived["day"] - days.start).astype(np.int32) * (24 * ZONES_PER_CITY)
    code += (arrived["second"] // 3600) * ZONES_PER_CITY + arrived["zone"]
    order = np.argsort(code, kind="stable").astype(np.int32)
    sizes = np.bincount(code)
    rank = np.arange(len(code)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = np.empty(len(code), dtype=np.int32)
    place[order] = rank
    before = np.empty(len(code), dtype=np.int32)
    before[order] = np.where(rank > 0, np.roll(order, 1), order)
    return place, before


def pick_riders(
    arrived: Columns,
    crew: Roster,
    online: NDArray[np.int64],
    turn: NDArray[np.int64],
) -> NDArray[np.int32]:
    """The rider whose turn it is, for each order.

    Args:
        arrived: Day, second and zone of the orders.
        crew: Riders at work.
        online: As ``online_riders`` gives it.
        turn: A whole number for each order; taken modulo the riders online.

    Where nobody is online in the zone, anybody at work in the city that day comes.
    """
    day = arrived["day"] - crew.days.start
    flat = online.reshape(-1, _PATTERN_COUNT)
    row = (day * ZONES_PER_CITY + arrived["zone"]) * 24 + arrived["second"] // 3600
    there = flat[:, -1][row]
    nth = turn % np.maximum(there, 1)
    pattern = np.zeros(len(day), dtype=np.int8)
    before = np.zeros(len(day), dtype=np.int64)
    for step in range(_PATTERN_COUNT - 1):
        passed = nth >= flat[:, step][row]
        pattern += passed
        before = np.where(passed, flat[:, step][row], before)
    first = np.concatenate([[0], crew.counts.reshape(-1).cumsum()[:-1]])
    group = (day * ZONES_PER_CITY + arrived["zone"]) * _PATTERN_COUNT + pattern
    place = first[group] + nth - before
    size = np.maximum(np.diff(crew.day_start)[day], 1)
    anywhere = crew.day_start[:-1][day] + turn % size
    return crew.riders[np.where(there > 0, place, anywhere)]
