"""Conditions of a selection as predicates over the orders table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics.dimensions import Dimension, dimension
from analysis.metrics.selection import Condition, Scalar
from analysis.words import N_


def predicate(dataset: Dataset, condition: Condition) -> exp.Expr:
    """One condition as a predicate; orders where it is not true are left out.

    Raises:
        UnknownName: if the dataset has no such dimension.
        InvalidInput: if a value does not fit the dimension.
    """
    found = dimension(dataset, condition.dimension)
    if condition.kind == "missing":
        return _is_null(found.expression)
    if condition.kind == "range":
        return _range(found, condition)
    listed = _listed(found, condition.values)
    if condition.kind == "in":
        return listed
    return exp.Not(this=exp.func("COALESCE", listed, exp.false()))


def _listed(found: Dimension, values: Sequence[Scalar]) -> exp.Expr:
    literals = [literal(found, value) for value in values if value is not None]
    here = found.expression.copy()
    choices: list[exp.Expr] = []
    if literals:
        choices.append(exp.In(this=here, expressions=literals))
    if None in values:
        choices.append(_is_null(here))
    return choices[0] if len(choices) == 1 else exp.or_(*choices)


def _range(found: Dimension, condition: Condition) -> exp.Expr:
    ends: list[exp.Expr] = []
    if condition.low is not None:
        low = literal(found, condition.low)
        ends.append(exp.GTE(this=found.expression.copy(), expression=low))
    if condition.high is not None:
        high = literal(found, condition.high)
        ends.append(exp.LTE(this=found.expression.copy(), expression=high))
    return exp.and_(*ends)


def literal(found: Dimension, value: Scalar) -> exp.Expr:
    """A value as a literal of the dimension's type.

    Raises:
        InvalidInput: if it is not of that type.
    """
    if found.type == "text":
        return exp.Literal.string(str(value))
    if found.type == "flag" and isinstance(value, bool):
        return exp.convert(value)
    if found.type in ("integer", "number") and _is_number(value):
        return exp.convert(value)
    if found.type in ("date", "time") and isinstance(value, str):
        return _moment(found, value)
    raise _misfit(found, value)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moment(found: Dimension, value: str) -> exp.Expr:
    kind = date if found.type == "date" else datetime
    try:
        text = kind.fromisoformat(value).isoformat()
    except ValueError as error:
        raise _misfit(found, value) from error
    name = "DATE" if found.type == "date" else "TIMESTAMP"
    return exp.cast(exp.Literal.string(text), name)


def _is_null(expression: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.paren(expression.copy()), expression=exp.null())


def _misfit(found: Dimension, value: Scalar) -> InvalidInput:
    return InvalidInput(
        N_("{name} holds values of type {type}, not {value}."),
        hint=N_("Choose one of its values."),
        name=found.name,
        type=found.type,
        value=repr(value)[:80],
    )
