"""Targets, saved views and their trail, on SQLite and on a real PostgreSQL server."""

import math
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.records import (
    audit_trail,
    delete_target,
    delete_view,
    list_views,
    open_records,
    rename_view,
    save_view,
    set_target,
    target_history,
    targets_for,
    trail,
    undo_delete,
)

YEAR = date(2026, 1, 1)


def a_target(records, **changes):
    options = {"target": 0.05, "first_day": YEAR, "by": "Ada"} | changes
    return set_target(records, "late_rate(by=day)", **options)


def a_view(records, **changes):
    options = {"page": "kpis", "name": "Late", "address": "1.{}", "by": "Ada"} | changes
    return save_view(records, **options)


def test_a_target_comes_back_as_it_was_set(records):
    before = datetime.now(UTC)
    made = a_target(
        records,
        floor=0.08,
        last_day=date(2026, 12, 31),
        scope='{"city": ["Riyadh"], "a": 1}',
        owner="Ops",
    )
    assert targets_for(records) == (made,)
    assert (made.target, made.floor, made.owner) == (0.05, 0.08, "Ops")
    assert made.scope == '{"a":1,"city":["Riyadh"]}'
    assert made.created_by == made.changed_by == "Ada"
    assert before <= made.created_at <= datetime.now(UTC)
    assert made.created_at.utcoffset() == timedelta(0)


def test_the_same_place_is_changed_and_the_old_value_stays_in_the_trail(records):
    first = a_target(records)
    second = a_target(records, target=0.04, by="Bo", version=first.version)
    assert second.id == first.id
    assert second.version == 2
    assert (second.created_by, second.changed_by) == ("Ada", "Bo")
    newest, oldest = target_history(records, first.id)
    assert (newest.action, newest.by) == ("change", "Bo")
    assert (newest.before["target"], newest.after["target"]) == (0.05, 0.04)
    assert (oldest.action, oldest.before) == ("create", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": '{"city": ["Jeddah"]}'},
        {"first_day": date(2026, 2, 1)},
        {"last_day": date(2026, 6, 30)},
    ],
)
def test_another_scope_or_period_is_another_target(records, changes):
    assert a_target(records).id != a_target(records, **changes).id
    assert len(targets_for(records)) == 2


def test_targets_are_found_by_metric_scope_and_day(records):
    made = a_target(records, last_day=date(2026, 3, 31), scope='{"b": 2, "a": 1}')
    assert targets_for(records, metric="late_rate(by=day)") == (made,)
    assert targets_for(records, metric="late_rate") == ()
    assert targets_for(records, scope='{"a":1,"b":2}') == (made,)
    assert targets_for(records, day=date(2026, 3, 31)) == (made,)
    assert targets_for(records, day=date(2026, 4, 1)) == ()
    assert targets_for(records, day=date(2025, 12, 31)) == ()


def test_a_stale_version_is_a_conflict_and_changes_nothing(records):
    made = a_target(records)
    a_target(records, target=0.04, by="Bo", version=made.version)
    with pytest.raises(Conflict, match="Bo changed this"):
        a_target(records, target=0.03, version=made.version)
    assert targets_for(records)[0].target == 0.04
    assert len(target_history(records, made.id)) == 2


def test_a_deletion_is_a_mark_that_can_be_undone(records):
    made = a_target(records)
    delete_target(records, made.id, by="Bo", version=made.version)
    assert targets_for(records) == ()
    with pytest.raises(Conflict, match="Bo deleted this"):
        delete_target(records, made.id, by="Ada")
    undo_delete(records, "target", made.id, by="Ada")
    assert [target.id for target in targets_for(records)] == [made.id]
    actions = [change.action for change in target_history(records, made.id)]
    assert actions == ["undo_delete", "delete", "create"]


