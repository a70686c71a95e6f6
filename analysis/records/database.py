"""Opening the records: SQLite in the workspace, or PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.engine import make_url

from analysis.errors import DataProblem, InvalidInput
from analysis.words import N_
from analysis.workspace import Workspace

MIGRATIONS: Final = Path(__file__).with_name("migrations")
BUSY_SECONDS: Final = 15
WAL_TRIES: Final = 50
#: Any fixed number: processes that migrate one PostgreSQL database queue on it.
MIGRATION_LOCK: Final = 7_305_118

_migrating = threading.Lock()


@dataclass(frozen=True, slots=True)
class Records:
    """An open database of what people wrote, migrated to the newest form.

    Attributes:
        engine: SQLAlchemy's engine; use ``reading`` and ``writing`` instead.
    """

    engine: sa.Engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent read.

        Raises:
            DataProblem: if the database cannot be reached.
        """
        with _plain_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: everything inside is written, or nothing.

        Raises:
            DataProblem: if the database cannot be reached or stays locked.
        """
        with _plain_errors(), _writer(self.engine) as connection:
            yield connection

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


def open_records(location: Workspace | Path | str) -> Records:
    """Open the records and bring their tables to the newest form.

    Args:
        location: A workspace or its folder, for SQLite in it; or the URL of a
            PostgreSQL database. The URL appears in no error and no log.

    Raises:
        InvalidInput: if the URL names another kind of database.
        DataProblem: if the database cannot be reached, or a newer Doorstep wrote it.
    """
    if isinstance(location, str) and "://" in location:
        engine = _postgresql(location)
    else:
        engine = _sqlite(Workspace.open(location).records)
    with _plain_errors(sa.exc.DBAPIError):
        _migrate(engine)
    return Records(engine)


def _sqlite(path: Path) -> sa.Engine:
    path.touch(mode=0o600)
    url = sa.URL.create("sqlite+pysqlite", database=str(path))
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: str) -> sa.Engine:
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        raise InvalidInput(
            N_("The URL of the records database is not one of PostgreSQL."),
            hint=N_("Write it as postgresql://user:password@host/database."),
        ) from None
    return sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401
    """Take transactions into our own hands; WAL lets readers and a writer coexist."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    _switch_to_wal(cursor)
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:  # noqa: ANN401
    """Switching does not wait for locks by itself, so it is tried again for a while."""
    for _ in range(WAL_TRIES):
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(0.05)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _writer(engine: sa.Engine) -> Iterator[sa.Connection]:
    connecting = engine.connect().execution_options(writes=True)
    with connecting as connection, connection.begin():
        yield connection


def _migrate(engine: sa.Engine) -> None:
    """Run the missing migrations in one transaction that other processes wait for."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with _migrating, _writer(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise DataProblem(
                N_("The records were written by a newer version of Doorstep."),
                hint=N_("Update Doorstep, or bring back a backup of the records."),
            ) from error


@contextmanager
def _plain_errors(
    kind: type[sa.exc.DBAPIError] = sa.exc.OperationalError,
) -> Iterator[None]:
    """Replace the driver's errors, which may name hosts and values, by our own."""
    try:
        yield
    except kind as error:
        raise DataProblem(
            N_("The records database cannot be used now ({kind})."),
            hint=N_("Check that its server runs and its disk has room. Try again."),
            kind=type(error.orig).__name__,
        ) from None
