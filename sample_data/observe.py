"""What the orders table shows of what happened, dirt included."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import columns as col
from sample_data import fates, places
from sample_data.demand import RAMADAN, day_kinds
from sample_data.streams import LEVELS, share
from sample_data.traits import Setting
from sample_data.world import (
    CAPACITY_TYPES,
    CATEGORIES,
    MERCHANT_TYPES,
    VEHICLES,
    WEATHER,
    ZONE_TYPES,
    ZONES_PER_CITY,
    Columns,
    zone_names,
    zone_types,
)

SCENARIOS = ("lunch peak", "dinner peak", "off-peak", "night")
PAYMENTS = ("card", "cash", "wallet", "voucher")

ORDER_DIGITS = 10
RIDER_DIGITS = 7
MERCHANT_DIGITS = 7
CUSTOMER_DIGITS = 8

#: Share of orders that lose a milestone, or get a wrong one, by what is lost.
LOST = {
    "arrived_merchant_at": 0.030,
    "arrived_customer_at": 0.020,
    "picked_up_at": 0.005,
    "accepted_at": 0.006,
}
LOST_READY = 0.12
CLOCK_OFF = 0.005
TRAILING_BLANK = 0.003
PIN_AT_ZERO = 0.001
MIS_TAP = 0.0008
CLOCK_OFF_S = 60

_LUNCH, _DINNER, _IFTAR, _DAY = (11, 14), (18, 21), (16, 21), (5, 23)


def started(orders: Columns, setting: Setting) -> NDArray[np.int64]:
    """Seconds since 1970 in UTC at which each order was created."""
    days = np.unique(orders["day"])
    midnight = {d: setting.city.midnight(setting.span.day(d)) for d in days.tolist()}
    table = np.zeros(int(days.max()) + 1 if len(days) else 1, dtype=np.int64)
    for day, second in midnight.items():
        table[day] = second
    return table[orders["day"]] + orders["second"]


def _within(hour: NDArray, first: int, stop: int) -> NDArray[np.bool_]:
    return (hour >= first) & (hour < stop)


def scenario(orders: Columns, setting: Setting) -> NDArray[np.int8]:
    """Codes of the part of the day an order falls into."""
    hour = orders["second"] // 3600
    lunch, dinner = _within(hour, *_LUNCH), _within(hour, *_DINNER)
    ramadan = day_kinds(setting.city, setting.span)[orders["day"]] == RAMADAN
    lunch &= ~ramadan
    dinner |= ramadan & _within(hour, *_IFTAR)
    night = ~_within(hour, *_DAY)
    return np.select([lunch, dinner, night], [0, 1, 3], default=2).astype(np.int8)


def see(orders: Columns, *, dirty: bool) -> None:
    """Work out what was recorded of each order; adds ``seen`` columns.

    Times are seconds after creation; ``has`` columns say whether they are there.
    """
    ended = orders["ended s"]
    delivered = orders["status"] == fates.DELIVERED
    tap = orders["tap s"]
    orders["seen delivered"] = np.maximum(
        orders["done s"] - tap, np.minimum(orders["picked s"] + 60, orders["done s"])
    )
    for name in ("accepted", "arrived", "ready", "picked", "there"):
        orders[f"seen {name}"] = orders[f"{name} s"]
        orders[f"has {name}"] = delivered | (orders[f"{name} s"] <= ended)
    if dirty:
        _lose(orders)
        _misread(orders, delivered)


def lost(orders: Columns) -> dict[str, NDArray[np.bool_]]:
    """Which orders lost which milestone."""
    drawn, edge, found = orders["lost"], 0, {}
    for name, chance in LOST.items():
        found[name] = (drawn >= edge) & (drawn < edge + share(chance))
        edge += share(chance)
    found["ready_at"] = orders["lost too"] < share(LOST_READY)
    return found


_HAS = {
    "arrived_merchant_at": "has arrived",
    "arrived_customer_at": "has there",
    "picked_up_at": "has picked",
    "accepted_at": "has accepted",
    "ready_at": "has ready",
}


def _lose(orders: Columns) -> None:
    for name, gone in lost(orders).items():
        orders[_HAS[name]] = orders[_HAS[name]] & ~gone


def clock_off(orders: Columns) -> NDArray[np.bool_]:
    """Orders whose rider's telephone runs a minute fast."""
    return orders["clock off"] < share(CLOCK_OFF)


def mis_tapped(orders: Columns) -> NDArray[np.bool_]:
    """Orders on which "arrived at customer" was tapped after "delivered"."""
    return orders["clock off"] >= LEVELS - share(MIS_TAP)


