"""What the tests of staging share: read a staged table back through the builder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from sqlglot import exp

from analysis.engine.connect import builder
from analysis.orders.draft import Draft, StagedTable
from analysis.orders.sources import Upload
from analysis.orders.staging import relation, stage


def upload(name: str, content: bytes | str) -> Upload:
    data = content.encode() if isinstance(content, str) else content
    return Upload(name, io.BytesIO(data))


def stage_bytes(
    workspace: Path, content: bytes | str, name: str = "orders.csv"
) -> Draft:
    return stage(upload(name, content), workspace=workspace)


def read_back(
    table: StagedTable, columns: Sequence[str] | None = None
) -> list[tuple[object, ...]]:
    """All rows, in the order of the file, as the locked builder reads them."""
    query = exp.select("*").from_(relation(table, columns=columns))
    with builder(None, allowed=table.paths) as engine:
        found = engine.run(query)
    assert tuple(found.column_names) == tuple(columns or table.columns)
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def tree(folder: Path) -> list[tuple[str, int]]:
    """Every path below a folder with its size."""
    return sorted(
        (str(path.relative_to(folder)), path.stat().st_size if path.is_file() else -1)
        for path in folder.rglob("*")
    )


def notes_of(table: StagedTable) -> str:
    return " | ".join(str(note) for note in table.notes)
