"""The dataset a session looks at: the address first, then the last choice."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.metrics.selection import Selection
from analysis.orders.versions import VersionInfo
from ui import cached
from ui.state import PARAMETER, View, decode_view

_STATE_KEY: Final = "dataset_name"


def listing() -> tuple[VersionInfo, ...]:
    """The current version of every published dataset, by name."""
    workspace = cached.workspace()
    return tuple(
        info
        for name in orders.list_datasets(workspace)
        for info in orders.list_versions(workspace, name)
        if info.is_current
    )


def choose(name: str) -> None:
    """Look at another dataset from now on."""
    st.session_state[_STATE_KEY] = name


def switch(name: str) -> None:
    """Look at another dataset and leave the view of the one before."""
    choose(name)
    st.query_params.pop(PARAMETER, None)


def chosen(known: tuple[VersionInfo, ...]) -> VersionInfo | None:
    """The dataset of the address, of the session, or the one published last."""
    addressed, _ = decode_view(st.query_params.get(PARAMETER), View)
    wanted = addressed.selection.dataset or st.session_state.get(_STATE_KEY)
    match = next((info for info in known if info.dataset == wanted), None)
    return match or max(known, key=lambda info: info.published_at, default=None)


def current(selection: Selection | None = None) -> Dataset | None:
    """The opened dataset of a page: the one its address names, else the chosen one.

    Raises:
        UnknownName: if the address names a dataset or version that is not here.
    """
    if selection is None or not selection.dataset:
        info = chosen(listing())
        return None if info is None else cached.opened(info.dataset, info.version)
    version = selection.version or _current_version(selection.dataset)
    dataset = cached.opened(selection.dataset, version)
    choose(dataset.name)
    return dataset


def _current_version(name: str) -> str:
    found = orders.list_versions(cached.workspace(), name)
    return next(info.version for info in found if info.is_current)
