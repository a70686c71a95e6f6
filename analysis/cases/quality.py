"""How good the decisions are: right, alike, in time, and standing up to appeals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from analysis.cases.agreements import Agreement
from analysis.records import Records


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval.

    Attributes:
        count: How many.
        n: Of how many.
        low: Wilson's lower bound; None if ``n`` is 0.
        high: Upper bound.
    """

    count: int
    n: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        """The share; None if ``n`` is 0."""
        return self.count / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Spent:
    """Times of handling.

    Attributes:
        n: Decisions with a time.
        p50: Median.
        p90: Ninth decile.
        within: Share within the target of the queue.
    """

    n: int
    p50: float | None
    p90: float | None
    within: Rate


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of the decisions of one scope.

    Attributes:
        decisions: First-hand decisions of people.
        cases: Cases that they are on.
        accuracy: Decisions that name the party of the gold answer.
        accuracy_matrix: Counts, rows gold, columns decided.
        agreement: Of first and second decisions on the same cases; None without any.
        agreement_random: The same on cases doubled at random alone, which stand for
            all; None without any.
        active: Seconds of activity, against the queue's time target.
        turnaround: Hours from a case's opening in the queue to the decision, against
            its due date.
        appeals: Decisions appealed against.
        overturned: Decisions overturned or partly, of decisions: times 100 it is the
            figure per 100 verdicts.
        appeal_hours: Hours from filing to decision, against the due date.
        overrides: By rule: shown, overridden, share, low, high (DataFrame).
        undetermined: Decisions that end undetermined.
        missing: Evidence missing in undetermined ones: field, cases (DataFrame).
        by_reviewer: One row a reviewer: decisions, accuracy, agreement with others,
            P50 and P90 seconds, overturned (DataFrame).
        by_week: One row a week: the same (DataFrame).
    """

    decisions: int
    cases: int
    accuracy: Rate
    accuracy_matrix: pd.DataFrame
    agreement: Agreement | None
    agreement_random: Agreement | None
    active: Spent
    turnaround: Spent
    appeals: Rate
    overturned: Rate
    appeal_hours: Spent
    overrides: pd.DataFrame
    undetermined: Rate
    missing: pd.DataFrame
    by_reviewer: pd.DataFrame
    by_week: pd.DataFrame


def quality(decisions: pd.DataFrame, *, seed: int = 0) -> Quality:
    """All figures of a frame of decisions, see ``decision_frame``.

    Narrow the frame before for one queue, week, rule or reviewer.
    """
    raise NotImplementedError


def decision_frame(
    records: Records,
    *,
    dataset: str = "",
    queue: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Decisions with their cases and appeals, one row a decision.

    Columns: id, case, queue, queue_name, dataset, dataset_version, order_no, order_id,
    version, kind, reviewer, party, suggested, ruleset, rules (tuple of ids),
    missing_evidence (tuple), is_blind, doubled_by, severity, opened_at, decided_at,
    case_opened_at, due_at, active_seconds, time_target, supersedes, is_first (first-hand
    decision of a person on the case), gold (party of the gold answer for the order),
    appeal_outcome, appeal_filed_at, appeal_decided_at, appeal_due_at.
    """
    raise NotImplementedError


def disagreements(decisions: pd.DataFrame) -> pd.DataFrame:
    """Cases on which first-hand decisions differ: queue, position, order_id, parties."""
    raise NotImplementedError


def by_rule(decisions: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The decisions on which each rule fired, to look at one rule alone."""
    raise NotImplementedError
