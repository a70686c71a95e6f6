"""How the files belong together: a small diagram, and the same as a list."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from analysis.orders.draft import Draft
from analysis.orders.links import reaches_orders
from analysis.orders.mapping import IGNORED, Link, Mapping, TableMapping
from ui.data import desk, words
from ui.show import plain, shortened
from ui.texts import t
from ui.tokens import tokens

Places = AnyMapping[str, tuple[int, float]]

BOX_HEIGHT: Final = 40
ROW: Final = 62
_BOX_WIDTH: Final = 0.8


def show(draft: Draft, mapping: Mapping) -> None:
    """The section of the links; nothing for a single file."""
    if len(mapping.tables) == 1:
        return
    st.subheader(t("How the files belong together"), anchor=False)
    picture, lines = st.columns([3, 2], gap="large")
    with picture:
        st.altair_chart(
            diagram(mapping),
            width="stretch",
            theme="streamlit",
            alt=takeaway(mapping),
            key="data_links_diagram",
        )
    with lines.container(gap="small"):
        for place, link in enumerate(mapping.links):
            _line(draft, mapping, link, place=place)
        for entry in unreached(mapping):
            st.markdown(
                t(
                    ":orange[:material/link_off:] **{file}** is not linked to the "
                    "orders and will not be used.",
                    file=plain(entry.title),
                )
            )
        _add(draft, mapping)


def unreached(mapping: Mapping) -> list[TableMapping]:
    """Tables that no link joins to the orders."""
    return [
        entry
        for entry in mapping.tables
        if entry.target == "lookup" and not reaches_orders(mapping, entry)
    ]


def takeaway(mapping: Mapping) -> str:
    """The diagram in a sentence."""
    pairs = [
        t(
            "{table} to {other} by {key}",
            table=shortened(mapping.table(link.table).title, limit=40),
            other=shortened(mapping.table(link.to).title, limit=40),
            key=shortened(link.column, limit=40),
        )
        for link in mapping.links
    ]
    return t("Links between the files: {links}", links=t("; ").join(pairs) or t("none"))


def _line(draft: Draft, mapping: Mapping, link: Link, *, place: int) -> None:
    text, button = st.columns([7, 1], vertical_alignment="center", gap="small")
    with text:
        key = (
            plain(link.column)
            if link.column == link.to_column
            else f"{plain(link.column)} = {plain(link.to_column)}"
        )
        st.markdown(
            f"{plain(mapping.table(link.table).title, limit=40)} "
            f":gray[:material/arrow_forward:] "
            f"{plain(mapping.table(link.to).title, limit=40)}  \n:gray[{key}]"
        )
    with button:
        st.button(
            "",
            icon=":material/link_off:",
            type="tertiary",
            key=f"data_unlink_{draft.id}_{place}",
            help=t("Remove this link"),
            on_click=_unlink,
            args=(draft.id, link),
        )


def _unlink(draft_id: str, link: Link) -> None:
    desk.change(
        draft_id,
        lambda _, mapping: replace(
            mapping, links=tuple(item for item in mapping.links if item != link)
        ),
    )


def _add(draft: Draft, mapping: Mapping) -> None:
    panel = st.popover(
        t("Add a link"), icon=":material/add_link:", type="tertiary",
        key=f"data_link_{draft.id}", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    titles = {entry.table: entry.title for entry in mapping.tables}
    with panel:
        table = st.selectbox(
            t("Rows of"),
            list(titles),
            format_func=titles.__getitem__,
            key="data_link_a",
        )
        others = [name for name in titles if name != table]
        to = st.selectbox(
            t("belong to one row of"), others, format_func=titles.__getitem__,
            key="data_link_b",
        )  # fmt: skip
        column = st.selectbox(
            t("by the column"), draft.table(table).columns, key="data_link_c"
        )
        to_column = st.selectbox(
            t("which there is called"), draft.table(to).columns, key="data_link_d"
        )
        st.button(
            t("Add"), type="primary", key="data_link_add", on_click=_link,
            args=(draft.id, Link(table, column, to, to_column)),
        )  # fmt: skip


def _link(draft_id: str, link: Link) -> None:
    def added(_: Draft, mapping: Mapping) -> Mapping:
        kept = tuple(item for item in mapping.links if item != link)
        return replace(mapping, links=(*kept, link))

    desk.change(draft_id, added)


def places(mapping: Mapping) -> dict[str, tuple[int, float]]:
    """Column and row of each table's box; the orders stand in column 0."""
    entries = [entry for entry in mapping.tables if entry.target != IGNORED]
    depth = {entry.table: 0 for entry in entries if entry.target == "orders"}
    while True:
        near = {
            name: depth[other] + 1
            for link in mapping.links
            for name, other in ((link.table, link.to), (link.to, link.table))
            if other in depth and name not in depth
        }
        if not near:
            break
        depth |= near
    last = max(depth.values(), default=0)
    columns: dict[int, list[str]] = {}
    for entry in entries:
        columns.setdefault(depth.get(entry.table, last + 1), []).append(entry.table)
    tallest = max(map(len, columns.values()), default=1)
    return {
        name: (column, row + (tallest - len(names)) / 2)
        for column, names in columns.items()
        for row, name in enumerate(names)
    }


