"""Step one: files, a path on the server or a database; one line for each of them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.orders.draft import Draft, StagedTable, remove_table
from analysis.orders.sources import DatabaseQuery, Upload
from analysis.words import N_
from ui import cached
from ui.counted import counted, sentences
from ui.data import bring, samples
from ui.data.examples import row_count
from ui.data.view import DataView, go, say
from ui.format import compact, number
from ui.guard import guard
from ui.show import plain
from ui.texts import t

_UPLOADS: Final = "data_uploads"
_ICONS: Final = {
    "info": ":gray[:material/info:]",
    "warning": ":orange[:material/warning:]",
    "problem": ":orange[:material/error:]",
}
_LEVELS: Final = ("problem", "warning", "info")
KIBI: Final = 1024


def show(view: DataView, draft: Draft | None) -> None:
    """Bring files in, and the list of those that are here."""
    if bring.running(view):
        return
    _drop_zone(view)
    _other_sources(view)
    bring.show_problems()
    if draft is None or not draft.tables:
        samples.offer(view)
        return
    st.subheader(
        counted(
            N_("1 table is here"), N_("{count} tables are here"), len(draft.tables)
        ),
        anchor=False,
    )
    with st.container(border=True, gap="small"):
        for table in draft.tables:
            _line(draft, table)
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            t("Next: what the columns mean"),
            type="primary",
            icon=":material/arrow_forward:",
            key="data_to_meaning",
            on_click=go,
            args=(view,),
            kwargs={"step": "meaning"},
        )


def _drop_zone(view: DataView) -> None:
    turn = st.session_state.setdefault(_UPLOADS, 0)
    key = f"data_upload_{turn}"
    st.file_uploader(
        t("Drop your order files here, all of them at once"),
        accept_multiple_files=True,
        key=key,
        on_change=_received,
        args=(key, view.draft),
        help=t(
            "CSV, TSV, Excel, Parquet, JSON lines, DuckDB and SQLite files, also as "
            ".gz or .zst. They stay on this server."
        ),
    )


def _received(key: str, draft: str) -> None:
    """Start on the files and empty the widget, so that no upload stays in memory.

    A run that is interrupted calls it again for the same files, hence the first line.
    """
    if key != f"data_upload_{st.session_state.get(_UPLOADS, 0)}":
        return
    files = st.session_state.get(key) or []
    bring.start([Upload(file.name, file) for file in files], draft=draft)
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1


def _other_sources(view: DataView) -> None:
    roots, known = bring.allowed_roots(), bring.connections()
    if not (roots or known):
        return
    with st.container(horizontal=True, gap="small"):
        if roots:
            _server_path(view, [str(root) for root in roots])
        if known:
            _database(view, list(known))


def _server_path(view: DataView, roots: list[str]) -> None:
    panel = st.popover(t("A file or folder on the server"), icon=":material/folder:")
    with panel, st.form("data_path", border=False, clear_on_submit=True):
        path = st.text_input(
            t("Path of a file, or of a folder of Parquet files"), max_chars=1_000
        )
        st.caption(t("Allowed: {roots}", roots=", ".join(map(plain, roots))))
        if st.form_submit_button(t("Bring in"), type="primary") and path.strip():
            bring.start([path.strip()], draft=view.draft)
            st.rerun()


def _database(view: DataView, known: list[str]) -> None:
    panel = st.popover(t("A database"), icon=":material/database:")
    with panel, st.form("data_query", border=False):
        connection = st.selectbox(t("Connection"), known)
        name = st.text_input(t("Call the table"), value="orders", max_chars=80)
        sql = st.text_area(t("Query (one SELECT)"), max_chars=20_000, height=140)
        if st.form_submit_button(t("Bring in"), type="primary") and sql.strip():
            query = DatabaseQuery(connection, sql.strip(), name.strip() or "orders")
            bring.start([query], draft=view.draft)
            st.rerun()


def _line(draft: Draft, table: StagedTable) -> None:
    worst = next(
        (level for level in _LEVELS if any(n.level == level for n in table.notes)), ""
    )
    icon = ":green[:material/check_circle:]" if worst in {"", "info"} else _ICONS[worst]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(gap=None):
            st.markdown(
                f"{icon} **{plain(table.title)}** :gray[{_figures(draft, table)}]"
            )
            _notes(table)
        st.button(
            t("Remove"),
            icon=":material/delete:",
            type="tertiary",
            key=f"data_remove_{draft.id}_{table.id}",
            on_click=_remove,
            args=(draft, table.id),
        )


def _notes(table: StagedTable) -> None:
    """What asks for a look on lines of its own, what is good to know on one."""
    for note in table.notes:
        if note.level != "info":
            st.markdown(f":orange[{say(note.text, note.values)}]")
    told = [say(note.text, note.values) for note in table.notes if note.level == "info"]
    if told:
        st.caption(sentences(*told))


def _figures(draft: Draft, table: StagedTable) -> str:
    rows, is_exact = cached.of_staged(row_count, draft, table)
    parts = [
        t("{count} rows", count=number(rows))
        if is_exact
        else t("about {count} rows", count=compact(rows)),
        t("{count} columns", count=number(len(table.columns))),
        size(table.bytes),
    ]
    return " · ".join(part for part in parts if part)


def size(count: int) -> str:
    """A number of bytes, such as ``1.2 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < KIBI or unit == "GB":
            return f"{number(value, digits=0 if unit == 'B' else 1)} {unit}"
        value /= KIBI
    return number(count)


def _remove(draft: Draft, table_id: str) -> None:
    guard("publish")
    remove_table(draft, table_id)
