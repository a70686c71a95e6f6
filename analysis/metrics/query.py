"""One ``measure`` call as one SQL tree.

Each table is reduced alone: first its rows to keys and values, then those to sums by
key. Only sums meet, stacked and folded by key, so no join can multiply a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.components import BoundMetric, Component, aggregate
from analysis.metrics.dimensions import Dimension
from analysis.metrics.expressions import ORDERS
from analysis.metrics.joins import joined
from analysis.metrics.periods import Grain, Period
from analysis.metrics.values import outputs

PERIOD = "period_start"
BEFORE = "is_before"
IS_REST = "is_rest"
REST = "rest"


@dataclass(frozen=True, slots=True)
class Request:
    """What ``measure`` was asked, bound to the dataset.

    Attributes:
        dataset: Whose tables are read.
        metrics: What to compute.
        dimensions: What to group by.
        grain: Step of the time series; None for none.
        period: Local dates looked at; None for all.
        before: Local dates compared with; None for no comparison.
        filters: Predicates over the orders table.
        top: Number of groups to keep; None for all.
    """

    dataset: Dataset
    metrics: tuple[BoundMetric, ...]
    dimensions: tuple[Dimension, ...] = ()
    grain: Grain | None = None
    period: Period | None = None
    before: Period | None = None
    filters: tuple[exp.Expr, ...] = ()
    top: int | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the key columns inside the query."""
        groups = [f"dimension_{place}" for place in range(1, len(self.dimensions) + 1)]
        return (*groups, *((IS_REST,) if self.top else ()), *self._period_key)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the keys that are dimensions."""
        return tuple(name for name in self.keys if name.startswith("dimension_"))

    @property
    def _period_key(self) -> tuple[str, ...]:
        return (PERIOD,) if self.grain else ()

    @property
    def part_keys(self) -> tuple[str, ...]:
        """Keys of the sums of one table."""
        return (*self.keys, *((BEFORE,) if self.before else ()))


@dataclass(slots=True)
class Part:
    """The components of one table, and the row columns they need."""

    table: str
    components: list[Component]
    rows: dict[exp.Expr, str] = field(default_factory=dict)

    def row(self, value: exp.Expr) -> exp.Expr:
        """The column that holds an expression's value; the same one for the same."""
        name = self.rows.setdefault(value, f"value_{len(self.rows) + 1}")
        return trees.column(name)

    @property
    def columns(self) -> list[tuple[str, exp.Expr]]:
        """The row columns by name."""
        return [(name, value) for value, name in self.rows.items()]


def build(request: Request) -> exp.Select:
    """The query whose columns are the keys, then the outputs of each metric."""
    parts = parts_of(request.metrics)
    query = _final(request)
    if request.top:
        query = query.with_(trees.table("largest"), as_=_largest(request), copy=False)
    for part in parts:
        sums = _sums(request, part)
        rows = rows_of(request, part.table, part.columns)
        query = query.with_(trees.table(f"{part.table}_rows"), as_=rows, copy=False)
        query = query.with_(trees.table(f"{part.table}_sums"), as_=sums, copy=False)
    together = _together(request, parts)
    return query.with_(trees.table("sums"), as_=together, copy=False)


def parts_of(metrics: Sequence[BoundMetric]) -> list[Part]:
    """What the metrics add up, by table."""
    parts: dict[str, Part] = {}
    for metric in metrics:
        for component in metric.components:
            part = parts.setdefault(component.table, Part(component.table, []))
            part.components.append(component)
    return list(parts.values())


def rows_of(
    request: Request, table: str, values: list[tuple[str, exp.Expr]]
) -> exp.Select:
    """Keys and values of each row of a table; orders joined n:1 where needed."""
    named = [*_key_values(request), *values]
    filters = [*request.filters, *_days(request)]
    if not named:
        named = [("row", exp.Literal.number(1))]
    chosen = (trees.named(value, name) for name, value in named)
    query = trees.select(chosen, trees.table(table))
    used = [*(value for _, value in named), *filters]
    query = joined(query, table, used)
    if table != ORDERS:
        attached = exp.Is(this=trees.column("order_no", table), expression=exp.null())
        filters.append(exp.Not(this=attached))
    if not filters:
        return query
    return query.where(*(item.copy() for item in filters), copy=False)


def _key_values(request: Request) -> list[tuple[str, exp.Expr]]:
    named = [
        (name, found.expression.copy())
        for name, found in zip(request.groups, request.dimensions, strict=True)
    ]
    if request.grain:
        named.append((PERIOD, _period_start(request)))
    if request.before:
        named.append((BEFORE, within(request.before)))
    return named


def _period_start(request: Request) -> exp.Expr:
    """First moment of the row's period; those compared lie on the period looked at."""
    day: exp.Expr = trees.column("local_date", ORDERS)
    if request.before and request.period:
        days = (request.period.first - request.before.first).days
        later = exp.Add(this=day.copy(), expression=exp.convert(days))
        case = exp.Case(ifs=[exp.If(this=within(request.before), true=later)])
        day = exp.Case(ifs=case.args["ifs"], default=day)
    if request.grain == "hour":
        hours = exp.Mul(
            this=trees.column("local_hour", ORDERS),
            expression=exp.Interval(this=exp.Literal.string("1"), unit=exp.var("HOUR")),
        )
        return exp.Add(this=exp.cast(day, "TIMESTAMP"), expression=hours)
    if request.grain == "day":
        return day
    unit = exp.var(str(request.grain).upper())
    return exp.TimestampTrunc(this=day, unit=unit)


