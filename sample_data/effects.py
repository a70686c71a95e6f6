"""What each plant changed: the same orders with it and without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sample_data import causes, fates
from sample_data.live import live
from sample_data.plants.base import Plant
from sample_data.plants.incidents import Incident, Part, VehicleMix
from sample_data.plants.strategies import (
    CityPilot,
    OrderTrial,
    RollOut,
    Strategy,
    Switchback,
)
from sample_data.traits import Setting, take
from sample_data.world import CAPACITY_TYPES, VEHICLES, Columns

BICYCLE = VEHICLES.index("bicycle")
COUNTED = ("delivered", "late", "seconds", "cancelled", "complained", "bicycle")

#: Plant and group, such as ("roadworks", "zone=Mong Kok").
Key = tuple[str, str]


@dataclass(slots=True)
class Tally:
    """Whole-number sums over a group of orders in one world."""

    orders: int = 0
    delivered: int = 0
    late: int = 0
    seconds: int = 0
    cancelled: int = 0
    complained: int = 0
    bicycle: int = 0

    def add(self, outcome: Columns, rows: NDArray[np.bool_]) -> None:
        """Count the orders in a mask."""
        self.orders += int(rows.sum())
        for name in COUNTED:
            total = int(outcome[name][rows].sum(dtype=np.int64))
            setattr(self, name, getattr(self, name) + total)

    def merge(self, other: Tally) -> None:
        """Add the sums of another group."""
        for name in ("orders", *COUNTED):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def rates(self) -> dict[str, float]:
        """The metrics that the sums give; minutes are of delivered orders."""
        done, every = max(self.delivered, 1), max(self.orders, 1)
        return {
            "late_rate": self.late / done,
            "delivery_minutes": self.seconds / done / 60,
            "cancellation_rate": self.cancelled / every,
            "complaint_rate": self.complained / every,
            "bicycle_share": self.bicycle / every,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outcomes of the orders of one plant, in both worlds.

    Attributes:
        plant: The plant.
        rows: Rows of the orders in their piece.
        without: Outcomes as if the plant (or its treatment) had not been.
        treated: Outcomes with it.
        arm: The arm that each order was really in; 1 for incidents.
        groups: Masks over the rows, by name.
    """

    plant: Plant
    rows: NDArray[np.int64]
    without: Columns
    treated: Columns
    arm: NDArray[np.int8]
    groups: dict[str, NDArray[np.bool_]]


def outcome(orders: Columns, setting: Setting) -> Columns:
    """What is compared between worlds, for each order."""
    delivered = orders["status"] == fates.DELIVERED
    vehicle = setting.people.riders["vehicle"][orders["rider"]]
    return {
        "delivered": delivered,
        "late": delivered & (causes.lateness(orders) > 0),
        "seconds": np.where(delivered, orders["seen delivered"], 0),
        "cancelled": orders["status"] == fates.CANCELLED,
        "complained": orders["complaint"] >= 0,
        "bicycle": vehicle == BICYCLE,
    }


def comparisons(
    drawn: Columns, orders: Columns, setting: Setting, plants: tuple[Plant, ...]
) -> Iterator[Comparison]:
    """Compare worlds for every plant that acts on these orders."""
    for plant in plants:
        if plant.kind in {"dirt", "reviewer"}:
            continue
        rows = np.flatnonzero(_grain(plant, orders, setting))
        if len(rows):
            others = tuple(other for other in plants if other is not plant)
            yield _compare(plant, others, take(drawn, rows), setting, rows)


def _grain(plant: Plant, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
    """Orders on which the plant is measured."""
    if isinstance(plant, VehicleMix):
        return plant.during(orders)
    return plant.scope(orders, setting)


def _compare(
    plant: Plant,
    others: tuple[Plant, ...],
    drawn: Columns,
    setting: Setting,
    rows: NDArray[np.int64],
) -> Comparison:
    with_plant = plant
    arm = np.ones(len(rows), dtype=np.int8)
    if isinstance(plant, Strategy):
        arm = plant.assigned(drawn, setting)
        with_plant = replace(plant, force=1)
    treated = live(drawn, setting, (*others, with_plant))
    without = live(drawn, setting, others)
    return Comparison(
        plant=plant,
        rows=rows,
        without=outcome(without, setting),
        treated=outcome(treated, setting),
        arm=arm,
        groups=_groups(plant, treated, setting),
    )


def _groups(
    plant: Plant, orders: Columns, setting: Setting
) -> dict[str, NDArray[np.bool_]]:
    every = {"all": np.ones(len(orders["day"]), dtype=bool)}
    if isinstance(plant, OrderTrial) and plant.by_capacity:
        capacity = setting.people.riders["capacity"][orders["rider"]]
        return every | {
            f"capacity_type={name}": capacity == code
            for code, name in enumerate(CAPACITY_TYPES)
        }
    if isinstance(plant, RollOut):
        return every | _cohort_groups(plant, orders, setting)
    if isinstance(plant, Incident) and len(plant.parts) > 1:
        return {
            part_name(part): plant.part_mask(part, orders, setting)
            for part in plant.parts
        }
    return every


def _cohort_groups(
    plant: RollOut, orders: Columns, setting: Setting
) -> dict[str, NDArray[np.bool_]]:
    weeks = plant.weeks(orders, setting)
    start = plant.first_day(orders, setting)
    found = {}
    for day in np.unique(start).tolist():
        for week in np.unique(weeks[start == day]).tolist():
            name = f"start={setting.span.day(day)} week={week}"
            found[name] = (start == day) & (weeks == week)
    return found


def part_name(part: Part) -> str:
    """A part's cell in words, such as ``city=Riyadh zone=Olaya``."""
    cell = {"city": part.city, **part.cell.values}
    return " ".join(f"{name}={value}" for name, value in cell.items())


def described_scope(plant: Strategy) -> str:
    """What the true effect of a strategy is an average over."""
    if isinstance(plant, Switchback):
        return "every zone-hour treated, and the hour before too, against none"
    if isinstance(plant, RollOut):
        return "orders of zones that have started, treated against not"
    if isinstance(plant, CityPilot):
        return "orders of the city from the first treated day on"
    return "all orders of the trial, treated against not"
