"""The KPI page's views computed once more with pandas, row by row."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from sqlglot import exp

MILESTONES = [
    "created_at", "accepted_at", "arrived_merchant_at", "picked_up_at",
    "arrived_customer_at", "delivered_at",
]  # fmt: skip
PLANS = [
    "created_at", "planned_accepted_at", "planned_arrived_merchant_at",
    "promised_pickup_at", "planned_arrived_customer_at", "planned_delivered_at",
]  # fmt: skip
COLUMNS = [
    *dict.fromkeys([*MILESTONES, *PLANS]), "promised_at", "cancelled_at", "order_no",
    "country", "city", "zone", "merchant_type", "merchant_id", "rider_id", "status",
    "capacity_type", "cancel_source", "complaint_reason", "rating", "local_date",
    "local_hour", "local_weekday", "drop_lat", "drop_lng",
]  # fmt: skip
BANDS = ["in time", "0-5 min", "5-10 min", "10-20 min", "20-30 min", "over 30 min"]


def frame_of(dataset) -> pd.DataFrame:
    """The columns of the orders that the views read."""
    names = [name for name in COLUMNS if name in dataset.fields]
    chosen = [exp.column(name, quoted=True) for name in names]
    return dataset.engine.run(exp.select(*chosen).from_("orders")).to_pandas()


def delivered(orders: pd.DataFrame) -> pd.DataFrame:
    return orders[orders["status"].eq("delivered").fillna(value=False).astype(bool)]


def microseconds(start: pd.Series, end: pd.Series) -> pd.Series:
    whole = (end - start).astype("timedelta64[us]")
    return whole.astype("int64")


def funnel(orders: pd.DataFrame, *, milestones=MILESTONES, plans=PLANS) -> dict:
    """Sums in microseconds over delivered orders with every time."""
    done = delivered(orders)
    needed = [*milestones, *plans, *(["promised_at"] if plans else [])]
    full = done.dropna(subset=list(dict.fromkeys(needed)))
    pairs = list(itertools.pairwise(milestones))
    planned = list(itertools.pairwise(plans)) if plans else []
    return {
        "n": len(full),
        "delivered": len(done),
        "stages": [int(microseconds(full[a], full[b]).sum()) for a, b in pairs],
        "plans": [int(microseconds(full[a], full[b]).sum()) for a, b in planned],
        "total": int(microseconds(full["created_at"], full["delivered_at"]).sum()),
        "promised": int(microseconds(full["created_at"], full["promised_at"]).sum())
        if plans
        else None,
    }


def minutes_late(orders: pd.DataFrame) -> pd.Series:
    """Of delivered orders with both times; NaN elsewhere."""
    late = (orders["delivered_at"] - orders["promised_at"]).dt.total_seconds() / 60
    return late.where(orders["status"].eq("delivered").fillna(value=False))


def severity(orders: pd.DataFrame) -> list[int]:
    late = minutes_late(orders).dropna()
    edges = [-np.inf, 0, 5, 10, 20, 30, np.inf]
    found = pd.cut(late, edges, labels=BANDS).value_counts()
    return [int(found[band]) for band in BANDS]


def leaves(orders: pd.DataFrame, complained: set, low: set) -> dict[str, int]:
    """Orders by leaf, each decided by itself.

    Args:
        orders: The orders.
        complained: Numbers of delivered orders with a complaint.
        low: Numbers of orders with a low rating.
    """
    names = [
        _leaf(row, complained, low)
        for row in zip(
            orders["order_no"], orders["status"], orders["cancel_source"],
            minutes_late(orders), strict=True,
        )
    ]  # fmt: skip
    return pd.Series(names, dtype=object).value_counts().to_dict()


def _leaf(row, complained, low) -> str:
    number, status, source, late = row
    if status == "cancelled":
        known = {"customer", "merchant", "rider", "platform"}
        return (
            f"cancelled by {source}" if source in known else "cancelled, party unknown"
        )
    if status in ("failed", "returned"):
        return "failed or returned"
    if status != "delivered":
        return "still open"
    prefix = "late" if late > 0 else "not late"
    if number in complained:
        return f"{prefix}, complained"
    if number in low:
        return f"{prefix}, rated low"
    return "late, nothing said" if prefix == "late" else "nothing bad"
