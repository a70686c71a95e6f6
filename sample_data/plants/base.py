"""What a plant is: a known effect on a known cell of orders, between two days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sample_data.streams import LEVELS
from sample_data.traits import Setting
from sample_data.world import (
    CAPACITY_TYPES,
    MERCHANT_TYPES,
    VEHICLES,
    ZONE_TYPES,
    ZONES_PER_CITY,
    Columns,
    zone_types,
)

Kind = Literal["incident", "strategy", "behaviour", "reviewer", "dirt"]


class Levers:
    """Where plants take hold: extra seconds or levels for each order, by name.

    Names: dispatch, kitchen, leg, ride, road (a ride slowed from outside), building (a
    hand-over slowed from outside), pin, promise and tap (before the arrival) in
    seconds; ``pin off`` in metres; refuse and merchant_cancel in levels of 65,536;
    rescue as a flag.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._pulls: dict[str, NDArray[np.int32]] = {}

    def of(self, name: str) -> NDArray[np.int32] | int:
        """The pull on each order; 0 where nothing takes hold of this lever."""
        return self._pulls.get(name, 0)

    def pull(self, name: str, amount: NDArray | int, where: NDArray[np.bool_]) -> None:
        """Add an amount to a lever for the orders in a mask."""
        held = self._pulls.setdefault(name, np.zeros(self._size, dtype=np.int32))
        held += np.where(where, amount, 0).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Cell:
    """A segment of orders: values of dimensions, all of which must match.

    ``values`` maps a dimension (zone, zone_type, merchant_type, capacity_type, vehicle)
    to the value it must have; ``hours`` are local, the last one excluded.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    hours: tuple[int, int] | None = None

    def holds(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Which orders lie in the segment."""
        inside = np.ones(len(orders["day"]), dtype=bool)
        for name, value in self.values.items():
            inside &= _code_of(name, orders, setting) == _position(name, value, setting)
        if self.hours is not None:
            hour = orders["second"] // 3600
            inside &= (hour >= self.hours[0]) & (hour < self.hours[1])
        return inside


def _code_of(name: str, orders: Columns, setting: Setting) -> NDArray:
    people = setting.people
    if name == "zone":
        return orders["zone"]
    if name == "zone_type":
        return zone_types()[orders["zone"] + setting.city.index * ZONES_PER_CITY]
    if name == "merchant_type":
        return people.merchants["type"][orders["merchant id"]]
    column = {"capacity_type": "capacity", "vehicle": "vehicle"}[name]
    return people.riders[column][orders["rider"]]


def _position(name: str, value: str, setting: Setting) -> int:
    if name == "zone":
        return [zone.name for zone in setting.city.zones].index(value)
    known = {
        "zone_type": ZONE_TYPES,
        "merchant_type": MERCHANT_TYPES,
        "capacity_type": CAPACITY_TYPES,
        "vehicle": VEHICLES,
    }
    return known[name].index(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One planted effect.

    Attributes:
        name: Its name in ``truth.yaml``.
        kind: What it belongs to.
        first: First simulated day on which it acts.
        last: Last simulated day on which it acts.
        cities: Cities it acts in; all if empty.
    """

    name: str
    kind: Kind
    first: int
    last: int
    cities: tuple[str, ...] = ()

    def acts(self, setting: Setting, days: range) -> bool:
        """Whether it can touch any order of these days in this city."""
        here = not self.cities or setting.city.name in self.cities
        return here and self.first < days.stop and days.start <= self.last

    def during(self, orders: Columns) -> NDArray[np.bool_]:
        """Which orders came in while it acts."""
        return (orders["day"] >= self.first) & (orders["day"] <= self.last)

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Which orders it may change."""
        raise NotImplementedError

    def move(self, orders: Columns, setting: Setting) -> None:
        """Change what an order is (its rider), before it is carried out."""

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Change how an order is carried out."""

    def label(self, orders: Columns, setting: Setting) -> None:
        """Write down the arm of each order, where there are arms."""


def part(chance: float) -> int:
    """A probability in levels."""
    return round(chance * LEVELS)
