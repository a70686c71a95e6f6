"""A file with a row for every rider asked becomes orders and offers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analysis.orders import propose_mapping
from analysis.orders.mapping import Mapping
from tests.orders.publish_help import (
    aside,
    assert_rows_add_up,
    bring,
    check,
    csv_text,
    frame,
    pairs,
    publish_files,
    source,
)

HEADER = (
    "dt", "order_id", "waybill_id", "courier_id", "da_id", "is_courier_grabbed",
    "is_weekend", "estimate_arrived_time", "is_prebook", "poi_id", "sender_lng",
    "sender_lat", "recipient_lng", "recipient_lat", "grab_lng", "grab_lat",
    "dispatch_time", "grab_time", "fetch_time", "arrive_time",
    "estimate_meal_prepare_time", "order_push_time", "platform_order_time",
)  # fmt: skip
NOON = datetime(2022, 10, 17, 12, tzinfo=UTC)


def epoch(minutes: float) -> int:
    return int((NOON + timedelta(minutes=minutes)).timestamp())


def waybill(
    order: int, number: int, *, accepted: bool, start: float, rider: int
) -> list[object]:
    """One rider asked; times of what did not happen are 0, as in the public file."""
    done = [epoch(start + offset) for offset in (4, 12, 30)] if accepted else [0, 0, 0]
    return [
        20221017, order, 1000 + number, rider, 3, int(accepted), 0, epoch(start + 40),
        0, 77, 174_530_000, 45_899_000 + order, 174_540_000, 45_891_000, 174_531_000,
        45_897_000, epoch(start + 1 + number / 10), *done, epoch(start + 10),
        epoch(start + 1), epoch(start),
    ]  # fmt: skip


ROWS = [
    waybill(1, 1, accepted=False, start=0, rider=11),
    waybill(1, 2, accepted=True, start=0, rider=12),
    waybill(1, 3, accepted=False, start=0, rider=13),
    waybill(2, 4, accepted=True, start=5, rider=11),
    waybill(3, 5, accepted=False, start=9, rider=12),
    waybill(3, 6, accepted=False, start=9, rider=13),
    waybill(4, 7, accepted=True, start=3, rider=14),
    waybill(4, 8, accepted=True, start=3, rider=15),
]
FILES = {"waybills.csv": csv_text(HEADER, ROWS)}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return publish_files(tmp_path_factory.mktemp("workspace"), FILES)


def test_the_proposal_sees_waybills_and_where_each_time_belongs(tmp_path):
    mapping = propose_mapping(bring(tmp_path, FILES))
    assert mapping.grain == "waybill"
    held = {item.field: item.column for item in mapping.orders.columns}
    expected = {
        "created_at": "platform_order_time", "pushed_at": "order_push_time",
        "accepted_at": "grab_time", "picked_up_at": "fetch_time",
        "delivered_at": "arrive_time", "promised_at": "estimate_arrived_time",
        "promised_ready_at": "estimate_meal_prepare_time", "rider_id": "courier_id",
        "merchant_id": "poi_id", "pickup_lat": "sender_lat",
        "drop_lng": "recipient_lng",
    }  # fmt: skip
    assert {name: held.get(name) for name in expected} == expected
    offers = {item.field: item.column for item in mapping.offers.columns}
    assert offers == {
        "order_id": "order_id", "offer_id": "waybill_id", "rider_id": "courier_id",
        "outcome": "is_courier_grabbed", "pushed_at": "dispatch_time",
        "responded_at": "grab_time",
    }  # fmt: skip
    assert Mapping.from_yaml(mapping.to_yaml()) == mapping


def test_each_order_is_its_accepted_row(dataset):
    orders = frame(dataset).set_index("order_id")
    assert sorted(orders.index) == ["1", "2", "3", "4"]
    assert orders["accepted_at"].notna().to_dict() == {
        "1": True, "2": True, "3": False, "4": True,
    }  # fmt: skip
    assert orders.loc["1", "delivered_at"] == NOON.replace(tzinfo=None) + timedelta(
        minutes=30
    )
    assert orders["pushed_count"].to_dict() == {"1": 3, "2": 1, "3": 2, "4": 2}
    assert orders.loc["1", "pickup_lat"] == pytest.approx(45.899001)
    riders = pairs(dataset, "offer_id", "rider_id", "offers")
    assert orders.loc["1", "rider_id"] == riders["1002"]
    assert orders.loc["4", "rider_id"] == riders["1008"], "the last who accepted"


def test_all_rows_are_offers_of_their_orders(dataset):
    offers = frame(dataset, "offers")
    assert len(offers) == len(ROWS)
    numbers = pairs(dataset, "order_id", "order_no")
    assert (offers["order_no"] == offers["order_id"].map(numbers)).all()
    assert offers["outcome"].value_counts().to_dict() == {"accepted": 4, "refused": 4}
    assert offers["responded_at"].isna().sum() == 4


def test_no_row_is_lost_and_none_set_aside(dataset):
    assert_rows_add_up(dataset)
    assert len(aside(dataset)) == 0
    orders, offers = dataset.manifest["sources"]
    assert (orders["published"], orders["used"]) == (4, 4)
    assert (offers["target"], offers["published"]) == ("offers", len(ROWS))
    assert check(dataset, "further_offer")["count"] == 4
    assert check(dataset, "further_offer")["action"] == "keep"


def test_rows_without_an_order_and_ragged_ones_are_kept_aside_once(tmp_path):
    rows = [*ROWS, ["", *waybill(9, 9, accepted=False, start=1, rider=1)[1:]]]
    rows[-1][1] = ""
    text = csv_text(HEADER, [*rows * 3, ROWS[1]]) + "1,2,3\n"
    dataset = publish_files(tmp_path, {"waybills.csv": text})
    found = aside(dataset)
    repeats = len(rows) * 2 + 1
    assert sorted(found["reason"]) == (
        ["duplicate_key"] * repeats + ["missing_key"] * 3 + ["ragged"]
    ), "an offer brought in again is no further offer"
    assert dataset.table("offers").rows == len(rows)
    orders = source(dataset, "waybills.csv")
    assert orders["rows"] == len(rows) * 3 + 2
    assert orders["published"] == 4


def test_repeats_without_an_outcome_are_duplicates(tmp_path):
    text = "order_id,created_at\n1,2024-01-01 10:00:00\n1,2024-01-01 10:00:00\n"
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": text}))
    assert (mapping.grain, mapping.offers) == ("order", None)


def test_the_published_mapping_is_found_again(tmp_path):
    publish_files(tmp_path, FILES)
    shuffled = [list(reversed(row)) for row in ROWS]
    files = {"next.csv": csv_text(list(reversed(HEADER)), shuffled)}
    mapping = propose_mapping(bring(tmp_path, files))
    assert (mapping.remembered, mapping.grain) == (True, "waybill")
    dataset = publish_files(tmp_path, files, name="next")
    assert len(frame(dataset)) == 4
    assert len(frame(dataset, "offers")) == len(ROWS)
