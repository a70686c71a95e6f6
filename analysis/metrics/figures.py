"""A metric row by row: what each row adds to its numerator and its denominator."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import trees
from analysis.metrics.components import BoundMetric, Component, bind_metric
from analysis.metrics.expressions import ORDERS
from analysis.metrics.joins import joined
from analysis.metrics.registry import parse_reference
from analysis.words import N_

#: Name of the table of orders to which something related happened.
_HAPPENED = "happened"
_TIMES = "times"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a row of one table adds to a metric.

    Attributes:
        metric: The metric, bound.
        table: Table whose rows count.
        value: Number of a row, NULL where it does not count: what is averaged, or the
            numerator of a ratio of sums.
        weight: Denominator of a ratio of sums; None where the metric is a mean of
            ``value``.
        related: Rows of another table by order, to be joined as ``happened``.
        is_share: Whether every value is 0 or 1.
        is_count: Whether the metric is the sum of ``value``, not its mean.
    """

    metric: BoundMetric
    table: str
    value: exp.Expr
    weight: exp.Expr | None = None
    related: exp.Select | None = None
    is_share: bool = False
    is_count: bool = False

    @property
    def parts(self) -> list[exp.Expr]:
        """Expressions that are read."""
        return [self.value] if self.weight is None else [self.value, self.weight]

    @property
    def percentile(self) -> float | None:
        """Which percentile the metric is, if it is one."""
        definition = self.metric.reference.definition
        return definition.percentile if definition.kind == "percentile" else None

    def join(self, query: exp.Select) -> exp.Select:
        """The query with what happened to the order beside each row."""
        if self.related is None:
            return query
        on = exp.EQ(
            this=trees.column("order_no", self.table),
            expression=trees.column("order_no", _HAPPENED),
        )
        source = self.related.subquery(exp.to_identifier(_HAPPENED, quoted=True))
        return query.join(source, on=on, join_type="left", copy=False)


def figure_of(dataset: Dataset, metric: str, *, counts: bool = False) -> Figure:
    """Bind a metric row by row.

    Args:
        dataset: A published version.
        metric: Its name, with settings where wanted.
        counts: Whether a plain count means something, as it does by period.

    Raises:
        UnknownName: if there is no such metric.
        MissingField: if the dataset lacks columns that it needs.
        InvalidInput: if it is a plain count, which has nothing to compare by row.
    """
    bound = bind_metric(dataset, parse_reference(metric))
    parts = {
        item.name.removeprefix(f"{bound.name}_"): item for item in bound.components
    }
    kind = bound.reference.definition.kind
    if kind == "count" and counts:
        value = _value(parts["num"])
        one = exp.Case(ifs=[exp.If(this=value, true=exp.Literal.number(1))])
        return Figure(bound, parts["num"].table, _double(one), is_count=True)
    if kind == "count":
        raise InvalidInput(
            N_("{metric} counts rows, it has no value of its own in each of them."),
            hint=N_("Choose a rate, a mean or a ratio."),
            metric=bound.name,
        )
    if kind == "ratio":
        pair = parts["products"]
        return _ratio(bound, _value(pair), pair.other)
    if kind in ("mean", "percentile"):
        value = _value(parts["n"])  # counts the rows that have one
        return Figure(bound, bound.source.table, _double(value))
    if kind == "per" or parts["num"].table != parts["n"].table:
        return _happening(bound, parts["num"], parts["n"])
    if bound.source.summed:
        return _ratio(bound, _value(parts["num"]), _value(parts["n"]))
    value = _value(parts["num"])
    return Figure(bound, bound.source.table, _double(value), is_share=True)


def _value(component: Component) -> exp.Expr:
    return exp.true() if component.value is None else component.value.copy()


def _double(value: exp.Expr) -> exp.Expr:
    return exp.cast(exp.paren(value), "DOUBLE")


def _ratio(bound: BoundMetric, top: exp.Expr, bottom: exp.Expr | None) -> Figure:
    """Sums pass over NULLs on either side; a row without both does not count."""
    below = _double(exp.null() if bottom is None else bottom.copy())
    above = _double(top)
    zero = exp.Literal.number(0)
    either = exp.func("COALESCE", above.copy(), below.copy())
    known = exp.Not(this=exp.Is(this=either, expression=exp.null()))
    value = exp.Case(
        ifs=[exp.If(this=known, true=exp.func("COALESCE", above, zero.copy()))]
    )
    weight = exp.func("COALESCE", below, zero)
    return Figure(bound, bound.source.table, _double(value), _double(weight))


def _happening(bound: BoundMetric, top: Component, bottom: Component) -> Figure:
    """A numerator of another table, or a count of its rows, by order."""
    counts = bound.reference.definition.kind == "per"
    if top.table == bottom.table:
        times: exp.Expr = exp.Case(
            ifs=[exp.If(this=_value(top), true=exp.Literal.number(1))],
            default=exp.Literal.number(0),
        )
        related = None
    else:
        times = exp.func(
            "COALESCE", trees.column(_TIMES, _HAPPENED), exp.Literal.number(0)
        )
        related = _related(top, counts=counts)
    if counts:
        size = exp.convert(bound.reference.settings.get("per", 1))
        times = exp.Mul(this=exp.paren(times), expression=size)
    else:
        times = exp.GT(this=times, expression=exp.Literal.number(0))
    value = exp.Case(ifs=[exp.If(this=_value(bottom), true=_double(times))])
    return Figure(
        bound, bottom.table, _double(value), related=related, is_share=not counts
    )


def _related(top: Component, *, counts: bool) -> exp.Select:
    """Orders with the number of related rows that fulfil a predicate."""
    value = _value(top)
    holds: exp.Expr = value
    if not counts and top.value is not None:  # the order number where it happened
        holds = exp.Not(this=exp.Is(this=exp.paren(value), expression=exp.null()))
    rows = exp.select(
        trees.named(trees.column("order_no", top.table), "order_no"),
        trees.named(holds, "holds"),
    ).from_(trees.table(top.table))
    rows = joined(rows, top.table, [holds])
    number = trees.column("order_no")
    return (
        exp.select(number, trees.named(exp.Count(this=exp.Star()), _TIMES))
        .from_(rows.subquery("rows"))
        .where(trees.column("holds"))
        .group_by(number.copy())
    )


def currencies_of(dataset: Dataset, figure: Figure) -> exp.Expr | None:
    """The column of currencies where amounts of several might be added up."""
    money = figure.metric.reference.definition.unit == "money"
    column = dataset.fields.get("currency")
    if not money or column is None or column.distinct == 1:
        return None
    return trees.column("currency", ORDERS)
