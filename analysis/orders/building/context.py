"""What every step of building a version works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlglot import exp

from analysis.engine.connect import Connection
from analysis.orders.building import trees
from analysis.orders.building.assemble import Published
from analysis.orders.building.checks import CheckResult
from analysis.orders.building.typed import TypedPass
from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping
from analysis.orders.watch import Watch


@dataclass(slots=True)
class Source:
    """Row counts of one staged table: in = published + set aside + used.

    Attributes:
        title: As the user knows it.
        target: Table of the order model, ``details`` or ``lookup``.
        rows: Rows of the file.
        published: Rows in the published table.
        set_aside: Rows kept aside.
        used: Rows summed up into orders, or looked up.
    """

    title: str
    target: str
    rows: int = 0
    published: int = 0
    set_aside: int = 0
    used: int = 0


@dataclass(slots=True)
class Build:
    """One version while it is being built.

    Attributes:
        connection: The builder's; its database becomes ``data.duckdb``.
        draft: The staged files.
        mapping: What they mean.
        key: Workspace key.
        now: The moment of publishing, in UTC without a zone.
        folder: Folder of the version that is being built.
        watch: Progress and cancel.
        passes: Typed passes by staged table.
        sources: Row counts by staged table.
        columns: Columns of the published tables by table.
        checks: What the checks found.
        kept: Queries of the rows that are kept aside.
        unique: Scratch tables of unique keys that were made already.
    """

    connection: Connection
    draft: Draft
    mapping: Mapping
    key: bytes
    now: datetime
    folder: Path
    watch: Watch
    passes: dict[str, TypedPass] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    columns: dict[str, tuple[Published, ...]] = field(default_factory=dict)
    checks: list[CheckResult] = field(default_factory=list)
    kept: list[exp.Select] = field(default_factory=list)
    unique: set[str] = field(default_factory=set)

    def create(self, target: exp.Table, query: exp.Expr) -> int:
        """``CREATE TABLE target AS query``; the number of its rows."""
        return self.connection.execute(trees.create(target, query))

    def drop(self, target: exp.Table) -> None:
        """Give a scratch table's memory back."""
        self.connection.execute(exp.Drop(tables=[target], kind="TABLE", exists=True))

    def records(self, query: exp.Expr) -> list[dict[str, Any]]:
        """The rows of a small query."""
        found: list[dict[str, Any]] = self.connection.run(query).to_pylist()
        return found

    def first(self, query: exp.Expr) -> dict[str, Any]:
        """The first row of a query by column; empty if there is none."""
        rows = self.records(query)
        return rows[0] if rows else {}