def test_undo_is_a_conflict_where_another_took_the_place(records):
    made = a_target(records)
    delete_target(records, made.id, by="Ada")
    a_target(records, target=0.01)
    with pytest.raises(Conflict, match="exists already"):
        undo_delete(records, "target", made.id, by="Ada")
    with pytest.raises(Conflict, match="not deleted"):
        undo_delete(records, "target", targets_for(records)[0].id, by="Ada")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": math.nan}, "must be a number"),
        ({"floor": math.inf}, "must be a number"),
        ({"last_day": date(2025, 12, 31)}, "before it begins"),
        ({"scope": "[1]"}, "not a selection"),
        ({"scope": "{"}, "not a selection"),
        ({"scope": '{"a": "' + "x" * 20_000 + '"}'}, "not a selection"),
        ({"by": "   "}, "A name needs"),
        ({"by": "x" * 121}, "A name needs"),
        ({"owner": "tab\x00"}, "A name needs"),
    ],
)
def test_bad_values_are_refused_and_nothing_is_written(records, changes, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        a_target(records, **changes)
    assert targets_for(records) == ()
    assert audit_trail(records) == ()


def test_unknown_ids_are_named(records):
    with pytest.raises(UnknownName, match="nobody"):
        delete_view(records, "nobody", by="Ada")


def test_views_are_saved_renamed_deleted_and_brought_back(records):
    made = a_view(records, shared=True)
    renamed = rename_view(
        records, made.id, name="Late orders", by="Bo", version=made.version
    )
    assert renamed.name == "Late orders"
    delete_view(records, made.id, by="Bo", version=renamed.version)
    assert list_views(records) == ()
    undo_delete(records, "saved_view", made.id, by="Ada")
    (view,) = list_views(records, page="kpis")
    assert (view.name, view.address, view.owner) == ("Late orders", "1.{}", "Ada")
    trail = audit_trail(records, kind="saved_view", subject=made.id)
    assert [change.action for change in trail] == [
        "undo_delete", "delete", "change", "create",
    ]  # fmt: skip


def test_saving_under_the_same_name_replaces_with_a_trace(records):
    first = a_view(records)
    second = a_view(records, address='1.{"a":1}')
    assert second.id == first.id
    (change, _) = audit_trail(records, subject=first.id)
    assert change.before["address"] == "1.{}"


def test_people_see_their_own_views_and_the_shared_ones(records):
    a_view(records, name="mine")
    a_view(records, name="shared", by="Bo", shared=True)
    a_view(records, name="private", by="Bo")
    seen = {view.name for view in list_views(records, person="Ada")}
    assert seen == {"mine", "shared"}
    assert list_views(records, page="data") == ()


def test_a_name_that_is_taken_is_a_conflict(records):
    a_view(records, name="one")
    other = a_view(records, name="two")
    with pytest.raises(Conflict, match="exists already"):
        rename_view(records, other.id, name="one", by="Ada")


@pytest.mark.parametrize(
    "name",
    ["'; DROP TABLE targets; --", "![x](http://a.test)", "客诉率 😀", '"quoted"'],
)
def test_names_are_data(records, name):
    assert a_view(records, name=name).name == name
    assert list_views(records)[0].name == name
    assert targets_for(records) == ()


@pytest.mark.parametrize("verb", ["UPDATE audit SET \"by\" = 'x'", "DELETE FROM audit"])
def test_the_database_itself_keeps_the_trail(records, verb):
    a_target(records)
    statement = sa.text(verb)
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        records.writing() as connection,
    ):
        connection.execute(statement)
    assert audit_trail(records)[0].by == "Ada"


def test_two_writers_at_once_both_land_or_one_is_told(records):
    made = a_target(records)
    outcomes = []

    def write(value):
        try:
            a_target(records, target=value, version=made.version)
            outcomes.append("written")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=write, args=(i / 10,)) for i in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 4 + ["written"]
    assert targets_for(records)[0].version == 2


def test_new_rows_at_once_in_the_same_place_are_one_row(records):
    outcomes = []

    def write(value):
        try:
            a_target(records, target=value)
            outcomes.append("written")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=write, args=(i / 10,)) for i in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 5
    assert outcomes.count("written") >= 1
    assert len(targets_for(records)) == 1
    assert len(audit_trail(records)) == outcomes.count("written")


def test_opening_again_changes_nothing(records, location):
    made = a_target(records)
    again = open_records(location)
    assert targets_for(again) == (made,)
    again.close()


def test_a_version_lost_in_the_middle_of_a_write_is_a_conflict(records, monkeypatch):
    """Somebody writes between our read and our write, where no lock holds them off."""
    made = a_view(records)
    real = trail.live
    monkeypatch.setattr(
        trail, "live", lambda *args: {**real(*args), "version": made.version + 5}
    )
    with pytest.raises(Conflict, match="changed this meanwhile"):
        rename_view(records, made.id, name="other", by="Bo")
    assert list_views(records)[0].name == "Late"
