"""Incidents: the things that go wrong for a while, somewhere, for a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sample_data.plants.base import Cell, Levers, Plant
from sample_data.streams import draws, share
from sample_data.traits import Setting
from sample_data.world import VEHICLES, Columns, Span

#: Days of incidents and strategies are those of a world of 26 weeks; in a longer or
#: shorter one they keep their distance to the end.
REFERENCE_DAYS = 182
_BICYCLE = VEHICLES.index("bicycle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Extra seconds of one stage in one cell of one city."""

    city: str
    cell: Cell
    lever: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Plant):
    """An incident of one or more parts.

    Attributes:
        type: What kind of incident it is.
        parts: Where it takes hold.
        story: What happened, in a sentence.
        counts: False where it was made too small to be seen, on purpose.
        drifts: True where it grows day by day up to its full size.
    """

    type: str
    parts: tuple[Part, ...] = ()
    story: str = ""
    counts: bool = True
    drifts: bool = False

    def part_mask(
        self, part: Part, orders: Columns, setting: Setting
    ) -> NDArray[np.bool_]:
        """Orders that one part touches."""
        if part.city != setting.city.name:
            return np.zeros(len(orders["day"]), dtype=bool)
        return self.during(orders) & part.cell.holds(orders, setting)

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders that any part touches."""
        masks = [self.part_mask(part, orders, setting) for part in self.parts]
        return np.any(masks, axis=0)

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Slow the stage of each part down."""
        for part in self.parts:
            mask = self.part_mask(part, orders, setting)
            levers.pull(part.lever, self._seconds(part, orders), mask)

    def _seconds(self, part: Part, orders: Columns) -> NDArray | int:
        if not self.drifts:
            return part.seconds
        length = self.last - self.first + 1
        return part.seconds * (orders["day"] - self.first + 1) // length


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleMix(Incident):
    """Orders pass from other riders to riders on bicycles; no rate changes.

    Attributes:
        moved: Share of the orders that pass over.
    """

    moved: float

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders of other riders in the city and the days that pass over."""
        vehicle = setting.people.riders["vehicle"][orders["rider"]]
        chosen = (vehicle != _BICYCLE) & (orders["mix"] < share(self.moved))
        return self.during(orders) & chosen

    def move(self, orders: Columns, setting: Setting) -> None:
        """Give a share of the orders to bicycle riders."""
        moved = self.scope(orders, setting)
        rider = np.where(moved, orders["bicycle rider"], orders["rider"])
        orders["rider"] = rider
        tenure = orders["day"] - setting.people.riders["joined"][rider]
        orders["tenure"] = np.clip(tenure, 0, 10_000)


def _one(
    city: str, lever: str, minutes: float, *, hours: tuple[int, int] | None = None,
    **values: str,
) -> tuple[Part, ...]:  # fmt: skip
    cell = Cell(values=values, hours=hours)
    return (Part(city=city, cell=cell, lever=lever, seconds=round(60 * minutes)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """An incident before its days are placed; days as in a world of 26 weeks."""

    name: str
    type: str
    days: tuple[int, int]
    parts: tuple[Part, ...]
    story: str
    counts: bool = True
    drifts: bool = False
    jitter: Literal[0, 1, 3] = 3


_PLANS = (
    _Plan(
        name="roadworks", type="one dimension", days=(142, 148),
        parts=_one("Hong Kong", "road", 6.5, zone="Mong Kok"),
        story="Roadworks slow every ride in Mong Kok.",
    ),
    _Plan(
        name="dark_kitchens", type="two dimensions", days=(123, 130),
        parts=_one("São Paulo", "kitchen", 10, merchant_type="dark kitchen"),
        story="A supplier fails and the dark kitchens of São Paulo fall behind.",
    ),
    _Plan(
        name="gated_3pl", type="three dimensions", days=(143, 149),
        parts=_one(
            "Riyadh", "road", 7.5, zone_type="gated residential", capacity_type="3PL"
        ),
        story="Gates in Riyadh turn away riders of 3PL partners without a permit.",
        jitter=0,
    ),
    _Plan(
        name="slow_dispatch", type="rate effect", days=(167, 174),
        parts=_one("São Paulo", "dispatch", 8.5),
        story="A new dispatch version is slow everywhere in São Paulo.",
    ),
    _Plan(
        name="permits", type="mix effect", days=(147, 156),
        parts=(), story="Motorbike permits lapse in São Paulo; bicycles take over.",
    ),
    _Plan(
        name="two_at_once_lifts", type="two at once", days=(123, 130),
        parts=_one("Hong Kong", "building", 6, zone="Kwun Tong"),
        story="Lifts fail in the office towers of Kwun Tong.", jitter=0,
    ),
    _Plan(
        name="two_at_once_street_food", type="two at once", days=(123, 130),
        parts=_one("Hong Kong", "kitchen", 9, merchant_type="street food"),
        story="A gas shortage slows street food in Hong Kong in the same days.",
        jitter=0,
    ),
    _Plan(
        name="hidden_in_total", type="two opposite", days=(120, 140),
        parts=_one("Riyadh", "dispatch", 9.0, zone="Olaya")
        + _one("Riyadh", "ride", -6.5, zone_type="gated residential"),
        story="Riders move from Olaya to the gated districts; Riyadh looks the same.",
    ),
    _Plan(
        name="slow_drift", type="slow drift", days=(120, 153), drifts=True, jitter=0,
        parts=_one("Kuwait City", "kitchen", 13, zone="Salmiya"),
        story="Kitchens in Salmiya get slower week by week.",
    ),
    _Plan(
        name="new_lobby_rule", type="level shift", days=(159, 181),
        parts=_one("Hong Kong", "building", 5.5, zone="Tseung Kwan O"),
        story="From one day on, riders in Tseung Kwan O must register in the lobby.",
    ),
    _Plan(
        name="outage", type="one-hour outage", days=(139, 139),
        parts=_one("São Paulo", "dispatch", 24, hours=(19, 20)),
        story="Dispatch stands still in São Paulo from 19:00 to 20:00.",
    ),
    _Plan(
        name="promise_fault", type="data fault", days=(150, 153), jitter=0,
        parts=_one("Riyadh", "promise", -15),
        story="An export shifts the promise column of Riyadh; nothing else happened.",
    ),
    _Plan(
        name="small_office_lunch", type="one dimension", days=(131, 133), counts=False,
        parts=_one("Riyadh", "building", 0.8, zone="KAFD", hours=(12, 14)), jitter=0,
        story="A slow lift at lunch in KAFD: too small to see, on purpose.",
    ),
    _Plan(
        name="small_cars", type="two dimensions", days=(135, 136), counts=False,
        parts=_one("São Paulo", "ride", 1.0, zone="Pinheiros", vehicle="car"), jitter=0,
        story="Parking is short in Pinheiros: too small to see, on purpose.",
    ),
)  # fmt: skip

_MOVED_TO_BICYCLES = 0.38


def incidents(seed: int, span: Span) -> tuple[Incident, ...]:
    """The incidents of a world; the seed moves their days a little."""
    offset = span.days - REFERENCE_DAYS
    jitter = draws(seed, "incident days", len(_PLANS))
    placed = []
    for plan, drawn in zip(_PLANS, jitter, strict=True):
        begin = plan.days[0] + offset + int(drawn) % max(plan.jitter, 1)
        length = plan.days[1] - plan.days[0]
        last = min(begin + length, span.days - 1)
        if begin >= 0:
            placed.append(_incident(plan, begin, last))
    return tuple(placed)


def _incident(plan: _Plan, first: int, last: int) -> Incident:
    details: dict[str, Any] = {
        "name": plan.name,
        "kind": "incident",
        "first": first,
        "last": last,
        "type": plan.type,
        "story": plan.story,
        "counts": plan.counts,
    }
    if plan.type == "mix effect":
        return VehicleMix(**details, cities=("São Paulo",), moved=_MOVED_TO_BICYCLES)
    cities = tuple(sorted({part.city for part in plan.parts}))
    return Incident(**details, cities=cities, parts=plan.parts, drifts=plan.drifts)
