"""A remembered mapping is held against the files that it is to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from analysis.errors import OpenQuestion
from analysis.orders import propose_mapping, publish
from analysis.orders.mapping import ColumnMapping, Mapping
from analysis.orders.working import fitted_to
from tests.orders.publish_help import bring, csv_text, pairs, publish_files, values

DAY_FIRST, MONTH_FIRST = "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"
HEADER = ("order_id", "created_at", "delivered_at", "status")


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


JANUARY, FEBRUARY = day(2026, 1, 15), day(2026, 2, 3)


def written(time: datetime, form: str) -> str:
    seconds = str(int(time.timestamp()))
    return {"s": seconds, "ms": f"{seconds}000"}.get(form) or time.strftime(form)


def month(
    start: datetime,
    form: str,
    *,
    hours: int = 6,
    rows: int = 60,
    words: Sequence[str] = ("delivered",),
) -> dict[str, str]:
    times = [start + timedelta(hours=hours * n) for n in range(rows)]
    cells = [
        (f"A{n}", written(time, form), written(time + timedelta(minutes=30), form),
         words[n % len(words)])
        for n, time in enumerate(times)
    ]  # fmt: skip
    return {"orders.csv": csv_text(HEADER, cells)}


def recalled(workspace, files) -> Mapping:
    mapping = propose_mapping(bring(workspace, files))
    assert mapping.remembered
    return mapping


def reasons(item: ColumnMapping) -> str:
    return "; ".join(map(str, item.reasons))


def test_a_file_as_before_is_read_as_before(tmp_path):
    publish_files(tmp_path, month(JANUARY, DAY_FIRST))
    first = propose_mapping(bring(tmp_path, month(JANUARY, DAY_FIRST)))
    later = recalled(tmp_path, month(day(2026, 2, 1), DAY_FIRST, rows=100))
    assert later.questions() == ()
    assert later.orders.columns == first.orders.columns


def test_month_first_after_day_first_is_read_anew(tmp_path):
    publish_files(tmp_path, month(JANUARY, DAY_FIRST))
    files = month(FEBRUARY, MONTH_FIRST, rows=100)
    created = recalled(tmp_path, files).orders.column("created_at")
    assert created.reading.formats == ("MM/DD/YYYY HH:mm",)
    assert "no longer written as DD/MM/YYYY HH:mm" in reasons(created)
    dataset = publish_files(tmp_path, files)
    assert [str(day) for day in dataset.period] == ["2026-02-03", "2026-02-27"]


def test_what_other_values_decided_is_asked_where_these_leave_it_open(tmp_path):
    publish_files(tmp_path, month(JANUARY, DAY_FIRST))
    files = month(FEBRUARY, MONTH_FIRST, rows=30)
    draft = bring(tmp_path, files)
    questions = propose_mapping(draft).questions()
    assert [item.column for item in questions] == ["created_at", "delivered_at"]
    assert questions[0].options == ("DD/MM/YYYY HH:mm", "MM/DD/YYYY HH:mm")
    with pytest.raises(OpenQuestion):
        publish(draft, workspace=tmp_path, name="orders")


def test_a_saved_mapping_is_held_against_the_files_too(tmp_path):
    saved = propose_mapping(bring(tmp_path, month(JANUARY, DAY_FIRST)))
    draft = bring(tmp_path, month(FEBRUARY, MONTH_FIRST, rows=100))
    created = fitted_to(draft, saved).orders.column("created_at")
    assert created.reading.formats == ("MM/DD/YYYY HH:mm",)


def answered(mapping: Mapping) -> Mapping:
    for item in mapping.questions():
        mapping = mapping.answered(item.table, item.column, "DD/MM/YYYY HH:mm")
    return mapping


def test_an_answer_holds_until_the_values_speak_against_it(tmp_path):
    publish_files(tmp_path, month(day(2026, 1, 1), DAY_FIRST, rows=40), change=answered)
    same = recalled(tmp_path, month(day(2026, 2, 1), DAY_FIRST, rows=40))
    assert same.questions() == ()
    # As days first, these would be the third of seven months, one after the other.
    other = recalled(tmp_path, month(FEBRUARY, MONTH_FIRST, rows=28))
    assert {item.column for item in other.questions()} == {"created_at", "delivered_at"}
    certain = recalled(tmp_path, month(FEBRUARY, MONTH_FIRST, rows=100))
    assert certain.questions() == ()
    found = certain.orders.column("created_at").reading
    assert found.formats == ("MM/DD/YYYY HH:mm",)


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M", "s"]
)
def test_another_way_to_write_times_loses_none(tmp_path, form):
    publish_files(tmp_path, month(JANUARY, DAY_FIRST))
    files = month(day(2026, 3, 3), form, rows=100)
    assert recalled(tmp_path, files).questions() == ()
    dataset = publish_files(tmp_path, files)
    assert values(dataset, "created_at")[0] is not None
    assert [str(day) for day in dataset.period] == ["2026-03-03", "2026-03-27"]


def test_words_that_are_new_are_translated_and_corrections_stay(tmp_path):
    def change(mapping: Mapping) -> Mapping:
        words = {"delivered": "delivered", "weg": "failed", "zu": "zu"}
        return mapping.changed(mapping.orders.table, "status", values=words)

    first = month(JANUARY, DAY_FIRST, words=("delivered", "weg", "zu"))
    publish_files(tmp_path, first, change=change)
    files = month(JANUARY, DAY_FIRST, words=("entregue", "weg", "teleported"))
    status = recalled(tmp_path, files).orders.column("status")
    assert reasons(status).startswith("words that Doorstep does not know: teleported;")
    dataset = publish_files(tmp_path, files)
    found = pairs(dataset, "order_id", "status")
    assert (found["A0"], found["A1"], found["A2"]) == (
        "delivered", "failed", "teleported",
    )  # fmt: skip


def test_what_was_corrected_otherwise_stays(tmp_path):
    header = ("order_id", "created_at", "amount", "desk", "guest_name")
    rows = [
        (f"A{n}", "2026-01-15 10:00:00", f"{n},50", f"d{n % 3}", f"Zelda{n}")
        for n in range(30)
    ]

    def change(mapping: Mapping) -> Mapping:
        table = mapping.orders.table
        mapping = mapping.changed(table, "desk", use="field", field="zone", rule="last")
        return mapping.changed(table, "guest_name", personal="id", keep_personal=True)

    publish_files(tmp_path, {"o.csv": csv_text(header, rows)}, change=change)
    rows = [(*row[:2], f"{n}.25", *row[3:]) for n, row in enumerate(rows)]
    mapping = recalled(tmp_path, {"o.csv": csv_text(header, rows)})
    desk, guest = (mapping.orders.column(name) for name in ("desk", "guest_name"))
    assert (desk.use, desk.field, desk.rule) == ("field", "zone", "last")
    assert (guest.personal, guest.keep_personal) == ("id", True)
    amount = mapping.orders.column("amount")
    assert (amount.reading.type, amount.reading.decimal) == ("number", ".")


def test_a_number_that_became_text_is_kept_as_text(tmp_path):
    header = ("order_id", "created_at", "extra")
    noon = "2026-01-15 10:00:00"
    rows = [(f"A{n}", noon, n) for n in range(30)]
    publish_files(tmp_path, {"o.csv": csv_text(header, rows)})
    files = {
        "o.csv": csv_text(header, [(f"A{n}", noon, "abc"[n % 3]) for n in range(30)])
    }
    assert recalled(tmp_path, files).orders.column("extra").reading.type == "text"
    assert set(values(publish_files(tmp_path, files), "extra")) == {"a", "b", "c"}


def test_a_column_that_was_empty_is_read_by_what_it_holds_now(tmp_path):
    header = ("order_id", "created_at", "delivered_at", "status")
    noon = "2026-01-15 10:00:00"
    rows = [(f"A{n}", noon, "", "") for n in range(30)]
    publish_files(tmp_path, {"o.csv": csv_text(header, rows)})
    rows = [(f"A{n}", noon, f"{13 + n % 9}/01/2026 11:00", "已完成") for n in range(30)]
    dataset = publish_files(tmp_path, {"o.csv": csv_text(header, rows)})
    assert set(values(dataset, "status")) == {"delivered"}
    assert None not in values(dataset, "delivered_at")


def test_kilometres_by_the_header_stay_kilometres(tmp_path):
    header = ("order_id", "created_at", "distance_km")
    rows = [(f"A{n}", "2026-01-15 10:00:00", n / 2) for n in range(30)]
    files = {"o.csv": csv_text(header, rows)}
    first = values(publish_files(tmp_path, files), "distance_m")
    assert recalled(tmp_path, files).orders.column("distance_km").reading.scale == 1000
    assert values(publish_files(tmp_path, files), "distance_m") == first


def test_a_change_of_unit_is_noticed(tmp_path):
    publish_files(tmp_path, month(JANUARY, "s"))
    thousands = month(JANUARY, "ms")
    dataset = publish_files(tmp_path, thousands)
    assert str(dataset.period[0]) == "2026-01-15"
