"""Registers: riders and their history, merchants, customers, shifts, places, surges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import columns as col
from sample_data import places, texts
from sample_data.capacity import HOURS, RAMADAN_HOURS, Roster
from sample_data.demand import surges
from sample_data.observe import CUSTOMER_DIGITS, MERCHANT_DIGITS, RIDER_DIGITS
from sample_data.people import People
from sample_data.streams import draws, share
from sample_data.traits import Setting
from sample_data.world import (
    CAPACITY_TYPES,
    CATEGORIES,
    MERCHANT_TYPES,
    VEHICLES,
    ZONES_PER_CITY,
    City,
    Span,
    cities,
    ramadan_days,
    zone_names,
)

_CUSTOMERS_A_PART = 400_000
_DAY_S = 86_400
_SHIFT_STATUS = ("completed", "no show", "left early")
_TIERS = ("bronze", "silver", "gold")


def _names(city: City) -> list[str]:
    return [f"{first} {last}" for first in city.first_names for last in city.last_names]


def _all_names() -> tuple[list[str], NDArray[np.int64]]:
    """Every invented name, and where each city's names begin."""
    by_city = [_names(city) for city in cities()]
    sizes = np.array([len(names) for names in by_city])
    starts = np.cumsum(sizes) - sizes
    return [name for names in by_city for name in names], np.stack([starts, sizes])


def _phones(city: NDArray, numbered: NDArray) -> pa.ChunkedArray:
    """Invented telephone numbers; rows must come city by city."""
    parts = []
    for place in cities():
        mine = numbered[city == place.index]
        parts.append(col.keys(place.phone, mine % 10_000, width=4))
    return pa.chunked_array(parts)


def _city_column(city: NDArray) -> pa.DictionaryArray:
    return col.choices(city, [c.name for c in cities()])


def _midnight(days: NDArray, span: Span) -> NDArray[np.int64]:
    """Seconds since 1970 of a simulated day's number, in UTC."""
    first = cities()[0]
    zero = first.midnight(span.first) + 3 * 3600
    return zero + days.astype(np.int64) * _DAY_S


def riders_table(people: People, span: Span, seed: int) -> pa.Table:
    """The riders; names and numbers are invented."""
    riders = people.riders
    count = len(riders["zone"])
    number = np.arange(count)
    city = riders["zone"] // ZONES_PER_CITY
    names, start = _all_names()
    drawn = draws(seed, "rider name", count)
    name = start[0][city] + drawn % start[1][city]
    gone = riders["left"] < span.days
    third = riders["capacity"] == CAPACITY_TYPES.index("3PL")
    main = np.array([_main_language(c) for c in cities()])
    return pa.table(
        {
            "rider_id": col.keys("R", number, width=RIDER_DIGITS),
            "name": col.choices(name, names),
            "phone": _phones(city, number),
            "city": _city_column(city),
            "zone": col.choices(riders["zone"], zone_names()),
            "capacity_type": col.choices(riders["capacity"], CAPACITY_TYPES),
            "partner_id": col.keys("P", riders["partner"], width=2, valid=third),
            "vehicle": col.choices(riders["vehicle"], VEHICLES),
            "joined_at": col.times(_midnight(riders["joined"], span)),
            "status": col.choices(gone.astype(np.int8), ("active", "left")),
            "lang": col.choices(main[city], texts.LANGUAGES),
        }
    )


def _main_language(city: City) -> int:
    return texts.LANGUAGES.index(max(city.languages, key=city.languages.__getitem__))


