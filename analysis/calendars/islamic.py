"""Ramadan and the Eids, on the days that the public holidays have them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

from analysis.calendars.holidays import public_holidays

#: First day of the calendar, 1 Muharram of year 1, as a Gregorian ordinal.
_EPOCH = date(622, 7, 19).toordinal()
_DAYS_IN_CYCLE = 10_631
_YEARS_IN_CYCLE = 30
_SHORTEST, _LONGEST = 29, 30
_SHAWWAL, _RAMADAN, _PILGRIMAGE = 10, 9, 12
#: Where the holiday of an Eid begins with its first day, and not with the last of the
#: month before.
_REFERENCE: Final = "KW"
_FITR, _ADHA = "Eid al-Fitr", "Eid al-Adha"
#: The tabular calendar is a day off now and then.
_NEAR: Final = timedelta(days=2)
#: Territories whose days follow Ramadan.
OBSERVING = (
    "AE", "AF", "BH", "DZ", "EG", "ID", "IQ", "JO", "KW", "LB", "LY", "MA", "MY", "OM",
    "PK", "PS", "QA", "SA", "SD", "SY", "TN", "TR", "YE",
)  # fmt: skip


def first_day(year: int, month: int, day: int = 1) -> date:
    """A day of the tabular Islamic calendar as a Gregorian date.

    Months that begin when the moon is seen begin a day off it now and then.

    Source: the arithmetic of the tabular calendar with leap years 2, 5, 7, 10, 13, 16,
    18, 21, 24, 26 and 29 of each 30, as Reingold and Dershowitz, Calendrical
    Calculations, chapter 7, give it.

    >>> first_day(1447, 9)
    datetime.date(2026, 2, 18)
    """
    before = (year - 1) * 354 + (3 + 11 * year) // 30
    months = 29 * (month - 1) + month // 2
    return date.fromordinal(_EPOCH + before + months + day - 1)


@cache
def first_of_eid(year: int, *, sacrifice: bool = False) -> date:
    """First day of Eid al-Fitr of an Islamic year, or of Eid al-Adha.

    The same day as in ``public_holidays``; by the tabular calendar in years of which
    those know nothing.

    >>> first_of_eid(1446)
    datetime.date(2025, 3, 30)
    """
    name = _ADHA if sacrifice else _FITR
    near = first_day(year, _PILGRIMAGE, 10) if sacrifice else first_day(year, _SHAWWAL)
    known = public_holidays([_REFERENCE], near - _NEAR, near + _NEAR)
    return min((item.day for item in known if item.name == name), default=near)


def ramadan(day: date) -> bool:
    """Whether a day lies in Ramadan, which ends with the day before Eid al-Fitr.

    >>> ramadan(date(2026, 3, 1)), ramadan(date(2026, 4, 1))
    (True, False)
    """
    return any(
        _first_of_ramadan(year) <= day < first_of_eid(year) for year in _years(day)
    )


def eid(day: date) -> bool:
    """Whether a day is one of the first three of an Eid.

    >>> eid(first_of_eid(1447))
    True
    """
    starts = [
        first_of_eid(year, sacrifice=sacrifice)
        for year in _years(day)
        for sacrifice in (False, True)
    ]
    return any(start <= day < start + timedelta(days=3) for start in starts)


def _first_of_ramadan(year: int) -> date:
    """By the tabular calendar, but 29 or 30 days before Eid al-Fitr."""
    end = first_of_eid(year)
    days = (end - first_day(year, _RAMADAN)).days
    return end - timedelta(days=min(max(days, _SHORTEST), _LONGEST))


def _years(day: date) -> range:
    """Islamic years that a Gregorian day may lie in."""
    passed = day.toordinal() - _EPOCH
    year = passed * _YEARS_IN_CYCLE // _DAYS_IN_CYCLE + 1
    return range(year - 1, year + 2)
