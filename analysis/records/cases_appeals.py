"""Appeals against decisions: filed, handled by somebody else, decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analysis.records.cases_decisions import Answer
from analysis.records.database import Records

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
    raise NotImplementedError


def handle_appeal(
    records: Records, appeal: str, *, by: str, version: int | None = None
) -> Appeal:
    """Take an appeal on.

    Raises:
        NotAllowed: if they made one of the decisions on the case.
        Conflict: if somebody else handles it or it is decided.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def list_appeals(
    records: Records,
    *,
    queue: str = "",
    dataset: str = "",
    is_open: bool | None = None,
) -> tuple[Appeal, ...]:
    """Appeals, open ones first, the earliest due date first."""
    raise NotImplementedError
