"""Nothing personal is left in a version, unless it is kept on purpose."""

from __future__ import annotations

import logging

import pytest

from analysis.orders import propose_mapping
from analysis.orders.mapping import Mapping
from analysis.orders.privacy import hash_id
from analysis.workspace import Workspace
from tests.orders.publish_help import (
    aside,
    assert_rows_add_up,
    bring,
    check,
    csv_text,
    pairs,
    publish_files,
    stored_texts,
    values,
)

HEADER = (
    "order_id", "created_at", "delivered_at", "rider_id", "customer_name",
    "customer_phone", "email", "delivery_address", "remark", "desk",
)  # fmt: skip


def phone(number: int) -> str:
    return f"138{number:08d}"


def row(number: int, order: str | None = None) -> list[object]:
    return [
        f"A{number}" if order is None else order, "2024-03-01 10:00:00",
        "2024-03-01 11:00:00", f"rider-{number % 7}", f"Zelda{number}", phone(number),
        f"zelda{number}@mail.example", f"{number} Hidden Street 5",
        f"please call me at {phone(number)} or zelda{number}@mail.example, thank you",
        phone(number) if number % 10 == 0 else "front",
    ]  # fmt: skip


ROWS = [row(number) for number in range(60)]
DIRT = [row(70, ""), row(3), [*row(71)[:2], "2024-02-01 11:00:00", *row(71)[3:]]]
DIRT += [[f"B{n}", "yesterday " + phone(80 + n), *row(80 + n)[2:]] for n in range(2)]
RAGGED = f"A90,2024-03-01 10:00:00,rider-90,Zelda90,{phone(90)}\r\n"
RIDERS = csv_text(
    ("courier_id", "name", "phone", "city"),
    [(f"rider-{n}", f"Link{n}", phone(1000 + n), "Riyadh") for n in range(20)]
    + [("rider-1", "Link again", phone(2001), "Riyadh")],
)
MESSAGES = csv_text(
    ("order_id", "sent_at", "sender", "text"),
    [
        (f"A{n}", "2024-03-01 10:30:00", "customer",
         f"Ring {phone(n)} and +966 55 123 {n + 1000}")
        for n in range(30)
    ],
)  # fmt: skip
FILES = {
    "orders.csv": csv_text(HEADER, [*ROWS, *DIRT]) + RAGGED,
    "riders.csv": RIDERS,
    "messages.csv": MESSAGES,
}
SECRETS = (
    "Zelda1", "Link1", "Link again", "@mail", "Hidden Street", "rider-", "1380000",
)  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("workspace")
    return workspace, publish_files(workspace, FILES)


def test_nothing_personal_is_stored(published):
    _, dataset = published
    assert_rows_add_up(dataset)
    texts = stored_texts(dataset)
    assert texts.keys() >= {
        "dataset.json", "profile.json", "mapping.yaml", "set_aside.parquet",
        "orders.parquet", "riders.parquet", "messages.parquet", "data.duckdb",
    }  # fmt: skip
    for file, text in texts.items():
        for secret in SECRETS:
            assert secret not in text, (file, secret)


def test_all_kinds_of_rows_set_aside_are_protected(published):
    _, dataset = published
    found = aside(dataset)
    reasons = set(found["reason"])
    assert reasons == {
        "missing_key", "duplicate_key", "delivered_before_created", "ragged",
    }  # fmt: skip
    ragged = found[found["reason"] == "ragged"].iloc[0]
    assert ragged["values"] == {"text": "***"}
    assert ragged["row"] == len(ROWS) + len(DIRT) + 2


def test_hashed_ids_join_across_tables(published):
    workspace, dataset = published
    riders = set(values(dataset, "rider_id", "riders"))
    assert len(riders) == 20
    assert set(values(dataset, "rider_id")) < riders
    hashed = hash_id("rider-3", key=Workspace.open(workspace).key())
    assert pairs(dataset, "order_id", "rider_id")["A3"] == hashed


def test_texts_keep_what_is_not_personal(published):
    _, dataset = published
    for text in values(dataset, "text", "messages"):
        assert text.startswith("Ring *** and ***")
    assert "thank you" in values(dataset, "remark")[0]
    desks = pairs(dataset, "order_id", "desk")
    assert desks["A1"] == "front"
    assert desks["A10"] == "***"


