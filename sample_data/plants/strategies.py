"""Strategies: what the company did, to whom, and what it really changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sample_data.plants.base import Levers, Plant
from sample_data.plants.incidents import REFERENCE_DAYS
from sample_data.streams import draws, share
from sample_data.traits import Setting
from sample_data.world import CAPACITY_TYPES, ZONES_PER_CITY, Columns, Span

Unit = Literal["rider", "order", "zone-hour", "zone", "city-day"]
NEVER = 10_000
#: Load (in 1/256 of a usual peak) above which records are lost.
_BUSY_LOAD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy(Plant):
    """One strategy.

    Attributes:
        code: Its place among the strategies; S1 is 0.
        title: What people call it.
        hypothesis: What its owner expected.
        design: How it was tried.
        unit: What was assigned to an arm.
        primary: The metric that decides.
        guardrails: Metrics that must not get worse.
        mde: Smallest effect that matters, in the unit of the primary metric.
        seconds: Seconds it adds to the ride of a treated order.
        force: 0 or 1 to put every order in one arm, for potential outcomes.
        seed: Seed of the world.
    """

    code: int
    title: str
    hypothesis: str
    design: str
    unit: Unit
    primary: str
    guardrails: tuple[str, ...] = ("cancellation_rate", "complaint_rate")
    mde: float = 0.5
    seconds: int = 0
    force: int | None = None
    seed: int = 0

    @property
    def id(self) -> str:
        """Its id in the tables."""
        return f"S{self.code + 1}"

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders of its cities while it runs."""
        return self.during(orders) & (setting.city.name in self.cities)

    def arm(self, orders: Columns, setting: Setting) -> NDArray[np.int8]:
        """1 for orders of the treatment, 0 for control; only within the scope."""
        if self.force is not None:
            return np.full(len(orders["day"]), self.force, dtype=np.int8)
        return self.assigned(orders, setting)

    def assigned(self, orders: Columns, setting: Setting) -> NDArray[np.int8]:
        """The arm each order was put in."""
        raise NotImplementedError

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Change the ride of treated orders."""
        treated = self.scope(orders, setting) & (self.arm(orders, setting) == 1)
        levers.pull("ride", self.seconds, treated)

    def label(self, orders: Columns, setting: Setting) -> None:
        """Write the strategy and the arm on its orders."""
        inside = self.scope(orders, setting)
        arm = self.assigned(orders, setting)
        orders["strategy"] = np.where(inside, self.code, orders["strategy"])
        orders["variant"] = np.where(inside, arm, orders["variant"])


def rider_arms(seed: int, strategy: str, riders: int) -> NDArray[np.int8]:
    """The arm of every rider in the world, half and half."""
    return (draws(seed, f"arms of {strategy}", riders) & 1).astype(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderTrial(Strategy):
    """Riders are put in arms."""

    def assigned(self, orders: Columns, setting: Setting) -> NDArray[np.int8]:
        """The arm of the order's rider."""
        riders = len(setting.people.riders["zone"])
        return rider_arms(self.seed, self.id, riders)[orders["rider"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTrial(Strategy):
    """Orders are put in arms.

    Attributes:
        rescues: Treated orders that run late are cancelled by the platform.
        loses: Share of treated records lost in busy hours.
        by_capacity: Seconds added to the ride for each capacity type, if they differ.
    """

    rescues: bool = False
    loses: float = 0.0
    by_capacity: tuple[int, ...] = ()

    def assigned(
        self,
        orders: Columns,
        setting: Setting,  # noqa: ARG002 - all designs are asked alike
    ) -> NDArray[np.int8]:
        """A coin for each order."""
        return ((orders["order arm"] >> (self.code % 8)) & 1).astype(np.int8)

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Change the ride, by capacity type where that is set; cancel what is late."""
        treated = self.scope(orders, setting) & (self.arm(orders, setting) == 1)
        amount: NDArray | int = self.seconds
        if self.by_capacity:
            capacity = setting.people.riders["capacity"][orders["rider"]]
            amount = np.array(self.by_capacity)[capacity]
        levers.pull("ride", amount, treated)
        if self.rescues:
            levers.pull("rescue", 1, treated)

    def label(self, orders: Columns, setting: Setting) -> None:
        """Write the arms, but for the records that were lost."""
        inside = self.scope(orders, setting)
        arm = self.assigned(orders, setting)
        busy = orders["load"] > _BUSY_LOAD
        gone = (arm == 1) & busy & (orders["evidence"] >= share(1 - self.loses))
        kept = inside & ~gone
        orders["strategy"] = np.where(kept, self.code, orders["strategy"])
        orders["variant"] = np.where(kept, arm, orders["variant"])


@cache
def switch_schedule(seed: int, days: int) -> NDArray[np.int8]:
    """Arms of a switchback, shape (days, 24, zones)."""
    drawn = draws(seed, "switchback", days * 24 * ZONES_PER_CITY)
    return (drawn & 1).astype(np.int8).reshape(days, 24, ZONES_PER_CITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switchback(Strategy):
    """Zone-hours switch at random; an hour also feels the arm of the one before.

    Attributes:
        carried: Seconds it adds to the rides of the hour after a treated hour.
    """

    carried: int = 0

    def arms(self) -> NDArray[np.int8]:
        """Arms by day, hour and zone."""
        return switch_schedule(self.seed, self.last - self.first + 1)

    def assigned(
        self,
        orders: Columns,
        setting: Setting,  # noqa: ARG002 - all designs are asked alike
    ) -> NDArray[np.int8]:
        """The arm of the order's zone and hour."""
        return self._at(self.arms(), orders)

    def before(self, orders: Columns) -> NDArray[np.int8]:
        """The arm of the hour before."""
        if self.force is not None:
            return np.full(len(orders["day"]), self.force, dtype=np.int8)
        arms = self.arms()
        flat = arms.reshape(-1, ZONES_PER_CITY)
        shifted = np.concatenate([np.zeros((1, ZONES_PER_CITY), np.int8), flat[:-1]])
        return self._at(shifted.reshape(arms.shape), orders)

    def _at(self, arms: NDArray[np.int8], orders: Columns) -> NDArray[np.int8]:
        day = np.clip(orders["day"] - self.first, 0, len(arms) - 1)
        return arms[day, orders["second"] // 3600, orders["zone"]]

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Change the rides of treated hours, and of the hours after them."""
        inside = self.scope(orders, setting)
        levers.pull("ride", self.seconds, inside & (self.arm(orders, setting) == 1))
        levers.pull("ride", self.carried, inside & (self.before(orders) == 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RollOut(Strategy):
    """Zones start one after the other, and the effect grows week by week.

    Attributes:
        starts: First treated day of each zone, by city; ``NEVER`` for none.
        most_weeks: Weeks after which the effect grows no more.
    """

    starts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    most_weeks: int = 6

    def first_day(self, orders: Columns, setting: Setting) -> NDArray:
        """First treated day of each order's zone."""
        return np.array(self.starts[setting.city.name])[orders["zone"]]

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders of zones that have started."""
        return self.during(orders) & (orders["day"] >= self.first_day(orders, setting))

    def assigned(self, orders: Columns, setting: Setting) -> NDArray[np.int8]:
        """1 once the zone has started."""
        return (orders["day"] >= self.first_day(orders, setting)).astype(np.int8)

    def weeks(self, orders: Columns, setting: Setting) -> NDArray[np.int64]:
        """Weeks since the zone started, from 1 on."""
        since = (orders["day"] - self.first_day(orders, setting)) // 7 + 1
        return np.minimum(since, self.most_weeks)

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Change the ride by so many seconds for each week."""
        treated = self.scope(orders, setting) & (self.arm(orders, setting) == 1)
        levers.pull("ride", self.seconds * self.weeks(orders, setting), treated)

    def label(self, orders: Columns, setting: Setting) -> None:
        """Places and dates say who is treated; the orders carry no arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPilot(Strategy):
    """One city from one day on.

    Attributes:
        start: First treated day.
        control: The city to compare with.
    """

    start: int
    control: str

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders of the city from the first treated day on."""
        inside = Strategy.scope(self, orders, setting)
        return inside & (orders["day"] >= self.start)

    def assigned(
        self,
        orders: Columns,
        setting: Setting,  # noqa: ARG002 - all designs are asked alike
    ) -> NDArray[np.int8]:
        """1 from the first treated day on."""
        return (orders["day"] >= self.start).astype(np.int8)

    def label(self, orders: Columns, setting: Setting) -> None:
        """Place and date say who is treated; the orders carry no arm."""


def _cohorts(seed: int, offset: int) -> dict[str, tuple[int, ...]]:
    """Start days by zone: two cities, three waves, some zones never."""
    waves = [77 + offset, 91 + offset, 105 + offset]
    plans = {
        "Hong Kong": [waves[0], waves[0], waves[1], waves[2], NEVER, NEVER],
        "São Paulo": [waves[0], waves[1], waves[1], waves[2], NEVER, NEVER],
    }
    found = {}
    for place, (city, plan) in enumerate(plans.items()):
        order = np.argsort(draws(seed, "waves", ZONES_PER_CITY, place), kind="stable")
        found[city] = tuple(plan[int(rank)] for rank in order)
    return found


def strategies(seed: int, span: Span) -> tuple[Strategy, ...]:
    """The eight strategies, those whose days lie inside the world."""
    offset = span.days - REFERENCE_DAYS
    listed = (*_trials(seed, offset), *_places(seed, offset))
    inside = [plan for plan in listed if plan.first >= 0]
    return tuple(sorted(inside, key=lambda plan: plan.code))


def _trials(seed: int, offset: int) -> tuple[Strategy, ...]:
    def days(first: int, last: int) -> dict[str, Any]:
        return {"first": first + offset, "last": last + offset, "kind": "strategy",
                "seed": seed}  # fmt: skip

    return (
        RiderTrial(
            name="route_guide", code=0, title="Route guide in the rider app",
            hypothesis="Better turn-by-turn guidance shortens the ride.",
            design="ab", unit="rider", primary="delivery_minutes",
            cities=("Hong Kong",), seconds=-170, **days(21, 62),
        ),
        RiderTrial(
            name="new_colours", code=1, title="New colours in the rider app",
            hypothesis="None: a check of the set-up (A/A).",
            design="ab", unit="rider", primary="delivery_minutes",
            cities=("São Paulo",), seconds=0, **days(21, 62),
        ),
        OrderTrial(
            name="priority_label", code=2, title="Priority label for riders",
            hypothesis="A label on urgent orders shortens the ride.",
            design="ab", unit="order", primary="delivery_minutes",
            cities=("Kuwait City",), seconds=-20, loses=0.45, **days(154, 181),
        ),
        OrderTrial(
            name="direct_ride", code=6, title="Direct rides at a fixed pay",
            hypothesis="A fixed pay for a direct ride makes every rider faster.",
            design="ab", unit="order", primary="delivery_minutes",
            cities=("Kuwait City",), by_capacity=(-80, -70, 100, -50), **days(7, 48),
        ),
        OrderTrial(
            name="late_rescue", code=7, title="Cancel orders that run late",
            hypothesis="Cancelling hopeless orders early lifts the on-time rate.",
            design="ab", unit="order", primary="on_time_rate", mde=0.01,
            cities=("Riyadh",), rescues=True, **days(7, 48),
        ),
    )  # fmt: skip


def _places(seed: int, offset: int) -> tuple[Strategy, ...]:
    def days(first: int, last: int) -> dict[str, Any]:
        return {"first": first + offset, "last": last + offset, "kind": "strategy",
                "seed": seed}  # fmt: skip

    return (
        Switchback(
            name="peak_bonus", code=3, title="Bonus by zone and hour",
            hypothesis="A bonus brings riders near; they stay for the next hour too.",
            design="switchback", unit="zone-hour", primary="delivery_minutes",
            cities=("Riyadh",), seconds=-110, carried=-55, **days(154, 181),
        ),
        RollOut(
            name="lockers", code=4, title="Food lockers, zone by zone",
            hypothesis="Lockers shorten the last leg, more as people get used to them.",
            design="staggered", unit="zone", primary="delivery_minutes",
            cities=("Hong Kong", "São Paulo"), seconds=-32,
            starts=_cohorts(seed, offset), **days(63, 118),
        ),
        CityPilot(
            name="new_partner", code=5, title="New 3PL partner in Riyadh",
            hypothesis="The new partner makes Riyadh more punctual.",
            design="before_after", unit="city-day", primary="late_rate", mde=0.01,
            cities=("Riyadh",), seconds=90, start=85 + offset, control="Kuwait City",
            **days(51, 119),
        ),
    )  # fmt: skip


def capacity_effects(strategy: OrderTrial) -> dict[str, float]:
    """Minutes that a strategy adds to the ride, by capacity type."""
    pairs = zip(CAPACITY_TYPES, strategy.by_capacity, strict=False)
    return {name: seconds / 60 for name, seconds in pairs}
