"""Step two: what every column means, how files belong together, what that gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

import streamlit as st

from analysis.errors import DataProblem
from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping, TableMapping
from analysis.orders.propose import propose_table
from analysis.orders.working import relinked, targets
from analysis.words import N_
from ui import errors
from ui.counted import counted, sentences
from ui.data import (
    columns,
    desk,
    prospect,
    questions,
    relations,
    rules,
    saved_mapping,
    words,
)  # fmt: skip
from ui.data.view import DataView, go, joined
from ui.format import number
from ui.show import choice, plain
from ui.texts import language, t

PAGE_ROWS: Final = 25
MAX_LOCKED: Final = 8
#: Beyond so many files a list is easier to read than a row of buttons.
MAX_BUTTONS: Final = 8


def summary(mapping: Mapping) -> str:
    """How much of the files is understood, in a sentence."""
    entries = [item for table in mapping.tables for item in table.columns]
    known = sum(item.use == "field" for item in entries)
    asks = sum(map(words.needs_a_look, entries))
    remembered = t("The meaning is the one last published for such files.")
    one, many = N_("1 column asks for a look."), N_("{count} columns ask for a look.")
    return sentences(
        t(
            "{known} of {count} columns are recognised.",
            known=number(known),
            count=number(len(entries)),
        ),
        remembered if mapping.remembered else "",
        counted(one, many, asks) if asks else "",
    )


def show(view: DataView, draft: Draft, mapping: Mapping) -> None:
    """The whole step."""
    desk.show_failure()
    _no_orders(mapping)
    questions.show(draft, mapping)
    rules.show(draft, mapping)
    _files(view, draft, mapping)
    relations.show(draft, mapping)
    gives(mapping)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            t("Back to the files"), icon=":material/arrow_back:", type="tertiary",
            key="data_to_files", on_click=go, args=(view,), kwargs={"step": "files"},
        )  # fmt: skip
        st.button(
            t("Next: check and publish"), icon=":material/arrow_forward:",
            type="primary", key="data_to_check", on_click=go, args=(view,),
            kwargs={"step": "check"},
        )  # fmt: skip


def _no_orders(mapping: Mapping) -> None:
    """Say so early where no file can be the orders."""
    try:
        _ = mapping.orders
    except DataProblem as error:
        errors.show_error(error)


def _files(view: DataView, draft: Draft, mapping: Mapping) -> None:
    head, tools = st.columns([3, 2], vertical_alignment="bottom")
    head.subheader(t("What the columns mean"), anchor=False)
    with tools.container(horizontal=True, horizontal_alignment="right", gap="small"):
        saved_mapping.menu(draft, mapping)
        desk.tools(draft.id)
    table = chosen_table(view, mapping)
    if len(mapping.tables) > 1:
        _switch(view, mapping, table)
    with st.container(border=True, gap="small"):
        _target(draft, table)
        _columns(view, draft, table)


def chosen_table(view: DataView, mapping: Mapping) -> TableMapping:
    """The file of the address; else the orders, else the first."""
    known = {entry.table: entry for entry in mapping.tables}
    first = next(iter(mapping.targeting("orders")), mapping.tables[0])
    return known.get(view.file, first)


def _switch(view: DataView, mapping: Mapping, table: TableMapping) -> None:
    """Choose the file whose columns are shown."""
    names = {entry.table: entry for entry in mapping.tables}
    key = f"data_file_{view.draft}"
    st.session_state[key] = table.table

    def changed() -> None:
        go(view, file=st.session_state[key] or table.table, page=1)

    if len(names) > MAX_BUTTONS:
        st.selectbox(
            t("File"), list(names), format_func=lambda name: names[name].title,
            key=key, on_change=changed,
        )  # fmt: skip
    else:
        st.segmented_control(
            t("File"), list(names), format_func=lambda name: _tab(names[name]), key=key,
            required=True, label_visibility="collapsed", on_change=changed,
        )  # fmt: skip


def _tab(entry: TableMapping) -> str:
    asks = any(map(words.needs_a_look, entry.columns)) and entry.target != "ignored"
    mark = ":orange[:material/help:] " if asks else ""
    return mark + choice(plain(entry.title, limit=40))


def _target(draft: Draft, table: TableMapping) -> None:
    left, right = st.columns([2, 3], vertical_alignment="center")
    key = f"data_target_{draft.id}_{table.table}"
    st.session_state[key] = table.target
    left.selectbox(
        t("What one row of {file} is", file=plain(table.title, limit=60)),
        targets(),
        format_func=lambda name: t(words.TARGETS[name]),
        key=key,
        on_change=lambda: desk.change(
            draft.id,
            lambda draft, old: retargeted(
                draft, old, table.table, str(st.session_state[key])
            ),
        ),
    )
    counts = Counter(item.use for item in table.columns)
    right.caption(
        t(
            "{fields} fields, {dimensions} to drill by, {others} only kept, "
            "{ignored} left out",
            fields=number(counts["field"]),
            dimensions=number(counts["dimension"]),
            others=number(counts["other"]),
            ignored=number(counts["ignore"]),
        )
    )


def retargeted(draft: Draft, mapping: Mapping, table: str, target: str) -> Mapping:
    """The mapping with a file taken for something else, its columns proposed anew."""
    if target == "ignored":
        entry = replace(mapping.table(table), target=target)
    else:
        entry = propose_table(
            draft.table(table), target, taken=_taken(mapping, without=table)
        )
    return relinked(mapping.with_table(entry), table)


def _taken(mapping: Mapping, *, without: str) -> set[str]:
    """Fields of the order that other files fill."""
    return {
        item.field
        for entry in mapping.tables
        if entry.table != without and entry.target in {"orders", "details", "lookup"}
        for item in entry.columns
        if item.use == "field"
    }


def _columns(view: DataView, draft: Draft, table: TableMapping) -> None:
    pages = -(-len(table.columns) // PAGE_ROWS)
    page = min(view.page, pages)
    values = columns.examples_of(draft, table.table)
    start = (page - 1) * PAGE_ROWS
    for entry in table.columns[start : start + PAGE_ROWS]:
        columns.line(columns.Place(draft, table, entry, values.get(entry.column, ())))
    if pages > 1:
        key = f"data_page_{draft.id}_{table.table}"
        st.session_state[key] = page
        st.pagination(
            pages, key=key, on_change=lambda: go(view, page=st.session_state[key])
        )


def gives(mapping: Mapping) -> None:
    """The metrics that this mapping gives, and what would unlock the others."""
    found, locked = prospect.unlocked(prospect.columns_of(mapping))
    st.subheader(
        t(
            "It gives {count} of {all} metrics",
            count=number(len(found)), all=number(len(found) + len(locked)),
        ),
        anchor=False,
    )  # fmt: skip
    names = [plain(item.label_in(language())) for item in found]
    st.caption(joined(names, most=12))
    if not locked:
        return
    groups: dict[tuple[str, ...], list[str]] = {}
    for item in locked:
        label = plain(item.definition.label_in(language()))
        groups.setdefault(item.missing, []).append(label)
    with st.expander(
        t("Still locked: {count} metrics, and why", count=number(len(locked))),
        icon=":material/lock:",
        key="data_locked",
    ):
        ordered = sorted(groups.items(), key=lambda item: (len(item[0]), -len(item[1])))
        for missing, labels in ordered:
            st.markdown(
                t(
                    "**{fields}** would unlock {metrics}",
                    fields=t(", ").join(plain(words.field_label(n)) for n in missing),
                    metrics=joined(labels, most=4),
                )
            )
