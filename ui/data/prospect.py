"""Which metrics a mapping would give, which stay locked, and what would unlock them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from sqlglot import exp

from analysis.metrics.expressions import DIMENSION_KEYS, ORIGINS, Scope, parse
from analysis.metrics.registry import Definition, Source, load_registry
from analysis.orders.mapping import DETAILS, IGNORED, LOOKUP
from analysis.orders.mapping import Mapping as ColumnsMapping
from analysis.orders.schema import load_fields

Columns = frozenset[tuple[str, str]]

ORDERS: Final = "orders"
_OF_ORDERS: Final = frozenset({ORDERS, DETAILS, LOOKUP})


@dataclass(frozen=True, slots=True)
class Prospect:
    """The columns that a published version would have; what ``Scope`` asks for.

    Attributes:
        columns: Pairs of table and column.
        name: Stands in for a dataset's name.
    """

    columns: Columns
    name: str = ""

    def has(self, table: str, *names: str) -> bool:
        """Whether the table and all these columns would be there."""
        return all((table, name) in self.columns for name in names)


@dataclass(frozen=True, slots=True)
class Locked:
    """A metric that cannot be computed yet.

    Attributes:
        definition: The metric.
        missing: Fields that would unlock it, as ``table.name``; plain names of orders.
    """

    definition: Definition
    missing: tuple[str, ...]


def columns_of(mapping: ColumnsMapping) -> Columns:
    """Columns that publishing with this mapping would give."""
    found: set[tuple[str, str]] = set()
    for entry in mapping.tables:
        if entry.target == IGNORED:
            continue
        table = ORDERS if entry.target in _OF_ORDERS else entry.target
        names = {item.field for item in entry.columns if item.use == "field"}
        found |= {(table, name) for name in names}
        if "order_id" in names:
            found.add((table, "order_no"))
    if mapping.promise and (ORDERS, "created_at") in found:
        found.add((ORDERS, "promised_at"))
    return frozenset(found | set(_derived(found)))


def _derived(found: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, origin in ORIGINS.items():
        if (ORDERS, origin) in found:
            yield ORDERS, name


@lru_cache(maxsize=32)
def unlocked(columns: Columns) -> tuple[tuple[Definition, ...], tuple[Locked, ...]]:
    """Metrics that these columns give, and those that stay locked."""
    given: list[Definition] = []
    locked: list[Locked] = []
    prospect = Prospect(columns)
    for definition in load_registry().metrics.values():
        if not definition.sources:
            continue
        missing = min(
            (_missing(prospect, definition, source) for source in definition.sources),
            key=len,
        )
        if missing:
            locked.append(Locked(definition, missing))
        else:
            given.append(definition)
    return tuple(given), tuple(locked)


def _missing(
    prospect: Prospect, definition: Definition, source: Source
) -> tuple[str, ...]:
    settings = {name: item.default for name, item in definition.settings.items()}
    scope = Scope(prospect, settings, source.optional)  # type: ignore[arg-type]
    pairs = [
        pair for table, text in _texts(source) for pair in scope.missing(text, table)
    ]
    related = {source.table, source.numerator_table} - {"", ORDERS}
    pairs += [
        (table, "order_id") for table in related if not prospect.has(table, "order_no")
    ]
    return tuple(dict.fromkeys(_field(table, name) for table, name in pairs))


def _texts(source: Source) -> Iterator[tuple[str, str]]:
    """Expressions of a source with the table that each is over."""
    other = source.numerator_table or source.table
    if source.numerator:
        yield other, source.numerator
    for text in (source.denominator, source.measure, source.where):
        if text:
            yield source.table, text


def _field(table: str, name: str) -> str:
    if table == ORDERS:
        return ORIGINS.get(name, "order_id" if name == "order_no" else name)
    return f"{table}.{'order_id' if name == 'order_no' else name}"


@cache
def uses() -> Mapping[tuple[str, str], tuple[Definition, ...]]:
    """Metrics that read each field, by table and field."""
    found: dict[tuple[str, str], dict[str, Definition]] = {}
    for definition in load_registry().metrics.values():
        for source in definition.sources:
            for table, text in _texts(source):
                for place, name in _read(parse(text), table):
                    known = load_fields().get(place, {})
                    field = ORIGINS.get(name, name)
                    if field in known:
                        entry = found.setdefault((place, field), {})
                        entry[definition.name] = definition
    return {key: tuple(entry.values()) for key, entry in found.items()}


def _read(
    tree: exp.Expr, table: str, seen: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Columns that an expression reads, through the terms it names."""
    for column in tree.find_all(exp.Column):
        place = column.table or table
        terms = load_registry().terms.get(place, {}).get(column.name, ())
        if terms and (place, column.name) not in seen:
            for text in terms:
                yield from _read(parse(text), place, seen | {(place, column.name)})
        else:
            yield place, column.name
        if place in DIMENSION_KEYS:
            yield ORDERS, DIMENSION_KEYS[place]
