"""Strategies in the records, on SQLite and on a real PostgreSQL server."""

import hashlib
import json
from datetime import date

import pytest
import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.records import (
    add_strategy,
    amend_strategy,
    audit_trail,
    decisions_of,
    delete_strategy,
    deviations_of,
    freeze_strategy,
    list_strategies,
    looks_of,
    note_look,
    record_decision,
    strategy_of,
)
from analysis.records.strategy_parts import PLAN, canonical_plan

PLANNED = {
    "dataset": "Demo",
    "name": "Kitchen wait rule",
    "hypothesis": "A cap on waiting in malls saves minutes.",
    "owner": "Ops",
    "design": "ab",
    "unit": "rider",
    "assignment": '{"kind": "column", "column": "variant"}',
    "first_day": date(2026, 1, 5),
    "last_day": date(2026, 2, 1),
    "metric": "delivery_minutes",
    "guardrails": '[{"outcome": "cancellation_rate", "margin": 0.005}]',
    "smallest_effect": 0.5,
    "rule": '{"alpha": 0.05}',
    "scope": '{"conditions": [{"dimension": "city", "values": ["Riyadh"]}]}',
    "options": "{}",
}
FIGURES = {"effect": -1.2, "low": -1.6, "high": -0.8}


def a_strategy(records, **changes):
    return add_strategy(records, PLANNED | changes, by="Ada")


def frozen(records, **changes):
    return freeze_strategy(records, a_strategy(records, **changes).id, by="Ada")


def decide(records, identifier, **changes):
    options = {
        "decision": "roll out", "reason": "It works.", "recommendation": "roll out",
        "figures": FIGURES, "by": "Ada",
    } | changes  # fmt: skip
    return record_decision(records, identifier, **options)


def test_a_plan_comes_back_as_it_was_written(records):
    made = a_strategy(records)
    assert list_strategies(records, dataset="Demo") == (made,)
    assert strategy_of(records, made.id) == made
    assert (made.first_day, made.smallest_effect) == (date(2026, 1, 5), 0.5)
    assert json.loads(made.assignment) == {"kind": "column", "column": "variant"}
    assert not made.is_frozen
    assert list_strategies(records, dataset="Other") == ()


def test_freezing_keeps_the_plan_under_its_hash(records):
    made = frozen(records)
    content = json.loads(made.frozen_plan)
    assert set(content) == set(PLAN)
    assert content["scope"]["conditions"][0]["values"] == ["Riyadh"]
    again = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert made.frozen_hash == hashlib.sha256(again.encode()).hexdigest()
    with pytest.raises(Conflict, match="froze this plan already"):
        freeze_strategy(records, made.id, by="Bo")


def test_the_same_plan_has_the_same_hash_however_it_is_written(records):
    one = frozen(records)
    other = frozen(
        records, name="Kitchen wait rule ", dataset="Demo 2",
        rule='{ "alpha" : 0.05 }',
    )  # fmt: skip
    same = json.loads(other.frozen_plan) | {"dataset": "Demo"}
    assert one.frozen_plan == json.dumps(same, sort_keys=True, separators=(",", ":"))
    changed = PLANNED | {"smallest_effect": 0.6}
    assert canonical_plan(changed) != canonical_plan(PLANNED)


