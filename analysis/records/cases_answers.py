"""What a decision on a case is made of: the answer, and what was seen with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

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
        party: Who is responsible: one party, several joined by `` + ``, or
            ``undetermined``.
        explanation: Why, in words; never empty.
        shares: Share by party, summing to 1; only where several share it.
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


def decision_of(row: Mapping[str, Any], *, superseded_by: str = "") -> Decision:
    """A decision from its row."""
    texts = ("party", "explanation", "cause", "detail", "solution", "exemption")
    answer = Answer(
        **{name: row[name] for name in texts}, shares=json.loads(row["shares"])
    )
    kept = (
        "id", "case", "version", "kind", "reviewer", "is_blind", "opened_at",
        "decided_at", "active_seconds",
    )  # fmt: skip
    return Decision(
        **{name: row[name] for name in kept},
        answer=answer,
        seen=_seen(json.loads(row["seen"])),
        supersedes=row["supersedes"] or "",
        superseded_by=superseded_by,
    )


def columns_of(answer: Answer, seen: Seen) -> dict[str, Any]:
    """Columns of the table that an answer and what was seen fill."""
    return {
        **asdict(answer),
        "shares": json.dumps(dict(answer.shares)),
        "suggested": seen.party,
        "ruleset": seen.ruleset,
        "seen": json.dumps(asdict(seen), ensure_ascii=False, default=str),
        "missing_evidence": json.dumps(seen.missing_evidence),
    }


def _seen(content: Mapping[str, Any]) -> Seen:
    lists = {
        "hits": tuple(RuleHit(**hit) for hit in content["hits"]),
        "missing_evidence": tuple(content["missing_evidence"]),
    }
    return Seen(**{**content, **lists})
