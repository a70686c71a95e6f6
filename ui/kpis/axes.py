"""Dimensions as users see them: their names, their values, the next level down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pandas as pd
from babel import dates

from analysis.engine.dataset import ColumnType, Dataset
from analysis.metrics import Condition, dimensions_of, hierarchies_of, measure
from analysis.metrics.expressions import DIMENSION_KEYS
from analysis.metrics.registry import load_registry
from analysis.metrics.selection import Scalar, Selection
from analysis.orders.schema import load_fields
from analysis.words import N_
from ui.show import shortened
from ui.texts import language, t

#: Dimensions that come first; the others follow in the order of the file.
FIRST: Final = (
    "city", "zone", "merchant_type", "capacity_type", "hour_band", "weekday",
    "category", "scenario", "weather", "distance_band", "severity_band", "region",
    "country", "merchant_id", "rider_id",
)  # fmt: skip
#: Where one goes on from the last level of a hierarchy.
BELOW: Final[Mapping[str, str]] = {
    "zone": "merchant_id", "merchant_id": "rider_id", "rider_id": "hour_band",
}  # fmt: skip
#: Groups beyond this many come as one, the largest ones apart.
MAX_GROUPS: Final = 200

#: Values that Doorstep itself gives, by the name they have in the data.
OWN_VALUES: Final[Mapping[str, str]] = {
    "in time": N_("in time"),
    "0-5 min": N_("0-5 min"),
    "5-10 min": N_("5-10 min"),
    "10-20 min": N_("10-20 min"),
    "20-30 min": N_("20-30 min"),
    "over 30 min": N_("over 30 min"),
    "0-30 min": N_("0-30 min"),
    "30-45 min": N_("30-45 min"),
    "45-60 min": N_("45-60 min"),
    "over an hour": N_("over an hour"),
    "0-30 days": N_("0-30 days"),
    "31-90 days": N_("31-90 days"),
    "91-365 days": N_("91-365 days"),
    "over a year": N_("over a year"),
    "over 5 km": N_("over 5 km"),
    "customer": N_("customer"),
    "merchant": N_("merchant"),
    "rider": N_("rider"),
    "platform": N_("platform"),
    "unknown": N_("unknown"),
    "delivered": N_("delivered"),
    "cancelled": N_("cancelled"),
    "returned": N_("returned"),
    "failed": N_("failed"),
    "open": N_("open"),
    "cancelled by customer": N_("cancelled by customer"),
    "cancelled by merchant": N_("cancelled by merchant"),
    "cancelled by rider": N_("cancelled by rider"),
    "cancelled by platform": N_("cancelled by platform"),
    "cancelled, party unknown": N_("cancelled, party unknown"),
    "failed or returned": N_("failed or returned"),
    "still open": N_("still open"),
    "late, complained": N_("late, complained"),
    "late, rated low": N_("late, rated low"),
    "late, nothing said": N_("late, nothing said"),
    "not late, complained": N_("not late, complained"),
    "not late, rated low": N_("not late, rated low"),
    "nothing bad": N_("nothing bad"),
}
_OWN_FIELDS: Final = ("status",)


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension.

    Attributes:
        name: How ``measure`` knows it.
        labels: Its name in English and Chinese; may hold anything.
        type: What its values are.
        is_own: Whether its values are Doorstep's own words.
        values: Its values in order, where they are known beforehand.
        distinct: Number of its values; 0 where nobody counted.
    """

    name: str
    labels: tuple[str, str]
    type: ColumnType
    is_own: bool
    values: tuple[str | int, ...]
    distinct: int

    @property
    def label(self) -> str:
        """Its name in the session's language, not made safe for Markdown."""
        return shortened(self.labels[language().startswith("zh")], limit=60)

    @property
    def top(self) -> int | None:
        """How many groups to ask for apart; None for all."""
        many = self.type == "text" and self.distinct > MAX_GROUPS
        return MAX_GROUPS if many else None


def axes_of(dataset: Dataset) -> dict[str, Axis]:
    """The dimensions of a dataset, the most telling ones first."""
    found = dimensions_of(dataset)
    names = [*(name for name in FIRST if name in found), *found]
    return {
        name: Axis(
            name=name,
            labels=_labels(name, found[name].label),
            type=found[name].type,
            is_own=found[name].kind == "derived" or name in _OWN_FIELDS,
            values=found[name].values,
            distinct=_distinct(dataset, name),
        )
        for name in dict.fromkeys(names)
        if not (found[name].kind == "column" and _distinct(dataset, name) < 1)
    }


