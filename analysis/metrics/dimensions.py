"""Dimensions to group and filter orders by: columns, derived ones, people, places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from analysis.engine.dataset import Column, ColumnType, Dataset
from analysis.errors import UnknownName
from analysis.files import read_yaml
from analysis.metrics.experience import (
    EXPERIENCE,
    LABEL,
    LEAVES,
    experience,
    is_told,
)
from analysis.metrics.expressions import (
    DIMENSION_KEYS,
    ORDERS,
    Scope,
    missing_field,
)
from analysis.metrics.registry import Pair

#: A column with more distinct values is not offered as a dimension, but may be one.
MAX_DIMENSION_VALUES = 200


class Derived(BaseModel):
    """A dimension computed from the order, see ``dimensions.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Pair
    type: ColumnType
    expressions: tuple[str, ...]
    values: tuple[str | int, ...] = ()


class Hierarchy(BaseModel):
    """Dimensions that lie inside one another, widest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Pair
    levels: tuple[str, ...]


class Catalogue(BaseModel):
    """Everything ``dimensions.yaml`` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    derived: dict[str, Derived]
    hierarchies: dict[str, Hierarchy]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a dataset.

    Attributes:
        name: How it is asked for: a column's name, a derived dimension's, or
            ``riders.vehicle`` for a column of a table of people or places.
        type: What its values are.
        expression: Its value, over the orders table and tables joined n:1.
        label: Its name in English and Chinese; a column's own name where it is a
            column, since the order model names its fields.
        kind: ``column``, ``derived`` or ``joined``.
        values: Its values in the order in which they are shown, where they are known.
    """

    name: str
    type: ColumnType
    expression: exp.Expr
    label: Pair
    kind: str
    values: tuple[str | int, ...] = ()


@cache
def load_catalogue() -> Catalogue:
    """Read and validate ``dimensions.yaml``."""
    path = Path(__file__).with_name("dimensions.yaml")
    return Catalogue.model_validate(read_yaml(path))


def dimension(dataset: Dataset, name: str) -> Dimension:
    """Find a dimension by name; a column of the orders table comes first.

    Raises:
        UnknownName: if there is none of that name.
        MissingField: if it is derived from columns that the dataset has not.
    """
    column = dataset.fields.get(name)
    if column is not None:
        return _column(column, ORDERS, name)
    derived = load_catalogue().derived.get(name)
    if derived is not None:
        return _derived(dataset, name, derived)
    if name == EXPERIENCE:
        leaf = experience(dataset)
        return Dimension(name, "text", leaf, LABEL, "derived", LEAVES)
    table, _, field = name.partition(".")
    if table in DIMENSION_KEYS and dataset.has(table, field, DIMENSION_KEYS[table]):
        dataset.require(DIMENSION_KEYS[table])
        return _column(dataset.table(table).columns[field], table, name)
    raise UnknownName.of("dimension", name, dimensions_of(dataset))


def dimensions_of(dataset: Dataset) -> dict[str, Dimension]:
    """The dimensions worth offering: few values, or a level of a hierarchy."""
    levels = {level for item in hierarchies_of(dataset).values() for level in item}
    names = [
        name
        for name, column in dataset.fields.items()
        if _is_offered(column) or name in levels
    ]
    names += [name for name in load_catalogue().derived if _is_there(dataset, name)]
    names += [EXPERIENCE] * is_told(dataset)
    names += [
        f"{table}.{name}"
        for table, key in DIMENSION_KEYS.items()
        if dataset.has(table, key) and dataset.has(ORDERS, key)
        for name, column in dataset.table(table).columns.items()
        if _is_offered(column)
    ]
    return {name: dimension(dataset, name) for name in dict.fromkeys(names)}


def hierarchies_of(dataset: Dataset) -> Mapping[str, tuple[str, ...]]:
    """Levels of each hierarchy that the dataset has, widest first."""
    found = {
        name: tuple(level for level in item.levels if _is_there(dataset, level))
        for name, item in load_catalogue().hierarchies.items()
    }
    return {name: levels for name, levels in found.items() if levels}


def _is_there(dataset: Dataset, name: str) -> bool:
    if name in dataset.fields:
        return True
    derived = load_catalogue().derived.get(name)
    return derived is not None and any(
        not Scope(dataset).missing(text) for text in derived.expressions
    )


def _is_offered(column: Column) -> bool:
    grouping = column.type in ("text", "flag") or column.kind == "dimension"
    own = column.kind in ("field", "dimension")
    return own and grouping and 1 <= column.distinct <= MAX_DIMENSION_VALUES


def _column(column: Column, table: str, name: str) -> Dimension:
    expression = exp.column(column.name, table=table, quoted=True)
    kind = "column" if table == ORDERS else "joined"
    return Dimension(name, column.type, expression, (name, name), kind)


def _derived(dataset: Dataset, name: str, derived: Derived) -> Dimension:
    scope = Scope(dataset, {"timezone": dataset.timezone})
    for text in derived.expressions:
        if not scope.missing(text):
            bound = scope.bind(text)
            kind = "derived"
            return Dimension(
                name, derived.type, bound, derived.label, kind, derived.values
            )
    raise missing_field(dataset, scope.missing(derived.expressions[0]))
