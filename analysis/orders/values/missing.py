"""Which texts say "no value", and how blanks around a value are taken off."""

from __future__ import annotations

import re

from sqlglot import exp

from analysis.orders.values.trees import call, case, equals_any, literal, matches, size

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

_BLANK_OR_WORD = (
    f"[{BLANKS}]*(?:{'|'.join(re.escape(word) for word in sorted(MISSING))})[{BLANKS}]*"
)
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

    Trimming every value with a list of blanks costs ten times a look at its first and
    last character, so only values that need it are trimmed. The trimmed value is
    compared by an expression: DuckDB would turn a long IN into a join, and trim all.
    """
    is_padded = exp.or_(
        equals_any(call("right", column, 1), [*BLANKS]),
        equals_any(call("left", column, 1), [*BLANKS]),
    )
    trimmed = case(
        (matches(column, _BLANK_OR_WORD), exp.Null()), otherwise=trim(column)
    )
    short = exp.LTE(this=size(column), expression=literal(_LONGEST))
    return case(
        (is_padded, trimmed),
        (exp.and_(short, equals_any(column, sorted(MISSING))), exp.Null()),
        otherwise=column,
    )


def trim(column: exp.Expr) -> exp.Expr:
    """The column without blanks around its values."""
    return call("trim", column, literal(BLANKS))


def has_blanks(value: str) -> bool:
    """Whether there is something to trim."""
    return value != value.strip(BLANKS)
