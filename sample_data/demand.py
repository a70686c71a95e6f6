"""How many orders a day brings, when in the day, and in which zone."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sample_data.streams import LEVELS, Draws, daily_draws, draws, normal, share
from sample_data.world import (
    CLEAR,
    ZONES_PER_CITY,
    City,
    Columns,
    Span,
    cities,
    holidays,
    ramadan_days,
)

WEEKDAY, WEEKEND, RAMADAN = range(3)

#: Share of a day's orders by local hour, for each kind of day.
PROFILES = np.array([
    [1.2, .6, .3, .2, .2, .3, .7, 1.5, 2.4, 2.6, 3.6, 6.5,
     9.8, 8.6, 4.8, 3.4, 3.6, 5.0, 8.2, 10.2, 8.8, 6.2, 4.0, 2.2],
    [1.6, .9, .5, .3, .2, .2, .4, .9, 1.8, 3.0, 4.2, 6.4,
     8.8, 8.6, 5.8, 4.4, 4.2, 5.4, 8.0, 9.8, 9.0, 6.8, 4.4, 2.6],
    [4.6, 4.2, 3.0, 1.4, .3, .2, .2, .3, .5, .8, 1.0, 1.2,
     1.4, 1.8, 3.0, 6.0, 10.0, 13.0, 9.2, 7.4, 7.2, 7.0, 6.6, 5.0],
])  # fmt: skip

_SURGE_CHANCE = 0.05
_SURGE_PULL = 0.12
#: Hours with more than this share of the day can surge.
_BUSY_SHARE = 0.06


@cache
def hour_shares() -> NDArray[np.float64]:
    """``PROFILES`` with rows that sum to one."""
    return PROFILES / PROFILES.sum(axis=1, keepdims=True)


@cache
def _clock(kind: int) -> NDArray[np.int32]:
    """Table from a draw to the second of the day, for one kind of day."""
    edges = np.concatenate([[0.0], np.cumsum(hour_shares()[kind])])
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    seconds = np.interp(levels, edges, np.arange(25) * 3600.0)
    return np.floor(seconds).astype(np.int32)


def day_kinds(city: City, span: Span) -> NDArray[np.int8]:
    """Weekday, weekend or Ramadan, for each simulated day."""
    weekend = [span.day(d).isoweekday() in city.weekend for d in range(span.days)]
    kinds = np.where(weekend, WEEKEND, WEEKDAY)
    return np.where(ramadan_days(city, span), RAMADAN, kinds).astype(np.int8)


def _day_weights(
    seed: int, city: City, span: Span, weather: NDArray[np.int8]
) -> NDArray[np.float64]:
    kinds = day_kinds(city, span)
    special = holidays(city)
    factor = np.array(
        [special.get(span.day(d), (1.0, ""))[0] for d in range(span.days)]
    )
    wet = (weather != CLEAR).mean(axis=1)
    growth = 1 + 0.12 * np.arange(span.days) / 182
    noise = 1 + 0.04 * normal()[draws(seed, "volume", span.days, city.index)]
    weekend = np.where(kinds == WEEKEND, 1.16, 1.0)
    return city.share * factor * weekend * growth * (1 + 0.12 * wet) * noise


def daily_orders(
    seed: int, orders: int, span: Span, weather: list[NDArray[np.int8]]
) -> NDArray[np.int64]:
    """Number of orders of every city and day, shape (cities, days); sums to ``orders``.

    Counts scatter about their expectation as counts do, then the largest remainders
    make up the total.
    """
    weights = np.array(
        [_day_weights(seed, c, span, weather[c.index]) for c in cities()]
    )
    expected = orders * weights / weights.sum()
    scatter = [normal()[draws(seed, "arrivals", span.days, c.index)] for c in cities()]
    counted = np.maximum(expected + np.sqrt(expected) * np.array(scatter), 0)
    counted *= orders / counted.sum()
    whole = np.floor(counted).astype(np.int64)
    most = np.argsort(-(counted - whole), axis=None, kind="stable")
    np.add.at(whole.reshape(-1), most[: orders - whole.sum()], 1)
    return whole


def surges(seed: int, city: City, span: Span) -> NDArray[np.bool_]:
    """Zone-hours in which demand surges, shape (days, 24, zones); peak hours only."""
    drawn = draws(seed, "surge", span.days * 24 * ZONES_PER_CITY, city.index)
    surge = drawn.reshape(span.days, 24, ZONES_PER_CITY) < share(_SURGE_CHANCE)
    busy = hour_shares()[day_kinds(city, span)] > _BUSY_SHARE
    return surge & busy[:, :, None]


def _zone_table(city: City) -> NDArray[np.int8]:
    edges = np.cumsum([zone.share for zone in city.zones])
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    found = np.searchsorted(edges / edges[-1], levels, side="right")
    return found.astype(np.int8)


def arrivals(
    seed: int, city: City, span: Span, *, days: range, counts: NDArray[np.int64]
) -> Columns:
    """Day, second of the local day and zone (within the city) of each order.

    Orders come in the order of their time within each day.
    """
    sizes = [(day, int(counts[day])) for day in days]
    day = np.repeat(np.array(days), [size for _, size in sizes]).astype(np.int32)
    kinds = day_kinds(city, span)
    clocks = [
        _clock(int(kinds[d]))[np.sort(draws(seed, "clock", size, city.index, d))]
        for d, size in sizes
    ]
    second = np.concatenate(clocks) if clocks else np.zeros(0, np.int32)
    zone = _zone_table(city)[daily_draws(seed, "zone", sizes, city.index)]
    pulled = daily_draws(seed, "surge pull", sizes, city.index)
    hot = surges(seed, city, span)
    return {
        "day": day,
        "second": second,
        "zone": _pull(zone, hot[day, second // 3600], pulled),
    }


def _pull(
    zone: NDArray[np.int8], surging: NDArray[np.bool_], pulled: Draws
) -> NDArray[np.int8]:
    """Move a share of the city's orders into its surging zone."""
    target = surging.argmax(axis=1).astype(np.int8)
    moves = surging.any(axis=1) & (pulled < share(_SURGE_PULL))
    return np.where(moves, target, zone)
