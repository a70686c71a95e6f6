"""A selection as predicates over the orders table."""

from __future__ import annotations

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics.conditions import predicate
from analysis.metrics.events import event_predicate
from analysis.metrics.selection import Selection

__all__ = ["event_predicate", "filters_of"]


def filters_of(dataset: Dataset, selection: Selection) -> tuple[exp.Expr, ...]:
    """Predicates of the conditions and the event; the period is not among them.

    Raises:
        UnknownName: if there is no such dimension or event.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if a value does not fit its dimension.
    """
    found = [predicate(dataset, condition) for condition in selection.conditions]
    if selection.event:
        found.append(event_predicate(dataset, selection.event))
    return tuple(found)
