"""The table of time formats: one name, one strptime pattern, one expression each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

Order = Literal["year", "day", "month"]

#: Formats of durations; ``number.py`` reads them as minutes.
DURATION_FORMATS = (
    "duration number", "duration HH:mm:ss", "duration mm:ss", "duration words",
    "duration clock", "duration nanosecond timestamp", "duration since 1970",
)  # fmt: skip

_MONTHS_PT = (
    ("janeiro", "jan"), ("fevereiro", "feb"), ("março", "mar"), ("marco", "mar"),
    ("abril", "apr"), ("maio", "may"), ("junho", "jun"), ("julho", "jul"),
    ("agosto", "aug"), ("setembro", "sep"), ("outubro", "oct"), ("novembro", "nov"),
    ("dezembro", "dec"), ("fev", "feb"), ("abr", "apr"), ("mai", "may"),
    ("ago", "aug"), ("set", "sep"), ("out", "oct"), ("dez", "dec"), (" de ", " "),
)  # fmt: skip
_MERIDIEM_ZH = (("上午", "AM"), ("下午", "PM"))

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august",
    "september", "october", "november", "december",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """One way to write a time.

    Attributes:
        name: As shown to the user, such as ``DD/MM/YYYY HH:mm``.
        pattern: For DuckDB's ``strptime``.
        date: The date part of the name; formats of one date part may be mixed.
        order: Which part comes first.
        has_time: Whether it says a time of day.
        zone: ``Z`` or ``UTC`` (written as such), ``offset``, or empty.
        length: Exact number of bytes, where digits stand without separators.
        replacements: Texts to replace before reading; the text is lower-cased first
            if these are month names.
    """

    name: str
    pattern: str
    date: str
    order: Order
    has_time: bool
    zone: str = ""
    length: int = 0
    replacements: tuple[tuple[str, str], ...] = ()

    @property
    def expression(self) -> re.Pattern[str]:
        """The same language as the pattern, with named groups."""
        return _expression(self.pattern, is_padded=self.length > 0)

    @property
    def lowers(self) -> bool:
        """Whether the text is lower-cased before replacing."""
        return self.replacements == _MONTHS_PT


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    pattern: str
    order: Order = "year"
    zone: str = ""
    length: int = 0
    replacements: tuple[tuple[str, str], ...] = ()


def _date_parts() -> Iterator[_Part]:
    for mark in "-/.":
        yield _Part(f"YYYY{mark}MM{mark}DD", f"%Y{mark}%m{mark}%d")
        for year in ("YYYY", "YY"):
            short = "%Y" if year == "YYYY" else "%y"
            yield _Part(f"DD{mark}MM{mark}{year}", f"%d{mark}%m{mark}{short}", "day")
            yield _Part(f"MM{mark}DD{mark}{year}", f"%m{mark}%d{mark}{short}", "month")
        yield _Part(f"YY{mark}MM{mark}DD", f"%y{mark}%m{mark}%d")
    yield _Part("YYYY年MM月DD日", "%Y年%m月%d日")
    yield _Part("YYYYMMDD", "%Y%m%d", length=8)
    yield from _named_month_parts()


def _named_month_parts() -> Iterator[_Part]:
    for name, code in (("MMM", "%b"), ("MMMM", "%B")):
        for mark in " -/":
            yield _Part(f"DD{mark}{name}{mark}YYYY", f"%d{mark}{code}{mark}%Y", "day")
            yield _Part(f"DD{mark}{name}{mark}YY", f"%d{mark}{code}{mark}%y", "day")
        yield _Part(f"{name} DD, YYYY", f"{code} %d, %Y", "month")
        yield _Part(f"{name} DD YYYY", f"{code} %d %Y", "month")
    for mark in " -/":
        name = f"DD{mark}mês{mark}YYYY"
        pattern = f"%d{mark}%b{mark}%Y"
        yield _Part(name, pattern, "day", replacements=_MONTHS_PT)


_CLOCKS = (("HH:mm:ss", "%H:%M:%S"), ("HH:mm", "%H:%M"), ("HH:mm:ss.S", "%H:%M:%S.%n"))
_CLOCKS_12 = (
    ("hh:mm AM", "%I:%M %p"), ("hh:mm:ss AM", "%I:%M:%S %p"), ("hh:mmAM", "%I:%M%p"),
    ("hh:mm:ssAM", "%I:%M:%S%p"),
)  # fmt: skip
_CLOCKS_ZH = (("上午hh:mm", "%p%I:%M"), ("上午hh:mm:ss", "%p%I:%M:%S"))
_ZONES = (("", "", ""), ("Z", "Z", "Z"), (" UTC", " UTC", "UTC"),
          ("±hh", "%z", "offset"), (" ±hh", " %z", "offset"))  # fmt: skip


def _time_parts(date: _Part) -> Iterator[_Part]:
    """What may follow a date; only ISO-like dates say an offset."""
    yield _Part("", "")
    if date.length:
        yield from (_Part(f" {name}", f" {code}") for name, code in _CLOCKS[:2])
        return
    yield from (_Part(f" {name}", f" {code}") for name, code in _CLOCKS)
    if date.replacements:
        return
    if date.name.startswith("YYYY"):
        yield from _zoned_times()
        for name, code in _CLOCKS_ZH:
            yield _Part(f" {name}", f" {code}", replacements=_MERIDIEM_ZH)
    if date.name.endswith("日"):
        yield from (_Part(name, code) for name, code in _CLOCKS)
        for name, code in _CLOCKS_ZH:
            yield _Part(name, code, replacements=_MERIDIEM_ZH)
    yield from (_Part(f" {name}", f" {code}") for name, code in _CLOCKS_12)


def _zoned_times() -> Iterator[_Part]:
    for name, code in _CLOCKS:
        yield _Part(f"T{name}", f"T{code}")
        for zone, zone_code, kind in _ZONES[1:]:
            for mark in " T":
                text, pattern = mark + name + zone, mark + code + zone_code
                yield _Part(text, pattern, zone=kind)


def _compact_times() -> Iterator[TimeFormat]:
    for name, pattern, length in (
        ("YYYYMMDDHHmmss", "%Y%m%d%H%M%S", 14), ("YYYYMMDDHHmm", "%Y%m%d%H%M", 12),
    ):  # fmt: skip
        yield TimeFormat(name, pattern, name, "year", has_time=True, length=length)


def _combined(date: _Part, time: _Part) -> TimeFormat:
    return TimeFormat(
        name=date.name + time.name,
        pattern=date.pattern + time.pattern,
        date=date.name,
        order=date.order,
        has_time=bool(time.name),
        zone=time.zone,
        length=date.length + (len(time.name) if date.length else 0),
        replacements=date.replacements or time.replacements,
    )


def _all_formats() -> Iterator[TimeFormat]:
    for date in _date_parts():
        yield from (_combined(date, time) for time in _time_parts(date))
    yield from _compact_times()


@cache
def time_formats() -> dict[str, TimeFormat]:
    """All time formats by name."""
    return {item.name: item for item in _all_formats()}


@cache
def relatives(name: str) -> tuple[TimeFormat, ...]:
    """Formats that differ in the time part alone and say as much of the zone."""
    of = time_formats()[name]
    return tuple(
        item
        for item in time_formats().values()
        if item.date == of.date
        and bool(item.zone) == bool(of.zone)
        and item.replacements == of.replacements
        and item.name != name
    )


_TOKENS = {
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<short_year>\d{1,2})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%H": r"(?P<hour>\d{1,2})",
    "%I": r"(?P<hour12>\d{1,2})",
    "%M": r"(?P<minute>\d{1,2})",
    "%S": r"(?P<second>\d{1,2})",
    "%n": r"(?P<fraction>\d{1,9})",
    "%p": r"(?P<meridiem>[aApP][mM])",
    "%z": r"(?P<offset>[+-]\d{2}(?::?\d{2})?)",
    "%b": "(?P<month_name>(?i:" + "|".join(name[:3] for name in _MONTHS) + "))",
    "%B": "(?P<month_name>(?i:" + "|".join(_MONTHS) + "))",
}


@cache
def _expression(pattern: str, *, is_padded: bool) -> re.Pattern[str]:
    pieces = re.split(r"(%[A-Za-z])", pattern)
    text = "".join(_TOKENS.get(piece) or _escaped(piece) for piece in pieces)
    if is_padded:
        text = text.replace(r"\d{1,2}", r"\d{2}")
    return re.compile(rf"^{text}$", re.ASCII)


def _escaped(text: str) -> str:
    return re.sub(r"\s", r"\\s+", re.sub(r"([.\\+*?()\[\]{}|^$])", r"\\\1", text))


def month_number(name: str) -> int:
    """Number of an English month, from its first three letters."""
    return [month[:3] for month in _MONTHS].index(name[:3].lower()) + 1
