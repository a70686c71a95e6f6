"""Which texts say "no value", and how blanks around a value are taken off."""

from __future__ import annotations

from sqlglot import exp

from analysis.orders.values.trees import (
    between,
    call,
    case,
    equals_any,
    literal,
    size,
)

#: Blanks that are taken off both ends: ASCII, no-break, zero-width and ideographic.
BLANKS = " \t\n\v\f\r\u00a0\u200b\u202f\u3000\ufeff"

_WORDS = (
    "nan", "nat", "null", "none", "nil", "n/a", "#n/a", "na", "<na>", "<null>",
    "(null)", "(blank)", "undefined", "\\n", "-", "--", "---", "—", "/", "无", "空",
    "缺失", "暂无",
)  # fmt: skip

#: Texts that say "no value", in the spellings in which programs write them.
MISSING = frozenset(
    spelling
    for word in _WORDS
    for spelling in (word, word.upper(), word.title(), word.capitalize())
) | {"", "NaN", "NaT"}

_LONGEST = max(len(word.encode()) for word in MISSING)


def clean_value(value: str | None) -> str | None:
    """The value without blanks around it; None if it says "no value".

    >>> clean_value(" sf "), clean_value("NaN ")
    ('sf', None)
    """
    if value is None:
        return None
    trimmed = value.strip(BLANKS)
    return None if trimmed in MISSING else trimmed


def clean(column: exp.Expr) -> exp.Expr:
    """The SQL twin of ``clean_value``.

    Trimming with a list of blanks and comparing with a list of words costs many times
    a comparison with one text, which DuckDB decides on the first bytes. So only
    values whose first or last character looks like it are looked at closely.
    """
    trimmed = trim(column)
    close_look = case(
        (equals_any(trimmed, sorted(MISSING)), exp.Null()), otherwise=trimmed
    )
    suspect = exp.or_(
        _is_no_plain_character(column),
        _is_no_plain_character(call("right", column, 1)),
        exp.and_(
            exp.LTE(this=size(column), expression=literal(_LONGEST)),
            exp.or_(*(_starts_with(column, first) for first in _FIRST_CHARACTERS)),
        ),
    )
    return case((suspect, close_look), otherwise=column)


def _is_no_plain_character(text: exp.Expr) -> exp.Expr:
    """Whether a text begins outside the visible ASCII characters, or is empty."""
    return exp.or_(
        exp.LT(this=text.copy(), expression=literal("!")),
        exp.GTE(this=text.copy(), expression=literal("\x7f")),
    )


def _starts_with(column: exp.Expr, first: str) -> exp.Expr:
    """Whether a text begins with one ASCII character, by comparing alone."""
    return between(column, literal(first), literal(chr(ord(first) + 1)))


#: First characters of the words that say "no value", those that are plain.
_FIRST_CHARACTERS = sorted({word[0] for word in MISSING if word and word.isascii()})


def trim(column: exp.Expr) -> exp.Expr:
    """The column without blanks around its values."""
    return call("trim", column, literal(BLANKS))
