"""Reading numbers, flags and durations: the SQL and the plain Python it must equal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from analysis.orders.values.missing import BLANKS, clean_value, trim
from analysis.orders.values.reading import DURATION_UNITS, Reading
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
    matches,
    try_cast,
)

_WIDE = "０１２３４５６７８９．，－＋％（）￥"
_NARROW = "0123456789.,-+%()¥"
_CURRENCY = r"(?:[A-Z]{2,3}\$?|[A-Z]?\$|[$€£¥₹₽₩]|ر\.س|د\.ك)"
_UNITS = (
    "(?:%|km|m|公里|千米|米|min|mins|minutes|minutos|分钟|分|元|块"
    r"|[A-Z]{3}|€|ر\.س|د\.ك)"
)
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: Above it a DOUBLE no longer tells neighbouring integers apart.
_EXACT = 9_007_199_254_740_992.0

TRUE_WORDS = (
    "1", "true", "t", "yes", "y", "是", "对", "有", "sim", "s", "on", "1.0", "√",
)  # fmt: skip
FALSE_WORDS = (
    "0", "false", "f", "no", "n", "否", "不", "无", "não", "nao", "off", "0.0", "×",
)  # fmt: skip


def number_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    """A DOUBLE of each value, NULL where it is missing or no finite number."""
    return number_settled(number_look(column, reading), column, reading)


def number_look(column: exp.Expr, reading: Reading) -> exp.Expr:
    """A DOUBLE of each value, still to be looked at by ``number_settled``."""
    decorated = _decorated_tree(column, reading)
    if reading.decimal == ",":
        return decorated
    trimmed = try_cast(trim(column), "DOUBLE")
    closer = else_look(trimmed, decorated)
    return else_look(try_cast(column, "DOUBLE"), closer)


def number_settled(number: exp.Expr, column: exp.Expr, reading: Reading) -> exp.Expr:
    """The number where it is one, in its scale."""
    # DuckDB reads "1_000" and "inf"; neither is a number in a file of orders.
    plain = exp.not_(call("contains", column, "_"))
    found = case((exp.and_(plain, call("isfinite", number)), number))
    if reading.scale == 1.0:
        return found
    return arithmetic(exp.Mul, found, reading.scale)


def _decorated_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    text = trim(call("translate", column, _WIDE, _NARROW))
    digits = call("regexp_replace", text, "[^0-9.,]", "", "g")
    if reading.thousands:
        digits = call("replace", digits, reading.thousands, "")
    if reading.decimal == ",":
        digits = call("replace", digits, ",", ".")
    negative = call("starts_with", text, "(")
    number = try_cast(call("rtrim", digits, "."), "DOUBLE")
    minus = exp.or_(negative, call("contains", text, "-"))
    signed = case((minus, exp.Neg(this=number)), otherwise=number)
    return case((matches(text, decorated_expression(reading)), signed))


def decorated_expression(reading: Reading) -> str:
    """Numbers with signs, currencies, units, brackets and grouped thousands."""
    mark = re.escape(reading.decimal)
    group = re.escape(reading.thousands)
    whole = r"[0-9]+"
    if reading.thousands == " ":
        group = "[ \u00a0\u202f]"
    if reading.thousands:
        whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]+)"
    body = rf"{whole}(?:{mark}[0-9]+)?"
    before = rf"(?:[+-]?\s*{_CURRENCY}?|{_CURRENCY}\s*[+-]?)"
    value = rf"{before}\s*{body}\s*{_UNITS}?"
    return rf"(?:{value}|\({value}\))"


def read_number(value: str | None, reading: Reading) -> float | None:
    """The plain Python twin of ``number_tree`` for one value."""
    text = clean_value(value)
    if text is None:
        return None
    found = None if reading.decimal == "," else _plain_number(text)
    if found is None:
        found = _decorated_number(text, reading)
    return None if found is None else found * reading.scale


def _plain_number(text: str) -> float | None:
    if not _PLAIN.fullmatch(text) or not math.isfinite(float(text)):
        return None
    return float(text)


def _decorated_number(text: str, reading: Reading) -> float | None:
    text = text.translate(str.maketrans(_WIDE, _NARROW))
    if not re.fullmatch(decorated_expression(reading), text, re.ASCII):
        return None
    digits = re.sub("[^0-9.,]", "", text).replace(reading.thousands, "")
    if reading.decimal == ",":
        digits = digits.replace(",", ".")
    number = float(digits.rstrip("."))
    return -number if text.startswith("(") or "-" in text else number


def integer_tree(number: exp.Expr) -> exp.Expr:
    """A BIGINT of a number that is whole and exact; NULL otherwise."""
    low, high = literal(-_EXACT), literal(_EXACT)
    whole = exp.EQ(this=number.copy(), expression=call("floor", number))
    return case(
        (exp.and_(between(number, low, high), whole), cast_to(number, "BIGINT"))
    )


def whole_number(number: float | None) -> int | None:
    """The plain Python twin of ``integer_tree``."""
    if number is None or not -_EXACT <= number < _EXACT or number != math.floor(number):
        return None
    return int(number)


def flag_tree(column: exp.Expr) -> exp.Expr:
    """A BOOLEAN of each value, NULL where it is neither of the known words."""
    text = call("lower", trim(column))
    return case(
        (equals_any(text, TRUE_WORDS), exp.true()),
        (equals_any(text, FALSE_WORDS), exp.false()),
    )


def read_flag(value: str | None) -> bool | None:
    """The plain Python twin of ``flag_tree``; "无" says no here."""
    text = "" if value is None else value.strip(BLANKS).lower()
    if text in TRUE_WORDS:
        return True
    return False if text in FALSE_WORDS else None


def in_minutes(reading: Reading) -> float:
    """Minutes in one unit of a duration; hours if the unit is not known."""
    return DURATION_UNITS.get(reading.unit, 60.0)


_NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"
_WORDS = (
    rf"(?i)P?\s*(?:{_NUMBER}\s*(?:d|days?|dias?|天)[\s,]*)?T?"
    rf"(?:{_NUMBER}\s*(?:h|hrs?|hours?|horas?|小时|时)[\s,]*)?"
    rf"(?:{_NUMBER}\s*(?:m|mins?|minutes?|minutos?|分钟|分)[\s,.]*)?"
    rf"(?:{_NUMBER}\s*(?:s|secs?|seconds?|segundos?|秒)[\s.]*)?"
)
_UNIT_FIRST = rf"(?i)\(?(?:mins?|minutes?|分钟)\)?\s*{_NUMBER}"
_CLOCK = (
    r"(?:([0-9]+)\s*days?,?\s+)?([0-9]+):([0-5]?[0-9])"
    r"(?::([0-5]?[0-9](?:\.[0-9]+)?))?"
)
_MINUTES_SECONDS = r"([0-9]+):([0-5]?[0-9](?:\.[0-9]+)?)"
_NANOSECONDS = r"1970-01-01[ T]00:00:00\.000([0-9]{6})(?:Z|[+]00:?00)?"
_FACTORS = (1440.0, 60.0, 1.0, 1 / 60)

#: Patterns by format, tried in order, with the minutes in one of each group.
_CLOCK_SUMS = ((_CLOCK, _FACTORS),)
_SUMS: Mapping[str, tuple[tuple[str, tuple[float, ...]], ...]] = {
    "duration mm:ss": ((_MINUTES_SECONDS, (1.0, 1 / 60)),),
    "duration words": ((_WORDS, _FACTORS), (_UNIT_FIRST, (1.0,))),
}


def duration_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    """Minutes of each value, NULL where it is missing or unreadable."""
    kind = reading.formats[0]
    if kind == "duration number":
        return arithmetic(exp.Mul, number_tree(column, reading), in_minutes(reading))
    text = trim(column)
    if kind == "duration nanosecond timestamp":
        count = try_cast(call("regexp_extract", text, _NANOSECONDS, 1), "DOUBLE")
        return arithmetic(exp.Mul, count, in_minutes(reading))
    if kind == "duration since 1970":
        return _since_1970_tree(column)
    return first_of([_sum_tree(text, *part) for part in _SUMS.get(kind, _CLOCK_SUMS)])


def _since_1970_tree(column: exp.Expr) -> exp.Expr:
    micros = call("epoch_us", try_cast(column, "TIMESTAMP"))
    positive = between(micros, literal(0), literal(_MONTH_MICROS))
    return case((positive, arithmetic(exp.Div, micros, 60e6)))


_MONTH_MICROS = 30 * 86_400_000_000


def _sum_tree(text: exp.Expr, pattern: str, factors: tuple[float, ...]) -> exp.Expr:
    """The groups of the pattern, each times its minutes; NULL without any group."""
    groups = [
        try_cast(
            call("replace", call("regexp_extract", text, f"^{pattern}$", i), ",", "."),
            "DOUBLE",
        )
        for i in range(1, len(factors) + 1)
    ]
    total: exp.Expr = literal(0.0)
    for group, factor in zip(groups, factors, strict=True):
        part = first_of([arithmetic(exp.Mul, group, factor), literal(0.0)])
        total = arithmetic(exp.Add, total, part)
    seen = exp.not_(exp.Is(this=first_of(groups), expression=exp.Null()))
    return case((seen, total))


def read_duration(value: str | None, reading: Reading) -> float | None:
    """The plain Python twin of ``duration_tree`` for one value, in minutes."""
    kind = reading.formats[0]
    if kind == "duration number":
        number = read_number(value, reading)
        return None if number is None else number * in_minutes(reading)
    text = clean_value(value)
    if text is None:
        return None
    if kind == "duration nanosecond timestamp":
        found = re.match(_NANOSECONDS, text, re.ASCII)
        return None if found is None else float(found[1]) * in_minutes(reading)
    if kind == "duration since 1970":
        return _since_1970(text)
    sums = (_summed(text, *part) for part in _SUMS.get(kind, _CLOCK_SUMS))
    return next((found for found in sums if found is not None), None)


def _since_1970(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    minutes = (found - datetime(1970, 1, 1)).total_seconds() / 60  # noqa: DTZ001
    return minutes if 0 <= minutes * 60e6 < _MONTH_MICROS else None


def _summed(text: str, pattern: str, factors: tuple[float, ...]) -> float | None:
    found = re.fullmatch(pattern, text, re.ASCII)
    if found is None or not any(found.groups()):
        return None
    parts = (float((part or "0").replace(",", ".")) for part in found.groups())
    total = 0.0
    for part, factor in zip(parts, factors, strict=True):
        total += part * factor
    return total
