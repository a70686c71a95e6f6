"""SQLite files, through the standard library: read-only, bounded, as text."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlglot import exp

from analysis.errors import DataProblem
from analysis.orders.draft import StagedTable
from analysis.orders.readers.duckdb_file import no_tables
from analysis.orders.readers.target import (
    BATCH_ROWS,
    Row,
    SourceFile,
    Target,
    cell_text,
    name_columns,
    shorten,
    text_table,
)
from analysis.words import N_

#: SQLite asks after so many of its instructions whether to go on.
STEPS = 100_000

_ALLOWED_ACTIONS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)


def read_sqlite(file: SourceFile, target: Target) -> list[StagedTable]:
    """Stage every table and view of a SQLite file that has rows.

    Values come as text, since SQLite columns have no one type; binary values are
    left out.

    Raises:
        DataProblem: if the file is damaged, has no table with rows, or takes too long.
    """
    with _opened(file, target) as database:
        names = _table_names(database)
        target.limits.check("max_tables", len(names), source=file.name)
        tables = [_read_table(database, name, file, target) for name in names]
    if file.owned:
        file.path.unlink()
    found = [table for table in tables if table]
    if not found:
        raise no_tables(file.name)
    return found


@contextmanager
def _opened(file: SourceFile, target: Target) -> Iterator[sqlite3.Connection]:
    limits = target.limits
    deadline = time.monotonic() + limits.max_query_seconds
    try:
        with closing(sqlite3.connect(_uri(file.path), uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.max_cell_bytes)
            database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            database.set_authorizer(_authorise)
            database.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
            yield database
    except sqlite3.Error as error:
        raise _failed(error, file, target, late=time.monotonic() > deadline) from error


def _uri(path: Path) -> str:
    """Read-only; a file without a journal beside it is not even locked."""
    quiet = not path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if quiet else "")


def _authorise(
    action: int,
    _first: str | None,
    _second: str | None,
    _db: str | None,
    _by: str | None,
) -> int:
    allowed = action in _ALLOWED_ACTIONS
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _failed(
    error: sqlite3.Error, file: SourceFile, target: Target, *, late: bool
) -> DataProblem:
    limits = target.limits
    if late:
        return limits.exceeded(
            "max_query_seconds", f"> {limits.max_query_seconds}", source=file.name
        )
    if "too big" in str(error):
        return limits.exceeded(
            "max_cell_bytes", f"> {limits.max_cell_bytes:,}", source=file.name
        )
    return DataProblem(
        N_("{file} cannot be read as a SQLite database: {reason}."),
        hint=N_("It may be damaged, cut off or in use: copy it again."),
        file=file.name,
        reason=shorten(str(error)),
    )


def _table_names(database: sqlite3.Connection) -> list[str]:
    query = (
        exp.select("name")
        .from_("sqlite_schema")
        .where(exp.column("type").isin("table", "view"))
        .order_by("rowid")
    )
    names = [name for (name,) in database.execute(query.sql("sqlite"))]
    return [name for name in names if not name.startswith("sqlite_")]


def _read_table(
    database: sqlite3.Connection, name: str, file: SourceFile, target: Target
) -> StagedTable | None:
    source = exp.Table(this=exp.to_identifier(name, quoted=True))
    cursor = database.execute(exp.select(exp.Star()).from_(source).sql("sqlite"))
    first = cursor.fetchmany(BATCH_ROWS)
    if not first:
        return None
    title = f"{file.name} › {shorten(name)}"
    headers = [column[0] for column in cursor.description]
    columns, notes = name_columns(headers, limits=target.limits, source=title)
    return text_table(
        target,
        title=title,
        columns=columns,
        batches=_batches(cursor, first),
        notes=(*file.notes, *notes),
    )


def _batches(
    cursor: sqlite3.Cursor, first: list[tuple[object, ...]]
) -> Iterator[list[Row]]:
    batch = first
    while batch:
        yield [[cell_text(value) for value in row] for row in batch]
        batch = cursor.fetchmany(BATCH_ROWS)
