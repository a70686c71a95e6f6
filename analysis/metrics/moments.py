"""Sufficient statistics of a metric by groups of rows, summed by the engine.

One query reads rows, labels them, takes a value near the mean off each column and adds
up what is left, its squares and its products by group. Sums of raw squares would lose
their digits where the mean is large beside the spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import pyarrow as pa
from sqlglot import exp

from analysis.metrics import trees
from analysis.metrics.expressions import ORDERS
from analysis.metrics.figures import Figure
from analysis.metrics.joins import joined
from analysis.metrics.periods import Period
from analysis.metrics.query import within

#: Column of the metric's value in what comes back.
OUTCOME = "outcome"
WEIGHT = "weight"
#: Keys with many values: the unit, and names that begin like clusters.
UNIT, CLUSTER = "unit", "cluster_"
_CENTRES = "centres"
_ROWS = "rows"
_OFF = "distances"
_CELLS = "cells"
_PROBE = 1_000


@dataclass(frozen=True, slots=True)
class Brought:
    """A small table that is joined to the rows, n:1.

    Attributes:
        name: Under which the query reads it.
        table: The table itself.
        on: Condition of the join.
    """

    name: str
    table: pa.Table
    on: exp.Expr


@dataclass(frozen=True, slots=True)
class History:
    """A metric of each unit before the start, beside its rows.

    Attributes:
        name: What its columns are called.
        figure: The metric.
        unit: Key of the groups that it belongs to.
        key: The unit as an expression over the figure's rows.
        period: Local dates it is read from.
        filters: Which orders.
    """

    name: str
    figure: Figure
    unit: str
    key: exp.Expr
    period: Period
    filters: tuple[exp.Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """Which rows of which metric, by which groups.

    Attributes:
        figure: The metric.
        keys: Groups by name.
        numbers: Further numbers of a row by name; a row lacking one does not count.
        period: Local dates.
        filters: Predicates over the orders table.
        brought: Tables that come along.
        history: What units were like before the start.
        coded: Give units and clusters as numbers, -1 where they are missing.
        weighted: For a ratio of sums: weigh each row's own ratio by its denominator,
            instead of adding up both sides.
    """

    figure: Figure
    keys: Mapping[str, exp.Expr]
    numbers: Mapping[str, exp.Expr] = field(default_factory=dict)
    period: Period | None = None
    filters: tuple[exp.Expr, ...] = ()
    brought: tuple[Brought, ...] = ()
    history: tuple[History, ...] = ()
    weighted: bool = False
    coded: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that are added up, the outcome first."""
        below = self.figure.weight is not None and not self.weighted
        return (OUTCOME, *(["denominator"] if below else []), *self.numbers)

    @property
    def has_weights(self) -> bool:
        """Whether rows weigh differently."""
        return self.weighted and self.figure.weight is not None

    @property
    def tables(self) -> dict[str, pa.Table]:
        """Tables that come along, by name."""
        return {item.name: item.table for item in self.brought}


def moments_query(cut: Cut) -> exp.Select:
    """The query that adds up."""
    cells = _cells(cut).subquery(exp.to_identifier(_CELLS, quoted=True))
    every = exp.Column(this=exp.Star(), table=exp.to_identifier(_CELLS, quoted=True))
    centres = [_centre(name) for name in cut.names]
    query = trees.select([every, *centres], cells)
    query = query.join(trees.table(_CENTRES), join_type="cross", copy=False)
    query = _with_history(cut, query)
    return query.with_(
        exp.to_identifier(_CENTRES, quoted=True), _centres(cut), materialized=True,
        copy=False,
    )  # fmt: skip


def _cells(cut: Cut) -> exp.Select:
    """Groups with their sums."""
    keys = [trees.column(name, _OFF) for name in cut.keys]
    chosen: list[exp.Expr] = [
        *(trees.named(key.copy(), key.name) for key in keys),
        trees.named(exp.Count(this=exp.Star()), "rows"),
        trees.named(exp.Count(this=_counted(cut)), "n"),
        *_sums(cut),
    ]
    query = trees.select(chosen, _off_rows(cut))
    places = [exp.Literal.number(place + 1) for place in range(len(keys))]
    return query.group_by(*places, copy=False) if places else query


