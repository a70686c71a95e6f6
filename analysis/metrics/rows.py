"""The orders behind a number, and what is attached to one order."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, UnknownName
from analysis.metrics import trees
from analysis.metrics.dimensions import dimension, dimensions_of
from analysis.metrics.expressions import (
    DIMENSION_KEYS,
    ORDERS,
    Scope,
    data_end,
    require,
)
from analysis.metrics.filters import filters_of
from analysis.metrics.joins import joined
from analysis.metrics.query import within
from analysis.metrics.registry import load_registry
from analysis.metrics.selection import Selection
from analysis.words import N_

MAX_ROWS = 10_000

#: Shown where no columns are named, as far as the dataset has them.
USUAL = (
    "order_id", "created_at", "city", "zone", "merchant_name", "merchant_id",
    "rider_id", "status", "promised_at", "delivered_at", "minutes_late",
)  # fmt: skip


def rows(
    dataset: Dataset,
    selection: Selection | None = None,
    *,
    columns: Sequence[str] = (),
    order: Sequence[str] = (),
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """Orders of a selection, one row each, a page at a time.

    Args:
        dataset: A published version.
        selection: Which orders; all if None.
        columns: Columns of the orders table, dimensions, or figures of an order such
            as ``minutes_late``; the usual ones if empty.
        order: Names to sort by, descending with a leading ``-``; missing values come
            last, and orders that tie stay in the order of time.
        limit: At most this many, up to 10,000.
        offset: How many to skip.

    Returns:
        ``order_no`` and the columns named; times are naive UTC.

    Raises:
        UnknownName: if there is no such column.
        MissingField: if a column is computed from others that the dataset has not.
        InvalidInput: if limit or offset is out of bounds.
    """
    query = _page(
        dataset, selection or Selection(), columns, order, limit=limit, offset=offset
    )
    return dataset.engine.run(query).to_pandas()


def rows_sql(
    dataset: Dataset,
    selection: Selection | None = None,
    *,
    columns: Sequence[str] = (),
    order: Sequence[str] = (),
    limit: int = 100,
    offset: int = 0,
) -> str:
    """The SQL that ``rows`` runs for the same arguments, which see."""
    query = _page(
        dataset, selection or Selection(), columns, order, limit=limit, offset=offset
    )
    return dataset.engine.sql(query)


def _page(
    dataset: Dataset,
    chosen: Selection,
    columns: Sequence[str],
    order: Sequence[str],
    *,
    limit: int,
    offset: int,
) -> exp.Select:
    """The query of one page."""
    _require_page(limit, offset)
    named = [name for name in (columns or _usual(dataset)) if name != "order_no"]
    values = {name: order_value(dataset, name) for name in dict.fromkeys(named)}
    keys = [_ordered(dataset, name) for name in order]
    filters = list(filters_of(dataset, chosen))
    if chosen.period is not None:
        require(dataset, "local_date")
        filters.append(within(chosen.period))
    query = exp.select(
        _number(), *(trees.named(value, name) for name, value in values.items())
    )
    query = joined(
        query.from_(trees.table(ORDERS)), ORDERS, [*values.values(), *keys, *filters]
    )
    query = query.where(*filters) if filters else query
    query = query.order_by(*keys, trees.last_nulls(_number()))
    return query.limit(limit).offset(offset)


def related(dataset: Dataset, order: int | str, table: str) -> pd.DataFrame:
    """What a table has on one order.

    Args:
        dataset: A published version.
        order: Its ``order_no``, or its ``order_id`` as text.
        table: A related table, or one of people or places, or ``orders`` itself.

    Returns:
        All columns of the rows, in the order of their first time.

    Raises:
        UnknownName: if the version has no such table.
        MissingField: if the table cannot be joined to orders.
    """
    found = dataset.table(table)
    this = exp.EQ(
        this=trees.column("order_id" if isinstance(order, str) else "order_no", ORDERS),
        expression=exp.convert(order),
    )
    query = exp.select("*").from_(trees.table(table))
    if table == ORDERS:
        return dataset.engine.run(query.where(this).limit(1)).to_pandas()
    key = DIMENSION_KEYS.get(table, "order_no")
    require(dataset, key)
    require(dataset, key, table=table)
    query = query.where(
        exp.EQ(this=trees.column(key, table), expression=_key_of(order, key, this))
    )
    times = [name for name, item in found.columns.items() if item.type == "time"]
    for name in times[:1]:
        query = query.order_by(trees.last_nulls(trees.column(name, table)))
    return dataset.engine.run(query).to_pandas()


def _key_of(order: int | str, key: str, this: exp.Expr) -> exp.Expr:
    """The key of an order; its number itself, so that only its rows are read."""
    if isinstance(order, int) and key == "order_no":
        return exp.convert(order)
    one = exp.select(trees.column(key, ORDERS)).from_(trees.table(ORDERS))
    return one.where(this).subquery()


def _usual(dataset: Dataset) -> list[str]:
    scope = Scope(dataset)
    return [name for name in USUAL if not scope.missing(name)]


def order_value(dataset: Dataset, name: str) -> exp.Expr:
    """A column, a dimension or a figure of the order, by name."""
    terms = load_registry().terms[ORDERS]
    if name not in dataset.fields and name in terms:
        settings = {"data_end": data_end(dataset)}
        return Scope(dataset, settings).bind(name)
    try:
        return dimension(dataset, name).expression
    except UnknownName as error:
        known = {*dataset.fields, *terms, *dimensions_of(dataset)}
        raise UnknownName.of("column", name, known) from error


def _ordered(dataset: Dataset, name: str) -> exp.Ordered:
    value = order_value(dataset, name.removeprefix("-"))
    return trees.last_nulls(value, descending=name.startswith("-"))


def _require_page(limit: int, offset: int) -> None:
    if not 1 <= limit <= MAX_ROWS or offset < 0:
        raise InvalidInput(
            N_("A page of {limit} rows from row {offset} cannot be read."),
            hint=N_("Read 1 to {most} rows, from row 0 on."),
            limit=limit,
            offset=offset,
            most=MAX_ROWS,
        )


def _number() -> exp.Column:
    return trees.column("order_no", ORDERS)
