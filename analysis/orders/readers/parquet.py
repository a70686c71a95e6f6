"""Parquet files and folders of them, read where they lie."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import DataProblem, NotAllowed
from analysis.orders.draft import Note, StagedTable, modified
from analysis.orders.limits import Limits
from analysis.orders.readers.arrow import binary_note, is_binary, is_text
from analysis.orders.readers.target import (
    SourceFile,
    Target,
    is_pattern,
    name_columns,
    no_rows,
)
from analysis.words import N_

BATCH_ROWS = 50_000
SUFFIXES = (".parquet", ".parq", ".pq")


def read_parquet(file: SourceFile, target: Target) -> list[StagedTable]:
    """Stage one Parquet file.

    Raises:
        DataProblem: if it is damaged, has no rows, or is beyond a limit.
    """
    file = _renamed(file, _metadata(file.path, file.name)[1], target)
    metadata = _metadata(file.path, file.name)
    table = _described(file.name, [(file.path, metadata)], target, notes=file.notes)
    if file.owned:
        path = file.path.replace(target.folder / f"{table.id}.parquet")
        table = replace(table, paths=(path,), owned=True)
    return [table]


def read_folder(
    folder: Path, target: Target, *, name: str, allowed_roots: Sequence[Path] | None
) -> list[StagedTable]:
    """Stage a folder of Parquet files as one table; ``key=value`` folders are columns.

    Raises:
        DataProblem: if there is none, one is damaged, or their columns differ.
        NotAllowed: if a link in it leads out of the allowed folders.
    """
    paths = list(_files(folder, target.limits, name))
    if not paths:
        raise DataProblem(
            N_("The folder {file} has no Parquet files."),
            hint=N_("Choose a folder with files that end in .parquet."),
            file=name,
        )
    for path in paths:
        _check_inside(path, folder, allowed_roots)
        _check_name(path)
    found = [(path, _metadata(path, path.name)) for path in paths]
    table = _described(name, found, target, notes=(_count_note(len(paths)),))
    keys = _partition_keys(folder, paths)
    new = tuple(key for key in keys if key not in table.columns)
    table = replace(table, hive=bool(keys), columns=(*table.columns, *new))
    _check_names(table, target.limits)
    return [table]


def _check_names(table: StagedTable, limits: Limits) -> None:
    names, _ = name_columns(table.columns, limits=limits, source=table.title)
    for name, unique in zip(table.columns, names, strict=True):
        if name != unique:
            raise DataProblem(
                N_("The folder {file} has two columns named {column}, or one unnamed."),
                hint=N_("Case and blanks around a name do not count: rename one."),
                file=table.title,
                column=repr(name),
            )


def _files(folder: Path, limits: Limits, name: str) -> Iterator[Path]:
    """Parquet files in the folder in order of their paths, without hidden ones."""
    count = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(part for part in folders if part[0] not in "._")
        for part in sorted(files):
            if part.lower().endswith(SUFFIXES) and part[0] not in "._":
                count += 1
                limits.check("max_files", count, source=name)
                yield Path(place) / part


def _check_inside(
    path: Path, folder: Path, allowed_roots: Sequence[Path] | None
) -> None:
    real = path.resolve()
    roots = [Path(root).resolve() for root in (allowed_roots or [folder])]
    if allowed_roots is not None and not any(map(real.is_relative_to, roots)):
        raise NotAllowed(
            N_("{file} is a link that leads out of the folders that may be read."),
            hint=N_("Copy the file itself into the folder."),
            file=path.name,
        )


def _check_name(path: Path) -> None:
    if is_pattern(path):
        raise DataProblem(
            N_("The path {file} has one of the characters * ? [ in it."),
            hint=N_("Rename the file or folder."),
            file=str(path),
        )


def _count_note(files: int) -> Note:
    return Note("info", N_("{count} Parquet files were found."), {"count": files})


def _partition_keys(folder: Path, paths: Sequence[Path]) -> list[str]:
    parts = [path.relative_to(folder).parts[:-1] for path in paths]
    keys = [[part.split("=", 1)[0] for part in names if "=" in part] for names in parts]
    return keys[0] if all(found == keys[0] for found in keys) else []


def _metadata(path: Path, name: str) -> tuple[pq.FileMetaData, pa.Schema]:
    try:
        with pq.ParquetFile(path) as file:
            return file.metadata, file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise DataProblem(
            N_("{file} is a damaged or cut off Parquet file."),
            hint=N_("Copy or export it again."),
            file=name,
        ) from error


def _described(
    title: str,
    files: Sequence[tuple[Path, tuple[pq.FileMetaData, pa.Schema]]],
    target: Target,
    *,
    notes: tuple[Note, ...],
) -> StagedTable:
    (first, (_, schema)), limits = files[0], target.limits
    limits.check("max_columns", len(schema.names), source=title)
    for path, (_, other) in files[1:]:
        _check_same(schema, other, first.name, path.name)
    for path, (metadata, _) in files:
        _check_cells(metadata, title if len(files) == 1 else path.name, limits)
    rows = sum(metadata.num_rows for _, (metadata, _) in files)
    limits.check("max_rows", rows, source=title)
    if not rows:
        raise no_rows(title)
    columns, text, dropped = _readable(schema)
    return StagedTable(
        id=target.next_id(),
        title=title,
        format="parquet",
        paths=tuple(path for path, _ in files),
        dialect=None,
        columns=columns,
        rows=rows,
        bytes=sum(path.stat().st_size for path, _ in files),
        notes=(*notes, *dropped),
        owned=False,
        text=text,
        modified=modified(path for path, _ in files),
    )


def _check_same(first: pa.Schema, other: pa.Schema, name: str, other_name: str) -> None:
    differing = set(first.names) ^ set(other.names)
    differing |= {
        column
        for column in set(first.names) & set(other.names)
        if _family(first.field(column).type) != _family(other.field(column).type)
    }
    if differing:
        raise DataProblem(
            N_("{file} differs from {other} in the column {column}."),
            hint=N_("Files of one folder need the same columns: bring them in apart."),
            file=other_name,
            other=name,
            column=min(differing),
        )


def _family(kind: pa.DataType) -> str:
    """Types that DuckDB reads as one column without loss."""
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_null(kind)
    ):
        return "number"
    if pa.types.is_dictionary(kind):
        return _family(kind.value_type)
    return "text" if is_text(kind) else str(kind)


def _check_cells(metadata: pq.FileMetaData, name: str, limits: Limits) -> None:
    """Refuse columns whose mean cell is beyond the limit, by the file's own figures."""
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            mean = column.total_uncompressed_size // max(1, column.num_values)
            if mean > limits.max_cell_bytes:
                limits.check(
                    "max_cell_bytes", mean, source=f"{name}, {column.path_in_schema}"
                )


