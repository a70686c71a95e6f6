"""How good the decisions are: right, alike, in time, and standing up to appeals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analysis.cases.agreements import Agreement, agreement, confusion
from analysis.cases.decided import (
    agreed,
    decision_frame,
    disagreements,
    first_hand,
    is_undetermined,
    paired,
)
from analysis.stats.intervals import wilson

__all__ = [
    "Quality", "Rate", "Spent", "agreed", "by_rule", "decision_frame", "disagreements",
    "quality",
]  # fmt: skip

#: Cases that stand for all of their queue.
BY_CHANCE: Final = ("random", "queue")
OVERTURNED: Final = ("overturned", "partly")
#: Outcomes of appeals that somebody ruled on; open and withdrawn ones are none.
RULED: Final = (*OVERTURNED, "upheld")
_HOUR: Final = 3_600.0


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

    @classmethod
    def of(cls, count: int, n: int) -> Rate:
        """A share with Wilson's interval."""
        if n == 0:
            return cls(0, 0, None, None)
        bounds = wilson(count, n)
        return cls(int(count), int(n), float(bounds.low), float(bounds.high))


@dataclass(frozen=True, slots=True)
class Spent:
    """Times of handling.

    Attributes:
        n: Decisions with a time.
        p50: Median; None if ``n`` is 0.
        p90: Ninth decile.
        within: Share within the target, of those that have one.
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
        appeals: Decisions appealed against, of decisions: times 100 it is the figure
            per 100 verdicts.
        overturned: Appeals that overturned a decision, or partly, of appeals ruled on.
        appeal_hours: Hours from filing to decision, against the due date.
        overridden: Decisions that differ from the suggestion of the rules.
        overrides: By rule that fired: rule, shown (decisions on which it did),
            overridden, share, low, high.
        undetermined: Decisions that end undetermined.
        missing: Evidence missing in undetermined cases: field, cases.
        by_reviewer: One row a reviewer: reviewer, decisions, gold_n, accuracy,
            accuracy_low, accuracy_high, pairs, agreement, p50_seconds, p90_seconds,
            ruled (appeals ruled on), overturned (of them; missing without any).
        by_week: The same by ``week`` (its Monday).
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
    overridden: Rate
    overrides: pd.DataFrame
    undetermined: Rate
    missing: pd.DataFrame
    by_reviewer: pd.DataFrame
    by_week: pd.DataFrame


def quality(
    decisions: pd.DataFrame, *, beside: pd.DataFrame | None = None, seed: int = 0
) -> Quality:
    """All figures of a frame of decisions, see ``decision_frame``.

    Narrow the frame before for one queue, week, rule or reviewer.

    Args:
        decisions: From ``decision_frame``.
        beside: Decisions of everybody on the same cases, where the frame holds some
            people's alone: agreement takes two.
        seed: Of the bootstrap intervals of the agreement.
    """
    own = first_hand(decisions)
    both = paired(decisions if beside is None else beside)
    alike = dict(
        zip(both["case"], (both["first"] == both["second"]) * 1.0, strict=True)
    )
    known = own[own["gold"] != ""]
    ruled = own[own["suggested"] != ""]
    open_ended = own[is_undetermined(own)]
    appealed = own[own["appeal_outcome"].isin(RULED)]
    return Quality(
        decisions=len(own),
        cases=own["case"].nunique(),
        accuracy=Rate.of(int((known["party"] == known["gold"]).sum()), len(known)),
        accuracy_matrix=confusion(known["gold"], known["party"]).rename_axis(
            index="gold", columns="decided"
        ),
        agreement=_agreement(both, seed),
        agreement_random=_agreement(both[both["doubled_by"].isin(BY_CHANCE)], seed),
        active=_spent(own["active_seconds"], own["time_target"]),
        turnaround=_turnaround(own),
        appeals=Rate.of(int((own["appeal_outcome"] != "").sum()), len(own)),
        overturned=Rate.of(
            int(appealed["appeal_outcome"].isin(OVERTURNED).sum()), len(appealed)
        ),
        appeal_hours=_appeal_hours(own),
        overridden=Rate.of(
            int((ruled["party"] != ruled["suggested"]).sum()), len(ruled)
        ),
        overrides=_overrides(ruled),
        undetermined=Rate.of(len(open_ended), len(own)),
        missing=_missing(open_ended),
        by_reviewer=_grouped(own, own["reviewer"], "reviewer", alike),
        by_week=_grouped(own, _weeks(own), "week", alike),
    )


def by_rule(decisions: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The decisions on which each rule fired, to look at one rule alone."""
    fired = decisions.explode("rules").dropna(subset="rules")
    return {
        str(rule): decisions.loc[part.index] for rule, part in fired.groupby("rules")
    }