def _off_rows(cut: Cut) -> exp.Subquery:
    """The rows with a value near the mean taken off every column, once."""
    chosen: list[exp.Expr] = [trees.column(name, _ROWS) for name in cut.keys]
    chosen += _distances(cut)
    rows = rows_query(cut).subquery(exp.to_identifier(_ROWS, quoted=True))
    query = trees.select(chosen, rows)
    query = query.join(trees.table(_CENTRES), join_type="cross", copy=False)
    return query.subquery(exp.to_identifier(_OFF, quoted=True))


def rows_query(cut: Cut) -> exp.Select:
    """Keys and numbers of every row; the outcome is NULL where a row does not count."""
    figure = cut.figure
    values = _row_values(cut)
    named = [*cut.keys.items(), *values.items()]
    chosen = (trees.named(value.copy(), name) for name, value in named)
    query = trees.select(chosen, trees.table(figure.table))
    filters = [*cut.filters, *([within(cut.period)] if cut.period else [])]
    conditions = [item.on for item in cut.brought]
    used = [*cut.keys.values(), *values.values(), *filters, *conditions]
    query = figure.join(joined(query, figure.table, used))
    for item in cut.brought:
        query = query.join(
            trees.table(item.name), on=item.on.copy(), join_type="left", copy=False
        )
    if figure.table != ORDERS:
        number = trees.column("order_no", figure.table)
        filters.append(exp.Not(this=exp.Is(this=number, expression=exp.null())))
    return query.where(*(item.copy() for item in filters)) if filters else query


def _row_values(cut: Cut) -> dict[str, exp.Expr]:
    figure = cut.figure
    outcome: exp.Expr = figure.value
    found: dict[str, exp.Expr] = {}
    if figure.weight is not None:
        found[WEIGHT if cut.weighted else "denominator"] = figure.weight
    needed = [_is_known(value) for value in cut.numbers.values()]
    if needed:
        outcome = exp.Case(ifs=[exp.If(this=exp.and_(*needed), true=outcome)])
    found |= {
        name: exp.cast(value.copy(), "DOUBLE") for name, value in cut.numbers.items()
    }
    return {OUTCOME: outcome, **found}


def _is_known(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=exp.paren(value.copy()), expression=exp.null()))


def _value(name: str) -> exp.Expr:
    return trees.column(name, _ROWS)


def _centre(name: str) -> exp.Expr:
    return trees.column(f"centre {name}", _CENTRES)


def _centres(cut: Cut) -> exp.Select:
    """A value near the mean of each column, from the first rows."""
    probe = rows_query(cut).subquery(exp.to_identifier(_ROWS, quoted=True))
    known = _is_known(_value(OUTCOME))
    read = [*cut.names, *([WEIGHT] if cut.has_weights else [])]
    first = exp.select(*(_value(name) for name in read)).from_(probe)
    first = first.where(known).limit(_PROBE)
    means = [trees.named(_near(cut, name), f"centre {name}") for name in cut.names]
    return trees.select(means, first.subquery(exp.to_identifier(_ROWS, quoted=True)))


def _near(cut: Cut, name: str) -> exp.Expr:
    mean: exp.Expr = exp.Avg(this=_value(name))
    if name == OUTCOME and cut.has_weights:
        below = exp.func("NULLIF", exp.Avg(this=_value(WEIGHT)), _zero())
        mean = exp.Div(this=mean, expression=below)
    return exp.func("COALESCE", mean, _zero())


def _zero() -> exp.Expr:
    return exp.Literal.number(0)