def _days(request: Request) -> list[exp.Expr]:
    if request.period is None:
        return []
    if request.before is None:
        return [within(request.period)]
    first = min(request.period.first, request.before.first)
    last = max(request.period.last, request.before.last)
    either = exp.or_(within(request.period), within(request.before))
    # The span lets the engine skip blocks, which it cannot do with OR.
    return [within(Period(first, last)), either]


def within(period: Period) -> exp.Expr:
    """Orders created on the local dates of a period."""
    day = trees.column("local_date", ORDERS)
    return exp.Between(this=day, low=_date(period.first), high=_date(period.last))


def _largest(request: Request) -> exp.Select:
    """Keys of the groups with the most orders in the period looked at."""
    now = Request(
        request.dataset, (), request.dimensions, period=request.period,
        filters=request.filters,
    )  # fmt: skip
    rows = rows_of(now, ORDERS, []).subquery("orders_rows")
    keys = [trees.column(name) for name in request.groups]
    count = exp.Ordered(this=exp.Count(this=exp.Star()), desc=True)
    order = [count, *(trees.last_nulls(key.copy()) for key in keys)]
    found = (
        exp.select(*keys, trees.named(exp.true(), "is_kept"))
        .from_(rows)
        .group_by(*keys)
    )
    return found.order_by(*order).limit(request.top or 0)


def _sums(request: Request, part: Part) -> exp.Select:
    table = f"{part.table}_rows"
    sums = [
        trees.named(aggregate(item, part.row), item.name) for item in part.components
    ]
    keys = _folded(request, table) if request.top else _plain_keys(request)
    named = [trees.named(value, name) for name, value in keys]
    query = trees.select([*named, *sums], trees.table(table))
    if request.top:
        query = query.join(
            trees.table("largest"), on=_match(request, table), join_type="left"
        )
    places = [exp.Literal.number(place + 1) for place in range(len(keys))]
    return query.group_by(*places, copy=False) if places else query


def _plain_keys(request: Request) -> list[tuple[str, exp.Expr]]:
    return [(name, trees.column(name)) for name in request.part_keys]


def _folded(request: Request, table: str) -> list[tuple[str, exp.Expr]]:
    """Keys with those of the groups that are not kept replaced by ``rest``."""
    kept = trees.column("is_kept", "largest")
    folded: list[tuple[str, exp.Expr]] = []
    for name, value in _plain_keys(request):
        if name in request.groups:
            own = exp.cast(trees.column(name, table), "VARCHAR")
            case = [exp.If(this=kept.copy(), true=own)]
            rest = exp.Case(ifs=case, default=exp.Literal.string(REST))
            folded.append((name, rest))
        elif name == IS_REST:
            folded.append((name, exp.Is(this=kept.copy(), expression=exp.null())))
        else:
            folded.append((name, value))
    return folded


def _match(request: Request, table: str) -> exp.Expr:
    pairs = [
        exp.NullSafeEQ(
            this=trees.column(name, table), expression=trees.column(name, "largest")
        )
        for name in request.groups
    ]
    return exp.and_(*pairs)


def _together(request: Request, parts: list[Part]) -> exp.Expr:
    """The sums of all tables by key, now and before beside each other."""
    names = [item.name for part in parts for item in part.components]
    if len(parts) == 1 and not request.before:
        return trees.select([exp.Star()], trees.table(f"{parts[0].table}_sums"))
    stacked = _stacked(request, parts, names)
    keys = [trees.column(name) for name in request.keys]
    chosen: list[exp.Expr] = []
    for name in names:
        chosen += [trees.named(value, alias) for alias, value in _sides(request, name)]
    query = trees.select([*keys, *chosen], stacked)
    return query.group_by(*(key.copy() for key in keys), copy=False) if keys else query


def _sides(request: Request, name: str) -> list[tuple[str, exp.Expr]]:
    def chosen(condition: exp.Expr | None) -> exp.Expr:
        value = exp.AnyValue(this=trees.column(name))
        if condition is None:
            return value
        return exp.Filter(this=value, expression=exp.Where(this=condition))

    if not request.before:
        return [(name, chosen(None))]
    now = exp.Not(this=trees.column(BEFORE))
    return [(name, chosen(now)), (f"{name}_before", chosen(trees.column(BEFORE)))]


def _stacked(request: Request, parts: list[Part], names: list[str]) -> exp.Subquery:
    def sums(part: Part) -> exp.Select:
        own = {item.name for item in part.components}
        keys = [trees.column(name) for name in request.part_keys]
        values = [
            trees.column(name) if name in own else trees.named(exp.null(), name)
            for name in names
        ]
        return trees.select([*keys, *values], trees.table(f"{part.table}_sums"))

    first, *others = (sums(part) for part in parts)
    union: exp.Query = first
    for other in others:
        union = exp.union(union, other, distinct=False)
    return union.subquery("stacked")


def _final(request: Request) -> exp.Select:
    keys = dict(
        zip(request.groups, (item.name for item in request.dimensions), strict=True)
    )
    chosen = [trees.named(trees.column(name), label) for name, label in keys.items()]
    if request.top:
        chosen.append(trees.column(IS_REST))
    if request.grain:
        chosen.append(
            trees.named(exp.cast(trees.column(PERIOD), "TIMESTAMP"), "period")
        )
    for metric in request.metrics:
        for side in ("", "_before") if request.before else ("",):
            chosen += [
                trees.named(value, name) for name, value in outputs(metric, side)
            ]
    query = trees.select(chosen, trees.table("sums"))
    order = [IS_REST] * bool(request.top) + [PERIOD] * bool(request.grain)
    ordered = [
        trees.last_nulls(trees.column(name)) for name in (*order, *request.groups)
    ]
    return query.order_by(*ordered, copy=False) if ordered else query


def _date(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")
