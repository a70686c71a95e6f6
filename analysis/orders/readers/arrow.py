"""Batches of Arrow columns from a database, written as a private Parquet table."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.orders.draft import Note, StagedTable
from analysis.orders.readers.rewrite import cell_too_large
from analysis.orders.readers.target import Target, name_columns
from analysis.words import N_


def arrow_table(
    target: Target,
    *,
    title: str,
    batches: Iterator[pa.RecordBatch],
    notes: tuple[Note, ...] = (),
) -> StagedTable | None:
    """Write batches of one schema; binary columns are left out, nested become JSON.

    Returns:
        The table, or None where there is no row.

    Raises:
        DataProblem: if there are more rows or columns, or larger cells, than allowed.
    """
    first = next((batch for batch in batches if len(batch)), None)
    if first is None:
        return None
    names, naming = name_columns(first.schema.names, limits=target.limits, source=title)
    kept, left_out = _split(first.schema)
    schema = pa.schema(
        [(names[at], _stored(first.schema.field(at).type)) for at in kept]
    )
    table_id = target.next_id()
    path = target.folder / f"{table_id}.parquet"
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in itertools.chain([first], batches):
            arrays = [_plain(batch.column(at)) for at in kept]
            ready = pa.RecordBatch.from_arrays(arrays, schema=schema)
            _check_cells(ready, rows, target, title)
            writer.write_batch(ready)
            rows += len(ready)
            target.limits.check("max_rows", rows, source=title)
    return StagedTable(
        id=table_id,
        title=title,
        format="parquet",
        paths=(path,),
        dialect=None,
        columns=tuple(schema.names),
        rows=rows,
        bytes=path.stat().st_size,
        notes=(*notes, *naming, *(binary_note(names[at]) for at in left_out)),
    )


def _split(schema: pa.Schema) -> tuple[list[int], list[int]]:
    """Positions of the columns that are kept, and of those that are left out."""
    binary = [at for at, item in enumerate(schema) if is_binary(item.type)]
    return [at for at in range(len(schema)) if at not in binary], binary


def is_binary(kind: pa.DataType) -> bool:
    """Whether values are bytes without a meaning as text."""
    return (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether values are text, whatever its storage."""
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
    )


def binary_note(column: str) -> Note:
    """Says that a column was left out."""
    text = N_("Column {column} is binary and left out.")
    return Note("warning", text, {"column": column})


def _stored(kind: pa.DataType) -> pa.DataType:
    """The type a column is written with: text for all that Parquet has no word for."""
    plain = (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
    )
    return kind if plain else pa.string()


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    if _stored(kind) == kind:
        return column
    if isinstance(column, pa.ExtensionArray) and is_text(column.storage.type):
        return _plain(column.storage)
    if is_text(kind) or pa.types.is_dictionary(kind):
        return pc.cast(column, pa.string())
    if pa.types.is_nested(kind):
        return pa.array([_as_json(value) for value in column.to_pylist()], pa.string())
    values = column.to_pylist()
    return pa.array([None if value is None else str(value) for value in values])


def _as_json(value: object) -> str | None:
    return None if value is None else json.dumps(value, default=str, ensure_ascii=False)


def _check_cells(
    batch: pa.RecordBatch, before: int, target: Target, title: str
) -> None:
    limit = target.limits.max_cell_bytes
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if not pa.types.is_string(column.type) or column.nbytes <= limit:
            continue
        sizes = pc.binary_length(column)
        largest = pc.max(sizes).as_py() or 0
        if largest > limit:
            line = before + pc.index(sizes, largest).as_py() + 1
            raise cell_too_large(title, line, name, largest, target.limits)
