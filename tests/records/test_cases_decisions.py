"""Drafts, decisions that stay, appeals: on SQLite and on a PostgreSQL server."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, NotAllowed, UnknownName
from analysis.records import audit_trail
from analysis.records.cases import case_at, progress_of
from analysis.records.cases_answers import Answer, RuleHit, Seen
from analysis.records.cases_appeals import (
    decide_appeal,
    file_appeal,
    handle_appeal,
    list_appeals,
)
from analysis.records.cases_decisions import (
    Handling,
    add_decision,
    add_gold,
    add_note,
    decisions_on,
    decisions_on_order,
    notes_on,
)
from analysis.records.cases_drafts import draft_of, drop_draft, save_draft
from analysis.records.cases_leases import take
from tests.records.case_help import KITCHEN, NOW, RIDER, a_queue, case_ids, decide

SEEN = Seen(
    ruleset="default 3",
    party="merchant",
    minutes={"merchant": 12.5, "rider": 2.0},
    hits=(
        RuleHit(
            "M1", "merchant", value=12.5, threshold=5.0,
            evidence={"table": "orders", "row": {"order_no": 10}},
        ),
        RuleHit("M2", "merchant"),
    ),
    missing_evidence=("tap_lat",),
    model={"merchant": 0.8, "rider": 0.2},
)  # fmt: skip


@pytest.fixture
def case(records):
    return case_ids(records, a_queue(records))[0]


@pytest.fixture
def doubled(records):
    return case_ids(records, a_queue(records, 1, needed=2))[0]


def test_a_draft_is_kept_restored_and_gone_once_decided(records, case):
    save_draft(records, case, by="Ada", content={"party": "rider"}, now=NOW)
    later = NOW + timedelta(seconds=30)
    content = {"party": "merchant", "explanation": "Küche, 出餐慢"}
    kept = save_draft(
        records, case, by="Ada", content=content, active_seconds=22.5, now=later
    )
    save_draft(records, case, by="Bo", content={"party": "customer"})
    assert draft_of(records, case, by="Ada") == kept
    assert (kept.content, kept.opened_at, kept.saved_at) == (content, NOW, later)
    assert draft_of(records, case, by="Cy") is None
    made = decide(records, case, "Ada", KITCHEN)
    assert (made.opened_at, made.active_seconds) == (NOW, 22.5)
    assert draft_of(records, case, by="Ada") is None
    assert draft_of(records, case, by="Bo").content == {"party": "customer"}
    drop_draft(records, case, by="Bo")
    assert draft_of(records, case, by="Bo") is None


def test_active_seconds_of_a_draft_never_fall(records, case):
    for seconds in (10.0, 4.0, float("nan"), -1.0):
        save_draft(records, case, by="Ada", content={}, active_seconds=seconds)
    assert draft_of(records, case, by="Ada").active_seconds == 10.0


@pytest.mark.parametrize("content", [{"a": object()}, {"a": "x" * 100_001}])
def test_a_draft_that_is_no_data_is_refused(records, case, content):
    with pytest.raises(InvalidInput, match="cannot be kept"):
        save_draft(records, case, by="Ada", content=content)
    with pytest.raises(UnknownName):
        save_draft(records, "nowhere", by="Ada", content={})


def test_a_decision_reopens_with_everything_that_was_seen(records, case):
    answer = Answer(
        party="merchant + rider",
        explanation=" The kitchen first, then the rider. ",
        shares={"merchant": 0.7, "rider": 0.3},
        cause="kitchen",
        detail="slow_kitchen",
        solution="refund",
        exemption="weather",
    )
    how = Handling(is_blind=True, opened_at=NOW, active_seconds=61.5, now=NOW)
    made = add_decision(records, case, answer, by="Ada", seen=SEEN, handling=how)
    assert decisions_on(records, case) == (made,)
    assert made.answer.explanation == "The kitchen first, then the rider."
    assert (made.answer.shares, made.answer.cause) == (answer.shares, "kitchen")
    assert made.seen == SEEN
    assert made.seen.hits[0].margin == 7.5
    assert made.seen.hits[1].margin is None
    assert (made.version, made.kind, made.is_blind) == (1, "HUMAN", True)
    assert (made.opened_at, made.decided_at, made.active_seconds) == (NOW, NOW, 61.5)
    (told,) = audit_trail(records, kind="case", subject=case)
    assert (told.by, told.action, told.at) == ("Ada", "decide", NOW)
    assert told.after["party"] == "merchant + rider"
    assert told.after["decision"] == made.id


@pytest.mark.parametrize("explanation", ["", "  \n", "x" * 20_001])
def test_nothing_is_decided_without_an_explanation(records, case, explanation):
    with pytest.raises(InvalidInput):
        decide(records, case, "Ada", Answer(party="rider", explanation=explanation))
    assert decisions_on(records, case) == ()
    assert case_at(records, only_queue(records), 1).state == "open"


def only_queue(records):
    with records.reading() as connection:
        return connection.execute(sa.text("SELECT id FROM case_queues")).scalar()


CHANGES = (
    "UPDATE case_decisions SET party = 'rider'",
    "UPDATE case_decisions SET explanation = explanation",
    "DELETE FROM case_decisions",
    "UPDATE case_rule_hits SET value = 0",
    "DELETE FROM case_rule_hits",
    "UPDATE case_notes SET text = 'x'",
    "DELETE FROM case_notes",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_what_was_decided(records, case, statement):
    decide(records, case, "Ada", KITCHEN, seen=SEEN, note="Asked the merchant.")
    before = decisions_on(records, case)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        run(records, statement)
    assert decisions_on(records, case) == before
    assert notes_on(records, case)[0].text == "Asked the merchant."


def run(records, statement):
    with records.writing() as connection:
        connection.execute(sa.text(statement))


COPIED = ("case_decisions", "case_rule_hits", "case_notes")


@pytest.mark.parametrize("table", COPIED)
def test_the_database_refuses_to_replace_or_empty(records, case, table):
    decide(records, case, "Ada", KITCHEN, seen=SEEN, note="Asked the merchant.")
    on_sqlite = records.engine.dialect.name == "sqlite"
    replace = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    statement = replace if on_sqlite else f"TRUNCATE {table} CASCADE"
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        run(records, statement)


def test_the_database_refuses_a_handler_who_decided(records, case):
    made = decide(records, case, "Ada")
    file_appeal(records, made.id, by="Rider desk", grounds="It rained.")
    with pytest.raises(sa.exc.IntegrityError):
        run(records, "UPDATE case_appeals SET handler = 'Ada'")
    with pytest.raises(sa.exc.IntegrityError):
        run(records, "UPDATE case_appeals SET decision = 'nothing'")


def test_a_correction_is_a_new_version_by_the_same_person(records, case):
    first = decide(records, case, "Ada")
    with pytest.raises(NotAllowed, match="Ada made this decision"):
        decide(records, case, "Bo", KITCHEN, supersedes=first.id)
    second = decide(records, case, "Ada", KITCHEN, supersedes=first.id)
    newest, oldest = decisions_on(records, case)
    assert (newest.version, newest.supersedes) == (2, first.id)
    assert oldest.superseded_by == second.id
    assert oldest.answer == first.answer
    with pytest.raises(Conflict, match="newer version"):
        decide(records, case, "Ada", RIDER, supersedes=first.id)
    with pytest.raises(UnknownName):
        decide(records, case, "Ada", RIDER, supersedes="nothing")
    assert case_at(records, only_queue(records), 1).reviews == 1


def test_versions_of_two_reviewers_stand_side_by_side(records, doubled):
    decide(records, doubled, "Ada")
    decide(records, doubled, "Bo", KITCHEN, is_blind=True)
    newest, oldest = decisions_on(records, doubled)
    assert [item.reviewer for item in (newest, oldest)] == ["Bo", "Ada"]
    assert (newest.is_blind, oldest.superseded_by, newest.supersedes) == (True, "", "")


def test_gold_is_no_review_and_can_be_renewed(records, case):
    add_gold(records, case, KITCHEN, by="Expert", now=NOW)
    second = add_gold(records, case, RIDER, by="Expert", now=NOW)
    found = case_at(records, only_queue(records), 1)
    assert (found.state, found.reviews) == ("open", 0)
    assert [item.kind for item in decisions_on(records, case)] == ["GOLD", "GOLD"]
    assert decisions_on(records, case)[1].superseded_by == second.id
    assert take(records, only_queue(records), by="Expert", position=1) is not None


def test_decisions_are_found_by_their_order(records, case):
    made = decide(records, case, "Ada")
    other = a_queue(records, name="Other")
    again = decide(records, case_ids(records, other)[0], "Bo", KITCHEN)
    found = decisions_on_order(records, dataset="demo", order_id="o1")
    assert {item.id for item in found} == {made.id, again.id}
    assert decisions_on_order(records, dataset="other", order_id="o1") == ()


def test_notes_stand_apart_from_the_verdict(records, case):
    add_note(records, case, by="Bo", text="The customer called twice.", now=NOW)
    add_note(records, case, by="Ada", text="Seen.", now=NOW + timedelta(seconds=1))
    assert [note.text for note in notes_on(records, case)] == [
        "The customer called twice.", "Seen.",
    ]  # fmt: skip
    assert decisions_on(records, case) == ()
    with pytest.raises(InvalidInput):
        add_note(records, case, by="Bo", text=" ")


def appealed(records, case, **options):
    made = decide(records, case, "Ada")
    return file_appeal(
        records, made.id, by="Rider desk", grounds="The lift was broken.",
        proposed="customer", now=NOW, **options,
    )  # fmt: skip


def test_an_appeal_is_handled_by_somebody_else_and_leads_to_a_new_version(
    records, case
):
    appeal = appealed(records, case, due_hours=24)
    assert (appeal.reviewer, appeal.proposed, appeal.outcome) == ("Ada", "customer", "")
    assert appeal.due_at == NOW + timedelta(hours=24)
    assert case_at(records, only_queue(records), 1).state == "appealed"
    with pytest.raises(NotAllowed, match="Ada decided this case"):
        handle_appeal(records, appeal.id, by="Ada")
    taken = handle_appeal(records, appeal.id, by="Bo", version=appeal.version)
    assert taken.handler == "Bo"
    with pytest.raises(Conflict, match="Bo handles"):
        decide_appeal(
            records, appeal.id, by="Cy", outcome="upheld", explanation="It stands."
        )
    done = decide_appeal(
        records, appeal.id, by="Bo", outcome="overturned", answer=KITCHEN,
        explanation="The lift log agrees.", version=taken.version, now=NOW,
    )  # fmt: skip
    newest, oldest = decisions_on(records, case)
    assert done.new_decision == newest.id == oldest.superseded_by
    assert (newest.kind, newest.reviewer, newest.answer.party) == (
        "APPEAL",
        "Bo",
        "merchant",
    )
    assert newest.answer.explanation == "The lift log agrees."
    assert case_at(records, only_queue(records), 1).state == "decided"
    with pytest.raises(Conflict, match="decided: overturned"):
        decide_appeal(records, appeal.id, by="Bo", outcome="withdrawn", explanation="x")
    with pytest.raises(Conflict, match="newer version"):
        decide(records, case, "Ada", KITCHEN, supersedes=oldest.id)
    actions = [item.action for item in audit_trail(records, kind="case_appeal")]
    assert actions == ["change", "change", "create"]


def test_upheld_repeats_the_answer_and_withdrawn_writes_nothing(records):
    first, second, _ = case_ids(records, a_queue(records))
    upheld = decide_appeal(
        records,
        appealed(records, first).id,
        by="Bo",
        outcome="upheld",
        explanation="No.",
    )
    assert decisions_on(records, first)[0].answer.party == "rider"
    assert upheld.new_decision == decisions_on(records, first)[0].id
    withdrawn = decide_appeal(
        records, appealed(records, second).id, by="Bo", outcome="withdrawn",
        explanation="The rider took it back.",
    )  # fmt: skip
    assert withdrawn.new_decision == ""
    assert len(decisions_on(records, second)) == 1


@pytest.mark.parametrize(
    ("outcome", "answer"), [("overturned", None), ("partly", None), ("upheld", KITCHEN)]
)
def test_an_outcome_and_its_answer_fit(records, case, outcome, answer):
    appeal = appealed(records, case)
    with pytest.raises(InvalidInput, match="new answer"):
        decide_appeal(
            records, appeal.id, by="Bo", outcome=outcome, explanation="x", answer=answer
        )
    assert list_appeals(records, is_open=True)[0].outcome == ""


def test_appeals_need_a_decided_case_and_one_at_a_time(records, doubled):
    made = decide(records, doubled, "Ada")
    with pytest.raises(Conflict, match="not decided yet"):
        file_appeal(records, made.id, by="Desk", grounds="No.")
    decide(records, doubled, "Bo")
    file_appeal(records, made.id, by="Desk", grounds="No.")
    with pytest.raises(Conflict, match="open"):
        file_appeal(records, made.id, by="Desk", grounds="No, again.")
    with pytest.raises(Conflict, match="appeal against this case"):
        decide(records, doubled, "Ada", KITCHEN, supersedes=made.id)
    with pytest.raises(NotAllowed, match="Bo decided this case"):
        handle_appeal(records, list_appeals(records)[0].id, by="Bo")


def test_appeals_are_listed_open_first_and_by_their_date(records):
    queue = a_queue(records)
    first, second, third = case_ids(records, queue)
    late = appealed(records, first, due_hours=72)
    soon = appealed(records, second, due_hours=12)
    done = appealed(records, third, due_hours=1)
    decide_appeal(records, done.id, by="Bo", outcome="withdrawn", explanation="Ok.")
    found = list_appeals(records, queue=queue.id)
    assert [item.id for item in found] == [soon.id, late.id, done.id]
    assert [item.position for item in found] == [2, 1, 3]
    assert list_appeals(records, dataset="demo", is_open=False) == (found[2],)
    assert list_appeals(records, dataset="other") == ()
    assert progress_of(records, [queue.id])[queue.id].appealed == 2
