"""One reading applied: as a DuckDB tree over a column, or to one value in Python."""

from __future__ import annotations

from datetime import date, datetime

from sqlglot import exp

from analysis.orders.values.missing import clean, clean_value, trim
from analysis.orders.values.native import native_tree
from analysis.orders.values.numbers import (
    duration_tree,
    flag_tree,
    integer_tree,
    number_look,
    number_settled,
    read_duration,
    read_flag,
    read_number,
    whole_number,
)
from analysis.orders.values.reading import Reading
from analysis.orders.values.times import (
    is_zero_time,
    plausible,
    read_time,
    times_look,
    zero_times,
)
from analysis.orders.values.trees import call, case, cast_to, equals_any

Value = str | int | float | bool | date | datetime | None

_ZERO_IDS = ("0", "0.0", "00", "0000")
_FLOAT_ID = r"^([0-9]+)\.0+$"


def parse(column: exp.Expr, reading: Reading) -> exp.Expr:
    """The typed value of a column, NULL where it is missing or cannot be read.

    It names its parts many times. A query over many columns puts ``look`` into an
    inner SELECT and ``settle`` into the one around it: the same values from a tree
    that is a tenth of the size.

    Args:
        column: A text column; for a native reading a column of its own type.
        reading: How to read it.

    Returns:
        VARCHAR, BIGINT, DOUBLE, naive TIMESTAMP, DATE or BOOLEAN as ``reading.type``
        says; minutes as DOUBLE if ``reading.is_duration``. A missing and an unreadable
        value are told apart by ``is_missing`` on the text.
    """
    return settle(look(column, reading), column, reading)


def look(column: exp.Expr, reading: Reading) -> exp.Expr:
    """The first half of ``parse``: what can be read of each value."""
    if reading.native:
        return native_tree(column, reading)
    if reading.is_duration:
        return duration_tree(column, reading)
    if reading.type in {"time", "date"}:
        return times_look(column, reading)
    if reading.type == "flag":
        return flag_tree(column)
    if reading.type == "text":
        return _text_look(column, reading)
    return number_look(column, reading)


def settle(value: exp.Expr, column: exp.Expr, reading: Reading) -> exp.Expr:
    """The second half of ``parse``: what was read, where it can be meant.

    Args:
        value: What ``look`` gave, best as a plain column.
        column: The text itself.
        reading: How it was read.
    """
    if reading.native or reading.is_duration or reading.type == "flag":
        return value
    if reading.type in {"time", "date"}:
        time = plausible(value)
        return cast_to(time, "DATE") if reading.type == "date" else time
    if reading.type == "text":
        zero = equals_any(value, _ZERO_IDS)
        return (
            case((zero, exp.Null()), otherwise=value)
            if reading.zero_is_missing
            else value
        )
    number = number_settled(value, column, reading)
    if reading.type != "integer":
        return number
    whole = integer_tree(value if reading.scale == 1.0 else number)
    finite = exp.Is(this=number, expression=exp.Null()).not_()
    return case((finite, whole))


def read_value(value: str | None, reading: Reading) -> Value:
    """The plain Python twin of ``parse`` for one text; not for native readings."""
    if reading.is_duration:
        return read_duration(value, reading)
    if reading.type in {"time", "date"}:
        time = read_time(value, reading)
        return time.date() if time and reading.type == "date" else time
    if reading.type == "flag":
        return read_flag(value)
    if reading.type == "text":
        return _read_text(value, reading)
    number = read_number(value, reading)
    return whole_number(number) if reading.type == "integer" else number


def _text_look(column: exp.Expr, reading: Reading) -> exp.Expr:
    text = clean(column)
    if "whole number" in reading.formats:
        return call("regexp_replace", text, _FLOAT_ID, r"\1")
    return text


def _is_zero_id(column: exp.Expr) -> exp.Expr:
    return equals_any(trim(column), _ZERO_IDS)


def _read_text(value: str | None, reading: Reading) -> str | None:
    text = clean_value(value)
    if text is None or (reading.zero_is_missing and text in _ZERO_IDS):
        return None
    if "whole number" in reading.formats and text.rstrip("0").endswith("."):
        whole = text.split(".", maxsplit=1)[0]
        return whole if whole.isdecimal() and whole.isascii() else text
    return text


def is_missing(column: exp.Expr, reading: Reading | None = None) -> exp.Expr:
    """Whether a text says "no value"; zeros only where the reading takes them so.

    It costs more than reading does: use it on the rows that ``parse`` left NULL.
    """
    if reading is not None and reading.native:
        return exp.Is(this=column.copy(), expression=exp.Null())
    absent = exp.Is(this=clean(column), expression=exp.Null())
    if reading is None:
        return absent
    if reading.type in {"time", "date"}:
        return exp.or_(absent, zero_times(column))
    if reading.zero_is_missing:
        return exp.or_(absent, _is_zero_id(column))
    return absent


def says_missing(value: str | None, reading: Reading | None = None) -> bool:
    """The plain Python twin of ``is_missing``."""
    text = clean_value(value)
    if text is None:
        return True
    if reading is None:
        return False
    if reading.type in {"time", "date"}:
        return is_zero_time(text)
    return reading.zero_is_missing and text in _ZERO_IDS
