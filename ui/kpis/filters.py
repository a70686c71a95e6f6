"""The row under the title: period, comparison, filters as chips; views and link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from analysis.metrics import Period
from analysis.metrics.selection import Condition, Scalar
from analysis.words import N_
from ui import cached, frame, saved_views
from ui.counted import counted
from ui.format import number
from ui.format import period as written_period
from ui.kpis import periods
from ui.kpis.axes import (
    Axis,
    condition_label,
    event_name,
    value_label,
    values_of,
)
from ui.kpis.view import PAGE, Look, close, go, go_to
from ui.show import choice, plain
from ui.state import link_to
from ui.texts import t

_PERIOD: Final = "kpis_period"
_COMPARE: Final = "kpis_compare"
_FILTER: Final = "kpis_filter"
_KINDS: Final = {
    "in": N_("is one of"),
    "not_in": N_("is none of"),
    "missing": N_("is missing"),
}
MAX_CHOSEN: Final = 100


def row(look: Look) -> None:
    """Draw the row; what is pressed in it is written into the address."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="kpis_row"
    ):
        if look.period is not None and look.whole is not None:
            _period(look, look.whole, look.period)
            _compare(look, look.period)
        _add_filter(look)
        _chips(look)


def keep_and_share(look: Look) -> None:
    """Saved views and the link to this one."""
    _views(look)
    _link(look)