def rider_history_table(people: People, span: Span, seed: int) -> pa.Table:
    """Tier and capacity type of each rider by period; ends are missing while open."""
    riders = people.riders
    count = len(riders["zone"])
    drawn = draws(seed, "rider tier", count)
    change = np.maximum(riders["joined"], 0) + 30 + drawn % 60
    changed = (change < np.minimum(riders["left"], span.days)) & (drawn % 3 > 0)
    first = np.arange(count)
    again = np.flatnonzero(changed)
    who = np.concatenate([first, again])
    begins = np.concatenate([riders["joined"], change[again]])
    ends = np.concatenate(
        [np.where(changed, change, riders["left"]), riders["left"][again]]
    )
    tier = np.concatenate([drawn % 3, (drawn[again] // 3) % 3])
    order = np.lexsort((begins, who))
    who, begins, ends = who[order], begins[order], ends[order]
    return pa.table(
        {
            "rider_id": col.keys("R", who, width=RIDER_DIGITS),
            "valid_from": col.times(_midnight(begins, span)),
            "valid_to": col.times(_midnight(ends, span), ends < span.days),
            "tier": col.choices(tier[order], _TIERS),
            "capacity_type": col.choices(riders["capacity"][who], CAPACITY_TYPES),
        }
    )


def merchants_table(people: People) -> pa.Table:
    """The merchants and where they are."""
    shops = people.merchants
    count = len(shops["zone"])
    number = np.arange(count)
    city = shops["zone"] // ZONES_PER_CITY
    lat, lng = _shop_degrees(people, city)
    minutes = np.array([10.7, 9.0, 13.3, 12.0, 9.3, 17.0])[shops["type"]]
    chain = shops["type"] == MERCHANT_TYPES.index("chain")
    brands = [f"Sample Brand {place:02d}" for place in range(24)]
    return pa.table(
        {
            "merchant_id": col.keys("M", number, width=MERCHANT_DIGITS),
            "name": col.keys("Sample Kitchen ", number, width=MERCHANT_DIGITS),
            "brand": col.choices(np.where(chain, shops["brand"], -1), brands),
            "merchant_type": col.choices(shops["type"], MERCHANT_TYPES),
            "category": col.choices(shops["category"], CATEGORIES),
            "city": _city_column(city),
            "zone": col.choices(shops["zone"], zone_names()),
            "lat": col.degrees(lat),
            "lng": col.degrees(lng),
            "avg_prep_min": col.numbers(np.round(minutes * shops["speed"], 1)),
        }
    )


def _shop_degrees(people: People, city: NDArray) -> places.Metres:
    lat, lng = np.zeros(len(city)), np.zeros(len(city))
    for place in cities():
        mine = np.flatnonzero(city == place.index)
        metres = places.shop_metres(people.merchants, place, mine)
        lat[mine], lng[mine] = places.degrees_of(place, metres)
    return lat, lng


def customers_tables(people: People, span: Span, seed: int) -> Iterator[pa.Table]:
    """The customers, some hundred thousand at a time."""
    for part, begin in enumerate(range(0, people.customers, _CUSTOMERS_A_PART)):
        stop = min(begin + _CUSTOMERS_A_PART, people.customers)
        yield _customers(people, np.arange(begin, stop), span, (seed, part))


def _customers(
    people: People, number: NDArray, span: Span, stream: tuple[int, int]
) -> pa.Table:
    seed, part = stream
    zone = np.searchsorted(people.customer_bounds, number, side="right") - 1
    city = zone // ZONES_PER_CITY
    names, start = _all_names()
    drawn = draws(seed, "customer name", len(number), part)
    house = draws(seed, "customer house", len(number), part)
    joined = -(draws(seed, "customer joined", len(number), part).astype(np.int64) // 60)
    addresses = [f"{street} {nth}" for c in cities() for street in c.streets
                 for nth in range(1, 121)]  # fmt: skip
    return pa.table(
        {
            "customer_id": col.keys("C", number, width=CUSTOMER_DIGITS),
            "name": col.choices(start[0][city] + drawn % start[1][city], names),
            "phone": _phones(city, number),
            "email": col.keys(
                "customer", number, width=CUSTOMER_DIGITS, suffix="@example.com"
            ),
            "address": col.choices(city * 480 + house % 480, addresses),
            "city": _city_column(city),
            "zone": col.choices(zone, zone_names()),
            "joined_at": col.times(_midnight(joined, span)),
        }
    )


def shifts_table(crew: Roster, setting: Setting) -> pa.Table:
    """Planned and real hours online of everybody planned on these days."""
    per_day = np.diff(crew.day_start)
    days = np.array(list(crew.days), dtype=np.int64)
    day = np.concatenate([np.repeat(days, per_day), crew.absent[:, 0]])
    rider = np.concatenate([crew.riders, crew.absent[:, 1]])
    missing = np.arange(len(day)) >= len(crew.riders)
    begins, ends = _planned(day, rider, setting)
    noise = _shift_noise(crew, setting)
    early = (noise % 29 == 0) & ~missing
    online = begins + noise.astype(np.int64) % 600 - 180
    offline = np.where(early, ends - 5400, ends + noise.astype(np.int64) // 400 - 60)
    status = np.where(missing, 1, np.where(early, 2, 0))
    zone = setting.people.riders["zone"][rider]
    number = rider.astype(np.int64) * 1000 + day
    return pa.table(
        {
            "shift_id": col.keys("H", number, width=RIDER_DIGITS + 3),
            "rider_id": col.keys("R", rider, width=RIDER_DIGITS),
            "city": col.constant(setting.city.name, len(day)),
            "zone": col.choices(zone, zone_names()),
            "planned_start": col.times(begins),
            "planned_end": col.times(ends),
            "online_start": col.times(online, ~missing),
            "online_end": col.times(offline, ~missing),
            "status": col.choices(status, _SHIFT_STATUS),
        }
    )


def _shift_noise(crew: Roster, setting: Setting) -> NDArray[np.uint16]:
    """One draw a shift: those who came, day by day, then those who did not."""
    came = np.diff(crew.day_start)
    parts = [
        draws(setting.seed, "shift", int(size), setting.city.index, day)
        for day, size in zip(crew.days, came, strict=True)
    ]
    return np.concatenate([*parts, np.zeros(len(crew.absent), np.uint16)])


def _planned(
    day: NDArray, rider: NDArray, setting: Setting
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    city, span = setting.city, setting.span
    fasting = ramadan_days(city, span)[day]
    pattern = setting.people.riders["pattern"][rider]
    hours = np.where(fasting[:, None], RAMADAN_HOURS[pattern], HOURS[pattern])
    unique = np.unique(day)
    table = np.zeros(int(unique.max()) + 1 if len(unique) else 1, dtype=np.int64)
    for one in unique.tolist():
        table[one] = city.midnight(span.day(one))
    start = table[day]
    return start + hours[:, 0] * 3600, start + hours[:, 1] * 3600


def surges_table(settings: Sequence[Setting]) -> pa.Table:
    """Surges by zone and hour, and what was done about them."""
    parts = []
    for setting in settings:
        hot = surges(setting.seed, setting.city, setting.span)
        day, hour, zone = np.nonzero(hot)
        midnight = np.array(
            [setting.city.midnight(setting.span.day(d)) for d in range(len(hot))]
        )
        begin = midnight[day] + hour * 3600
        size = len(day)
        throttled = draws(setting.seed, "throttled", size, setting.city.index) < share(
            0.3
        )
        parts.append(
            pa.table(
                {
                    "city": col.constant(setting.city.name, size),
                    "zone": col.choices(
                        zone + setting.city.index * ZONES_PER_CITY, zone_names()
                    ),
                    "start_at": col.times(begin),
                    "end_at": col.times(begin + 3600),
                    "level": col.integers(1 + throttled),
                    "action": col.choices(
                        throttled.astype(np.int8), ("bonus", "radius reduced")
                    ),
                }
            )
        )
    return pa.concat_tables(parts).unify_dictionaries()
