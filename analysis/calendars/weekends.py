"""Weekends that are not Saturday and Sunday, by territory, time zone and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale
from babel.core import get_global

#: Days of the week as ISO counts them, Monday is 1.
USUAL_WEEKEND = (6, 7)


@dataclass(frozen=True, slots=True)
class Weekend:
    """The weekend of some territories.

    Attributes:
        days: ISO days of the week.
        territories: Codes of ISO 3166.
        until: First day on which it was the weekend no longer; None if it still is.
    """

    days: tuple[int, ...]
    territories: tuple[str, ...]
    until: date | None = None


_FRIDAY_SATURDAY = (
    "BD", "BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "MV", "OM", "PS", "QA", "SA",
    "SD", "SY", "YE",
)  # fmt: skip
_WEEKENDS = (
    Weekend((5, 6), _FRIDAY_SATURDAY),
    Weekend((5, 6), ("AE",), until=date(2022, 1, 1)),
    Weekend((4, 5), ("AF",)),
    Weekend((5,), ("IR",)),
    Weekend((7,), ("IN", "UG")),
)

#: How files write a territory beside its code and its names in _LANGUAGES.
_SHORT_NAMES: Mapping[str, tuple[str, ...]] = {
    "AE": ("uae", "阿联酋"),
    "CZ": ("czech republic",),
    "GB": ("uk", "great britain"),
    "HK": ("hong kong", "hong kong sar", "香港"),
    "KR": ("korea", "republic of korea"),
    "MO": ("macau", "macao", "澳门"),
    "SA": ("ksa", "沙特"),
    "TR": ("turkey",),
    "US": ("usa", "united states of america"),
    "VN": ("viet nam",),
}
_LANGUAGES = ("en", "zh_Hans", "zh_Hant", "ar", "pt")


def weekends() -> tuple[Weekend, ...]:
    """Weekends other than Saturday and Sunday.

    Source: the Unicode CLDR, and government notices where it lags behind.

    >>> {item.days for item in weekends() if "SA" in item.territories}
    {(5, 6)}
    """
    return _WEEKENDS


@cache
def zones_of(territory: str) -> tuple[str, ...]:
    """Time zones of a territory by their IANA names, former names as well.

    >>> zones_of("KW")
    ('Asia/Kuwait',)
    """
    owners = get_global("zone_territories")
    zones = {zone for zone, owner in owners.items() if owner == territory}
    renamed = get_global("zone_aliases").items()
    return tuple(sorted(zones | {old for old, zone in renamed if zone in zones}))


@cache
def names_of(territory: str) -> tuple[str, ...]:
    """Code and names of a territory in lower case, as files write them.

    >>> "kuwait" in names_of("KW"), "科威特" in names_of("KW")
    (True, True)
    """
    locales = [Locale.parse(language) for language in _LANGUAGES]
    names = [locale.territories[territory].lower() for locale in locales]
    code = territory.lower()
    return tuple(dict.fromkeys((code, *_SHORT_NAMES.get(territory, ()), *names)))
