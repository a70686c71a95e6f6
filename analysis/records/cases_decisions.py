"""Decisions on cases: append-only versions, what was seen with each, and notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from analysis.records.database import Records

DecisionKind = Literal["RULE", "MODEL", "HUMAN", "GOLD", "APPEAL"]


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that fired, as it was shown.

    Attributes:
        rule: Its id, such as ``M1``.
        party: Whom it holds responsible.
        value: What was measured, in the rule's unit; None for a rule on an event.
        threshold: What it was held against.
        evidence: Where the value came from: table, row and column.
    """

    rule: str
    party: str
    value: float | None = None
    threshold: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def margin(self) -> float | None:
        """Value minus threshold."""
        if self.value is None or self.threshold is None:
            return None
        return self.value - self.threshold


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reviewer was shown beside the facts.

    Attributes:
        ruleset: Rule set and version, such as ``default 1``.
        party: Suggested party; empty where nothing was suggested.
        minutes: Minutes late by party.
        hits: Rules that fired.
        missing_evidence: Fields or tables that were missing.
        model: What the second opinion said, by party; empty if it was not shown.
    """

    ruleset: str = ""
    party: str = ""
    minutes: Mapping[str, float] = field(default_factory=dict)
    hits: tuple[RuleHit, ...] = ()
    missing_evidence: tuple[str, ...] = ()
    model: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is decided.

    Attributes:
        party: Who is responsible; ``shared`` with shares; ``undetermined``.
        explanation: Why, in words; never empty.
        shares: Share by party, summing to 1; only with ``shared``.
        cause: Root cause, first level.
        detail: Root cause, second level.
        solution: What is done about it.
        exemption: Why it does not count against the party; empty if it does.
    """

    party: str
    explanation: str
    shares: Mapping[str, float] = field(default_factory=dict)
    cause: str = ""
    detail: str = ""
    solution: str = ""
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One version of the verdict on a case; it never changes.

    Attributes:
        id: Its name in the trail.
        case: Id of the case.
        version: 1 for the first on the case, rising over all reviewers.
        kind: ``HUMAN``, ``GOLD`` (the right answer), ``APPEAL``, ``RULE`` or ``MODEL``.
        reviewer: Who decided.
        answer: What.
        seen: What they were shown.
        is_blind: Whether earlier decisions and history were hidden from them.
        opened_at: When they opened the case; None if not known.
        decided_at: When they decided.
        active_seconds: Seconds they were active on it; None if not known.
        supersedes: Id of the version it takes the place of; empty if of none.
        superseded_by: Id of the version that took its place; empty while it stands.
    """

    id: str
    case: str
    version: int
    kind: DecisionKind
    reviewer: str
    answer: Answer
    seen: Seen
    is_blind: bool
    opened_at: datetime | None
    decided_at: datetime
    active_seconds: float | None
    supersedes: str
    superseded_by: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark beside a case, apart from the verdict; it never changes.

    Attributes:
        id: Its name in the trail.
        case: Id of the case.
        by: Who wrote it.
        at: When.
        text: The words.
    """

    id: str
    case: str
    by: str
    at: datetime
    text: str


def decisions_on(records: Records, case: str) -> tuple[Decision, ...]:
    """All versions on a case, the newest first.

    In blind mode the page shows only those of the person themselves.
    """
    raise NotImplementedError


def decisions_on_order(
    records: Records, *, dataset: str, order_id: str
) -> tuple[Decision, ...]:
    """All versions on an order in all queues of a dataset, the newest first."""
    raise NotImplementedError


def add_note(records: Records, case: str, *, by: str, text: str) -> Note:
    """Write a remark beside a case.

    Raises:
        InvalidInput: if it is empty or too long.
    """
    raise NotImplementedError


def notes_on(records: Records, case: str) -> tuple[Note, ...]:
    """Remarks beside a case, the oldest first."""
    raise NotImplementedError
