"""Offers: every push of an order to a rider, taken, refused, timed out, given back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import columns as col
from sample_data import stages
from sample_data.observe import ORDER_DIGITS, RIDER_DIGITS, started
from sample_data.traits import Setting, take
from sample_data.world import STORM, Columns

OUTCOMES = ("accepted", "refused", "timeout", "reassigned")
ACCEPTED, REFUSED, TIMEOUT, REASSIGNED = range(4)
REASONS = ("too far", "weather", "low pay", "end of shift", "waiting at merchant")

#: The third offer of an order goes to several riders at once.
_SHARED_OFFER = 2


def offers(orders: Columns) -> Columns:
    """One row an offer: ``row`` of the order, ``nth``, seconds pushed and answered.

    The seconds of an order's offers add up to its dispatch stage.
    """
    parts, clock = [], orders["pushed s"].astype(np.int64)
    reached = orders["ended s"]
    for nth in range(stages.MOST_REFUSALS):
        late, seconds = stages.answer_seconds(orders, nth)
        pushed = orders["refused"] > nth
        outcome = np.where(late, TIMEOUT, REFUSED)
        parts.append(
            _part(pushed & (clock < reached), clock, seconds, outcome=outcome, nth=nth)
        )
        clock = clock + np.where(pushed, seconds, 0)
    gives, seconds = stages.given_back(orders)
    nth = stages.MOST_REFUSALS
    parts.append(
        _part(gives & (clock < reached), clock, seconds, outcome=REASSIGNED, nth=nth)
    )
    answered = orders["accepted s"]
    free = clock + np.where(gives, seconds, 0)
    begun = np.maximum(answered - stages.taking_seconds(orders), free)
    taken = answered <= reached
    parts.append(_part(taken, begun, answered - begun, outcome=ACCEPTED, nth=nth + 1))
    return _together(parts)


def _part(
    which: NDArray[np.bool_],
    pushed: NDArray,
    seconds: NDArray,
    *,
    outcome: NDArray | int,
    nth: int,
) -> Columns:
    rows = np.flatnonzero(which)
    codes = np.broadcast_to(np.asarray(outcome, dtype=np.int8), len(which))
    return {
        "row": rows,
        "nth": np.full(len(rows), nth, dtype=np.int8),
        "pushed": pushed[rows],
        "answered": pushed[rows] + seconds[rows],
        "outcome": codes[rows],
    }


def _together(parts: list[Columns]) -> Columns:
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return take(joined, np.argsort(joined["row"], kind="stable"))


def offers_table(orders: Columns, setting: Setting) -> pa.Table:
    """The offers table as it is written."""
    made = offers(orders)
    row, nth, outcome = made["row"], made["nth"], made["outcome"]
    start = started(orders, setting)[row]
    number = orders["number"][row]
    taken = outcome == ACCEPTED
    crew = np.where(taken, orders["rider"][row], orders["other rider"][row])
    way = (
        180 + (orders["approach"][row] >> 5) + 90 * (stages.MOST_REFUSALS - nth)
    ) % 3800
    pay = orders["fee c"][row] + np.where(orders["surge"][row], 40, 0)
    return pa.table(
        {
            "offer_id": col.keys(
                f"O{setting.city.code}", number * 10 + nth, width=ORDER_DIGITS + 1
            ),
            "order_id": col.keys(setting.city.code, number, width=ORDER_DIGITS),
            "rider_id": col.keys("R", crew, width=RIDER_DIGITS),
            "pushed_at": col.times(start + made["pushed"]),
            "responded_at": col.times(start + made["answered"], outcome != TIMEOUT),
            "outcome": col.choices(outcome, OUTCOMES),
            "refuse_reason": col.choices(_reason(orders, row, outcome), REASONS),
            "is_exclusive": col.flags(nth != _SHARED_OFFER),
            "distance_m": col.integers(way),
            "offered_pay": col.amounts(pay),
        }
    )


def _reason(orders: Columns, row: NDArray, outcome: NDArray) -> NDArray[np.int64]:
    weather = orders["weather"][row]
    wet = (weather == 1) | (weather == STORM)
    far = orders["metres"][row] > stages.FAR_M
    reason = np.select(
        [wet & (orders["hurry"][row] % 2 == 0), far],
        [1, 0],
        2 + (orders["hurry"][row] >> 3 & 1).astype(np.int64),
    )
    reason = np.where(outcome == REASSIGNED, 4, reason)
    return np.where((outcome == REFUSED) | (outcome == REASSIGNED), reason, -1)
