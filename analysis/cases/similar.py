"""Cases of the same root cause: how many there are, and which."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.cases.judged import Verdicts
from analysis.cases.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Similar:
    """Cases with the signature of one case.

    Attributes:
        signature: Root-cause key, see ``signature``.
        orders: Numbers of the others, in the order in which they were judged.
        n: How many others.
        of: How many cases were looked at, this one left out.
    """

    signature: str
    orders: tuple[int, ...]
    n: int
    of: int


def signature(verdict: Verdict) -> str:
    """The root-cause key of a verdict, such as ``late/merchant/M1``.

    Kind of case, parties, and of each party the rule that gave it most; for an
    undetermined case, the evidence that was missing instead of rules.
    """
    return verdict.signature


def similar(verdicts: Verdicts, verdict: Verdict) -> Similar:
    """Which of the judged cases have the signature of one of them.

    Args:
        verdicts: All cases looked at.
        verdict: The one at hand.
    """
    key = signature(verdict)
    orders = verdicts.facts["order_no"].to_numpy()
    other = orders != verdict.order_no
    same = orders[other & (verdicts.signatures == key)]
    return Similar(key, tuple(same.tolist()), len(same), int(other.sum()))


def signatures(verdicts: Verdicts) -> pd.DataFrame:
    """How often each signature occurs, the most frequent first.

    Returns:
        ``signature``, ``case_kind``, ``party``, ``cases``, ``minutes_late`` (sum) and
        ``share`` of all cases.
    """
    frame = verdicts.to_frame()
    keys = ["signature", "case_kind", "party"]
    counts = frame.groupby(keys, sort=True).agg(
        cases=("order_no", "size"), minutes_late=("minutes_late", "sum")
    )
    counts["share"] = counts["cases"] / max(len(frame), 1)
    return counts.sort_values("cases", ascending=False, kind="stable").reset_index()
