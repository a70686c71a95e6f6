"""Zones and cities as units: told apart by the wider place where names repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem
from analysis.metrics import trees
from analysis.metrics.expressions import ORDERS
from analysis.metrics.filters import filters_of
from analysis.metrics.joins import joined
from analysis.metrics.measure import measure
from analysis.metrics.selection import Selection
from analysis.words import N_

#: What a place lies in, the nearest first.
WIDER: Final[Mapping[str, tuple[str, ...]]] = {
    "zone": ("city", "region", "country"), "city": ("region", "country"),
}  # fmt: skip
BETWEEN: Final = " / "


@dataclass(frozen=True, slots=True)
class Places:
    """How places of one kind are told apart.

    Attributes:
        column: ``zone`` or ``city``.
        columns: The columns that name a place, the widest first; only ``column`` where
            no name repeats.
        full: Full names by the bare one, as far as they differ.
    """

    column: str
    columns: tuple[str, ...]
    full: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def repeat(self) -> bool:
        """Whether a name stands for several places."""
        return len(self.columns) > 1

    @property
    def expression(self) -> exp.Expr:
        """The full name of an order's place; NULL where the place itself is."""
        own = trees.column(self.column, ORDERS)
        if not self.repeat:
            return own
        parts = [exp.cast(trees.column(one, ORDERS), "VARCHAR") for one in self.columns]
        whole = exp.func("CONCAT_WS", exp.Literal.string(BETWEEN), *parts)
        known = exp.Not(this=exp.Is(this=own, expression=exp.null()))
        return exp.Case(ifs=[exp.If(this=known, true=whole)])

    def named(self, name: object) -> str:
        """The full name of a place that somebody named, in full or bare.

        Raises:
            DataProblem: the bare name stands for several places.
        """
        found = self.full.get(str(name), ())
        if len(found) > 1:
            raise DataProblem(
                N_("{name} is the name of {count} places: {seen}."),
                hint=N_("Write it in full, or select one of them."),
                name=name,
                count=len(found),
                seen=", ".join(found),
            )
        return found[0] if found else str(name)


def places_of(
    dataset: Dataset, column: str, filters: Sequence[exp.Expr] = ()
) -> Places:
    """How the places of some orders are told apart.

    A zone of one name in two cities is two zones, a city of one name in two countries
    two cities.

    Args:
        dataset: What is read.
        column: ``zone`` or ``city``.
        filters: Which orders.
    """
    wider = [one for one in WIDER[column] if one in dataset.fields]
    if not wider or column not in dataset.fields:
        return Places(column, (column,))
    table = _named_together(dataset, [column, *wider], filters)
    columns = [column]
    for one in wider:
        # A missing wider place is no other one.
        known = table.dropna(subset=one).drop_duplicates([*columns, one])
        if known.duplicated(columns).any():
            columns.append(one)
    columns.reverse()
    if len(columns) == 1:
        return Places(column, (column,))
    return Places(column, tuple(columns), _full_names(table, columns))


def _named_together(
    dataset: Dataset, columns: Sequence[str], filters: Sequence[exp.Expr]
) -> pd.DataFrame:
    chosen = [trees.column(name, ORDERS) for name in columns]
    query = trees.select([*chosen], trees.table(ORDERS))
    query = joined(query, ORDERS, [*chosen, *filters])
    query = query.where(*(item.copy() for item in filters)).distinct()
    return dataset.engine.run(query).to_pandas().dropna(subset=columns[0])


def _full_names(
    table: pd.DataFrame, columns: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    texts = table[list(columns)].drop_duplicates().astype("object")
    found: dict[str, list[str]] = {}
    for row in texts.itertuples(index=False):
        whole = BETWEEN.join(str(part) for part in row if not pd.isna(part))
        found.setdefault(str(row[-1]), []).append(whole)
    return {name: tuple(sorted(names)) for name, names in found.items()}


def place_names(dataset: Dataset, column: str, selection: Selection) -> list[str]:
    """Places of some orders by their full names, those with the most orders first.

    Args:
        dataset: What is read.
        column: ``zone`` or ``city``.
        selection: Which orders.
    """
    found = places_of(dataset, column, filters_of(dataset, selection))
    table = measure(dataset, "orders", by=found.columns, selection=selection)
    table = table.dropna(subset=column).sort_values("orders", ascending=False)
    texts = table[list(found.columns)].astype("object").itertuples(index=False)
    return [
        BETWEEN.join(str(part) for part in row if not pd.isna(part)) for row in texts
    ]


def in_full(places: Places, names: Iterable[object]) -> list[str]:
    """Full names of several places."""
    return [places.named(name) for name in names]
