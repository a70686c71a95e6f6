"""A draft: what was brought in and not yet published, on disk in the workspace."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from analysis.errors import DataProblem, UnknownName
from analysis.orders.limits import Limits
from analysis.words import N_
from analysis.workspace import Workspace

FORMAT_VERSION = 1
MANIFEST = "draft.json"

#: Marks a draft that is published in one go, so that nobody is offered it.
PASSING = ".passing"

#: Folders of a stage that was killed before its draft was whole.
UNFINISHED = ".unfinished-"
UNFINISHED_HOURS = 24


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        delimiter: Between two cells.
        quote: Around a cell that holds a delimiter, quote or line break; may be empty.
        escape: Before a quote inside quotes; the quote itself if it is doubled.
        header: Whether the first row holds the names.
        skip: Physical lines before the header (or the first row).
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    header: bool = True
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What staging found or did, as a template and its values."""

    level: Literal["info", "warning", "problem"]
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)


@dataclass(frozen=True, slots=True)
class StagedTable:
    """One table of a draft: UTF-8 CSV or Parquet on disk.

    Attributes:
        id: Unique in the draft, safe as a file name and identifier.
        title: What the user sees: a file, ``book.xlsx › Sheet1``, ``shop.db › orders``.
        format: How the files at ``paths`` are written.
        paths: One UTF-8 CSV file, or Parquet files of one schema.
        dialect: Of a CSV file.
        columns: Headers, unique whatever their case, none empty.
        rows: Number of rows where it is known without reading all.
        bytes: Size of the files.
        notes: Encoding, delimiter, renamed headers, ragged rows and the like.
        owned: Whether the files are private copies inside the draft.
        hive: Whether folders ``key=value`` above Parquet files are columns.
        text: Columns that are nested or opaque in Parquet and are read as JSON text.
        ragged: Side file of rows with too few or too many cells (columns ``line``,
            ``cells`` and ``raw``), None where there are none.
        ragged_rows: Number of rows in it.
        modified: Modification times of files read in place, in nanoseconds, summed.
    """

    id: str
    title: str
    format: Literal["csv", "parquet"]
    paths: tuple[Path, ...]
    dialect: Dialect | None
    columns: tuple[str, ...]
    rows: int | None
    bytes: int
    notes: tuple[Note, ...] = ()
    owned: bool = True
    hive: bool = False
    text: tuple[str, ...] = ()
    ragged: Path | None = None
    ragged_rows: int = 0
    modified: int = 0

    def check_unchanged(self) -> None:
        """Insist that files read in place are as they were when they were staged.

        Columns are named by position, so another file in the same place would be read
        under wrong names.

        Raises:
            DataProblem: if one was changed or is gone.
        """
        if self.owned:
            return
        try:
            seen = modified(self.paths)
        except OSError as error:
            raise DataProblem(
                N_("The file of {file} is no longer there."),
                hint=N_("Bring it in again."),
                file=self.title,
            ) from error
        if seen != self.modified:
            raise DataProblem(
                N_("{file} was changed after it was brought in."),
                hint=N_("Bring it in again."),
                file=self.title,
            )


def modified(paths: Iterable[Path]) -> int:
    """When files were last modified, in nanoseconds and summed."""
    return sum(path.stat().st_mtime_ns for path in paths)


@dataclass(frozen=True, slots=True)
class Draft:
    """Tables brought in together, kept until they are published or expire.

    Attributes:
        id: Name of its folder.
        path: The folder ``drafts/<id>`` of the workspace.
        created_at: In UTC.
        expires_at: In UTC; ``expire_drafts`` deletes it afterwards.
        tables: In the order in which they were brought in.
    """

    id: str
    path: Path
    created_at: datetime
    expires_at: datetime
    tables: tuple[StagedTable, ...]

    def table(self, table_id: str) -> StagedTable:
        """One table.

        Raises:
            UnknownName: if the draft has no such table.
        """
        for table in self.tables:
            if table.id == table_id:
                return table
        raise UnknownName.of(N_("table"), table_id, [table.id for table in self.tables])


def load_draft(workspace: Workspace | Path | str, draft_id: str) -> Draft:
    """Read a draft from disk.

    Raises:
        UnknownName: if there is none of this id (it may have expired).
        DataProblem: if it was written by another version of Doorstep, or is damaged.
    """
    workspace = Workspace.open(workspace)
    path = workspace.drafts / draft_id
    if not re.fullmatch(r"[a-z0-9]+", draft_id) or not (path / MANIFEST).is_file():
        known = [draft.id for draft in list_drafts(workspace)]
        raise UnknownName.of(N_("draft"), draft_id, known)
    return _read(path)


def list_drafts(workspace: Workspace | Path | str) -> tuple[Draft, ...]:
    """All drafts of people that can be read, the newest first.

    What a program stages and publishes in one go is nobody's draft.
    """
    folders = _folders(Workspace.open(workspace))
    found = [_readable(path) for path in folders if not (path / PASSING).exists()]
    drafts = [draft for draft in found if draft is not None]
    return tuple(sorted(drafts, key=lambda draft: draft.created_at, reverse=True))


def discard_draft(workspace: Workspace | Path | str, draft_id: str) -> None:
    """Delete a draft and its private copies; files read in place stay.

    Raises:
        UnknownName: if there is none of this id.
    """
    remove_folder(load_draft(workspace, draft_id).path)


