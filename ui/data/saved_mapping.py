"""The mapping as a YAML file: take it away, and bring it back for such files."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.errors import InvalidInput
from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping
from analysis.orders.working import fitted_to
from analysis.words import N_
from ui import export
from ui.data import desk
from ui.guard import guard
from ui.texts import t

MAX_BYTES: Final = 2_000_000
_TURN: Final = "data_mapping_turn"


def menu(draft: Draft, mapping: Mapping) -> None:
    """Download this mapping, or bring a saved one back."""
    panel = st.popover(
        t("Saved mapping"), icon=":material/description:", type="tertiary",
        key="data_mapping_menu", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    guard("export")
    with panel:
        st.caption(t("It is found again by itself for files with the same headers."))
        st.download_button(
            t("Download mapping.yaml"),
            mapping.to_yaml,
            file_name=export.file_name("mapping", draft.id, suffix="yaml"),
            mime="application/yaml",
            icon=":material/download:",
            key="data_mapping_download",
            on_click="ignore",
            width="stretch",
        )
        key = f"data_mapping_upload_{st.session_state.setdefault(_TURN, 0)}"
        st.file_uploader(
            t("Bring back a saved mapping"), type=["yaml", "yml"], key=key,
            max_upload_size=2, on_change=_bring_back, args=(draft.id, key),
        )  # fmt: skip


def _bring_back(draft_id: str, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    content = file.getvalue()
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    desk.change(draft_id, lambda draft, _: fitted_to(draft, read(content)))


def read(content: bytes) -> Mapping:
    """The mapping in a file that somebody brought.

    Raises:
        InvalidInput: if it is none.
    """
    try:
        return Mapping.from_yaml(content[:MAX_BYTES].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidInput(
            N_("The mapping is not YAML: {reason}."),
            hint=N_("Bring back the saved file, or start from the proposal."),
            reason="UTF-8",
        ) from error
