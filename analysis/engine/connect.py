"""The one module that opens DuckDB, always locked down.

Two profiles: ``reader`` sees one database file and nothing else and runs single
SELECTs; ``builder`` also reads and writes inside the paths it was given. Settings are
locked as soon as a connection is open. They are defence in depth, not a sandbox:
``memory_limit`` in particular is not a hard cap, so a server needs one of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
from sqlglot import ErrorLevel, exp

from analysis.engine import failures
from analysis.engine.failures import StatementFailed
from analysis.errors import DataProblem, DoorstepError
from analysis.words import N_

__all__ = ["Connection", "StatementFailed", "builder", "read_only_file", "reader"]

DIALECT = "duckdb"

#: Settings both profiles connect with; a test holds every one of them.
LOCKED: Mapping[str, str | bool] = {
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}

#: What a reader adds: no files, no network, no spilling, nothing to change.
READER_LOCKED: Mapping[str, str | bool] = {
    **LOCKED,
    "max_temp_directory_size": "0KiB",
    "enable_external_access": False,
    "lock_configuration": True,
}

#: Memory that a query no longer needs goes back to the system at once: readers of many
#: versions are open side by side, in a process that does more than to query.
FRUGAL: Mapping[str, str | bool] = {"allocator_bulk_deallocation_flush_threshold": "0B"}

#: Rows in a batch of ``Connection.batches``.
BATCH_ROWS = 131_072


class Connection:
    """An open, locked database: one cursor a call, usable from many threads.

    Open one with ``reader`` or ``builder``.

    Args:
        database: The parent of all cursors.
        select_only: Refuse everything that is not one SELECT.
        time_limit: Seconds a statement may run; None for no limit.
        memory_limit: As DuckDB was given it, for messages.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        *,
        select_only: bool,
        time_limit: float | None,
        memory_limit: str,
    ) -> None:
        self._database = database
        self._select_only = select_only
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._calls: set[_Call] = set()

    def run(
        self,
        query: exp.Expr,
        *,
        parameters: Sequence[object] | None = None,
        tables: Mapping[str, pa.Table] | None = None,
        time_limit: float | None = None,
        row_limit: int | None = None,
    ) -> pa.Table:
        """Run one query and fetch the whole result.

        Args:
            query: The tree; ``exp.Placeholder`` nodes take the parameters in order.
            parameters: Values bound to placeholders.
            tables: Arrow tables that this call alone may name.
            time_limit: Seconds, if shorter than the connection's own limit.
            row_limit: Stop once there are this many rows.

        Raises:
            QueryTooSlow: if the time limit is reached.
            Cancelled: if ``cancel`` was called meanwhile.
            StatementFailed: if DuckDB refuses it.
        """
        text = self.text(query)
        with self._cursor(time_limit, tables) as cursor:
            result = cursor.sql(text, params=parameters)
            if row_limit is None:
                return result.to_arrow_table()
            return _first_rows(result.to_arrow_reader(BATCH_ROWS), row_limit)

    def batches(
        self,
        query: exp.Expr,
        *,
        rows: int = BATCH_ROWS,
        time_limit: float | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Run one query and yield its result in batches of at most ``rows`` rows."""
        text = self.text(query)
        with self._cursor(time_limit, None) as cursor:
            yield from cursor.sql(text).to_arrow_reader(rows)

    def execute(
        self,
        statement: exp.Expr,
        *,
        parameters: Sequence[object] | None = None,
        tables: Mapping[str, pa.Table] | None = None,
        time_limit: float | None = None,
    ) -> int:
        """Run one statement to its end.

        Returns:
            Number of rows it wrote, 0 where DuckDB reports none.
        """
        text = self.text(statement)
        with self._cursor(time_limit, tables) as cursor:
            row = cursor.execute(text, parameters).fetchone()
        return row[0] if row and isinstance(row[0], int) else 0

    def checkpoint(self) -> None:
        """Write everything into the database file, so that no WAL is left beside it."""
        self.execute(exp.Command(this="CHECKPOINT"))

    def text(self, statement: exp.Expr) -> str:
        """The statement as DuckDB reads it, checked to be exactly one.

        Raises:
            StatementFailed: if it is more than one statement, or not a SELECT where
                only these may run.
        """
        text = statement.sql(dialect=DIALECT, unsupported_level=ErrorLevel.RAISE)
        kinds = self._kinds(text)
        if len(kinds) != 1:
            raise failures.refused(
                "ParserException", f"{len(kinds)} statements in one call"
            )
        if self._select_only and kinds != ("SELECT",):
            raise failures.refused("PermissionException", f"{kinds[0]} is not a SELECT")
        return text

    def cancel(self) -> None:
        """End everything that runs now; the connection stays usable."""
        with self._lock:
            for call in self._calls:
                call.cancelled = True
                call.cursor.interrupt()

    def close(self) -> None:
        """End what runs and let go of the file."""
        self.cancel()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _kinds(self, text: str) -> tuple[str, ...]:
        with self._lock, self._translated():
            found = self._database.extract_statements(text)
        return tuple(statement.type.name for statement in found)

    @contextmanager
    def _cursor(
        self, time_limit: float | None, tables: Mapping[str, pa.Table] | None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        call = self._begin(time_limit)
        try:
            with self._translated(call):
                for name, table in (tables or {}).items():
                    call.cursor.register(name, table)
                yield call.cursor
            if call.cancelled:
                raise failures.cancelled()
        finally:
            self._end(call)

    def _begin(self, time_limit: float | None) -> _Call:
        with self._lock, self._translated():
            cursor = self._database.cursor()
            call = _Call(cursor, _shorter(time_limit, self._time_limit))
            self._calls.add(call)
        if call.seconds is not None:
            call.watch = threading.Timer(call.seconds, call.expire)
            call.watch.daemon = True
            call.watch.start()
        return call

    def _end(self, call: _Call) -> None:
        with self._lock:
            self._calls.discard(call)
        call.end()

    @contextmanager
    def _translated(self, call: _Call | None = None) -> Iterator[None]:
        try:
            yield
        except duckdb.InterruptException as error:
            raise _ended(call) from error
        except duckdb.OutOfMemoryException as error:
            raise failures.out_of_memory(self._memory_limit) from error
        except duckdb.Error as error:
            raise failures.refused(type(error).__name__, str(error)) from error


@dataclass(eq=False, slots=True)
class _Call:
    """One statement on its way: its cursor, its time limit, and how it ended.

    The watch outlives the statement by a moment, so it knows the cursor alone: a
    reference to the connection would keep the file open for as long.
    """

    cursor: duckdb.DuckDBPyConnection
    seconds: float | None
    cancelled: bool = False
    ended: bool = False
    watch: threading.Timer | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def expire(self) -> None:
        """Interrupt the statement, unless it has ended."""
        with self.lock:
            if not self.ended:
                self.cursor.interrupt()

    def end(self) -> None:
        """Let go of the cursor, and of the watch."""
        with self.lock:
            self.ended = True
            if self.watch is not None:
                self.watch.cancel()
            self.cursor.close()


def _first_rows(batches: pa.RecordBatchReader, limit: int) -> pa.Table:
    kept: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        kept.append(batch)
        rows += batch.num_rows
        if rows >= limit:
            break
    return pa.Table.from_batches(kept, schema=batches.schema).slice(0, limit)


def _ended(call: _Call | None) -> DoorstepError:
    """The error of an interrupt: somebody cancelled, or the time limit was reached."""
    if call is None or call.cancelled or call.seconds is None:
        return failures.cancelled()
    return failures.too_slow(call.seconds)


def _shorter(first: float | None, second: float | None) -> float | None:
    return min((limit for limit in (first, second) if limit is not None), default=None)


def reader(
    path: Path,
    *,
    threads: int | None = None,
    memory_limit: str = "2GB",
    time_limit: float = 30.0,
) -> Connection:
    """Open a database file for single SELECTs, and nothing else on this machine.

    Args:
        path: The database file; it is opened read-only.
        threads: At most this many; DuckDB's own choice if None.
        memory_limit: Of DuckDB's buffers; queries do not spill to disk.
        time_limit: Seconds a query may run.

    Raises:
        DataProblem: if the file cannot be opened as a DuckDB database.
    """
    config = {
        **READER_LOCKED,
        **FRUGAL,
        **_limits(threads, memory_limit),
        "max_execution_time": str(int(time_limit * 1000)),
    }
    return Connection(
        _connect(path, config, read_only=True),
        select_only=True,
        time_limit=time_limit,
        memory_limit=memory_limit,
    )


def read_only_file(path: Path, *, time_limit: float = 600.0) -> Connection:
    """Open a DuckDB file that a user brought: untrusted, so locked like a reader.

    Raises:
        DataProblem: if it is no DuckDB database, or of a newer storage version.
    """
    return reader(path, memory_limit="1GB", time_limit=time_limit)


def builder(
    path: Path | None,
    *,
    allowed: Sequence[Path],
    memory_limit: str = "2GB",
    threads: int | None = None,
    temp_directory: Path | None = None,
    time_limit: float | None = None,
) -> Connection:
    """Open a database to write, with files only inside ``allowed``.

    Args:
        path: The database file, made if absent; None for one in memory.
        allowed: Folders and files that statements may read **and write**.
        memory_limit: Of DuckDB's buffers.
        threads: At most this many; DuckDB's own choice if None.
        temp_directory: Where it may spill; None for not at all.
        time_limit: Seconds a statement may run, None for no limit.

    Raises:
        DataProblem: if the file cannot be opened as a DuckDB database.
    """
    config = {**LOCKED, **_limits(threads, memory_limit)}
    if temp_directory is None:
        config["max_temp_directory_size"] = "0KiB"
    else:
        config["temp_directory"] = str(temp_directory)
    database = _connect(path or ":memory:", config, read_only=False)
    _confine(database, allowed)
    return Connection(
        database, select_only=False, time_limit=time_limit, memory_limit=memory_limit
    )


def _limits(threads: int | None, memory_limit: str) -> dict[str, str | bool]:
    limits: dict[str, str | bool] = {"memory_limit": memory_limit}
    return limits if threads is None else {**limits, "threads": str(threads)}


def _connect(
    path: Path | str, config: Mapping[str, str | bool], *, read_only: bool
) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=dict(config))
    except duckdb.Error as error:
        raise DataProblem(
            N_("{file} cannot be opened as a DuckDB database: {reason}"),
            hint=N_("Check that it is a DuckDB file, whole and not in use elsewhere."),
            file=Path(path).name,
            reason=str(error).split("\n", 1)[0],
        ) from error


def _confine(database: duckdb.DuckDBPyConnection, allowed: Sequence[Path]) -> None:
    """Allow the paths, then shut the door: DuckDB takes these in this order only."""
    places = [path.resolve() for path in allowed]
    folders = [str(path) for path in places if path.is_dir()]
    files = [str(path) for path in places if not path.is_dir()]
    database.execute("SET allowed_directories = ?", [folders])
    database.execute("SET allowed_paths = ?", [files])
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