def expire_drafts(
    workspace: Workspace | Path | str, *, now: datetime | None = None
) -> tuple[str, ...]:
    """Delete drafts whose time is over and what a killed stage left behind.

    Args:
        workspace: The workspace.
        now: The present, with its zone.

    Returns:
        Ids of the drafts that were deleted.
    """
    workspace = Workspace.open(workspace)
    now = now or datetime.now(UTC)
    expired = [path for path in _folders(workspace) if _is_over(path, now)]
    for path in expired:
        remove_folder(path)
    oldest = (now - timedelta(hours=UNFINISHED_HOURS)).timestamp()
    for folder in workspace.drafts.glob(f"{UNFINISHED}*"):
        if folder.stat().st_mtime < oldest:
            remove_folder(folder)
    return tuple(path.name for path in expired)


def remove_table(draft: Draft, table_id: str) -> Draft:
    """The draft without one table; its private copy is deleted.

    Raises:
        UnknownName: if the draft has no such table.
    """
    gone = draft.table(table_id)
    kept = tuple(table for table in draft.tables if table is not gone)
    changed = replace(draft, tables=kept)
    save_draft(changed)
    for path in owned_files(gone):
        path.unlink(missing_ok=True)
    return changed


def owned_files(table: StagedTable) -> tuple[Path, ...]:
    """Files of a table that lie in the draft and go with it."""
    ragged = (table.ragged,) if table.ragged else ()
    return (*table.paths, *ragged) if table.owned else ragged


def save_draft(draft: Draft) -> None:
    """Write ``draft.json``, replaced in one step."""
    content = json.dumps(to_json(draft), indent=1)
    handle, name = tempfile.mkstemp(dir=draft.path, prefix=".draft-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(draft.path / MANIFEST)


def remove_folder(folder: Path) -> None:
    """Take a folder out of sight in one step, then delete it."""
    if not folder.name.startswith(UNFINISHED):
        hidden = folder.with_name(f"{UNFINISHED}{folder.name}")
        folder = folder.replace(hidden)
    shutil.rmtree(folder)


def to_json(draft: Draft) -> dict[str, Any]:
    """The draft as ``draft.json`` holds it; paths inside it are relative."""
    return {
        "version": FORMAT_VERSION,
        "id": draft.id,
        "created_at": draft.created_at.isoformat(),
        "expires_at": draft.expires_at.isoformat(),
        "tables": [_table_to_json(table, draft.path) for table in draft.tables],
    }


def from_json(content: Mapping[str, Any], path: Path) -> Draft:
    """The draft that ``to_json`` wrote, whose folder is now ``path``."""
    return Draft(
        id=content["id"],
        path=path,
        created_at=datetime.fromisoformat(content["created_at"]),
        expires_at=datetime.fromisoformat(content["expires_at"]),
        tables=tuple(_table_from_json(table, path) for table in content["tables"]),
    )


def _folders(workspace: Workspace) -> list[Path]:
    return [path.parent for path in workspace.drafts.glob(f"[a-z0-9]*/{MANIFEST}")]


def _is_over(path: Path, now: datetime) -> bool:
    """Whether the time of a draft is over; one that cannot be read has its age."""
    draft = _readable(path)
    if draft is not None:
        return draft.expires_at <= now
    oldest = now - timedelta(days=Limits().draft_days)
    return (path / MANIFEST).stat().st_mtime < oldest.timestamp()


def _readable(path: Path) -> Draft | None:
    try:
        return _read(path)
    except DataProblem:
        return None


def _read(path: Path) -> Draft:
    try:
        content = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if content["version"] == FORMAT_VERSION:
            return from_json(content, path)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(path) from error
    raise _unreadable(path)


def _unreadable(path: Path) -> DataProblem:
    return DataProblem(
        N_("The draft {draft} cannot be read by this version of Doorstep."),
        hint=N_("Bring its files in again."),
        draft=path.name,
    )


def _table_to_json(table: StagedTable, folder: Path) -> dict[str, Any]:
    dialect = table.dialect
    return {
        "id": table.id,
        "title": table.title,
        "format": table.format,
        "paths": [_relative(path, folder) for path in table.paths],
        "dialect": None if dialect is None else {
            "delimiter": dialect.delimiter,
            "quote": dialect.quote,
            "escape": dialect.escape,
            "header": dialect.header,
            "skip": dialect.skip,
        },
        "columns": list(table.columns),
        "rows": table.rows,
        "bytes": table.bytes,
        "notes": [[note.level, note.text, dict(note.values)] for note in table.notes],
        "owned": table.owned,
        "hive": table.hive,
        "text": list(table.text),
        "ragged": None if table.ragged is None else _relative(table.ragged, folder),
        "ragged_rows": table.ragged_rows,
        "modified": table.modified,
    }  # fmt: skip


def _table_from_json(content: Mapping[str, Any], folder: Path) -> StagedTable:
    dialect, ragged = content["dialect"], content["ragged"]
    return StagedTable(
        id=content["id"],
        title=content["title"],
        format=content["format"],
        paths=tuple(folder / path for path in content["paths"]),
        dialect=None if dialect is None else Dialect(**dialect),
        columns=tuple(content["columns"]),
        rows=content["rows"],
        bytes=content["bytes"],
        notes=tuple(Note(*note) for note in content["notes"]),
        owned=content["owned"],
        hive=content["hive"],
        text=tuple(content["text"]),
        ragged=None if ragged is None else folder / ragged,
        ragged_rows=content["ragged_rows"],
        modified=content["modified"],
    )


def _relative(path: Path, folder: Path) -> str:
    inside = path.is_relative_to(folder)
    return str(path.relative_to(folder)) if inside else str(path)
