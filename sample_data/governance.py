"""What people decide and check: targets, inspections, strategies, past decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import causes
from sample_data import columns as col
from sample_data.observe import (
    ORDER_DIGITS,
    RIDER_DIGITS,
    VARIANTS,
    order_keys,
    started,
)
from sample_data.people import People
from sample_data.plants.base import Plant
from sample_data.plants.behaviours import HARSH_REVIEWER
from sample_data.plants.strategies import (
    CityPilot,
    RiderTrial,
    RollOut,
    Strategy,
    Switchback,
    rider_arms,
)
from sample_data.streams import draws, share
from sample_data.traits import Setting, take
from sample_data.world import ZONES_PER_CITY, Columns, Span, cities, zone_names

_TARGETS = {
    "on_time_rate": (0.90, 0.85),
    "cancellation_rate": (0.04, 0.06),
    "complaint_rate": (0.015, 0.025),
    "mean_rating": (4.4, 4.1),
}
_FINDINGS = (
    "none", "no helmet", "bag not clean", "no uniform", "documents expired",
    "phone held",
)  # fmt: skip
_CLAUSES = (
    "-",
    "equipment 1.2",
    "hygiene 3.1",
    "uniform 2.1",
    "documents 5.4",
    "riding 4.2",
)
_REVIEWERS = 8
_CASE_SHARE = 0.05
_GOLD_SHARE = 0.30
_CARE = 0.87
_HARSH = 0.45
UNDETERMINED = len(causes.PARTIES)
DECISION_KINDS = ("HUMAN", "GOLD")


def targets_table(span: Span) -> pa.Table:
    """Targets and floors of four metrics, by city."""
    rows = [
        {
            "metric_id": metric,
            "city": city.name,
            "period": f"{span.first:%Y}",
            "target": target,
            "floor": floor,
            "owner": f"{city.name} operations",
        }
        for metric, (target, floor) in _TARGETS.items()
        for city in cities()
    ]
    return pa.Table.from_pylist(rows)


def inspections_table(people: People, span: Span, seed: int) -> pa.Table:
    """Spot checks of riders by supervisors, week by week."""
    parts = [_inspected(people, span, seed, city.index) for city in cities()]
    return pa.concat_tables(parts).unify_dictionaries()


def _inspected(people: People, span: Span, seed: int, city: int) -> pa.Table:
    low, high = people.rider_bounds[city : city + 2]
    each_week = max(4, int(high - low) // 12)
    size = each_week * (span.days // 7)
    who = low + draws(seed, "inspected", size, city).astype(np.int64) % (high - low)
    drawn = draws(seed, "inspection", size, city)
    day = np.arange(size) // each_week * 7 + drawn % 7
    second = 10 * 3600 + draws(seed, "inspection time", size, city) % (11 * 3600)
    zero = cities()[city].midnight(span.first)
    finding = np.where(drawn < share(0.15), 1 + drawn % (len(_FINDINGS) - 1), 0)
    score = np.where(finding > 0, 60 + drawn % 25, 88 + drawn % 13)
    return pa.table(
        {
            "inspection_id": col.keys(f"I{city}", np.arange(size), width=7),
            "inspected_at": col.times(zero + day.astype(np.int64) * 86_400 + second),
            "city": col.constant(cities()[city].name, size),
            "supervisor_id": col.keys("S", drawn // 7 % 12 + 12 * city, width=3),
            "rider_id": col.keys("R", who, width=RIDER_DIGITS),
            "score": col.integers(score),
            "is_critical": col.flags(finding == _FINDINGS.index("documents expired")),
            "finding": col.choices(finding, _FINDINGS),
            "clause": col.choices(finding, _CLAUSES),
        }
    )


def strategies_table(plants: Sequence[Plant], span: Span) -> pa.Table:
    """The register of strategies, as their owners wrote it."""
    rows = [_registered(p, span) for p in plants if isinstance(p, Strategy)]
    names = list(rows[0]) if rows else []
    return pa.table({name: [row[name] for row in rows] for name in names})


def _registered(plan: Strategy, span: Span) -> dict[str, Any]:
    return {
        "strategy_id": plan.id,
        "name": plan.title,
        "hypothesis": plan.hypothesis,
        "owner": f"owner {plan.code + 1}",
        "type": plan.design,
        "unit": plan.unit,
        "city": ", ".join(plan.cities),
        "primary_metric": plan.primary,
        "guardrails": ", ".join(plan.guardrails),
        "mde": plan.mde,
        "start": span.day(plan.first),
        "end": span.day(plan.last),
        "status": "finished",
    }


def assignments_table(plants: Sequence[Plant], people: People, span: Span) -> pa.Table:
    """Who or what was in which arm; trials on orders carry their arm on the order."""
    parts = [_assigned(p, people, span) for p in plants if isinstance(p, Strategy)]
    filled = [part for part in parts if part is not None]
    return pa.concat_tables(filled).unify_dictionaries() if filled else pa.table({})


def _assigned(plan: Strategy, people: People, span: Span) -> pa.Table | None:
    if isinstance(plan, RiderTrial):
        return _riders_in(plan, people, span)
    if isinstance(plan, Switchback):
        return _hours_in(plan, span)
    if isinstance(plan, RollOut):
        return _zones_in(plan, span)
    return _city_in(plan, span) if isinstance(plan, CityPilot) else None


def _rows(
    plan: Strategy, units: pa.Array, *, city: NDArray, zone: NDArray, arm: NDArray,
    start: NDArray, end: NDArray,
) -> pa.Table:  # fmt: skip
    return pa.table(
        {
            "strategy_id": col.constant(plan.id, len(arm)),
            "unit_id": units,
            "city": col.choices(city, [c.name for c in cities()]),
            "zone": col.choices(zone, zone_names()),
            "variant": col.choices(arm, VARIANTS),
            "start_at": col.times(start),
            "end_at": col.times(end),
        }
    )


def _days(plan: Strategy, span: Span, city: int) -> tuple[int, int]:
    place = cities()[city]
    return place.midnight(span.day(plan.first)), place.midnight(span.day(plan.last + 1))


def _riders_in(plan: RiderTrial, people: People, span: Span) -> pa.Table:
    place = next(c for c in cities() if c.name in plan.cities)
    low, high = people.rider_bounds[place.index : place.index + 2]
    crew = np.arange(low, high)
    there = (people.riders["joined"][crew] <= plan.last) & (
        people.riders["left"][crew] > plan.first
    )
    crew = crew[there]
    arm = rider_arms(plan.seed, plan.id, len(people.riders["zone"]))[crew]
    begin, end = _days(plan, span, place.index)
    return _rows(
        plan,
        col.keys("R", crew, width=RIDER_DIGITS),
        city=np.full(len(crew), place.index),
        zone=np.full(len(crew), -1),
        arm=arm,
        start=np.full(len(crew), begin),
        end=np.full(len(crew), end),
    )


def _hours_in(plan: Switchback, span: Span) -> pa.Table:
    place = next(c for c in cities() if c.name in plan.cities)
    arms = plan.arms()
    size = arms.size
    hour, zone = np.divmod(np.arange(size), ZONES_PER_CITY)
    start = place.midnight(span.day(plan.first)) + hour * 3600
    return _rows(
        plan,
        col.keys("ZH", np.arange(size), width=6),
        city=np.full(size, place.index),
        zone=zone + place.index * ZONES_PER_CITY,
        arm=arms.reshape(-1),
        start=start,
        end=start + 3600,
    )


def _zones_in(plan: RollOut, span: Span) -> pa.Table:
    city = np.repeat(
        [c.index for c in cities() if c.name in plan.cities], ZONES_PER_CITY
    )
    nth = np.tile(np.arange(ZONES_PER_CITY), len(plan.cities))
    begins = np.concatenate(
        [plan.starts[cities()[c].name] for c in city[::ZONES_PER_CITY]]
    )
    treated = begins <= plan.last
    first = np.where(treated, begins, plan.first)
    start = [
        cities()[c].midnight(span.day(d)) for c, d in zip(city, first, strict=True)
    ]
    end = [_days(plan, span, int(c))[1] for c in city]
    return _rows(
        plan,
        col.keys("Z", city * ZONES_PER_CITY + nth, width=2),
        city=city,
        zone=city * ZONES_PER_CITY + nth,
        arm=treated.astype(np.int8),
        start=np.array(start),
        end=np.array(end),
    )


def _city_in(plan: CityPilot, span: Span) -> pa.Table:
    names = [c.name for c in cities()]
    city = np.array([names.index(plan.cities[0]), names.index(plan.control)])
    begin = [cities()[c].midnight(span.day(plan.start)) for c in city]
    end = [_days(plan, span, int(c))[1] for c in city]
    return _rows(
        plan,
        col.keys("CITY", city, width=1),
        city=city,
        zone=np.full(2, -1),
        arm=np.array([1, 0]),
        start=np.array(begin),
        end=np.array(end),
    )


def decisions_table(
    orders: Columns, setting: Setting, plants: Sequence[Plant]
) -> pa.Table:
    """Past decisions: two reviewers a case, and the right answer for some."""
    found = causes.verdicts(orders)
    chosen = np.flatnonzero(orders["lot"][found["row"]] < share(_CASE_SHARE))
    row = found["row"][chosen]
    cases = take(orders, row)
    right = np.where(found["decidable"][chosen], _main(found, chosen), UNDETERMINED)
    harsh = any(plant.name == "harsh_reviewer" for plant in plants)
    opened = started(orders, setting)[row] + 86_400 + cases["lot"].astype(np.int64) * 9
    first = cases["lot"] % _REVIEWERS
    second = (first + 1 + cases["lot"] // _REVIEWERS % (_REVIEWERS - 1)) % _REVIEWERS
    parts = [
        _decided(cases, setting, who, _opinion(right, who, cases[draw], harsh=harsh),
                 opened=opened + wait, nth=nth)
        for nth, (who, draw, wait) in enumerate(
            [(first, "opinion", 0), (second, "other opinion", 5400)]
        )
    ]  # fmt: skip
    gold = np.flatnonzero(cases["opinion"] % 100 < 100 * _GOLD_SHARE)
    known = take(cases, gold)
    nobody = np.full(len(gold), -1)
    parts.append(
        _decided(known, setting, nobody, right[gold], opened=opened[gold] + 9000, nth=2)
    )
    return pa.concat_tables(parts).unify_dictionaries()


def _main(found: Columns, chosen: NDArray) -> NDArray[np.int64]:
    """The one party, or of several the one with most minutes."""
    bits = found["parties"][chosen].astype(np.int64)
    flagged = (bits[:, None] >> np.arange(UNDETERMINED)) & 1
    most = (flagged * (found["minutes"][chosen] + 1e-6)).argmax(axis=1)
    return np.where(bits > 0, most, UNDETERMINED)


def _opinion(
    right: NDArray, who: NDArray, drawn: NDArray, *, harsh: bool
) -> NDArray[np.int64]:
    """What a reviewer said: mostly right; one blames the rider too often."""
    other = (right + 1 + drawn % 5) % (UNDETERMINED + 1)
    said = np.where(drawn < share(_CARE), right, other)
    severe = who == int(HARSH_REVIEWER[1:]) - 1
    if not harsh:
        return said
    blames = severe & (drawn % 1000 < 1000 * _HARSH)
    return np.where(blames, causes.RIDER, said)


def _decided(
    cases: Columns,
    setting: Setting,
    who: NDArray,
    party: NDArray,
    *,
    opened: NDArray,
    nth: int,
) -> pa.Table:
    size = len(party)
    seconds = 35 + cases["opinion"].astype(np.int64) % 160
    people = who >= 0
    names = (*causes.PARTIES, "undetermined")
    notes = [f"Evidence points to: {name}." for name in names]
    return pa.table(
        {
            "decision_id": col.keys(
                f"D{setting.city.code}",
                cases["number"] * 10 + nth,
                width=ORDER_DIGITS + 1,
            ),
            "order_id": order_keys(cases, setting),
            "kind": col.choices(np.where(people, 0, 1), DECISION_KINDS),
            "reviewer_id": col.keys("V", who + 1, width=2, valid=people),
            "party": col.choices(party, names),
            "explanation": col.choices(party, notes),
            "opened_at": col.times(opened),
            "decided_at": col.times(opened + seconds),
            "active_seconds": col.integers(seconds, people),
            "is_blind": col.flags(np.full(size, nth == 1)),
        }
    )
