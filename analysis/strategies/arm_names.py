"""The arms that a column of the orders holds."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import trees
from analysis.metrics.chosen import distinct
from analysis.metrics.expressions import ORDERS
from analysis.strategies.registration import Registration
from analysis.words import N_

MOST: Final = 100


def arms_in(dataset: Dataset, column: str) -> tuple[str, ...]:
    """Values of a column of the orders as texts, sorted; at most ``MOST``."""
    value = exp.cast(trees.column(column, ORDERS), "VARCHAR")
    known = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
    found = distinct(dataset, {"arm": value}, filters=[known], limit=MOST)
    return tuple(sorted(found["arm"].astype(str)))


def need_arms(dataset: Dataset, plan: Registration) -> None:
    """Insist that the arms of a plan are in its column.

    A plan that begins after the data may name arms that are not there yet.

    Raises:
        InvalidInput: names the arm that no order has, and those that there are.
    """
    assignment = plan.assignment
    begun = dataset.period is not None and plan.first_day <= dataset.period[1]
    if assignment.kind != "column" or not begun or assignment.column not in (
        dataset.fields
    ):  # fmt: skip
        return
    known = arms_in(dataset, assignment.column)
    for name in (assignment.control, assignment.treated):
        if name not in known:
            raise InvalidInput(
                N_("The column {column} holds no orders of the arm {name}."),
                hint=N_("Choose one of its arms in step 2: {known}."),
                column=assignment.column,
                name=name,
                known=", ".join(known),
            )
