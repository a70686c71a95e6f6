"""The stage-time funnel: how many minutes each stage takes, against what was planned.

All figures are of the same orders, those delivered with every milestone known, and are
summed in whole microseconds: the stages add up to the total exactly, and so do the
plans of the stages and what the promise has left over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import NotEnoughData
from analysis.metrics import trees
from analysis.metrics.chosen import chosen
from analysis.metrics.expressions import ORDERS, Scope, missing_field
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.metrics.stages import (
    MICROSECONDS_A_MINUTE,
    STAGE_MILESTONES,
    Stage,
    stages_of,
)
from analysis.stats.intervals import Sample, mean_interval
from analysis.words import N_

#: Columns that say when a milestone was to be reached, the most exact one first.
PLANS: Final[Mapping[str, tuple[str, ...]]] = {
    "created_at": ("created_at",),
    "accepted_at": ("planned_accepted_at",),
    "arrived_merchant_at": ("planned_arrived_merchant_at",),
    "picked_up_at": ("planned_picked_up_at", "promised_pickup_at"),
    "arrived_customer_at": ("planned_arrived_customer_at",),
    "delivered_at": ("planned_delivered_at",),
}
#: A milestone known for a smaller share of the orders would leave too few of them.
MOST_MISSING: Final = 0.5
COMPLETE: Final = "is_complete"


@dataclass(frozen=True, slots=True)
class StageTime:
    """One stage of the funnel.

    Attributes:
        name: Its name, ``+`` between the stages it stands for.
        parts: Names of the stages it stands for.
        microseconds: Sum over the orders.
        minutes: Mean minutes an order.
        low: Lower end of the interval of 95 % of the mean.
        high: Upper end.
        planned_microseconds: Sum of what was planned; None where nothing was.
        planned_minutes: Mean minutes planned; None where nothing was.
    """

    name: str
    parts: tuple[str, ...]
    microseconds: int
    minutes: float
    low: float
    high: float
    planned_microseconds: int | None = None
    planned_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Stages of a delivery that sum to its total.

    Attributes:
        stages: First to last.
        n: Orders with every milestone.
        delivered: Delivered orders, also those that lack one.
        microseconds: Sum of the totals, from creation to delivery.
        minutes: Mean minutes of the total.
        promised_microseconds: Sum of the promised totals; None without promises.
        promised_minutes: Mean minutes promised; None without promises.
        slack_microseconds: What the promise has beyond the plans of the stages; None
            where no stage has a plan or nothing is promised.
        slack_minutes: The same, mean minutes.
        sql: The query as it ran.
    """

    stages: tuple[StageTime, ...]
    n: int
    delivered: int
    microseconds: int
    minutes: float
    promised_microseconds: int | None
    promised_minutes: float | None
    slack_microseconds: int | None
    slack_minutes: float | None
    sql: str


def stage_funnel(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
) -> Funnel:
    """Mean minutes of each stage over delivered orders with every milestone.

    Args:
        dataset: A published version.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.

    Raises:
        MissingField: if fewer than two milestones are there.
        NotEnoughData: if no order has all of them.
    """
    stages = _stages(dataset)
    spans = _spans(dataset, stages)
    query = _query(dataset, spans, selection=selection, period=period)
    found = _read(dataset.engine.run(query))
    if not found["n"]:
        raise NotEnoughData(
            N_("No delivered order here has all of {names}."),
            hint=N_("Choose more days or fewer filters."),
            names=", ".join(dict.fromkeys([stages[0].start, *_ends(stages)])),
        )
    return _funnel(stages, found, sql=dataset.engine.sql(query))


def _stages(dataset: Dataset) -> tuple[Stage, ...]:
    there = [name for name in STAGE_MILESTONES if _is_filled(dataset, name)]
    missing = [
        name for name in (STAGE_MILESTONES[0], STAGE_MILESTONES[-1])
        if name not in there
    ]  # fmt: skip
    if missing:
        raise missing_field(dataset, tuple((ORDERS, name) for name in missing))
    return stages_of(there)


def _ends(stages: tuple[Stage, ...]) -> list[str]:
    return [stage.end for stage in stages]


def _is_filled(dataset: Dataset, name: str) -> bool:
    """Whether a column of times is there and known for most orders."""
    column = dataset.fields.get(name)
    rows = max(dataset.table(ORDERS).rows, 1)
    # An order that was not delivered has no later milestones, which is no gap.
    return (
        column is not None
        and column.type == "time"
        and column.missing <= MOST_MISSING * rows
    )


def _spans(dataset: Dataset, stages: tuple[Stage, ...]) -> dict[str, tuple[str, str]]:
    """Pairs of columns whose distance is summed, by name."""
    spans = {
        f"stage_{place}": (stage.start, stage.end) for place, stage in enumerate(stages)
    }
    spans["total"] = (stages[0].start, stages[-1].end)
    if _is_filled(dataset, "promised_at"):
        spans["promised"] = (stages[0].start, "promised_at")
    for place, stage in enumerate(stages):
        start, end = _plan(dataset, stage.start), _plan(dataset, stage.end)
        if start and end and "promised" in spans:
            spans[f"plan_{place}"] = (start, end)
    return spans


