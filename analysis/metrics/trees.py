"""Small pieces of SQL trees; every identifier is quoted."""

from __future__ import annotations

from sqlglot import exp


def column(name: str, table: str | None = None) -> exp.Column:
    """A column, of a table where one is named."""
    return exp.column(name, table=table, quoted=True)


def table(name: str) -> exp.Table:
    """A table by name."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def named(value: exp.Expr, name: str) -> exp.Expr:
    """A value under a name."""
    return exp.alias_(value, exp.to_identifier(name, quoted=True))


def last_nulls(value: exp.Expr, *, descending: bool = False) -> exp.Ordered:
    """A value to sort by, missing ones last."""
    return exp.Ordered(this=value, desc=descending, nulls_first=False)
