"""The menu of saved views that every page with a view carries."""

from __future__ import annotations

import streamlit as st

from analysis import records
from analysis.errors import DoorstepError
from analysis.records import SavedView
from ui import cached, errors
from ui.guard import name_field, person, sign
from ui.show import plain
from ui.state import PARAMETER, View, encode_view
from ui.texts import language, t

_UNDO_KEY = "deleted_view"


def menu(view: View, *, page: str, address: str) -> None:
    """Save this view, open, rename or delete others, undo a deletion.

    Args:
        view: What the page shows now.
        page: Name of the page in the records, such as ``kpis``.
        address: Script of the page, for the links.
    """
    panel = st.popover(
        t("Saved views"),
        icon=":material/bookmark:",
        key=f"{page}_saved_views",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel, errors.boundary():
        typed = name_field(f"{page}_author")
        _undo_offer(page)
        signature = person().signature if person().name else ""
        found = records.list_views(cached.records(), page=page, person=signature)
        for item in found:
            _entry(item, address=address, typed=typed)
        if not found:
            st.caption(t("No view is saved for this page yet."))
        _save_form(view, page=page, typed=typed)


def _entry(item: SavedView, *, address: str, typed: str) -> None:
    link, more = st.columns([5, 1], vertical_alignment="center")
    link.page_link(
        address,
        label=plain(item.name),
        query_params={"lang": language(), PARAMETER: item.address},
    )
    chosen = more.menu_button(
        t("More"),
        ["rename", "delete"],
        format_func=lambda verb: t("Rename") if verb == "rename" else t("Delete"),
        key=f"more_{item.id}",
        type="tertiary",
        icon=":material/more_horiz:",
    )
    if chosen == "delete":
        _delete(item, typed=typed)
    if chosen == "rename" or st.session_state.get("renaming") == item.id:
        st.session_state["renaming"] = item.id
        _rename_form(item, typed=typed)


def _rename_form(item: SavedView, *, typed: str) -> None:
    with st.form(f"rename_{item.id}", border=False):
        name = st.text_input(t("New name"), value=item.name)
        if st.form_submit_button(t("Rename")):
            who = sign("annotate", typed)
            records.rename_view(
                cached.records(), item.id, name=name, by=who.signature,
                version=item.version,
            )  # fmt: skip
            st.session_state.pop("renaming", None)
            st.rerun()


def _delete(item: SavedView, *, typed: str) -> None:
    who = sign("annotate", typed)
    records.delete_view(
        cached.records(), item.id, by=who.signature, version=item.version
    )
    st.session_state[_UNDO_KEY] = (item.page, item.id, item.name)
    st.rerun()


def _undo_offer(page: str) -> None:
    deleted = st.session_state.get(_UNDO_KEY)
    if deleted is None or deleted[0] != page:
        return
    text, button = st.columns([4, 2], vertical_alignment="center")
    text.caption(t("{name} is deleted.", name=plain(deleted[2])))
    if button.button(t("Undo"), key=f"{page}_undo_delete"):
        del st.session_state[_UNDO_KEY]
        records.undo_delete(
            cached.records(), "saved_view", deleted[1], by=person().signature
        )
        st.rerun()


def _save_form(view: View, *, page: str, typed: str) -> None:
    with st.form(f"{page}_save_view", border=False, clear_on_submit=True):
        name = st.text_input(t("Save this view as"), max_chars=120)
        shared = st.checkbox(t("Show it to everyone"), value=True)
        if st.form_submit_button(t("Save"), type="primary"):
            _save(view, page=page, name=name, typed=typed, shared=shared)


def _save(view: View, *, page: str, name: str, typed: str, shared: bool) -> None:
    try:
        who = sign("annotate", typed)
        records.save_view(
            cached.records(), page=page, name=name, address=encode_view(view),
            by=who.signature, shared=shared,
        )  # fmt: skip
    except DoorstepError as error:
        errors.show_error(error)
        return
    st.toast(t("Saved"), icon=":material/bookmark_added:")
    st.rerun()
