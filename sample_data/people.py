"""Riders, merchants and customers: who they are, before anything happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.streams import LEVELS, draws, exponential, lognormal, share, weighted
from sample_data.world import (
    CAPACITY_TYPES,
    MERCHANT_TYPES,
    ZONES_PER_CITY,
    City,
    Columns,
    Span,
    cities,
    zone_types,
)

#: Orders of 26 weeks that one rider, merchant or customer stands for.
ORDERS_PER_RIDER = 480
ORDERS_PER_MERCHANT = 800
ORDERS_PER_CUSTOMER = 18

#: Share of riders by working pattern: night, morning, lunch, late, dinner.
PATTERNS = np.array([0.08, 0.21, 0.28, 0.20, 0.23])

_CAPACITY = np.array([0.30, 0.30, 0.25, 0.15])
_VEHICLES = np.array([0.62, 0.18, 0.12, 0.08])
_TYPES_BY_ZONE = np.array([
    [.34, .16, .18, .12, .10, .10],
    [.36, .12, .22, .12, .08, .10],
    [.18, .08, .08, .48, .10, .08],
    [.26, .16, .22, .06, .18, .12],
    [.26, .22, .22, .06, .16, .08],
])  # fmt: skip
_TENURE_MEAN_DAYS = 420


@dataclass(frozen=True, slots=True)
class People:
    """Riders, merchants and customers of the whole world.

    Attributes:
        riders: Columns by rider, city by city, zone by zone, pattern by pattern.
        merchants: Columns by merchant, city by city and zone by zone.
        customers: Number of customers of each zone.
        rider_bounds: First rider of each city, and the number of all at the end.
        merchant_bounds: First merchant of each zone, and the number of all at the end.
        customer_bounds: First customer of each zone, and the number of all at the end.
    """

    riders: Columns
    merchants: Columns
    customers: int
    rider_bounds: NDArray[np.int64]
    merchant_bounds: NDArray[np.int64]
    customer_bounds: NDArray[np.int64]


def _split(total: int, shares: NDArray[np.float64], *, least: int) -> NDArray[np.int64]:
    return np.maximum(np.round(total * shares / shares.sum()), least).astype(np.int64)


def _zone_shares() -> NDArray[np.float64]:
    return np.array([c.share * z.share for c in cities() for z in c.zones])


def _bounds(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)])


def populate(seed: int, orders: int, span: Span) -> People:
    """Everybody who appears in a world of so many orders."""
    half_years = span.days / 182
    per_zone = orders / half_years * _zone_shares() / _zone_shares().sum()
    rider_sizes = _split(int(orders / half_years / ORDERS_PER_RIDER), per_zone, least=6)
    rider_sizes = np.round(rider_sizes * (1 + 0.55 * half_years) / 1.55).astype(int)
    merchant_sizes = _split(orders // ORDERS_PER_MERCHANT, per_zone, least=8)
    customer_sizes = _split(orders // ORDERS_PER_CUSTOMER, per_zone, least=30)
    riders = _riders(seed, rider_sizes, span)
    by_city = np.bincount(riders["zone"] // ZONES_PER_CITY, minlength=len(cities()))
    return People(
        riders=riders,
        merchants=_merchants(seed, merchant_sizes),
        customers=int(customer_sizes.sum()),
        rider_bounds=_bounds(by_city),
        merchant_bounds=_bounds(merchant_sizes),
        customer_bounds=_bounds(customer_sizes),
    )


def _riders(seed: int, sizes: NDArray[np.int64], span: Span) -> Columns:
    count = int(sizes.sum())
    zone = np.repeat(np.arange(len(sizes)), sizes).astype(np.int16)
    rank = np.arange(count) - np.repeat(_bounds(sizes)[:-1], sizes)
    spread = np.round(np.cumsum(PATTERNS) * 1000)
    place = (rank * 618) % 1000
    pattern = np.searchsorted(spread, place, side="right").astype(np.int8)
    order = np.lexsort((rank, pattern, zone))
    capacity = weighted(_CAPACITY)[draws(seed, "rider capacity", count)]
    return {
        "zone": zone[order],
        "pattern": pattern[order],
        "capacity": capacity.astype(np.int8),
        "vehicle": weighted(_VEHICLES)[draws(seed, "rider vehicle", count)].astype(
            np.int8
        ),
        "skill": lognormal(0.055)[draws(seed, "rider skill", count)],
        "partner": draws(seed, "rider partner", count) % 5,
        **_careers(seed, count, span, capacity),
    }


def _careers(seed: int, count: int, span: Span, capacity: NDArray[np.int32]) -> Columns:
    """Day of joining and leaving (a simulated day's number; may lie outside)."""
    veteran = draws(seed, "rider veteran", count) < share(
        1 / (1 + 0.55 * span.days / 182)
    )
    before = -exponential(_TENURE_MEAN_DAYS)[draws(seed, "rider tenure", count)]
    within = draws(seed, "rider joins", count).astype(np.int64) * span.days // LEVELS
    joined = np.where(veteran, before.astype(np.int64) - 1, within)
    stay = exponential(1.0)[draws(seed, "rider stay", count)] * np.where(
        capacity == CAPACITY_TYPES.index("crowd"), 260, 420
    )
    left = np.maximum(joined, 0) + 14 + stay.astype(np.int64)
    return {"joined": joined.astype(np.int32), "left": left.astype(np.int32)}


def _merchants(seed: int, sizes: NDArray[np.int64]) -> Columns:
    count = int(sizes.sum())
    zone = np.repeat(np.arange(len(sizes)), sizes).astype(np.int16)
    kind_draw = draws(seed, "merchant type", count)
    tables = np.array([weighted(row) for row in _TYPES_BY_ZONE])
    kind = tables[zone_types()[zone], kind_draw].astype(np.int8)
    side = normal_metres(seed, "merchant place", count)
    return {
        "zone": zone,
        "type": kind,
        "category": _categories(seed, kind),
        "speed": lognormal(0.13)[draws(seed, "merchant speed", count)],
        "known": lognormal(0.05)[draws(seed, "merchant estimate", count)],
        "popularity": lognormal(0.7)[draws(seed, "merchant popularity", count)],
        "brand": (draws(seed, "merchant brand", count) % 24).astype(np.int16),
        "east": side[0],
        "north": side[1],
    }


def normal_metres(seed: int, purpose: str, count: int) -> list[NDArray[np.float32]]:
    """Offsets to the east and north of a zone's centre, in metres."""
    scatter = lognormal(0.6)
    sides = [draws(seed, f"{purpose} {axis}", count) for axis in ("east", "north")]
    return [np.where(d & 1, 1, -1) * 420 * scatter[d] for d in sides]


def _categories(seed: int, kind: NDArray[np.int8]) -> NDArray[np.int8]:
    free = draws(seed, "merchant category", len(kind)) % 4
    grocery, cakes = (MERCHANT_TYPES.index(t) for t in ("grocery", "cake and fragile"))
    fixed = np.select([kind == grocery, kind == cakes], [4, 5], default=-1)
    return np.where(fixed >= 0, fixed, free).astype(np.int8)


def merchant_tables(people: People, city: City) -> NDArray[np.int32]:
    """Table from zone (in the city) and draw to a merchant, by popularity."""
    rows = []
    for zone in range(city.index * ZONES_PER_CITY, (city.index + 1) * ZONES_PER_CITY):
        low, high = people.merchant_bounds[zone : zone + 2]
        weights = people.merchants["popularity"][low:high].astype(np.float64)
        rows.append(weighted(weights) + np.int32(low))
    return np.array(rows)