def diagram(mapping: Mapping) -> alt.LayerChart:
    """Boxes for the tables and lines for the links, drawn without any service."""
    look, found = tokens(), places(mapping)
    boxes = _boxes(mapping, found)
    rows = max((row for _, row in found.values()), default=0.0) + 1
    scale_x = alt.Scale(domain=[-0.5, max(boxes["column"], default=0) + 0.5])
    scale_y = alt.Scale(domain=[rows - 0.5, -0.5])
    x = alt.X("column:Q", axis=None, scale=scale_x)
    y = alt.Y("row:Q", axis=None, scale=scale_y)
    lines = (
        alt.Chart(_lines(mapping, found))
        .mark_rule(color=look.before, strokeWidth=1.5)
        .encode(
            x=alt.X("x:Q", axis=None, scale=scale_x), x2="x2",
            y=alt.Y("y:Q", axis=None, scale=scale_y), y2="y2",
            tooltip=alt.Tooltip("key:N", title=t("Linked by")),
        )
    )  # fmt: skip
    base = alt.Chart(boxes)
    edge = alt.condition("datum.is_orders", alt.value(look.now), alt.value(look.before))
    box = base.mark_rect(
        cornerRadius=6, height=BOX_HEIGHT, stroke=look.before, strokeWidth=1,
        fill=look.surface,
    ).encode(
        x=alt.X("left:Q", axis=None, scale=scale_x), x2="right", y=y,
        stroke=edge,
    )  # fmt: skip
    room = alt.expr(f"width * {_BOX_WIDTH * 0.94 / (max(boxes['column']) + 1)}")
    title = base.mark_text(
        dy=-7, color=look.text, fontSize=12, fontWeight=600, limit=room
    )
    kind = base.mark_text(dy=9, color=look.muted, fontSize=11, limit=room)
    return alt.layer(
        lines, box, title.encode(x=x, y=y, text="title:N"),
        kind.encode(x=x, y=y, text="kind:N"),
    ).properties(height=max(rows * ROW, ROW))  # fmt: skip


def _boxes(mapping: Mapping, found: Places) -> pd.DataFrame:
    half = _BOX_WIDTH / 2
    return pd.DataFrame(
        {
            "title": shortened(mapping.table(name).title, limit=40),
            "kind": t(words.TABLES[mapping.table(name).target]),
            "column": column,
            "row": row,
            "left": column - half,
            "right": column + half,
            "is_orders": mapping.table(name).target == "orders",
        }
        for name, (column, row) in found.items()
    )


def _lines(mapping: Mapping, found: Places) -> pd.DataFrame:
    rows = [
        {
            "key": shortened(link.column, limit=40),
            "x": found[link.table][0],
            "y": found[link.table][1],
            "x2": found[link.to][0],
            "y2": found[link.to][1],
        }
        for link in mapping.links
        if link.table in found and link.to in found
    ]
    return pd.DataFrame(rows, columns=["key", "x", "y", "x2", "y2"])
