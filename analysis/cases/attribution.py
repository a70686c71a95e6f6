"""Time over plan by part of the delivery, and how missing milestones may be read.

Time is over plan where it delayed the order: the pick-up cannot be earlier than the
food was promised, so a late rider costs nothing before that. Where milestones are
missing, the time around them is read in every way: all of it over plan in the one part
beside it, or in the other. What holds in all readings is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cases.rules import CAUSES
from analysis.metrics.stages import STAGE_MILESTONES, STAGE_NAMES

Floats = NDArray[np.float64]

_ACCEPTED, _ARRIVED, _PICKED, _THERE, _DONE = range(1, 6)
_PLAN_COLUMNS = {
    "accepted": "planned_accepted_at",
    "arrived": "planned_arrived_merchant_at",
    "ready": "promised_ready_at",
    "pick_up": "promised_pickup_at",
    "there": "planned_arrived_customer_at",
    "done": "planned_delivered_at",
    "promise": "promised_at",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What each order was meant to take, minutes; arrays of one value a case.

    Attributes:
        dispatch: Until a rider has accepted.
        leg: From there to the merchant.
        ready: When the food was promised, after creation; -inf where it was not.
        counter: At the counter, once rider and food are there.
        ride: From the merchant to the customer.
        door: At the customer's door.
        promise: Promised delivery after creation.
        is_own: Where the order's own columns say it; else comparable orders do.
    """

    dispatch: Floats
    leg: Floats
    ready: Floats
    counter: Floats
    ride: Floats
    door: Floats
    promise: Floats
    is_own: NDArray[np.bool_]

    @property
    def pick_up(self) -> Floats:
        """Planned pick-up after creation."""
        return np.maximum(self.dispatch + self.leg, self.ready) + self.counter

    @property
    def milestones(self) -> Floats:
        """Planned minutes after creation of the six milestones, shape (cases, 6)."""
        way = self.dispatch + self.leg
        there = self.pick_up + self.ride
        zero = np.zeros_like(way)
        planned = [zero, self.dispatch, way, self.pick_up, there, there + self.door]
        return np.stack(planned, axis=1)

    def ready_at(self, ready: Floats) -> Plan:
        """The same with the food promised for a moment, and the same planned pick-up.

        The moment is kept between the planned arrival and the planned pick-up, which it
        is where it is not known.
        """
        way, pick_up = self.dispatch + self.leg, self.pick_up
        moment = np.clip(np.where(np.isnan(ready), pick_up, ready), way, pick_up)
        return replace(self, ready=moment, counter=pick_up - moment)

    def quicker(self, share: float) -> Plan:
        """The same with every stage a share shorter."""
        stages = ("dispatch", "leg", "counter", "ride", "door")
        return replace(
            self, **{name: getattr(self, name) * (1 - share) for name in stages}
        )

    def take(self, rows: NDArray[np.intp]) -> Plan:
        """The plan of some cases."""
        return Plan(*(getattr(self, name)[rows] for name in Plan.__slots__))


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the milestones of some cases.

    Attributes:
        rows: Places of the cases.
        over: Minutes over plan by cause, shape (cases, causes).
    """

    rows: NDArray[np.intp]
    over: Floats


def minutes_after(facts: pd.DataFrame, column: str) -> Floats:
    """Minutes from creation to a time; NaN where either is unknown."""
    if column not in facts or "created_at" not in facts:
        return np.full(len(facts), np.nan)
    passed = facts[column] - facts["created_at"]
    return np.asarray(passed.dt.total_seconds() / 60, dtype=np.float64)


def times_of(facts: pd.DataFrame) -> Floats:
    """Minutes from creation to the six milestones, shape (cases, 6), NaN if missing."""
    times = [minutes_after(facts, name) for name in STAGE_MILESTONES]
    times[0] = np.where(np.isnan(times[0]), np.nan, 0.0)
    return np.stack(times, axis=1)


def plan_of(facts: pd.DataFrame) -> Plan:
    """The plan of each order: its own columns, else what comparable orders took."""
    at = {name: minutes_after(facts, col) for name, col in _PLAN_COLUMNS.items()}
    usual = _usual(facts)
    way = at["arrived"]
    ready = np.where(np.isnan(at["ready"]), -np.inf, at["ready"])
    own_counter = at["pick_up"] - np.fmax(way, ready)
    own_counter = np.where(np.isfinite(own_counter), own_counter.clip(0), np.nan)
    plan = {
        "dispatch": at["accepted"],
        "leg": way - at["accepted"],
        "counter": own_counter,
        "ride": at["there"] - at["pick_up"],
        "door": at["done"] - at["there"],
    }
    known = np.isfinite(np.stack(list(plan.values())))
    is_own: NDArray[np.bool_] = np.logical_and.reduce(known)
    whole = {
        name: np.where(np.isnan(minutes), part, minutes)
        for (name, minutes), part in zip(plan.items(), usual.T, strict=True)
    }
    return Plan(ready=ready, promise=at["promise"], is_own=is_own, **whole)


def _usual(facts: pd.DataFrame) -> Floats:
    """Usual minutes of the five stages, shape (cases, 5), NaN where unknown.

    What several stages usually take together is laid out evenly over them; it makes no
    difference, since the time between the milestones around them is read in every way.
    """
    found = np.full((len(facts), len(STAGE_NAMES)), np.nan)
    for column in facts.columns:
        parts = str(column).removeprefix("usual_").split("+")
        if str(column).startswith("usual_") and set(parts) <= set(STAGE_NAMES):
            minutes = facts[column].to_numpy(float) / len(parts)
            for part in parts:
                found[:, STAGE_NAMES.index(part)] = minutes
    return found


def readings(times: Floats, plan: Plan, *, faster: float = 0.0) -> Iterator[Reading]:
    """Every way to read the milestones of each case, cases alike together.

    Args:
        times: From ``times_of``; created and delivered must be known.
        plan: From ``plan_of``.
        faster: Share of its plan that a stage may have taken less, where nobody saw it.
    """
    gone = np.column_stack([np.isnan(times[:, 1:_DONE]), np.isinf(plan.ready)])
    patterns, which = np.unique(gone, axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == place)
        runs = _runs(pattern[:-1])
        own = plan.take(rows)
        plans = _ready_plans(own, times[rows]) if pattern[-1] else (own,)
        paces = (0.0, faster) if faster and runs else (0.0,)
        for part, pace, breaks in product(plans, paces, _breaks(runs)):
            choices = list(zip(runs, breaks, strict=True))
            read = _filled(times[rows], part.quicker(pace), choices)
            yield Reading(rows, over_plan(read, part))
            if pattern[_ARRIVED - 1]:
                yield Reading(rows, over_plan(read, part, alone=True))


def _ready_plans(plan: Plan, times: Floats) -> tuple[Plan, ...]:
    """Plans for the moments at which what the food's promise would mean changes.

    As early as can be, as late, at the rider's arrival, and where the wait at the
    counter is just what was planned; between these, time over plan moves evenly.
    """
    arrived, waited = times[:, _ARRIVED], times[:, _PICKED] - times[:, _ARRIVED]
    moments = (plan.pick_up, arrived, plan.pick_up - waited)
    return (plan, *(plan.ready_at(moment) for moment in moments))


def _breaks(runs: list[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """For each run, how many of its milestones are read as early."""
    return product(*(range(len(run) + 1) for run in runs))


def _runs(pattern: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Missing milestones that follow one another, as places among the six."""
    places = (np.flatnonzero(pattern) + 1).tolist()
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [tuple(run) for run in runs]


