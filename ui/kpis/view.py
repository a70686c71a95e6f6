"""What the page KPIs looks at: its address, and what that means for a dataset."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

import streamlit as st
from pydantic import Field

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics import (
    Availability,
    Definition,
    Period,
    Selection,
    assumed_of,
    availability,
)
from analysis.metrics.conditions import predicate
from analysis.metrics.filters import event_predicate
from analysis.metrics.periods import Comparison, Grain
from analysis.metrics.registry import load_registry, parse_reference
from analysis.metrics.selection import Condition
from ui import cached, errors
from ui.kpis import periods
from ui.kpis.axes import Axis, axes_of, next_level
from ui.state import SelectionField, View, encode_view, update_view

PAGE: Final = "kpis"
MAX_CARDS: Final = 6
#: Cards of a dataset that nobody has chosen cards for: the first that it unlocks.
USUAL_CARDS: Final = (
    "orders", "late_rate", "p90_minutes_late", "delivery_minutes",
    "cancellation_rate", "complaint_rate", "low_rating_rate", "mean_rating",
    "push_completion_rate", "delivered_share", "contact_rate", "delivered_orders",
)  # fmt: skip
#: What the page looks at first: the first of these that the dataset unlocks.
USUAL_METRICS: Final = ("late_rate", "delivery_minutes", "cancellation_rate", "orders")

MetricText = Annotated[str, Field(min_length=1, max_length=200)]
ColumnText = Annotated[str, Field(min_length=1, max_length=200)]
Order = Literal["orders", "worst", "change", "excess", "name"]
Panel = Literal[
    "hours", "map", "severity", "stages", "experience", "supply", "compare"
]  # fmt: skip
MAX_COLUMNS: Final = 30


class KpiView(View):
    """What the page KPIs looks at. The chosen metric is the selection's.

    Attributes:
        span: Period, relative to the last day of the data; ``days`` are the dates of
            the selection, ``auto`` the shortest span with enough orders.
        compare: What changes are against, where the data reach back that far.
        cards: Metrics of the cards, with settings; the usual ones if empty.
        grain: Step of the trend.
        by: Dimension of the breakdown; the next useful one if empty.
        order: Which groups of the breakdown come first.
        estimate: Values of small groups as counted, or drawn towards the others.
        panel: Which of the views below the breakdown is open.
        place: City of the map; the one with the most orders if empty.
        one: The first segment of a comparison, within the orders looked at.
        other: The second one; the rest of them if empty.
        kept: Orders set aside to compare with; ``kept.metric`` tells they are set.
        listed: Whether the orders themselves are listed.
        columns: Columns of that list; the usual ones if empty.
        sort: Column it is sorted by, descending with a leading ``-``.
        page: Page of it, from 0 on.
    """

    span: periods.Span = "auto"
    compare: Literal["previous", "same_weekdays", "last_year", "none"] = "previous"
    cards: Annotated[tuple[MetricText, ...], Field(max_length=MAX_CARDS)] = ()
    grain: Literal["auto", "hour", "day", "week", "month"] = "auto"
    by: str = Field("", max_length=200)
    order: Order = "orders"
    estimate: Literal["raw", "shrunk"] = "raw"
    panel: Panel = "hours"
    place: str = Field("", max_length=200)
    one: SelectionField = Selection()
    other: SelectionField = Selection()
    kept: SelectionField = Selection()
    listed: bool = False
    columns: Annotated[tuple[ColumnText, ...], Field(max_length=MAX_COLUMNS)] = ()
    sort: str = Field("", max_length=200)
    page: int = Field(0, ge=0, le=100_000)


@dataclass(frozen=True, slots=True)
class Look:
    """A view of a dataset, with every default filled in and every misfit left out.

    Attributes:
        dataset: The opened version.
        view: The view, with dataset and version written into it.
        known: Availability of every metric by name.
        axes: Dimensions to break down and filter by, by name.
        whole: Period of the data; None without dates.
        period: Period looked at.
        compare: What changes are against; None where nothing is.
        before: The days of that comparison.
        cards: References of the cards' metrics.
        metric: Reference of the chosen metric.
        grain: Step of the trend; None without dates.
        by: Dimension of the breakdown; empty where there is none.
    """

    dataset: Dataset
    view: KpiView
    known: Mapping[str, Availability]
    axes: Mapping[str, Axis]
    whole: Period | None
    period: Period | None
    compare: Comparison | None
    before: Period | None
    cards: tuple[str, ...]
    metric: str
    grain: Grain | None
    by: str

    @property
    def orders(self) -> Selection:
        """The orders looked at, without period and metric."""
        selection = self.view.selection
        return Selection(conditions=selection.conditions, event=selection.event)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The filters, in the order in which they were set."""
        return self.view.selection.conditions

    @property
    def mark(self) -> str:
        """A short text that differs with the view, for keys of charts."""
        return f"{zlib.crc32(encode_view(self.view).encode()):08x}"

    @property
    def definition(self) -> Definition:
        """What the chosen metric means."""
        return parse_reference(self.metric).definition

    def locked(self, reference: str) -> tuple[str, ...]:
        """Columns that would unlock a metric; empty if it can be computed."""
        return self.known[parse_reference(reference).definition.name].missing

    def assumed(self, reference: str) -> bool:
        """Whether a metric or its orders rest on a rule, such as a promise."""
        found = self.known[parse_reference(reference).definition.name]
        return bool(found.assumed or assumed_of(self.dataset, selection=self.orders))

    def measured(self) -> dict[str, Any]:
        """Arguments of ``measure`` that say which orders, when and against what."""
        return {
            "period": self.period,
            "compare": self.compare,
            "selection": self.orders,
        }


