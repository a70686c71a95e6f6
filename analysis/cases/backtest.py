"""Trying a rule set on past cases before it goes live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.cases.judge import Cases, judge
from analysis.cases.rules import Ruleset, load_ruleset
from analysis.stats.intervals import wilson


@dataclass(frozen=True, slots=True)
class Agreed:
    """How often verdicts agree with gold answers.

    Attributes:
        right: Verdicts equal to the gold answer.
        n: Cases with a gold answer.
        low: Lower end of the 95 % interval of the share; NaN without cases.
        high: Its upper end.
    """

    right: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Right among those with a gold answer; NaN without."""
        return self.right / self.n if self.n else float("nan")


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule set would have changed.

    Attributes:
        tried: Name and version of the rule set that was tried.
        against: Name and version of the one it is held against.
        n: Cases judged by both.
        changed: How many verdicts differ.
        moves: ``before``, ``after``, ``cases``: from which party to which, the most
            frequent first; only those that differ.
        cases: One row a changed case: ``order_no``, ``case_kind``, ``before``,
            ``after``, ``rules_before``, ``rules_after``, ``gold`` where known.
        matrix: Cases by party before (rows) and after (columns).
        gold_before: Agreement with gold answers as it was; None without gold.
        gold_after: As it would be; None without gold.
    """

    tried: str
    against: str
    n: int
    changed: int
    moves: pd.DataFrame
    cases: pd.DataFrame
    matrix: pd.DataFrame
    gold_before: Agreed | None
    gold_after: Agreed | None


def backtest(
    cases: Cases | pd.DataFrame,
    ruleset: Ruleset,
    *,
    against: Ruleset | None = None,
    gold: Mapping[int, str] | None = None,
) -> Backtest:
    """Judge past cases by a rule set and by the one that is live.

    Nothing is written: verdicts that were recorded keep the version they were made by.

    Args:
        cases: As in ``judge``.
        ruleset: The one to try.
        against: The one that is live; the default set if None.
        gold: Right answers by ``order_no``, parties joined by `` + ``.
    """
    frame = cases.facts() if isinstance(cases, Cases) else cases
    live = against or load_ruleset()
    before = judge(frame, ruleset=live).to_frame()
    after = judge(frame, ruleset=ruleset).to_frame()
    both = _both(before, after, gold or {})
    moved = both[both["before"] != both["after"]]
    return Backtest(
        tried=f"{ruleset.name} {ruleset.version}",
        against=f"{live.name} {live.version}",
        n=len(both),
        changed=len(moved),
        moves=_moves(moved),
        cases=moved.reset_index(drop=True),
        matrix=pd.crosstab(both["before"], both["after"]),
        gold_before=_agreed(both, "before", gold),
        gold_after=_agreed(both, "after", gold),
    )


def _both(
    before: pd.DataFrame, after: pd.DataFrame, gold: Mapping[int, str]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_no": before["order_no"],
            "case_kind": after["case_kind"],
            "before": before["party"],
            "after": after["party"],
            "rules_before": before["rules"],
            "rules_after": after["rules"],
            "gold": before["order_no"].map(gold),
        }
    )


def _moves(moved: pd.DataFrame) -> pd.DataFrame:
    counts = moved.groupby(["before", "after"]).size().rename("cases").reset_index()
    return counts.sort_values(
        "cases", ascending=False, kind="stable", ignore_index=True
    )


def _agreed(
    both: pd.DataFrame, side: str, gold: Mapping[int, str] | None
) -> Agreed | None:
    if gold is None:
        return None
    known = both[both["gold"].notna()]
    right = int((known[side].map(party_set) == known["gold"].map(party_set)).sum())
    if known.empty:
        return Agreed(0, 0, float("nan"), float("nan"))
    interval = wilson(right, len(known))
    return Agreed(right, len(known), float(interval.low), float(interval.high))


def party_set(party: str) -> frozenset[str]:
    """Parties as a set, however they are ordered.

    >>> party_set("rider + merchant") == party_set("merchant + rider")
    True
    """
    return frozenset(part.strip() for part in party.split("+"))
