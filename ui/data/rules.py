"""What holds for all files: the time zone, the promise, several rows of one order."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import streamlit as st

from analysis.errors import DataProblem
from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping, PromiseRule
from ui import cached
from ui.data import desk
from ui.data.examples import repeats
from ui.format import number
from ui.show import plain
from ui.texts import t

PROMISE_MINUTES: Final = 45.0
_MOST_MINUTES: Final = 10_000.0


@cache
def zones() -> tuple[str, ...]:
    """Time zones by place; those without a place come last."""
    return tuple(
        sorted(available_timezones(), key=lambda name: ("/" not in name, name))
    )


def show(draft: Draft, mapping: Mapping) -> None:
    """The settings of the whole mapping."""
    st.subheader(t("For all files"), anchor=False)
    zone, promise, several = st.columns(3, gap="medium")
    with zone:
        _zone(draft, mapping)
    with promise:
        _promise(draft, mapping)
    with several:
        _duplicates(draft, mapping)


def _zone(draft: Draft, mapping: Mapping) -> None:
    key = f"data_zone_{draft.id}"
    st.session_state[key] = mapping.timezone
    known = zones()
    st.selectbox(
        t("Time zone of the places"),
        known if mapping.timezone in known else (mapping.timezone, *known),
        key=key,
        on_change=lambda: desk.change(
            draft.id,
            lambda _, old: replace(old, timezone=str(st.session_state[key])),
        ),
        help=t(
            "Times that do not say their offset are read in it, and days and hours "
            "are counted in it. A column of time zones in the files goes before."
        ),
    )
    bare = _times_without_offset(mapping)
    if bare and mapping.timezone == "UTC":
        st.markdown(
            t(
                ":orange[:material/schedule:] {count} time columns do not say their "
                "offset: choose where the orders took place.",
                count=number(bare),
            )
        )


def _times_without_offset(mapping: Mapping) -> int:
    """Columns of times whose zone neither they nor their rows tell."""
    return sum(
        item.reading.type == "time"
        and not item.reading.has_offset
        and not item.reading.is_duration
        for entry in mapping.tables
        if entry.of_field("timezone") is None
        for item in entry.used()
    )


def _promise(draft: Draft, mapping: Mapping) -> None:
    if _has_field(mapping, "promised_at"):
        st.markdown(t("Promise"))
        st.caption(t(":green[:material/check:] The files have a promised time."))
        return
    key = f"data_promise_{draft.id}"
    st.session_state[key] = mapping.promise is not None
    st.toggle(
        t("No promise in the files: use a rule"),
        key=key,
        on_change=lambda: _set_promise(
            draft, PromiseRule(PROMISE_MINUTES) if st.session_state[key] else None
        ),
        help=t('On time and late then show as "assumed" everywhere.'),
    )
    if mapping.promise is not None:
        _promise_figures(draft, mapping.promise, by_distance=_has_distance(mapping))


def _promise_figures(draft: Draft, rule: PromiseRule, *, by_distance: bool) -> None:
    fixed, distance = f"data_promise_min_{draft.id}", f"data_promise_km_{draft.id}"
    st.session_state[fixed] = rule.minutes
    st.session_state[distance] = rule.minutes_per_km

    def changed() -> None:
        per_km = float(st.session_state.get(distance) or 0.0)
        minutes = float(st.session_state.get(fixed) or 0.0)
        _set_promise(draft, PromiseRule(minutes, per_km))

    st.number_input(
        t("Minutes after the order was created"),
        min_value=0.0, max_value=_MOST_MINUTES, step=5.0, key=fixed, on_change=changed,
    )  # fmt: skip
    if by_distance:
        st.number_input(
            t("and minutes a kilometre"),
            min_value=0.0, max_value=600.0, step=0.5, key=distance, on_change=changed,
        )  # fmt: skip
    else:
        st.caption(t("With a distance column the rule can also count kilometres."))


def _set_promise(draft: Draft, rule: PromiseRule | None) -> None:
    desk.change(draft.id, lambda _, mapping: replace(mapping, promise=rule))


def _duplicates(draft: Draft, mapping: Mapping) -> None:
    key = f"data_duplicates_{draft.id}"
    st.session_state[key] = mapping.duplicates
    names = {"first": t("the first row"), "last": t("the last row")}
    st.selectbox(
        t("Where an order ID stands twice, keep"),
        list(names),
        format_func=lambda name: names[name],
        key=key,
        on_change=lambda: desk.change(
            draft.id, lambda _, old: replace(old, duplicates=st.session_state[key])
        ),
        help=t("The other rows are set aside and can be downloaded."),
    )
    found = repeated_orders(draft, mapping)
    if found:
        st.caption(
            t(
                ":orange[:material/warning:] {file} has several rows of one order. If "
                "a row is a waybill (one push to a rider), bring the file in as "
                "Offers to riders, beside a file with one row an order.",
                file=plain(found),
            )
        )


def repeated_orders(draft: Draft, mapping: Mapping) -> str:
    """The title of the orders table if its order IDs repeat; empty if they do not."""
    try:
        entry = mapping.orders
    except DataProblem:
        return ""
    column = entry.of_field("order_id")
    table = draft.table(entry.table)
    if column is None:
        return ""
    twice = cached.of_staged(repeats, draft, table, column.column)
    return entry.title if twice else ""


def _has_field(mapping: Mapping, name: str) -> bool:
    return any(
        entry.of_field(name) is not None
        for entry in mapping.tables
        if entry.target in {"orders", "details", "lookup"}
    )


def _has_distance(mapping: Mapping) -> bool:
    return _has_field(mapping, "distance_m")
