"""Groups of a breakdown: their figures, their order, the one that stands out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from analysis.metrics.selection import Condition
from analysis.trends.breakdown import ranked
from analysis.trends.words import stands_out
from ui import charts
from ui.format import number
from ui.kpis.axes import Axis, only, scalar, value_label
from ui.kpis.behind import measured
from ui.kpis.figures import Figure
from ui.kpis.view import Look, Order
from ui.show import shortened
from ui.texts import t

_RANKED: Final = (
    "excess", "excess_low", "excess_high", "shrunk", "shrunk_low", "shrunk_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """One bar of the breakdown.

    Attributes:
        label: Its name, one printable line, unlike those of the other bars.
        condition: What narrows to it.
        figure: The metric in it.
        orders: Number of orders in the period.
        is_rest: Whether it stands for all that are not shown.
        groups: How many groups it stands for.
        excess: Units of the numerator beyond the whole, positive for the worse; NaN
            where the metric has none.
        excess_low: Lower end of its interval of 95 %.
        excess_high: Upper end.
        shrunk: Value drawn towards the other groups; NaN where there is none.
        shrunk_low: Lower end of its interval of 95 %.
        shrunk_high: Upper end.
    """

    label: str
    condition: Condition
    figure: Figure
    orders: int
    is_rest: bool = False
    groups: int = 1
    excess: float = math.nan
    excess_low: float = math.nan
    excess_high: float = math.nan
    shrunk: float = math.nan
    shrunk_low: float = math.nan
    shrunk_high: float = math.nan


def groups(look: Look, whole: Figure) -> list[Group]:
    """The groups shown, in their order, and the rest as one.

    Args:
        look: What is looked at.
        whole: The metric over all groups.
    """
    every = _every(look, whole)
    shown = sorted(every, key=_sorting(look))[: charts.MAX_BARS]
    axis = look.axes[look.by]
    shown = _natural(axis, shown, look)
    if len(every) == len(shown):
        return shown
    values = tuple(group.condition.values[0] for group in shown)
    rest = only(values, name=look.by, kind="rest")
    count = number(len(every) - len(shown))
    more = "+" if len(every) >= (axis.top or len(every) + 1) else ""
    other = _rest(look, rest, label=t("other ({count})", count=count + more))
    return [*shown, replace(other, groups=len(every) - len(shown))]


def worst(found: Sequence[Group], whole: Figure) -> Group | None:
    """The group that is surely worse than the whole; None where none is."""
    direction = whole.definition.direction
    if direction == "neutral":
        return None
    told = [group for group in found if not (group.figure.is_few or group.is_rest)]
    place = stands_out(
        [group.figure.value for group in told],
        [(group.figure.low, group.figure.high) for group in told],
        whole.value,
        is_lower_better=direction == "lower",
        looks=sum(group.groups for group in found),
    )
    return None if place is None else told[place]


def _every(look: Look, whole: Figure) -> list[Group]:
    """All groups, or the largest of a dimension with very many."""
    axis = look.axes[look.by]
    frame = measured(look, [look.metric, "orders"], by=look.by, top=axis.top)
    if axis.top:
        frame = frame[~frame["is_rest"]]
    frame = ranked(frame[frame["orders"] > 0], look.metric, whole.value)
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
        **{name: float(row.get(name, math.nan)) for name in _RANKED},
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

    shrunk = look.view.estimate == "shrunk"

    def by_worst(group: Group) -> tuple[bool, float]:
        value = group.shrunk if shrunk else group.figure.value
        few = group.figure.is_few or math.isnan(value)
        return (few, 0.0 if few else -value if lower else value)

    def by_change(group: Group) -> tuple[bool, float]:
        change = group.figure.change
        few = group.figure.is_few or math.isnan(change)
        return (few, 0.0 if few else -abs(change))

    def by_excess(group: Group) -> tuple[bool, float]:
        known = not (group.figure.is_few or math.isnan(group.excess))
        return (not known, -group.excess if known else 0.0)

    sorting: dict[Order, Callable[[Group], Any]] = {
        "orders": lambda group: -group.orders,
        "worst": by_worst,
        "change": by_change,
        "excess": by_excess,
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
