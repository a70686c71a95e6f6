"""Which rows are published, in which order, and which of several stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analysis.orders import list_drafts, publish
from tests.orders.publish_help import (
    aside,
    assert_rows_add_up,
    check,
    csv_text,
    frame,
    publish_files,
    values,
)

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def moment(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")


def orders(count: int) -> str:
    rows = [
        [f"o{number}", f"c{number % 50}", moment(number), moment(number + 30)]
        for number in range(count)
    ]
    return csv_text(["order_id", "customer_id", "created_at", "delivered_at"], rows)


def test_orders_stay_in_time_order_beside_a_larger_table(tmp_path):
    people = [[f"c{number}", f"city {number % 7}"] for number in range(30_000)]
    files = {
        "orders.csv": orders(3_000),
        "customers.csv": csv_text(["customer_id", "city"], people),
    }
    dataset = publish_files(tmp_path, files)
    found = frame(dataset)
    assert found["order_no"].tolist() == list(range(1, 3_001))
    assert found["created_at"].is_monotonic_increasing
    assert found["order_id"].tolist() == [f"o{number}" for number in range(3_000)]
    assert found["city"].notna().all()


def test_a_sound_row_of_a_repeated_order_is_published(tmp_path):
    text = csv_text(
        ["order_id", "created_at", "delivered_at"],
        [
            ["a", moment(60), moment(10)],
            ["a", moment(60), moment(95)],
            ["a", moment(60), moment(99)],
            ["b", moment(61), moment(90)],
        ],
    )
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert values(dataset, "order_id") == ["a", "b"]
    delivered = values(dataset, "delivered_at")[0]
    assert delivered == (START + timedelta(minutes=95)).replace(tzinfo=None)
    reasons = sorted(aside(dataset)["reason"])
    assert reasons == ["delivered_before_created", "duplicate_key"]
    assert_rows_add_up(dataset)


def test_contacts_brought_in_twice_count_once(tmp_path):
    contacts = [
        [f"t{number}", f"o{number}", moment(number), "phone", "late"]
        for number in range(40)
    ]
    header = ["contact_id", "order_id", "opened_at", "channel", "reason_l1"]
    files = {
        "orders.csv": orders(100),
        "contacts.csv": csv_text(header, contacts * 2),
    }
    dataset = publish_files(tmp_path, files)
    assert dataset.table("contacts").rows == 40
    assert check(dataset, "duplicate_key", "contacts")["count"] == 40
    assert_rows_add_up(dataset)


def test_two_tables_that_name_contacts_only(tmp_path):
    contacts = [
        [f"t{number}", f"o{number}", moment(number), "phone"] for number in range(20)
    ]
    messages = [
        [f"m{number}", f"t{number}", moment(number), "customer", f"where {number}"]
        for number in range(20)
    ]
    complaints = [
        [f"k{number}", f"t{number}", "late", 1 + number % 4] for number in range(20)
    ]
    files = {
        "orders.csv": orders(30),
        "contacts.csv": csv_text(
            ["contact_id", "order_id", "opened_at", "channel"], contacts
        ),
        "messages.csv": csv_text(
            ["message_id", "contact_id", "sent_at", "sender_kind", "text"], messages
        ),
        "complaints.csv": csv_text(
            ["complaint_id", "contact_id", "class", "severity"], complaints
        ),
    }
    dataset = publish_files(tmp_path, files)
    assert values(dataset, "order_no", "messages") == list(range(1, 21))
    assert values(dataset, "order_no", "complaints") == list(range(1, 21))
    assert_rows_add_up(dataset)


def test_a_year_mistyped_stretches_no_period(tmp_path):
    rows = [[f"o{number}", moment(number * 60)] for number in range(48)]
    rows.append(["far", "2062-01-19 10:00:00"])
    text = csv_text(["order_id", "created_at"], rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert dataset.period is not None
    assert [day.year for day in dataset.period] == [2026, 2026]
    assert dataset.manifest["observed_until"].startswith("2026-03-03")
    assert check(dataset, "future_created_at")["count"] == 1
    gaps = [item["name"] for item in dataset.manifest["checks"]]
    assert "time_gap" not in gaps


def test_a_row_of_totals_is_no_order(tmp_path):
    rows = [[f"o{number}", moment(number), "3"] for number in range(20)]
    text = csv_text(["订单号", "下单时间", "距离"], [*rows, ["合计", "", "60"]])
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert dataset.table("orders").rows == 20
    assert check(dataset, "total_row")["count"] == 1
    assert aside(dataset)["reason"].tolist() == ["total_row"]


def test_kilometres_in_a_header_become_metres(tmp_path):
    rows = [[f"o{number}", moment(number), "3,5"] for number in range(20)]
    text = csv_text(["Nº do pedido", "Pedido em", "Distância km"], rows)
    dataset = publish_files(tmp_path, {"pedidos.csv": text})
    assert set(values(dataset, "distance_m")) == {3500.0}


def test_minutes_after_the_creation_become_times(tmp_path):
    rows = [[f"o{number}", moment(number), 30, 20 + number] for number in range(20)]
    header = ["order_id", "created_at", "promised_minutes", "delivery_minutes"]
    dataset = publish_files(tmp_path, {"orders.csv": csv_text(header, rows)})
    found = frame(dataset)
    minutes = (found["delivered_at"] - found["created_at"]).dt.total_seconds() / 60
    assert minutes.tolist() == [20 + number for number in range(20)]
    late = (found["delivered_at"] > found["promised_at"]).sum()
    assert late == 9


def test_milestones_without_a_known_order_id_are_orders(tmp_path):
    rows = [[f"X-{number}", moment(number), moment(number + 9)] for number in range(20)]
    header = ["Reference", "created_at", "delivered_at"]
    dataset = publish_files(tmp_path, {"export.csv": csv_text(header, rows)})
    assert values(dataset, "order_id") == [f"X-{number}" for number in range(20)]


def test_what_is_published_in_one_go_is_nobodys_draft(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(orders(20), encoding="utf-8")
    workspace = tmp_path / "workspace"
    seen: list[int] = []
    publish(
        path,
        workspace=workspace,
        name="orders",
        progress=lambda share, step: seen.append(len(list_drafts(workspace))),
    )
    assert set(seen) == {0}
    assert not any((workspace / "drafts").iterdir())


def test_a_status_is_worked_out_only_where_cancelling_shows(tmp_path):
    plain = publish_files(tmp_path, {"orders.csv": orders(20)}, name="plain")
    assert "status" not in plain.fields
    header = ["order_id", "created_at", "delivered_at", "cancelled_at"]
    rows = [
        ["a", moment(1), moment(30), ""],
        ["b", moment(2), "", moment(9)],
        ["c", moment(3), "", ""],
    ]
    files = {"orders.csv": csv_text(header, rows)}
    told = publish_files(tmp_path, files, name="told")
    assert values(told, "status") == ["delivered", "cancelled", "open"]
