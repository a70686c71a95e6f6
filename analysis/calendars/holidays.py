"""Public holidays of territories, and which territory a place lies in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from babel import Locale
from babel.core import get_global

from analysis.calendars.weekends import names_of
from analysis.words import N_

#: A day is a holiday of a series if it is one for so large a share of its orders: Eid
#: in two of four cities counts, the national day of one of four does not.
LEAST_SHARE: Final = 1 / 3

#: Where the holidays that shops and offices keep are not the package's ``public``
#: ones: the general holidays of Hong Kong and Macao; Carnival and Corpus Christi.
_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "BR": ("public", "optional"),
    "HK": ("optional",),
    "MO": ("public", "optional"),
}
_USUAL: Final = ("public",)
_LANGUAGES: Mapping[str, str] = {"en": "en_US", "zh_CN": "zh_CN"}
_ENGLISH: Final = "en_US"
_ESTIMATED: Final = re.compile(r" \((?:observed, )?estimated\)$")
_OBSERVED: Final = re.compile(r" \(observed\)$|（补假）$")
#: Days off that go with a day; a "Bank Holiday" or a "Substitute Holiday" is called so.
_DAY_OF: Final = re.compile(r"^(Eid al-\w+|.+ Day) Holiday$")
#: What China calls a day off for which another day is worked.
_IN_LIEU: Final = re.compile(r"^Day off \(substituted from .+\)$|^休息日（由.+调休）$")
DAY_OFF_IN_LIEU: Final = N_("Day off in lieu")
#: What the CLDR has for the territory of zones such as UTC.
_NOWHERE: Final = "ZZ"
_CITY_LANGUAGES: Final = ("en", "zh_Hans", "pt")

#: Frequent names that the package has in English only.
TRANSLATED: Final = (
    DAY_OFF_IN_LIEU,
    N_("Ash Wednesday"), N_("Carnival"), N_("Christmas Day"),
    N_("Christmas Eve"), N_("Corpus Christi"), N_("Day of Arafah"),
    N_("Eid al-Adha"), N_("Eid al-Fitr"), N_("Founding Day"), N_("Good Friday"),
    N_("Independence Day"), N_("Islamic New Year"), N_("Isra' and Mi'raj"),
    N_("Labor Day"), N_("Liberation Day"), N_("National Day"),
    N_("National Day of Zumbi and Black Awareness"), N_("New Year's Day"),
    N_("New Year's Eve"), N_("Our Lady of Aparecida"), N_("Prophet's Birthday"),
    N_("Public Servant's Day"), N_("Republic Proclamation Day"),
    N_("Tiradentes' Day"), N_("All Souls' Day"), N_("Universal Fraternization Day"),
    N_("Worker's Day"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off in a territory.

    Attributes:
        day: Its date.
        name: What it is called, in the language asked for or else in English; the
            same for the day itself and for days off that go with it.
        territory: Code of ISO 3166.
        is_estimated: Whether the date rests on a calendar, where the day is announced
            when the moon has been seen.
    """

    day: date
    name: str
    territory: str
    is_estimated: bool = False


def public_holidays(
    territories: Iterable[str], first: date, last: date, *, language: str = "en"
) -> tuple[Holiday, ...]:
    """Public holidays of some territories, in the order of their days.

    Args:
        territories: Codes of ISO 3166; one that nothing is known of has none.
        first: First day.
        last: Last day, included.
        language: ``en`` or ``zh_CN``; names that there are in English only stay so
            (``TRANSLATED`` has frequent ones for the catalogues).

    Source: the package ``holidays`` (MIT), whose dates rest on the laws and notices of
    each territory; the general holidays of Hong Kong and Macao, and Brazil's optional
    days off.

    >>> [item.name for item in public_holidays(
    ...     ["SA"], date(2025, 9, 1), date(2025, 9, 30))]
    ['National Day']
    """
    spoken = _LANGUAGES.get(language, _ENGLISH)
    found = [
        item
        for territory in dict.fromkeys(territories)
        for year in range(first.year, last.year + 1)
        for item in _of_year(territory, year, spoken)
        if first <= item.day <= last
    ]
    return tuple(sorted(found, key=lambda item: (item.day, item.territory, item.name)))


