"""Which rows belong to which: links between the tables of a draft."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from analysis.orders.mapping import (
    DETAILS,
    LOOKUP,
    ColumnMapping,
    Link,
    Mapping,
    TableMapping,
)  # fmt: skip
from analysis.orders.schema import normalise_header

#: Fields that name one row elsewhere, with the table whose rows they name.
KEYS = {
    "order_id": "orders",
    "contact_id": "contacts",
    "rider_id": "riders",
    "merchant_id": "merchants",
    "customer_id": "customers",
}


def linked(
    proposal: Mapping, *, unique: Collection[tuple[str, str]] | None = None
) -> Mapping:
    """The mapping with all links between its tables that their keys allow.

    Args:
        proposal: Tables and columns; its links are replaced.
        unique: Pairs of table id and column that name the rows of a table to look up;
            None if that is not known. Tables of the order model keep one row a key.
    """
    found = tuple(
        Link(table.table, column.column, other.table, key)
        for table in proposal.tables
        for other in proposal.tables
        if table is not other
        for column, key in _shared_keys(table, other)
        if unique is None or other.target != LOOKUP or (other.table, key) in unique
    )
    return replace(proposal, links=_without_circles(found))


def _shared_keys(
    table: TableMapping, other: TableMapping
) -> Iterator[tuple[ColumnMapping, str]]:
    """Columns of ``table`` that name a row of ``other``, with the column there."""
    for column in table.columns:
        key = _key_of(column, other)
        if key is not None and not _is_own_key(column, table):
            yield column, key


def _key_of(column: ColumnMapping, other: TableMapping) -> str | None:
    if column.use == "field" and KEYS.get(column.field) == other.target:
        found = other.of_field(column.field)
        return found.column if found else None
    if other.target != LOOKUP:
        return None
    name = normalise_header(column.column)
    same = (item.column for item in other.columns)
    return next((key for key in same if normalise_header(key) == name), None)


def _is_own_key(column: ColumnMapping, table: TableMapping) -> bool:
    """Whether the column names the rows of its own table."""
    return KEYS.get(column.field) == table.target and column.use == "field"


def _without_circles(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Two lookups that share a key would point at each other: keep the first."""
    kept: list[Link] = []
    for link in links:
        if not any((old.table, old.to) == (link.to, link.table) for old in kept):
            kept.append(link)
    return tuple(kept)


def reaches_orders(mapping: Mapping, table: TableMapping) -> bool:
    """Whether the rows of a table can be joined to orders."""
    starts = (*mapping.targeting("orders"), *mapping.targeting(DETAILS))
    found = {start.table for start in starts}
    found |= {link.to for start in starts for link in lookups(mapping, start)}
    return table.table in found


def lookups(mapping: Mapping, entry: TableMapping) -> tuple[Link, ...]:
    """Links to the tables that rows look up, and to those looked up in turn.

    Each table is reached once, so that no circle and no second path repeats it.
    """
    reached, queue, found = {entry.table}, [entry.table], []
    for table in queue:
        for link in mapping.links_of(table):
            if link.to not in reached and _is_lookup(mapping, link):
                reached.add(link.to)
                queue.append(link.to)
                found.append(link)
    return tuple(found)


def _is_lookup(mapping: Mapping, link: Link) -> bool:
    own = mapping.table(link.table).column(link.column)
    other = mapping.table(link.to)
    key = other.column(link.to_column)
    return other.target == LOOKUP and "ignore" not in {own.use, key.use}
