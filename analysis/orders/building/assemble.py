"""From typed tables to published ones: joins that never multiply orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from analysis.engine.dataset import ColumnKind
from analysis.orders.building import trees
from analysis.orders.building.checks import RowCheck
from analysis.orders.building.names import free_names
from analysis.orders.building.typed import status_from_times
from analysis.orders.links import KEYS
from analysis.orders.mapping import (
    LOOKUP,
    ColumnMapping,
    Link,
    Rule,
    TableMapping,
)  # fmt: skip
from analysis.orders.mapping import Mapping as OrdersMapping

#: Fields that a table on the key of a person or place lends to its orders.
LENT: Mapping[str, tuple[str, ...]] = {
    "merchants": ("merchant_type", "category", "city", "zone"),
    "customers": ("city", "zone"),
    "riders": ("capacity_type", "vehicle"),
}

#: Fields of an order that are summed up from a related table where the order has
#: none: the column there and the rule.
SUMMED: Mapping[str, Mapping[str, tuple[str, Rule]]] = {
    "reviews": {"rating": ("stars", "last")},
    "complaints": {"complaint_reason": ("class", "first")},
    "contacts": {"contact_reason": ("reason_l1", "first")},
    "offers": {"pushed_count": ("order_id", "count")},
}


@dataclass(frozen=True, slots=True)
class Published:
    """One column of a published table, and where it comes from.

    Attributes:
        name: As it is published.
        tree: Its value.
        kind: See ``analysis.engine.dataset.Column``; ``dimension`` is settled after
            counting.
        origin: Header and file.
        assumed: A rule stands in for data.
    """

    name: str
    tree: exp.Expr
    kind: ColumnKind
    origin: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """A table with at most one row an order, joined to orders on a key.

    Attributes:
        source: The table, of unique keys.
        alias: Its name in the query.
        key: Its key column.
        on: The column of the orders with the same key.
        columns: What it adds.
    """

    source: exp.Table
    alias: str
    key: str
    on: str
    columns: tuple[Published, ...]


ORDER = "o"


def own_columns(
    entry: TableMapping, names: Iterable[str], checks: Sequence[RowCheck] = ()
) -> tuple[Published, ...]:
    """Columns of a typed table as they are published.

    Args:
        entry: Mapping of the table.
        names: Published names of its typed columns.
        checks: Row checks whose action is to empty columns.
    """
    by_name = {item.field: item for item in entry.used()}
    return tuple(
        Published(
            name=name,
            tree=_emptied(name, checks),
            kind=_kind(by_name.get(name)),
            origin=_origin(by_name.get(name), entry),
        )
        for name in names
    )


def _kind(entry: ColumnMapping | None) -> ColumnKind:
    return "derived" if entry is None else entry.use  # type: ignore[return-value]


def _origin(entry: ColumnMapping | None, table: TableMapping) -> str:
    return f"{entry.column} ({table.title})" if entry else ""


def _emptied(name: str, checks: Sequence[RowCheck]) -> exp.Expr:
    """The column, empty where a check says that its value cannot be meant."""
    value = exp.column(name, table=ORDER, quoted=True)
    faults = [
        _of_orders(check.condition)
        for check in checks
        if name in check.clears and check.action == "missing"
    ]
    if not faults:
        return value
    return exp.Case().when(exp.or_(*faults), exp.Null()).else_(value)


def _of_orders(condition: exp.Expr) -> exp.Expr:
    """The condition with its columns said to be those of the orders."""

    def told(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return exp.column(node.name, table=ORDER, quoted=True)
        return node

    return condition.copy().transform(told)


def with_status(
    columns: Sequence[Published], entry: TableMapping
) -> tuple[Published, ...]:
    """The columns with a status worked out from times where there is none."""
    derived = status_from_times(entry)
    if derived is None:
        return tuple(columns)
    status = Published("status", _of_orders(derived), "field")
    return (*columns, status)


def with_promise(
    columns: Sequence[Published], mapping: OrdersMapping
) -> tuple[Published, ...]:
    """The columns with a promise by rule where the files have none."""
    rule = mapping.promise
    names = {column.name for column in columns}
    if rule is None or "promised_at" in names or "created_at" not in names:
        return tuple(columns)
    minutes: exp.Expr = exp.convert(rule.minutes)
    if rule.minutes_per_km and "distance_m" in names:
        distance = exp.column("distance_m", table=ORDER, quoted=True)
        kilometres = exp.Div(this=distance, expression=exp.Literal.number("1000.0"))
        further = exp.Mul(
            this=exp.Paren(this=kilometres), expression=exp.convert(rule.minutes_per_km)
        )
        minutes = exp.Add(this=minutes, expression=further)
    created = exp.column("created_at", table=ORDER, quoted=True)
    promised = trees.plus_minutes(created, minutes)
    return (*columns, Published("promised_at", promised, "field", assumed=True))


def details_query(
    mapping: OrdersMapping, entry: TableMapping, taken: Iterable[str]
) -> tuple[exp.Select, tuple[Published, ...]]:
    """One row an order from a table with several, by the rule of each column.

    Args:
        mapping: The whole mapping, for lookups that the table names.
        entry: The table, whose target is ``details``.
        taken: Names that the orders already have.

    Returns:
        The query (``order_id`` and the columns) and the columns it adds.
    """
    alias = "d"
    key = exp.column("order_id", table=alias, quoted=True)
    items = list(_detail_items(mapping, entry, alias))
    names = free_names([item.field for item, _, _ in items], taken)
    found = exp.select(trees.aliased(key.copy(), "order_id"))
    found = found.from_(exp.alias_(_typed(entry.table), alias, table=True))
    for link in _lookups(mapping, entry):
        found = found.join(_lookup_join(mapping, entry, link, alias))
    columns = []
    for (item, tree, title), name in zip(items, names, strict=True):
        value = by_rule(tree, item.rule, alias)
        found = found.select(trees.aliased(value, name))
        kind: ColumnKind = _kind(item)
        origin = f"{item.column} ({title}, {item.rule})"
        columns.append(Published(name, trees.column(name), kind, origin))
    present = exp.Is(this=key.copy(), expression=exp.Null()).not_()
    return found.where(present).group_by(key), tuple(columns)


def _detail_items(
    mapping: OrdersMapping, entry: TableMapping, alias: str
) -> Iterator[tuple[ColumnMapping, exp.Expr, str]]:
    """Columns of the table and of its lookups, their trees and their file."""
    keys = {link.column for link in mapping.links_of(entry.table)}
    for item in entry.used():
        if item.field != "order_id" and item.column not in keys:
            yield item, exp.column(item.field, table=alias, quoted=True), entry.title
    for link in _lookups(mapping, entry):
        found = mapping.table(link.to)
        for item in found.used():
            if item.column != link.to_column:
                yield (
                    item,
                    exp.column(item.field, table=link.to, quoted=True),
                    found.title,
                )


def _lookups(mapping: OrdersMapping, entry: TableMapping) -> tuple[Link, ...]:
    links = mapping.links_of(entry.table)
    return tuple(link for link in links if mapping.table(link.to).target == LOOKUP)


def _lookup_join(
    mapping: OrdersMapping, entry: TableMapping, link: Link, alias: str
) -> exp.Join:
    own = exp.column(entry.column(link.column).field, table=alias, quoted=True)
    key = mapping.table(link.to).column(link.to_column).field
    other = exp.column(key, table=link.to, quoted=True)
    source = exp.alias_(unique_table(link.to), link.to, table=True)
    return exp.Join(this=source, side="LEFT", on=exp.EQ(this=own, expression=other))


def by_rule(tree: exp.Expr, rule: Rule, alias: str) -> exp.Expr:
    """An aggregate by rule; first and last go by the order of the file.

    Missing values do not count; ``list`` joins the distinct values in file order.
    """
    row = exp.column("rowid", table=alias)
    there = exp.Is(this=tree.copy(), expression=exp.Null()).not_()
    simple = {"min": exp.Min, "max": exp.Max, "sum": exp.Sum, "mean": exp.Avg}
    if rule in simple:
        return simple[rule](this=tree)
    if rule == "count":
        return exp.Count(this=tree)
    if rule == "list":
        text = exp.Cast(this=tree, to=exp.DataType.build("VARCHAR"))
        values = exp.Anonymous(this="list", expressions=[text])
        kept = exp.Filter(this=values, expression=exp.Where(this=there))
        unique = exp.Anonymous(this="list_sort", expressions=[
            exp.Anonymous(this="list_distinct", expressions=[kept])
        ])  # fmt: skip
        return exp.Anonymous(
            this="array_to_string", expressions=[unique, exp.Literal.string(", ")]
        )
    pick = exp.ArgMin if rule == "first" else exp.ArgMax
    return exp.Filter(
        this=pick(this=tree, expression=row), expression=exp.Where(this=there)
    )


def summed_query(
    entry: TableMapping, taken: Iterable[str]
) -> tuple[exp.Select, tuple[Published, ...]] | None:
    """Fields of an order from a related table, such as the rating from reviews."""
    rules = SUMMED.get(entry.target, {})
    wanted = {
        name: (column, rule)
        for name, (column, rule) in rules.items()
        if name not in set(taken) and entry.of_field(column)
    }
    if not wanted or not entry.of_field("order_id"):
        return None
    alias = "d"
    key = exp.column("order_id", table=alias, quoted=True)
    found = exp.select(trees.aliased(key.copy(), "order_id"))
    columns = []
    for name, (column, rule) in wanted.items():
        tree = exp.column(column, table=alias, quoted=True)
        found = found.select(trees.aliased(by_rule(tree, rule, alias), name))
        origin = f"{column} ({entry.title}, {rule})"
        columns.append(Published(name, trees.column(name), "field", origin))
    source = exp.alias_(_typed(entry.table), alias, table=True)
    present = exp.Is(this=key.copy(), expression=exp.Null()).not_()
    return found.from_(source).where(present).group_by(key), tuple(columns)


def lent_columns(entry: TableMapping, taken: Iterable[str]) -> tuple[Published, ...]:
    """Fields that a table of riders, merchants or customers lends to its orders."""
    known = set(taken)
    return tuple(
        Published(name, trees.column(name), "field", _origin(item, entry))
        for name in LENT.get(entry.target, ())
        if name not in known and (item := entry.of_field(name))
    )


def orders_query(
    source: exp.Table, columns: Sequence[Published], joined: Sequence[Joined]
) -> exp.Select:
    """All orders with all their columns, each joined table 1:1 or n:1."""
    found = exp.select(*(trees.aliased(item.tree, item.name) for item in columns))
    found = found.from_(exp.alias_(source, ORDER, table=True))
    for item in joined:
        own = exp.column(item.on, table=ORDER, quoted=True)
        other = exp.column(item.key, table=item.alias, quoted=True)
        same = exp.EQ(this=own, expression=other)
        table = exp.alias_(item.source, item.alias, table=True)
        found = found.join(exp.Join(this=table, side="LEFT", on=same))
        for column in item.columns:
            value = exp.column(column.name, table=item.alias, quoted=True)
            found = found.select(trees.aliased(value, column.name))
    return found


def in_time_order(query: exp.Select, *, has_time: bool) -> exp.Select:
    """The orders in the order of their creation, those of one second as in the file."""
    row = exp.column("rowid", table=ORDER)
    if not has_time:
        return query.order_by(row)
    created = exp.column("created_at", table=ORDER, quoted=True)
    return query.order_by(created, row)


def related_query(
    source: exp.Table, columns: Sequence[Published], *, key: str | None
) -> exp.Select:
    """A related table with the number of the order that each row belongs to.

    Args:
        source: Its typed table.
        columns: Its columns.
        key: Its column with the order ID; None where it has none.
    """
    found = exp.select(*(trees.aliased(item.tree, item.name) for item in columns))
    found = found.from_(exp.alias_(source, ORDER, table=True))
    if key is None:
        return found
    own = exp.column(key, table=ORDER, quoted=True)
    other = exp.column("order_id", table="n", quoted=True)
    numbers = exp.alias_(trees.table("orders"), "n", table=True)
    same = exp.EQ(this=own, expression=other)
    number = exp.column("order_no", table="n", quoted=True)
    return (
        found.select(trees.aliased(number, "order_no"))
        .join(exp.Join(this=numbers, side="LEFT", on=same))
        .order_by(number.copy(), exp.column("rowid", table=ORDER))
    )


def unique_table(table: str) -> exp.Table:
    """Scratch table with one row a key, of a staged table that others look up."""
    return trees.scratch(f"unique_{table}")


def unique_query(table: str, key: str) -> exp.Select:
    """The first row of each key."""
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[trees.column(key)],
        order=exp.Order(expressions=[exp.column("rowid")]),
    )
    first = exp.EQ(this=number, expression=exp.Literal.number(1))
    found = exp.select("*").from_(_typed(table)).where(trees.present(key))
    found.set("qualify", exp.Qualify(this=first))
    return found


def dimension_key(target: str) -> str:
    """The key field of a table of riders, merchants or customers."""
    return next(field for field, table in KEYS.items() if table == target)


def _typed(table: str) -> exp.Table:
    return trees.scratch(f"typed_{table}")
