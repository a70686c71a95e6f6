"""Decisions as one frame, from which every figure of quality is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd

from analysis.cases.taxonomy import UNDETERMINED
from analysis.records import Records
from analysis.records.cases_past import Rows, decision_rows

TIMES: Final = (
    "opened_at", "decided_at", "case_opened_at", "due_at", "appeal_filed_at",
    "appeal_decided_at", "appeal_due_at",
)  # fmt: skip
FLAGS: Final = ("is_first", "stands", "was_shown", "is_blind")
NUMBERS: Final = ("active_seconds", "time_target")
#: Columns of the frame, see ``decision_frame``.
COLUMNS: Final = (
    "id", "case", "queue", "queue_name", "position", "dataset", "dataset_version",
    "order_no", "order_id", "version", "kind", "reviewer", "party", "cause",
    "solution", "exemption", "suggested", "was_shown", "ruleset", "rules",
    "missing_evidence", "is_blind", "doubled_by", "severity", "time_target",
    "active_seconds", "supersedes", "is_first", "stands", "gold", "appeal_outcome",
    *TIMES,
)  # fmt: skip
_ORDER: Final = ["dataset", "order_id"]


def decision_frame(
    records: Records,
    *,
    dataset: str = "",
    queue: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Decisions with their cases and appeals, one row a version.

    Args:
        records: The open records.
        dataset: Only on this dataset (its id).
        queue: Only of this queue; gold answers of other queues still count.
        since: Only decided from here on.
        until: Only decided before.

    Returns:
        id, case, queue, queue_name, position, dataset, dataset_version, order_no,
        order_id, version, kind, reviewer, party, cause, solution, exemption,
        suggested (party of the rules), was_shown (whether the reviewer saw it),
        ruleset, rules (tuple of ids), missing_evidence (tuple), is_blind, doubled_by,
        severity, time_target, active_seconds, supersedes, is_first (a person's own
        decision on the case, no correction), stands (nobody superseded it), gold (party
        of the gold answer for the order), appeal_outcome (empty without an appeal,
        ``open`` while it is), opened_at, decided_at, case_opened_at, due_at,
        appeal_filed_at, appeal_decided_at, appeal_due_at (UTC).
    """
    # Gold may stand in another queue of the same dataset.
    rows, hits, appeals = decision_rows(records, dataset=dataset)
    frame = _assembled(rows, hits, appeals)
    if queue:
        frame = frame[frame["queue"] == queue]
    if since is not None:
        frame = frame[frame["decided_at"] >= since]
    if until is not None:
        frame = frame[frame["decided_at"] < until]
    return frame.reset_index(drop=True)


def first_hand(decisions: pd.DataFrame) -> pd.DataFrame:
    """People's own decisions, one a person and case."""
    return decisions[decisions["is_first"]]


def paired(decisions: pd.DataFrame) -> pd.DataFrame:
    """First and second decision on the same case, one row a case.

    Returns:
        case, queue, queue_name, position, order_no, order_id, doubled_by, first,
        second (parties), first_reviewer, second_reviewer.
    """
    own = first_hand(decisions).sort_values(["queue", "position", "version"])
    nth = own.groupby("case").cumcount()
    kept = ["case", "queue", "queue_name", "position", "order_no", "order_id",
            "doubled_by", "party", "reviewer"]  # fmt: skip
    first = own.loc[nth == 0, kept]
    second = own.loc[nth == 1, ["case", "party", "reviewer"]]
    names = {"party": "second", "reviewer": "second_reviewer"}
    mine = {"party": "first", "reviewer": "first_reviewer"}
    return first.rename(columns=mine).merge(second.rename(columns=names), on="case")


def disagreements(decisions: pd.DataFrame) -> pd.DataFrame:
    """Cases on which people differ, one row a case.

    Returns:
        queue, queue_name, position, order_no, order_id, case, parties and reviewers
        (tuples in the order of the decisions).
    """
    own = first_hand(decisions).sort_values(["queue", "position", "version"])
    keys = ["queue", "queue_name", "position", "order_no", "order_id", "case"]
    told = own.groupby(keys, sort=False).agg(
        parties=("party", tuple), reviewers=("reviewer", tuple)
    )
    differs = told["parties"].map(lambda parties: len(set(parties)) > 1)
    return told[differs.astype(bool)].reset_index()


