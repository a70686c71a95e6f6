"""A PostgreSQL query through ADBC: read-only, one SELECT, bounded in rows and time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import adbc_driver_manager
import pyarrow as pa
import sqlglot
from adbc_driver_postgresql import dbapi
from sqlglot import exp

from analysis.errors import DataProblem, InvalidInput
from analysis.orders.draft import StagedTable
from analysis.orders.readers.arrow import arrow_table
from analysis.orders.readers.target import Target, no_rows, shorten
from analysis.orders.sources import DatabaseQuery
from analysis.words import N_

DIALECT = "postgres"
CONNECT_SECONDS = 10

#: SQLSTATE of a statement that its time limit ended.
TIMED_OUT = "57014"

_NOT_READING = (exp.DML, exp.Into, exp.Lock, exp.DDL, exp.Command, exp.Copy)


def read_query(query: DatabaseQuery, uri: str, target: Target) -> StagedTable:
    """Stage the result of one SELECT, in a transaction that cannot write.

    Args:
        query: The query; its SQL is checked as a tree before anything is opened.
        uri: Connection string; it appears in no message.
        target: Where the table goes.

    Raises:
        InvalidInput: if the SQL is not exactly one SELECT.
        DataProblem: if the database refuses it, has no row for it, or is too slow.
    """
    text = one_select(query.sql)
    title = shorten(query.name)
    with _connected(query, uri) as connection, _translated(query, target):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(_time_limit(target.limits.max_query_seconds))
            cursor.execute(text)
            batches = iter(cursor.fetch_record_batch())
            table = arrow_table(target, title=title, batches=batches)
        connection.rollback()
    if table is None:
        raise no_rows(title)
    return table


def one_select(sql: str) -> str:
    """The SQL of one query that only reads, rendered from its tree.

    Raises:
        InvalidInput: if it is anything else.

    >>> one_select("select 1 as id;")
    'SELECT 1 AS id'
    """
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree]
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise _no_select(N_("it cannot be parsed")) from error
    if len(trees) != 1:
        raise _no_select(N_("it holds another number of statements"))
    (tree,) = trees
    if not isinstance(tree, exp.Query) or _does_more(tree):
        raise _no_select(N_("it does more than read"))
    return tree.sql(dialect=DIALECT)


def _does_more(tree: exp.Expr) -> bool:
    inner = (node for node in tree.walk() if not isinstance(node, exp.Query))
    return any(isinstance(node, _NOT_READING) for node in inner)


def _no_select(reason: str) -> InvalidInput:
    return InvalidInput(
        N_("The query is not exactly one SELECT: {reason}."),
        hint=N_("Write one SELECT statement."),
        reason=reason,
    )


def _time_limit(seconds: int) -> str:
    limit = exp.Literal.string(f"{seconds}s")
    item = exp.EQ(this=exp.column("statement_timeout"), expression=limit)
    local = exp.SetItem(this=item, kind="LOCAL")
    return exp.Set(expressions=[local]).sql(dialect=DIALECT)


@contextmanager
def _connected(query: DatabaseQuery, uri: str) -> Iterator[dbapi.Connection]:
    try:
        connection = dbapi.connect(_impatient(uri))
    except (adbc_driver_manager.Error, ValueError):
        # The driver's own text may hold parts of the connection string.
        raise DataProblem(
            N_("The database {connection} cannot be reached."),
            hint=N_("Ask the administrator to check the connection of that name."),
            connection=query.connection,
        ) from None
    with closing(connection):
        yield connection


def _impatient(uri: str) -> str:
    """The connection string with a time limit for connecting, if it has none."""
    parts = urlsplit(uri)
    if not parts.scheme or "connect_timeout" in parse_qs(parts.query):
        return uri
    limit = urlencode({"connect_timeout": CONNECT_SECONDS})
    together = f"{parts.query}&{limit}" if parts.query else limit
    return urlunsplit(parts._replace(query=together))


@contextmanager
def _translated(query: DatabaseQuery, target: Target) -> Iterator[None]:
    seconds = target.limits.max_query_seconds
    deadline = time.monotonic() + seconds
    title = shorten(query.name)
    try:
        yield
    except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
        # A statement that fails while it is fetched brings no SQLSTATE of its own.
        timed_out = getattr(error, "sqlstate", None) == TIMED_OUT
        if timed_out or time.monotonic() > deadline:
            raise target.limits.exceeded(
                "max_query_seconds", f"> {seconds}", source=title
            ) from None
        raise DataProblem(
            N_("The database {connection} refused the query {name}: {reason}."),
            hint=N_("Correct the query and try again."),
            connection=query.connection,
            name=title,
            reason=_server_words(str(error)),
        ) from None


def _server_words(text: str) -> str:
    """What the server itself said, without what the driver adds around it."""
    _, found, words = text.partition("ERROR:")
    return shorten(words.strip().split("\n", 1)[0]) if found else N_("no reason given")
