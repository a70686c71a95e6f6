"""The dataset a page looks at: the one of its address, else the newest one.

Nothing but the address remembers it, so that a copied address, a reload and the
browser's Back show what was shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import streamlit as st

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.metrics.selection import Selection
from analysis.orders.versions import VersionInfo
from ui import cached
from ui.format import moment
from ui.state import PARAMETER, V, View, decode_view, write_view


def listing() -> tuple[VersionInfo, ...]:
    """The current version of every published dataset, by name."""
    workspace = cached.workspace()
    return tuple(
        info
        for name in orders.list_datasets(workspace)
        for info in orders.list_versions(workspace, name)
        if info.is_current
    )


def switch(name: str) -> None:
    """Look at another dataset and leave the view of the one before."""
    version = _current_version(name)
    write_view(View(selection=Selection(dataset=name, version=version)))


def addressed() -> Selection:
    """The dataset and version that the address names; empty where it names none."""
    view, _ = decode_view(st.query_params.get(PARAMETER), View)
    return Selection(dataset=view.selection.dataset, version=view.selection.version)


def carried(view: V) -> V:
    """A view that names no dataset, with the dataset of the address."""
    if view.selection.dataset:
        return view
    here = addressed()
    selection = replace(view.selection, dataset=here.dataset, version=here.version)
    return view.model_copy(update={"selection": selection})


def chosen(known: tuple[VersionInfo, ...]) -> VersionInfo | None:
    """The dataset of the address, or the one published last."""
    wanted = addressed().dataset
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
    return cached.opened(selection.dataset, version)


def as_of(dataset: Dataset) -> str:
    """When a version was published, in UTC: what a page says of it is as of then."""
    published = str(dataset.manifest.get("published_at", ""))
    return moment(datetime.fromisoformat(published)) if published else "–"


def _current_version(name: str) -> str:
    found = orders.list_versions(cached.workspace(), name)
    return next(info.version for info in found if info.is_current)
