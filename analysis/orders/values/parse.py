"""One reading applied: as a DuckDB tree over a column, or to one value in Python."""

from __future__ import annotations

from datetime import date, datetime

from sqlglot import exp

from analysis.orders.values.missing import clean, clean_value, trim
from analysis.orders.values.numbers import (
    duration_tree, flag_tree, integer_tree, number_tree, read_duration, read_flag,
    read_number, whole_number,
)  # fmt: skip
from analysis.orders.values.native import native_tree
from analysis.orders.values.reading import Reading
from analysis.orders.values.times import (
    is_zero_time, read_time, times_tree, zero_times,
)  # fmt: skip
from analysis.orders.values.trees import call, case, cast_to, equals_any

Value = str | int | float | bool | date | datetime | None

_ZERO_IDS = ("0", "0.0", "00", "0000")
_FLOAT_ID = r"^([0-9]+)\.0+$"


def parse(column: exp.Expr, reading: Reading) -> exp.Expr:
    """The typed value of a column, NULL where it is missing or cannot be read.

    Args:
        column: A text column; for a native reading a column of its own type.
        reading: How to read it.

    Returns:
        VARCHAR, BIGINT, DOUBLE, naive TIMESTAMP, DATE or BOOLEAN as ``reading.type``
        says; minutes as DOUBLE if ``reading.is_duration``. A missing and an unreadable
        value are told apart by ``is_missing`` on the text.
    """
    if reading.native:
        return native_tree(column, reading)
    if reading.is_duration:
        return duration_tree(column, reading)
    if reading.type in {"time", "date"}:
        time = times_tree(column, reading)
        return cast_to(time, "DATE") if reading.type == "date" else time
    if reading.type == "flag":
        return flag_tree(column)
    if reading.type == "text":
        return _text_tree(column, reading)
    number = number_tree(column, reading)
    return integer_tree(number) if reading.type == "integer" else number


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


def _text_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    text = clean(column)
    if "whole number" in reading.formats:
        text = call("regexp_replace", text, _FLOAT_ID, r"\1")
    if not reading.zero_is_missing:
        return text
    return case((equals_any(text, _ZERO_IDS), exp.Null()), otherwise=text)


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
