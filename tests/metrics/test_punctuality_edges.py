"""Orders that got stuck: not picked up, still open, cancelled nobody knows when."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.metrics import Selection, measure
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
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(published(folder, {"orders": orders}))
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


UNDELIVERED = "undelivered_past_promise_rate"


def observed(dataset, until):
    """The same dataset, whose manifest says until when it was looked at."""
    return replace(dataset, manifest={"observed_until": until})


def test_the_data_end_with_the_last_time_seen_not_with_the_day(publish):
    dataset = publish(
        created_at=times(0, 30, 40),
        promised_at=times(20, 60, 90),
        delivered_at=times(50, None, None),
        status=["delivered", "open", "open"],
    )
    # At minute 50 no open order is past its promise; at minute 70 one is.
    found = measure(dataset, UNDELIVERED).iloc[0]
    assert found[f"{UNDELIVERED}_num"] == 0
    later = observed(dataset, "2026-01-01T13:10:00+00:00")
    assert measure(later, UNDELIVERED)[f"{UNDELIVERED}_num"].iloc[0] == 1
    # The same instant, told in the local time of Riyadh.
    local = observed(dataset, "2026-01-01T16:10:00+03:00")
    assert measure(local, UNDELIVERED)[f"{UNDELIVERED}_num"].iloc[0] == 1


def test_an_event_of_the_past_promise_knows_where_the_data_end(publish):
    dataset = publish(
        created_at=times(0, 30),
        promised_at=times(20, 60),
        delivered_at=times(50, None),
        status=["delivered", "open"],
    )
    late = measure(dataset, "orders", selection=Selection(event="past_promise"))
    assert late["orders"].iloc[0] == 1


@pytest.mark.parametrize("metric", [UNDELIVERED, "past_promise_rate"])
@pytest.mark.parametrize("knows_times", [True, False])
def test_cancelling_a_late_order_improves_nothing(publish, metric, knows_times):
    columns = {
        "created_at": times(0, 0, 0, 100),
        "promised_at": times(30, 30, 30, 160),
        "delivered_at": times(20, None, None, None),
    }
    still = ["delivered", "open", "delivered", "open"]
    cancelled = ["delivered", "cancelled", "delivered", "open"]
    ends = {"cancelled_at": times(None, None, None, None)} if knows_times else {}
    before = measure(publish(**columns, status=still, **ends), metric).iloc[0]
    after = measure(publish(**columns, status=cancelled, **ends), metric).iloc[0]
    assert before[f"{metric}_num"] == after[f"{metric}_num"] == 1
    assert before[f"{metric}_n"] == after[f"{metric}_n"] == 4


def test_a_cancellation_before_the_promise_is_not_past_it(publish):
    dataset = publish(
        created_at=times(0, 0, 0, 100),
        promised_at=times(30, 30, 30, 30),
        cancelled_at=times(10, 40, None, None),
        status=["cancelled", "cancelled", "cancelled", None],
    )
    found = measure(dataset, UNDELIVERED).iloc[0]
    # The second is cancelled too late, the third nobody knows when.
    assert found[f"{UNDELIVERED}_num"] == 2
