"""Events beside the milestones: calls, changed addresses, alerts, photographs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import causes, fates, places
from sample_data import columns as col
from sample_data.observe import ORDER_DIGITS, RIDER_DIGITS, order_keys, started
from sample_data.stages import door_trouble
from sample_data.traits import Setting, take
from sample_data.world import STORM, Columns

TYPES = (
    "call_attempt", "address_change", "weather_alert", "road_closure",
    "building_delay", "merchant_closed_report", "damage_photo", "return_started",
    "returned", "unassigned", "proof_photo",
)  # fmt: skip
ACTORS = ("rider", "customer", "system", "merchant")
DETAILS = ("", "no answer", "bag crushed", "lid open at pick-up", "pin corrected")
_RIDER, _CUSTOMER, _SYSTEM = range(3)
_CALLS_S = (60, 190, 330)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of event: which orders, when, by whom, with what detail and place.

    ``other`` where not the rider of the order reports it, but another one.
    """

    type: str
    which: NDArray[np.bool_]
    at: NDArray
    actor: int
    detail: NDArray | int = 0
    placed: bool = False
    other: bool = False


def events_table(orders: Columns, setting: Setting) -> pa.Table:
    """All events of the orders, by kind."""
    start = started(orders, setting)
    parts = [
        _part(kind, orders, setting, start, nth=nth)
        for nth, kind in enumerate(_kinds(orders))
    ]
    return pa.concat_tables(parts).unify_dictionaries()


def _kinds(orders: Columns) -> list[_Kind]:
    delivered = orders["status"] == fates.DELIVERED
    returned = orders["status"] == fates.RETURNED
    waits = (orders["ended s"] > orders["there s"]) & orders["has calls"]
    rings = waits & (
        (door_trouble(orders) > 0) | (orders["reason"] == fates.UNREACHABLE)
    )
    spilled = (orders["complaint"] == fates.SPILLED) & causes.photo_kept(orders)
    picture = np.where(causes.crushed(orders), 2, 3)
    on_the_way = orders["ended s"] > orders["picked s"] + 90
    taken = orders["accepted s"] <= orders["ended s"]
    closed = orders["reason"] == fates.CLOSED
    created = np.zeros(len(delivered), dtype=np.int64)
    calls = [
        _Kind("call_attempt", rings, orders["there s"] + wait, _RIDER, 1, placed=True)
        for wait in _CALLS_S
    ]
    return [
        *calls,
        _Kind("address_change", on_the_way & (orders["address s"] > 0),
              orders["picked s"] + 90, _CUSTOMER, 4, placed=True),
        _Kind("weather_alert", orders["weather"] == STORM, created, _SYSTEM),
        _Kind("road_closure", on_the_way & (orders["road s"] > 0),
              orders["picked s"] + 30, _SYSTEM),
        _Kind("building_delay", delivered & (orders["building s"] > 0),
              orders["there s"] + 20, _RIDER, placed=True),
        _Kind("merchant_closed_report", closed, orders["ended s"] - 40, _RIDER),
        _Kind("merchant_closed_report", closed, orders["ended s"] - 15, _RIDER,
              other=True),
        _Kind("damage_photo", spilled, orders["done s"] + 60, _CUSTOMER, picture),
        _Kind("return_started", returned, orders["ended s"], _RIDER),
        _Kind("returned", returned, orders["ended s"] + 1500, _RIDER),
        _Kind("unassigned", (orders["gives"] > 0) & taken,
              np.maximum(orders["accepted s"] - 45, 1), _RIDER),
        _Kind("proof_photo", delivered & (orders["tap"] % 12 == 0),
              orders["seen delivered"] - 5, _RIDER, placed=True),
    ]  # fmt: skip


def _part(
    kind: _Kind, orders: Columns, setting: Setting, start: NDArray, *, nth: int
) -> pa.Table:
    rows = np.flatnonzero(kind.which)
    chosen = take(orders, rows)
    size = len(rows)
    lat, lng = _where(chosen, setting)
    who = chosen["other rider" if kind.other else "rider"]
    placed = np.full(size, kind.placed)
    detail = kind.detail
    codes = detail[rows] if isinstance(detail, np.ndarray) else np.full(size, detail)
    is_rider = np.full(size, kind.actor == _RIDER)
    return pa.table(
        {
            "event_id": col.keys(
                f"E{setting.city.code}",
                chosen["number"] * 100 + nth,
                width=ORDER_DIGITS + 2,
            ),
            "order_id": order_keys(chosen, setting),
            "event_type": col.constant(kind.type, size),
            "event_at": col.times(start[rows] + kind.at[rows]),
            "actor_kind": col.constant(ACTORS[kind.actor], size),
            "actor_id": col.keys("R", who, width=RIDER_DIGITS, valid=is_rider),
            "lat": col.degrees(lat, placed),
            "lng": col.degrees(lng, placed),
            "accuracy_m": col.integers(8 + chosen["tap place"] % 24, placed),
            "detail": col.choices(np.where(codes > 0, codes, -1), DETAILS),
        }
    )


def _where(chosen: Columns, setting: Setting) -> places.Metres:
    """The customer's real door."""
    shop = places.merchant_metres(setting, chosen["merchant id"])
    return places.degrees_of(setting.city, places.drop_metres(chosen, shop))
