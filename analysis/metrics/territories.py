"""In which territories the orders of a selection lie, for their holidays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import pandas as pd
from sqlglot import exp

from analysis.calendars import days_off, territory_of
from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.chosen import chosen
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import ORDERS
from analysis.metrics.periods import Period
from analysis.metrics.selection import Scalar, Selection

#: What tells it before the time zone of the dataset is asked.
_TELLING: Final = ("country", "timezone")
_CITY, _UNIT, _TERRITORY, _COUNT = "city", "unit", "territory", "orders"


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
    if not _columns(dataset, own):
        return {own: 1.0} if own else {}
    return shares_of(territory_orders(dataset, selection=selection, period=period))


def territory_orders(
    dataset: Dataset,
    *,
    unit: exp.Expr | None = None,
    selection: Selection | None = None,
    period: Period | None = None,
) -> pd.DataFrame:
    """Orders in each territory, which is told as ``territories`` says.

    Args:
        dataset: A published version.
        unit: What to count by besides, over the orders table.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.

    Returns:
        ``unit`` as a text (empty without one), ``territory`` (None where nothing tells
        it) and ``orders``.

    Raises:
        MissingField: if the dataset lacks a column that the selection needs.
    """
    own = territory_of(timezone=dataset.timezone)
    columns = _columns(dataset, own)
    query = territories_query(
        dataset, columns, unit=unit, selection=selection, period=period
    )
    found = dataset.engine.run(query).to_pandas()
    told = [_told(row, own) for row in found[columns].to_dict("records")]
    table = found[[_UNIT, _COUNT]].assign(**{_TERRITORY: told})
    return table[[_UNIT, _TERRITORY, _COUNT]]


def shares_of(table: pd.DataFrame) -> Mapping[str, float]:
    """Share of the orders in each territory, the largest first.

    Args:
        table: Rows of ``territory_orders``.
    """
    counts = table.groupby(_TERRITORY)[_COUNT].sum()
    total = float(table[_COUNT].sum())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return {str(there): float(count) / total for there, count in ranked}


def _columns(dataset: Dataset, own: str | None) -> list[str]:
    """Columns that can tell the territory of an order."""
    asked = (*_TELLING, _CITY) if own is None else _TELLING
    return [name for name in asked if dataset.has(ORDERS, name)]


def _told(row: Mapping[Hashable, object], own: str | None) -> str | None:
    texts = {str(name): value for name, value in row.items() if isinstance(value, str)}
    city = texts.pop(_CITY, None)
    return territory_of(**texts) or own or territory_of(city=city)


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


def territories_by(
    dataset: Dataset, names: Sequence[str], *, selection: Selection | None = None
) -> Mapping[tuple[Scalar, ...], Mapping[str, float]]:
    """Share of the orders in each territory, of all values of some dimensions at once.

    Args:
        dataset: A published version.
        names: Dimensions.
        selection: Which orders; all if None.

    Returns:
        Shares as ``territories`` gives them, by the values of the dimensions.

    Raises:
        UnknownName: if there is no such dimension.
        MissingField: if the dataset lacks a column that is needed.
    """
    own = territory_of(timezone=dataset.timezone)
    columns = _columns(dataset, own)
    if not columns and not names:
        return {(): {own: 1.0} if own else {}}
    keys = {f"key_{place}": dimension(dataset, name).expression.copy()
            for place, name in enumerate(names, 1)}  # fmt: skip
    query = _counted(dataset, keys, columns, selection=selection)
    found = dataset.engine.run(query).to_pandas()
    orders: dict[tuple[Scalar, ...], Counter[str]] = {}
    total: Counter[tuple[Scalar, ...]] = Counter()
    for row in found.to_dict("records"):
        values = tuple(row[key] for key in keys)
        total[values] += row[_COUNT]
        there = _told({name: row[name] for name in columns}, own)
        if there is not None:
            orders.setdefault(values, Counter())[there] += row[_COUNT]
    return {
        values: {there: count / total[values] for there, count in counts.most_common()}
        for values, counts in orders.items()
    }


def territories_query(
    dataset: Dataset,
    columns: list[str],
    *,
    unit: exp.Expr | None = None,
    selection: Selection | None = None,
    period: Period | None = None,
) -> exp.Select:
    """Orders of each unit and place by the columns that tell its territory."""
    own = exp.Literal.string("") if unit is None else exp.cast(unit.copy(), "VARCHAR")
    return _counted(dataset, {_UNIT: own}, columns, selection=selection, period=period)


def _counted(
    dataset: Dataset,
    keys: Mapping[str, exp.Expr],
    columns: Sequence[str],
    *,
    selection: Selection | None,
    period: Period | None = None,
) -> exp.Select:
    """Orders by keys and by the columns that tell a territory."""
    values = {**keys, **{name: trees.column(name, ORDERS) for name in columns}}
    rows = chosen(dataset, values, selection=selection, period=period).subquery("rows")
    groups = [trees.column(name) for name in values]
    count = trees.named(exp.Count(this=exp.Star(), big_int=True), _COUNT)
    chosen_values = (group.copy() for group in groups)
    return exp.select(*chosen_values, count).from_(rows).group_by(*groups)