def test_drafts_change_freely_and_frozen_plans_with_a_reason(records):
    draft = amend_strategy(records, a_strategy(records).id, {"owner": "Cy"}, by="Bo")
    assert deviations_of(records, draft.id) == ()
    plan = freeze_strategy(records, draft.id, by="Ada")
    with pytest.raises(InvalidInput, match="reason has 0 characters"):
        amend_strategy(records, plan.id, {"owner": "Di"}, by="Bo")
    assert strategy_of(records, plan.id).owner == "Cy"
    late = {"last_day": date(2026, 2, 8), "smallest_effect": 0.4, "owner": "Cy"}
    after = amend_strategy(
        records, plan.id, late, by="Bo", reason="Snow", version=plan.version
    )
    told = [(item.field, item.before, item.after, item.by, item.reason)
            for item in deviations_of(records, plan.id)]  # fmt: skip
    assert told == [
        ("last_day", "2026-02-01", "2026-02-08", "Bo", "Snow"),
        ("smallest_effect", "0.5", "0.4", "Bo", "Snow"),
    ]
    assert (after.frozen_plan, after.frozen_hash) == (
        plan.frozen_plan, plan.frozen_hash,
    )  # fmt: skip
    with pytest.raises(Conflict, match="Bo changed this"):
        amend_strategy(
            records, plan.id, {"owner": "X"}, by="Ada", reason="?", version=plan.version
        )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"last_day": date(2026, 1, 1)}, "before it begins"),
        ({"smallest_effect": -1.0}, "smallest effect"),
        ({"smallest_effect": float("nan")}, "smallest effect"),
        ({"assignment": "{"}, "cannot be kept"),
        ({"rule": '{"a": NaN}'}, "cannot be kept"),
        ({"hypothesis": "x" * 4_001}, "4001 characters"),
        ({"name": " "}, "A name needs"),
        ({"surprise": 1}, "no part surprise"),
    ],
)
def test_bad_plans_are_refused_and_nothing_is_written(records, changes, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        a_strategy(records, **changes)
    assert list_strategies(records) == ()
    assert audit_trail(records) == ()


def test_a_plan_needs_every_part(records):
    with pytest.raises(InvalidInput, match="lacks"):
        add_strategy(records, {"name": "x"}, by="Ada")


def test_a_name_is_there_once_in_a_dataset(records):
    a_strategy(records)
    with pytest.raises(Conflict, match="exists already"):
        a_strategy(records)
    a_strategy(records, dataset="Other")


def test_drafts_can_be_deleted_and_frozen_plans_cannot(records):
    draft = a_strategy(records)
    delete_strategy(records, draft.id, by="Ada", version=draft.version)
    assert list_strategies(records) == ()
    kept = frozen(records)
    with pytest.raises(Conflict, match="cannot be deleted"):
        delete_strategy(records, kept.id, by="Ada")
    with pytest.raises(UnknownName):
        strategy_of(records, "nobody")


def test_looks_are_kept_once_for_a_version_and_a_plan(records):
    made = frozen(records)
    seen = {
        "dataset": "Demo", "version": "1", "plan_hash": made.frozen_hash,
        "is_exploratory": False,
    }  # fmt: skip
    for figures in (FIGURES, {"effect": 9.0}):
        note_look(records, made.id, figures=figures, **seen)
    note_look(records, made.id, figures=FIGURES, **(seen | {"version": "2"}))
    found = looks_of(records, [made.id, "nobody"])
    assert [(look.version, look.figures) for look in found[made.id]] == [
        ("1", FIGURES), ("2", FIGURES),
    ]  # fmt: skip
    assert found["nobody"] == ()


def test_a_decision_keeps_what_was_known(records):
    made = frozen(records)
    decide(records, made.id)
    (found,) = decisions_of(records, [made.id])[made.id]
    assert (found.decision, found.recommendation, found.by) == (
        "roll out", "roll out", "Ada",
    )  # fmt: skip
    assert found.figures == FIGURES
    assert found.plan_hash == made.frozen_hash
    assert not found.overrides
    (newest, *_) = audit_trail(records, kind="strategy", subject=made.id)
    assert (newest.action, newest.by) == ("decide", "Ada")
    assert newest.after["decision"] == "roll out"


def test_an_override_needs_a_second_name(records):
    made = frozen(records)
    with pytest.raises(InvalidInput, match="not what the frozen rule recommends"):
        decide(records, made.id, recommendation="stop")
    for same in ("ada", "Ada (unverified)"):
        with pytest.raises(InvalidInput, match="second name is that of"):
            decide(records, made.id, recommendation="stop", second=same)
    with pytest.raises(InvalidInput, match="not what the frozen rule"):
        decide(records, made.id, recommendation="cannot tell")
    done = decide(records, made.id, recommendation="stop", second="Bo")
    assert (done.overrides, done.second) == (True, "Bo")
    decide(records, made.id, decision="stop", recommendation="cannot tell")
    assert len(decisions_of(records, [made.id])[made.id]) == 2


def test_decisions_need_a_frozen_plan_a_reason_and_a_known_word(records):
    draft = a_strategy(records)
    with pytest.raises(Conflict, match="not frozen"):
        decide(records, draft.id)
    made = freeze_strategy(records, draft.id, by="Ada")
    with pytest.raises(InvalidInput, match="reason"):
        decide(records, made.id, reason="  ")
    with pytest.raises(UnknownName):
        decide(records, made.id, decision="celebrate")
    with pytest.raises(Conflict, match="Ada changed this"):
        decide(records, made.id, version=made.version - 1)
    assert decisions_of(records, [made.id])[made.id] == ()


@pytest.mark.parametrize(
    "verb", ["UPDATE {0} SET at = '2020-01-01'", "DELETE FROM {0}"]
)
@pytest.mark.parametrize("table", ["deviations", "looks", "decisions"])
def test_the_database_keeps_what_was_appended(records, verb, table):
    made = frozen(records)
    amend_strategy(records, made.id, {"owner": "Cy"}, by="Bo", reason="Left")
    note_look(
        records, made.id, dataset="Demo", version="1", plan_hash="", figures={},
        is_exploratory=True,
    )  # fmt: skip
    decide(records, made.id)
    statement = sa.text(verb.format(f"strategy_{table}"))
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        records.writing() as connection,
    ):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE strategies SET frozen_hash = NULL",
        "UPDATE strategies SET frozen_plan = '{}'",
        "UPDATE strategies SET frozen_by = 'x', owner = 'x'",
        "DELETE FROM strategies",
    ],
)
def test_the_database_itself_keeps_a_plan_frozen(records, statement):
    made = frozen(records)
    with (
        pytest.raises(sa.exc.DBAPIError, match="a frozen plan stays as it is"),
        records.writing() as connection,
    ):
        connection.execute(sa.text(statement))
    assert strategy_of(records, made.id) == made
