"""JSON lines: one object on each line becomes one row of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from analysis.errors import DataProblem
from analysis.orders.draft import Note, StagedTable
from analysis.orders.readers.rewrite import cell_too_large
from analysis.orders.readers.target import (
    BATCH_ROWS,
    SourceFile,
    Target,
    TextSink,
    name_columns,
    no_rows,
)
from analysis.words import N_

MAX_LINE_BYTES = 16 * 1024**2


@dataclass(slots=True)
class _Parts:
    """Columns met so far, and one Parquet file for each set of them."""

    file: SourceFile
    target: Target
    table_id: str
    keys: dict[str, None] = field(default_factory=dict)
    sinks: list[TextSink] = field(default_factory=list)
    rows: int = 0

    def write(self, objects: Sequence[dict[str, str | None]]) -> None:
        known = len(self.keys)
        for item in objects:
            self.keys.update(dict.fromkeys(item))
        limits, name = self.target.limits, self.file.name
        limits.check("max_columns", len(self.keys), source=name)
        self.rows += len(objects)
        limits.check("max_rows", self.rows, source=name)
        if len(self.keys) > known or not self.sinks:
            self._new_sink()
        self.sinks[-1].write([[item.get(key) for key in self.keys] for item in objects])

    def names(self) -> tuple[tuple[str, ...], tuple[Note, ...]]:
        limits, name = self.target.limits, self.file.name
        return name_columns(list(self.keys), limits=limits, source=name)

    def _new_sink(self) -> None:
        """Begin a file with all columns so far; the older ones lack the new columns."""
        self.close()
        path = self.target.folder / f"{self.table_id}-{len(self.sinks) + 1:04}.parquet"
        self.sinks.append(TextSink(path, self.names()[0]))

    def close(self) -> None:
        if self.sinks:
            self.sinks[-1].__exit__(None, None, None)


def read_json_lines(file: SourceFile, target: Target) -> list[StagedTable]:
    """Stage a file of JSON lines.

    Numbers and flags become their JSON text, null and absent keys missing values,
    nested values JSON text.

    Raises:
        DataProblem: if a line is no object; names the line.
    """
    parts = _Parts(file, target, target.next_id())
    try:
        for batch in _batches(file, target):
            parts.write(batch)
    finally:
        parts.close()
    if not parts.rows:
        raise no_rows(file.name)
    columns, naming = parts.names()
    paths = tuple(sink.path for sink in parts.sinks)
    if file.owned:
        file.path.unlink()
    return [
        StagedTable(
            id=parts.table_id,
            title=file.name,
            format="parquet",
            paths=paths,
            dialect=None,
            columns=columns,
            rows=parts.rows,
            bytes=sum(path.stat().st_size for path in paths),
            notes=(*file.notes, *naming),
        )
    ]


def _batches(file: SourceFile, target: Target) -> Iterator[list[dict[str, str | None]]]:
    batch: list[dict[str, str | None]] = []
    size = 0
    with file.path.open("rb") as lines:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            item = _object(line, number, file.name)
            batch.append(_cells(item, number, file.name, target))
            size += len(line)
            if len(batch) >= BATCH_ROWS or size >= MAX_LINE_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _object(line: bytes, number: int, file: str) -> dict[str, Any]:
    try:
        item = json.loads(line, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise _no_object(file, number) from error
    if not isinstance(item, dict):
        raise _no_object(file, number)
    return item


def _no_object(file: str, line: int) -> DataProblem:
    return DataProblem(
        N_("{file}: line {line} is no JSON object."),
        hint=N_("Write one object on each line; the file may be cut off there."),
        file=file,
        line=line,
    )


def _cells(
    item: dict[str, Any], number: int, file: str, target: Target
) -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for key, value in item.items():
        text = _text(value)
        if text is not None and len(text) > target.limits.max_cell_bytes:
            raise cell_too_large(file, number, key, len(text), target.limits)
        cells[_whole(key)] = text
    return cells


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value if value is None else _whole(value)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return str(value)
    return _whole(json.dumps(value, ensure_ascii=False, default=_number))


def _number(value: object) -> float:
    return float(str(value))


def _whole(text: str) -> str:
    """Text without halves of surrogate pairs, which UTF-8 cannot hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
