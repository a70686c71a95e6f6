"""What Doorstep asks of an engine: run one SQL tree, give back Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa
from sqlglot import exp


class Engine(Protocol):
    """Runs query trees on one published version, read-only."""

    @property
    def dialect(self) -> str:
        """The SQL it speaks, by the name sqlglot has for it, such as ``duckdb``."""
        ...

    def run(
        self,
        query: exp.Expr,
        *,
        time_limit: float | None = None,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """Run one SELECT and fetch the whole result, or mark it, see ``truncated``.

        Args:
            query: One query; literals are nodes of the tree.
            time_limit: Seconds, the engine's own limit if None.
            tables: Small tables brought along that the query may name, such as a list
                of orders or who was assigned to what; gone when it ends.

        Raises:
            QueryTooSlow: if the limit is reached.
            Cancelled: if the query was cancelled from another thread.
        """
        ...

    def sql(self, query: exp.Expr) -> str:
        """The text of the query as the engine runs it, indented for people."""
        ...

    def cancel(self) -> None:
        """End the queries that run now; the engine stays usable."""
        ...

    def close(self) -> None:
        """Give back the engine's resources."""
        ...


_TRUNCATED = b"doorstep.truncated"


def truncated(table: pa.Table) -> pa.Table:
    """Mark a result whose further rows were cut off."""
    marked = {**(table.schema.metadata or {}), _TRUNCATED: b"1"}
    return table.replace_schema_metadata(marked)


def is_truncated(table: pa.Table) -> bool:
    """Whether an engine cut off rows of this result."""
    return _TRUNCATED in (table.schema.metadata or {})
