"""Rewrite a CSV file that DuckDB cannot read as it stands; set ragged rows aside."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import DataProblem
from analysis.orders.draft import Dialect, Note, StagedTable
from analysis.orders.limits import Limits
from analysis.orders.readers.dialect import Parsed, UnclosedQuoteError, parse
from analysis.orders.readers.target import BATCH_ROWS, Row, Target, shorten, text_table
from analysis.words import N_

BATCH_CHARACTERS = 16 * 1024**2

#: The longest a character gets in UTF-8.
UTF8_BYTES = 4

#: From so many ragged rows on, their share is judged before the end of the file.
MANY_RAGGED = 10_000

_RAGGED_SCHEMA = pa.schema(
    [("line", pa.int64()), ("cells", pa.int64()), ("raw", pa.string())]
)


@dataclass(frozen=True, slots=True)
class _File:
    """The file on its way, and its rows with too few or too many cells."""

    path: Path
    title: str
    dialect: Dialect
    columns: Sequence[str]
    spaced: bool
    limits: Limits
    ragged: list[Parsed] = field(default_factory=list)

    def batches(self) -> Iterator[list[Row]]:
        """Rows of the right width, some at a time."""
        batch: list[Row] = []
        rows = characters = 0
        for row, size in self._within_limits():
            if len(row.cells) != len(self.columns):
                self._set_aside(row, rows)
                continue
            batch.append(row.cells)
            rows, characters = rows + 1, characters + size
            if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
        self._check_share(rows)
        yield batch

    def _rows(self) -> Iterator[Parsed]:
        """Rows below the header; line numbers count from the top of the file."""
        skip, header = self.dialect.skip, int(self.dialect.header)
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            rows = parse(
                itertools.islice(lines, skip, None),
                self.dialect,
                spaced=self.spaced,
                whole=True,
                first_line=skip + 1,
            )
            yield from itertools.islice(rows, header, None)

    def _within_limits(self) -> Iterator[tuple[Parsed, int]]:
        """Rows with their length, without an empty cell too many."""
        try:
            for row in self._rows():
                if len(row.cells) == len(self.columns) + 1 and not row.cells[-1]:
                    row.cells.pop()
                characters = sum(map(len, row.cells))
                if characters * UTF8_BYTES > self.limits.max_cell_bytes:
                    self._check_cells(row)
                yield row, characters
        except UnclosedQuoteError as error:
            raise _unclosed(self.title, error.line) from error

    def _check_cells(self, row: Parsed) -> None:
        sizes = [len(cell.encode()) for cell in row.cells]
        largest = max(sizes)
        if largest <= self.limits.max_cell_bytes:
            return
        number = sizes.index(largest)
        raise cell_too_large(
            self.title,
            row.line,
            self.columns[number] if number < len(self.columns) else str(number + 1),
            largest,
            self.limits,
        )

    def _set_aside(self, row: Parsed, rows: int) -> None:
        self.ragged.append(row)
        if len(self.ragged) % MANY_RAGGED == 0:
            self._check_share(rows)

    def _check_share(self, rows: int) -> None:
        count, limit = len(self.ragged), self.limits.max_ragged_percent
        if 100 * count > limit * (rows + count):
            raise _too_ragged(
                self.title, self.ragged[0], len(self.columns), count, limit
            )


def rewrite(
    path: Path,
    *,
    target: Target,
    title: str,
    dialect: Dialect,
    columns: Sequence[str],
    spaced: bool = False,
    notes: tuple[Note, ...] = (),
) -> StagedTable:
    """Read a UTF-8 CSV file row by row into a private Parquet table of text.

    Empty cells become missing values. Rows with too few or too many cells go to a file
    beside the table; a cell too many at the end that is empty is let go.

    Args:
        path: The file.
        target: Where the table goes.
        title: The file as the user knows it.
        dialect: How the file is written.
        columns: Names of the columns.
        spaced: Whether blanks stand between delimiters and quotes.
        notes: Notes so far.

    Raises:
        DataProblem: if a quote never closes, a cell is too large, or too many rows are
            ragged; names the line.
    """
    file = _File(path, title, dialect, columns, spaced, target.limits)
    table = text_table(
        target,
        title=title,
        columns=columns,
        batches=file.batches(),
        notes=notes,
        empty_is_missing=True,
    )
    return _with_ragged(table, file) if file.ragged else table


def _with_ragged(table: StagedTable, file: _File) -> StagedTable:
    path = table.paths[0].with_name(f"{table.id}.ragged.parquet")
    rows = file.ragged
    columns = [
        [row.line for row in rows],
        [len(row.cells) for row in rows],
        [file.dialect.delimiter.join(row.cells) for row in rows],
    ]
    pq.write_table(pa.table(columns, schema=_RAGGED_SCHEMA), path)
    text = N_(
        "{count} rows have too few or too many cells and are set aside; "
        "the first is on line {line}."
    )
    note = Note("warning", text, {"count": len(rows), "line": rows[0].line})
    notes = (*table.notes, note)
    return replace(table, ragged=path, ragged_rows=len(rows), notes=notes)


def cell_too_large(
    file: str, line: int, column: str, seen: int, limits: Limits
) -> DataProblem:
    """The error for a cell beyond ``max_cell_bytes``."""
    return DataProblem(
        N_("{file}: line {line}, column {column} has a cell of {seen:,} bytes."),
        hint=N_(
            "At most {limit:,} are allowed ({setting}): leave the column out or "
            "shorten it."
        ),
        file=file,
        line=line,
        column=shorten(column),
        seen=seen,
        limit=limits.max_cell_bytes,
        setting="max_cell_bytes",
    )


def _unclosed(file: str, line: int) -> DataProblem:
    return DataProblem(
        N_("{file}: a quote in the row that begins on line {line} is never closed."),
        hint=N_("The file may be cut off: export it again, or correct that line."),
        file=file,
        line=line,
    )


def _too_ragged(
    file: str, first: Parsed, expected: int, count: int, limit: int
) -> DataProblem:
    return DataProblem(
        N_("{file}: line {line} has {seen} columns, the header has {expected}."),
        hint=N_(
            "{count} rows are like that, more than {limit} % ({setting}): check the "
            "delimiter and the quotes."
        ),
        file=file,
        line=first.line,
        seen=len(first.cells),
        expected=expected,
        count=count,
        limit=limit,
        setting="max_ragged_percent",
    )
