"""Facts of cases and their peers, against pandas over the same tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import case_facts, peers
from analysis.metrics.facts import metres_apart
from analysis.metrics.facts_related import event_types
from analysis.metrics.peers import MIN_PEERS, block_of
from tests.worlds import published

START = datetime(2026, 5, 1, 10, 0)  # noqa: DTZ001 - naive UTC, as published
SIZE = 400


def orders() -> pd.DataFrame:
    """Two cities with stages drawn anew; the last order is alone in its city."""
    draw = np.random.default_rng(5)
    created = [START + timedelta(minutes=int(at)) for at in range(SIZE)]
    frame = pd.DataFrame(
        {
            "order_no": np.arange(1, SIZE + 1),
            "order_id": [f"A{at}" for at in range(SIZE)],
            "rider_id": ["R1", "R2"] * (SIZE // 2),
            "city": np.where(np.arange(SIZE) % 3 == 0, "Riyadh", "Kuwait City"),
            "distance_m": draw.choice([500.0, 1500.0, 2500.0], SIZE),
            "created_at": created,
            "status": "delivered",
        }
    )
    frame.loc[SIZE - 1, "city"] = "Hong Kong"
    at = frame["created_at"]
    for name in ("accepted_at", "arrived_merchant_at", "picked_up_at",
                 "arrived_customer_at", "delivered_at"):  # fmt: skip
        at = at + pd.to_timedelta(draw.integers(60, 900, SIZE), unit="s")
        frame[name] = at
    frame["promised_at"] = frame["created_at"] + timedelta(minutes=35)
    frame.loc[10, "picked_up_at"] = pd.NaT
    local = frame["created_at"]
    return frame.assign(local_date=local.dt.date, local_hour=local.dt.hour)


def events() -> pd.DataFrame:
    rows = [
        (1, "call_attempt", 30, "R1", None, 24.70, 46.70),
        (1, "call_attempt", 33, "R1", "no answer", 24.70, 46.70),
        (1, "Weather-Alert", 0, None, None, None, None),
        (2, "merchant_closed_report", 9, "R1", None, None, None),
        (2, "merchant_closed_report", 10, "R2", None, None, None),
        (2, "merchant_closed_report", 11, "R2", None, None, None),
        (3, "coffee_break", 5, "R1", None, None, None),
    ]
    names = ("order_no", "event_type", "minute", "actor_id", "detail", "lat", "lng")
    frame = pd.DataFrame(rows, columns=names)
    times = [START + timedelta(minutes=minute) for minute in frame.pop("minute")]
    return frame.assign(event_at=times)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    riders = pd.DataFrame(
        {"rider_id": ["R1", "R1"], "joined_at": [START - timedelta(days=20)] * 2}
    )
    complaints = pd.DataFrame(
        {
            "order_no": [4, 4, 4, 6],
            "class": ["spilled", "late", "attitude", "spilled"],
            "created_at": [
                START + timedelta(hours=2),
                START + timedelta(hours=1),
                None,
                None,
            ],
        }
    )
    tables = {
        "orders": orders(), "events": events(), "riders": riders,
        "complaints": complaints,
    }  # fmt: skip
    return published(tmp_path_factory.mktemp("facts"), tables)


def test_facts_come_in_the_order_asked_for(dataset: Dataset) -> None:
    frame = case_facts(dataset, [3, 1, 2])
    assert frame["order_no"].tolist() == [3, 1, 2]
    assert frame["order_id"].tolist() == ["A2", "A0", "A1"]
    late = (frame["delivered_at"] - frame["promised_at"]).dt.total_seconds() / 60
    assert frame["minutes_late"].tolist() == pytest.approx(late.tolist())


def test_events_are_counted_by_what_they_mean(dataset: Dataset) -> None:
    frame = case_facts(dataset, [1, 2, 3]).set_index("order_no")
    assert frame["calls_n"].tolist() == [2, 0, 0]
    assert frame["calls_at"][1] == START + timedelta(minutes=30)
    assert frame["calls_last_at"][1] == START + timedelta(minutes=33)
    assert frame["weather_alerts_n"].tolist() == [1, 0, 0]
    assert frame["closed_reports_n"].tolist() == [0, 3, 0]
    assert frame["closed_reporters_n"].tolist()[1] == 2
    assert frame["door_lat"][1] == pytest.approx(24.70)
    assert np.isnan(frame["door_lat"][2])


def test_events_that_are_never_recorded_are_not_known(dataset: Dataset) -> None:
    assert set(event_types(dataset)) == {"calls", "weather_alerts", "closed_reports"}
    frame = case_facts(dataset, [1])
    assert "address_changes_n" not in frame
    assert "messages_n" not in frame


def test_a_rider_listed_twice_does_not_multiply_an_order(dataset: Dataset) -> None:
    frame = case_facts(dataset, [1, 2])
    assert len(frame) == 2
    assert frame["tenure_days"].tolist()[0] == pytest.approx(20)
    assert np.isnan(frame["tenure_days"].tolist()[1])


def test_of_several_complaints_the_first_counts(dataset: Dataset) -> None:
    frame = case_facts(dataset, [4, 5])
    assert frame["complaint_class"].tolist()[0] == "late"
    assert frame["complaint_class"].isna().tolist() == [False, True]


def test_a_complaint_without_a_time_is_a_complaint(dataset: Dataset) -> None:
    frame = case_facts(dataset, [6])
    assert frame["complaint_class"].tolist() == ["spilled"]
    assert frame["complaint_at"].isna().all()


@pytest.mark.parametrize("numbers", [[0], [SIZE + 1], [1, 1]])
def test_orders_that_are_not_there_or_asked_for_twice(
    dataset: Dataset, numbers: list[int]
) -> None:
    with pytest.raises(InvalidInput):
        case_facts(dataset, numbers)


def test_no_orders_give_no_facts(dataset: Dataset) -> None:
    assert case_facts(dataset, []).empty


def test_metres_between_places() -> None:
    place = np.array([24.7])
    east = metres_apart(place, np.array([46.7]), place, np.array([46.71]))
    assert east[0] == pytest.approx(1010, rel=0.01)
    assert np.isnan(metres_apart(place, np.array([np.nan]), place, place)[0])


def test_peers_are_percentiles_of_comparable_orders(dataset: Dataset) -> None:
    own = orders().set_index("order_no")
    found = peers(dataset, 1).set_index("stage")
    case = own.loc[1]
    alike = own[
        (own["city"] == case["city"])
        & (own["distance_m"] == case["distance_m"])
        & (own["local_hour"] >= 6)
        & (own["local_hour"] < 11)
    ]
    level = "city hour_band distance_band"
    if len(alike) < MIN_PEERS:
        alike = own[
            (own["city"] == case["city"]) & (own["distance_m"] == case["distance_m"])
        ]
        level = "city distance_band"
    ride = (alike["arrived_customer_at"] - alike["picked_up_at"]).dt.total_seconds()
    expected = np.nanquantile(ride.dropna() / 60, [0.1, 0.5, 0.9])
    assert found.loc["ride", ["p10", "p50", "p90"]].tolist() == pytest.approx(expected)
    assert found.loc["ride", "n"] == ride.notna().sum()
    assert found.loc["ride", "by"] == level
    assert set(found.index) == {
        "dispatch", "to_merchant", "kitchen_wait", "ride", "hand_over", "total",
    }  # fmt: skip


def test_an_order_alone_in_its_city_has_the_peers_of_all(dataset: Dataset) -> None:
    found = peers(dataset, SIZE)
    assert set(found["by"]) == {""}
    assert (found["n"] >= MIN_PEERS).all()


def test_stages_beside_a_missing_milestone_are_one(dataset: Dataset) -> None:
    found = peers(dataset, 11)
    assert "kitchen_wait+ride" in set(found["stage"])
    assert "ride" not in set(found["stage"])


def test_peers_of_many_are_those_of_each(dataset: Dataset) -> None:
    numbers = [5, 11, 250, SIZE]
    together = peers(dataset, numbers).set_index(["order_no", "stage"]).sort_index()
    apart = pd.concat([peers(dataset, n) for n in numbers])
    apart = apart.set_index(["order_no", "stage"]).sort_index()
    pd.testing.assert_frame_equal(together, apart, check_dtype=False)


def test_usual_minutes_stand_in_for_plans(dataset: Dataset) -> None:
    frame = case_facts(dataset, [1]).iloc[0]
    beside = peers(dataset, 1).set_index("stage")
    assert frame["usual_ride"] == pytest.approx(beside.loc["ride", "p50"])
    assert frame["usual_fast"] == pytest.approx(beside.loc["total", "p10"])
    assert frame["usual_n"] == beside.loc["total", "n"]


def test_few_orders_have_no_peers(tmp_path: Path) -> None:
    few = published(tmp_path, {"orders": orders().head(5)})
    assert peers(few, 1).empty
    assert case_facts(few, [1])["usual_n"].isna().all()


def test_a_flat_file_has_the_facts_it_has(tmp_path: Path) -> None:
    columns = ["order_no", "created_at", "promised_at", "picked_up_at", "delivered_at"]
    flat = published(tmp_path, {"orders": orders()[columns]})
    frame = case_facts(flat, [1])
    assert {"usual_ride+hand_over", "usual_dispatch+to_merchant+kitchen_wait"} <= set(
        frame
    )
    assert "hour_band" not in frame
    assert set(peers(flat, 1)["by"]) == {""}


def test_blocks_are_by_number() -> None:
    assert block_of(99_999) == 0
    assert block_of(100_000) == 1
