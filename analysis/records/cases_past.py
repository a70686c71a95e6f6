"""Past decisions written in one go, and decisions read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa

from analysis.records import trail
from analysis.records.cases import (
    NewCase,
    Queue,
    QueueSettings,
    insert_cases,
    insert_queue,
    queue_of,
)
from analysis.records.cases_answers import Answer, DecisionKind, Seen, columns_of
from analysis.records.cases_decisions import hit_row
from analysis.records.cases_tables import (
    case_appeals,
    case_decisions,
    case_queues,
    case_rule_hits,
    cases,
)
from analysis.records.cases_texts import new_ids
from analysis.records.database import Records

PastOutcome = Literal["", "upheld", "partly", "overturned", "withdrawn"]
Rows = list[dict[str, Any]]

#: Appeals whose course is not known bear these.
UNKNOWN: Final = "unknown"
NOTHING_SEEN: Final = Seen()


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision made elsewhere.

    Attributes:
        kind: ``HUMAN`` or ``GOLD``; ``RULE`` for what a rule set says of the case.
        reviewer: Who decided.
        answer: What.
        decided_at: When.
        opened_at: When the case was opened; None if not known.
        active_seconds: Seconds spent; None if not known.
        is_blind: Whether earlier decisions were hidden.
        seen: What was shown, or what the rules say.
        appeal: How an appeal against it ended; empty if there was none.
    """

    kind: DecisionKind
    reviewer: str
    answer: Answer
    decided_at: datetime
    opened_at: datetime | None = None
    active_seconds: float | None = None
    is_blind: bool = False
    seen: Seen = NOTHING_SEEN
    appeal: PastOutcome = ""


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case decided elsewhere; its decisions in the order in which they were made."""

    member: NewCase
    decisions: tuple[PastDecision, ...]


def add_past_queue(
    records: Records, settings: QueueSettings, past: Sequence[PastCase], *, by: str
) -> Queue:
    """Keep a finished queue with its decisions, as one write.

    Whoever decides twice corrects themselves: the later version supersedes the earlier.

    Raises:
        InvalidInput: if a text is empty or too long.
        Conflict: if the dataset has a queue of that name.
    """
    with records.writing() as connection:
        queue = insert_queue(connection, settings, size=len(past), by=by)
        members = [item.member for item in past]
        ids = insert_cases(
            connection, queue, members, now=datetime.now(UTC), state="decided"
        )
        _date_cases(connection, queue["id"], ids, past)
        tables = (case_decisions, case_rule_hits, case_appeals)
        for table, rows in zip(tables, _rows(ids, past, by=by), strict=True):
            if rows:
                connection.execute(sa.insert(table), rows)
    return queue_of(queue)


def decision_rows(
    records: Records, *, dataset: str = "", queue: str = ""
) -> tuple[Rows, Rows, Rows]:
    """Decisions with their cases and queues; rules that fired; appeals.

    Queues that were deleted are left out.
    """
    told = [column for column in case_decisions.c if column.name != "seen"]
    query = _scoped(
        sa.select(
            *told,
            cases.c.queue, cases.c.position, cases.c.order_no, cases.c.order_id,
            cases.c.severity, cases.c.doubled_by, cases.c.due_at,
            cases.c.opened_at.label("case_opened_at"),
            case_queues.c.name.label("queue_name"), case_queues.c.dataset,
            case_queues.c.dataset_version, case_queues.c.time_target,
        ).select_from(case_decisions),
        dataset, queue,
    )  # fmt: skip
    hits = sa.select(case_rule_hits.c.decision, case_rule_hits.c.rule)
    hits = hits.join(case_decisions, case_rule_hits.c.decision == case_decisions.c.id)
    appeals = sa.select(case_appeals).join(
        case_decisions, case_appeals.c.decision == case_decisions.c.id
    )
    with records.reading() as connection:
        return (
            _all(connection, query.order_by(case_decisions.c.decided_at)),
            _all(connection, _scoped(hits, dataset, queue)),
            _all(connection, _scoped(appeals, dataset, queue)),
        )


def _scoped(query: sa.Select[Any], dataset: str, queue: str) -> sa.Select[Any]:
    query = query.join(cases, case_decisions.c.case == cases.c.id)
    query = query.join(case_queues, cases.c.queue == case_queues.c.id)
    query = query.where(case_queues.c.deleted_at.is_(None))
    if dataset:
        query = query.where(case_queues.c.dataset == dataset)
    return query.where(cases.c.queue == queue) if queue else query


def _all(connection: sa.Connection, query: sa.Select[Any]) -> Rows:
    return [dict(row) for row in connection.execute(query).mappings()]


def _date_cases(
    connection: sa.Connection,
    queue: str,
    ids: Sequence[str],
    past: Sequence[PastCase],
) -> None:
    """Give the cases the times and numbers of reviews of their decisions."""
    rows = []
    for identifier, item in zip(ids, past, strict=True):
        people = [one for one in item.decisions if one.kind == "HUMAN"]
        made = people or item.decisions
        rows.append(
            {
                "key": identifier,
                "opened_at": min(one.opened_at or one.decided_at for one in made),
                "decided_at": max(one.decided_at for one in made),
                "reviews": len({one.reviewer for one in people}),
                "due_at": None,
            }
        )
    dated = sa.update(cases).where(
        cases.c.id == sa.bindparam("key"), cases.c.queue == queue
    )
    connection.execute(dated, rows)


def _rows(
    ids: Sequence[str], past: Sequence[PastCase], *, by: str
) -> tuple[Rows, Rows, Rows]:
    decisions: Rows = []
    hits: Rows = []
    appeals: Rows = []
    for case, item in zip(ids, past, strict=True):
        standing: dict[tuple[str, str], str] = {}
        made = zip(new_ids(len(item.decisions)), item.decisions, strict=True)
        for version, (identifier, one) in enumerate(made, start=1):
            # Gold takes the place of gold, whoever says it.
            chain = (one.kind, one.reviewer if one.kind == "HUMAN" else "")
            row = _decision_row(one, case=case, version=version)
            row |= {"id": identifier, "supersedes": standing.get(chain)}
            standing[chain] = identifier
            decisions.append(row)
            by_rule = {hit.rule: hit for hit in one.seen.hits}
            hits += [hit_row(identifier, hit) for hit in by_rule.values()]
            if one.appeal:
                appeals.append(_appeal_row(one, row, by=by))
    return decisions, hits, appeals


def _decision_row(one: PastDecision, *, case: str, version: int) -> dict[str, Any]:
    return {
        **columns_of(one.answer, one.seen),
        "case": case,
        "version": version,
        "kind": one.kind,
        "reviewer": trail.author(one.reviewer),
        "is_blind": one.is_blind,
        "opened_at": one.opened_at,
        "decided_at": one.decided_at,
        "active_seconds": one.active_seconds,
    }


def _appeal_row(
    one: PastDecision, decision: Mapping[str, Any], *, by: str
) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": new_ids(1)[0],
        "decision": decision["id"],
        "case": decision["case"],
        "reviewer": decision["reviewer"],
        "appellant": "other",
        "grounds": UNKNOWN,
        "proposed": "",
        "filed_at": one.decided_at,
        "due_at": one.decided_at + timedelta(0),
        "outcome": one.appeal,
        "version": 1,
        "created_at": now,
        "created_by": trail.author(by),
        "changed_at": now,
        "changed_by": trail.author(by),
    }
