"""What publishing will do, line by line, before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from analysis.orders.building.checks import RowCheck, row_checks
from analysis.orders.draft import Draft
from analysis.orders.links import reaches_orders
from analysis.orders.mapping import DETAILS, IGNORED, LOOKUP, Mapping, TableMapping
from ui import cached
from ui.data import desk, prospect, words
from ui.data.examples import row_count
from ui.data.view import joined, say
from ui.format import compact, number
from ui.show import plain
from ui.texts import t


def show(draft: Draft, mapping: Mapping) -> None:
    """All lines of the plan, and what the checks do with rows that they find."""
    with st.container(border=True, gap="small"):
        for icon, text in lines(draft, mapping):
            st.markdown(f":gray[{icon}] {text}")
    _checks(draft, mapping)


def lines(draft: Draft, mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Icon and sentence of each step, safe for Markdown."""
    for entry in mapping.tables:
        yield ":material/table:", _table(draft, mapping, entry)
    yield ":material/schedule:", _times(mapping)
    if mapping.promise is not None:
        yield ":material/handshake:", _promise(mapping)
    protected, kept = _personal(mapping)
    if protected:
        yield (
            ":material/shield:",
            t("Protected: {columns}.", columns=joined(protected, most=8)),
        )
    if kept:
        yield (
            ":orange[:material/shield_question:]",
            t(
                ":orange[Published unprotected, on purpose: {columns}.]",
                columns=joined(kept, most=8),
            ),
        )


def _table(draft: Draft, mapping: Mapping, entry: TableMapping) -> str:
    title = f"**{plain(entry.title, limit=60)}**"
    rows, is_exact = cached.of_staged(row_count, draft, draft.table(entry.table))
    counted = (
        t("{count} rows", count=number(rows))
        if is_exact
        else t("about {count} rows", count=compact(rows))
    )
    what = _becomes(mapping, entry)
    return t("{file}: {rows} {what}.", file=title, rows=counted, what=what)


def _becomes(mapping: Mapping, entry: TableMapping) -> str:
    if entry.target == IGNORED:
        return t("are not used")
    if entry.target == "orders":
        return (
            t("become orders; of one order ID the last row is kept")
            if mapping.duplicates == "last"
            else t("become orders; of one order ID the first row is kept")
        )
    if entry.target == DETAILS:
        return _summed_up(entry)
    if entry.target == LOOKUP:
        return _looked_up(mapping, entry)
    return t("become the table {table}", table=t(words.TABLES[entry.target]))


def _summed_up(entry: TableMapping) -> str:
    rules = [
        f"{plain(item.column)} ({t(words.RULES[item.rule])})"
        for item in entry.used()
        if item.field != "order_id"
    ]
    return t("are summed up for each order: {rules}", rules=joined(rules, most=4))


def _looked_up(mapping: Mapping, entry: TableMapping) -> str:
    if not reaches_orders(mapping, entry):
        return t("are not used, since no link leads to the orders")
    keys = {plain(link.column) for link in mapping.links if link.to == entry.table}
    return t("are looked up by {keys}", keys=joined(sorted(keys)))


def _times(mapping: Mapping) -> str:
    zone = plain(mapping.timezone)
    column = zone_column(mapping)
    if column:
        return t(
            "Times without an offset are read in the zone that {column} names in each "
            "row, all others in {zone}; days and hours are counted there.",
            column=plain(column),
            zone=zone,
        )
    return t(
        "Times without an offset are read in {zone}; days and hours are counted there.",
        zone=zone,
    )


def zone_column(mapping: Mapping) -> str:
    """The column of the orders that names each row's time zone; empty if none does."""
    columns = [
        entry.of_field("timezone")
        for entry in mapping.tables
        if entry.target == "orders"
    ]
    return next((item.column for item in columns if item is not None), "")


def _promise(mapping: Mapping) -> str:
    rule = mapping.promise
    if rule is None:
        return ""
    if rule.minutes_per_km:
        return t(
            "Promised {minutes} minutes after creation, and {more} a kilometre: "
            "assumed.",
            minutes=number(rule.minutes),
            more=number(rule.minutes_per_km, digits=1),
        )
    return t(
        "Promised {minutes} minutes after creation: assumed.",
        minutes=number(rule.minutes),
    )


def _personal(mapping: Mapping) -> tuple[list[str], list[str]]:
    """Columns that are protected, with how, and those kept on purpose."""
    found = [
        item
        for entry in mapping.tables
        if entry.target != IGNORED
        for item in entry.used()
        if item.personal
    ]
    protected = [
        f"{plain(item.column)} ({t(words.PROTECTION[item.protection])})"
        for item in found
        if item.protection
    ]
    return protected, [plain(item.column) for item in found if not item.protection]


def _checks(draft: Draft, mapping: Mapping) -> None:
    """What each check does with the rows that it finds; it can be changed."""
    known = {name for table, name in prospect.columns_of(mapping) if table == "orders"}
    now = datetime.now(UTC).replace(tzinfo=None)
    found = row_checks(known, now=now, actions=mapping.actions)
    if not found:
        return
    with st.expander(
        t("{count} checks, and what they do", count=number(len(found))),
        icon=":material/rule:",
        key="data_check_actions",
    ):
        for check in found:
            _check(draft, check)


def _check(draft: Draft, check: RowCheck) -> None:
    text, choice = st.columns([3, 2], vertical_alignment="center")
    text.markdown(say(check.text, labelled(check.values)))
    key = f"data_action_{draft.id}_{check.name}"
    st.session_state[key] = check.action
    choices = [name for name in words.ACTIONS if check.clears or name != "missing"]
    choice.selectbox(
        t("What is done"),
        choices,
        format_func=lambda name: t(words.ACTIONS[name]),
        key=key,
        label_visibility="collapsed",
        on_change=lambda: desk.change(
            draft.id,
            lambda _, mapping: with_action(
                mapping, check.name, str(st.session_state[key])
            ),
        ),
    )


def with_action(mapping: Mapping, check: str, action: str) -> Mapping:
    """The mapping with another action for one check."""
    return replace(mapping, actions={**mapping.actions, check: action})


def labelled(
    values: AnyMapping[str, object], *, table: str = "orders"
) -> dict[str, object]:
    """Values of a check's sentence, with names of fields as people call them."""
    return {name: _labelled(name, value, table) for name, value in values.items()}


def _labelled(name: str, value: object, table: str) -> object:
    if isinstance(value, str) and name == "place":
        return words.place_label(value)
    if isinstance(value, str) and name in {"first", "second", "name", "column"}:
        return words.column_label(table, value)
    return value
