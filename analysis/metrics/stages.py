"""The stages of a delivery: what the funnel and the timeline of a case share.

Six milestones bound five stages. Where milestones are missing, the stages beside them
become one, so that the stages of an order always sum to its total.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlglot import exp

#: Milestones that bound a stage, in the order in which they happen.
STAGE_MILESTONES = (
    "created_at", "accepted_at", "arrived_merchant_at", "picked_up_at",
    "arrived_customer_at", "delivered_at",
)  # fmt: skip

#: Each stage is named by the milestone it starts from.
STAGE_NAMES = ("dispatch", "to_merchant", "kitchen_wait", "ride", "hand_over")

MICROSECONDS_A_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a delivery.

    Attributes:
        name: Its name; stages that became one are joined by ``+``.
        parts: Names of the stages it stands for.
        start: Milestone it starts at.
        end: Milestone it ends at.
    """

    name: str
    parts: tuple[str, ...]
    start: str
    end: str

    def minutes(self, table: str = "orders") -> exp.Expr:
        """Its length in minutes as an expression over the orders table."""
        return minutes_between(_time(self.start, table), _time(self.end, table))


def stages_of(milestones: Collection[str]) -> tuple[Stage, ...]:
    """The stages that these milestones can tell apart, first to last.

    Args:
        milestones: Columns of a dataset, or milestones of an order that are not NULL.

    >>> [stage.name for stage in stages_of(["created_at", "picked_up_at"])]
    ['dispatch+to_merchant+kitchen_wait']
    """
    there = [place for place, name in enumerate(STAGE_MILESTONES) if name in milestones]
    return tuple(_stage(start, end) for start, end in pairwise(there))


def stage_minutes(times: Mapping[str, datetime | None]) -> dict[str, float]:
    """Minutes of each stage of one order, by name; they sum to its total.

    Args:
        times: Milestones of the order; others are ignored.
    """
    known = {name: time for name, time in times.items() if time is not None}
    return {
        stage.name: (known[stage.end] - known[stage.start]).total_seconds() / 60
        for stage in stages_of(known)
    }


def minutes_late(table: str = "orders") -> exp.Expr:
    """Minutes from promise to delivery, negative if early, as an expression."""
    return minutes_between(_time("promised_at", table), _time("delivered_at", table))


def minutes_between(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Minutes from one time to another, to the microsecond, as an expression."""
    passed = exp.DateDiff(this=end, expression=start, unit=exp.var("MICROSECOND"))
    return exp.Div(
        this=passed, expression=exp.Literal.number(f"{MICROSECONDS_A_MINUTE}.0")
    )


def _time(name: str, table: str) -> exp.Column:
    return exp.column(name, table=table, quoted=True)


def _stage(start: int, end: int) -> Stage:
    parts = STAGE_NAMES[start:end]
    return Stage("+".join(parts), parts, STAGE_MILESTONES[start], STAGE_MILESTONES[end])
