"""Orders that got stuck: not picked up, still open, cancelled nobody knows when."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.metrics import measure
from tests.worlds import published

START = pd.Timestamp("2026-01-01 12:00")


def times(*minutes: float | None) -> pd.Series:
    """Moments so many minutes after the start; None is missing."""
    moments = [None if item is None else START + pd.Timedelta(minutes=item)
               for item in minutes]  # fmt: skip
    return pd.Series(moments, dtype="datetime64[us]")


@pytest.fixture
def publish(tmp_path):
    opened = []

    def open_(**columns: pd.Series | list):
        rows = len(next(iter(columns.values())))
        orders = pd.DataFrame({"order_no": range(rows), **columns})
        opened.append(published(tmp_path, {"orders": orders}))
        return opened[-1]

    yield open_
    for dataset in opened:
        dataset.engine.close()


def test_orders_never_picked_up_are_no_short_waits(publish):
    dataset = publish(
        promised_ready_at=times(10, 10, 10, None),
        arrived_merchant_at=times(12, 5, 12, 12),
        picked_up_at=times(22, 8, None, 22),
    )
    found = measure(dataset, "merchant_avoidable_wait_minutes").iloc[0]
    # One waits 10 minutes, one is picked up before the promise.
    assert found["merchant_avoidable_wait_minutes"] == pytest.approx(5)
    assert found["merchant_avoidable_wait_minutes_n"] == 2
