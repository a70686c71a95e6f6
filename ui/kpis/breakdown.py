"""The chosen metric by one dimension: bars, their list, and the way one got here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics import assumed_of
from analysis.metrics.selection import Condition, Scalar
from analysis.words import N_
from ui import chart_frame, charts
from ui.format import number, sample
from ui.kpis.axes import Axis, condition_label, only, scalar, value_label
from ui.kpis.behind import behind, measured, sql
from ui.kpis.figures import (
    VERDICT_COLOURS,
    VERDICT_NAMES,
    Figure,
    chart_unit,
    name_of,
    too_few,
)
from ui.kpis.locks import rule_badge
from ui.kpis.view import Look, Order, drill, go_to
from ui.show import choice, plain, shortened
from ui.state import bound
from ui.texts import t

ORDER_NAMES: Final[dict[Order, str]] = {
    "orders": N_("Most orders"),
    "worst": N_("Worst first"),
    "change": N_("Largest change"),
    "name": N_("By name"),
}
ROW_HEIGHT: Final = 34
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


def head(look: Look) -> None:
    """Which dimension, in which order, and the way one got here."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(t("Breakdown"), anchor=False, width="stretch")
        labels = {name: axis.label for name, axis in look.axes.items()}
        st.selectbox(
            t("Break down by"),
            list(labels),
            format_func=lambda name: labels.get(name, ""),
            width=240,
            **bound(look.view, "by", prefix="kpis", show=lambda _: look.by),
        )
        st.segmented_control(
            t("Order"),
            list(ORDER_NAMES),
            format_func=lambda order: choice(t(ORDER_NAMES[order])),
            required=True,
            **bound(look.view, "order", prefix="kpis"),
        )
    if assumed_of(look.dataset, by=look.by):
        rule_badge()
    _breadcrumb(look)


def chart_and_list(look: Look, found: Sequence[Group], whole: Figure) -> None:
    """Bars at the left, at the right the list that does what a click on a bar does."""
    axis = look.axes[look.by]
    if not found:
        st.info(t("No orders in this period."), icon=":material/event_busy:")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _chart(look, axis, found, whole)
    with right:
        _list(look, found)


def groups(look: Look) -> list[Group]:
    """The groups shown, in their order, and the rest as one."""
    every = _every(look)
    shown = sorted(every, key=_sorting(look))[: charts.MAX_BARS]
    axis = look.axes[look.by]
    shown = _natural(axis, shown, look)
    if len(every) == len(shown):
        return shown
    values = tuple(group.condition.values[0] for group in shown)  # noqa: PD011
    rest = only(values, name=look.by, kind="rest")
    count = number(len(every) - len(shown))
    more = "+" if len(every) >= (axis.top or len(every) + 1) else ""
    return [*shown, _rest(look, rest, label=t("other ({count})", count=count + more))]


def takeaway(look: Look, found: Sequence[Group]) -> str:
    """The bars in one sentence, for those who cannot see them."""
    name, by = name_of(look.metric), look.axes[look.by].label
    known = [group for group in found if not (group.figure.is_few or group.is_rest)]
    if not known:
        return t("{name} by {by}: too few orders in every group.", name=name, by=by)
    highest = max(known, key=lambda group: group.figure.value)
    lowest = min(known, key=lambda group: group.figure.value)
    return t(
        "{name} by {by}: highest in {top} ({high}), lowest in {bottom} ({low}).",
        name=name,
        by=by,
        top=highest.label,
        high=highest.figure.written(),
        bottom=lowest.label,
        low=lowest.figure.written(),
    )


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
    if axis.values:  # noqa: PD011 - no frame
        places = {value: place for place, value in enumerate(axis.values)}
        return sorted(shown, key=lambda group: places.get(_value(group), len(places)))
    if axis.type in ("integer", "number"):
        return sorted(shown, key=lambda group: (_value(group) is None, _value(group)))
    return shown


def _value(group: Group) -> Any:  # noqa: ANN401 - a scalar
    return group.condition.values[0]  # noqa: PD011 - no frame


