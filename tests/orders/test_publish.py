"""Rows in are rows published plus set aside; tables are related, not multiplied."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from analysis.engine.connect import builder, reader
from analysis.errors import DataProblem
from analysis.metrics import measure
from analysis.orders import propose_mapping
from analysis.orders.building import trees
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
    values,
)

HEADER = ("order_id", "created_at", "delivered_at", "status", "city")


def hours(day: int, hour: int) -> str:
    return f"2024-03-{day:02d} {hour:02d}:00:00"


def orders(*extra: tuple[object, ...], count: int = 30) -> str:
    rows = [
        (f"A{number}", hours(1 + number % 20, 10), hours(1 + number % 20, 11),
         "delivered", "Riyadh" if number % 2 else "Jeddah")
        for number in range(count)
    ]  # fmt: skip
    return csv_text(HEADER, [*rows, *extra])


# What is set aside


def test_clean_orders_are_all_published(tmp_path):
    dataset = publish_files(tmp_path, {"orders.csv": orders()})
    assert_rows_add_up(dataset)
    assert len(aside(dataset)) == 0
    assert list(aside(dataset).columns) == ["reason", "source", "row", "values"]
    assert len(frame(dataset)) == 30


@pytest.mark.parametrize(("keep", "city"), [("first", "Jeddah"), ("last", "Dammam")])
def test_of_repeated_orders_one_is_kept(tmp_path, keep, city):
    text = orders(("A4", hours(5, 10), hours(5, 11), "delivered", "Dammam"))
    dataset = publish_files(
        tmp_path, {"orders.csv": text}, change=lambda m: replace(m, duplicates=keep)
    )
    assert_rows_add_up(dataset)
    cities = pairs(dataset, "order_id", "city")
    assert cities["A4"] == city
    found = aside(dataset)
    assert list(found["reason"]) == ["duplicate_key"]
    assert list(found["row"]) == [31 if keep == "first" else 5]
    assert found["source"][0] == "orders.csv"
    assert found["values"][0]["order_id"] == "A4"
    assert check(dataset, "duplicate_key")["count"] == 1
    assert check(dataset, "duplicate_key")["samples"][0]["order_id"] == "A4"


def test_rows_without_a_key_and_impossible_ones_are_set_aside(tmp_path):
    text = orders(
        ("", hours(1, 10), hours(1, 11), "delivered", "Riyadh"),
        ("  ", hours(1, 10), hours(1, 11), "delivered", "Riyadh"),
        ("N/A", hours(1, 10), hours(1, 11), "delivered", "Riyadh"),
        ("B1", hours(2, 10), hours(1, 11), "delivered", "Riyadh"),
    )
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert_rows_add_up(dataset)
    counts = aside(dataset)["reason"].value_counts().to_dict()
    assert counts == {"missing_key": 3, "delivered_before_created": 1}
    assert "B1" not in values(dataset, "order_id")
    assert check(dataset, "delivered_before_created")["samples"] == [
        {"order_id": "B1", "created_at": hours(2, 10), "delivered_at": hours(1, 11)}
    ]


def test_ragged_rows_are_set_aside_with_their_line(tmp_path):
    text = orders(count=400) + "X1,2024-03-01 10:00:00\r\n" + "X2,a,b,c,d,e,f\r\n"
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert_rows_add_up(dataset)
    found = aside(dataset)
    assert list(found["reason"]) == ["ragged", "ragged"]
    assert list(found["row"]) == [402, 403]
    assert "X1" in found["values"][0]["text"]
    assert check(dataset, "ragged")["count"] == 2
    assert len(frame(dataset)) == 400


@pytest.mark.parametrize(
    ("action", "is_published", "has_time"),
    [("keep", True, True), ("missing", True, False), ("set_aside", False, False)],
)
def test_a_check_does_what_the_mapping_says(tmp_path, action, is_published, has_time):
    text = orders(("B1", hours(2, 10), hours(1, 11), "delivered", "Riyadh"))
    actions = {"delivered_before_created": action}
    dataset = publish_files(
        tmp_path, {"orders.csv": text}, change=lambda m: replace(m, actions=actions)
    )
    assert_rows_add_up(dataset)
    found = frame(dataset).set_index("order_id")
    assert ("B1" in found.index) is is_published
    assert check(dataset, "delivered_before_created")["action"] == action
    assert check(dataset, "delivered_before_created")["count"] == 1
    if is_published:
        assert bool(found["delivered_at"].notna()["B1"]) is has_time
        assert bool(found["delivered_date"].notna()["B1"]) is has_time


def test_one_row_with_two_faults_is_set_aside_once(tmp_path):
    text = orders(
        ("A1", hours(2, 10), hours(1, 11), "delivered", "Riyadh"),
        ("A1", hours(2, 10), hours(1, 11), "delivered", "Riyadh"),
    )
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert_rows_add_up(dataset)
    assert len(frame(dataset)) == 30
    assert list(aside(dataset)["row"]) == [31, 32]
    reasons = {"duplicate_key", "delivered_before_created"}
    assert set(aside(dataset)["reason"]) <= reasons


def test_texts_that_cannot_be_read_are_counted_and_empty(tmp_path):
    text = orders(("B1", "soon", hours(1, 11), "delivered", "Riyadh"))
    dataset = publish_files(tmp_path, {"orders.csv": text})
    found = check(dataset, "unreadable_created_at")
    assert (found["count"], found["of"], found["action"]) == (1, 31, "missing")
    assert found["samples"] == [{"created_at": "aaaa"}]
    assert values(dataset, "created_at").count(None) == 1


def test_words_of_a_status_that_nobody_knows_are_a_check(tmp_path):
    words = ("zorp", "zorp", "blix", "", "Entregado")
    strange = [
        (f"B{n}", hours(1, 10), hours(1, 11), word, "Riyadh")
        for n, word in enumerate(words)
    ]
    files = {"orders.csv": orders(*strange)}
    status = propose_mapping(bring(tmp_path, files)).orders.column("status")
    assert str(status.reasons[0]) == "words that Doorstep does not know: zorp, blix"
    dataset = publish_files(tmp_path, files)
    found = check(dataset, "unknown_status")
    assert (found["count"], found["of"], found["action"]) == (3, 35, "keep")
    assert found["samples"] == [{"status": "zorp"}, {"status": "blix"}]
    assert pairs(dataset, "order_id", "status")["B4"] == "delivered"


def test_known_words_of_a_status_are_no_fault(tmp_path):
    dataset = publish_files(tmp_path, {"orders.csv": orders()})
    assert check(dataset, "unknown_status")["count"] == 0


def test_one_row_and_no_time_at_all(tmp_path):
    dataset = publish_files(tmp_path, {"orders.csv": "order_id,city\nA,Riyadh\n"})
    assert (dataset.period, len(frame(dataset))) == (None, 1)
    assert values(dataset, "order_no") == [1]


def test_a_rating_of_ten_makes_a_scale_of_ten(tmp_path):
    rows = [(f"A{n}", hours(1, 10), n % 10 + 1) for n in range(40)]
    text = csv_text(
        ("order_id", "created_at", "rating"), [*rows, ("B", hours(1, 1), 77)]
    )
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert check(dataset, "rating_outside_scale")["count"] == 1
    assert max(value for value in values(dataset, "rating") if value) == 10


# How tables belong together

ITEMS = csv_text(
    ("order_id", "sku", "note", "price", "weight"),
    [
        ("A1", "s2", "z", 5, 1), ("A1", "s1", "a", 7, 2), ("A1", "s2", "", 9, ""),
        ("A2", "s1", "b", 1, 4), ("ZZ", "s9", "lost", 3, 1), ("", "s1", "none", 2, 1),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "column", "expected"),
    [
        ("first", "note", "z"), ("last", "note", "a"), ("min", "note", "a"),
        ("max", "note", "z"), ("sum", "weight", 3), ("mean", "weight", 1.5),
        ("count", "weight", 2), ("count", "sku", 3), ("list", "sku", "s1, s2"),
        ("min", "weight", 1), ("max", "weight", 2), ("last", "weight", 2),
    ],
)  # fmt: skip
def test_several_rows_become_one_value_by_rule(tmp_path, rule, column, expected):
    files = {"orders.csv": orders(), "items.csv": ITEMS}

    def ruled(mapping: Mapping) -> Mapping:
        table = mapping.targeting("details")[0].table
        return mapping.changed(table, column, use="other", field=column, rule=rule)

    dataset = publish_files(tmp_path, files, change=ruled)
    assert_rows_add_up(dataset)
    found = frame(dataset).set_index("order_id")
    assert len(found) == 30
    assert found.loc["A1", column] == expected


@pytest.mark.parametrize("rule", ["sum", "mean"])
def test_text_has_no_sum(tmp_path, rule):
    files = {"orders.csv": orders(), "items.csv": ITEMS}

    def ruled(mapping: Mapping) -> Mapping:
        table = mapping.targeting("details")[0].table
        return mapping.changed(table, "note", use="other", field="note", rule=rule)

    with pytest.raises(DataProblem, match=r"note of items\.csv"):
        publish_files(tmp_path, files, change=ruled)
    assert not any((tmp_path / "datasets").iterdir())


def test_rows_of_unknown_orders_are_counted(tmp_path):
    files = {"orders.csv": orders(), "items.csv": ITEMS}
    dataset = publish_files(tmp_path, files)
    table = next(
        item
        for item in dataset.manifest["checks"]
        if item["name"].startswith("unknown_order")
    )
    assert (table["count"], table["samples"]) == (1, [{"order_id": "ZZ"}])
    assert source(dataset, "items.csv")["used"] == 6


PLACES = csv_text(
    ("area_code", "population", "kind"),
    [("r", 7, "big"), ("j", 4, "port"), ("r", 99, "again"), ("", 1, "none")],
)


def test_orders_look_names_up_and_are_never_multiplied(tmp_path):
    rows = [(f"A{n}", hours(1, 10), "rjx"[n % 3]) for n in range(30)]
    text = csv_text(("order_id", "created_at", "area_code"), rows)
    dataset = publish_files(
        tmp_path, {"orders.csv": text, "areas.csv": PLACES}, change=looked_up
    )
    assert_rows_add_up(dataset)
    found = frame(dataset).set_index("order_id")
    assert len(found) == 30
    assert list(found.loc[["A0", "A1"], "kind"]) == ["big", "port"]
    assert found["kind"].isna().sum() == 10
    assert dataset.fields["kind"].kind == "dimension"


def looked_up(mapping: Mapping) -> Mapping:
    """The areas as a table to look up, by their code."""
    from analysis.orders.mapping import Link  # noqa: PLC0415

    areas = next(item for item in mapping.tables if item.title == "areas.csv")
    mapping = mapping.with_table(replace(areas, target="lookup"))
    link = Link(mapping.orders.table, "area_code", areas.table, "area_code")
    return replace(mapping, links=(link,))


def test_a_lookup_behind_a_lookup(tmp_path):
    products = csv_text(("sku", "family"), [("s1", "f1"), ("s2", "f2"), ("s9", "f1")])
    families = csv_text(
        ("family", "family_name"), [("f1", "fruit"), ("f2", "fish"), ("f3", "fowl")]
    )
    files = {
        "orders.csv": orders(), "items.csv": ITEMS, "products.csv": products,
        "families.csv": families,
    }  # fmt: skip
    dataset = publish_files(tmp_path, files)
    assert_rows_add_up(dataset)
    found = frame(dataset).set_index("order_id")
    assert found.loc["A1", "family"] == "f2"
    assert found.loc["A1", "family_name"] == "fish"
    assert len(found) == 30


def test_merchants_with_a_repeated_key_never_multiply_orders(tmp_path):
    rows = [(f"A{n}", hours(1, 10), f"m{n % 12}") for n in range(30)]
    text = csv_text(("order_id", "created_at", "merchant_id"), rows)
    merchants = [
        (f"m{n}", f"M {n}", "Riyadh" if n % 2 else "Jeddah") for n in range(12)
    ]
    merchants += [("m1", "M one", "Dammam"), ("", "nobody", "Mecca")]
    files = {
        "orders.csv": text,
        "merchants.csv": csv_text(("merchant_id", "name", "city"), merchants),
    }
    dataset = publish_files(tmp_path, files)
    assert_rows_add_up(dataset)
    assert len(frame(dataset)) == 30
    assert len(frame(dataset, "merchants")) == 12
    cities = frame(dataset).set_index("order_id")["city"]
    assert list(cities[["A0", "A1", "A2"]]) == ["Jeddah", "Riyadh", "Jeddah"]
    assert set(aside(dataset)["reason"]) == {"missing_key", "duplicate_key"}
    assert set(aside(dataset)["source"]) == {"merchants.csv"}


CONTACTS = csv_text(
    ("contact_id", "order_id", "channel", "opened_at"),
    [
        ("c1", "A1", "chat", hours(2, 12)), ("c2", "ZZ", "phone", hours(2, 13)),
        ("c3", "", "chat", hours(2, 14)), ("c4", "A2", "chat", hours(3, 1)),
    ],
)  # fmt: skip
MESSAGES = csv_text(
    ("message_id", "contact_id", "sent_at", "text"),
    [
        ("m1", "c1", hours(2, 12), "where is it"), ("m2", "c1", hours(2, 12), "here"),
        ("m3", "c3", hours(2, 14), "hello"), ("m4", "c9", hours(2, 15), "who"),
        ("m5", "c2", hours(2, 15), "what"),
    ],
)  # fmt: skip


def test_related_rows_carry_the_number_of_their_order(tmp_path):
    files = {"orders.csv": orders(), "contacts.csv": CONTACTS, "messages.csv": MESSAGES}
    dataset = publish_files(tmp_path, files)
    assert_rows_add_up(dataset)
    numbers = pairs(dataset, "order_id", "order_no")
    contacts = pairs(dataset, "contact_id", "order_no", "contacts")
    assert contacts == {
        "c1": numbers["A1"],
        "c2": None,
        "c3": None,
        "c4": numbers["A2"],
    }
    assert check(dataset, "unknown_order_contacts", "contacts")["count"] == 1
    messages = pairs(dataset, "message_id", "order_no", "messages")
    assert messages == {
        "m1": numbers["A1"], "m2": numbers["A1"], "m3": None, "m4": None, "m5": None,
    }  # fmt: skip


def test_a_file_that_nothing_links_is_named(tmp_path):
    towns = csv_text(("town", "people"), [("Riyadh", 7), ("Jeddah", 4)])
    dataset = publish_files(tmp_path, {"orders.csv": orders(), "towns.csv": towns})
    found = check(dataset, "unused_file", "towns.csv")
    assert (found["count"], found["action"]) == (1, "keep")
    assert_rows_add_up(dataset)


def test_two_files_of_orders_are_refused_in_one_sentence(tmp_path):
    files = {"january.csv": orders(), "february.csv": orders(count=3)}
    with pytest.raises(DataProblem, match=r"2 tables are marked as orders: january"):
        publish_files(tmp_path, files)
    assert not any((tmp_path / "datasets").iterdir())


def test_a_table_of_riders_needs_their_id(tmp_path):
    files = {"orders.csv": orders(), "areas.csv": PLACES}

    def as_riders(mapping: Mapping) -> Mapping:
        areas = next(item for item in mapping.tables if item.title == "areas.csv")
        return mapping.with_table(replace(areas, target="riders"))

    with pytest.raises(DataProblem, match=r"areas.csv is a table of riders"):
        publish_files(tmp_path, files, change=as_riders)


def test_no_order_id_is_one_sentence(tmp_path):
    with pytest.raises(
        DataProblem, match=r"No column holds the order ID in towns\.csv"
    ):
        publish_files(tmp_path, {"towns.csv": "town,people\nRiyadh,7\n"})


# Names and what is kept


def test_hostile_headers_stay_as_they_are(tmp_path):
    names = [
        'a"b', "'; drop table orders; --", "😀", "![x](http://x)", "rowid", "order_no",
        "local_date", "{name!r}", "read", "Order_ID ", "status_reported", "row", "%s",
    ]  # fmt: skip
    header = ["order_id", "created_at", *names]
    rows = [[f"A{n}", hours(1, 10), *[f"v{n % 3}"] * len(names)] for n in range(9)]
    dataset = publish_files(tmp_path, {"orders.csv": csv_text(header, rows)})
    assert_rows_add_up(dataset)
    taken = {"rowid", "order_no", "local_date", "status_reported", "Order_ID "}
    for name in set(names) - taken:
        assert name in dataset.fields, name
        assert set(values(dataset, name)) == {"v0", "v1", "v2"}
    assert len(dataset.fields) == len(header) + 4


def test_the_manifest_and_the_profile_say_what_is_there(tmp_path):
    rows = [
        (f"A{n}", hours(1 + n % 20, n % 24), f"k{n % 4}", f"u{n}", n / 7, n % 5)
        for n in range(230)
    ]
    header = ("order_id", "created_at", "kind", "unique", "score_x", "lane")
    dataset = publish_files(tmp_path, {"orders.csv": csv_text(header, rows)})
    kinds = {name: (item.type, item.kind) for name, item in dataset.fields.items()}
    assert kinds == {
        "order_no": ("integer", "derived"), "order_id": ("text", "field"),
        "created_at": ("time", "field"), "local_date": ("date", "derived"),
        "local_hour": ("integer", "derived"), "local_weekday": ("integer", "derived"),
        "kind": ("text", "dimension"), "unique": ("text", "other"),
        "score_x": ("number", "other"), "lane": ("integer", "dimension"),
    }  # fmt: skip
    assert dataset.fields["kind"].distinct == 4
    profile = dataset.profile["orders"]
    assert {item["name"] for item in profile["columns"]} == set(dataset.fields)
    assert [str(day) for day in dataset.period] == ["2024-03-01", "2024-03-20"]


def test_the_database_is_read_only_and_can_be_made_again(tmp_path):
    files = {"orders.csv": orders(), "contacts.csv": CONTACTS}
    dataset = publish_files(tmp_path, files)
    with reader(dataset.path / "data.duckdb") as engine:
        for table in dataset.tables:
            path = dataset.path / "parquet" / f"{table}.parquet"
            held = engine.run(exp.select("*").from_(trees.table(table)))
            kept = pq.read_table(path)
            assert held.num_rows == kept.num_rows == dataset.tables[table].rows
            assert held.column_names == kept.column_names
            assert held.to_pylist() == kept.to_pylist()
    again = tmp_path / "again.duckdb"
    with builder(again, allowed=[dataset.path]) as engine:
        for table in dataset.tables:
            path = str(dataset.path / "parquet" / f"{table}.parquet")
            rows = exp.Anonymous(this="read_parquet", expressions=[exp.convert(path)])
            query = exp.select("*").from_(exp.Table(this=rows))
            engine.execute(trees.create(trees.table(table), query))
            assert engine.run(exp.select("*").from_(trees.table(table))).num_rows


def test_only_what_belongs_to_a_version_lies_in_it(tmp_path):
    dataset = publish_files(tmp_path, {"orders.csv": orders()})
    assert {path.name for path in dataset.path.iterdir()} == {
        "data.duckdb", "dataset.json", "mapping.yaml", "parquet", "profile.json",
        "set_aside.parquet",
    }  # fmt: skip
    saved = Mapping.from_yaml((dataset.path / "mapping.yaml").read_text("utf-8"))
    assert saved.orders.title == "orders.csv"


def test_the_draft_is_deleted_unless_it_is_kept(tmp_path):
    publish_files(tmp_path, {"orders.csv": orders()}, keep_draft=True)
    assert len(list((tmp_path / "drafts").iterdir())) == 1
    publish_files(tmp_path, {"orders.csv": orders()})
    assert len(list((tmp_path / "drafts").iterdir())) == 1


def test_a_file_that_only_the_engine_refuses_is_repaired(tmp_path):
    text = (
        orders(count=16_000)
        + 'B1,2024-03-01 10:00:00,"2024-03-01 11:00:00"x,done,R\r\n'
    )
    steps: list[float] = []
    dataset = publish_files(
        tmp_path, {"orders.csv": text}, progress=lambda share, _: steps.append(share)
    )
    assert_rows_add_up(dataset)
    assert steps == sorted(steps)
    assert steps[-1] == 1.0


def test_proposals_survive_any_order_of_files(tmp_path):
    files = {"contacts.csv": CONTACTS, "messages.csv": MESSAGES, "orders.csv": orders()}
    mapping = propose_mapping(bring(tmp_path, files))
    targets = {entry.title: entry.target for entry in mapping.tables}
    assert targets == {
        "contacts.csv": "contacts", "messages.csv": "messages", "orders.csv": "orders",
    }  # fmt: skip


@pytest.mark.parametrize("no", ["0", "No", "false", "否"])
def test_a_flag_given_for_reasons_counts_only_where_it_is_set(tmp_path, no):
    rows = [
        (f"A{number}", hours(1 + number % 20, 10), hours(1 + number % 20, 11),
         "delivered", "late" if number % 10 == 0 else no)
        for number in range(40)
    ]  # fmt: skip
    header = (*HEADER[:4], "complaint")
    text = csv_text(header, rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    assert measure(dataset, "complaint_rate")["complaint_rate_num"].iloc[0] == 4
    assert values(dataset, "complaint_reason").count("late") == 4
