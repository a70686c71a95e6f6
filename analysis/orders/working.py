"""The mapping of a draft while a person corrects it, kept beside the draft.

Every correction is written to the draft's folder at once, so a reload, another tab or
a restart finds it again; it goes away with the draft.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from analysis.errors import InvalidInput
from analysis.orders import links
from analysis.orders.anew import held_against
from analysis.orders.draft import Draft
from analysis.orders.mapping import IGNORED, Mapping, TableMapping, signature
from analysis.orders.propose import propose_mapping
from analysis.orders.schema import load_fields
from analysis.words import N_

WORKING = "mapping.json"


def working_mapping(draft: Draft) -> Mapping:
    """The mapping as it was last corrected; the proposal where nothing was yet.

    Files that were added since then are proposed, files that were removed leave it.

    Raises:
        DataProblem: if the draft has no table.
    """
    kept = _read(draft.path / WORKING)
    marks = [(table.id, signature(table.columns)) for table in draft.tables]
    if kept is not None and marks == [
        (entry.table, entry.signature) for entry in kept.tables
    ]:
        return kept
    proposed = propose_mapping(draft)
    merged = proposed if kept is None else _carried_over(kept, proposed)
    keep_working(draft, merged)
    return merged


def keep_working(draft: Draft, mapping: Mapping) -> None:
    """Write the mapping as it is now, replaced in one step."""
    handle, name = tempfile.mkstemp(dir=draft.path, prefix=".mapping-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(mapping.to_dict(), file, ensure_ascii=False)
    Path(name).replace(draft.path / WORKING)


def forget_working(draft: Draft) -> None:
    """Drop all corrections, so that the proposal holds again."""
    (draft.path / WORKING).unlink(missing_ok=True)


def fitted_to(draft: Draft, saved: Mapping) -> Mapping:
    """A saved mapping for the tables of a draft, matched by their headers.

    Tables that the saved mapping does not know keep their proposal. Readings that no
    longer read the values are found anew, as for a remembered mapping.

    Raises:
        InvalidInput: if it knows none of the draft's tables.
    """
    known = {entry.signature: entry for entry in saved.tables}
    staged = {table.id: signature(table.columns) for table in draft.tables}
    pairs = {
        known[mark].table: table for table, mark in staged.items() if mark in known
    }
    if not pairs:
        raise InvalidInput(
            N_("The saved mapping knows none of these files: {titles}."),
            hint=N_("It fits files with the same headers only."),
            titles=", ".join(table.title for table in draft.tables),
        )
    proposed = propose_mapping(draft)
    tables = tuple(
        replace(known[mark], table=entry.table, title=entry.title)
        if (mark := staged[entry.table]) in known
        else entry
        for entry in proposed.tables
    )
    renamed = tuple(
        replace(link, table=pairs[link.table], to=pairs[link.to])
        for link in saved.links
        if link.table in pairs and link.to in pairs
    )
    offers = saved.offers
    if offers is not None:
        place = pairs.get(offers.table)
        offers = replace(offers, table=place) if place else None
    fitted = replace(
        saved,
        tables=tables,
        links=renamed or proposed.links,
        remembered=True,
        offers=offers,
    )
    return held_against(fitted, draft)


def relinked(mapping: Mapping, table: str) -> Mapping:
    """The mapping with the links of one table found anew from its keys."""
    others = tuple(link for link in mapping.links if table not in {link.table, link.to})
    unique = _known_unique(mapping)
    found = links.linked(mapping, unique=unique).links
    ignored = {entry.table for entry in mapping.targeting(IGNORED)}
    own = tuple(
        link
        for link in found
        if table in {link.table, link.to} and not ignored & {link.table, link.to}
    )
    return replace(mapping, links=(*others, *own))


def _known_unique(mapping: Mapping) -> Collection[tuple[str, str]]:
    """Keys that name rows once: those linked to, and the key of each table."""
    linked_to = {(link.to, link.to_column) for link in mapping.links}
    own = {
        (entry.table, item.column)
        for entry in mapping.tables
        for item in entry.columns
        if item.use == "field" and links.KEYS.get(item.field) == entry.target
    }
    return linked_to | own


def _carried_over(kept: Mapping, proposed: Mapping) -> Mapping:
    """The proposal for the tables of now, with what was said of those of before."""
    known = {entry.table: entry for entry in kept.tables}
    tables = tuple(_same(known.get(entry.table), entry) for entry in proposed.tables)
    targets = [entry.target for entry in tables]
    if targets.count("orders") != 1:
        return proposed
    merged = replace(kept, tables=tables, links=(), remembered=False)
    return replace(merged, links=proposed.links)


def _same(known: TableMapping | None, proposed: TableMapping) -> TableMapping:
    same = known is not None and known.signature == proposed.signature
    return known if known is not None and same else proposed


def _read(path: Path) -> Mapping | None:
    """The mapping on disk; None where there is none or it cannot be read."""
    try:
        return Mapping.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, InvalidInput):
        return None


def targets() -> tuple[str, ...]:
    """What a table can be: the tables of the order model and the other three."""
    return (*load_fields(), "details", "lookup", "ignored")