def test_samples_of_unreadable_texts_show_their_shape_only(published):
    _, dataset = published
    found = check(dataset, "unreadable_created_at")
    assert found["count"] == 2
    assert found["samples"] == [{"created_at": "aaaaaaaaa 99999999999"}]


def test_a_name_in_a_column_of_times_is_not_kept(tmp_path):
    noon = "2024-03-01 12:00:00"
    rows = [(f"A{n}", noon, noon) for n in range(20)]
    rows += [("B", noon, "Zelda1 Hyrule"), ("C", noon, "x" * 45 + " z@mail.example")]
    text = csv_text(("order_id", "created_at", "delivered_at"), rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    samples = check(dataset, "unreadable_delivered_at")["samples"]
    shapes = {"Aaaaa9 Aaaaaa", "a" * 45 + " a@aaaa.aaaaaaa"}
    assert {sample["delivered_at"] for sample in samples} == shapes
    for file, text in stored_texts(dataset).items():
        assert "Zelda1" not in text, file
        assert "@mail" not in text, file


def test_what_is_kept_on_purpose_is_kept(tmp_path):
    def keep(mapping: Mapping) -> Mapping:
        table = mapping.orders.table
        for column in ("customer_name", "rider_id"):
            mapping = mapping.changed(table, column, keep_personal=True)
        return mapping

    dataset = publish_files(tmp_path, FILES, change=keep)
    assert "Zelda1" in values(dataset, "customer_name")
    assert "rider-1" in values(dataset, "rider_id")
    assert not any("1380000" in text for text in stored_texts(dataset).values())


def test_a_first_row_taken_for_a_header_is_not_written_down(tmp_path):
    header = ["order_id", "created_at", phone(5), "zelda5@mail.example"]
    noon = "2024-03-01 12:00:00"
    rows = [[f"A{n}", noon, f"v{n % 3}", f"w{n % 2}"] for n in range(9)]
    dataset = publish_files(tmp_path, {"orders.csv": csv_text(header, rows)})
    assert {"***", "*** (2)"} <= dataset.fields.keys()
    assert set(values(dataset, "***")) == {"v0", "v1", "v2"}
    for file, text in stored_texts(dataset).items():
        assert phone(5) not in text, file
        assert "zelda5" not in text, file
    assert list((tmp_path / "mappings").iterdir()) == []


def test_a_remembered_mapping_protects_what_is_new(tmp_path):
    header = ("order_id", "created_at", "desk")
    plain = [(f"A{n}", "2024-03-01 10:00:00", f"d{n % 5}") for n in range(20)]
    publish_files(tmp_path, {"orders.csv": csv_text(header, plain)})
    phones = [(f"B{n}", "2024-03-01 10:00:00", phone(n)) for n in range(20)]
    draft = bring(tmp_path, {"orders.csv": csv_text(header, phones)})
    mapping = propose_mapping(draft)
    assert mapping.remembered
    assert mapping.orders.column("desk").personal == "phone"


def test_a_status_with_a_phone_in_it_is_not_written_down(tmp_path):
    header = ("order_id", "created_at", "status")
    words = ["delivered", "storniert", f"call {phone(9)}"]
    rows = [(f"A{n}", "2024-03-01 10:00:00", words[n % 3]) for n in range(30)]
    dataset = publish_files(tmp_path, {"orders.csv": csv_text(header, rows)})
    assert set(values(dataset, "status")) == {"delivered", "cancelled", "call ***"}
    assert check(dataset, "unknown_status")["samples"] == [{"status": "call ***"}]
    assert phone(9) not in "".join(stored_texts(dataset).values())
    for path in (tmp_path / "mappings").iterdir():
        assert phone(9) not in path.read_text(encoding="utf-8")


def test_logs_hold_nothing_personal(tmp_path, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        publish_files(tmp_path, FILES)
    printed = "".join(capfd.readouterr())
    for secret in SECRETS:
        assert secret not in caplog.text
        assert secret not in printed


def test_separators_of_the_build_inside_a_text_do_no_harm(tmp_path):
    noon = "2024-03-01 12:00:00"
    rows = [(f"A{n}", noon, noon) for n in range(20)]
    rows += [("B", noon, "so\x1eon"), ("C", noon, "7\x1flater\x1e\x1e")]
    text = csv_text(("order_id", "created_at", "delivered_at\x1f"), rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    found = check(dataset, "unreadable_delivered_at")
    assert found["count"] == 2
    assert values(dataset, "delivered_at").count(None) == 2
