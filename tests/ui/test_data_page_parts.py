"""The parts of the page Data that are plain functions."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from analysis import orders
from analysis.errors import InvalidInput
from analysis.orders.mapping import ColumnMapping, Mapping, TableMapping
from analysis.orders.values import Reading
from analysis.orders.working import fitted_to, relinked, working_mapping
from ui.data import (
    examples,
    plan,
    prospect,
    publishing,
    questions,
    relations,
    rules,
    saved_mapping,
)
from ui.data.meaning import retargeted


@pytest.fixture
def draft(tmp_path, workspace):
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,created_at,delivered_at,status\n"
        "A1,C1,2026-01-01 12:00:00,2026-01-01 12:30:00,delivered\n"
        "A2,C2,2026-01-02 12:00:00,2026-01-02 12:30:00,delivered\n"
    )
    (tmp_path / "reviews.csv").write_text(
        "order_id,review_score,review_comment_message\nA1,5,fine\nA1,1,late\nA2,4,ok\n"
    )
    (tmp_path / "customers.csv").write_text("customer_id,city\nC1,Riyadh\nC2,Jeddah\n")
    files = [tmp_path / f"{name}.csv" for name in ("orders", "reviews", "customers")]
    return orders.stage(files, workspace=workspace)


def test_a_saved_mapping_fits_such_files_again(draft, workspace):
    mapping = replace(working_mapping(draft), timezone="Asia/Riyadh")
    saved = Mapping.from_yaml(mapping.to_yaml())
    again = orders.stage([table.paths[0] for table in draft.tables][::-1],
                         workspace=workspace)  # fmt: skip
    found = fitted_to(again, saved)
    assert found.timezone == "Asia/Riyadh"
    assert found.remembered
    titles = {
        (found.table(a.table).title, found.table(a.to).title) for a in found.links
    }
    assert titles == {
        ("reviews.csv", "orders.csv"), ("orders.csv", "customers.csv"),
    }  # fmt: skip


def test_a_mapping_of_other_files_is_refused(draft, tmp_path, workspace):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    strange = working_mapping(orders.stage(other, workspace=workspace))
    with pytest.raises(InvalidInput, match="knows none of these files"):
        fitted_to(draft, strange)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{", b"- 1", b"", b"tables: 3"])
def test_what_is_no_mapping_is_refused(content):
    with pytest.raises(InvalidInput):
        saved_mapping.read(content)


def test_a_file_that_is_not_used_has_no_links(draft):
    mapping = working_mapping(draft)
    reviews = mapping.targeting("reviews")[0]
    without = retargeted(draft, mapping, reviews.table, "ignored")
    assert not without.targeting("reviews")
    assert all(reviews.table not in {link.table, link.to} for link in without.links)
    back = retargeted(draft, without, reviews.table, "reviews")
    assert set(relinked(back, reviews.table).links) == set(mapping.links)


def test_a_promise_unlocks_punctuality(draft):
    mapping = working_mapping(draft)
    given, locked = prospect.unlocked(prospect.columns_of(mapping))
    names = {item.name for item in given}
    assert {"orders", "delivery_minutes", "mean_rating"} <= names
    late = next(item for item in locked if item.definition.name == "late_rate")
    assert late.missing == ("promised_at",)
    rule = orders.Mapping.from_dict(
        mapping.to_dict() | {"promise": {"minutes": 30.0, "minutes_per_km": 0.0}}
    )
    given, _ = prospect.unlocked(prospect.columns_of(rule))
    assert "late_rate" in {item.name for item in given}


def test_the_orders_stand_first_in_the_diagram(draft):
    mapping = working_mapping(draft)
    found = relations.places(mapping)
    assert found[mapping.orders.table][0] == 0
    assert {place for place, _ in found.values()} == {0, 1}
    assert len(set(found.values())) == 3


def test_examples_tell_two_readings_apart():
    day = Reading(type="date", formats=("DD/MM/YYYY",))
    month = Reading(type="date", formats=("MM/DD/YYYY",))
    assert questions.telling(["05/05/2026", "03/04/2026"], [day, month]) == (
        "03/04/2026",
    )


def test_rows_are_counted_also_where_cells_hold_line_breaks(tmp_path, workspace):
    path = tmp_path / "orders.csv"
    path.write_text('order_id,note\nA1,"one\ntwo"\nA2,three\n')
    table = orders.stage(path, workspace=workspace).tables[0]
    assert examples.row_count(table) == (2, True)


def test_repeated_order_ids_are_seen(draft):
    assert examples.repeats(draft.tables[1], "order_id")
    assert not examples.repeats(draft.tables[0], "order_id")


@pytest.mark.parametrize(
    ("titles", "name"),
    [
        (["olist_orders.csv", "olist_items.csv"], "Olist"),
        (["orders.csv"], "Orders"),
        (["订单.csv"], "订单"),
        (["a.csv", "b.csv"], "A"),
        (["book.xlsx › January", "book.xlsx › June"], "Book"),
        (["![x](y).csv"], "X y"),
        (["---.csv"], "Orders"),
    ],
)
def test_a_name_is_proposed_from_the_files(titles, name):
    tables = [SimpleNamespace(title=title) for title in titles]
    assert publishing.proposed_name(SimpleNamespace(tables=tables)) == name


def test_the_plan_says_which_time_zone_is_used():
    time = Reading("time")
    created = ColumnMapping("placed", "field", "created_at", reading=time)
    zone = ColumnMapping("place_tz", "field", "timezone")

    def mapping(*columns):
        table = TableMapping("o", "orders.csv", "orders", "orders", columns)
        return Mapping(tables=(table,), timezone="Asia/Riyadh")

    assert "{column}" not in plan._times(mapping(created))
    assert "each row" not in plan._times(mapping(created))
    told = plan._times(mapping(created, zone)).replace("\\", "")
    assert "the zone that place_tz names in each row, all others in Asia/Riy" in told
    assert rules._times_without_offset(mapping(created)) == 1
    assert rules._times_without_offset(mapping(created, zone)) == 0
