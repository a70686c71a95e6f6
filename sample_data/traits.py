"""What is fixed for an order before it is carried out: place, people, load, chance.

Everything here is drawn whether or not a plant is in the world, so that taking a plant
out leaves every other number where it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.capacity import (
    LOAD_STEPS,
    WORKS,
    Roster,
    load_index,
    online_riders,
    pick_riders,
    roster,
    turns,
)
from sample_data.demand import arrivals, surges
from sample_data.people import People, merchant_tables
from sample_data.streams import LEVELS, daily_draws, draws, lognormal
from sample_data.world import VEHICLES, ZONES_PER_CITY, City, Columns, Span

#: One draw of each for every order, in streams of these names.
CHANCES = (
    "merchant", "merchant again", "customer", "customer too", "distance", "east",
    "north", "basket", "confirmed", "queue", "refusals", "answers", "hurry", "approach",
    "way there", "dawdles", "dawdles for", "kitchen", "jam", "counter", "ride",
    "detour", "door", "unreachable", "address", "estimate", "merchant cancels",
    "customer cancels", "waits", "gives up", "rider cancels", "fails", "rated", "stars",
    "complains", "class", "contacts", "channel", "words", "tap", "tap place", "payment",
    "prebook", "mix", "order arm", "lost", "lost too", "clock off", "blanks",
    "evidence", "lot", "opinion", "other opinion",
)  # fmt: skip

_BATCH_GAP_S = 480


@dataclass(frozen=True, slots=True)
class Setting:
    """What every chunk of one city shares.

    Attributes:
        seed: Seed of the world.
        city: The city.
        span: The simulated days.
        people: Everybody in the world.
        weather: Weather codes by day and hour.
        counts: Orders of each simulated day.
        usual: Orders, and riders at work, of an average day.
        merchants: Table from zone and draw to merchant.
    """

    seed: int
    city: City
    span: Span
    people: People
    weather: NDArray[np.int8]
    counts: NDArray[np.int64]
    usual: tuple[float, float]
    merchants: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        seed: int,
        city: City,
        span: Span,
        *,
        people: People,
        weather: NDArray[np.int8],
        counts: NDArray[np.int64],
    ) -> Setting:
        """Gather what the city's chunks share."""
        return cls(
            seed=seed,
            city=city,
            span=span,
            people=people,
            weather=weather,
            counts=counts,
            usual=(float(counts.mean()), _riders_each_day(people, city, span)),
            merchants=merchant_tables(people, city),
        )


def _riders_each_day(people: People, city: City, span: Span) -> float:
    low, high = people.rider_bounds[city.index : city.index + 2]
    joined = np.maximum(people.riders["joined"][low:high], 0)
    left = np.minimum(people.riders["left"][low:high], span.days)
    from_day_to_day = np.maximum(left - joined, 0).sum() / span.days
    return float(max(from_day_to_day, 1.0)) * WORKS


def batching_chance() -> NDArray[np.int32]:
    """Levels (of 65,536) at which an order joins the one before, by load."""
    load = np.arange(3 * LOAD_STEPS) / LOAD_STEPS
    return np.floor(np.clip(0.45 * (load - 0.5), 0, 0.45) * LEVELS).astype(np.int32)


def draw_orders(setting: Setting, days: range) -> tuple[Columns, Roster]:
    """Everything drawn for the orders of some days in one city, and who was at work."""
    city, seed = setting.city, setting.seed
    orders = arrivals(seed, city, setting.span, days=days, counts=setting.counts)
    sizes = [(day, int(setting.counts[day])) for day in days]
    for purpose in CHANCES:
        orders[purpose] = daily_draws(seed, purpose, sizes, city.index)
    orders["number"] = _numbers(sizes)
    crew = roster(seed, setting.people, city, days)
    _assign(orders, setting, crew)
    _place(orders, setting)
    return orders, crew


def _numbers(sizes: list[tuple[int, int]]) -> NDArray[np.int64]:
    parts = [np.arange(size) + day * 10_000_000 for day, size in sizes]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _assign(orders: Columns, setting: Setting, crew: Roster) -> None:
    city, days = setting.city, crew.days
    online = online_riders(crew, city, setting.span)
    orders["load"] = load_index(
        orders, online, city, setting.span, days=days, usual=setting.usual
    )
    place, before = turns(orders, days)
    joins = place % 2 == 1
    joins &= orders["detour"] < batching_chance()[orders["load"]]
    joins &= orders["second"] - orders["second"][before] < _BATCH_GAP_S
    leads = np.zeros(len(place), dtype=bool)
    leads[before[joins]] = True
    orders["joins"], orders["leads"] = joins, leads
    orders["batch"] = np.where(joins, orders["number"][before], orders["number"])
    turn = np.where(joins, place - 1, place).astype(np.int64)
    offset = draws(setting.seed, "turn", setting.span.days, city.index)
    turn += offset[orders["day"]]
    orders["rider"] = pick_riders(orders, crew, online, turn)
    orders["other rider"] = pick_riders(orders, crew, online, turn + 1)
    orders["bicycle rider"] = _cyclists(orders, setting, crew)


def _cyclists(orders: Columns, setting: Setting, crew: Roster) -> NDArray[np.int32]:
    """A rider at work on a bicycle for each order; its own where there is none."""
    chosen = orders["rider"].copy()
    cycles = setting.people.riders["vehicle"] == VEHICLES.index("bicycle")
    for place, day in enumerate(crew.days):
        riders = crew.riders[crew.day_start[place] : crew.day_start[place + 1]]
        riders = riders[cycles[riders]]
        if len(riders):
            today = orders["day"] == day
            chosen[today] = riders[orders["merchant again"][today] % len(riders)]
    return chosen


def _place(orders: Columns, setting: Setting) -> None:
    city, people = setting.city, setting.people
    hour = orders["second"] // 3600
    zone = orders["zone"]
    orders["weather"] = setting.weather[orders["day"], hour]
    orders["surge"] = surges(setting.seed, city, setting.span)[
        orders["day"], hour, zone
    ]
    orders["merchant id"] = setting.merchants[zone, orders["merchant"]]
    code = zone + city.index * ZONES_PER_CITY
    first, last = people.customer_bounds[:-1][code], people.customer_bounds[1:][code]
    wide = orders["customer"].astype(np.int64) * LEVELS + orders["customer too"]
    orders["customer id"] = first + wide * (last - first) // (LEVELS * LEVELS)
    tenure = orders["day"] - people.riders["joined"][orders["rider"]]
    orders["tenure"] = np.clip(tenure, 0, 10_000)
    orders["traffic"] = _traffic(setting)[orders["day"], zone]


def _traffic(setting: Setting) -> NDArray[np.float32]:
    """Traffic of every day and zone; what makes a zone's days differ beyond chance."""
    size = setting.span.days * ZONES_PER_CITY
    drawn = draws(setting.seed, "traffic", size, setting.city.index)
    return lognormal(0.04)[drawn].reshape(-1, ZONES_PER_CITY)


def take(orders: Columns, rows: NDArray) -> Columns:
    """The same columns for some of the orders."""
    return {name: column[rows] for name, column in orders.items()}
