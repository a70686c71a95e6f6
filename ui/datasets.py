"""The dataset a session looks at: the address first, then the last choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import UnknownName
from ui import cached
from ui.state import View

_STATE_KEY: Final = "dataset_id"


@dataclass(frozen=True, slots=True)
class Listed:
    """A published dataset as the lists show it, read from its manifest.

    Attributes:
        id: Folder name in the workspace.
        name: Name as the user gave it.
        version: The current version.
        manifest: Everything ``dataset.json`` says of that version.
    """

    id: str
    name: str
    version: str
    manifest: Mapping[str, Any]

    @property
    def published_at(self) -> datetime | None:
        """When the version was published, in UTC."""
        text = self.manifest.get("published_at")
        return datetime.fromisoformat(text) if isinstance(text, str) else None


def listing() -> tuple[Listed, ...]:
    """All published datasets, by name."""
    found = (
        _listed(path) for path in cached.workspace().datasets.glob("*/current.json")
    )
    return tuple(sorted((item for item in found if item), key=lambda item: item.name))


def choose(identifier: str) -> None:
    """Look at another dataset from now on."""
    st.session_state[_STATE_KEY] = identifier


def chosen(known: tuple[Listed, ...]) -> Listed | None:
    """The dataset of the session, else the newest one, else None."""
    wanted = st.session_state.get(_STATE_KEY)
    match = next((item for item in known if item.id == wanted), None)
    return match or max(known, key=lambda item: item.version, default=None)


def current(view: View | None = None) -> Dataset | None:
    """The opened dataset of a page: the one its address names, else the chosen one.

    Raises:
        UnknownName: if the address names a dataset or version that is not here.
    """
    known = listing()
    if view is None or not view.dataset:
        item = chosen(known)
        return None if item is None else cached.opened(item.name, item.version)
    item = next((item for item in known if item.id == view.dataset), None)
    if item is None:
        raise UnknownName.of("dataset", view.dataset, [item.id for item in known])
    choose(item.id)
    return cached.opened(item.name, view.version or item.version)


def _listed(pointer: Path) -> Listed | None:
    """One dataset; None while it is being removed or if its files are damaged."""
    try:
        version = str(json.loads(pointer.read_text(encoding="utf-8"))["version"])
        path = pointer.parent / version / "dataset.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    name = str(manifest.get("name", pointer.parent.name))
    return Listed(pointer.parent.name, name, version, manifest)
