"""What the tests of publishing share: bring texts in, publish, read the tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.orders import Draft, propose_mapping, publish, stage
from analysis.orders.mapping import Mapping as OrdersMapping
from tests.orders.staging_help import upload

Files = Mapping[str, str | bytes]
Change = Callable[[OrdersMapping], OrdersMapping]


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header, *rows])
    return buffer.getvalue()


def bring(workspace: Path, files: Files) -> Draft:
    uploads = [upload(name, content) for name, content in files.items()]
    return stage(uploads, workspace=workspace)


def publish_files(
    workspace: Path,
    files: Files,
    *,
    name: str = "orders",
    change: Change | None = None,
    **options: Any,
) -> Dataset:
    """Stage, propose, change the proposal, publish."""
    draft = bring(workspace, files)
    mapping = propose_mapping(draft)
    if change is not None:
        mapping = change(mapping)
    return publish(draft, workspace=workspace, name=name, mapping=mapping, **options)


def frame(dataset: Dataset, table: str = "orders") -> pd.DataFrame:
    """A published table, read through the locked reader."""
    found = dataset.engine.run(exp.select("*").from_(exp.table_(table, quoted=True)))
    return found.to_pandas()


def values(dataset: Dataset, column: str, table: str = "orders") -> list[object]:
    """One column in the order of the table, missing values as None."""
    query = exp.select(exp.column(column, quoted=True))
    found = dataset.engine.run(query.from_(exp.table_(table, quoted=True)))
    return found.column(0).to_pylist()


def pairs(
    dataset: Dataset, key: str, column: str, table: str = "orders"
) -> dict[Any, Any]:
    """One column by another, which names the rows."""
    keys, found = values(dataset, key, table), values(dataset, column, table)
    return dict(zip(keys, found, strict=True))


def aside(dataset: Dataset) -> pd.DataFrame:
    """The rows set aside, their values as dictionaries."""
    found = pq.read_table(dataset.path / "set_aside.parquet").to_pandas()
    return found.assign(values=found["values"].map(json.loads))


def check(dataset: Dataset, name: str, table: str = "orders") -> dict[str, Any]:
    """What one check found."""
    checks = dataset.manifest["checks"]
    found = [item for item in checks if (item["name"], item["table"]) == (name, table)]
    assert len(found) == 1, [(item["name"], item["table"]) for item in checks]
    return found[0]


def source(dataset: Dataset, title: str) -> dict[str, Any]:
    """Row counts of one file."""
    return next(item for item in dataset.manifest["sources"] if item["title"] == title)


def assert_rows_add_up(dataset: Dataset) -> None:
    """Rows in are rows published, set aside or used, for every file."""
    for item in dataset.manifest["sources"]:
        parts = item["published"] + item["set_aside"] + item["used"]
        assert item["rows"] == parts, item
    published: dict[str, int] = {}
    for item in dataset.manifest["sources"]:
        if item["published"]:
            target = item["target"]
            published[target] = published.get(target, 0) + item["published"]
    rows = {name: table.rows for name, table in dataset.tables.items() if table.rows}
    assert published == rows
    kept = sum(item["set_aside"] for item in dataset.manifest["sources"])
    assert kept == len(aside(dataset))


def stored_texts(dataset: Dataset) -> dict[str, str]:
    """Everything that a version keeps, as text by file."""
    found = {}
    for path in sorted(dataset.path.rglob("*")):
        if path.suffix == ".parquet":
            found[path.name] = pq.read_table(path).to_pandas().to_csv(index=False)
        elif path.is_file():
            found[path.name] = path.read_bytes().decode("utf-8", errors="replace")
    return found
