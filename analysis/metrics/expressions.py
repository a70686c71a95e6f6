"""Expressions of the registry, bound to the columns of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

import sqlglot
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import MissingField
from analysis.metrics import trees
from analysis.metrics.registry import Value, load_registry
from analysis.metrics.stages import minutes_between
from analysis.metrics.weekends import weekend_in_country, weekend_in_zone
from analysis.words import N_

ORDERS = "orders"

#: Key by which a table of people or places joins n:1 to orders.
DIMENSION_KEYS: Mapping[str, str] = {
    "riders": "rider_id",
    "merchants": "merchant_id",
    "customers": "customer_id",
}

#: What a column made at publishing is made from.
ORIGINS: Mapping[str, str] = {
    "local_date": "created_at",
    "local_hour": "created_at",
    "local_weekday": "created_at",
    "promised_date": "promised_at",
    "delivered_date": "delivered_at",
    "order_no": "order_id",
    "rider_no": "rider_id",
}

#: Times of an order that say until when the data were looked at.
OBSERVED = ("created_at", "delivered_at", "cancelled_at")

#: Functions of the registry that are no functions of SQL.
FUNCTIONS: Mapping[str, Callable[..., exp.Expr]] = {
    "minutes_between": minutes_between,
    "weekend_in_zone": weekend_in_zone,
    "weekend_in_country": weekend_in_country,
}

Missing = tuple[tuple[str, str], ...]
Settings = Mapping[str, "Value | exp.Expr"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names in an expression may stand for.

    Attributes:
        dataset: Whose columns there are.
        settings: What ``:name`` stands for.
        optional: Columns that are NULL where the dataset has not got them.
    """

    dataset: Dataset
    settings: Settings = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    def missing(self, text: str, table: str = ORDERS) -> Missing:
        """Columns an expression needs that the dataset has not, as (table, column)."""
        return tuple(dict.fromkeys(self._missing(_parsed(text), table)))

    def bind(self, text: str, table: str = ORDERS) -> exp.Expr:
        """The expression over the dataset's columns, each with its table, quoted.

        Raises:
            MissingField: if the dataset lacks a column of it.
        """
        missing = self.missing(text, table)
        if missing:
            raise missing_field(self.dataset, missing)
        return self._bind(parse(text), table)

    def _missing(self, tree: exp.Expr, table: str) -> Iterator[tuple[str, str]]:
        for column in tree.find_all(exp.Column):
            place = column.table or table
            terms = load_registry().terms.get(place, {}).get(column.name)
            if terms is not None:
                yield from self._best(terms, place)
            elif not self._is_there(place, column.name):
                yield place, column.name
            yield from self._missing_key(place, table)

    def _is_there(self, table: str, name: str) -> bool:
        return name in self.optional or self.dataset.has(table, name)

    def _missing_key(self, place: str, table: str) -> Iterator[tuple[str, str]]:
        """Keys of a join that the expression implies."""
        if place == table:
            return
        key = DIMENSION_KEYS.get(place, "order_no")
        sides = (ORDERS, place) if place in DIMENSION_KEYS else (table,)
        yield from ((side, key) for side in sides if not self.dataset.has(side, key))

    def _best(self, alternatives: tuple[str, ...], table: str) -> Missing:
        """What the alternative nearest to being there still lacks."""
        return min((self.missing(text, table) for text in alternatives), key=len)

    def _bind(self, tree: exp.Expr, table: str) -> exp.Expr:
        def replace(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column):
                return self._column(node, table)
            if isinstance(node, exp.Placeholder):
                return exp.convert(self.settings[node.name])
            if isinstance(node, exp.Anonymous) and node.name in FUNCTIONS:
                parts = (self._bind(part, table) for part in node.expressions)
                return FUNCTIONS[node.name](*parts)
            return node

        return tree.transform(replace)

    def _column(self, column: exp.Column, table: str) -> exp.Expr:
        place, name = column.table or table, column.name
        for text in load_registry().terms.get(place, {}).get(name, ()):
            # A term may bear the name of a column it reads.
            if not self.missing(text, place):
                return exp.paren(self._bind(parse(text), place), copy=False)
        if not self.dataset.has(place, name):
            return exp.null()
        return exp.column(name, table=place, quoted=True)


@cache
def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, read="duckdb")


def parse(text: str) -> exp.Expr:
    """A fresh tree of an expression of the registry."""
    return _parsed(text).copy()


def missing_field(dataset: Dataset, missing: Missing) -> MissingField:
    """The error that names the columns to map."""
    named = tuple(
        ORIGINS.get(name, name)
        if table == ORDERS
        else f"{table}.{ORIGINS.get(name, name)}"
        for table, name in missing
    )
    fields = tuple(dict.fromkeys(named))
    return MissingField(
        N_("This needs {names}, which {dataset} does not have."),
        hint=N_("Map a column to it on the Data page and publish again."),
        names=", ".join(fields),
        dataset=dataset.name,
        fields=fields,
        table=missing[0][0],
    )


def require(dataset: Dataset, *columns: str, table: str = ORDERS) -> None:
    """Insist on columns.

    Raises:
        MissingField: names the fields to map, also for columns made at publishing.
    """
    missing = [(table, name) for name in columns if not dataset.has(table, name)]
    if missing:
        raise missing_field(dataset, tuple(missing))


def data_end(dataset: Dataset) -> exp.Expr:
    """The last instant observed, UTC: what was promised later cannot be missed yet."""
    told = dataset.manifest.get("observed_until")
    if told is not None:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), "TIMESTAMP")
    seen = [name for name in OBSERVED if dataset.has(ORDERS, name)]
    if not seen:
        return exp.cast(exp.Literal.string("9999-12-31 00:00:00"), "TIMESTAMP")
    # Of every order the last that is known: GREATEST passes over NULLs.
    last = exp.func("GREATEST", *(trees.column(name, ORDERS) for name in seen))
    return exp.select(exp.Max(this=last)).from_(trees.table(ORDERS)).subquery()


def tables_of(trees: Iterator[exp.Expr] | list[exp.Expr]) -> set[str]:
    """Tables that bound expressions read."""
    return {column.table for tree in trees for column in tree.find_all(exp.Column)}