def _period(look: Look, whole: Period, period: Period) -> None:
    panel = st.popover(
        written_period(period.first, period.last),
        icon=":material/calendar_today:",
        key=_PERIOD,
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        st.caption(
            t("The data cover {days}.", days=written_period(whole.first, whole.last))
        )
        with st.container(horizontal=True, gap="small"):
            for span, name in periods.SPAN_NAMES.items():
                if periods.DAYS.get(span, 0) < whole.days:
                    _button(t(name), key=f"kpis_span_{span}", look=look, span=span)
        _neighbours(look, whole, period)
        _dates(look, whole, period)


def _neighbours(look: Look, whole: Period, period: Period) -> None:
    earlier, later = periods.neighbours(whole, period)
    length = period.days
    with st.container(horizontal=True, gap="small"):
        for name, days, icon in (
            (
                counted(N_("1 day earlier"), N_("{count} days earlier"), length),
                earlier,
                "arrow_back",
            ),
            (
                counted(N_("1 day later"), N_("{count} days later"), length),
                later,
                "arrow_forward",
            ),
        ):
            st.button(
                name,
                icon=f":material/{icon}:",
                key=f"kpis_{icon}",
                disabled=days is None,
                on_click=_set_days,
                args=(look, days),
            )


def _dates(look: Look, whole: Period, period: Period) -> None:
    key = "kpis_dates"
    st.session_state[key] = (period.first, period.last)

    def changed() -> None:
        chosen = st.session_state[key]
        if isinstance(chosen, Sequence) and len(chosen) == len(("first", "last")):
            _set_days(look, Period(*chosen))

    st.date_input(
        t("First and last day"),
        min_value=min(whole.first, period.first),
        max_value=max(whole.last, period.last),
        key=key,
        on_change=changed,
        format="YYYY-MM-DD",
    )


def _set_days(look: Look, days: Period | None) -> None:
    if days is not None:
        selection = replace(look.view.selection, period=days)
        go(look, selection=selection, span="days")


def _button(label: str, *, key: str, look: Look, span: str) -> None:
    def pressed() -> None:
        close(_PERIOD)
        go(look, span=span, selection=replace(look.view.selection, period=None))

    chosen = look.view.span == span
    st.button(
        label, key=key, on_click=pressed, type="primary" if chosen else "secondary"
    )


def _compare(look: Look, period: Period) -> None:
    found = periods.comparisons(look.whole, period)
    before = look.before
    label = (
        t("against {days}", days=written_period(before.first, before.last))
        if before
        else t("no comparison")
    )
    panel = st.popover(
        label, icon=":material/compare_arrows:", key=_COMPARE, on_change="rerun"
    )
    if not panel.open:
        return

    def changed() -> None:
        close(_COMPARE)
        go(look, compare=st.session_state["kpis_compare_with"])

    st.session_state["kpis_compare_with"] = look.compare or "none"
    panel.radio(
        t("Compare with"),
        [*found, "none"],
        format_func=lambda kind: _comparison(found.get(kind), kind),
        key="kpis_compare_with",
        on_change=changed,
    )
    for reason in periods.uncovered(look.whole, period).values():
        panel.caption(reason)


def _comparison(days: Period | None, kind: str) -> str:
    name = t(periods.COMPARISON_NAMES[kind])
    if days is None:
        return name
    shown = written_period(days.first, days.last)
    return t("{name}: {values}", name=name, values=shown)


def _chips(look: Look) -> None:
    """One button for each filter; pressing it takes the filter away."""
    for place, condition in enumerate(look.conditions):
        others = look.conditions[:place] + look.conditions[place + 1 :]
        _chip(plain(condition_label(look.axes, condition)), look, others, place=place)
    event = look.view.selection.event
    if event:
        st.button(
            t("Only: {event}", event=plain(event_name(event))),
            key="kpis_chip_event", icon=":material/close:", icon_position="right",
            on_click=go, args=(look,),
            kwargs={"selection": replace(look.view.selection, event="")},
        )  # fmt: skip
    if len(look.conditions) > 1:
        st.button(
            t("Clear filters"), key="kpis_clear", type="tertiary",
            on_click=go_to, args=(look,),
        )  # fmt: skip


def _chip(label: str, look: Look, others: tuple[Condition, ...], *, place: int) -> None:
    st.button(
        label,
        key=f"kpis_chip_{place}",
        icon=":material/close:",
        icon_position="right",
        help=t("Take this filter away"),
        on_click=go_to,
        args=(look, *others),
    )


def _add_filter(look: Look) -> None:
    panel = st.popover(
        t("Filter"), icon=":material/filter_list:", key=_FILTER, on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        labels = {name: axis.label for name, axis in look.axes.items()}
        name = st.selectbox(
            t("Dimension"),
            list(labels),
            format_func=lambda item: labels.get(item, ""),
            key="kpis_filter_by",
        )
        if name is None:
            return
        kind = st.segmented_control(
            t("Orders where it"),
            list(_KINDS),
            format_func=lambda item: choice(t(_KINDS[item])),
            required=True,
            default="in",
            key="kpis_filter_kind",
        )
        values = [] if kind == "missing" else _values(look, name)
        st.button(
            t("Add the filter"),
            type="primary",
            key="kpis_filter_add",
            disabled=kind != "missing" and not values,
            on_click=_added,
            args=(look, name, kind, values),
        )


def _values(look: Look, name: str) -> list[int]:
    """Places of the values chosen, among those that the dimension has."""
    listed = cached.result(values_of, look.dataset, name)
    axis = look.axes[name]
    return st.multiselect(
        t("Values"),
        range(len(listed)),
        format_func=lambda place: _value(axis, listed[place]),
        max_selections=MAX_CHOSEN,
        select_all=False,  # with it, Enter would choose every match, not the first
        key=_values_key(look, name),
        placeholder=t("Choose values"),
    )


def _values_key(look: Look, name: str) -> str:
    """A key for one list of values: another dataset has another list."""
    return f"kpis_filter_values_{look.dataset.id}_{look.dataset.version}_{name}"


def _value(axis: Axis, item: tuple[Scalar, int]) -> str:
    value, orders = item
    return f"{value_label(axis, value)} ({number(orders)})"


def _added(look: Look, name: str, kind: str, places: Sequence[int]) -> None:
    listed = cached.result(values_of, look.dataset, name)
    values = tuple(listed[place][0] for place in places)
    same = [
        item for item in look.conditions
        if not (item.dimension == name and item.kind == kind)
    ]  # fmt: skip
    close(_FILTER)
    st.session_state.pop(_values_key(look, name), None)
    go_to(look, *same, Condition(name, kind=kind, values=values))  # type: ignore[arg-type]


def _views(look: Look) -> None:
    """Saved views keep the dataset, not its version: they show what is newest."""
    selection = replace(look.view.selection, version="")
    kept = look.view.model_copy(update={"selection": selection})
    page = frame.entry(PAGE)
    if page is not None:
        saved_views.menu(kept, page=PAGE, address=str(frame.ROOT / page.path))


def _link(look: Look) -> None:
    panel = st.popover(
        t("Share"), icon=":material/link:", key="kpis_link", on_change="rerun"
    )
    if not panel.open:
        return
    panel.caption(t("This link opens the same view of the same version."))
    address = f"{st.context.url or ''}?{urlencode(link_to(look.view))}"
    panel.code(address, language=None, wrap_lines=True)
