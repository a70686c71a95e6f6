"""Small pieces of SQL trees; every identifier is quoted."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp


def column(name: str, table: str | None = None) -> exp.Column:
    """A column, of a table where one is named."""
    return exp.column(name, table=table, quoted=True)


def table(name: str) -> exp.Table:
    """A table by name."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def named(value: exp.Expr, name: str) -> exp.Expr:
    """A value under a name; the value becomes part of the new tree."""
    return exp.alias_(value, exp.to_identifier(name, quoted=True), copy=False)


def select(values: Iterable[exp.Expr], source: exp.Expr) -> exp.Select:
    """Select values, which become part of the new tree; copies would cost more."""
    return exp.select(*values, copy=False).from_(source, copy=False)


def last_nulls(value: exp.Expr, *, descending: bool = False) -> exp.Ordered:
    """A value to sort by, missing ones last."""
    return exp.Ordered(this=value, desc=descending, nulls_first=False)
