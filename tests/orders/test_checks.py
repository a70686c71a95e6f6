"""The named checks: what each finds, how often, and what it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analysis.orders.building.checks import row_checks
from tests.orders.publish_help import (
    assert_rows_add_up,
    check,
    csv_text,
    frame,
    publish_files,
    values,
)

HEADER = (
    "order_id", "created_at", "merchant_accepted_at", "picked_up_at", "delivered_at",
    "status", "rating", "drop_lat", "drop_lng", "lane", "city",
)  # fmt: skip
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def at(days: float, minutes: float = 0) -> str:
    return f"{NOW - timedelta(days=days, minutes=-minutes):%Y-%m-%d %H:%M:%S}"


def sound(number: int) -> list[object]:
    day = 40 + number % 20
    return [
        f"A{number}", at(day), at(day, 2), at(day, 10), at(day, 30), "delivered",
        1 + number % 5, 24.7 + number / 1000, 46.7, "left", "",
    ]  # fmt: skip


def faulty(name: str, **changes: object) -> list[object]:
    return [changes.get(column, value) for column, value in
            zip(HEADER, [name, *sound(3)[1:]], strict=True)]  # fmt: skip


ROWS = [
    *map(sound, range(60)),
    faulty("late accept", merchant_accepted_at=at(43, 20)),
    faulty("early pick-up", picked_up_at=at(43, 1)),
    faulty("future", created_at=at(-9), merchant_accepted_at="", picked_up_at="",
           delivered_at=at(-9, 30)),
    faulty("long", created_at=at(500), merchant_accepted_at="", picked_up_at=""),
    faulty("eleven", rating=11), faulty("minus", rating=-1),
    faulty("zero", drop_lat="0.0", drop_lng="0.001"),
    faulty("pole", drop_lat=95), faulty("line", drop_lng=200),
    faulty("open end", delivered_at=""),
    faulty("early end", delivered_at=at(60)),
]  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    return publish_files(folder, {"orders.csv": csv_text(HEADER, ROWS)})


@pytest.mark.parametrize(
    ("name", "count", "action", "key"),
    [
        ("delivered_before_created", 1, "set_aside", "early end"),
        ("future_created_at", 1, "keep", "future"),
        ("future_delivered_at", 1, "keep", "future"),
        ("impossible_duration", 1, "missing", "long"),
        ("rating_outside_scale", 2, "missing", "eleven"),
        ("drop_near_zero", 1, "missing", "zero"),
        ("drop_off_earth", 2, "missing", "pole"),
        ("delivered_without_time", 1, "keep", "open end"),
        ("missing_key", 0, "set_aside", None),
        ("duplicate_key", 0, "set_aside", None),
    ],
)
def test_each_check_finds_what_is_at_fault(dataset, name, count, action, key):
    found = check(dataset, name)
    assert (found["count"], found["of"], found["action"]) == (count, len(ROWS), action)
    keys = [sample["order_id"] for sample in found["samples"]]
    assert (key in keys) if key else keys == []
    assert found["text"].format(**found["values"])


def test_times_out_of_order_are_counted_and_kept(dataset):
    found = {
        item["name"]: item["count"]
        for item in dataset.manifest["checks"]
        if item["name"].startswith("time_order")
    }
    assert sum(found.values()) >= 2
    keys = values(dataset, "order_id")
    assert {"late accept", "early pick-up"} <= set(keys)


def test_what_cannot_be_meant_is_missing(dataset):
    assert_rows_add_up(dataset)
    found = frame(dataset).set_index("order_id")
    assert len(found) == len(ROWS) - 1
    for key, column in (
        ("long", "delivered_at"), ("long", "delivered_date"), ("eleven", "rating"),
        ("zero", "drop_lat"), ("zero", "drop_lng"), ("pole", "drop_lat"),
    ):  # fmt: skip
        assert found.isna().loc[key, column], (key, column)
    assert found.loc["A7", "rating"] == 3


def test_whole_tables_are_looked_at(dataset):
    lane, city = (check(dataset, f"column_{name}") for name in ("lane", "city"))
    assert (lane["count"], city["count"]) == (len(ROWS) - 1, len(ROWS) - 1)
    assert check(dataset, "time_gap")["count"] > 300
    assert len(check(dataset, "time_gap")["samples"]) == 3
    assert check(dataset, "freshness")["action"] == "keep"


def test_old_data_are_called_stale(tmp_path):
    rows = [(f"A{n}", at(30 + n)) for n in range(5)]
    text = csv_text(("order_id", "created_at"), rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    stale = check(dataset, "freshness")
    # Tests may run over midnight.
    days = 30 + (datetime.now(UTC).date() - NOW.date()).days
    assert (stale["count"], stale["values"]) == (1, {"days": days})
    today = f"{datetime.now(UTC):%Y-%m-%d} 00:00:00"
    fresh = text.replace(rows[0][1], today)
    dataset = publish_files(tmp_path, {"orders.csv": fresh})
    assert check(dataset, "freshness")["count"] == 0


def test_an_action_for_a_kept_check(tmp_path):
    dataset = publish_files(
        tmp_path,
        {"orders.csv": csv_text(HEADER, ROWS)},
        change=lambda m: replace(
            m,
            actions={
                "rating_outside_scale": "set_aside",
                "future_created_at": "missing",
            },
        ),
    )
    assert_rows_add_up(dataset)
    found = frame(dataset).set_index("order_id")
    assert not {"eleven", "minus"} & set(found.index)
    assert found.isna().loc["future", ["created_at", "local_date", "local_hour"]].all()
    assert str(dataset.period[1]) < at(30)


def test_checks_need_their_columns():
    assert row_checks(["city"], now=NOW) == ()
    names = {item.name for item in row_checks(["created_at", "delivered_at"], now=NOW)}
    assert names == {
        "delivered_before_created", "future_created_at", "future_delivered_at",
        "impossible_duration",
    }  # fmt: skip
