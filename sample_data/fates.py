"""How orders end: delivered, cancelled, failed; and what customers make of it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sample_data.plants.base import Levers
from sample_data.streams import LEVELS, Draws, share
from sample_data.world import RAIN, STORM, Columns

STATUSES = ("delivered", "cancelled", "returned", "failed")
DELIVERED, CANCELLED, RETURNED, FAILED = range(4)

CANCEL_SOURCES = ("merchant", "customer", "rider", "platform")
REASONS = (
    "out of stock", "merchant closed", "changed mind", "waited too long",
    "vehicle failure", "rider refused", "no rider found", "late risk",
    "customer unreachable", "customer refused", "damaged on the way",
)  # fmt: skip
(
    OUT_OF_STOCK, CLOSED, CHANGED_MIND, WAITED, VEHICLE, RIDER_REFUSED, NO_RIDER,
    LATE_RISK, UNREACHABLE, REFUSED, DAMAGED,
) = range(11)  # fmt: skip
_SOURCE_OF = np.array([0, 0, 1, 1, 2, 2, 3, 3, 1, 1, 2], dtype=np.int8)

COMPLAINT_CLASSES = (
    "late", "missing item", "wrong item", "spilled", "attitude", "early tap",
    "not delivered",
)  # fmt: skip
LATE, MISSING, WRONG, SPILLED, ATTITUDE, EARLY_TAP, NOT_DELIVERED = range(7)

_NO_RIDER_S = 900
_PATIENCE_S = 540
_RESCUE_S = 300
_COMPENSATED_S = 900


@cache
def _by_lateness(knots: tuple[tuple[int, float], ...]) -> NDArray[np.int32]:
    """Levels by minutes late from -20 to 100, straight between the knots."""
    minutes = np.arange(-20, 101)
    at, chance = zip(*knots, strict=True)
    return np.round(np.interp(minutes, at, chance) * LEVELS).astype(np.int32)


def _chance(orders: Columns, *knots: tuple[int, float]) -> NDArray[np.int32]:
    minutes = np.clip(orders["late s"] // 60, -20, 100) + 20
    return _by_lateness(knots)[minutes]


def settle(orders: Columns, levers: Levers) -> None:
    """Decide how each order ends; adds ``status``, ``reason`` and ``ended s``."""
    orders["late s"] = orders["done s"] - orders["promise"]
    size = len(orders["day"])
    orders["reason"] = np.full(size, -1, dtype=np.int8)
    orders["ended s"] = orders["done s"].copy()
    for reason, happens, at in _endings(orders, levers):
        new = happens & (orders["reason"] < 0)
        orders["reason"][new] = reason
        orders["ended s"][new] = at[new]
    orders["status"] = _status(orders)
    orders["source"] = np.where(
        orders["reason"] >= 0, _SOURCE_OF[orders["reason"]], -1
    ).astype(np.int8)


def _endings(
    orders: Columns, levers: Levers
) -> list[tuple[int, NDArray[np.bool_], NDArray]]:
    """Every way not to be delivered: reason, which orders, seconds after ordering.

    Listed in the order in which they take precedence.
    """
    confirmed = orders["confirmed s"]
    merchant = orders["merchant cancels"]
    closed = merchant < levers.of("merchant_cancel")
    sold_out = merchant >= LEVELS - share(0.006)
    customer = orders["customer cancels"]
    planned = _planned_pick_up(orders)
    waited = (orders["picked s"] - planned > _PATIENCE_S) & (
        orders["waits"] < share(0.16)
    )
    rider = orders["rider cancels"]
    fails = orders["fails"]
    rescue = (orders["done s"] - orders["promise"] > _RESCUE_S) & (
        orders["waits"] >= LEVELS - share(0.7)
    )
    at_shop = orders["arrived s"] + 60
    at_door = orders["there s"] + 480
    return [
        (CLOSED, closed, confirmed + 60 + merchant % 240),
        (OUT_OF_STOCK, sold_out, confirmed + 60 + merchant % 240),
        (CHANGED_MIND, customer < share(0.009), 20 + customer % 200),
        (NO_RIDER, (orders["accepted s"] > _NO_RIDER_S) & (customer > share(0.5)),
         np.full(len(merchant), _NO_RIDER_S)),
        (LATE_RISK, rescue & (np.asarray(levers.of("rescue")) > 0), planned + 240),
        (WAITED, waited, planned + _PATIENCE_S),
        (VEHICLE, rider < share(0.0012), at_shop),
        (RIDER_REFUSED, rider >= LEVELS - share(0.0014), at_shop),
        (UNREACHABLE, fails < share(0.0028), at_door),
        (REFUSED, fails >= LEVELS - share(0.0011), orders["there s"] + 150),
        (DAMAGED, (fails > share(0.5)) & (fails < share(0.5008)),
         orders["picked s"] + 300),
    ]  # fmt: skip


def _planned_pick_up(orders: Columns) -> NDArray[np.int32]:
    way = orders["plan dispatch"] + orders["plan leg"]
    return np.maximum(way, orders["plan prep"]) + 80


def _status(orders: Columns) -> NDArray[np.int8]:
    reason = orders["reason"]
    undelivered = np.isin(reason, (UNREACHABLE, REFUSED))
    status = np.where(reason < 0, DELIVERED, CANCELLED)
    status = np.where(undelivered, RETURNED, status)
    kept = undelivered & (orders["fails"] % 5 <= 1)
    return np.where(kept | (reason == DAMAGED), FAILED, status).astype(np.int8)


def judge_by_customers(orders: Columns, bad_tap: NDArray[np.bool_]) -> None:
    """Ratings and complaints; adds ``stars`` (0 is none) and ``complaint`` (-1)."""
    delivered = orders["status"] == DELIVERED
    orders["complaint"] = _complaints(orders, delivered, bad_tap)
    hurt = orders["complaint"] >= 0
    low = _chance(orders, (-5, 0.025), (0, 0.04), (5, 0.16), (15, 0.42), (40, 0.72))
    low = np.where(hurt, share(0.62), low)
    middle = _chance(orders, (-5, 0.12), (0, 0.15), (10, 0.30), (30, 0.18))
    drawn = orders["stars"].astype(np.int32)
    stars = np.where(drawn < low, 1 + drawn % 2, np.where(drawn < low + middle, 3, 4))
    stars = np.where(drawn > low + middle + share(0.2), 5, stars)
    answers = orders["rated"] < np.where(hurt, share(0.5), share(0.21))
    orders["rating"] = np.where(delivered & answers, stars, 0).astype(np.int8)


def _complaints(
    orders: Columns, delivered: NDArray[np.bool_], bad_tap: NDArray[np.bool_]
) -> NDArray[np.int8]:
    size = len(delivered)
    found = np.full(size, -1, dtype=np.int8)
    drawn = orders["complains"]
    late = _chance(orders, (-20, 0), (0, 0), (5, 0.04), (15, 0.14), (40, 0.34))
    found[delivered & (drawn < late)] = LATE
    top = LEVELS - 1 - drawn.astype(np.int32)
    edges = np.cumsum([share(x) for x in (0.0032, 0.0018, 0.0017, 0.0013)])
    other = np.searchsorted(edges, top, side="right")
    happens = delivered & (found < 0) & (other < len(edges))
    found[happens] = other[happens] + MISSING
    found[delivered & bad_tap & (orders["class"] < share(0.12))] = EARLY_TAP
    undelivered = (orders["status"] == RETURNED) | (orders["status"] == FAILED)
    found[undelivered & (orders["class"] < share(0.6))] = NOT_DELIVERED
    return found


def cents(amounts: NDArray, factor: float) -> NDArray[np.int64]:
    """Whole cents of amounts given in currency, scaled."""
    return np.floor(amounts.astype(np.float64) * factor * 100).astype(np.int64)


def money(orders: Columns, *, basket: float, pay: float, spread: Draws) -> None:
    """Cost parts in whole cents of the local currency; adds columns."""
    shape = 0.45 + spread.astype(np.float64) / LEVELS * 1.3
    orders["basket c"] = cents(shape, basket)
    distance = orders["metres"] / 1000
    orders["fee c"] = cents(0.35 + 0.12 * distance, pay)
    delivered = orders["status"] == DELIVERED
    rode = orders["ended s"] > orders["picked s"]
    orders["pay c"] = np.where(rode, cents(0.7 + 0.13 * distance, pay), 0)
    bonus = orders["surge"] | (orders["weather"] == RAIN) | (orders["weather"] == STORM)
    orders["incentive c"] = np.where(rode & bonus, cents(np.array([0.25]), pay), 0)
    hurt = orders["complaint"] >= 0
    item = (orders["complaint"] == MISSING) | (orders["complaint"] == WRONG)
    whole = ~delivered | (orders["complaint"] == SPILLED)
    refund = np.where(
        whole, orders["basket c"], np.where(item, orders["basket c"] // 3, 0)
    )
    orders["refund c"] = refund
    slow = delivered & (orders["late s"] > _COMPENSATED_S)
    orders["compensation c"] = np.where(slow | hurt, orders["basket c"] // 10, 0)
    returned = orders["status"] == RETURNED
    orders["return c"] = np.where(returned, cents(np.array([0.8]), pay), 0)