def _plan(dataset: Dataset, milestone: str) -> str:
    """The column that plans a milestone; empty where there is none."""
    found = (name for name in PLANS[milestone] if _is_filled(dataset, name))
    return next(found, "")


def _query(
    dataset: Dataset,
    spans: Mapping[str, tuple[str, str]],
    *,
    selection: Selection | None,
    period: Period | None,
) -> exp.Select:
    delivered = Scope(dataset).bind("is_delivered")
    lengths = {name: _passed(*ends) for name, ends in spans.items()}
    rows = chosen(
        dataset, lengths, selection=selection, period=period, filters=[delivered]
    )
    known = exp.and_(*(_is_known(name) for name in spans))
    flagged = exp.select(exp.Star(), trees.named(known, COMPLETE)).from_(
        rows.subquery("lengths")
    )
    sums: list[exp.Expr] = [
        trees.named(exp.Count(this=exp.Star(), big_int=True), "delivered"),
        trees.named(exp.CountIf(this=trees.column(COMPLETE)), "n"),
    ]
    for name in spans:
        # As text: a sum over many orders may have more digits than 64 bits hold.
        exact = exp.cast(_sum_of(_exact(name)), "VARCHAR")
        sums.append(trees.named(exact, name))
        if name.startswith("stage_"):
            square = exp.Mul(this=_minutes(name), expression=_minutes(name))
            sums.append(trees.named(_sum_of(square), f"{name}_squares"))
    return exp.select(*sums).from_(flagged.subquery("flagged"))


def _is_known(name: str) -> exp.Expr:
    return exp.Not(this=exp.Is(this=trees.column(name), expression=exp.null()))


def _passed(start: str, end: str) -> exp.Expr:
    return exp.DateDiff(
        this=trees.column(end, ORDERS),
        expression=trees.column(start, ORDERS),
        unit=exp.var("MICROSECOND"),
    )


def _exact(name: str) -> exp.Expr:
    return exp.cast(trees.column(name), "HUGEINT", dialect="duckdb")


def _minutes(name: str) -> exp.Expr:
    scale = exp.Literal.number(f"{MICROSECONDS_A_MINUTE}.0")
    return exp.paren(exp.Div(this=trees.column(name), expression=scale))


def _sum_of(value: exp.Expr) -> exp.Expr:
    """The sum over the orders with every milestone."""
    where = exp.Where(this=trees.column(COMPLETE))
    return exp.Filter(this=exp.Sum(this=value), expression=where)


def _read(table: pa.Table) -> dict[str, float | int]:
    """The one row of the query; sums of no orders are 0."""
    row = table.to_pylist()[0].items()
    return {
        name: int(value) if isinstance(value, str) else value or 0
        for name, value in row
    }


def _funnel(
    stages: tuple[Stage, ...], found: Mapping[str, float | int], *, sql: str
) -> Funnel:
    n = int(found["n"])
    promised = _sum(found, "promised")
    plans = [_sum(found, f"plan_{place}") for place in range(len(stages))]
    planned = [plan for plan in plans if plan is not None]
    slack = promised - sum(planned) if promised is not None and planned else None
    return Funnel(
        stages=tuple(
            _stage_time(stage, found, place=place, n=n)
            for place, stage in enumerate(stages)
        ),
        n=n,
        delivered=int(found["delivered"]),
        microseconds=int(found["total"]),
        minutes=_mean(int(found["total"]), n),
        promised_microseconds=promised,
        promised_minutes=None if promised is None else _mean(promised, n),
        slack_microseconds=slack,
        slack_minutes=None if slack is None else _mean(slack, n),
        sql=sql,
    )


def _stage_time(
    stage: Stage, found: Mapping[str, float | int], *, place: int, n: int
) -> StageTime:
    total = int(found[f"stage_{place}"])
    plan = _sum(found, f"plan_{place}")
    mean = _mean(total, n)
    variance = max(found[f"stage_{place}_squares"] - n * mean**2, 0.0) / max(n - 1, 1)
    bounds = mean_interval(Sample(mean, variance if n > 1 else np.nan, n))
    return StageTime(
        name=stage.name,
        parts=stage.parts,
        microseconds=total,
        minutes=mean,
        low=float(bounds.low),
        high=float(bounds.high),
        planned_microseconds=plan,
        planned_minutes=None if plan is None else _mean(plan, n),
    )


def _sum(found: Mapping[str, float | int], name: str) -> int | None:
    return int(found[name]) if name in found else None


def _mean(microseconds: int, n: int) -> float:
    return microseconds / n / MICROSECONDS_A_MINUTE
