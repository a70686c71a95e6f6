"""Past decisions brought along: the demo world's, or a file of verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from analysis.cases.taxonomy import UNDETERMINED, party_code
from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem
from analysis.metrics.members import Listed, members
from analysis.records import Records
from analysis.records.cases import NewCase, Queue, QueueSettings
from analysis.records.cases_answers import Answer, RuleHit, Seen
from analysis.records.cases_past import (
    PastCase,
    PastDecision,
    PastOutcome,
    add_past_queue,
)
from analysis.words import N_

#: What a column may be called, the first that is there counts.
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "order_id": ("order_id", "订单号"),
    "party": ("party", "verdict", "判责结果", "责任方"),
    "reviewer": ("reviewer", "reviewer_id", "审核人"),
    "kind": ("kind",),
    "explanation": ("explanation", "reason", "判责说明"),
    "opened_at": ("opened_at",),
    "decided_at": ("decided_at", "判责时间"),
    "active_seconds": ("active_seconds",),
    "is_blind": ("is_blind",),
    "appeal": ("appeal_result", "appeal", "申诉结果"),
}
NEEDED: Final = ("order_id", "party")
OUTCOMES: Final[Mapping[str, PastOutcome]] = {
    "upheld": "upheld", "rejected": "upheld", "维持": "upheld", "驳回": "upheld",
    "partly": "partly", "partially": "partly", "部分改判": "partly",
    "overturned": "overturned", "accepted": "overturned", "改判": "overturned",
    "withdrawn": "withdrawn", "撤回": "withdrawn",
}  # fmt: skip

UNKNOWN_ORDER: Final = N_("The order is not in the dataset.")
UNKNOWN_PARTY: Final = N_("The party is not one of the known ones.")
NO_REVIEWER: Final = N_("The reviewer is missing.")
UNEXPLAINED: Final = "Brought in without an explanation."


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought.

    Attributes:
        queue: The finished queue that holds the decisions.
        decisions: Decisions written, without those of the rules.
        cases: Cases they are on.
        missing_ids: Order ids that the dataset has not.
        refused: Rows left out, by reason (a text marked for translation).
    """

    queue: Queue
    decisions: int
    cases: int
    missing_ids: tuple[str, ...]
    refused: Mapping[str, int]


def import_decisions(
    dataset: Dataset,
    decisions: pd.DataFrame,
    *,
    records: Records,
    name: str,
    by: str,
    columns: Mapping[str, str] | None = None,
    verdicts: pd.DataFrame | None = None,
    time_target: float = 120.0,
) -> Imported:
    """Bring in past decisions as a finished queue.

    Args:
        dataset: The version that has the orders.
        decisions: One row a decision. Needed: ``order_id`` and ``party`` (or
            ``verdict``), and for decisions of people ``reviewer``. Used where there:
            ``kind`` (``HUMAN`` or ``GOLD``), ``explanation``, ``opened_at``,
            ``decided_at`` (the time of the import where missing; naive is UTC),
            ``active_seconds``, ``is_blind``, ``appeal_result``.
        records: Where they are kept.
        name: Name of the queue.
        by: Who brings them in.
        columns: Own header by name, where they differ.
        verdicts: What the rules say of these orders today (``Verdicts.to_frame``);
            kept beside the decisions as versions of kind ``RULE``, so that rules can
            be held against people.
        time_target: Active seconds that a case should have taken at most.

    Raises:
        DataProblem: if a needed column is missing or nothing is left to bring in.
        Conflict: if the dataset has a queue of that name.
    """
    read = _read(decisions, columns or {})
    wanted = list(dict.fromkeys(read["order_id"]))
    found = members(dataset, Listed("order_id", wanted), order=["order_no"])
    known = set(found["order_id"])
    kept, refused = _sound(read, known)
    if kept.empty:
        raise DataProblem(
            N_("None of the {rows} rows can be brought in."),
            hint=N_("Check the order ids, the parties and the reviewers."),
            rows=len(read),
        )
    past = _cases(found, kept, _ruled(verdicts))
    settings = _settings(dataset, name=name, time_target=time_target)
    return Imported(
        queue=add_past_queue(records, settings, past, by=by),
        decisions=len(kept),
        cases=len(past),
        missing_ids=tuple(value for value in wanted if value not in known),
        refused=refused,
    )


def _settings(dataset: Dataset, *, name: str, time_target: float) -> QueueSettings:
    return QueueSettings(
        name=name,
        dataset=dataset.id,
        dataset_version=dataset.version,
        source="imported",
        selection={},
        rubric="",
        order=(),
        reviewers_per_case=1,
        double_review_share=0.0,
        lease_seconds=900,
        time_target=time_target,
        due_hours=0.0,
    )


