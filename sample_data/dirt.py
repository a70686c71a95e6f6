"""Dirt: rows uploaded twice, and how much there is of everything that is wrong."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import fates, observe
from sample_data.stages import door_trouble
from sample_data.streams import LEVELS, draws, share
from sample_data.traits import Setting
from sample_data.world import Columns

_HOURS_AGAIN = 0.0025


def uploaded_twice(orders: Columns, setting: Setting) -> NDArray[np.int64]:
    """Rows of orders that lie in an hour of a day that was uploaded twice."""
    days = np.unique(orders["day"])
    if not len(days):
        return np.zeros(0, dtype=np.int64)
    again = np.zeros((int(days.max()) + 1, 24), dtype=bool)
    for day in days.tolist():
        drawn = draws(setting.seed, "uploads", 24, setting.city.index, day)
        again[day] = drawn < share(_HOURS_AGAIN)
    return np.flatnonzero(again[orders["day"], orders["second"] // 3600])


def soil(table: pa.Table, orders: Columns, setting: Setting) -> pa.Table:
    """The orders table with the rows that were uploaded twice at its end."""
    again = uploaded_twice(orders, setting)
    return pa.concat_tables([table, table.take(again)]) if len(again) else table


def amounts(orders: Columns, setting: Setting) -> dict[str, int]:
    """How many orders carry each kind of dirt."""
    delivered = orders["status"] == fates.DELIVERED
    past = {
        "accepted_at": "accepted s",
        "arrived_merchant_at": "arrived s",
        "ready_at": "ready s",
        "picked_up_at": "picked s",
        "arrived_customer_at": "there s",
    }
    ended = orders["ended s"]
    gone = {
        f"missing {name}": lost & (delivered | (orders[past[name]] <= ended))
        for name, lost in observe.lost(orders).items()
    }
    kinds = gone | {
        "taps before arrival": delivered
        & (orders["seen delivered"] < orders["seen there"])
        & orders["has there"],
        "clocks off by a minute": observe.clock_off(orders),
        "trailing blanks": observe.blanked(orders),
        "pins at zero": orders["blanks"] >= LEVELS - share(observe.PIN_AT_ZERO),
        "wrong pins": orders["pin off m"] > 0,
        "cancel reasons lost": orders["reason hidden"],
        "call logs lost": ~orders["has calls"] & (door_trouble(orders) > 0),
    }
    found = {name: int(mask.sum()) for name, mask in kinds.items()}
    return found | {"rows uploaded twice": len(uploaded_twice(orders, setting))}
