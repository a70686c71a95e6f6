"""What an opened dataset version is: its tables, its columns and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis.errors import MissingField, UnknownName
from analysis.words import N_

if TYPE_CHECKING:
    from analysis.engine.protocol import Engine

ColumnType = Literal["text", "integer", "number", "time", "date", "flag"]
ColumnKind = Literal["field", "dimension", "derived", "other"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a published table.

    Attributes:
        name: Column name, unquoted.
        type: How it is stored; ``time`` is a naive TIMESTAMP in UTC.
        kind: ``field`` of the order model, a drill ``dimension`` under the file's own
            header, ``derived`` at publishing (``local_date``), or ``other``.
        distinct: Number of distinct values (approximate above ten thousand).
        missing: Number of rows without a value.
        origin: Header (and file) it came from; empty if derived.
        assumed: True where a rule stands in for data (a promise of fixed minutes).
    """

    name: str
    type: ColumnType
    kind: ColumnKind = "field"
    distinct: int = 0
    missing: int = 0
    origin: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One published table."""

    name: str
    rows: int
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One immutable version of a published dataset, opened for reading.

    Attributes:
        name: Dataset name as the user gave it.
        id: Folder name of the dataset in the workspace.
        version: Version name; versions sort in the order of publishing.
        path: Folder of the version.
        engine: Runs query trees on it, read-only.
        tables: Published tables by name; ``orders`` is always there.
        period: First and last ``local_date`` of the orders; None without dates.
        timezone: Zone of places that have none of their own.
        manifest: Everything ``dataset.json`` says of the version.
        profile: Profile of the published columns, as ``profile.json`` has it.
    """

    name: str
    id: str
    version: str
    path: Path
    engine: Engine
    tables: Mapping[str, Table]
    period: tuple[date, date] | None
    timezone: str
    manifest: Mapping[str, Any]
    profile: Mapping[str, Any]

    @property
    def fields(self) -> Mapping[str, Column]:
        """Columns of the orders table by name."""
        return self.tables["orders"].columns

    def table(self, name: str) -> Table:
        """One table.

        Raises:
            UnknownName: if this version has no such table.
        """
        if name not in self.tables:
            raise UnknownName.of("table", name, self.tables)
        return self.tables[name]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table and all these columns are there."""
        found = self.tables.get(table)
        return found is not None and all(name in found.columns for name in columns)

    def require(self, *columns: str, table: str = "orders") -> None:
        """Insist on columns.

        Raises:
            MissingField: names the columns that would unlock what was asked.
        """
        found = self.tables.get(table)
        have = found.columns if found else {}
        missing = tuple(name for name in columns if name not in have)
        if missing:
            raise MissingField(
                N_("This needs {names}, which {dataset} does not have."),
                hint=N_("Map a column to it on the Data page and publish again."),
                names=", ".join(missing),
                dataset=self.name,
                fields=missing,
                table=table,
            )
