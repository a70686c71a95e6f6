"""Groups of a breakdown: their figures, their order, the one that stands out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.metrics.selection import Condition
from ui import charts
from ui.format import number
from ui.kpis.axes import Axis, only, scalar, value_label
from ui.kpis.behind import measured
from ui.kpis.figures import Figure
from ui.kpis.view import Look, Order
from ui.show import shortened
from ui.texts import t

#: How many half-widths of its interval a group must be off to stand out.
SURE: Final = 1.5


@dataclass(frozen=True, slots=True)
class Group:
    """One bar of the breakdown.

    Attributes:
        label: Its name, one printable line, unlike those of the other bars.
        condition: What narrows to it.
        figure: The metric in it.
        orders: Number of orders in the period.
        is_rest: Whether it stands for all that are not shown.
    """

    label: str
    condition: Condition
    figure: Figure
    orders: int
    is_rest: bool = False


def groups(look: Look) -> list[Group]:
    """The groups shown, in their order, and the rest as one."""
    every = _every(look)
    shown = sorted(every, key=_sorting(look))[: charts.MAX_BARS]
    axis = look.axes[look.by]
    shown = _natural(axis, shown, look)
    if len(every) == len(shown):
        return shown
    values = tuple(group.condition.values[0] for group in shown)
    rest = only(values, name=look.by, kind="rest")
    count = number(len(every) - len(shown))
    more = "+" if len(every) >= (axis.top or len(every) + 1) else ""
    return [*shown, _rest(look, rest, label=t("other ({count})", count=count + more))]


def worst(found: Sequence[Group], whole: Figure) -> Group | None:
    """The group that is surely worse than the whole; None where none is.

    With a dozen groups one leaves its interval of 95 % by chance every other time, so
    half as much again is asked for (about 99.7 % each).
    """
    direction = whole.definition.direction
    if direction == "neutral":
        return None
    lower = direction == "lower"
    worse = [
        group
        for group in found
        if not (group.figure.is_few or group.is_rest)
        and _excess(group.figure, whole, lower=lower) > 0
    ]
    pick = max if lower else min
    return pick(worse, key=lambda group: group.figure.value, default=None)


def _excess(figure: Figure, whole: Figure, *, lower: bool) -> float:
    """How far a figure is on the worse side of the whole, less its uncertainty."""
    if lower:
        margin, step = figure.value - figure.low, figure.value - whole.value
    else:
        margin, step = figure.high - figure.value, whole.value - figure.value
    return step - SURE * margin


def _every(look: Look) -> list[Group]:
    """All groups, or the largest of a dimension with very many."""
    axis = look.axes[look.by]
    frame = measured(look, [look.metric, "orders"], by=look.by, top=axis.top)
    if axis.top:
        frame = frame[~frame["is_rest"]]
    frame = frame[frame["orders"] > 0]
    taken: set[str] = set()
    found = []
    for row in frame.to_dict("records"):
        value = scalar(row[look.by])
        label = _unlike(value_label(axis, value), taken)
        found.append(_group(look, row, only((value,), name=look.by), label=label))
    return found


def _rest(look: Look, rest: Condition, *, label: str) -> Group:
    frame = measured(look, [look.metric, "orders"], selection=look.orders.narrow(rest))
    return _group(look, frame.to_dict("records")[0], rest, label=label)


def _group(
    look: Look, row: dict[Any, Any], condition: Condition, *, label: str
) -> Group:
    return Group(
        label=label,
        condition=condition,
        figure=Figure.of(row, look.metric),
        orders=int(row["orders"]),
        is_rest=condition.kind == "rest",
    )


def _unlike(label: str, taken: set[str]) -> str:
    """A label that no other bar has: two values may look alike when shortened."""
    short = shortened(label, limit=34)
    found, count = short, 2
    while found in taken:
        found, count = f"{short} ({count})", count + 1
    taken.add(found)
    return found


def _sorting(look: Look) -> Callable[[Group], Any]:
    lower = Figure.of({}, look.metric).definition.direction == "lower"

    def by_worst(group: Group) -> tuple[bool, float]:
        value = group.figure.value
        few = group.figure.is_few or math.isnan(value)
        return (few, 0.0 if few else -value if lower else value)

    def by_change(group: Group) -> tuple[bool, float]:
        change = group.figure.change
        few = group.figure.is_few or math.isnan(change)
        return (few, 0.0 if few else -abs(change))

    sorting: dict[Order, Callable[[Group], Any]] = {
        "orders": lambda group: -group.orders,
        "worst": by_worst,
        "change": by_change,
        "name": lambda group: group.label.casefold(),
    }
    return sorting[look.view.order]


def _natural(axis: Axis, shown: list[Group], look: Look) -> list[Group]:
    """Hours, weekdays and bands in their own order, unless another was asked for."""
    if look.view.order not in ("orders", "name"):
        return shown
    if axis.values:
        places = {value: place for place, value in enumerate(axis.values)}
        return sorted(shown, key=lambda group: places.get(_value(group), len(places)))
    if axis.type in ("integer", "number"):
        return sorted(shown, key=lambda group: (_value(group) is None, _value(group)))
    return shown


def _value(group: Group) -> Any:  # noqa: ANN401 - a scalar
    return group.condition.values[0]
