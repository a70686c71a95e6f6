"""Ramadan and the Eids by the tabular Islamic calendar, a day off now and then."""

from __future__ import annotations

from datetime import date, timedelta

#: First day of the calendar, 1 Muharram of year 1, as a Gregorian ordinal.
_EPOCH = date(622, 7, 19).toordinal()
_DAYS_IN_CYCLE = 10_631
_YEARS_IN_CYCLE = 30
_SHAWWAL, _RAMADAN, _PILGRIMAGE = 10, 9, 12
#: Territories whose days follow Ramadan.
OBSERVING = (
    "AE", "AF", "BH", "DZ", "EG", "ID", "IQ", "JO", "KW", "LB", "LY", "MA", "MY", "OM",
    "PK", "PS", "QA", "SA", "SD", "SY", "TN", "TR", "YE",
)  # fmt: skip


def first_day(year: int, month: int, day: int = 1) -> date:
    """A day of the Islamic calendar as a Gregorian date.

    Source: the arithmetic of the tabular calendar with leap years 2, 5, 7, 10, 13, 16,
    18, 21, 24, 26 and 29 of each 30, as Reingold and Dershowitz, Calendrical
    Calculations, chapter 7, give it.

    >>> first_day(1447, 9)
    datetime.date(2026, 2, 18)
    """
    before = (year - 1) * 354 + (3 + 11 * year) // 30
    months = 29 * (month - 1) + month // 2
    return date.fromordinal(_EPOCH + before + months + day - 1)


def ramadan(day: date) -> bool:
    """Whether a day lies in Ramadan.

    >>> ramadan(date(2026, 3, 1)), ramadan(date(2026, 4, 1))
    (True, False)
    """
    return any(
        first_day(year, _RAMADAN) <= day < first_day(year, _SHAWWAL)
        for year in _years(day)
    )


def eid(day: date) -> bool:
    """Whether a day is one of the first three of an Eid.

    >>> eid(first_day(1447, 10))
    True
    """
    starts = [
        start
        for year in _years(day)
        for start in (first_day(year, _SHAWWAL), first_day(year, _PILGRIMAGE, 10))
    ]
    return any(start <= day < start + timedelta(days=3) for start in starts)


def _years(day: date) -> range:
    """Islamic years that a Gregorian day may lie in."""
    passed = day.toordinal() - _EPOCH
    year = passed * _YEARS_IN_CYCLE // _DAYS_IN_CYCLE + 1
    return range(year - 1, year + 2)