def _filled(
    times: Floats, plan: Plan, choices: list[tuple[tuple[int, ...], int]]
) -> Floats:
    """Times with each run filled in, all time over plan at one place of it.

    So many milestones of the run are to plan after what came before, the rest to plan
    before what came after.
    """
    read = times.copy()
    for run, early in choices:
        for place in run[:early]:
            read[:, place] = _forward(read, plan, place)
        for place in reversed(run[early:]):
            read[:, place] = _backward(read, plan, place)
        first, last = read[:, run[0] - 1], read[:, run[-1] + 1]
        for place in run:
            read[:, place] = np.clip(read[:, place], first, np.maximum(first, last))
    return read


def _forward(read: Floats, plan: Plan, place: int) -> Floats:
    """When a milestone would be, to plan, after the one before it."""
    before = read[:, place - 1]
    if place == _PICKED:
        return np.maximum(before, plan.ready) + plan.counter
    minutes = {_ACCEPTED: plan.dispatch, _ARRIVED: plan.leg, _THERE: plan.ride}
    return before + minutes[place]


def _backward(read: Floats, plan: Plan, place: int) -> Floats:
    """When a milestone would have been for the one after it to be to plan."""
    minutes = {
        _ACCEPTED: plan.leg, _ARRIVED: plan.counter, _PICKED: plan.ride,
        _THERE: plan.door,
    }  # fmt: skip
    return read[:, place + 1] - minutes[place]