def _read(decisions: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The columns under our names, cleaned; absent ones are missing throughout."""
    read = pd.DataFrame(index=decisions.index)
    for name, headers in HEADERS.items():
        choices = (columns[name],) if name in columns else headers
        there = next((item for item in choices if item in decisions), None)
        if there is None and name in NEEDED:
            raise DataProblem(
                N_("The decisions have no column {name}; they have {seen}."),
                hint=N_("Say which of them it is."),
                name=name,
                seen=", ".join(map(str, decisions.columns)),
            )
        read[name] = decisions[there] if there is not None else None
    return _cleaned(read)


def _cleaned(read: pd.DataFrame) -> pd.DataFrame:
    texts = {
        name: read[name].astype("string").str.strip().fillna("")
        for name in ("order_id", "party", "reviewer", "kind", "explanation", "appeal")
    }
    times = {
        name: pd.to_datetime(read[name], utc=True, errors="coerce", format="mixed")
        for name in ("opened_at", "decided_at")
    }
    times["decided_at"] = times["decided_at"].fillna(pd.Timestamp(datetime.now(UTC)))
    gold = texts.pop("kind").str.upper().eq("GOLD")
    outcomes = texts.pop("appeal").str.lower().map(OUTCOMES).fillna("")
    return read.assign(
        **texts,
        **times,
        code=texts["party"].map(party_code),
        kind=gold.map({True: "GOLD", False: "HUMAN"}),
        active_seconds=pd.to_numeric(read["active_seconds"], errors="coerce"),
        is_blind=read["is_blind"].fillna(False).astype(bool),  # noqa: FBT003 - pandas
        appeal=outcomes,
    )


def _sound(
    read: pd.DataFrame, known: set[str]
) -> tuple[pd.DataFrame, Mapping[str, int]]:
    """Rows that can be brought in, and how many cannot, by reason."""
    reasons = {
        UNKNOWN_ORDER: ~read["order_id"].isin(known),
        UNKNOWN_PARTY: read["code"] == "",
        NO_REVIEWER: (read["kind"] == "HUMAN") & (read["reviewer"] == ""),
    }
    left = pd.Series(data=True, index=read.index)
    refused = {}
    for reason, wrong in reasons.items():
        count = int((left & wrong).sum())
        left &= ~wrong
        if count:
            refused[reason] = count
    return read[left], refused


def _cases(
    found: pd.DataFrame, kept: pd.DataFrame, rules: Mapping[int, Seen]
) -> list[PastCase]:
    kept = kept.sort_values("decided_at", kind="stable")
    made: dict[str, list[PastDecision]] = {}
    for row in kept.to_dict("records"):
        made.setdefault(str(row["order_id"]), []).append(_decision(row))
    people = {
        identifier: len({one.reviewer for one in items if one.kind == "HUMAN"})
        for identifier, items in made.items()
    }
    all_doubled = min(people.values()) > 1
    return [
        PastCase(
            NewCase(
                order_no=int(row["order_no"]),
                order_id=row["order_id"],
                severity=int(row["severity"]),
                needed=max(people[row["order_id"]], 1),
                doubled_by="queue" if all_doubled else "",
            ),
            (
                *_by_rules(rules.get(int(row["order_no"])), made[row["order_id"]]),
                *made[row["order_id"]],
            ),
        )
        for row in found.to_dict("records")
        if row["order_id"] in made
    ]


def _ruled(verdicts: pd.DataFrame | None) -> Mapping[int, Seen]:
    """What the rules say, by order."""
    if verdicts is None:
        return {}
    names = ["order_no", "party", "rules", "missing", "ruleset", "ruleset_version"]
    return {
        int(number): Seen(
            ruleset=f"{ruleset} {version}",
            party=party_code(party),
            hits=tuple(RuleHit(rule, "") for rule in rules.split()),
            missing_evidence=tuple(missing.split()),
        )
        for number, party, rules, missing, ruleset, version in zip(
            *(verdicts[name] for name in names), strict=True
        )
    }


def _by_rules(
    seen: Seen | None, decisions: list[PastDecision]
) -> tuple[PastDecision, ...]:
    if seen is None:
        return ()
    fired = " ".join(hit.rule for hit in seen.hits)
    answer = Answer(seen.party or UNDETERMINED, fired or UNEXPLAINED)
    first = min(one.decided_at for one in decisions)
    return (PastDecision("RULE", seen.ruleset, answer, first, seen=seen),)


def _decision(row: Mapping[Any, Any]) -> PastDecision:
    opened, seconds = row["opened_at"], row["active_seconds"]
    return PastDecision(
        kind=row["kind"],
        reviewer=row["reviewer"] or "gold",
        answer=Answer(row["code"], row["explanation"] or UNEXPLAINED),
        decided_at=row["decided_at"].to_pydatetime(),
        opened_at=None if pd.isna(opened) else opened.to_pydatetime(),
        active_seconds=None if pd.isna(seconds) else float(seconds),
        is_blind=bool(row["is_blind"]),
        appeal=row["appeal"],
    )
