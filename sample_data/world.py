"""The places of the sample world: cities, zones, their calendars and kinds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import yaml
from numpy.typing import NDArray

#: Columns of a table under construction, by name; all of one length.
Columns = dict[str, NDArray]

ZONE_TYPES = (
    "business district", "office", "mall", "gated residential", "tower residential",
)  # fmt: skip
MERCHANT_TYPES = (
    "chain", "street food", "dark kitchen", "mall", "grocery", "cake and fragile",
)  # fmt: skip
CATEGORIES = (
    "burgers", "noodles", "soup and drinks", "rice dishes", "groceries", "cakes",
)  # fmt: skip
CAPACITY_TYPES = ("own", "3PL", "crowd", "part-time")
VEHICLES = ("motorbike", "e-bike", "bicycle", "car")
WEATHER = ("clear", "rain", "storm", "heat")
CLEAR, RAIN, STORM, HEAT = range(4)
ZONES_PER_CITY = 6

#: The demo ends here unless told otherwise: a Sunday, with Ramadan inside 26 weeks.
DEFAULT_END = date(2026, 6, 28)


@dataclass(frozen=True, slots=True)
class Zone:
    """One delivery zone; ``east`` and ``north`` are metres from the city's centre."""

    name: str
    type: int
    share: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class City:
    """One city and its habits; ``index`` is its place in the list of cities."""

    index: int
    name: str
    code: str
    country: str
    region: str
    timezone: str
    currency: str
    share: float
    centre: tuple[float, float]
    weekend: tuple[int, ...]
    languages: dict[str, float]
    basket: float
    rider_pay: float
    phone: str
    ramadan: bool
    rain: tuple[float, ...]
    heat: tuple[float, ...]
    zones: tuple[Zone, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]

    def midnight(self, day: date) -> int:
        """Seconds since 1970 in UTC at which the local day begins."""
        local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.timezone))
        return int(local.astimezone(UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Span:
    """The simulated days, from ``first`` on; ``days`` of them."""

    first: date
    days: int

    @classmethod
    def ending(cls, last: date, *, weeks: int) -> Span:
        """The ``weeks`` weeks up to and including the day ``last``."""
        return cls(last - timedelta(days=7 * weeks - 1), 7 * weeks)

    def day(self, index: int) -> date:
        """The date of a day by its number."""
        return self.first + timedelta(days=int(index))

    def index(self, day: date) -> int:
        """The number of a date, negative before the world begins."""
        return (day - self.first).days


def _zone(entry: list) -> Zone:
    name, kind, part, east, north = entry
    return Zone(name, ZONE_TYPES.index(kind), part, east, north)


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
    }


def _city(index: int, name: str, entry: dict[str, Any]) -> City:
    people = entry.pop("names")
    return City(
        index=index,
        name=name,
        zones=tuple(_zone(zone) for zone in entry.pop("zones")),
        centre=tuple(entry.pop("centre")),
        first_names=tuple(people["first"]),
        last_names=tuple(people["last"]),
        **_frozen(entry),
    )


def _read(name: str) -> dict:
    path = Path(__file__).with_name(name)
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def cities() -> tuple[City, ...]:
    """The four cities, as ``world.yaml`` has them."""
    entries = _read("world.yaml")
    return tuple(_city(i, name, entries[name]) for i, name in enumerate(entries))


@cache
def _calendar() -> dict:
    return _read("calendar.yaml")


def in_ramadan(day: date) -> bool:
    """Whether the day lies in Ramadan, as ``calendar.yaml`` dates it."""
    return any(first <= day <= last for first, last in _calendar()["ramadan"])


def holidays(city: City) -> dict[date, tuple[float, str]]:
    """Demand factor and name of each holiday of a city."""
    listed = _calendar()["holidays"].get(city.name, ())
    return {day: (factor, name) for day, factor, name in listed}


def zone_names() -> list[str]:
    """Names of all zones, city by city; a zone's code is its place in the list."""
    return [zone.name for city in cities() for zone in city.zones]


def zone_types() -> NDArray[np.int8]:
    """Type code of every zone, by zone code."""
    return np.array([z.type for c in cities() for z in c.zones], dtype=np.int8)


def ramadan_days(city: City, span: Span) -> NDArray[np.bool_]:
    """For each simulated day: is it a day of Ramadan in a city that keeps it?"""
    return np.array(
        [city.ramadan and in_ramadan(span.day(d)) for d in range(span.days)]
    )
