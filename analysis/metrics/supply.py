"""Supply against demand: orders to online riders, and what load does to lateness.

The load of a zone's half-hour is all of its orders to all of its online riders; the
orders that are chosen are then looked at by the load in which they were placed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.chosen import chosen
from analysis.metrics.expressions import ORDERS, Scope, require
from analysis.metrics.periods import Period
from analysis.metrics.query import within
from analysis.metrics.selection import Selection
from analysis.stats.intervals import wilson

SHIFTS: Final = "shifts"
HALF_HOUR: Final = 30
#: Width of a step of load on the response curve, in orders a rider.
STEP: Final = 0.25
#: A step of the curve with fewer orders is joined to the one before it.
MIN_STEP_ORDERS: Final = 100


@dataclass(frozen=True, slots=True)
class Supply:
    """Orders and online riders by half-hour, and lateness by load.

    Attributes:
        hours: ``zone`` columns, ``half_hour`` (0 to 47, local), ``orders``,
            ``rider_half_hours`` and ``load`` (orders to riders), over half-hours with
            orders.
        response: ``load_low``, ``load_high``, ``load`` (orders to riders: the ends of a
            step and the middle of its orders), ``orders``, ``late``, ``n`` (delivered
            with a promise), ``late_rate``, ``low``, ``high``.
        unstaffed: Chosen orders in half-hours without any rider online.
        sql: The two queries as they ran.
    """

    hours: pd.DataFrame
    response: pd.DataFrame
    unstaffed: int
    sql: str


def supply(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
) -> Supply:
    """Orders to online riders by zone and half-hour, and the lateness response.

    Args:
        dataset: A published version with shifts.
        selection: Orders whose lateness is looked at; demand is always all orders of
            the zone.
        period: First and last local day of creation, both included.

    Raises:
        MissingField: if the dataset lacks zones, shifts or times.
    """
    require(dataset, "zone", "local_date", "local_hour")
    require(dataset, "rider_id", "zone", "online_start", "online_end", table=SHIFTS)
    days = period or (selection.period if selection else None)
    by_hour = _hours_query(dataset, selection, days)
    by_load = _response_query(dataset, selection, days)
    hours = dataset.engine.run(by_hour).to_pandas()
    steps = dataset.engine.run(by_load).to_pandas()
    hours["load"] = hours["orders"] / hours["rider_half_hours"].where(
        hours["rider_half_hours"] > 0
    )
    known = steps.dropna(subset=["step"])
    return Supply(
        hours=hours,
        response=_response(known),
        unstaffed=int(steps.loc[steps["step"].isna(), "orders"].sum()),
        sql=f"{dataset.engine.sql(by_hour)};\n\n{dataset.engine.sql(by_load)}",
    )


def _places(dataset: Dataset) -> tuple[str, ...]:
    """Columns that name a zone in both tables."""
    both = dataset.has(SHIFTS, "city") and dataset.has(ORDERS, "city")
    return ("city", "zone") if both else ("zone",)


def _half_hour(time: exp.Expr) -> exp.Expr:
    """The half-hour in which a time lies, UTC."""
    return exp.Anonymous(this="time_bucket", expressions=[_step(), time])


def _step() -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(HALF_HOUR)), unit=exp.var("MINUTE"))


def _slots(dataset: Dataset, period: Period | None) -> exp.Select:
    """All orders of each zone and half-hour of the period, with the local half-hour."""
    created = trees.column("created_at", ORDERS)
    is_second = _is_second(created, minutes=_past_the_hour(dataset, period))
    local = exp.Add(
        this=exp.Mul(
            this=trees.column("local_hour", ORDERS), expression=exp.convert(2)
        ),
        expression=exp.cast(is_second, "INTEGER"),
    )
    places = _places(dataset)
    query = exp.select(
        *(trees.column(name, ORDERS) for name in places),
        trees.named(_half_hour(created.copy()), "slot"),
        trees.named(exp.Min(this=local), "half_hour"),
        trees.named(exp.Count(this=exp.Star(), big_int=True), "demand"),
    ).from_(trees.table(ORDERS))
    if period is not None:
        query = query.where(within(period))
    numbers = (exp.Literal.number(place + 1) for place in range(len(places) + 1))
    return query.group_by(*numbers)


def _is_second(created: exp.Expr, *, minutes: int) -> exp.Expr:
    """Whether a time lies in the second half of its local hour.

    Args:
        created: The time, UTC.
        minutes: How far local clocks are past the hour at full hours of UTC.
    """
    minute = exp.Anonymous(this="minute", expressions=[created.copy()])
    shifted = exp.Add(this=minute, expression=exp.convert(minutes))
    local = exp.Mod(this=exp.paren(shifted), expression=exp.convert(60))
    return exp.paren(exp.GTE(this=local, expression=exp.convert(HALF_HOUR)))


def _past_the_hour(dataset: Dataset, period: Period | None) -> int:
    """Minutes that clocks show at full hours of UTC, as 30 in India; 0 mostly."""
    days = period or Period.of(dataset.period)
    noon = datetime.combine(days.first if days else date(2024, 1, 1), time(12))
    offset = noon.replace(tzinfo=ZoneInfo(dataset.timezone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60) % 60


def _presence(dataset: Dataset, period: Period | None) -> exp.Select:
    """Riders online in each zone and half-hour, each counted once."""
    start = trees.column("online_start", SHIFTS)
    end = trees.column("online_end", SHIFTS)
    listed = exp.Anonymous(this="range", expressions=[_half_hour(start), end, _step()])
    slots = exp.select(
        *(trees.column(name, SHIFTS) for name in _places(dataset)),
        trees.column("rider_id", SHIFTS),
        trees.named(exp.Anonymous(this="unnest", expressions=[listed]), "slot"),
    ).from_(trees.table(SHIFTS))
    if period is not None:
        slots = slots.where(*_around(period))
    places = [trees.column(name) for name in _places(dataset)]
    rider = exp.Distinct(expressions=[trees.column("rider_id")])
    query = exp.select(
        *places,
        trees.column("slot"),
        trees.named(exp.Count(this=rider), "riders"),
    ).from_(slots.subquery("online"))
    return query.group_by(*(item.copy() for item in places), trees.column("slot"))


def _around(period: Period) -> Iterator[exp.Expr]:
    """Shifts that may touch the period's local days, wherever the place lies."""
    first, last = period.first - timedelta(days=1), period.last + timedelta(days=2)
    for name, kind, day in (
        ("online_end", exp.GTE, first), ("online_start", exp.LT, last),
    ):  # fmt: skip
        moment = exp.cast(exp.Literal.string(day.isoformat()), "TIMESTAMP")
        yield kind(this=trees.column(name, SHIFTS), expression=moment)


