"""Zones and cities as units: told apart by the wider place where names repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem
from analysis.metrics import trees
from analysis.metrics.chosen import distinct
from analysis.metrics.expressions import ORDERS
from analysis.metrics.filters import filters_of
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
        columns: The columns that name a place whose name repeats, the widest first;
            only ``column`` where none does.
        full: What places are called by their bare name, and by the full one where the
            bare one is enough.
        repeating: Bare names of several places.
    """

    column: str
    columns: tuple[str, ...]
    full: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeating: tuple[str, ...] = ()

    @property
    def repeat(self) -> bool:
        """Whether a name stands for several places."""
        return len(self.columns) > 1

    @property
    def expression(self) -> exp.Expr:
        """What an order's place is called; NULL where the place itself is.

        Where the wider place of a name that repeats is missing, nobody knows which one
        is meant: it stays apart under its bare name.
        """
        own = trees.column(self.column, ORDERS)
        if not self.repeat:
            return own
        text = exp.cast(own, "VARCHAR")
        whole: exp.Expr = text.copy()
        for name in reversed(self.columns[:-1]):
            whole = exp.DPipe(this=_before(name), expression=whole)
        names = [exp.Literal.string(name) for name in self.repeating]
        several = exp.In(this=text, expressions=names)
        return exp.Case(ifs=[exp.If(this=several, true=whole)], default=text.copy())

    def called(self, row: Sequence[object]) -> str:
        """What the place is called that ``columns`` name in a row."""
        if str(row[-1]) not in self.repeating:
            return str(row[-1])
        return _whole(row)

    def named(self, name: object) -> str:
        """What a place is called that somebody named, in full or bare.

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
    read = {name: trees.column(name, ORDERS) for name in (column, *wider)}
    table = distinct(dataset, read, filters=filters).dropna(subset=column)
    columns = [column]
    for one in wider:
        # A missing wider place is no other one.
        known = table.dropna(subset=one).drop_duplicates([*columns, one])
        if known.duplicated(columns).any():
            columns.append(one)
    if len(columns) == 1:
        return Places(column, (column,))
    counts = table.groupby(column)[columns[1:]].nunique()
    several = counts.index[(counts > 1).any(axis=1)]
    repeating = tuple(sorted(str(name) for name in several))
    columns.reverse()
    bare = Places(column, tuple(columns), repeating=repeating)
    return replace(bare, full=_names(table, bare))


def _names(table: pd.DataFrame, places: Places) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for row in _rows(table, places):
        called = places.called(row)
        found.setdefault(str(row[-1]), set()).add(called)
        found.setdefault(_whole(row), set()).add(called)
    return {name: tuple(sorted(names)) for name, names in found.items()}


def _rows(table: pd.DataFrame, places: Places) -> list[tuple[object, ...]]:
    texts = table[list(places.columns)].drop_duplicates().astype("object")
    return list(texts.itertuples(index=False, name=None))


def _before(wider: str) -> exp.Expr:
    """The wider place in front of a name; nothing where it is missing."""
    known = exp.cast(trees.column(wider, ORDERS), "VARCHAR")
    text = exp.DPipe(this=known, expression=exp.Literal.string(BETWEEN))
    return exp.func("COALESCE", text, exp.Literal.string(""))


def _whole(row: Sequence[object]) -> str:
    return BETWEEN.join(str(part) for part in row if not pd.isna(part))  # type: ignore[call-overload]


def place_names(dataset: Dataset, column: str, selection: Selection) -> list[str]:
    """Places of some orders by what they are called, those with the most orders first.

    Args:
        dataset: What is read.
        column: ``zone`` or ``city``.
        selection: Which orders.
    """
    found = places_of(dataset, column, filters_of(dataset, selection))
    table = measure(dataset, "orders", by=found.columns, selection=selection)
    table = table.dropna(subset=column)
    sums = table["orders"].groupby(full_names(table, found).to_numpy()).sum()
    sums = sums.sort_values(ascending=False)
    # Orders of a name that repeats, without the wider place, are of no one place.
    return [str(name) for name in sums.index if name not in found.repeating]


def full_names(table: pd.DataFrame, places: Places) -> pd.Series:
    """What the places of a table are called, which the form and the panels share.

    Args:
        table: Has the columns of ``places``.
        places: How its places are told apart.

    Returns:
        A text per row; missing where the place itself is.
    """
    rows = table[list(places.columns)].astype("object").itertuples(index=False)
    names = [places.called(tuple(row)) for row in rows]
    made = pd.Series(names, index=table.index, dtype="object")
    return made.where(table[places.column].notna(), None)


def in_full(places: Places, names: Iterable[object]) -> list[str]:
    """Full names of several places."""
    return [places.named(name) for name in names]
