"""Rows of the orders table that a selection chooses, for queries beside ``measure``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.expressions import ORDERS, require
from analysis.metrics.filters import filters_of
from analysis.metrics.joins import joined
from analysis.metrics.periods import Period
from analysis.metrics.query import within
from analysis.metrics.selection import Selection


def chosen(
    dataset: Dataset,
    values: Mapping[str, exp.Expr],
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    filters: Sequence[exp.Expr] = (),
) -> exp.Select:
    """Values of each order that is chosen, one row an order.

    Args:
        dataset: A published version.
        values: Expressions over the orders table and tables joined n:1, by name.
        selection: Which orders; all if None.
        period: First and last local day of creation; before that of the selection.
        filters: Further predicates.

    Raises:
        MissingField: if the dataset lacks a column that the selection needs.
    """
    narrowed = selection or Selection()
    days = period or narrowed.period
    held = [*filters_of(dataset, narrowed), *filters]
    if days is not None:
        require(dataset, "local_date")
        held.append(within(days))
    named = (trees.named(value.copy(), name) for name, value in values.items())
    query = trees.select(named, trees.table(ORDERS))
    query = joined(query, ORDERS, [*values.values(), *held])
    return query.where(*(item.copy() for item in held), copy=False) if held else query


def distinct(
    dataset: Dataset,
    values: Mapping[str, exp.Expr],
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    filters: Sequence[exp.Expr] = (),
    limit: int | None = None,
) -> pd.DataFrame:
    """Values of the orders that are chosen, each combination once, in no order.

    Args:
        dataset: A published version.
        values: Expressions as ``chosen`` takes them, by name.
        selection: Which orders; all if None.
        period: First and last local day of creation; before that of the selection.
        filters: Further predicates.
        limit: At most so many combinations.

    Returns:
        One column a value.

    Raises:
        MissingField: if the dataset lacks a column that the selection needs.
    """
    query = chosen(
        dataset, values, selection=selection, period=period, filters=filters
    ).distinct()
    query = query if limit is None else query.limit(limit)
    return dataset.engine.run(query).to_pandas()
