"""Public holidays of the places looked at, as the trend marks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from babel import Locale

from analysis.calendars import Holiday, days_off, public_holidays
from analysis.metrics import territories
from analysis.metrics.periods import Grain
from ui import cached
from ui.format import period as written_period
from ui.kpis.view import Look
from ui.texts import language, t, translate

#: Territories with a smaller share of the orders have their holidays for themselves.
LEAST_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days in a row on which some territories keep one holiday.

    Attributes:
        first: First day.
        last: Last day.
        name: Its name, translated.
        territories: Codes of those that keep it on these days.
        text: Name, places and days, not made safe for Markdown.
    """

    first: date
    last: date
    name: str
    territories: tuple[str, ...]
    text: str = ""


def shown(look: Look, *, most: int) -> list[DaysOff]:
    """The holidays within the days looked at, those of the most orders if too many."""
    if look.period is None:
        return []
    large = {
        code: share for code, share in _shares(look).items() if share >= LEAST_SHARE
    }
    found = joined(
        public_holidays(large, look.period.first, look.period.last, language=language())
    )
    found.sort(key=lambda item: -sum(large[code] for code in item.territories))
    return [_written(item, is_alone=len(large) == 1) for item in found[:most]]


def kept(look: Look, grain: Grain) -> frozenset[date]:
    """Days of the data that are a holiday for a good part of the orders looked at.

    None for weeks and months, which have most days as usual.
    """
    if look.whole is None or grain not in ("hour", "day"):
        return frozenset()
    return days_off(_shares(look), look.whole.first, look.whole.last)


def _shares(look: Look) -> Mapping[str, float]:
    return cached.result(territories, look.dataset, selection=look.orders)


def joined(found: Iterable[Holiday]) -> list[DaysOff]:
    """Days in a row of one holiday as one, territories that keep the same days too."""
    runs: dict[tuple[str, str], list[list[date]]] = {}
    for item in sorted(found, key=lambda item: item.day):
        name = translate(item.name, language())
        spans = runs.setdefault((name, item.territory), [])
        if spans and item.day - spans[-1][1] <= timedelta(days=1):
            spans[-1][1] = item.day
        else:
            spans.append([item.day, item.day])
    keepers: dict[tuple[date, date, str], list[str]] = {}
    for (name, territory), spans in runs.items():
        for first, last in spans:
            keepers.setdefault((first, last, name), []).append(territory)
    return [DaysOff(*days, tuple(sorted(keepers[days]))) for days in sorted(keepers)]


def _written(item: DaysOff, *, is_alone: bool) -> DaysOff:
    places = t(", ").join(_place(code) for code in item.territories)
    text = item.name
    if not is_alone:
        text = t("{name} ({place})", name=text, place=places)
    if item.last > item.first:
        text = f"{text}, {written_period(item.first, item.last)}"
    return DaysOff(item.first, item.last, item.name, item.territories, text)


def _place(code: str) -> str:
    names: Mapping[str, str] = Locale.parse(language()).territories
    return names.get(code, code)
