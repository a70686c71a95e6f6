"""Remembered mappings: found again for files with the same headers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from analysis.errors import InvalidInput
from analysis.orders.draft import Draft, StagedTable
from analysis.orders.mapping import Mapping, TableMapping, signature
from analysis.workspace import Workspace


def remember(mapping: Mapping, *, workspace: Workspace) -> None:
    """Keep the mapping for files with the same headers."""
    path = _path((entry.signature for entry in mapping.tables), workspace)
    beside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    beside.write_text(mapping.to_yaml(), encoding="utf-8")
    beside.replace(path)


def recall(draft: Draft, *, workspace: Workspace) -> Mapping | None:
    """The mapping last published for files with these headers, fitted to the draft.

    Returns:
        None if there is none, if two files have the same headers, or if what was kept
        can no longer be read.
    """
    staged = {signature(table.columns): table for table in draft.tables}
    path = _path((signature(table.columns) for table in draft.tables), workspace)
    if not path.is_file() or len(staged) != len(draft.tables):
        return None
    try:
        saved = Mapping.from_yaml(path.read_text(encoding="utf-8"))
    except (InvalidInput, UnicodeDecodeError):
        return None
    if {entry.signature for entry in saved.tables} != staged.keys():
        return None
    return _refitted(saved, staged)


def _refitted(saved: Mapping, staged: dict[str, StagedTable]) -> Mapping:
    ids = {entry.table: staged[entry.signature].id for entry in saved.tables}
    return replace(
        saved,
        tables=tuple(_fitted(entry, staged[entry.signature]) for entry in saved.tables),
        links=tuple(
            replace(link, table=ids[link.table], to=ids[link.to])
            for link in saved.links
        ),
        offers=saved.offers and _fitted(saved.offers, staged[saved.offers.signature]),
        remembered=True,
    )


def _fitted(entry: TableMapping, table: StagedTable) -> TableMapping:
    known = {item.column: item for item in entry.columns}
    columns = tuple(known[name] for name in table.columns if name in known)
    return replace(entry, table=table.id, title=table.title, columns=columns)


def _path(signatures: Iterable[str], workspace: Workspace) -> Path:
    return workspace.mappings / f"{signature(signatures)}.yaml"
