"""Mappings: written and read back, answered, changed, remembered."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DataProblem, InvalidInput, OpenQuestion, UnknownName
from analysis.orders import propose_mapping, publish
from analysis.orders.mapping import (
    RULES,
    ColumnMapping,
    Link,
    Mapping,
    PromiseRule,
    TableMapping,
    signature,
)
from analysis.orders.values.reading import Note, Reading
from tests.orders.publish_help import (
    bring,
    csv_text,
    frame,
    pairs,
    publish_files,
    values,
)

texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x85\ufeff\0\n '\""),
    max_size=12,
)
notes = st.builds(
    Note.of,
    texts,
    count=st.integers(-5, 5),
    word=texts,
)
readings = st.builds(
    Reading,
    type=st.sampled_from(["text", "time", "number"]),
    formats=st.lists(texts, max_size=2).map(tuple),
    decimal=st.sampled_from(".,"),
    scale=st.floats(0.001, 1000),
    has_offset=st.booleans(),
    share=st.floats(0, 1),
    sampled=st.integers(0, 9),
    reasons=st.lists(notes, max_size=2).map(tuple),
)
columns = st.builds(
    ColumnMapping,
    column=texts,
    use=st.sampled_from(["field", "dimension", "other", "ignore"]),
    field=texts,
    reading=st.builds(
        lambda reading, options: replace(reading, options=tuple(options)),
        readings,
        st.lists(readings, max_size=2),
    ),
    after=texts,
    rule=st.sampled_from(RULES),
    values=st.dictionaries(texts, texts, max_size=3),
    personal=st.sampled_from(["", "id", "free_text"]),
    keep_personal=st.booleans(),
    confidence=st.floats(0, 1),
    reasons=st.lists(notes, max_size=2).map(tuple),
)
tables = st.builds(
    TableMapping,
    table=texts,
    title=texts,
    signature=texts,
    target=st.sampled_from(["orders", "offers", "details", "lookup", "ignored"]),
    columns=st.lists(columns, max_size=3).map(tuple),
)
mappings = st.builds(
    Mapping,
    tables=st.lists(tables, max_size=3).map(tuple),
    links=st.lists(st.builds(Link, texts, texts, texts, texts), max_size=2).map(tuple),
    timezone=st.sampled_from(["UTC", "Asia/Riyadh"]),
    promise=st.none() | st.builds(PromiseRule, st.floats(0, 99), st.floats(0, 9)),
    duplicates=st.sampled_from(["first", "last"]),
    actions=st.dictionaries(texts, st.sampled_from(["keep", "set_aside"]), max_size=2),
    remembered=st.booleans(),
    offers=st.none() | tables,
)


@settings(deadline=None, max_examples=25)
@given(mappings)
def test_yaml_gives_the_same_mapping_back(mapping):
    assert Mapping.from_yaml(mapping.to_yaml()) == mapping


@pytest.mark.parametrize(
    "text",
    [
        "", "- 1", "tables: 3", "{", "a: !!python/object:os.system x", "\x00",
        "tables: []\n", "version: 1\ntables: [{table: t1}]\nlinks: []\n",
    ],
)  # fmt: skip
def test_what_is_no_mapping_has_a_sentence(text):
    with pytest.raises(InvalidInput, match="mapping"):
        Mapping.from_yaml(text)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("use", "everything"), ("rule", "median"), ("personal", "shoe size"),
        ("target", "suppliers"), ("duplicates", "both"), ("action", "explode"),
    ],
)  # fmt: skip
def test_a_mapping_knows_its_own_words(tmp_path, place, value):
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": ORDERS}))
    content = mapping.to_dict()
    table = content["tables"][0]
    {
        "use": table["columns"][0], "rule": table["columns"][0],
        "personal": table["columns"][0], "target": table, "duplicates": content,
        "action": content["actions"],
    }[place][place] = value  # fmt: skip
    with pytest.raises(InvalidInput, match="is none of"):
        Mapping.from_dict(content)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(string.printable, max_size=5), max_size=5), st.randoms())
def test_a_signature_knows_headers_in_any_order(names, random):
    shuffled = random.sample(names, len(names))
    assert signature(shuffled) == signature(names)


def test_a_signature_tells_headers_apart():
    assert signature(["a", "b"]) != signature(["a,b"])
    assert signature(["a", "b"]) != signature(["a", "B"])
    assert signature(["a", "a"]) != signature(["a"])


# Questions

ORDERS = csv_text(
    ("order_id", "created_at", "city"),
    [(f"A{n}", f"0{1 + n % 9}/0{1 + n % 8}/2024 10:00", "Riyadh") for n in range(40)],
)


def test_day_first_or_month_first_is_asked(tmp_path):
    draft = bring(tmp_path, {"orders.csv": ORDERS})
    mapping = propose_mapping(draft)
    (question,) = mapping.questions()
    assert (question.column, question.title) == ("created_at", "orders.csv")
    assert len(question.options) == 2
    with pytest.raises(OpenQuestion, match=r"created_at of orders\.csv") as raised:
        publish(draft, workspace=tmp_path, name="asked")
    assert raised.value.options == question.options
    days = set()
    for option in question.options:
        answered = mapping.answered(question.table, question.column, option)
        assert answered.questions() == ()
        dataset = publish(
            draft, workspace=tmp_path, name="asked", mapping=answered, keep_draft=True
        )
        days.add(str(pairs(dataset, "order_id", "local_date")["A1"]))
    assert days == {"2024-02-02"}
    days = [str(day) for day in dataset.period]
    assert days[0].startswith("2024-0")


def test_an_answer_has_to_be_one_of_the_options(tmp_path):
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": ORDERS}))
    question = mapping.questions()[0]
    with pytest.raises(UnknownName, match="DD"):
        mapping.answered(question.table, question.column, "as you like")


def test_the_answers_differ(tmp_path):
    text = csv_text(
        ("order_id", "created_at"), [(f"A{n}", "03/04/2024 10:00") for n in range(9)]
    )
    draft = bring(tmp_path, {"orders.csv": text})
    mapping = propose_mapping(draft)
    (question,) = mapping.questions()
    found = set()
    for number, option in enumerate(question.options):
        dataset = publish(
            draft,
            workspace=tmp_path,
            name=f"answer {number}",
            mapping=mapping.answered(question.table, question.column, option),
            keep_draft=True,
        )
        found |= set(map(str, values(dataset, "local_date")))
    assert found == {"2024-04-03", "2024-03-04"}


def test_columns_that_are_not_used_ask_nothing(tmp_path):
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": ORDERS}))
    table = mapping.orders.table
    assert mapping.changed(table, "created_at", use="ignore").questions() == ()


# Changes


def test_a_field_moves_to_the_column_it_is_given_to(tmp_path):
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": ORDERS}))
    table = mapping.orders.table
    changed = mapping.changed(table, "created_at", use="field", field="city")
    held = {item.column: (item.use, item.field) for item in changed.orders.columns}
    assert held["created_at"] == ("field", "city")
    assert held["city"] == ("other", "city")
    with pytest.raises(UnknownName):
        mapping.changed("t9", "city", use="ignore")


def test_a_change_of_another_kind_moves_no_field(tmp_path):
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": ORDERS}))
    table = mapping.orders.table
    changed = mapping.changed(table, "city", confidence=1.0)
    assert changed.orders.of_field("city").column == "city"
    assert changed.orders.of_field("order_id").column == "order_id"


# Remembered

ITEMS = csv_text(("order_id", "sku"), [(f"A{n}", f"s{n % 3}") for n in range(40)])


def test_it_is_found_again_in_another_order_of_files_and_columns(tmp_path):
    def change(mapping: Mapping) -> Mapping:
        question = mapping.questions()[0]
        mapping = mapping.answered(question.table, question.column, "DD/MM/YYYY HH:mm")
        items = mapping.targeting("details")[0].table
        mapping = mapping.changed(items, "sku", rule="list")
        return replace(mapping, timezone="Asia/Riyadh", duplicates="last")

    first = publish_files(
        tmp_path, {"orders.csv": ORDERS, "items.csv": ITEMS}, change=change
    )
    rows = [(f"s{n % 3}", f"B{n}") for n in range(40)]
    times = [("Jeddah", f"B{n}", "03/04/2024 10:00") for n in range(40)]
    files = {
        "march items.csv": csv_text(("sku", "order_id"), rows),
        "march.csv": csv_text(("city", "order_id", "created_at"), times),
    }
    mapping = propose_mapping(bring(tmp_path, files))
    assert mapping.remembered
    assert mapping.questions() == ()
    assert (mapping.timezone, mapping.duplicates) == ("Asia/Riyadh", "last")
    assert mapping.orders.title == "march.csv"
    second = publish_files(tmp_path, files)
    assert set(map(str, values(second, "local_date"))) == {"2024-04-03"}
    assert set(second.fields) == set(first.fields)


@pytest.mark.parametrize("content", ["", "{", "tables: 3", "\udcff"])
def test_a_damaged_memory_is_passed_over(tmp_path, content):
    text = csv_text(("order_id", "created_at"), [("A", "2024-03-01 10:00:00")])
    publish_files(tmp_path, {"orders.csv": text})
    (path,) = (tmp_path / "mappings").iterdir()
    path.write_bytes(content.encode(errors="surrogateescape"))
    mapping = propose_mapping(bring(tmp_path, {"orders.csv": text}))
    assert not mapping.remembered


def test_other_headers_are_not_remembered(tmp_path):
    text = csv_text(("order_id", "created_at"), [("A", "2024-03-01 10:00:00")])
    publish_files(tmp_path, {"orders.csv": text})
    other = text.replace("created_at", "order_time")
    assert not propose_mapping(bring(tmp_path, {"orders.csv": other})).remembered


# Promises, durations, zones

BASE = ("order_id", "created_at", "delivered_at", "distance_m")


def base(*more: str) -> str:
    rows = [(f"A{n}", "2024-03-01 10:00:00", "2024-03-01 10:40:00", 1500 * n, *more)
            for n in range(5)]  # fmt: skip
    return csv_text((*BASE, *(f"x{n}" for n in range(len(more)))), rows)


@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        (PromiseRule(30), [30, 30, 30, 30, 30]),
        (PromiseRule(20, 4), [20, 26, 32, 38, 44]),
        (PromiseRule(22.5), [22.5] * 5),
    ],
)
def test_a_promise_by_rule_is_marked_assumed(tmp_path, rule, minutes):
    dataset = publish_files(
        tmp_path, {"orders.csv": base()}, change=lambda m: replace(m, promise=rule)
    )
    found = frame(dataset)
    wait = (found["promised_at"] - found["created_at"]).dt.total_seconds() / 60
    assert list(wait) == minutes
    assert dataset.fields["promised_at"].assumed
    assert dataset.fields["promised_at"].type == "time"
    assert set(map(str, values(dataset, "promised_date"))) == {"2024-03-01"}
    assert not dataset.fields["created_at"].assumed


def test_a_promise_in_the_file_is_no_assumption(tmp_path):
    text = csv_text(
        ("order_id", "created_at", "promised_at"),
        [("A", "2024-03-01 10:00:00", "2024-03-01 11:00:00")],
    )
    dataset = publish_files(
        tmp_path, {"o.csv": text}, change=lambda m: replace(m, promise=PromiseRule(5))
    )
    assert not dataset.fields["promised_at"].assumed
    assert str(values(dataset, "promised_at")[0]) == "2024-03-01 11:00:00"


def test_an_assumed_promise_keeps_the_local_date_of_its_zone(tmp_path):
    text = csv_text(("order_id", "created_at"), [("A", "2024-03-01 23:50:00")])
    dataset = publish_files(
        tmp_path, {"o.csv": text},
        change=lambda m: replace(m, promise=PromiseRule(30), timezone="Asia/Riyadh"),
    )  # fmt: skip
    assert str(values(dataset, "promised_at")[0]) == "2024-03-01 21:20:00"
    assert str(values(dataset, "promised_date")[0]) == "2024-03-02"


def test_durations_become_times(tmp_path):
    rows = [(f"A{n}", "2024-03-01 10:00:00", 30 + n, 20 + n) for n in range(20)]
    text = csv_text(("order_id", "created_at", "delivery_time", "pickup_time"), rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    found = frame(dataset).set_index("order_id")
    for field, minutes in (("delivered_at", 33), ("picked_up_at", 23)):
        wait = found.loc["A3", field] - found.loc["A3", "created_at"]
        assert wait.total_seconds() / 60 == minutes
    assert str(pairs(dataset, "order_id", "delivered_date")["A3"]) == "2024-03-01"


def test_local_dates_over_changes_of_the_clock(tmp_path):
    times = {
        "winter": ("2024-03-31 01:59:00", "2024-03-31 00:59:00", "2024-03-31"),
        "gap": ("2024-03-31 02:30:00", "2024-03-31 01:30:00", "2024-03-31"),
        "summer": ("2024-03-31 03:00:00", "2024-03-31 01:00:00", "2024-03-31"),
        "midnight": ("2024-07-01 00:30:00", "2024-06-30 22:30:00", "2024-07-01"),
        "autumn": ("2024-10-27 03:30:00", "2024-10-27 02:30:00", "2024-10-27"),
    }
    text = csv_text(("order_id", "created_at"), [(key, times[key][0]) for key in times])
    dataset = publish_files(
        tmp_path, {"o.csv": text}, change=lambda m: replace(m, timezone="Europe/Berlin")
    )
    instants = pairs(dataset, "order_id", "created_at")
    dates = pairs(dataset, "order_id", "local_date")
    for key, (_, utc, day) in times.items():
        assert str(dates[key]) == day, key
        assert str(instants[key]) == utc, key


def test_every_row_in_the_zone_it_names(tmp_path):
    rows = [
        ("A", "2024-03-01 00:30:00", "Asia/Riyadh"),
        ("B", "2024-03-01 00:30:00", "America/Sao_Paulo"),
        ("C", "2024-03-01 00:30:00", ""),
    ]
    text = csv_text(("order_id", "created_at", "timezone"), rows)
    dataset = publish_files(
        tmp_path, {"o.csv": text}, change=lambda m: replace(m, timezone="Asia/Shanghai")
    )
    instants = pairs(dataset, "order_id", "created_at")
    assert {key: str(value) for key, value in instants.items()} == {
        "A": "2024-02-29 21:30:00", "B": "2024-03-01 03:30:00",
        "C": "2024-02-29 16:30:00",
    }  # fmt: skip
    assert set(map(str, values(dataset, "local_date"))) == {"2024-03-01"}
    assert set(values(dataset, "local_hour")) == {0}
    assert set(values(dataset, "local_weekday")) == {5}


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "\x00"])
def test_an_unknown_zone_has_a_sentence(tmp_path, zone):
    text = csv_text(("order_id", "created_at"), [("A", "2024-03-01 10:00:00")])
    with pytest.raises(InvalidInput, match="no time zone"):
        publish_files(
            tmp_path, {"o.csv": text}, change=lambda m: replace(m, timezone=zone)
        )
    rows = [("A", "2024-03-01 10:00:00", "Mars/Base")]
    text = csv_text(("order_id", "created_at", "timezone"), rows)
    with pytest.raises(DataProblem, match=r"Mars/Base.*timezone of o\.csv"):
        publish_files(tmp_path, {"o.csv": text})
