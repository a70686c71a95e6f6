"""Appeals against decisions: filed, handled by somebody else, decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, NotAllowed
from analysis.records import trail
from analysis.records.cases_answers import Answer, columns_of, decision_of
from analysis.records.cases_decisions import append, require_standing
from analysis.records.cases_leases import change_case, locked
from analysis.records.cases_tables import (
    case_appeals,
    case_decisions,
    case_queues,
    cases,
)
from analysis.records.cases_texts import text_of
from analysis.records.database import Records
from analysis.words import N_

Outcome = Literal["upheld", "partly", "overturned", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal against one decision.

    Attributes:
        id: Its name in the trail.
        decision: Id of the decision appealed against.
        case: Id of its case.
        queue: Id of the case's queue.
        position: Place of the case in it.
        order_id: The order.
        reviewer: Who made that decision; may not handle the appeal.
        appellant: ``rider``, ``merchant``, ``customer``, ``partner`` or ``other``.
        grounds: Why, in words.
        proposed: Party that the appellant proposes; empty if none.
        filed_at: When.
        due_at: When it should be decided.
        handler: Who handles it; empty while nobody does.
        outcome: ``upheld`` (the decision stands), ``partly``, ``overturned``,
            ``withdrawn``; empty while open.
        decided_at: When it was decided; None while open.
        new_decision: Id of the version it led to; empty if none.
        version: Rises with each change; give it back when changing.
    """

    id: str
    decision: str
    case: str
    queue: str
    position: int
    order_id: str
    reviewer: str
    appellant: str
    grounds: str
    proposed: str
    filed_at: datetime
    due_at: datetime
    handler: str
    outcome: Outcome | Literal[""]
    decided_at: datetime | None
    new_decision: str
    version: int


def file_appeal(
    records: Records,
    decision: str,
    *,
    by: str,
    grounds: str,
    appellant: str = "rider",
    proposed: str = "",
    due_hours: float = 72.0,
    now: datetime | None = None,
) -> Appeal:
    """File an appeal against a decision that stands.

    Raises:
        InvalidInput: if there are no grounds.
        Conflict: if the decision was superseded, or has an open appeal already.
    """
    moment = now or datetime.now(UTC)
    values = {
        "decision": decision,
        "grounds": text_of(grounds),
        "appellant": trail.label(appellant),
        "proposed": proposed,
        "filed_at": moment,
        "due_at": moment + timedelta(hours=due_hours),
        "handler": None,
        "outcome": None,
        "decided_at": None,
        "new_decision": None,
    }
    with records.writing() as connection:
        against = require_standing(connection, decision)
        case = locked(connection, against["case"])
        _require_decided(case)
        values |= {"case": case["id"], "reviewer": against["reviewer"]}
        row = trail.create(connection, "case_appeal", values, by=by)
        change_case(connection, case["id"], {"state": "appealed"})
        return _appeal({**case, **row})


def handle_appeal(
    records: Records, appeal: str, *, by: str, version: int | None = None
) -> Appeal:
    """Take an appeal on.

    Raises:
        NotAllowed: if they made one of the decisions on the case.
        Conflict: if somebody else handles it or it is decided.
    """
    person = trail.author(by)
    with records.writing() as connection:
        row, case = _open(connection, appeal, by=person, version=version)
        row = trail.revise(connection, "case_appeal", row, {"handler": person}, by=by)
        return _appeal({**case, **row})


