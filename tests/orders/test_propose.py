"""What a proposal makes of headers and contents, in the languages of the files."""

from __future__ import annotations

import pytest

from analysis.errors import UnknownName
from analysis.orders import propose_mapping
from analysis.orders.mapping import DETAILS
from analysis.orders.match import header_fit
from analysis.orders.propose import propose_column, propose_table
from analysis.orders.schema import fields_of, load_fields
from tests.orders.publish_help import bring, csv_text, frame, publish_files

ENGLISH = (
    "Order ID", "Order Time", "Promised Time", "Delivered Time", "Status", "Courier",
)  # fmt: skip
CHINESE = ("订单号", "下单时间", "承诺送达", "实际送达", "状态", "骑手ID")
PORTUGUESE = (
    "Pedido", "Data do pedido", "Prometido em", "Entregue em", "Situação", "Entregador",
)  # fmt: skip
FIRST_VIEW = (
    "order_id", "created_at", "promised_at", "delivered_at", "status", "rider_id",
)  # fmt: skip
WORDS = {
    ENGLISH: ("Completed", "Canceled", "On the way"),
    CHINESE: ("已送达", "已取消", "配送中"),
    PORTUGUESE: ("Entregue", "Cancelado", "A caminho"),
}


def orders(header: tuple[str, ...]) -> str:
    times = ("10:00:00", "11:00:00", "10:50:00")
    rows = [
        (
            f"A{n}",
            *(f"2024-03-{1 + n % 28:02d} {time}" for time in times),
            WORDS[header][n % 3],
            f"r{n % 4}",
        )
        for n in range(60)
    ]
    return csv_text(header, rows)


@pytest.mark.parametrize("header", [ENGLISH, CHINESE, PORTUGUESE])
def test_the_six_first_fields_in_three_languages(tmp_path, header):
    dataset = publish_files(tmp_path, {"orders.csv": orders(header)})
    assert set(FIRST_VIEW) <= dataset.fields.keys()
    found = frame(dataset)
    assert found["status"].value_counts().to_dict() == {
        "delivered": 20, "cancelled": 20, "open": 20,
    }  # fmt: skip
    assert set(found["status_reported"]) == set(WORDS[header])


@pytest.mark.parametrize("header", [CHINESE, PORTUGUESE])
def test_every_proposal_has_a_reason_and_a_confidence(tmp_path, header):
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": orders(header)}))
    for item in mapping.orders.columns:
        assert 0 < item.confidence <= 1
        assert item.reasons
        assert all(str(note) for note in item.reasons)


@pytest.mark.parametrize("table", list(load_fields()))
def test_the_own_name_of_a_field_is_surest(table):
    for name, field in fields_of(table).items():
        assert header_fit(name, field)[0] == 1.0
        assert header_fit(name.upper().replace("_", " "), field)[0] == 1.0


def test_a_known_header_of_one_field_is_no_slip_of_another():
    assert header_fit("order_id", fields_of("riders")["rider_id"]) is None
    assert header_fit("rider_id", fields_of("orders")["order_id"]) is None
    slip = header_fit("deliverd_at", fields_of("orders")["delivered_at"])
    assert slip is not None
    assert slip[0] < 0.9


def test_names_without_fitting_content_are_no_field(tmp_path):
    text = csv_text(
        ("order_id", "created_at", "distance_m", "delivered_at"),
        [(f"A{n}", "2024-03-01 10:00:00", "far away", "by the door") for n in range(9)],
    )
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": text}))
    uses = {item.column: item.use for item in mapping.orders.columns}
    assert uses["created_at"] == "field"
    assert uses["distance_m"] != "field"
    assert uses["delivered_at"] != "field"


def test_coordinates_in_millionths_are_scaled(tmp_path):
    text = csv_text(
        ("order_id", "created_at", "drop_lat", "drop_lng"),
        [
            (f"A{n}", "2024-03-01 10:00:00", 45_899_123 + n, 174_530_000)
            for n in range(9)
        ],
    )
    dataset = publish_files(tmp_path, {"orders.csv": text})
    found = frame(dataset).set_index("order_id")
    assert found.loc["A2", "drop_lat"] == pytest.approx(45.899125)
    assert found.loc["A2", "drop_lng"] == pytest.approx(174.53)


def test_kilometres_become_metres(tmp_path):
    rows = [(f"A{n}", "2024-03-01 10:00:00", f"{n}.5 km") for n in range(9)]
    text = csv_text(("order_id", "created_at", "distance_m"), rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert list(frame(dataset)["distance_m"])[:3] == [500.0, 1500.0, 2500.0]


def test_a_person_says_what_a_column_and_a_table_is(tmp_path):
    text = csv_text(
        ("order_id", "created_at", "end"),
        [(f"A{n}", "2024-03-01 10:00:00", "2024-03-01 11:00:00") for n in range(9)],
    )
    draft = bring(tmp_path, {"orders.csv": text})
    table = draft.tables[0]
    chosen = propose_column(table, "end", target="orders", field="delivered_at")
    assert (chosen.use, chosen.field, chosen.confidence) == ("field", "delivered_at", 1)
    assert chosen.reading.type == "time"
    assert propose_column(table, "end", target="orders", field="").use != "field"
    with pytest.raises(UnknownName, match="field"):
        propose_column(table, "end", target="orders", field="nothing")
    again = propose_table(table, DETAILS, taken=("created_at",))
    assert again.of_field("order_id").column == "order_id"
    assert again.of_field("created_at") is None


def test_ids_are_known_in_every_table(tmp_path):
    orders_text = csv_text(
        ("order_id", "created_at", "courier_id"),
        [(f"A{n}", "2024-03-01 10:00:00", f"r{n % 5}") for n in range(20)],
    )
    riders = csv_text(("driver_id", "vehicle"), [(f"r{n}", "bike") for n in range(5)])
    files = {"orders.csv": orders_text, "fleet.csv": riders}
    mapping = propose_mapping(bring(tmp_path, files))
    assert [entry.target for entry in mapping.tables] == ["orders", "riders"]
    assert [(link.column, link.to_column) for link in mapping.links] == [
        ("courier_id", "driver_id")
    ]
    dataset = publish_files(tmp_path, files)
    assert set(frame(dataset)["vehicle"]) == {"bike"}