def agreed(decisions: pd.DataFrame) -> pd.DataFrame:
    """Orders with an agreed party: dataset, dataset_version, order_no, order_id, party.

    Gold where there is one, else where at least two people decided alike first-hand
    and none differs, nobody corrected themselves, and no appeal overturned them.
    """
    own = first_hand(decisions)
    corrections = decisions.loc[decisions["kind"] == "HUMAN", "supersedes"]
    own = own[~own["id"].isin(corrections[corrections != ""])]
    own = own.assign(upset=own["appeal_outcome"].isin(("overturned", "partly")))
    per = own.groupby(["dataset", "dataset_version", "order_no", "order_id"]).agg(
        party=("party", "first"),
        alike=("party", "nunique"),
        n=("reviewer", "nunique"),
        gold=("gold", "first"),
        upset=("upset", "any"),
    )
    sure = (per["n"] > 1) & (per["alike"] == 1) & ~per["upset"]
    per["party"] = per["gold"].where(per["gold"] != "", per["party"].where(sure))
    return per.dropna(subset="party").reset_index()[
        ["dataset", "dataset_version", "order_no", "order_id", "party"]
    ]


def _assembled(rows: Rows, hits: Rows, appeals: Rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    if frame.empty:
        kinds = dict.fromkeys(FLAGS, "bool") | dict.fromkeys(NUMBERS, "float64")
        kinds |= dict.fromkeys(TIMES, "datetime64[us, UTC]")
        return pd.DataFrame(columns=[*COLUMNS]).astype(kinds)
    superseded = set(frame["supersedes"].dropna())
    frame["stands"] = ~frame["id"].isin(superseded)
    frame["is_first"] = (frame["kind"] == "HUMAN") & frame["supersedes"].isna()
    frame["missing_evidence"] = frame["missing_evidence"].map(json.loads).map(tuple)
    frame["rules"] = frame["id"].map(_rules_of(hits)).map(_or_none)
    frame["supersedes"] = frame["supersedes"].fillna("")
    frame = _with_suggestions(_with_appeals(_with_gold(frame), appeals))
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame["active_seconds"] = pd.to_numeric(frame["active_seconds"])
    return frame[[*COLUMNS]]


def _rules_of(hits: Rows) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in hits:
        found.setdefault(row["decision"], []).append(row["rule"])
    return {decision: tuple(sorted(rules)) for decision, rules in found.items()}


def _or_none(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _with_gold(frame: pd.DataFrame) -> pd.DataFrame:
    standing = frame[(frame["kind"] == "GOLD") & frame["stands"]]
    newest = standing.drop_duplicates(_ORDER, keep="last").set_index(_ORDER)["party"]
    joined = frame.join(newest.rename("gold"), on=_ORDER)
    return joined.assign(gold=joined["gold"].fillna(""))


def _with_suggestions(frame: pd.DataFrame) -> pd.DataFrame:
    """What the rules said: as it was shown, else as they say it beside the case."""
    shown = frame["suggested"] != ""
    frame["was_shown"] = shown & (frame["kind"] != "RULE")
    names = ["suggested", "ruleset", "rules", "missing_evidence"]
    ruled = frame[frame["kind"] == "RULE"].drop_duplicates("case", keep="last")
    beside = frame[["case"]].join(ruled.set_index("case")[names], on="case")
    unknown = ~shown & beside["suggested"].notna()
    for name in names:
        frame[name] = frame[name].mask(unknown, beside[name])
    return frame


def _with_appeals(frame: pd.DataFrame, appeals: Rows) -> pd.DataFrame:
    by_decision = {
        row["decision"]: _appeal(row)
        for row in sorted(appeals, key=lambda row: row["filed_at"])
    }
    empty = {"appeal_outcome": "", "appeal_filed_at": None,
             "appeal_decided_at": None, "appeal_due_at": None}  # fmt: skip
    found = [by_decision.get(identifier, empty) for identifier in frame["id"]]
    return frame.join(pd.DataFrame(found, index=frame.index))


def _appeal(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "appeal_outcome": row["outcome"] or "open",
        "appeal_filed_at": row["filed_at"],
        "appeal_decided_at": row["decided_at"],
        "appeal_due_at": row["due_at"],
    }


def is_undetermined(decisions: pd.DataFrame) -> pd.Series:
    """Whether each decision leaves it open."""
    return decisions["party"] == UNDETERMINED
