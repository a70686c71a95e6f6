"""Calendars of places: days of the weekend, public holidays, Ramadan and the Eids."""

from analysis.calendars.holidays import (
    Holiday,
    days_off,
    public_holidays,
    territory_of,
)
from analysis.calendars.weekends import (
    USUAL_WEEKEND,
    Weekend,
    names_of,
    weekends,
    zones_of,
)

__all__ = [
    "USUAL_WEEKEND",
    "Holiday",
    "Weekend",
    "days_off",
    "names_of",
    "public_holidays",
    "territory_of",
    "weekends",
    "zones_of",
]
