"""Files with a row for every rider asked: the same rows as orders and as offers."""

from __future__ import annotations

from dataclasses import replace

from analysis.orders.columns import ColumnMapping, TableMapping
from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping

#: Behind the id of the staged table that is read a second time, as offers.
TWIN = "_offers"


def doubled(draft: Draft, mapping: Mapping) -> tuple[Draft, Mapping]:
    """Draft and mapping with the table of orders once more, as a table of offers.

    Where a row is an order both stay as they are.
    """
    if mapping.grain == "order" or mapping.offers is None:
        return draft, mapping
    entry = mapping.orders
    staged = draft.table(entry.table)
    twin = replace(staged, id=staged.id + TWIN, ragged=None, ragged_rows=0)
    columns = tuple(
        _like(item, entry.column(item.column)) for item in mapping.offers.columns
    )
    offers = replace(mapping.offers, table=twin.id, target="offers", columns=columns)
    return (
        replace(draft, tables=(*draft.tables, twin)),
        replace(mapping, tables=(*mapping.tables, offers)),
    )


def _like(item: ColumnMapping, order: ColumnMapping) -> ColumnMapping:
    """A column of the offers, read and protected as it is for the orders."""
    is_same = item.reading.type == order.reading.type
    return replace(
        item,
        reading=order.reading if is_same else item.reading,
        personal=order.personal,
        keep_personal=order.keep_personal,
    )


def twin_of(mapping: Mapping) -> TableMapping | None:
    """The offers in the rows of the orders, in a mapping that is doubled."""
    orders = next(iter(mapping.targeting("orders")), None)
    wanted = orders and orders.table + TWIN
    return next((entry for entry in mapping.tables if entry.table == wanted), None)


def single(mapping: Mapping) -> Mapping:
    """The mapping as it was before it was doubled."""
    twin = twin_of(mapping)
    tables = tuple(entry for entry in mapping.tables if entry is not twin)
    return replace(mapping, tables=tables)
