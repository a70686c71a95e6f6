"""Where a reader puts its tables, and the Parquet file of text it writes them to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.errors import DataProblem
from analysis.orders.draft import Note, StagedTable
from analysis.orders.limits import Limits
from analysis.words import N_

BATCH_ROWS = 20_000
TITLE_LENGTH = 200

#: Floats below this hold every integer.
EXACT_INTEGERS = 2**53

_MISSING = pa.scalar(None, pa.string())

Row = Sequence[str | None]


@dataclass(slots=True)
class Target:
    """A folder that takes tables under running numbers.

    Attributes:
        folder: Private folder; nothing else writes there.
        limits: What is accepted.
        taken: The highest number in use.
    """

    folder: Path
    limits: Limits
    taken: int = 0

    def next_id(self) -> str:
        """A new table id: ``t1``, ``t2`` and so on."""
        self.taken += 1
        return f"t{self.taken}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on disk to be read.

    Attributes:
        path: Where it lies.
        name: What the user calls it, safe to show.
        owned: Whether it lies in the target's folder and may be moved or deleted.
        notes: What was found or done on the way to it.
    """

    path: Path
    name: str
    owned: bool
    notes: tuple[Note, ...] = ()


class TextSink:
    """Writes rows of text to one Parquet file; None is a missing value.

    Args:
        path: The file, which must not exist.
        columns: Their names.
        empty_is_missing: Write an empty text as a missing value.
    """

    def __init__(
        self, path: Path, columns: Sequence[str], *, empty_is_missing: bool = False
    ) -> None:
        self.path = path
        self.rows = 0
        self._empty_is_missing = empty_is_missing
        self._schema = pa.schema([(name, pa.string()) for name in columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows, each as wide as the table."""
        if not rows:
            return
        cells = zip(*rows, strict=True)
        arrays = [pa.array(column, pa.string()) for column in cells]
        if self._empty_is_missing:
            arrays = [
                pc.if_else(pc.equal(array, ""), _MISSING, array) for array in arrays
            ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self.rows += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()


def text_table(
    target: Target,
    *,
    title: str,
    columns: Sequence[str],
    batches: Iterable[Sequence[Row]],
    notes: tuple[Note, ...],
    empty_is_missing: bool = False,
) -> StagedTable:
    """Write batches of text rows as a private Parquet table.

    Raises:
        DataProblem: if there is no row, or more than the limit.
    """
    table_id = target.next_id()
    path = target.folder / f"{table_id}.parquet"
    with TextSink(path, columns, empty_is_missing=empty_is_missing) as sink:
        for batch in batches:
            sink.write(batch)
            target.limits.check("max_rows", sink.rows, source=title)
    if not sink.rows:
        raise no_rows(title)
    return StagedTable(
        id=table_id,
        title=title,
        format="parquet",
        paths=(path,),
        dialect=None,
        columns=tuple(columns),
        rows=sink.rows,
        bytes=path.stat().st_size,
        notes=notes,
    )


def is_pattern(path: Path) -> bool:
    """Whether DuckDB would take a path for a pattern, which its lock then refuses."""
    return any(mark in str(path) for mark in "*?[")


def no_rows(title: str) -> DataProblem:
    """The error for a table that has names and nothing below them."""
    return DataProblem(
        N_("{file} has a header but no rows."),
        hint=N_("Export it again with the orders in it."),
        file=title,
    )


def name_columns(
    headers: Sequence[str], *, limits: Limits, source: str
) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Names that are unique whatever their case, and notes on what was changed.

    A header that is empty becomes ``column 3``, one that occurs again ``name (2)``:
    both columns are kept.

    Raises:
        DataProblem: if there are more columns than the limit.

    >>> name_columns(["id", "", "ID"], limits=Limits(), source="a.csv")[0]
    ('id', 'column 2', 'ID (2)')
    """
    limits.check("max_columns", len(headers), source=source)
    names: list[str] = []
    notes: list[Note] = []
    taken = {_key(header) for header in headers if _plain(header)}
    seen: set[str] = set()
    for number, header in enumerate(headers, start=1):
        plain = _plain(header)
        name = plain or _free(f"column {number}", taken)
        if _key(name) in seen:
            name = _free(name, taken, first=2)
        note = _naming_note(number, plain, name)
        notes.extend([note] if note else [])
        seen.add(_key(name))
        taken.add(_key(name))
        names.append(name)
    return tuple(names), tuple(notes)


def _plain(header: str) -> str:
    return header.replace("\x00", "").strip().strip("\ufeff")


def _key(name: str) -> str:
    return _plain(name).casefold()


def _free(name: str, taken: set[str], *, first: int = 1) -> str:
    """The name itself, or with the first number in brackets that is free."""
    candidate, number = (name, 2) if first == 1 else (f"{name} ({first})", first + 1)
    while _key(candidate) in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate


def _naming_note(number: int, header: str, name: str) -> Note | None:
    if name == header:
        return None
    if not header:
        text = N_("Column {number} has no name; it is called {name}.")
        return Note("info", text, {"number": number, "name": name})
    text = N_("The name {header} occurs again; column {number} is called {name}.")
    values = {"header": shorten(header), "number": number, "name": shorten(name)}
    return Note("warning", text, values)


def cell_text(value: object) -> str | None:
    """A value as text that can be read back: ISO times, whole numbers without ``.0``.

    Missing and binary values become None.

    >>> cell_text(3.0), cell_text(0.1), cell_text(True), cell_text(None)
    ('3', '0.1', 'true', None)
    """
    if value is None or isinstance(value, str | bytes):
        return value if isinstance(value, str) else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return _duration_text(value)
    return str(value)


def _number_text(value: float) -> str | None:
    if math.isnan(value):
        return None
    exact = value.is_integer() and abs(value) < EXACT_INTEGERS
    return str(int(value)) if exact else repr(value)


def _duration_text(value: timedelta) -> str:
    """Hours, minutes and seconds; more than a day is more than 24 hours."""
    sign = "-" if value < timedelta(0) else ""
    whole, part = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    text = f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{part:06}" if part else text


def shorten(text: str, length: int = TITLE_LENGTH) -> str:
    """Text that fits a sentence: one line, at most ``length`` characters."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
