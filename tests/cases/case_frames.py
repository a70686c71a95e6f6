"""Facts of single orders by hand: all to plan unless said otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

START = datetime(2026, 6, 1, 9, 0)  # noqa: DTZ001 - naive UTC, as published
TIMES = {
    "created_at": 0,
    "accepted_at": 2,
    "arrived_merchant_at": 6,
    "picked_up_at": 11,
    "arrived_customer_at": 20,
    "delivered_at": 23,
    "cancelled_at": None,
    "promised_at": 30,
    "promised_ready_at": 10,
    "promised_pickup_at": 11,
    "planned_accepted_at": 2,
    "planned_arrived_merchant_at": 6,
    "planned_arrived_customer_at": 20,
    "planned_delivered_at": 23,
}
OTHERS = {
    "order_id": "A0001",
    "status": "delivered",
    "cancel_reason": None,
    "cancel_source": None,
    "batch_id": None,
    "batch_detour_s": None,
    "weather": "clear",
    "calls_n": 0.0,
    "address_changes_n": 0.0,
    "weather_alerts_n": 0.0,
    "road_closures_n": 0.0,
    "building_delays_n": 0.0,
    "closed_reporters_n": 0.0,
    "damage_detail": None,
    "pin_door_m": None,
    "tap_pin_m": 10.0,
    "tap_accuracy_m": 12.0,
    "complaint_class": None,
    "rider_messages_n": 0.0,
}
#: What each milestone is followed by: a delay at one moves all later ones.
LATER = (
    "accepted_at", "arrived_merchant_at", "picked_up_at", "arrived_customer_at",
    "delivered_at",
)  # fmt: skip
NUMBERS = (
    "batch_detour_s", "pin_door_m", "tap_pin_m", "tap_accuracy_m", "calls_n",
)  # fmt: skip


def case(order_no: int = 1, **facts: object) -> dict[str, object]:
    """One order; times are minutes after creation."""
    return {"order_no": order_no, **TIMES, **OTHERS, **facts}


def delayed(order_no: int = 1, **facts: object) -> dict[str, object]:
    """One order whose stages took longer: ``kitchen=5`` and the like, minutes.

    ``dispatch`` moves the acceptance and so on; the food was ready when promised.
    """
    late = {
        name: float(facts.pop(name, 0))  # type: ignore[arg-type]
        for name in ("dispatch", "leg", "kitchen", "ride", "door")
    }
    accepted = 2 + late["dispatch"]
    arrived = accepted + 4 + late["leg"]
    picked = max(arrived, 10) + 1 + late["kitchen"]
    there = picked + 9 + late["ride"]
    times = (accepted, arrived, picked, there, there + 3 + late["door"])
    return case(order_no, **dict(zip(LATER, times, strict=True)), **facts)


def frame_of(*cases: dict[str, object]) -> pd.DataFrame:
    """Cases as ``metrics.case_facts`` gives them."""
    frame = pd.DataFrame(list(cases))
    for name in TIMES:
        frame[name] = pd.to_datetime(
            [
                None if minutes is None or pd.isna(minutes)
                else START + timedelta(minutes=float(minutes))
                for minutes in frame[name]
            ]
        )  # fmt: skip
    for name in NUMBERS:
        frame[name] = frame[name].astype(float)
    late = frame["delivered_at"] - frame["promised_at"]
    return frame.assign(minutes_late=late.dt.total_seconds() / 60)
