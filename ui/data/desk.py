"""Correcting the mapping of a draft: every change is kept at once and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from analysis.errors import DoorstepError
from analysis.orders.draft import Draft, load_draft
from analysis.orders.mapping import Mapping
from analysis.orders.working import forget_working, keep_working, working_mapping
from ui import cached, errors
from ui.guard import guard
from ui.texts import t

Change = Callable[[Draft, Mapping], Mapping]

_UNDO: Final = "data_undo"
_FAILED: Final = "data_failed"
MAX_UNDO: Final = 20


def change(draft_id: str, correct: Change) -> None:
    """Apply a correction and keep it; for callbacks of widgets.

    What goes wrong is shown by ``show_failure`` in the run that follows.
    """
    try:
        guard("publish")
        draft = load_draft(cached.workspace(), draft_id)
        before = working_mapping(draft)
        after = correct(draft, before)
        if after == before:
            return
        keep_working(draft, after)
    except DoorstepError as error:
        st.session_state[_FAILED] = error
        return
    steps = [*st.session_state.get(_UNDO, ()), (draft_id, before.to_dict())]
    st.session_state[_UNDO] = steps[-MAX_UNDO:]


def undo(draft_id: str) -> None:
    """Take the last correction of this session back."""
    guard("publish")
    steps = list(st.session_state.get(_UNDO, ()))
    own = [
        place for place, (identifier, _) in enumerate(steps) if identifier == draft_id
    ]
    if own:
        _, content = steps.pop(own[-1])
        draft = load_draft(cached.workspace(), draft_id)
        keep_working(draft, Mapping.from_dict(content))
        st.session_state[_UNDO] = steps


def can_undo(draft_id: str) -> bool:
    """Whether this session corrected something of the draft."""
    steps = st.session_state.get(_UNDO, ())
    return any(identifier == draft_id for identifier, _ in steps)


def start_over(draft_id: str) -> None:
    """Drop all corrections; the proposal holds again."""
    guard("publish")
    draft = load_draft(cached.workspace(), draft_id)
    before = working_mapping(draft)
    forget_working(draft)
    steps = [*st.session_state.get(_UNDO, ()), (draft_id, before.to_dict())]
    st.session_state[_UNDO] = steps[-MAX_UNDO:]


def show_failure() -> None:
    """Say why the last correction was not made, if it was not."""
    error = st.session_state.pop(_FAILED, None)
    if error is not None:
        errors.show_error(error)


def tools(draft_id: str) -> None:
    """Undo and start over."""
    st.button(
        t("Undo"),
        icon=":material/undo:",
        type="tertiary",
        disabled=not can_undo(draft_id),
        key="data_undo_button",
        on_click=undo,
        args=(draft_id,),
    )
    st.button(
        t("Start from the proposal"),
        icon=":material/restart_alt:",
        type="tertiary",
        key="data_start_over",
        on_click=start_over,
        args=(draft_id,),
    )
