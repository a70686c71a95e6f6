"""Bring sources in: each becomes UTF-8 CSV or Parquet in a draft, or none does."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.errors import DataProblem, UnknownName
from analysis.orders.archives import unpack
from analysis.orders.content import Kind, kind_of, read_head
from analysis.orders.draft import (
    UNFINISHED,
    Draft,
    Note,
    StagedTable,
    from_json,
    owned_files,
    remove_folder,
    save_draft,
    to_json,
)
from analysis.orders.limits import Limits
from analysis.orders.readers.delimited import read_delimited
from analysis.orders.readers.duckdb_file import read_duckdb
from analysis.orders.readers.jsonlines import read_json_lines
from analysis.orders.readers.parquet import read_folder, read_parquet
from analysis.orders.readers.postgres import read_query
from analysis.orders.readers.rewrite import rewrite
from analysis.orders.readers.sqlite_file import read_sqlite
from analysis.orders.readers.target import SourceFile, Target
from analysis.orders.readers.workbook import read_workbook
from analysis.orders.sources import (
    DatabaseQuery,
    Source,
    Upload,
    display_name,
    open_path,
    receive,
    resolve,
)
from analysis.orders.staged import relation, sample
from analysis.words import N_
from analysis.workspace import Workspace

__all__ = ["relation", "repair", "sample", "stage"]

Reader = Callable[[SourceFile, Target], list[StagedTable]]

_READERS: Mapping[Kind, Reader] = {
    "text": read_delimited,
    "json_lines": read_json_lines,
    "zip": read_workbook,
    "parquet": read_parquet,
    "sqlite": read_sqlite,
    "duckdb": read_duckdb,
}

#: Endings of file names that promise a kind; others promise nothing.
_PROMISES: Mapping[str, Kind] = {
    ".csv": "text", ".tsv": "text", ".txt": "text", ".parquet": "parquet",
    ".xlsx": "zip", ".jsonl": "json_lines", ".ndjson": "json_lines", ".gz": "gzip",
    ".zst": "zstd", ".duckdb": "duckdb", ".sqlite": "sqlite",
}  # fmt: skip

_KIND_NAMES: Mapping[Kind, str] = {
    "text": N_("delimited text"), "json_lines": N_("JSON lines"), "gzip": "gzip",
    "zstd": "Zstandard", "zip": N_("a workbook"), "parquet": "Parquet",
    "sqlite": "SQLite", "duckdb": "DuckDB",
}  # fmt: skip


def stage(
    sources: Source | Iterable[Source],
    *,
    workspace: Workspace | Path | str,
    allowed_roots: Sequence[Path] | None = None,
    limits: Limits | None = None,
    connections: Mapping[str, str] | None = None,
    draft: Draft | None = None,
) -> Draft:
    """Bring sources into a draft on disk; it survives a reload and expires.

    Files are told by their content, not by their name. A CSV file in UTF-8 and Parquet
    files are read where they lie; everything else is copied into the draft.

    Args:
        sources: Paths of files or of folders of Parquet, uploads, database queries.
        workspace: Where the draft is kept.
        allowed_roots: Folders in which paths must lie; None where the caller may read
            whatever the process may. An empty sequence allows no path at all.
        limits: What is accepted.
        connections: Connection strings of databases by name.
        draft: A draft to add to; a new one if None.

    Returns:
        The draft with one or more tables for each source.

    Raises:
        DataProblem: if a source cannot be used; nothing is changed then.
        NotAllowed: if a path leads out of the allowed folders.
        UnknownName: if a query names a connection that is not known.
    """
    workspace = Workspace.open(workspace)
    limits = limits or Limits()
    wanted = _listed(sources)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=workspace.drafts))
    try:
        target = Target(folder, limits, _highest(draft))
        tables = [
            table
            for source in wanted
            for table in _read(source, target, allowed_roots, connections or {})
        ]
        limits.check("max_tables", len(tables), source=wanted_name(wanted))
        return _finished(tables, folder, workspace, limits, draft)
    finally:
        if folder.exists():
            remove_folder(folder)


def wanted_name(sources: Sequence[Source]) -> str:
    """What the sources are called together, for messages."""
    first = sources[0]
    return display_name(str(getattr(first, "name", first)))


def _listed(sources: Source | Iterable[Source]) -> list[Source]:
    single = isinstance(sources, Path | str | Upload | DatabaseQuery)
    wanted: list[Source] = [sources] if single else list(sources)  # type: ignore[list-item, arg-type]
    if not wanted:
        raise DataProblem(
            N_("There is nothing to bring in."), hint=N_("Choose at least one file.")
        )
    return wanted


def _highest(draft: Draft | None) -> int:
    return max((int(table.id[1:]) for table in draft.tables), default=0) if draft else 0


def _read(
    source: Source,
    target: Target,
    allowed_roots: Sequence[Path] | None,
    connections: Mapping[str, str],
) -> list[StagedTable]:
    if isinstance(source, DatabaseQuery):
        if source.connection not in connections:
            raise UnknownName.of(N_("connection"), source.connection, connections)
        return [read_query(source, connections[source.connection], target)]
    if isinstance(source, Upload):
        return _read_file(receive(source, target), target)
    path = resolve(source, allowed_roots)
    if path.is_dir():
        name = display_name(path.name)
        return read_folder(path, target, name=name, allowed_roots=allowed_roots)
    return _read_file(open_path(path, limits=target.limits), target)


def _read_file(file: SourceFile, target: Target) -> list[StagedTable]:
    kind = kind_of(read_head(file.path), file=file.name)
    if kind in {"gzip", "zstd"}:
        file, kind = _unpacked(file, kind, target)
    else:
        file = _with_kind_note(file, kind)
    return _READERS[kind](file, target)


def _unpacked(file: SourceFile, kind: Kind, target: Target) -> tuple[SourceFile, Kind]:
    copy = target.folder / f"unpacked-{target.taken + 1}"
    unpack(file.path, copy, kind=kind, name=file.name, limits=target.limits)
    if file.owned:
        file.path.unlink()
    inner = kind_of(read_head(copy), file=file.name)
    if inner in {"gzip", "zstd", "zip"}:
        raise DataProblem(
            N_("{file} is packed more than once."),
            hint=N_("Unpack it and bring in the files inside."),
            file=file.name,
        )
    note = Note("info", N_("Unpacked from {kind}."), {"kind": _KIND_NAMES[kind]})
    unpacked = replace(file, path=copy, owned=True, notes=(*file.notes, note))
    return unpacked, inner


def _with_kind_note(file: SourceFile, kind: Kind) -> SourceFile:
    """Say so where the name promises something else than the content is."""
    promised = _PROMISES.get(Path(file.name).suffix.lower(), kind)
    if promised == kind:
        return file
    note = Note(
        "warning",
        N_("The name promises {promised}, the content is {kind} and was read so."),
        {"promised": _KIND_NAMES[promised], "kind": _KIND_NAMES[kind]},
    )
    return replace(file, notes=(*file.notes, note))


def _finished(
    tables: list[StagedTable],
    folder: Path,
    workspace: Workspace,
    limits: Limits,
    draft: Draft | None,
) -> Draft:
    """Move what was staged to its place; from here on it is kept."""
    if draft is None:
        return _new_draft(tables, folder, workspace, limits)
    return _extended(draft, tables, folder)


def _new_draft(
    tables: list[StagedTable], folder: Path, workspace: Workspace, limits: Limits
) -> Draft:
    now = datetime.now(UTC).replace(microsecond=0)
    draft = Draft(
        id=secrets.token_hex(8),
        path=folder,
        created_at=now,
        expires_at=now + timedelta(days=limits.draft_days),
        tables=tuple(tables),
    )
    save_draft(draft)
    place = folder.replace(workspace.drafts / draft.id)
    return from_json(to_json(draft), place)


def _extended(draft: Draft, tables: list[StagedTable], folder: Path) -> Draft:
    moved = tuple(_moved(table, folder, draft.path) for table in tables)
    changed = replace(draft, tables=(*draft.tables, *moved))
    save_draft(changed)
    return changed


def _moved(table: StagedTable, folder: Path, place: Path) -> StagedTable:
    for path in owned_files(table):
        path.replace(place / path.name)
    return replace(
        table,
        paths=tuple(_in_place(path, folder, place) for path in table.paths),
        ragged=table.ragged and _in_place(table.ragged, folder, place),
    )


def _in_place(path: Path, folder: Path, place: Path) -> Path:
    return place / path.name if path.is_relative_to(folder) else path


def repair(draft: Draft, table_id: str, *, limits: Limits | None = None) -> Draft:
    """Rewrite a CSV table that the engine refused, so that it can be read.

    Staging checks a sample; a ragged row or stray quote further down shows only when
    all of the file is read. This reads it row by row into a private Parquet table of
    text, with ragged rows in a file of their own (``StagedTable.ragged``).

    Args:
        draft: The draft.
        table_id: A table of format ``csv``; another is left as it is.
        limits: What is accepted.

    Raises:
        DataProblem: names the line that cannot be read; the draft is unchanged then.
    """
    table = draft.table(table_id)
    if table.format != "csv" or table.dialect is None:
        return draft
    number = int(table.id[1:])
    with tempfile.TemporaryDirectory(dir=draft.path, prefix=UNFINISHED) as folder:
        target = Target(Path(folder), limits or Limits(), number - 1)
        rewritten = rewrite(
            table.paths[0],
            target=target,
            title=table.title,
            dialect=table.dialect,
            columns=table.columns,
            notes=table.notes,
        )
        repaired = _moved(rewritten, Path(folder), draft.path)
    tables = tuple(repaired if item is table else item for item in draft.tables)
    changed = replace(draft, tables=tables)
    save_draft(changed)
    for path in owned_files(table):
        path.unlink(missing_ok=True)
    return changed
