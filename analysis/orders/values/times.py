"""Reading times: the SQL that DuckDB runs and the plain Python that it must equal."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlglot import exp

from analysis.orders.values.formats import (
    TimeFormat,
    month_number,
    relatives,
    time_formats,
)
from analysis.orders.values.missing import BLANKS, clean_value, trim
from analysis.orders.values.reading import Reading
from analysis.orders.values.trees import (
    arithmetic,
    between,
    call,
    case,
    cast_to,
    else_look,
    equals_any,
    first_of,
    literal,
    size,
    try_cast,
)

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times here are naive by contract
#: Years outside are typing errors or stand for "never"; both ends are exclusive.
FIRST, LAST = datetime(1901, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001
#: Zero of the epoch in any zone: it stands for "no value".
ZERO_FIRST, ZERO_LAST = datetime(1969, 12, 31), datetime(1970, 1, 2)  # noqa: DTZ001

#: Microseconds in one unit of an epoch.
EPOCH_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_EXCEL_ZERO = 25569.0
_DAY_MS = 86_400_000.0
_SHORTEST_TIME = 6
_PIVOT = 69


def times_look(column: exp.Expr, reading: Reading) -> exp.Expr:
    """A naive TIMESTAMP of each value, still to be looked at by ``plausible``."""
    if reading.formats[0] in {"epoch", "excel serial"}:
        return _numeric_tree(column, reading)
    formats = [time_formats()[name] for name in reading.formats]
    direct = [_format_tree(column, item) for item in formats]
    return else_look(first_of(direct), _second_look(column, formats))


def times_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    """A naive TIMESTAMP of each value, NULL where it is missing or unreadable."""
    return plausible(times_look(column, reading))


def _second_look(column: exp.Expr, formats: list[TimeFormat]) -> exp.Expr:
    """What the sample has not shown: other blanks, another time part."""
    trimmed = trim(column)
    again = [_format_tree(trimmed, item) for item in formats]
    known = {item.name for item in formats}
    others = [
        _format_tree(trimmed, item)
        for item in {item for name in known for item in relatives(name)}
        if item.name not in known
    ]
    others.sort(key=lambda tree: tree.sql("duckdb"))
    long_enough = exp.GTE(this=size(column), expression=literal(_SHORTEST_TIME))
    return case((long_enough, first_of([*again, *others])))


def _format_tree(column: exp.Expr, item: TimeFormat) -> exp.Expr:
    text = column
    if item.lowers:
        text = call("lower", text)
    for old, new in item.replacements:
        text = call("replace", text, old, new)
    read = call("try_strptime", text, item.pattern)
    if item.zone == "offset":
        # A cast to TIMESTAMP would depend on the time zone of the session.
        read = call("make_timestamp", call("epoch_us", cast_to(read, "TIMESTAMPTZ")))
    elif "%n" in item.pattern:
        read = cast_to(read, "TIMESTAMP")
    if not item.length:
        return read
    exact = exp.EQ(this=size(column), expression=literal(item.length))
    return case((exact, read))


def plausible(time: exp.Expr) -> exp.Expr:
    """The time where it can be one: not the zero of the epoch, not centuries off."""
    at_zero = between(time, _timestamp(ZERO_FIRST), _timestamp(ZERO_LAST))
    known = between(time, _timestamp(FIRST), _timestamp(LAST))
    return case((exp.and_(known, exp.not_(at_zero)), time))


def _timestamp(value: datetime) -> exp.Expr:
    return cast_to(value.isoformat(sep=" "), "TIMESTAMP")


def _numeric_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    number = try_cast(column, "DOUBLE")
    if not reading.native:
        number = first_of([number, try_cast(trim(column), "DOUBLE")])
        number = case((exp.not_(call("contains", column, "_")), number))
    micros = _micros_tree(number, reading)
    low, high = (literal(_micros(value)) for value in (FIRST, LAST))
    zero_low, zero_high = (literal(_micros(value)) for value in (ZERO_FIRST, ZERO_LAST))
    known = exp.and_(
        between(micros, low, high), exp.not_(between(micros, zero_low, zero_high))
    )
    return case((known, call("make_timestamp", cast_to(micros, "BIGINT"))))


def _micros_tree(number: exp.Expr, reading: Reading) -> exp.Expr:
    if reading.formats[0] == "excel serial":
        days = arithmetic(exp.Sub, number, _EXCEL_ZERO)
        millis = _rounded_tree(arithmetic(exp.Mul, days, _DAY_MS))
        return arithmetic(exp.Mul, millis, 1000.0)
    return _rounded_tree(arithmetic(exp.Mul, number, EPOCH_UNITS[reading.unit]))


def _rounded_tree(number: exp.Expr) -> exp.Expr:
    return call("floor", arithmetic(exp.Add, number, 0.5))


def _micros(value: datetime) -> float:
    return (value - _EPOCH) / timedelta(microseconds=1)


def read_time(value: str | None, reading: Reading) -> datetime | None:
    """The plain Python twin of ``times_tree`` for one value."""
    text = clean_value(value)
    if text is None:
        return None
    if reading.formats[0] in {"epoch", "excel serial"}:
        return _read_numeric(text, reading)
    formats = [time_formats()[name] for name in reading.formats]
    others = [item for name in reading.formats for item in relatives(name)]
    for item in [*formats, *others]:
        found = read_format(text, item)
        if found is not None:
            return found if _is_plausible(found) else None
    return None


def _is_plausible(time: datetime) -> bool:
    return FIRST <= time < LAST and not ZERO_FIRST <= time < ZERO_LAST


def _read_numeric(text: str, reading: Reading) -> datetime | None:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return None
    micros = _micros_of(float(text), reading)
    if not _micros(FIRST) <= micros < _micros(LAST):
        return None
    found = _EPOCH + timedelta(microseconds=int(micros))
    return found if _is_plausible(found) else None


def _micros_of(number: float, reading: Reading) -> float:
    if reading.formats[0] == "excel serial":
        return _floor((number - _EXCEL_ZERO) * _DAY_MS + 0.5) * 1000.0
    return _floor(number * EPOCH_UNITS[reading.unit] + 0.5)


def _floor(number: float) -> float:
    return number // 1 if abs(number) < float("inf") else number


def read_format(text: str, item: TimeFormat) -> datetime | None:
    """One text in one format, in UTC if the format says an offset."""
    text = text.lower() if item.lowers else text
    for old, new in item.replacements:
        text = text.replace(old, new)
    found = item.expression.match(text.strip(BLANKS))
    return None if found is None else _from_groups(found.groupdict())


def _from_groups(groups: dict[str, str | None]) -> datetime | None:
    hour = _hour(groups)
    month = groups.get("month_name")
    nanoseconds = int((groups.get("fraction") or "0").ljust(9, "0"))
    if hour is None:
        return None
    try:
        local = datetime(  # noqa: DTZ001 - times here are naive by contract
            _year(groups),
            month_number(month) if month else int(groups["month"] or 0),
            int(groups["day"] or 0),
            hour,
            int(groups.get("minute") or 0),
            int(groups.get("second") or 0),
        )
    except ValueError:
        return None
    # DuckDB rounds to the microsecond, half away from zero.
    rounded = timedelta(microseconds=(nanoseconds + 500) // 1000)
    return local + rounded - _offset(groups.get("offset"))


def _year(groups: dict[str, str | None]) -> int:
    short = groups.get("short_year")
    if short is None:
        return int(groups["year"] or 0)
    return int(short) + (1900 if int(short) >= _PIVOT else 2000)


def _hour(groups: dict[str, str | None]) -> int | None:
    meridiem, hour = groups.get("meridiem"), groups.get("hour12")
    if meridiem is None or hour is None:
        return int(groups.get("hour") or 0)
    if not 1 <= int(hour) <= 12:  # noqa: PLR2004 - a clock face
        return None
    return int(hour) % 12 + (12 if meridiem.lower() == "pm" else 0)


def _offset(text: str | None) -> timedelta:
    if not text:
        return timedelta()
    digits = text[1:].replace(":", "").ljust(4, "0")
    found = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -found if text[0] == "-" else found


def zero_times(column: exp.Expr) -> exp.Expr:
    """Whether a text stands for "no time", as databases and programs write it."""
    numbers = equals_any(trim(column), ["0", "0.0", "00000000", "00000000000000"])
    starts = [call("starts_with", trim(column), start) for start in ZERO_STARTS]
    return exp.or_(numbers, *starts)


#: Beginnings of the zero dates of databases, spreadsheets and languages.
ZERO_STARTS = (
    "0000-00-00", "0001-01-01", "1900-01-00", "1970-01-01", "1970/01/01", "01/01/1970",
    "1969-12-31", "9999-12-31",
)  # fmt: skip


def is_zero_time(value: str) -> bool:
    """The plain Python twin of ``zero_times``."""
    text = value.strip(BLANKS)
    return text in {"0", "0.0", "00000000", "00000000000000"} or text.startswith(
        ZERO_STARTS
    )