def next_level(dataset: Dataset, name: str) -> str:
    """The dimension inside this one; empty where there is none."""
    levels_of = hierarchies_of(dataset)
    for levels in levels_of.values():
        if name in levels[:-1]:
            return levels[levels.index(name) + 1]
    below = BELOW.get(name, "")
    return below if any(below in levels for levels in levels_of.values()) else ""


def value_label(axis: Axis | None, value: Scalar) -> str:
    """A value as users see it, one printable line, not made safe for Markdown."""
    if value is None:
        return t("(missing)")
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if axis is not None and axis.name == "weekday":
        names = dates.get_day_names("abbreviated", locale=language())
        return names[int(value) - 1] if value in range(1, 8) else str(value)
    if axis is not None and axis.name == "hour":
        return f"{value}:00"
    if axis is not None and axis.is_own:
        return t(OWN_VALUES.get(str(value), str(value)))
    return shortened(value, limit=60) or t("(blank)")


def condition_label(axes: Mapping[str, Axis], condition: Condition) -> str:
    """A condition in words, not made safe for Markdown."""
    axis = axes.get(condition.dimension)
    name = axis.label if axis else shortened(condition.dimension, limit=40)
    if condition.kind == "missing":
        return t("{name} is missing", name=name)
    if condition.kind == "range":
        low, high = (
            "…" if end is None else value_label(axis, end)
            for end in (condition.low, condition.high)
        )
        return t("{name}: {low} to {high}", name=name, low=low, high=high)
    labels = [value_label(axis, value) for value in condition.values]  # noqa: PD011 - no frame
    if condition.kind == "rest":
        return t("{name}: all but {count} groups", name=name, count=len(labels))
    shown = ", ".join(labels[:2])
    if len(labels) > len(labels[:2]):
        shown = t("{shown} and {count} more", shown=shown, count=len(labels) - 2)
    if condition.kind == "not_in":
        return t("{name} is not {values}", name=name, values=shown)
    return t("{name}: {values}", name=name, values=shown)


def event_name(event: str) -> str:
    """A filter such as ``complained`` as users see it, not made safe for Markdown."""
    found = load_registry().events.get(event.partition("(")[0].strip())
    return found.label[language().startswith("zh")] if found else event


def filter_names(axes: Mapping[str, Axis], selection: Selection) -> list[str]:
    """All filters of a selection in words, not made safe for Markdown."""
    named = [condition_label(axes, item) for item in selection.conditions]
    event = selection.event
    return [*named, t("Only: {event}", event=event_name(event))] if event else named


def values_of(dataset: Dataset, name: str) -> tuple[tuple[Scalar, int], ...]:
    """Values of a dimension with their numbers of orders, the most orders first."""
    axis = axes_of(dataset)[name]
    counts = measure(dataset, "orders", by=name, top=axis.top)
    if axis.top:
        counts = counts[~counts["is_rest"]]
    found = [
        (scalar(value), int(count))
        for value, count in zip(counts[name], counts["orders"], strict=True)
    ]
    return tuple(sorted(found, key=lambda item: -item[1]))


def scalar(value: object) -> Scalar:
    """A cell of a result as a value of a condition."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp | date):
        return value.isoformat()
    item = getattr(value, "item", None)
    plain_value = item() if callable(item) else value
    if isinstance(plain_value, str | int | float | bool):
        return plain_value
    return str(plain_value)


def only(values: tuple[Scalar, ...], *, name: str, kind: str = "in") -> Condition:
    """A condition on values of one dimension."""
    return Condition(name, kind=kind, values=values)  # type: ignore[arg-type]


def scope_of(dataset: Dataset, selection: Selection) -> Selection:
    """The same orders in one spelling, so that what is kept for them is found again."""
    spelled = [
        replace(item, values=_in_order(item.values)) for item in selection.conditions
    ]
    listed = sorted(spelled, key=lambda item: (item.dimension, item.kind, str(item)))
    return Selection(
        dataset=dataset.name, conditions=tuple(listed), event=selection.event
    )


def _in_order(values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Each value once, in an order that values of any type have."""
    by_type = {(type(value).__name__, str(value)): value for value in values}
    return tuple(by_type[key] for key in sorted(by_type))


def _labels(name: str, labels: tuple[str, str]) -> tuple[str, str]:
    table, _, column = name.rpartition(".")
    field = load_fields().get(table or "orders", {}).get(column)
    if field is None:
        return labels
    return (field.label_en, field.label_zh)


def _distinct(dataset: Dataset, name: str) -> int:
    table, _, column = name.rpartition(".")
    place = table if table in DIMENSION_KEYS else "orders"
    found = dataset.tables[place].columns.get(column if table else name)
    return found.distinct if found else 1
