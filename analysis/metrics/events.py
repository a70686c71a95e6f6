"""Events of orders, such as ``late``: what the metric of the event counts."""

from __future__ import annotations

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import UnknownName
from analysis.metrics.components import bind_metric, numerator_of
from analysis.metrics.expressions import ORDERS, tables_of
from analysis.metrics.registry import load_registry, parse_reference


def event_predicate(dataset: Dataset, event: str) -> exp.Expr:
    """The orders to which an event happened: what its metric counts.

    Args:
        dataset: Whose columns are used.
        event: Its name, with settings of the metric where wanted: ``late(by=day)``.

    Raises:
        UnknownName: if there is no such event.
        MissingField: if the metric of the event is locked.
    """
    name, bracket, settings = event.partition("(")
    events = load_registry().events
    if name.strip() not in events:
        raise UnknownName.of("event", name, events)
    metric = events[name.strip()].metric
    bound = bind_metric(dataset, parse_reference(f"{metric}{bracket}{settings}"))
    table, happened = numerator_of(dataset, bound)
    return happened if table == ORDERS else _with_row(table, happened)


def _with_row(table: str, condition: exp.Expr) -> exp.Expr:
    """Orders with a row of a related table for which the condition holds."""
    key = exp.column("order_no", table=table, quoted=True)
    rows = exp.select(key).from_(exp.to_identifier(table, quoted=True))
    if ORDERS in tables_of([condition]):
        own = exp.column("order_no", table=ORDERS, quoted=True)
        on = exp.EQ(this=key.copy(), expression=own)
        rows = rows.join(exp.to_identifier(ORDERS, quoted=True), on=on)
    order = exp.column("order_no", table=ORDERS, quoted=True)
    return exp.In(this=order, query=rows.where(condition).subquery())