def _misread(orders: Columns, delivered: NDArray[np.bool_]) -> None:
    fast = np.where(clock_off(orders), CLOCK_OFF_S, 0).astype(np.int32)
    for name in ("arrived", "picked", "there"):
        orders[f"seen {name}"] = orders[f"seen {name}"] + fast
    slipped = delivered & mis_tapped(orders)
    orders["seen there"] = np.where(
        slipped, orders["seen delivered"] + 35, orders["seen there"]
    )


def orders_table(orders: Columns, setting: Setting, *, dirty: bool) -> pa.Table:
    """The orders table as it is written."""
    return pa.table(
        {
            **_identity(orders, setting),
            **_place(orders, setting, dirty=dirty),
            **_kind(orders, setting, dirty=dirty),
            **_milestones(orders, setting),
            **_outcome(orders),
            **_money(orders, setting),
            **_coordinates(orders, setting, dirty=dirty),
            **_plans(orders, setting),
        }
    )


def _identity(orders: Columns, setting: Setting) -> dict[str, pa.Array]:
    code = setting.city.code
    ridden = orders["has accepted"] | (orders["ended s"] >= orders["accepted s"])
    return {
        "order_id": order_keys(orders, setting),
        "rider_id": col.keys("R", orders["rider"], width=RIDER_DIGITS, valid=ridden),
        "merchant_id": col.keys("M", orders["merchant id"], width=MERCHANT_DIGITS),
        "customer_id": col.keys("C", orders["customer id"], width=CUSTOMER_DIGITS),
        "batch_id": col.keys(
            f"B{code}",
            orders["batch"],
            width=ORDER_DIGITS,
            valid=orders["joins"] | orders["leads"],
        ),
    }


def order_keys(orders: Columns, setting: Setting) -> pa.StringArray:
    """Order numbers: the city's code, the day and the place within the day."""
    return col.keys(setting.city.code, orders["number"], width=ORDER_DIGITS)


def _blanked(
    codes: NDArray, values: list[str], which: NDArray[np.bool_]
) -> pa.DictionaryArray:
    """Choices of which some carry a trailing blank."""
    spaced = [f"{value} " for value in values]
    shifted = np.where(which & (codes >= 0), codes + len(values), codes)
    return col.choices(shifted, values + spaced)


def blanked(orders: Columns) -> NDArray[np.bool_]:
    """Orders whose zone and capacity type carry a trailing blank."""
    return orders["blanks"] < share(TRAILING_BLANK)


def _place(orders: Columns, setting: Setting, *, dirty: bool) -> dict[str, pa.Array]:
    city, size = setting.city, len(orders["day"])
    code = orders["zone"] + city.index * ZONES_PER_CITY
    spaced = blanked(orders) & dirty
    return {
        "country": col.constant(city.country, size),
        "region": col.constant(city.region, size),
        "city": col.constant(city.name, size),
        "zone": _blanked(code, zone_names(), spaced),
        "zone_type": col.choices(zone_types()[code], ZONE_TYPES),
        "timezone": col.constant(city.timezone, size),
    }


