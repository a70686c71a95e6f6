"""The names of a strategy as expressions over a published dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, UnknownName
from analysis.metrics import trees
from analysis.metrics.chosen import distinct
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import ORDERS, require
from analysis.metrics.figures import Figure, figure_of
from analysis.metrics.filters import filters_of
from analysis.metrics.moments import Brought
from analysis.metrics.periods import Period
from analysis.metrics.place_names import WIDER, Places, in_full, places_of
from analysis.metrics.selection import Selection
from analysis.strategies.contract import Strategy
from analysis.strategies.published.assigned import (
    NAME,
    VARIANT,
    Assigned,
    brought,
    local_day,
    local_hour,
    read_assigned,
    renamed,
)
from analysis.strategies.published.contract import UNITS, Scope
from analysis.words import N_

#: Conditions on these say which strategy, not which orders.
_OF_STRATEGY = ("strategy_id", "variant")
#: Designs that compare periods, so that a count of rows means something.
_COUNTED = ("did", "staggered", "its", "synthetic_control")
STEPS = ("hour", "day", "week", "month")

#: Riders, and the column that publishing numbers them in.
RIDER, RIDER_NO = "rider", "rider_no"

#: Arms of places that are named by ``treated``.
TREATED, CONTROL = "treated", "control"


@dataclass(frozen=True, slots=True)
class Bound:
    """A strategy bound to a dataset.

    Attributes:
        dataset: What is read.
        strategy: What was asked.
        scope: Which orders.
        unit: What was assigned.
        figure: The metric.
        arm: The arm of an order; None where the design has none in its rows.
        filters: Predicates of the selection.
        brought: The assignment table, where there is one.
        assigned: The same, cleaned.
        places: How zones and cities are told apart, those that the strategy names.
    """

    dataset: Dataset
    strategy: Strategy
    scope: Scope
    unit: str
    figure: Figure
    arm: exp.Expr | None
    filters: tuple[exp.Expr, ...]
    brought: tuple[Brought, ...]
    assigned: Assigned | None
    places: Mapping[str, Places] = field(default_factory=dict)

    @property
    def unit_key(self) -> exp.Expr:
        """The unit as one value."""
        return self.key(self.unit)

    def key(self, name: str) -> exp.Expr:
        """A unit or dimension as one value, to group or cluster by.

        Raises:
            UnknownName: there is neither.
            MissingField: the dataset lacks its columns.
        """
        return key_of(self.dataset, name, self.places)

    @property
    def unit_code(self) -> exp.Expr:
        """The unit as what stands for it where orders are added up."""
        return self.code(self.unit)

    def code(self, name: str) -> exp.Expr:
        """A unit or dimension to add up by, riders by their number where they have one.

        Raises:
            UnknownName: there is neither.
            MissingField: the dataset lacks its columns.
        """
        if name == RIDER and is_numbered(self.dataset):
            return trees.column(RIDER_NO, ORDERS)
        return self.key(name)

    @property
    def history_selection(self) -> Selection:
        """Orders of the time before too: without what says which strategy."""
        return _of_all_times(self.scope.selection, self.strategy)

    @property
    def history_filters(self) -> tuple[exp.Expr, ...]:
        """Predicates of ``history_selection``."""
        return filters_of(self.dataset, self.history_selection)


def _of_all_times(selection: Selection, strategy: Strategy) -> Selection:
    for name in (*_OF_STRATEGY, strategy.treatment):
        selection = selection.without(name) if name else selection
    return replace(selection, period=None)


def bind(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope,
    *,
    places: Mapping[str, Places] | None = None,
) -> Bound:
    """Look up everything that the strategy names.

    Args:
        dataset: What is read.
        strategy: What is asked.
        scope: Which orders.
        places: How places are told apart, where the same units of the same orders were
            bound before; else all orders are looked through.

    Raises:
        UnknownName: a metric, dimension or unit that is not there.
        MissingField: the dataset lacks columns.
        InvalidInput: something of the strategy means nothing on a dataset.
    """
    if strategy.denominator is not None:
        raise InvalidInput(
            N_("denominator is {seen}, but a metric of a dataset has its own."),
            hint=N_("Leave it out."),
            seen=strategy.denominator,
        )
    require(dataset, "local_date")
    unit = unit_of(strategy)
    if places is None:
        places = _places(dataset, strategy, scope, unit)
    own = places.get(UNITS[unit][0])
    if own is not None and own.repeat and strategy.treated is not None:
        strategy = replace(strategy, treated=tuple(_treated(own, strategy)))
    assigned = None
    if scope.assignment is not None:
        assigned = read_assigned(scope.assignment)
        if own is not None and own.repeat:
            assigned = renamed(assigned, in_full(own, assigned.frame["unit"]))
    key = None if own is None else own.expression
    joined = (brought(assigned, unit, key=scope.key, place=key),) if assigned else ()
    return Bound(
        dataset, strategy, scope, unit,
        figure_of(dataset, strategy.outcome, counts=strategy.design in _COUNTED),
        _arm(dataset, strategy, key_of(dataset, UNITS[unit][0], places), assigned),
        filters_of(dataset, scope.selection), joined, assigned, places,
    )  # fmt: skip


def _treated(places: Places, strategy: Strategy) -> list[str]:
    """Treated places in full; nobody's name stays as it is."""
    return in_full(places, treated_names(strategy))


