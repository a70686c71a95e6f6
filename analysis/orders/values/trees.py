"""Short names for the few kinds of tree that reading values needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlglot import exp

Operand = exp.Expr | str | int | float


def literal(value: str | float) -> exp.Expr:
    """A literal node of a text or a number."""
    return exp.convert(value)


def _node(value: Operand) -> exp.Expr:
    return value.copy() if isinstance(value, exp.Expr) else literal(value)


def call(name: str, *arguments: Operand) -> exp.Expr:
    """A call of a DuckDB function, kept as written."""
    return exp.Anonymous(this=name, expressions=[_node(item) for item in arguments])


def try_cast(value: Operand, to: str) -> exp.Expr:
    """``TRY_CAST(value AS to)``: NULL where it cannot be read."""
    return exp.TryCast(this=_node(value), to=exp.DataType.build(to, dialect="duckdb"))


def cast_to(value: Operand, to: str) -> exp.Expr:
    """``CAST(value AS to)``."""
    return exp.Cast(this=_node(value), to=exp.DataType.build(to, dialect="duckdb"))


def case(
    *branches: tuple[exp.Expr, exp.Expr], otherwise: exp.Expr | None = None
) -> exp.Expr:
    """``CASE WHEN condition THEN value ... ELSE otherwise END``."""
    tree = exp.Case()
    for condition, value in branches:
        tree = tree.when(condition.copy(), value.copy(), copy=False)
    return tree if otherwise is None else tree.else_(otherwise.copy(), copy=False)


#: More texts than this are compared by an expression.
_FEW = 4


def equals_any(column: exp.Expr, values: Iterable[str]) -> exp.Expr:
    """Whether a text is one of a few.

    Neither ``IN`` nor ``list_contains``: DuckDB makes a join of a longer one, and a
    join is run for all rows even where it stands in a CASE that few rows reach.
    """
    known = list(values)
    if len(known) > _FEW:
        return matches(column, "|".join(map(re.escape, known)))
    return exp.or_(
        *(exp.EQ(this=column.copy(), expression=literal(value)) for value in known)
    )


def first_of(trees: Sequence[exp.Expr]) -> exp.Expr:
    """The first that is not NULL."""
    if len(trees) == 1:
        return trees[0]
    return exp.Coalesce(
        this=trees[0].copy(), expressions=[tree.copy() for tree in trees[1:]]
    )


def else_look(tree: exp.Expr, costly: exp.Expr) -> exp.Expr:
    """The tree, and the costly one only in the rows where it is NULL.

    A CASE and not COALESCE: DuckDB computes what a COALESCE names twice beforehand,
    for all rows.
    """
    there = exp.Is(this=tree.copy(), expression=exp.Null()).not_()
    return case((there, tree), otherwise=costly)


def size(column: exp.Expr) -> exp.Expr:
    """Bytes of a text, which DuckDB knows without looking at it."""
    return call("strlen", column)


def arithmetic(kind: type[exp.Binary], first: Operand, second: Operand) -> exp.Expr:
    """Two operands joined by a binary operator, in brackets."""
    return exp.Paren(this=kind(this=_node(first), expression=_node(second)))


def between(column: exp.Expr, low: exp.Expr, high: exp.Expr) -> exp.Expr:
    """``low <= column < high``."""
    return exp.and_(
        exp.GTE(this=column.copy(), expression=low.copy()),
        exp.LT(this=column.copy(), expression=high.copy()),
    )


def matches(column: exp.Expr, pattern: str) -> exp.Expr:
    """Whether the whole value matches a regular expression."""
    return call("regexp_full_match", column, pattern)


def is_null(column: exp.Expr) -> exp.Expr:
    """``column IS NULL``."""
    return exp.Is(this=column.copy(), expression=exp.Null())