def over_plan(read: Floats, plan: Plan, *, alone: bool = False) -> Floats:
    """Minutes over plan by cause, shape (cases, causes), none below 0.

    A late start of the pick-up is shared between dispatch and the way to the merchant
    in proportion to what each was over; with ``alone``, dispatch has what it would have
    caused alone, and the way the rest.
    """
    met = np.maximum(read[:, _ARRIVED], plan.ready)
    planned_start = np.maximum(plan.dispatch + plan.leg, plan.ready)
    late_start = _above(met, planned_start)
    dispatch = _above(read[:, _ACCEPTED], plan.dispatch)
    leg = _above(read[:, _ARRIVED] - read[:, _ACCEPTED], plan.leg)
    together = dispatch + leg
    share = np.divide(dispatch, together, out=np.zeros_like(together),
                      where=together > 0)  # fmt: skip
    spans = {place: read[:, place] - read[:, place - 1] for place in (_THERE, _DONE)}
    of_dispatch = late_start * share
    if alone:
        to_plan = np.maximum(read[:, _ACCEPTED] + plan.leg, plan.ready)
        of_dispatch = np.minimum(_above(to_plan, planned_start), late_start)
    over = {
        "dispatch": of_dispatch,
        "to_merchant": late_start - of_dispatch,
        "kitchen": _above(read[:, _PICKED] - met, plan.counter),
        "ride": _above(spans[_THERE], plan.ride),
        "hand_over": _above(spans[_DONE], plan.door),
        "promise": _above(plan.milestones[:, _DONE], plan.promise),
    }
    return np.stack([over[cause] for cause in CAUSES], axis=1)


def _above(minutes: Floats, planned: Floats) -> Floats:
    return np.clip(minutes - planned, 0, None)


def unseen(facts: pd.DataFrame, times: Floats) -> NDArray[np.bool_]:
    """Where a milestone is missing that may have happened, shape (cases, 6).

    Later milestones show that it did, or the data do not record it at all.
    """
    gone = np.isnan(times)
    happened = np.logical_or.accumulate(~gone[:, ::-1], axis=1)[:, ::-1]
    unrecorded = np.array([name not in facts for name in STAGE_MILESTONES])
    found: NDArray[np.bool_] = gone & (happened | unrecorded)
    return found


def until_the_end(facts: pd.DataFrame, plan: Plan) -> Iterator[Floats]:
    """Minutes over plan by cause until an order was cancelled, shape (cases, causes).

    What had not happened by then is read as happening at that moment. A milestone that
    nobody saw is read in both ways, as early as can be and as late.
    """
    times, end = times_of(facts), minutes_after(facts, "cancelled_at")
    open_ = unseen(facts, times)
    places = range(_ACCEPTED, _PICKED + 1)
    ways = [(False, True) if open_[:, place].any() else (False,) for place in places]
    for early in product(*ways):
        read = _ended(times, end, open_ & np.array([False, *early, False, False]))
        read[:, _THERE] = read[:, _PICKED] + plan.ride
        read[:, _DONE] = read[:, _THERE] + plan.door
        over = over_plan(read, plan)
        yield np.where(np.isnan(end)[:, None], np.nan, over)


def _ended(times: Floats, end: Floats, early: NDArray[np.bool_]) -> Floats:
    """Times until the end: what is missing as early as can be, else as late."""
    known = pd.DataFrame(np.column_stack([times, end]))
    latest = known.bfill(axis=1).to_numpy()
    read = times.copy()
    for before, place in pairwise(range(_PICKED + 1)):
        moment = np.where(early[:, place], read[:, before], latest[:, place])
        read[:, place] = np.fmax(moment, read[:, before])
    return read