def look_at(dataset: Dataset, view: KpiView) -> tuple[Look, tuple[str, ...]]:
    """Fill in the defaults of a view; gives back what of it does not fit as well."""
    axes = cached.result(axes_of, dataset)
    known = cached.result(availability, dataset)
    selection, misfits = _fitting(dataset, view.selection)
    cards, unknown = _known_metrics(view.cards)
    chosen, odd = _known_metrics([selection.metric] if selection.metric else [])
    whole = Period.of(dataset.period)
    period = periods.chosen(dataset, span=view.span, days=selection.period)
    compare = periods.covered(whole, period, view.compare)
    by = view.by if view.by in axes else _default_axis(axes, selection.conditions)
    look = Look(
        dataset=dataset,
        view=view.model_copy(
            update={
                "selection": replace(
                    selection, dataset=dataset.name, version=dataset.version
                )
            }
        ),
        known=known,
        axes=axes,
        whole=whole,
        period=period,
        compare=compare,
        before=periods.days_before(period, compare),
        cards=cards or _usual(known, USUAL_CARDS)[:MAX_CARDS],
        metric=next(iter([*chosen, *_usual(known, USUAL_METRICS)])),
        grain=periods.grain(period, view.grain),
        by=by,
    )
    wrong = (view.by,) if view.by and view.by not in axes else ()
    return look, (*misfits, *unknown, *odd, *wrong)


def go(look: Look, **changes: object) -> None:
    """Write a changed view into the address; for callbacks of widgets."""
    with errors.boundary():
        first_page = {"page": 0} if "selection" in changes or "span" in changes else {}
        update_view(look.view, first_page | changes)


def go_to(look: Look, *conditions: Condition, **changes: object) -> None:
    """Look at other orders: these conditions instead of those there are."""
    with errors.boundary():
        selection = replace(look.view.selection, conditions=conditions)
        segments = {"one": Selection(), "other": Selection(), "page": 0}
        update_view(look.view, {"selection": selection, **segments, **changes})


def choose_metric(look: Look, reference: str) -> None:
    """Look at another metric."""
    selection = replace(look.view.selection, metric=reference)
    go(look, selection=selection)


def drill(look: Look, condition: Condition, *more: Condition) -> None:
    """Narrow to one group and break it down by the next level.

    Args:
        look: What is looked at.
        condition: What narrows to the group.
        *more: Conditions before it, such as the city of a zone.
    """
    asked = tuple(item for item in (*more, condition) if item not in look.conditions)
    named = {item.dimension for item in asked if item.kind == "in"}
    others = [item for item in look.conditions if item.dimension not in named]
    deeper = condition.dimension
    if condition.kind == "in":
        deeper = next_level(look.dataset, condition.dimension)
        taken = {item.dimension for item in (*look.conditions, *asked)}
        deeper = "" if deeper in taken else deeper
    go_to(look, *others, *asked, by=deeper)


def open_days(look: Look, days: Period) -> None:
    """Look at some of the days only, at the step that suits them."""
    selection = replace(look.view.selection, period=days)
    go(look, selection=selection, span="days", grain="auto")


def close(key: str) -> None:
    """Close a pop-up from a callback."""
    st.session_state[key] = False


def _fitting(dataset: Dataset, selection: Selection) -> tuple[Selection, list[str]]:
    """The selection without conditions that this dataset cannot answer."""
    kept, misfits = [], []
    for condition in selection.conditions:
        try:
            predicate(dataset, condition)
            kept.append(condition)
        except DoorstepError:
            misfits.append(condition.dimension)
    event = selection.event
    try:
        if event:
            event_predicate(dataset, event)
    except DoorstepError:
        misfits.append(event)
        event = ""
    return replace(selection, conditions=tuple(kept), event=event), misfits


def _known_metrics(
    references: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """References that the registry knows, each once, and those it does not."""
    kept: list[str] = []
    unknown: list[str] = []
    for reference in dict.fromkeys(references):
        try:
            parse_reference(reference)
            kept.append(reference)
        except DoorstepError:
            unknown.append(reference)
    return tuple(kept), tuple(unknown)


def _usual(known: Mapping[str, Availability], names: Sequence[str]) -> tuple[str, ...]:
    found = tuple(name for name in names if known[name].is_available)
    return found or tuple(load_registry().metrics)[:1]


def _default_axis(axes: Mapping[str, Axis], conditions: Sequence[Condition]) -> str:
    """The first dimension that the filters have not narrowed to one value."""
    single = {
        item.dimension
        for item in conditions
        if item.kind == "in" and len(item.values) == 1
    }
    return next((name for name in axes if name not in single), "")