def _chart(look: Look, axis: Axis, found: Sequence[Group], whole: Figure) -> None:
    frame = _frame(found)
    key = f"kpis_bars_{look.mark}"
    by_label = {group.label: group.condition for group in found}

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get(charts.PICK) or [{}]
        condition = by_label.get(str(picked[0].get("label")))
        if condition is not None:
            drill(look, condition)

    has_interval = frame["low"].notna().any()
    drawn = charts.bars(
        frame,
        label="label",
        value="value",
        low="low" if has_interval else None,
        high="high" if has_interval else None,
        sample="n",
        muted="muted",
        note="note",
        reference=_reference(whole),
        unit=chart_unit(whole.definition),
        pick=True,
        step=ROW_HEIGHT,
    )
    title = t("{name} by {by}", name=name_of(look.metric), by=axis.label)
    query = sql(look, [look.metric, "orders"], by=look.by, top=axis.top)
    chart_frame.draw(
        drawn,
        behind(look, look.metric, _table(look, found), title=title, query=query),
        alt_text=takeaway(look, found),
        key=key,
        on_select=clicked,
    )


def _reference(whole: Figure) -> float | None:
    """Value of all bars together, where it can be compared with one of them."""
    is_sum = whole.definition.kind == "count"
    return None if is_sum or math.isnan(whole.value) else whole.value


def _list(look: Look, found: Sequence[Group]) -> None:
    """A row for each bar: a button that narrows to it, its change, its sample."""
    rows = st.container(gap=None, key="kpis_groups")
    for place, group in enumerate(found):
        with rows.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                plain(group.label),
                key=f"kpis_group_{place}",
                type="tertiary",
                icon=":material/filter_alt:",
                help=t("Only these orders"),
                on_click=drill,
                args=(look, group.condition),
            )
            st.space("stretch")
            st.markdown(_change(group), width="content")


def _change(group: Group) -> str:
    figure = group.figure
    if figure.is_few:
        return f":gray[{too_few(figure.n)}]"
    if math.isnan(figure.change):
        return f":gray[{sample(figure.n)}]"
    arrow = "▲" if figure.change > 0 else "▼" if figure.change < 0 else ""
    text = f"{arrow} {figure.written_change()} {t(VERDICT_NAMES[figure.verdict])}"
    return (
        f":{VERDICT_COLOURS[figure.verdict]}[{text.strip()}] :gray[{sample(figure.n)}]"
    )


def _frame(found: Sequence[Group]) -> pd.DataFrame:
    """The bars; one that rests on too few has its number beside it, but no length."""
    figures = [group.figure for group in found]
    frame = pd.DataFrame(
        {
            "label": [group.label for group in found],
            "value": [figure.value for figure in figures],
            "low": [figure.low for figure in figures],
            "high": [figure.high for figure in figures],
            "n": [figure.n for figure in figures],
            "muted": [group.is_rest or group.figure.is_few for group in found],
            "note": [_note(figure) for figure in figures],
        }
    )
    few = [figure.is_few for figure in figures]
    frame.loc[few, ["value", "low", "high"]] = math.nan
    return frame


def _note(figure: Figure) -> str:
    if figure.is_few:
        return f"{figure.written()}, {too_few(figure.n)}"
    return figure.written()


def _table(look: Look, found: Sequence[Group]) -> pd.DataFrame:
    columns: dict[str, list[Scalar | float]] = {
        look.axes[look.by].label: [group.label for group in found],
        name_of(look.metric): [group.figure.value for group in found],
        t("95 % low"): [group.figure.low for group in found],
        t("95 % high"): [group.figure.high for group in found],
        "n": [group.figure.n for group in found],
        t("Orders"): [group.orders for group in found],
    }
    if look.before:
        columns[t("Before")] = [group.figure.before for group in found]
        columns[t("Change")] = [group.figure.change for group in found]
    return pd.DataFrame(columns)


def _breadcrumb(look: Look) -> None:
    """The filters as the way one got here; pressing a step goes back to it."""
    if not look.conditions:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            t("All orders"), key="kpis_crumb_all", type="tertiary",
            on_click=go_to, args=(look,), kwargs={"by": look.conditions[0].dimension},
        )  # fmt: skip
        for place, condition in enumerate(look.conditions):
            st.markdown(":gray[›]", width="content")
            _crumb(look, condition, place=place)


def _crumb(look: Look, condition: Condition, *, place: int) -> None:
    label = plain(condition_label(look.axes, condition))
    if place == len(look.conditions) - 1:
        st.markdown(f"**{label}**", width="content")
        return
    below = look.conditions[place + 1].dimension
    st.button(
        label, key=f"kpis_crumb_{place}", type="tertiary", on_click=go_to,
        args=(look, *look.conditions[: place + 1]), kwargs={"by": below},
    )  # fmt: skip
