"""In which territories the orders of a selection lie, for their holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from sqlglot import exp

from analysis.calendars import days_off, territory_of
from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.chosen import chosen
from analysis.metrics.expressions import ORDERS
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection

_TELLING: Final = ("country", "timezone")
_COUNT: Final = "orders"


def territories(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
) -> Mapping[str, float]:
    """Share of the orders in each territory, by its code of ISO 3166.

    The country of an order tells it, else its time zone, else the time zone of the
    dataset; where none of them does, the name of its city may.

    Args:
        dataset: A published version.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.

    Returns:
        Shares, 0 to 1, the largest first; orders of unknown places are in none.

    Raises:
        MissingField: if the dataset lacks a column that the selection needs.
    """
    own = territory_of(timezone=dataset.timezone)
    columns = [name for name in _TELLING if dataset.has(ORDERS, name)]
    if not columns and own is None and dataset.has(ORDERS, "city"):
        columns = ["city"]
    if not columns:
        return {own: 1.0} if own else {}
    query = territories_query(dataset, columns, selection=selection, period=period)
    found = dataset.engine.run(query).to_pandas()
    counts: dict[str, float] = {}
    for row in found.to_dict("records"):
        texts = {name: _text(row[name]) for name in columns}
        there = territory_of(**texts) or own
        if there:
            counts[there] = counts.get(there, 0.0) + row[_COUNT]
    total = float(found[_COUNT].sum())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {there: count / total for there, count in ranked}


def holidays_of(
    dataset: Dataset, *, period: Period, selection: Selection | None = None
) -> frozenset[date]:
    """Days that are a holiday for a good part of the orders of a selection.

    Where they lie in several territories, a day counts if it is a holiday for a third
    of all their orders: a common effect of the holidays is looked for in their sum,
    and the national day of a few orders has none in it.

    Args:
        dataset: A published version.
        period: First and last day.
        selection: Which orders; all if None, its period is not used.

    Raises:
        MissingField: if the dataset lacks a column that the selection needs.
    """
    orders = replace(selection or Selection(), period=None)
    shares = territories(dataset, selection=orders)
    return days_off(shares, period.first, period.last)


def territories_query(
    dataset: Dataset,
    columns: list[str],
    *,
    selection: Selection | None = None,
    period: Period | None = None,
) -> exp.Select:
    """Orders of each place by the columns that tell its territory."""
    values: dict[str, exp.Expr] = {name: trees.column(name, ORDERS) for name in columns}
    rows = chosen(dataset, values, selection=selection, period=period).subquery("rows")
    keys = [trees.column(name) for name in columns]
    count = trees.named(exp.Count(this=exp.Star(), big_int=True), _COUNT)
    return exp.select(*(key.copy() for key in keys), count).from_(rows).group_by(*keys)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