def _kind(orders: Columns, setting: Setting, *, dirty: bool) -> dict[str, pa.Array]:
    people, rider = setting.people, orders["rider"]
    shop = orders["merchant id"]
    ridden = orders["ended s"] >= orders["accepted s"]
    capacity = np.where(ridden, people.riders["capacity"][rider], -1)
    vehicle = np.where(ridden, people.riders["vehicle"][rider], -1)
    spaced = blanked(orders) & dirty
    return {
        "merchant_type": col.choices(people.merchants["type"][shop], MERCHANT_TYPES),
        "category": col.choices(people.merchants["category"][shop], CATEGORIES),
        "scenario": col.choices(scenario(orders, setting), SCENARIOS),
        "capacity_type": _blanked(capacity, list(CAPACITY_TYPES), spaced),
        "vehicle": col.choices(vehicle, VEHICLES),
        "weather": col.choices(orders["weather"], WEATHER),
        "payment_type": col.choices(orders["payment"] % 7 // 2, PAYMENTS),
        "is_prebook": col.flags(orders["prebook"] < share(0.04)),
        "is_surge": col.flags(orders["surge"]),
        "distance_m": col.integers(orders["metres"]),
    }


def _milestones(orders: Columns, setting: Setting) -> dict[str, pa.Array]:
    start = started(orders, setting)
    ended = orders["ended s"]
    delivered = orders["status"] == fates.DELIVERED

    def at(seconds: NDArray, valid: NDArray[np.bool_] | None = None) -> pa.Array:
        return col.times(start + seconds, valid)

    def seen(name: str) -> pa.Array:
        return at(orders[f"seen {name}"], orders[f"has {name}"])

    return {
        "created_at": col.times(start),
        "merchant_accepted_at": at(
            orders["confirmed s"], orders["confirmed s"] <= ended
        ),
        "pushed_at": at(orders["pushed s"], orders["pushed s"] <= ended),
        "accepted_at": seen("accepted"),
        "arrived_merchant_at": seen("arrived"),
        "ready_at": seen("ready"),
        "picked_up_at": seen("picked"),
        "arrived_customer_at": seen("there"),
        "delivered_at": at(orders["seen delivered"], delivered),
        "cancelled_at": at(ended, orders["status"] == fates.CANCELLED),
        "promised_at": at(orders["promise"] + orders["promise fault"]),
        "promised_ready_at": at(orders["plan prep"]),
        "promised_pickup_at": at(planned_pick_up(orders)),
    }


def planned_pick_up(orders: Columns) -> NDArray[np.int32]:
    """Seconds after creation at which the plan has the order picked up."""
    way = orders["plan dispatch"] + orders["plan leg"]
    return np.maximum(way, orders["plan prep"]) + 80


def _outcome(orders: Columns) -> dict[str, pa.Array]:
    cancelled = orders["status"] == fates.CANCELLED
    source = np.where(cancelled, orders["source"], -1)
    reason = np.where(orders["reason hidden"], -1, orders["reason"])
    return {
        "status": col.choices(orders["status"], fates.STATUSES),
        "cancel_source": col.choices(
            np.where(orders["reason hidden"], -1, source), fates.CANCEL_SOURCES
        ),
        "cancel_reason": col.choices(reason, fates.REASONS),
        "rating": col.integers(orders["rating"], orders["rating"] > 0),
        "complaint_reason": col.choices(orders["complaint"], fates.COMPLAINT_CLASSES),
        "pushed_count": col.integers(1 + orders["refused"] + orders["gives"]),
        "refused_count": col.integers(orders["refused outright"]),
        "strategy_id": col.choices(orders["strategy"], orders_strategies()),
        "variant": col.choices(orders["variant"], VARIANTS),
    }


VARIANTS = ("control", "treatment")


def orders_strategies() -> list[str]:
    """Ids of the strategies, in the order of their codes."""
    return [f"S{number}" for number in range(1, 9)]


def _money(orders: Columns, setting: Setting) -> dict[str, pa.Array]:
    refunded = orders["refund c"] > 0
    paid = orders["compensation c"] > 0
    size = len(orders["day"])
    return {
        "basket_amount": col.amounts(orders["basket c"]),
        "delivery_fee": col.amounts(orders["fee c"]),
        "refund_amount": col.amounts(orders["refund c"], refunded),
        "compensation_amount": col.amounts(orders["compensation c"], paid),
        "rider_pay": col.amounts(orders["pay c"]),
        "incentive_cost": col.amounts(orders["incentive c"]),
        "contact_cost": col.amounts(orders["contact c"], orders["contact c"] > 0),
        "return_cost": col.amounts(orders["return c"], orders["return c"] > 0),
        "currency": col.constant(setting.city.currency, size),
    }


def _coordinates(
    orders: Columns, setting: Setting, *, dirty: bool
) -> dict[str, pa.Array]:
    city = setting.city
    shop = places.merchant_metres(setting, orders["merchant id"])
    drop = places.drop_metres(orders, shop)
    off = places.heading(orders["north"], orders["pin off m"])
    pin = places.degrees_of(city, (drop[0] + off[0], drop[1] + off[1]))
    away = places.heading(orders["tap place"], orders["tap away m"])
    tap = places.degrees_of(city, (drop[0] + away[0], drop[1] + away[1]))
    pickup = places.degrees_of(city, shop)
    zero = np.where(dirty & (orders["blanks"] >= LEVELS - share(PIN_AT_ZERO)), 0.0, 1.0)
    tapped = orders["status"] == fates.DELIVERED
    return {
        "pickup_lat": col.degrees(pickup[0]),
        "pickup_lng": col.degrees(pickup[1]),
        "drop_lat": col.degrees(pin[0] * zero),
        "drop_lng": col.degrees(pin[1] * zero),
        "tap_lat": col.degrees(tap[0], tapped),
        "tap_lng": col.degrees(tap[1], tapped),
        "tap_accuracy_m": col.integers(6 + (orders["tap place"] & 31), tapped),
    }


def _plans(orders: Columns, setting: Setting) -> dict[str, pa.Array]:
    """The plan behind the promise, stage by stage, before slack."""
    start = started(orders, setting)
    way = orders["plan dispatch"] + orders["plan leg"]
    there = planned_pick_up(orders) + orders["plan ride"]
    return {
        "planned_accepted_at": col.times(start + orders["plan dispatch"]),
        "planned_arrived_merchant_at": col.times(start + way),
        "planned_arrived_customer_at": col.times(start + there),
        "planned_delivered_at": col.times(start + there + orders["plan door"]),
        "batch_detour_s": col.integers(
            orders["detour s"], orders["joins"] | orders["leads"]
        ),
    }
