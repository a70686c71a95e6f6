"""Numbers, shares, minutes and dates as the user's language writes them."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Final

from babel import dates, numbers

from ui.texts import language, t

#: Shown where there is no value; never a zero.
MISSING: Final = "–"
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"

Number = int | float | None


def number(value: Number, *, digits: int = 0, sign: bool = False) -> str:
    """A number with the language's separators, such as ``12,480``."""
    if value is None or not math.isfinite(value):
        return MISSING
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    rounded = round(value, digits) + 0.0  # a negative zero loses its sign
    text = numbers.format_decimal(rounded, pattern, locale=language())
    return _signed(text, value=rounded, sign=sign)


def percent(share: Number, *, digits: int = 1) -> str:
    """A share from 0 to 1, such as ``92.4 %``."""
    if share is None or not math.isfinite(share):
        return MISSING
    return f"{number(share * 100, digits=digits)}{_NO_BREAK}%"


def points(change: Number, *, digits: int = 1) -> str:
    """A change of a share in percentage points, such as ``-1.8 pp``."""
    if change is None or not math.isfinite(change):
        return MISSING
    unit = t("pp")
    return f"{number(change * 100, digits=digits, sign=True)}{_NO_BREAK}{unit}"


def minutes(value: Number, *, digits: int = 0, sign: bool = False) -> str:
    """Minutes, such as ``28 min``."""
    if value is None or not math.isfinite(value):
        return MISSING
    unit = t("min")
    return f"{number(value, digits=digits, sign=sign)}{_NO_BREAK}{unit}"


def sample(rows: Number) -> str:
    """The denominator beside an estimate, such as ``n 12,480``."""
    return f"n{_NO_BREAK}{number(rows)}"


def interval(low: str, high: str) -> str:
    """Two formatted ends as one interval, such as ``91.9 % – 92.8 %``."""
    return f"{low} – {high}"


def compact(value: Number) -> str:
    """A large number in few characters, such as ``12.5K`` or ``1.2万``."""
    if value is None or not math.isfinite(value):
        return MISSING
    return numbers.format_compact_decimal(value, locale=language(), fraction_digits=1)


def day(value: date | None) -> str:
    """A date, such as ``Nov 22, 2026`` or ``2026年11月22日``."""
    if value is None:
        return MISSING
    return dates.format_date(value, format="medium", locale=language())


def moment(value: datetime | None) -> str:
    """A date with its time to the minute, in the zone that the value is in."""
    if value is None:
        return MISSING
    clock = dates.format_time(value, format="short", locale=language())
    return f"{day(value.date())}, {clock}".replace("\u202f", _NO_BREAK)


def period(first: date | None, last: date | None) -> str:
    """Two dates, both included, without saying the same month twice."""
    if first is None or last is None:
        return MISSING
    if first == last:
        return day(first)
    text = dates.format_interval(first, last, skeleton="yMMMd", locale=language())
    return text.replace("\u2009", " ")


def ago(value: datetime, *, now: datetime) -> str:
    """How long something is past, such as ``3 days ago``."""
    return dates.format_timedelta(
        value - now, add_direction=True, locale=language(), threshold=1.2
    )


def _signed(text: str, *, value: float, sign: bool) -> str:
    if sign and value > 0:
        return f"+{text}"
    return text.replace("-", _MINUS, 1) if value < 0 else text