def _load(dataset: Dataset, query: exp.Select, period: Period | None) -> exp.Select:
    """A query over the half-hours with their riders, as ``load``."""
    keys = [*_places(dataset), "slot"]
    on = exp.and_(*(_same(name, "slots", "presence") for name in keys))
    both = (
        exp.select(
            *(trees.column(name, "slots") for name in (*keys, "half_hour", "demand")),
            trees.named(
                exp.func("COALESCE", trees.column("riders"), exp.convert(0)), "riders"
            ),
        )
        .from_(trees.table("slots"))
        .join(trees.table("presence"), on=on, join_type="left")
    )
    return (
        query.with_(trees.table("slots"), as_=_slots(dataset, period))
        .with_(trees.table("presence"), as_=_presence(dataset, period))
        .with_(trees.table("load"), as_=both)
    )


def _hours_query(
    dataset: Dataset, selection: Selection | None, period: Period | None
) -> exp.Select:
    places = [trees.column(name) for name in _places(dataset)]
    keys = [*places, trees.column("half_hour")]
    query = exp.select(
        *keys,
        trees.named(_total("demand"), "orders"),
        trees.named(_total("riders"), "rider_half_hours"),
    ).from_(trees.table("load"))
    # Only places that the selection leaves, though with all of their orders.
    left = chosen(
        dataset,
        {name: trees.column(name, ORDERS) for name in _places(dataset)},
        selection=selection,
        period=period,
    ).distinct()
    tuples = exp.Tuple(expressions=[item.copy() for item in places])
    query = query.where(exp.In(this=tuples, query=left.subquery()))
    query = query.group_by(*(key.copy() for key in keys))
    ordered = [trees.last_nulls(key.copy()) for key in keys]
    return _load(dataset, query.order_by(*ordered), period)


