"""Metrics as events of orders, so that their noise is that of counts.

A rate counts events as it is. The sum of values with mean m and variance v, times
m / v, has a variance equal to its mean, as a count has: minutes and money become events
of which each is worth v / m. A percentile moves exactly if the share of rows beyond its
usual value does: those rows are its events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics.components import BoundMetric, Component, bind_metric
from analysis.metrics.registry import Reference, parse_reference
from analysis.words import N_

#: Bits of a row's events after the point: sums of a billion of them are exact.
EVENT_BITS = 20
#: Kinds whose sums are scaled; those that count as they are; those of a share beyond.
SCALED, AS_THEY_ARE, BEYOND = ("mean", "ratio"), ("rate", "per"), ("percentile",)
_ZERO = exp.Literal.number(0)


@dataclass(frozen=True, slots=True)
class Counted:
    """How a metric is counted as events.

    Attributes:
        metric: Its reference.
        factor: Events of one unit of the numerator (a minute, an amount); 1 where
            events are counted as they are; below 0 where they are what a value lacks
            of the best one, such as stars, or what is booked below 0.
        shift: What each row's value was raised by before, so that no events are
            below 0.
        most: Values count as no more than this, as a few far ones would not be noise
            of counts; None where there is no bound.
        least: Values count as no less than this; None where there is no bound.
        cut: What both take off the mean of all rows, those that are no part of a
            ratio included.
        beyond: Value beyond which a row is an event; None where the metric is no
            percentile.
        worth: Orders that one event stands for: 1 where events are those of orders;
            else the unit that it is, as a part of what one order usually has, or of
            their standard deviation where that is more.
    """

    metric: str
    factor: float = 1.0
    shift: float = 0.0
    most: float | None = None
    least: float | None = None
    cut: float = 0.0
    beyond: float | None = None
    worth: float = 1.0

    @property
    def reference(self) -> Reference:
        """The metric as it was asked for."""
        return parse_reference(self.metric)

    @property
    def is_scaled(self) -> bool:
        """Whether its events are parts of values."""
        return self.reference.definition.kind in SCALED

    @property
    def unit(self) -> float:
        """What one event per row is, in the unit of the metric."""
        return float(self.reference.settings.get("per", 1)) / self.factor

    @property
    def origin(self) -> float:
        """Value of the metric without any event."""
        return self.cut - self.shift

    def value(self, events: float, rows: float) -> float:
        """Value of the metric; of a percentile the share of rows beyond.

        Values beyond a bound are taken to be as far beyond as those of all rows are.

        Args:
            events: Number of events.
            rows: What they are of.
        """
        return self.unit * events / max(rows, 1.0) + self.origin

    def units(self, events: float) -> float:
        """Events in units of the numerator: minutes, amounts, orders."""
        return events / self.factor


def bind_counted(dataset: Dataset, metric: str | Counted) -> BoundMetric:
    """Bind a metric; as events where it is said how they are counted.

    Raises:
        UnknownName: if there is no such metric.
        MissingField: if the dataset lacks columns that it needs.
    """
    if isinstance(metric, str):
        return bind_metric(dataset, parse_reference(metric))
    bound = bind_metric(dataset, metric.reference)
    if metric.beyond is not None:
        return _beyond(bound, metric.beyond)
    return _scaled(bound, metric) if metric.is_scaled else bound


def names_of(metrics: Sequence[str | Counted]) -> tuple[str, ...]:
    """References of metrics, however they are counted."""
    return tuple(item if isinstance(item, str) else item.metric for item in metrics)


def require_countable(name: str) -> None:
    """Insist on a metric that can be counted as events.

    Raises:
        UnknownName: if there is no such metric.
        InvalidInput: if it is a count: how many orders there are has no denominator
            that would say what is to be expected.
    """
    kind = parse_reference(name).definition.kind
    if kind not in (*SCALED, *AS_THEY_ARE, *BEYOND):
        raise InvalidInput(
            N_("{metric} is a plain count: nothing says how many there should be."),
            hint=N_(
                "Choose a rate, a mean, a ratio or a percentile; orders that go "
                "missing and shares that move are told by themselves."
            ),
            metric=name,
        )


def _beyond(bound: BoundMetric, threshold: float) -> BoundMetric:
    """The share of rows beyond a value, as a rate."""
    rows = next(item for item in bound.components if item.function == "known")
    limit = exp.convert(threshold)
    value = exp.paren(_value(rows))
    happened = replace(
        rows, name=f"{bound.name}_num", function="true",
        value=exp.GT(this=value, expression=limit),
    )  # fmt: skip
    definition = bound.reference.definition.model_copy(update={"kind": "rate"})
    reference = replace(bound.reference, definition=definition)
    return BoundMetric(reference, bound.source, (happened, rows))


def _scaled(bound: BoundMetric, counted: Counted) -> BoundMetric:
    """The metric of values as events: the same sums of other numbers."""
    sums = {item.name.removeprefix(f"{bound.name}_"): item for item in bound.components}
    below = sums["products"].other if "products" in sums else None

    def event(value: exp.Expr) -> exp.Expr:
        raised: exp.Expr = exp.paren(_bounded(value, counted, below))
        if counted.shift:
            raised = _plus(raised, _share(below, counted.shift))
        return _rounded(raised, counted.factor, is_ratio=below is not None)

    parts = tuple(_with(item, event) for item in bound.components)
    return replace(bound, components=parts)


def _with(item: Component, event: Callable[[exp.Expr], exp.Expr]) -> Component:
    """A component of the numerator, of events instead of values."""
    is_top = item.name.endswith(("_num", "_squares", "_products"))
    if not is_top or item.name.endswith("_n_squares"):
        return item
    return replace(item, value=event(_value(item)))


def _bounded(value: exp.Expr, counted: Counted, below: exp.Expr | None) -> exp.Expr:
    """The value, or the bound that it is beyond; NULL stays NULL.

    A ratio's rows without a denominator are not raised: they count no less than 0,
    unless what is counted is below 0.
    """
    ifs = []
    is_negative = counted.most is not None and counted.most <= 0
    may_be_lost = counted.least is None or counted.least < 0
    if below is not None and may_be_lost and not is_negative:
        is_none = exp.EQ(this=exp.func("COALESCE", below.copy(), _ZERO.copy()),
                         expression=_ZERO.copy())  # fmt: skip
        is_lost = exp.LT(this=exp.paren(value.copy()), expression=_ZERO.copy())
        ifs.append(exp.If(this=exp.and_(is_none, is_lost), true=_ZERO.copy()))
    for bound, comparison in ((counted.most, exp.GT), (counted.least, exp.LT)):
        if bound is not None:
            limit = exp.convert(bound)
            is_far = comparison(this=exp.paren(value.copy()), expression=limit)
            ifs.append(exp.If(this=is_far, true=limit.copy()))
    return exp.Case(ifs=ifs, default=value.copy()) if ifs else value.copy()


def _share(below: exp.Expr | None, shift: float) -> exp.Expr:
    """What a row is raised by: a mean's once, a ratio's by what it is of."""
    amount = exp.convert(shift)
    if below is None:
        return amount
    count = exp.func("COALESCE", below.copy(), _ZERO.copy())
    return exp.Mul(this=amount, expression=count)


def _plus(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.paren(exp.Add(this=left, expression=right))


def _rounded(value: exp.Expr, factor: float, *, is_ratio: bool) -> exp.Expr:
    """Events of a row, whose sums do not depend on the order of rows."""
    if factor == 1.0:
        return value
    whole = exp.Mul(this=value, expression=exp.convert(factor * 2.0**EVENT_BITS))
    found = exp.func("ROUND", whole)
    if is_ratio:
        found = exp.func("GREATEST", found, _ZERO.copy())
    return exp.Div(this=found, expression=exp.convert(2.0**EVENT_BITS))


def _value(item: Component) -> exp.Expr:
    return exp.null() if item.value is None else item.value.copy()
