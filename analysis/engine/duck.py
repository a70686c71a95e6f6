"""The DuckDB engine: runs the trees of ``analysis.metrics`` on one version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from analysis.engine.connect import DIALECT, Connection
from analysis.engine.protocol import truncated
from analysis.errors import InvalidInput
from analysis.words import N_

#: Rows that a result may have; more are cut off and the result says so.
ROW_LIMIT = 2_000_000


@dataclass(frozen=True, slots=True)
class DuckEngine:
    """Runs single SELECTs on an open database.

    Attributes:
        connection: From ``connect.reader``.
        row_limit: Rows a result may have, see ``protocol.is_truncated``.
    """

    connection: Connection
    row_limit: int = ROW_LIMIT

    @property
    def dialect(self) -> str:
        """The SQL it speaks, by the name sqlglot has for it."""
        return DIALECT

    def run(
        self,
        query: exp.Expr,
        *,
        time_limit: float | None = None,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """Run one SELECT and fetch the whole result, at most ``row_limit`` rows of it.

        Raises:
            InvalidInput: if the tree is not a query.
            StatementFailed: if DuckDB refuses it.
            QueryTooSlow: if the time limit is reached.
            Cancelled: if ``cancel`` was called meanwhile.
        """
        _require_query(query)
        table = self.connection.run(
            query, time_limit=time_limit, row_limit=self.row_limit + 1, tables=tables
        )
        if table.num_rows <= self.row_limit:
            return table
        return truncated(table.slice(0, self.row_limit))

    def sql(self, query: exp.Expr) -> str:
        """The text of the query, indented for people."""
        return query.sql(dialect=DIALECT, pretty=True)

    def cancel(self) -> None:
        """End the queries that run now; the engine stays usable."""
        self.connection.cancel()

    def close(self) -> None:
        """Let go of the database file."""
        self.connection.close()


def _require_query(query: exp.Expr) -> None:
    if not isinstance(query, exp.Query):
        raise InvalidInput(
            N_("{kind} is not a query; only one SELECT may run."),
            hint=N_("Build the query with analysis.metrics."),
            kind=type(query).__name__,
        )
