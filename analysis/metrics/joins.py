"""Joins that cannot multiply: what is related to orders, people and places."""

from __future__ import annotations

from sqlglot import exp

from analysis.metrics import trees
from analysis.metrics.expressions import DIMENSION_KEYS, ORDERS


def joined(query: exp.Select, table: str, values: list[exp.Expr]) -> exp.Select:
    """Join to a query what its expressions read beside its own table, always n:1.

    Args:
        query: Selects from ``table``.
        table: Orders, or a related table with an ``order_no``.
        values: Every expression of the query.
    """
    read = [column for value in values for column in value.find_all(exp.Column)]
    tables = {column.table for column in read}
    if table != ORDERS and tables - {table}:
        query = query.join(
            trees.table(ORDERS), on=_same(table, ORDERS, "order_no"), copy=False
        )
    for place, key in DIMENSION_KEYS.items():
        if place in tables and place != table:
            names = {column.name for column in read if column.table == place}
            once = _one_a_key(place, key, sorted(names - {key}))
            on = _same(ORDERS, place, key)
            query = query.join(once, on=on, join_type="left", copy=False)
    return query


def _one_a_key(table: str, key: str, names: list[str]) -> exp.Subquery:
    """A table of people or places with one row a key, whatever was brought in."""
    first = [trees.named(exp.Min(this=trees.column(name)), name) for name in names]
    chosen = exp.select(trees.column(key), *first).from_(trees.table(table))
    return chosen.group_by(trees.column(key)).subquery(
        exp.to_identifier(table, quoted=True)
    )


def _same(left: str, right: str, key: str) -> exp.Expr:
    return exp.EQ(this=trees.column(key, left), expression=trees.column(key, right))
