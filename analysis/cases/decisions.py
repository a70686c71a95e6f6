"""Deciding a case: checked against the catalogue, then written for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from analysis.records import Records
from analysis.records.cases_decisions import Decision, Seen


def record_decision(
    records: Records,
    case: str,
    *,
    by: str,
    party: str,
    explanation: str,
    shares: Mapping[str, float] | None = None,
    cause: str = "",
    detail: str = "",
    solution: str = "",
    exemption: str = "",
    note: str = "",
    seen: Seen | None = None,
    is_blind: bool = False,
    opened_at: datetime | None = None,
    active_seconds: float | None = None,
    supersedes: str = "",
    now: datetime | None = None,
) -> Decision:
    """Decide a case; the draft goes, the lease ends, the version stays for good.

    Args:
        records: The open records.
        case: Id of the case.
        by: Who decides.
        party: A party of ``analysis.cases.taxonomy.PARTIES``.
        explanation: Why, in words; never empty.
        shares: Share by party, summing to 1; with the party ``shared`` only.
        cause: Root cause, first level; see ``taxonomy.load_causes``.
        detail: Root cause, second level.
        solution: What is done about it; see ``taxonomy.load_solutions``.
        exemption: Why it does not count; see ``taxonomy.load_exemptions``.
        note: A remark that is no part of the verdict, kept beside it.
        seen: What was shown: suggestion, rule hits with values, missing evidence.
        is_blind: Whether earlier decisions and history were hidden.
        opened_at: When the case was opened; taken from the draft where there is one.
        active_seconds: Seconds of activity; taken from the draft where there is one.
        supersedes: Id of an earlier version by the same person that this corrects.
        now: The present, for tests.

    Raises:
        InvalidInput: if a value is not of its list, or nothing is explained.
        Conflict: if somebody else holds the case, it has all decisions it needs, this
            person decided it already (correct it with ``supersedes``), or the version
            to correct was superseded already.
        NotAllowed: if the version to correct is somebody else's.
    """
    raise NotImplementedError
