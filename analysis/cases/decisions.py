"""Deciding a case: checked against the lists, then written for good."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from analysis.cases.taxonomy import (
    PARTIES,
    SHARED,
    UNDETERMINED,
    Choice,
    load_causes,
    load_details,
    load_exemptions,
    load_solutions,
    party_code,
)
from analysis.cases.verdicts import Hit, Verdict
from analysis.errors import InvalidInput, UnknownName
from analysis.records import Records
from analysis.records.cases_answers import Answer, Decision, RuleHit, Seen
from analysis.records.cases_decisions import Handling, add_decision, add_gold
from analysis.words import N_

_TOLERANCE = 0.005


def record_decision(
    records: Records,
    case: str,
    *,
    by: str,
    explanation: str,
    party: str = "",
    shares: Mapping[str, float] | None = None,
    cause: str = "",
    detail: str = "",
    solution: str = "",
    exemption: str = "",
    note: str = "",
    seen: Seen | Verdict | None = None,
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
        explanation: Why, in words; never empty.
        party: A party of ``analysis.cases.taxonomy.PARTIES``; may be left out where
            there are shares.
        shares: Share by party, summing to 1; with the party ``shared`` only.
        cause: Root cause, first level; see ``taxonomy.load_causes``.
        detail: Root cause, second level.
        solution: What is done about it; see ``taxonomy.load_solutions``.
        exemption: Why it does not count; see ``taxonomy.load_exemptions``.
        note: A remark that is no part of the verdict, kept beside it.
        seen: What was shown: suggestion, rule hits with values, missing evidence; or
            the verdict that was.
        is_blind: Whether earlier decisions and history were hidden.
        opened_at: When the case was opened; taken from the draft where there is one.
        active_seconds: Seconds of activity; taken from the draft where there is one.
        supersedes: Id of an earlier version by the same person that this corrects.
        now: The present, for tests.

    Raises:
        UnknownName: if a value is not of its list, or there is no such case.
        InvalidInput: if nothing is explained, or shares and party do not fit.
        Conflict: if somebody else holds the case, it has all decisions it needs, this
            person decided it already (correct it with ``supersedes``), or the version
            to correct was superseded already.
        NotAllowed: if the version to correct is somebody else's.
    """
    answer = checked(
        party=party, shares=shares, explanation=explanation, cause=cause,
        detail=detail, solution=solution, exemption=exemption,
    )  # fmt: skip
    handling = Handling(is_blind, opened_at, active_seconds, now)
    return add_decision(
        records, case, answer, by=by, handling=handling, note=note,
        seen=seen_of(seen) if isinstance(seen, Verdict) else seen,
        supersedes=supersedes,
    )  # fmt: skip


def mark_gold(
    records: Records, case: str, *, by: str, party: str, explanation: str
) -> Decision:
    """Mark the right answer of a case, against which reviewers are measured.

    Raises:
        UnknownName: if the party is none, or there is no such case.
        InvalidInput: if nothing is explained.
    """
    return add_gold(records, case, checked(party=party, explanation=explanation), by=by)


def checked(
    *,
    explanation: str,
    party: str = "",
    shares: Mapping[str, float] | None = None,
    cause: str = "",
    detail: str = "",
    solution: str = "",
    exemption: str = "",
) -> Answer:
    """An answer whose every part is of its list.

    Raises:
        UnknownName: if a value is not of its list.
        InvalidInput: if shares and party do not fit.
    """
    parts = {_party(name): float(share) for name, share in (shares or {}).items()}
    code = _party(party or (SHARED if parts else ""))
    _check_shares(code, parts)
    _one_of(N_("root cause"), cause, load_causes())
    _one_of(N_("detail"), detail, load_details(cause))
    _one_of(N_("solution"), solution, load_solutions())
    _one_of(N_("exemption"), exemption, load_exemptions())
    return Answer(code, explanation, parts, cause, detail, solution, exemption)


def seen_of(verdict: Verdict, *, model: Mapping[str, float] | None = None) -> Seen:
    """What a reviewer sees of a verdict of the rules, as it is kept with a decision.

    Args:
        verdict: The suggestion shown.
        model: What the second opinion said, by party; None if it was not shown.
    """
    return Seen(
        ruleset=f"{verdict.ruleset} {verdict.version}",
        party=party_code(verdict.party),
        minutes={_party(name): part for name, part in verdict.minutes_by_party.items()},
        hits=tuple(_kept(hit) for hit in verdict.hits),
        missing_evidence=tuple(verdict.missing_evidence),
        model=dict(model or {}),
    )


def _kept(hit: Hit) -> RuleHit:
    rows = [
        {"table": item.table, "column": item.column, "row": dict(item.row)}
        for item in hit.evidence
    ]
    return RuleHit(
        hit.rule, party_code(hit.party), hit.value, hit.threshold, {"rows": rows}
    )


def _party(name: str) -> str:
    code = party_code(name)
    if not code:
        raise UnknownName.of("party", name, PARTIES)
    return code


def _one_of(kind: str, code: str, choices: Iterable[Choice]) -> None:
    known = [choice.code for choice in choices]
    if code and code not in known:
        raise UnknownName.of(kind, code, known)


def _check_shares(party: str, shares: Mapping[str, float]) -> None:
    if party != SHARED and not shares:
        return
    single = set(PARTIES) - {SHARED, UNDETERMINED}
    values = list(shares.values())
    sound = (
        party == SHARED
        and len(shares) > 1
        and set(shares) <= single
        and all(0 < value < 1 for value in values)
        and math.isclose(sum(values), 1, abs_tol=_TOLERANCE)
    )
    if not sound:
        raise InvalidInput(
            N_("The shares {shares} do not fit the party {party}."),
            hint=N_("Shares need two parties or more and sum to 1; others have none."),
            shares=dict(shares),
            party=party,
        )