def days_off(
    shares: Mapping[str, float],
    first: date,
    last: date,
    *,
    least: float = LEAST_SHARE,
) -> frozenset[date]:
    """Days that are a holiday for a good part of some orders.

    Args:
        shares: Share of the orders in each territory, by code.
        first: First day.
        last: Last day, included.
        least: Share of the orders from which on a day counts.

    >>> eid = date(2026, 3, 20)
    >>> shares = {"KW": 0.2, "SA": 0.3, "HK": 0.5}
    >>> sorted(days_off(shares, eid, eid)) == [eid]
    True
    """
    held: dict[date, set[str]] = {}
    for item in public_holidays(shares, first, last):
        held.setdefault(item.day, set()).add(item.territory)
    return frozenset(
        day for day, there in held.items() if sum(shares[one] for one in there) >= least
    )


def territory_of(
    *, country: str | None = None, timezone: str | None = None, city: str | None = None
) -> str | None:
    """The territory of a place, by the first of these that tells it; None if none does.

    Args:
        country: Code or name in English, Chinese, Arabic or Portuguese.
        timezone: IANA name, former names as well.
        city: Name of a city that has a time zone of its own.

    >>> territory_of(country="Saudi Arabia"), territory_of(timezone="Asia/Hong_Kong")
    ('SA', 'HK')
    """
    if country is not None:
        found = _countries().get(country.strip().lower())
        if found is not None:
            return found
    if timezone is not None:
        found = _zone_territory(timezone.strip())
        if found is not None:
            return found
    return None if city is None else _cities().get(city.strip().lower())


@cache
def _of_year(territory: str, year: int, language: str) -> tuple[Holiday, ...]:
    """Holidays of one year, the names of a day apart."""
    # The package loads every calendar of the world: only who asks pays for it.
    import holidays  # noqa: PLC0415

    if territory not in holidays.list_supported_countries():
        return ()
    categories = _CATEGORIES.get(territory, _USUAL)
    told = holidays.country_holidays(
        territory, years=year, language=language, categories=categories
    )
    english = told
    if language != _ENGLISH:
        english = holidays.country_holidays(
            territory, years=year, language=_ENGLISH, categories=categories
        )
    return tuple(
        Holiday(
            day, _plain_name(name), territory,
            any(_ESTIMATED.search(one) for one in english.get_list(day)),
        )
        for day in sorted(told)
        for name in dict.fromkeys(told.get_list(day))
    )  # fmt: skip


def _plain_name(name: str) -> str:
    """A name without what it says of the date.

    >>> _plain_name("Eid al-Fitr Holiday (estimated)")
    'Eid al-Fitr'
    >>> _plain_name("Day off (substituted from 01/04/2026)")
    'Day off in lieu'
    """
    if _IN_LIEU.match(name):
        return DAY_OFF_IN_LIEU
    return _DAY_OF.sub(r"\1", _OBSERVED.sub("", _ESTIMATED.sub("", name)))


@cache
def _countries() -> Mapping[str, str]:
    """Territories by code and names in lower case."""
    named: dict[str, str] = {}
    for code in sorted({*get_global("zone_territories").values()} - {_NOWHERE}):
        for name in names_of(code):
            named.setdefault(name, code)
    return named


def _zone_territory(timezone: str) -> str | None:
    owners = get_global("zone_territories")
    zone = get_global("zone_aliases").get(timezone, timezone)
    owner = owners.get(zone, owners.get(timezone))
    return None if owner == _NOWHERE else owner


@cache
def _cities() -> Mapping[str, str]:
    """Territories by the names of cities that time zones are called after."""
    named: dict[str, str] = {}
    for zone, territory in get_global("zone_territories").items():
        area, _, city = zone.rpartition("/")
        if not area or territory == _NOWHERE:
            continue
        written = [city.replace("_", " ")]
        for language in _CITY_LANGUAGES:
            told = Locale.parse(language).time_zones.get(zone, {}).get("city")
            written += [told] if told else []
        for name in written:
            named.setdefault(name.lower(), territory)
    return named
