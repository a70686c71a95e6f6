"""DuckDB files, opened locked and read-only by the engine and copied as Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlglot import exp

from analysis.engine.connect import Connection, StatementFailed, read_only_file
from analysis.errors import DataProblem, QueryTooSlow
from analysis.orders.draft import StagedTable
from analysis.orders.readers.arrow import arrow_table
from analysis.orders.readers.target import SourceFile, Target, shorten
from analysis.words import N_

#: Rows in a batch; a batch is the most that is held in memory.
BATCH_ROWS = 50_000


def read_duckdb(file: SourceFile, target: Target) -> list[StagedTable]:
    """Stage every table and view of a DuckDB file that has rows.

    Raises:
        DataProblem: if the file cannot be opened or has no table with rows.
    """
    with _opened(file, target) as database:
        names = _table_names(database)
        target.limits.check("max_tables", len(names), source=file.name)
        tables = [_read_table(database, *name, file, target) for name in names]
    if file.owned:
        file.path.unlink()
    found = [table for table in tables if table]
    if not found:
        raise no_tables(file.name)
    return found


@contextmanager
def _opened(file: SourceFile, target: Target) -> Iterator[Connection]:
    """DuckDB's own words are left out: they name our paths and quote values."""
    seconds = float(target.limits.max_query_seconds)
    try:
        database = read_only_file(file.path, time_limit=seconds)
    except DataProblem as error:
        raise _unreadable(file.name) from error
    with database:
        try:
            yield database
        except StatementFailed as error:
            raise _unreadable(file.name) from error
        except QueryTooSlow as error:
            name = "max_query_seconds"
            raise target.limits.exceeded(
                name, f"> {seconds:.0f}", source=file.name
            ) from error


def _unreadable(file: str) -> DataProblem:
    return DataProblem(
        N_("{file} cannot be read as a DuckDB database."),
        hint=N_("It may be damaged, in use, or written by a newer DuckDB."),
        file=file,
    )


def no_tables(file: str) -> DataProblem:
    """The error for a database in which there is nothing to read."""
    return DataProblem(
        N_("{file} has no table with rows."),
        hint=N_("Check that it is the right database."),
        file=file,
    )


def _table_names(database: Connection) -> list[tuple[str, str]]:
    query = (
        exp.select("table_schema", "table_name")
        .from_("information_schema.tables")
        .where(exp.column("table_catalog").eq(exp.func("current_database")))
        .order_by("table_schema", "table_name")
    )
    rows = database.run(query).to_pylist()
    return [(row["table_schema"], row["table_name"]) for row in rows]


def _read_table(
    database: Connection, schema: str, name: str, file: SourceFile, target: Target
) -> StagedTable | None:
    source = exp.Table(
        this=exp.to_identifier(name, quoted=True),
        db=exp.to_identifier(schema, quoted=True),
    )
    shown = name if schema == "main" else f"{schema}.{name}"
    query = exp.select(exp.Star()).from_(source)
    return arrow_table(
        target,
        title=f"{file.name} › {shorten(shown)}",
        batches=database.batches(query, rows=BATCH_ROWS),
        notes=file.notes,
    )
