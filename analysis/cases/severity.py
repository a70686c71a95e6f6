"""Harsh and lenient reviewers, compared on the same cases."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Severity:
    """How often reviewers blame a party, other things equal.

    Attributes:
        table: One row a reviewer: reviewer, decisions, compared (cases with another's
            decision), rate, expected (rate the other reviewers would have on the same
            cases), difference, difference_low, difference_high (adjusted for case mix
            and shrunk), odds_ratio, p_value, p_adjusted, verdict (``harsh``,
            ``lenient`` or empty).
        party: Party blamed.
        method: How the case mix was held equal, in words.
        note: Why there is no comparison; empty if there is one.
    """

    table: pd.DataFrame
    party: str
    method: str
    note: str


def severity(
    decisions: pd.DataFrame, *, party: str = "rider", alpha: float = 0.05
) -> Severity:
    """Find reviewers who blame a party more, or less, than others on the same cases.

    Args:
        decisions: From ``decision_frame``.
        party: Party blamed.
        alpha: Chance of naming anybody where all judge alike (Holm's correction).
    """
    raise NotImplementedError
