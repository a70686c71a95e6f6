"""Files with several rows an order, and tables in which rows look names up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from analysis.orders.building import trees
from analysis.orders.building.assemble import (
    Joined,
    Published,
    join_of,
    kind_of,
    origin_of,
    typed,
)
from analysis.orders.building.names import free_names, shown
from analysis.orders.building.rules import by_rule
from analysis.orders.columns import ColumnMapping, TableMapping
from analysis.orders.links import lookups
from analysis.orders.mapping import Link, Mapping

#: The table of details in its query.
DETAIL = "d"


def details_query(
    mapping: Mapping, entry: TableMapping, taken: Iterable[str]
) -> tuple[exp.Select, tuple[Published, ...]]:
    """One row an order from a table with several, by the rule of each column.

    Args:
        mapping: The whole mapping, for lookups that the table names.
        entry: The table, whose target is ``details``.
        taken: Names that the orders already have.

    Returns:
        The query (``order_id`` and the columns) and the columns it adds.
    """
    key = trees.column("order_id", DETAIL)
    items = list(_items(mapping, entry))
    names = free_names([item.field for item, _, _ in items], taken)
    found = exp.select(trees.aliased(key.copy(), "order_id"))
    found = found.from_(exp.alias_(typed(entry.table), DETAIL, table=True))
    for link in lookups(mapping, entry):
        found = found.join(join_of(_looked_up(mapping, entry, link, DETAIL, ())))
    columns = []
    for (item, tree, title), name in zip(items, names, strict=True):
        value = by_rule(tree, item.rule, DETAIL)
        found = found.select(trees.aliased(value, name))
        origin = f"{shown(item.column)} ({title}, {item.rule})"
        columns.append(Published(name, trees.column(name), kind_of(item), origin))
    present = exp.Is(this=key.copy(), expression=exp.Null()).not_()
    return found.where(present).group_by(key), tuple(columns)


def _items(
    mapping: Mapping, entry: TableMapping
) -> Iterator[tuple[ColumnMapping, exp.Expr, str]]:
    """Columns of the table and of its lookups, their trees and their file."""
    links = lookups(mapping, entry)
    keys = {"order_id", *(_field(mapping, link) for link in links)}
    for item in entry.used():
        if item.field not in keys:
            yield item, trees.column(item.field, DETAIL), entry.title
    for link in links:
        found = mapping.table(link.to)
        for item in _told(found, link):
            yield item, trees.column(item.field, link.to), found.title


def _field(mapping: Mapping, link: Link) -> str:
    return mapping.table(link.table).column(link.column).field


def _told(entry: TableMapping, link: Link) -> tuple[ColumnMapping, ...]:
    """What a table to look up says beside its key."""
    return tuple(item for item in entry.used() if item.column != link.to_column)


def orders_lookups(
    mapping: Mapping, entry: TableMapping, taken: Iterable[str]
) -> tuple[Joined, ...]:
    """Tables in which the orders themselves look names up, n:1.

    Args:
        mapping: The whole mapping.
        entry: The orders.
        taken: Names that the orders already have.
    """
    known = set(taken)
    found = []
    for link in lookups(mapping, entry):
        other = mapping.table(link.to)
        items = _told(other, link)
        names = free_names([item.field for item in items], known)
        known |= set(names)
        columns = tuple(
            Published(
                name, trees.column(item.field), kind_of(item), origin_of(item, other)
            )
            for item, name in zip(items, names, strict=True)
        )
        found.append(_looked_up(mapping, entry, link, "o", columns))
    return tuple(found)


def _looked_up(
    mapping: Mapping,
    entry: TableMapping,
    link: Link,
    alias: str,
    columns: tuple[Published, ...],
) -> Joined:
    key = mapping.table(link.to).column(link.to_column).field
    return Joined(
        source=unique_table(link.to, key),
        alias=link.to,
        key=key,
        on=_field(mapping, link),
        columns=columns,
        of=alias if link.table == entry.table else link.table,
    )


def unique_table(table: str, key: str) -> exp.Table:
    """Scratch table with one row a key, of a staged table that others look up."""
    return trees.scratch(f"unique_{table}_{key}")


def unique_query(table: str, key: str) -> exp.Select:
    """The first row of each key."""
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[trees.column(key)],
        order=exp.Order(expressions=[exp.column("rowid")]),
    )
    first = exp.EQ(this=number, expression=exp.Literal.number(1))
    found = exp.select("*").from_(typed(table)).where(trees.present(key))
    found.set("qualify", exp.Qualify(this=first))
    return found