def _distances(cut: Cut) -> list[exp.Expr]:
    """Values less their centres, and what says which rows count and how much.

    The outcome of a ratio of sums is its numerator, which is the weight times the
    ratio; it counts even where the weight is 0.
    """
    found = []
    for name in cut.names:
        centre = _centre(name)
        if cut.has_weights and name == OUTCOME:
            centre = exp.Mul(this=centre, expression=_value(WEIGHT))
        off = exp.Sub(this=_value(name), expression=centre)
        found.append(trees.named(off, _off(name).name))
    more = [OUTCOME, WEIGHT] if cut.has_weights else []
    return [*found, *(_value(name) for name in more)]


def _off(name: str) -> exp.Column:
    return trees.column(f"off {name}", _OFF)


def _weight() -> exp.Column:
    return trees.column(WEIGHT, _OFF)


def _counted(cut: Cut) -> exp.Expr:
    """What has a value in the rows that count."""
    return trees.column(OUTCOME, _OFF) if cut.has_weights else _off(OUTCOME)


def _sums(cut: Cut) -> list[exp.Expr]:
    found = [
        trees.named(_summed(cut, _weighted(cut, name), name), f"sum {name}")
        for name in cut.names
    ]
    found += [
        trees.named(_summed(cut, _product(cut, one, other), one),
                    f"product {one} {other}")
        for one, other in combinations_with_replacement(cut.names, 2)
    ]  # fmt: skip
    if cut.has_weights:
        total = _summed(cut, _weight(), WEIGHT)
        found.append(trees.named(total, "total weight"))
    far = exp.Max(this=exp.Abs(this=_off(OUTCOME)))
    return [*found, trees.named(far, "farthest")]


def _summed(cut: Cut, value: exp.Expr, name: str) -> exp.Expr:
    """The sum over the rows that count; a missing outcome leaves itself out."""
    if name == OUTCOME:
        return exp.Sum(this=value)
    known = exp.Where(this=_is_known(_counted(cut)))
    return exp.Filter(this=exp.Sum(this=value), expression=known)


def _weighted(cut: Cut, name: str) -> exp.Expr:
    """A value less its centre, times the row's weight."""
    if cut.has_weights and name != OUTCOME:
        return exp.Mul(this=_weight(), expression=_off(name))
    return _off(name)


def _product(cut: Cut, one: str, other: str) -> exp.Expr:
    product = exp.Mul(this=_weighted(cut, one), expression=_off(other))
    if not (cut.has_weights and other == OUTCOME):
        return product
    below = exp.func("NULLIF", _weight(), _zero())
    return exp.Div(this=exp.paren(product), expression=below)


def _with_history(cut: Cut, query: exp.Select) -> exp.Select:
    """Groups with what their unit was like before."""
    for place, item in enumerate(cut.history):
        alias = f"earlier_{place}"
        past = trees.named(trees.column("value", alias), f"history {item.name}")
        on = exp.EQ(
            this=trees.column(item.unit, _CELLS),
            expression=trees.column("unit", alias),
        )
        source = _earlier(item).subquery(exp.to_identifier(alias, quoted=True))
        query = query.select(past, copy=False)
        query = query.join(source, on=on, join_type="left", copy=False)
    return query


def _earlier(item: History) -> exp.Select:
    """Units with their metric before the start."""
    before = Cut(item.figure, {"unit": item.key}, period=item.period,
                 filters=item.filters)  # fmt: skip
    rows = rows_query(before).subquery(exp.to_identifier(_ROWS, quoted=True))
    below: exp.Expr = exp.Count(this=_value(OUTCOME))
    if item.figure.weight is not None:
        below = exp.Sum(this=_value("denominator"))
    share = exp.Div(
        this=exp.Sum(this=_value(OUTCOME)),
        expression=exp.func("NULLIF", below, exp.Literal.number(0)),
    )
    unit = trees.column("unit", _ROWS)
    chosen = [unit, trees.named(share, "value")]
    return trees.select(chosen, rows).group_by(unit.copy(), copy=False)
