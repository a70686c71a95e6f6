"""Read staged tables: as a FROM-item for the builder engine, or as a sample."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from analysis.orders.draft import Dialect, StagedTable
from analysis.orders.readers.dialect import Parsed, parse, split_lines

SAMPLE_ROWS = 20_000

#: Places of the file a sample is taken from; the first one is its head.
PLACES = 8
PLACE_BYTES = 512 * 1024
_PARQUET_BATCH = 4_096
_HIVE_MISSING = "__HIVE_DEFAULT_PARTITION__"

T = TypeVar("T")

_NULLABLE: dict[pa.DataType, object] = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def relation(table: StagedTable, *, columns: Sequence[str] | None = None) -> exp.Expr:
    """What stands in FROM to read a staged table.

    CSV cells come as text, empty ones as NULL; Parquet has its own types, nested ones
    come as JSON text. Only the ``builder`` engine may run it, with the table's paths
    among the allowed ones.

    Args:
        table: A table of a draft.
        columns: Only these, in this order; all if None.

    Raises:
        DataProblem: if a file read in place was changed or is gone.
    """
    table.check_unchanged()
    source = _read_csv(table) if table.format == "csv" else _read_parquet(table)
    if columns is None and table.format == "csv":
        return source
    wanted = [_column(table, name) for name in columns or table.columns]
    return exp.select(*wanted).from_(source).subquery(alias=exp.to_identifier("staged"))


def _column(table: StagedTable, name: str) -> exp.Expr:
    column = exp.column(name, quoted=True)
    if name not in table.text:
        return column
    text = exp.cast(exp.func("to_json", column), exp.DataType.Type.TEXT)
    return exp.alias_(text, name, quoted=True)


def _read_csv(table: StagedTable) -> exp.Expr:
    dialect = table.dialect or Dialect()
    types = [
        exp.PropertyEQ(
            this=exp.to_identifier(name, quoted=True), expression=_text("VARCHAR")
        )
        for name in table.columns
    ]
    return _table_function(
        "read_csv",
        _paths(table.paths),
        columns=exp.Struct(expressions=types),
        auto_detect=exp.false(),
        delim=_text(dialect.delimiter),
        quote=_text(dialect.quote),
        escape=_text(dialect.escape),
        header=exp.convert(dialect.header),
        skip=exp.convert(dialect.skip),
        nullstr=_text(""),
        hive_partitioning=exp.false(),
        strict_mode=exp.true(),
        null_padding=exp.false(),
        ignore_errors=exp.false(),
    )


def _read_parquet(table: StagedTable) -> exp.Expr:
    return _table_function(
        "read_parquet",
        _paths(table.paths),
        union_by_name=exp.convert(len(table.paths) > 1),
        hive_partitioning=exp.convert(table.hive),
        **({"hive_types_autocast": exp.false()} if table.hive else {}),
    )


def _table_function(name: str, *arguments: exp.Expr, **options: exp.Expr) -> exp.Expr:
    settings = [
        exp.EQ(this=exp.column(option), expression=value)
        for option, value in options.items()
    ]
    call = exp.Anonymous(this=name, expressions=[*arguments, *settings])
    return exp.Table(this=call)


def _paths(paths: Sequence[Path]) -> exp.Expr:
    return exp.Array(expressions=[_text(str(path)) for path in paths])


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def sample(table: StagedTable, rows: int = SAMPLE_ROWS) -> pd.DataFrame:
    """Some rows of a staged table: its head, and blocks spread over the rest.

    Args:
        table: A table of a draft.
        rows: At most this many.

    Returns:
        Columns in the order of ``table.columns``; text (missing where a cell is empty)
        for CSV, the file's own types for Parquet, nullable where integers or flags.

    Raises:
        DataProblem: if the file was changed or is gone.
    """
    table.check_unchanged()
    return (
        _sample_csv(table, rows)
        if table.format == "csv"
        else _sample_parquet(table, rows)
    )


def _sample_csv(table: StagedTable, rows: int) -> pd.DataFrame:
    path, dialect = table.paths[0], table.dialect or Dialect()
    size = path.stat().st_size
    head = _head_rows(path, dialect, table.columns, size)
    found = head[: max(1, rows // PLACES)] if size > PLACES * PLACE_BYTES else head
    if size > PLACES * PLACE_BYTES:
        for start in np.linspace(
            PLACE_BYTES, size - PLACE_BYTES, PLACES - 1, dtype=int
        ):
            block = _block_rows(path, dialect, len(table.columns), int(start))
            found += block[: max(1, rows // PLACES)]
    cells = [[cell or None for cell in row] for row in found[:rows]]
    return pd.DataFrame(cells, columns=list(table.columns), dtype="str")


def _head_rows(
    path: Path, dialect: Dialect, columns: Sequence[str], size: int
) -> list[list[str]]:
    length = PLACE_BYTES
    while True:
        lines = split_lines(_read(path, 0, length).removeprefix("\ufeff"))
        parsed = list(parse(lines[dialect.skip :], dialect))
        whole = parsed if length >= size else parsed[:-1]
        found = _of_width(whole[int(dialect.header) :], len(columns))
        if found or length >= size:
            return found
        length *= 8


def _block_rows(
    path: Path, dialect: Dialect, width: int, start: int
) -> list[list[str]]:
    """Whole rows of a block that begins anywhere, perhaps inside quotes.

    Both are tried; the right guess gives more rows of the right width, and fewer with
    a lone quote in a cell.
    """
    text = _read(path, start, PLACE_BYTES)
    outside = _of_width(_inner(text, dialect), width)
    if not dialect.quote or dialect.quote not in text:
        return outside
    inside = _of_width(_inner(dialect.quote + text, dialect), width)
    return max(outside, inside, key=lambda rows: _trust(rows, dialect.quote))


def _trust(rows: list[list[str]], quote: str) -> int:
    odd = sum(any(cell.count(quote) % 2 for cell in row) for row in rows)
    return len(rows) - 2 * odd


def _inner(text: str, dialect: Dialect) -> list[Parsed]:
    return list(parse(split_lines(text), dialect))[1:-1]


def _of_width(rows: Sequence[Parsed], width: int) -> list[list[str]]:
    return [row.cells for row in rows if len(row.cells) == width]


def _read(path: Path, start: int, length: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length).decode("utf-8", errors="ignore")


def _sample_parquet(table: StagedTable, rows: int) -> pd.DataFrame:
    places = _parquet_places(table)
    share = max(1, rows // max(1, len(places)))
    parts = [_read_group(path, group, share, table) for path, group in places]
    if not parts:
        return pd.DataFrame(columns=list(table.columns))
    found = pa.concat_tables(parts, promote_options="permissive").slice(0, rows)
    frame = found.to_pandas(types_mapper=_NULLABLE.get, date_as_object=True)
    return frame.reindex(columns=list(table.columns))


def _parquet_places(table: StagedTable) -> list[tuple[Path, int]]:
    """Row groups to read: the first, and others spread over files and groups."""
    files = _spread(list(table.paths), PLACES)
    groups = [
        (path, group)
        for path in files
        for group in range(pq.read_metadata(path).num_row_groups)
    ]
    return _spread(groups, PLACES)


def _spread(items: list[T], count: int) -> list[T]:
    """At most ``count`` of the items, the first one and others evenly apart."""
    if len(items) <= count:
        return items
    return [items[int(at)] for at in np.linspace(0, len(items) - 1, count)]


def _read_group(path: Path, group: int, rows: int, table: StagedTable) -> pa.Table:
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        columns = [name for name in table.columns if name in names]
        batches = file.iter_batches(
            min(rows, _PARQUET_BATCH), row_groups=[group], columns=columns
        )
        wanted = -(-rows // min(rows, _PARQUET_BATCH))
        first = list(itertools.islice(batches, wanted))
        found = pa.Table.from_batches(first, schema=first[0].schema).slice(0, rows)
    for name in set(columns) & set(table.text):
        found = _as_json(found, name)
    for key, value in (hive_keys(path) if table.hive else {}).items():
        found = found.append_column(key, pa.array([value] * len(found), pa.string()))
    return found


def _as_json(table: pa.Table, name: str) -> pa.Table:
    values = table.column(name).to_pylist()
    texts = [
        None if value is None else json.dumps(value, default=str) for value in values
    ]
    at = table.column_names.index(name)
    return table.set_column(at, name, pa.array(texts, pa.string()))


def hive_keys(path: Path) -> dict[str, str | None]:
    """Columns that the folders ``key=value`` above a Parquet file stand for."""
    parts = [part.split("=", 1) for part in path.parts[:-1] if "=" in part]
    return {
        key: None if value == _HIVE_MISSING else unquote(value) for key, value in parts
    }
