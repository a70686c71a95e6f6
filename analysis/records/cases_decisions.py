"""Decisions on cases: append-only versions, and notes beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from analysis.errors import Conflict, NotAllowed, UnknownName
from analysis.records import trail
from analysis.records.cases_answers import (
    Answer,
    Decision,
    DecisionKind,
    Note,
    RuleHit,
    Seen,
    columns_of,
    decision_of,
)
from analysis.records.cases_drafts import remove_draft
from analysis.records.cases_leases import change_case, locked, require_free
from analysis.records.cases_tables import (
    case_decisions,
    case_notes,
    case_queues,
    case_rule_hits,
    case_skips,
    cases,
)
from analysis.records.cases_texts import new_ids, text_of
from analysis.records.database import Records
from analysis.words import N_

__all__ = [
    "Answer", "Decision", "DecisionKind", "Handling", "Note", "RuleHit", "Seen",
    "add_decision", "add_gold", "add_note", "decisions_on", "decisions_on_order",
    "notes_on",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Handling:
    """How a decision was made.

    Attributes:
        is_blind: Whether earlier decisions and history were hidden.
        opened_at: When the case was opened; that of the draft if None.
        active_seconds: Seconds of activity; those of the draft if None.
        now: The present, for tests.
    """

    is_blind: bool = False
    opened_at: datetime | None = None
    active_seconds: float | None = None
    now: datetime | None = None


def add_decision(
    records: Records,
    case: str,
    answer: Answer,
    *,
    by: str,
    seen: Seen | None = None,
    handling: Handling | None = None,
    note: str = "",
    supersedes: str = "",
) -> Decision:
    """Decide a case first-hand, or correct a decision of one's own.

    Args:
        records: The open records.
        case: Its id.
        answer: What is decided; the lists it chooses from are the caller's.
        by: Who decides.
        seen: What they were shown.
        handling: How it was made.
        note: A remark kept beside it.
        supersedes: Id of the version that this corrects.

    Raises:
        InvalidInput: if nothing is explained, or a text is too long.
        Conflict: if somebody else holds the case, it is finished, this person decided
            it already, or the version to correct does not stand any more.
        NotAllowed: if the version to correct is somebody else's.
        UnknownName: if there is no such case or version.
    """
    person, how = trail.author(by), handling or Handling()
    moment = how.now or datetime.now(UTC)
    values = columns_of(answer, seen or Seen())
    values["explanation"] = text_of(answer.explanation)
    with records.writing() as connection:
        row = locked(connection, case)
        if supersedes:
            _require_own(connection, row, supersedes, by=person)
        else:
            require_free(connection, row, by=person, now=moment)
        values |= _handled(connection, case, how, by=person, now=moment)
        values |= {"kind": "HUMAN", "supersedes": supersedes or None}
        written = append(connection, case, values, hits=(seen or Seen()).hits)
        if not supersedes:
            _count_review(connection, row, now=moment)
        _forget_skip(connection, case, by=person)
        if note.strip():
            _note(connection, case, by=person, text=text_of(note), now=moment)
    return written


def add_gold(
    records: Records, case: str, answer: Answer, *, by: str, now: datetime | None = None
) -> Decision:
    """Mark the right answer of a case; it takes the place of an earlier one.

    It is no review: the case stays as it is, and reviewers are not told.

    Raises:
        InvalidInput: if nothing is explained.
        UnknownName: if there is no such case.
    """
    values = columns_of(answer, Seen()) | {
        "explanation": text_of(answer.explanation),
        "kind": "GOLD",
        "reviewer": trail.author(by),
        "is_blind": False,
        "decided_at": now or datetime.now(UTC),
    }
    with records.writing() as connection:
        locked(connection, case)
        standing = sa.select(case_decisions.c.id).where(
            case_decisions.c.case == case, case_decisions.c.kind == "GOLD"
        )
        newest = standing.order_by(case_decisions.c.version.desc()).limit(1)
        values["supersedes"] = connection.execute(newest).scalar()
        return append(connection, case, values)


def decisions_on(records: Records, case: str) -> tuple[Decision, ...]:
    """All versions on a case, the newest first.

    In blind mode the page shows only those of the person themselves, and gold answers
    to nobody who has not decided.
    """
    return _read(
        records, sa.select(case_decisions).where(case_decisions.c.case == case)
    )


def decisions_on_order(
    records: Records, *, dataset: str, order_id: str
) -> tuple[Decision, ...]:
    """All versions on an order in all queues of a dataset, the newest first."""
    query = sa.select(case_decisions).join(cases, case_decisions.c.case == cases.c.id)
    query = query.join(case_queues, cases.c.queue == case_queues.c.id).where(
        cases.c.order_id == order_id, case_queues.c.dataset == dataset
    )
    return _read(records, query)


def add_note(
    records: Records, case: str, *, by: str, text: str, now: datetime | None = None
) -> Note:
    """Write a remark beside a case.

    Raises:
        InvalidInput: if it is empty or too long.
        UnknownName: if there is no such case.
    """
    moment, person = now or datetime.now(UTC), trail.author(by)
    with records.writing() as connection:
        trail.fetch(connection, "case", case)
        return _note(connection, case, by=person, text=text_of(text), now=moment)


def notes_on(records: Records, case: str) -> tuple[Note, ...]:
    """Remarks beside a case, the oldest first."""
    query = sa.select(case_notes).where(case_notes.c.case == case)
    query = query.order_by(case_notes.c.at, case_notes.c.id)
    with records.reading() as connection:
        return tuple(Note(**row) for row in connection.execute(query).mappings())


def append(
    connection: sa.Connection,
    case: str,
    values: Mapping[str, Any],
    *,
    hits: Sequence[RuleHit] = (),
) -> Decision:
    """Write the next version on a case whose row is locked, with hits and trace."""
    newest = sa.select(sa.func.max(case_decisions.c.version))
    before = connection.execute(newest.where(case_decisions.c.case == case)).scalar()
    row = {
        "opened_at": None,
        "active_seconds": None,
        "supersedes": None,
        **values,
        "id": new_ids(1)[0],
        "case": case,
        "version": (before or 0) + 1,
    }
    connection.execute(sa.insert(case_decisions).values(row))
    by_rule = {hit.rule: hit for hit in reversed(hits)}
    if by_rule:
        rows = [hit_row(row["id"], hit) for hit in by_rule.values()]
        connection.execute(sa.insert(case_rule_hits), rows)
    _trace(connection, row)
    return decision_of(row)


def hit_row(decision: str, hit: RuleHit) -> dict[str, Any]:
    """The row of a rule that fired."""
    return {
        "decision": decision,
        "rule": hit.rule,
        "party": hit.party,
        "value": hit.value,
        "threshold": hit.threshold,
        "evidence": json.dumps(dict(hit.evidence), default=str),
    }


def require_standing(connection: sa.Connection, decision: str) -> Mapping[str, Any]:
    """The row of a decision that nobody superseded.

    Raises:
        Conflict: if somebody did.
        UnknownName: if there is none.
    """
    query = sa.select(case_decisions).where(case_decisions.c.id == decision)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownName(
            N_("There is no decision {identifier} here."),
            hint=N_("Reload the page."),
            identifier=decision[:40],
        )
    later = sa.select(case_decisions.c.reviewer)
    newer = connection.execute(later.where(case_decisions.c.supersedes == decision))
    who = newer.scalar()
    if who is not None:
        raise Conflict(
            N_("{who} has written a newer version of this decision."),
            hint=N_("Reload the page to see it."),
            who=who,
        )
    return dict(row)


def _require_own(
    connection: sa.Connection, case: Mapping[str, Any], decision: str, *, by: str
) -> None:
    row = require_standing(connection, decision)
    if (row["case"], row["kind"], row["reviewer"]) != (case["id"], "HUMAN", by):
        raise NotAllowed(
            N_("{who} made this decision; only they correct it."),
            hint=N_("File an appeal instead."),
            who=row["reviewer"],
        )
    if case["state"] == "appealed":
        raise Conflict(
            N_("An appeal against this case is open."),
            hint=N_("Wait until it is decided."),
        )


def _handled(
    connection: sa.Connection, case: str, how: Handling, *, by: str, now: datetime
) -> dict[str, Any]:
    """Who, when and how long; what the caller leaves out, the draft knows."""
    draft = remove_draft(connection, case, by=by)
    opened, seconds = how.opened_at, how.active_seconds
    if draft is not None:
        opened = opened or draft.opened_at
        seconds = draft.active_seconds if seconds is None else seconds
    return {
        "reviewer": by,
        "is_blind": how.is_blind,
        "opened_at": opened,
        "active_seconds": seconds,
        "decided_at": now,
    }


def _count_review(
    connection: sa.Connection, case: Mapping[str, Any], *, now: datetime
) -> None:
    reviews = case["reviews"] + 1
    change: dict[str, Any] = {"reviews": reviews, "holder": None, "held_until": None}
    if reviews >= case["needed"]:
        change |= {"state": "decided", "decided_at": now}
    change_case(connection, case["id"], change)


def _forget_skip(connection: sa.Connection, case: str, *, by: str) -> None:
    mine = (case_skips.c.case == case) & (case_skips.c.reviewer == by)
    connection.execute(sa.delete(case_skips).where(mine))


def _note(
    connection: sa.Connection, case: str, *, by: str, text: str, now: datetime
) -> Note:
    note = Note(id=new_ids(1)[0], case=case, by=by, at=now, text=text)
    connection.execute(sa.insert(case_notes).values(asdict(note)))
    trail.note(connection, "case", "note", asdict(note))
    return note


def _trace(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    told = ("case", "version", "kind", "party", "explanation", "supersedes")
    entry = {name: row[name] for name in told}
    entry |= {"decision": row["id"], "at": row["decided_at"], "by": row["reviewer"]}
    trail.note(connection, "case", "decide", entry)


def _read(records: Records, query: sa.Select[Any]) -> tuple[Decision, ...]:
    newest = query.order_by(
        case_decisions.c.decided_at.desc(), case_decisions.c.version.desc()
    )
    with records.reading() as connection:
        rows = connection.execute(newest).mappings().all()
    later = {row["supersedes"]: row["id"] for row in rows if row["supersedes"]}
    return tuple(
        decision_of(dict(row), superseded_by=later.get(row["id"], "")) for row in rows
    )