def _places(
    dataset: Dataset, strategy: Strategy, scope: Scope, unit: str
) -> dict[str, Places]:
    """How the zones and cities that a strategy groups by are told apart."""
    named = [unit, *strategy.cluster, *strategy.strata]
    columns = {UNITS[name][0] for name in named if name in UNITS}
    filters = filters_of(dataset, _of_all_times(scope.selection, strategy))
    return {
        column: places_of(dataset, column, filters)
        for column in sorted(columns & set(WIDER))
        if column in dataset.fields
    }


def unit_of(strategy: Strategy) -> str:
    """The unit that was assigned.

    Raises:
        UnknownName: it is none of `UNITS`.
    """
    name = (strategy.unit or "order").replace("_", "-").replace(" x ", "-")
    name = name.removesuffix("-id") if name.endswith("-id") else name
    if name not in UNITS:
        raise UnknownName.of("unit", strategy.unit, UNITS)
    return name


def key_of(
    dataset: Dataset, name: str, places: Mapping[str, Places] | None = None
) -> exp.Expr:
    """A unit or dimension as one value, to group or cluster by.

    Args:
        dataset: What is read.
        name: A unit, a dimension, ``day`` or ``week``.
        places: How zones and cities are told apart.

    Raises:
        UnknownName: there is neither.
        MissingField: the dataset lacks its columns.
    """
    if name == "week":
        return step_of("week")
    if name == "day":
        return trees.column("local_date", ORDERS)
    known = {} if places is None else places
    if name not in UNITS:
        return dimension(dataset, name).expression.copy()
    columns = UNITS[name]
    require(dataset, *columns)
    found = [
        known[one].expression if one in known else trees.column(one, ORDERS)
        for one in columns
    ]
    if len(columns) == 1:
        return found[0]
    parts = [exp.cast(one, "VARCHAR") for one in found]
    return exp.func("CONCAT_WS", exp.Literal.string(" "), *parts)


def is_numbered(dataset: Dataset) -> bool:
    """Whether publishing numbered the riders.

    A version from before the name was reserved may have a column of the file's own.
    """
    column = dataset.fields.get(RIDER_NO)
    return column is not None and column.kind == "derived"


def label_of(bound: Bound, code: object) -> object:
    """What a unit is called that ``unit_code`` stands for."""
    if bound.unit != RIDER or not is_numbered(bound.dataset):
        return code
    same = exp.EQ(this=bound.unit_code, expression=exp.convert(code))
    found = distinct(bound.dataset, {"label": bound.unit_key}, filters=[same])
    return found["label"].iloc[0]


def step_of(name: str) -> exp.Expr:
    """First moment of an order's hour, day, week or month, local.

    Raises:
        UnknownName: it is none of these.
    """
    if name not in STEPS:
        raise UnknownName.of("time", name, STEPS)
    if name == "hour":
        return local_hour()
    if name == "day":
        return local_day()
    day = trees.column("local_date", ORDERS)
    return exp.cast(exp.TimestampTrunc(this=day, unit=exp.var(name.upper())),
                    "TIMESTAMP")  # fmt: skip


def _arm(
    dataset: Dataset, strategy: Strategy, own: exp.Expr, assigned: Assigned | None
) -> exp.Expr | None:
    if assigned is not None:
        return trees.column(VARIANT, NAME)
    if strategy.treatment is not None:
        found = dimension(dataset, strategy.treatment).expression.copy()
        return exp.cast(found, "VARCHAR")
    if strategy.treated is None:
        return None
    place = exp.cast(own, "VARCHAR")
    names = [exp.Literal.string(str(one)) for one in treated_names(strategy)]
    inside = exp.In(this=place, expressions=names)
    return exp.Case(
        ifs=[exp.If(this=inside, true=exp.Literal.string(TREATED))],
        default=exp.Literal.string(CONTROL),
    )


def treated_names(strategy: Strategy) -> Sequence[object]:
    """Treated places, one or several."""
    asked = strategy.treated
    return list(asked) if isinstance(asked, tuple | list | set) else [asked]


def period_of(bound: Bound) -> Period:
    """Local dates that count.

    Raises:
        InvalidInput: nothing is left of them, or the dataset has no dates.
    """
    dataset, strategy = bound.dataset, bound.strategy
    if dataset.period is None:
        raise InvalidInput(
            N_("{dataset} has no dates."),
            hint=N_("Map the time of creation on the Data page and publish again."),
            dataset=dataset.name,
        )
    first, last = dataset.period
    for other in (bound.scope.selection.period, asked_period(strategy)):
        if other is not None:
            first, last = max(first, other.first), min(last, other.last)
    if strategy.design == "ab" and strategy.start is not None:
        first = max(first, day_of(strategy.start))
    if last < first:
        raise InvalidInput(
            N_("No day of {dataset} lies within the period asked for."),
            hint=N_("The data runs from {first} to {last}."),
            dataset=dataset.name,
            first=dataset.period[0],
            last=dataset.period[1],
        )
    return Period(first, last)


def asked_period(strategy: Strategy) -> Period | None:
    """First and last day of the strategy."""
    if strategy.period is None:
        return None
    first, last = strategy.period
    return Period(day_of(first), day_of(last))


def day_of(value: object) -> date:
    """A local date as users write it.

    Raises:
        InvalidInput: it is none.
    """
    try:
        moment = pd.Timestamp(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise _no_day(value) from error
    if pd.isna(moment):
        raise _no_day(value)
    return moment.date()


def _no_day(value: object) -> InvalidInput:
    return InvalidInput(
        N_("{seen!r} is no date."),
        hint=N_("Write days like 2026-01-31."),
        seen=value,
    )
