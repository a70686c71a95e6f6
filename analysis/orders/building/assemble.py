"""From typed tables to published ones: joins that never multiply orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from analysis.engine.dataset import ColumnKind
from analysis.orders.building import trees
from analysis.orders.building.checks import RowCheck
from analysis.orders.building.names import shown
from analysis.orders.building.rules import by_rule
from analysis.orders.building.typed import (
    LOCAL_DATES,
    PROMISED,
    status_from_times,
)
from analysis.orders.links import KEYS
from analysis.orders.mapping import (
    ColumnMapping,
    Rule,
    TableMapping,
)  # fmt: skip

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


#: Which time the columns of local dates and hours come from.
_LOCAL_OF = {
    **{local: name for name, local in LOCAL_DATES.items()},
    "local_hour": "created_at",
    "local_weekday": "created_at",
}

#: The orders in every query.
ORDER = "o"


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
        columns: What it adds; their trees name columns of the table.
        of: The table in the query whose column ``on`` is, if not the orders.
    """

    source: exp.Table
    alias: str
    key: str
    on: str
    columns: tuple[Published, ...]
    of: str = ORDER


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
            kind=kind_of(by_name.get(name)),
            origin=origin_of(by_name.get(name), entry),
        )
        for name in names
    )


def kind_of(entry: ColumnMapping | None) -> ColumnKind:
    """How a column is published: as it is used, or as one that publishing made."""
    return "derived" if entry is None else entry.use  # type: ignore[return-value]


def origin_of(entry: ColumnMapping | None, table: TableMapping) -> str:
    """Header and file of a column; empty for one that publishing made."""
    return f"{shown(entry.column)} ({table.title})" if entry else ""


def _emptied(name: str, checks: Sequence[RowCheck]) -> exp.Expr:
    """The column, empty where a check says that its value cannot be meant."""
    value = exp.column(name, table=ORDER, quoted=True)
    origin = _LOCAL_OF.get(name, name)
    faults = [
        _of_orders(check.condition)
        for check in checks
        if origin in check.clears and check.action == "missing"
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
    columns: Sequence[Published], entry: TableMapping
) -> tuple[Published, ...]:
    """The columns with what a rule put in place of a promise marked as assumed."""
    if entry.of_field(PROMISED):
        return tuple(columns)
    assumed = {PROMISED: "field", LOCAL_DATES[PROMISED]: "derived"}
    return tuple(
        replace(column, kind=assumed[column.name], assumed=True)  # type: ignore[arg-type]
        if column.name in assumed
        else column
        for column in columns
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
    source = exp.alias_(typed(entry.table), alias, table=True)
    present = exp.Is(this=key.copy(), expression=exp.Null()).not_()
    return found.from_(source).where(present).group_by(key), tuple(columns)


def lent_columns(entry: TableMapping, taken: Iterable[str]) -> tuple[Published, ...]:
    """Fields that a table of riders, merchants or customers lends to its orders."""
    known = set(taken)
    return tuple(
        Published(name, trees.column(name), "field", origin_of(item, entry))
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
        found = found.join(join_of(item))
        for column in item.columns:
            value = trees.column(column.tree.name, item.alias)
            found = found.select(trees.aliased(value, column.name))
    return found


def join_of(item: Joined) -> exp.Join:
    """The join to the one row of the same key; keys are compared as texts."""
    own, other = (
        exp.Cast(this=key, to=exp.DataType.build("VARCHAR"))
        for key in (trees.column(item.on, item.of), trees.column(item.key, item.alias))
    )
    same = exp.EQ(this=own, expression=other)
    table = exp.alias_(item.source, item.alias, table=True)
    return exp.Join(this=table, side="LEFT", on=same)


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


def dimension_key(target: str) -> str:
    """The key field of a table of riders, merchants or customers."""
    return next(field for field, table in KEYS.items() if table == target)


def typed(table: str) -> exp.Table:
    """The typed table of a staged one."""
    return trees.scratch(f"typed_{table}")