def _agreement(both: pd.DataFrame, seed: int) -> Agreement | None:
    if both.empty:
        return None
    return agreement(both["first"], both["second"], seed=seed)


def _spent(values: pd.Series, targets: pd.Series) -> Spent:
    known = values.dropna().astype(float)
    held = targets.reindex(known.index).dropna().astype(float)
    within = Rate.of(int((known.reindex(held.index) <= held).sum()), len(held))
    if known.empty:
        return Spent(0, None, None, within)
    p50, p90 = np.quantile(known, [0.5, 0.9])
    return Spent(len(known), float(p50), float(p90), within)


def _turnaround(own: pd.DataFrame) -> Spent:
    return _spent(
        _hours(own["case_opened_at"], own["decided_at"]),
        _hours(own["case_opened_at"], own["due_at"]),
    )


def _appeal_hours(own: pd.DataFrame) -> Spent:
    return _spent(
        _hours(own["appeal_filed_at"], own["appeal_decided_at"]),
        _hours(own["appeal_filed_at"], own["appeal_due_at"]),
    )


def _hours(start: pd.Series, end: pd.Series) -> pd.Series:
    return (end - start).dt.total_seconds() / _HOUR


def _overrides(ruled: pd.DataFrame) -> pd.DataFrame:
    fired = ruled.assign(differs=ruled["party"] != ruled["suggested"])
    fired = fired.explode("rules").dropna(subset="rules")
    counted = fired.groupby("rules")["differs"].agg(shown="size", overridden="sum")
    bounds = wilson(counted["overridden"], counted["shown"])
    table = counted.assign(
        share=counted["overridden"] / counted["shown"], low=bounds.low, high=bounds.high
    )
    table = table.sort_values(["share", "shown"], ascending=False)
    return table.rename_axis("rule").reset_index()


def _missing(open_ended: pd.DataFrame) -> pd.DataFrame:
    lacked = open_ended.explode("missing_evidence").dropna(subset="missing_evidence")
    counted = lacked.groupby("missing_evidence")["case"].nunique()
    counted = counted.sort_values(ascending=False)
    return counted.rename("cases").rename_axis("field").reset_index()


def _weeks(own: pd.DataFrame) -> pd.Series:
    days = own["decided_at"].dt.tz_convert(None).dt.normalize()
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")


def _grouped(
    own: pd.DataFrame, key: pd.Series, name: str, alike: Mapping[str, float]
) -> pd.DataFrame:
    """Figures by a key, one row each."""
    marked = own.assign(
        key=key,
        right=(own["party"] == own["gold"]).where(own["gold"] != ""),
        alike=own["case"].map(alike),
        heard=own["appeal_outcome"].isin(RULED),
        upset=own["appeal_outcome"].isin(OVERTURNED),
    )
    groups = marked.groupby("key")
    heard = groups["heard"].sum()
    right, known = groups["right"].sum().astype(float), groups["right"].count()
    bounds = wilson(right, known)
    table = pd.DataFrame(
        {
            "decisions": groups.size(),
            "gold_n": known,
            "accuracy": right / known.where(known > 0),
            "accuracy_low": bounds.low,
            "accuracy_high": bounds.high,
            "pairs": groups["alike"].count(),
            "agreement": groups["alike"].apply(_share),
            "p50_seconds": groups["active_seconds"].quantile(0.5),
            "p90_seconds": groups["active_seconds"].quantile(0.9),
            "ruled": heard,
            "overturned": groups["upset"].sum().where(heard > 0),
        }
    )
    return table.rename_axis(name).reset_index()


_share: Callable[[pd.Series], float] = pd.Series.mean
