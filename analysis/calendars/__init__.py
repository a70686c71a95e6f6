"""Calendars of places: which days of the week are the weekend."""

from analysis.calendars.weekends import (
    USUAL_WEEKEND,
    Weekend,
    names_of,
    weekends,
    zones_of,
)

__all__ = ["USUAL_WEEKEND", "Weekend", "names_of", "weekends", "zones_of"]