def _readable(
    schema: pa.Schema,
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Note, ...]]:
    """Columns to read, those of them read as JSON text, and notes on the others."""
    columns, text, notes = [], [], []
    for item in schema:
        if is_binary(item.type):
            notes.append(binary_note(item.name))
            continue
        columns.append(item.name)
        if pa.types.is_nested(item.type):
            text.append(item.name)
            values = {"column": item.name}
            notes.append(
                Note("info", N_("Column {column} is nested and read as JSON."), values)
            )
    return tuple(columns), tuple(text), tuple(notes)


def _copied(file: SourceFile, target: Target) -> SourceFile:
    copy = target.folder / f"copy-{target.taken + 1}.parquet"
    shutil.copyfile(file.path, copy)
    return replace(file, path=copy, owned=True)


def _renamed(file: SourceFile, schema: pa.Schema, target: Target) -> SourceFile:
    """The file itself, or a private copy where names repeat, are empty or padded."""
    names, notes = name_columns(schema.names, limits=target.limits, source=file.name)
    if list(names) == schema.names:
        return _copied(file, target) if is_pattern(file.path) else file
    copy = target.folder / f"renamed-{target.taken + 1}.parquet"
    schema = pa.schema(
        [item.with_name(name) for item, name in zip(schema, names, strict=True)]
    )
    with pq.ParquetFile(file.path) as source, pq.ParquetWriter(copy, schema) as sink:
        for batch in source.iter_batches(BATCH_ROWS):
            sink.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
    if file.owned:
        file.path.unlink()
    return replace(file, path=copy, owned=True, notes=(*file.notes, *notes))