def decide_appeal(
    records: Records,
    appeal: str,
    *,
    by: str,
    outcome: Outcome,
    explanation: str,
    answer: Answer | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Appeal:
    """Decide an appeal: a new version of kind APPEAL supersedes the decision.

    Args:
        records: The open records.
        appeal: Its id.
        by: Who decides; handles it from now on if nobody did.
        outcome: ``upheld`` repeats the answer, ``partly`` and ``overturned`` need a
            new one, ``withdrawn`` leaves the decision as it is.
        explanation: Why, in words.
        answer: The new answer.
        version: Version the user saw.
        now: The present, for tests.

    Raises:
        NotAllowed: if they made one of the decisions on the case.
        InvalidInput: if an answer is missing or too much, or nothing is explained.
        Conflict: if it is decided or handled by somebody else.
    """
    person, moment = trail.author(by), now or datetime.now(UTC)
    reason = text_of(explanation)
    if (answer is None) == (outcome in ("partly", "overturned")):
        raise InvalidInput(
            N_("An appeal that ends as {outcome} does not fit this answer."),
            hint=N_("Partly and overturned need a new answer, the others none."),
            outcome=outcome,
        )
    with records.writing() as connection:
        row, case = _open(connection, appeal, by=person, version=version)
        made = {"handler": person, "outcome": outcome, "decided_at": moment}
        if outcome != "withdrawn":
            made["new_decision"] = _supersede(
                connection, row, answer, by=person, reason=reason, now=moment
            )
        row = trail.revise(connection, "case_appeal", row, made, by=by)
        change_case(connection, case["id"], {"state": "decided"})
        return _appeal({**case, **row})


def list_appeals(
    records: Records,
    *,
    queue: str = "",
    dataset: str = "",
    is_open: bool | None = None,
) -> tuple[Appeal, ...]:
    """Appeals, open ones first, the earliest due date first.

    Args:
        records: The open records.
        queue: Only on cases of this queue.
        dataset: Only on cases of this dataset (its id).
        is_open: Only open ones, or only decided ones; all if None.
    """
    query = sa.select(cases.c.queue, cases.c.position, cases.c.order_id, case_appeals)
    query = query.join(cases, case_appeals.c.case == cases.c.id)
    query = query.join(case_queues, cases.c.queue == case_queues.c.id)
    query = query.where(case_queues.c.deleted_at.is_(None))
    if queue:
        query = query.where(cases.c.queue == queue)
    if dataset:
        query = query.where(case_queues.c.dataset == dataset)
    if is_open is not None:
        query = query.where(case_appeals.c.outcome.is_(None) == is_open)
    closed = case_appeals.c.outcome.is_not(None)
    query = query.order_by(closed, case_appeals.c.due_at, case_appeals.c.id)
    with records.reading() as connection:
        return tuple(_appeal(dict(row)) for row in connection.execute(query).mappings())


def _open(
    connection: sa.Connection, appeal: str, *, by: str, version: int | None
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """An open appeal that this person may handle, and its case, locked."""
    case = locked(connection, trail.live(connection, "case_appeal", appeal)["case"])
    row = trail.live(connection, "case_appeal", appeal)
    trail.expect(row, version)
    if row["outcome"] is not None:
        raise Conflict(
            N_("This appeal is decided: {outcome}."),
            hint=N_("Reload the page to see how."),
            outcome=row["outcome"],
        )
    if row["handler"] not in (None, by):
        raise Conflict(
            N_("{who} handles this appeal."),
            hint=N_("Ask them, or choose another one."),
            who=row["handler"],
        )
    _require_another(connection, case["id"], by=by)
    return row, case


def _require_another(connection: sa.Connection, case: str, *, by: str) -> None:
    mine = sa.exists().where(
        case_decisions.c.case == case, case_decisions.c.reviewer == by
    )
    if connection.execute(sa.select(mine)).scalar():
        raise NotAllowed(
            N_("{who} decided this case and cannot handle its appeal."),
            hint=N_("Somebody else has to."),
            who=by,
        )


def _require_decided(case: Mapping[str, Any]) -> None:
    if case["state"] == "decided":
        return
    if case["state"] == "appealed":
        raise Conflict(
            N_("An appeal against this case is open."),
            hint=N_("Wait until it is decided."),
        )
    raise Conflict(N_("This case is not decided yet."), hint=N_("Appeal once it is."))


def _supersede(
    connection: sa.Connection,
    appeal: Mapping[str, Any],
    answer: Answer | None,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> str:
    """Write the version that the appeal leads to; gives back its id."""
    before = decision_of(require_standing(connection, appeal["decision"]))
    values = columns_of(answer or before.answer, before.seen) | {
        "explanation": reason,
        "kind": "APPEAL",
        "reviewer": by,
        "is_blind": False,
        "decided_at": now,
        "supersedes": before.id,
    }
    return append(connection, appeal["case"], values, hits=before.seen.hits).id


def _appeal(row: Mapping[str, Any]) -> Appeal:
    """From a row that has the columns of the appeal and of its case."""
    found = {item.name: row[item.name] for item in fields(Appeal)}
    texts = ("handler", "outcome", "new_decision")
    return Appeal(**(found | {name: found[name] or "" for name in texts}))