def _response_query(
    dataset: Dataset, selection: Selection | None, period: Period | None
) -> exp.Select:
    scope = Scope(dataset)
    values: dict[str, exp.Expr] = {
        name: trees.column(name, ORDERS) for name in _places(dataset)
    }
    values["slot"] = _half_hour(trees.column("created_at", ORDERS))
    values["minutes_late"] = exp.Case(
        ifs=[
            exp.If(
                this=scope.bind("has_known_punctuality"),
                true=scope.bind("minutes_late"),
            )
        ]
    )
    orders = chosen(dataset, values, selection=selection, period=period)
    keys = [*_places(dataset), "slot"]
    on = exp.and_(*(_same(name, "chosen", "load") for name in keys))
    late = exp.GT(this=trees.column("minutes_late"), expression=exp.convert(0))
    query = (
        exp.select(
            trees.named(_load_step(), "step"),
            trees.named(exp.Count(this=exp.Star(), big_int=True), "orders"),
            trees.named(exp.CountIf(this=late), "late"),
            trees.named(exp.Count(this=trees.column("minutes_late")), "n"),
        )
        .from_(orders.subquery("chosen"))
        .join(trees.table("load"), on=on)
    )
    query = query.group_by(exp.Literal.number(1)).order_by(
        trees.last_nulls(exp.Literal.number(1))
    )
    return _load(dataset, query, period)


def _load_step() -> exp.Expr:
    """The lower end of the step of load that a half-hour lies in; NULL unstaffed."""
    riders = exp.func("NULLIF", trees.column("riders"), exp.convert(0))
    load = exp.Div(this=trees.column("demand"), expression=riders)
    step = exp.Literal.number(str(STEP))
    return exp.Mul(
        this=exp.Floor(this=exp.Div(this=load, expression=step)),
        expression=step.copy(),
    )


def _total(name: str) -> exp.Expr:
    return exp.cast(exp.Sum(this=trees.column(name)), "BIGINT")


def _same(name: str, left: str, right: str) -> exp.Expr:
    return exp.EQ(this=trees.column(name, left), expression=trees.column(name, right))


def _response(steps: pd.DataFrame) -> pd.DataFrame:
    """The curve, steps with too few orders joined to their neighbour."""
    low = steps["step"].to_numpy(dtype=float)
    group = _joined(steps["n"].to_numpy(dtype=float))
    frame = pd.DataFrame({"group": group, "load_low": low, "load_high": low + STEP})
    middle = (low + STEP / 2) * steps["orders"].to_numpy(dtype=float)
    frame["weighted"] = middle
    for name in ("orders", "late", "n"):
        frame[name] = steps[name].to_numpy(dtype=int)
    found = frame.groupby("group", as_index=False).agg(
        load_low=("load_low", "min"), load_high=("load_high", "max"),
        weighted=("weighted", "sum"), orders=("orders", "sum"), late=("late", "sum"),
        n=("n", "sum"),
    )  # fmt: skip
    bounds = wilson(found["late"], found["n"])
    found["late_rate"] = found["late"] / found["n"].where(found["n"] > 0)
    found["low"], found["high"] = bounds.low, bounds.high
    found.insert(2, "load", found["weighted"] / found["orders"])
    return found.drop(columns=["group", "weighted"])


def _joined(counts: np.ndarray) -> np.ndarray:
    """Numbers of groups of neighbours that hold enough each, but for the last one."""
    groups = np.zeros(len(counts), dtype=int)
    current, held = 0, 0.0
    for place, count in enumerate(counts):
        if held >= MIN_STEP_ORDERS:
            current, held = current + 1, 0.0
        groups[place] = current
        held += count
    if current and held < MIN_STEP_ORDERS:
        groups[groups == current] = current - 1
    return groups
