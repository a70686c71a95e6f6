"""Small published datasets for tests: a DuckDB file and the Dataset over it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from analysis.engine import connect
from analysis.engine.dataset import Column, ColumnType, Dataset, Table
from analysis.engine.duck import DuckEngine

DERIVED = {
    "order_no", "rider_no", "local_date", "local_hour", "local_weekday",
    "promised_date", "delivered_date",
}  # fmt: skip

#: Rows whose values are counted.
COUNTED = 1_000_000


def published(
    folder: Path,
    tables: Mapping[str, pd.DataFrame | pa.Table],
    *,
    dimensions: tuple[str, ...] = (),
) -> Dataset:
    """Write tables as publishing lays them out, and open them.

    Args:
        folder: Where the database file goes.
        tables: By name; columns as published.
        dimensions: Columns of orders that are not fields.
    """
    arrow = {name: _arrow(table) for name, table in tables.items()}
    path = folder / "data.duckdb"
    with connect.builder(path, allowed=[]) as build:
        for name, table in arrow.items():
            build.execute(_create(name), tables={"brought": table})
    engine = DuckEngine(connect.reader(path, threads=2))
    return Dataset(
        name="world",
        id="world",
        version="1",
        path=folder,
        engine=engine,
        tables={name: _table(name, item, dimensions) for name, item in arrow.items()},
        period=_period(arrow["orders"]),
        timezone="UTC",
        manifest={},
        profile={},
    )


def _arrow(table: pd.DataFrame | pa.Table) -> pa.Table:
    if isinstance(table, pa.Table):
        return table
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for place, field in enumerate(arrow.schema):
        if pa.types.is_null(field.type):
            kind = pa.date32() if field.name.endswith("_date") else pa.string()
            arrow = arrow.set_column(place, field.name, arrow[field.name].cast(kind))
    return arrow


def _create(name: str) -> exp.Create:
    rows = exp.select("*").from_(exp.Table(this=exp.to_identifier("brought")))
    table = exp.Table(this=exp.to_identifier(name, quoted=True))
    return exp.Create(this=table, kind="TABLE", expression=rows)


def _table(name: str, table: pa.Table, dimensions: tuple[str, ...]) -> Table:
    columns = {
        column: Column(
            name=column,
            type=_type(table.schema.field(column).type),
            kind=_kind(name, column, dimensions),
            # Worlds of benchmarks have more rows, and no more names in the later ones.
            distinct=len(table[column][:COUNTED].drop_null().unique()),
            missing=table[column].null_count,
        )
        for column in table.column_names
    }
    return Table(name, table.num_rows, columns)


def _kind(table: str, column: str, dimensions: tuple[str, ...]) -> str:
    if table == "orders" and column in dimensions:
        return "dimension"
    return "derived" if column in DERIVED else "field"


def _type(kind: pa.DataType) -> ColumnType:
    checks: dict[ColumnType, bool] = {
        "time": pa.types.is_timestamp(kind),
        "date": pa.types.is_date(kind),
        "flag": pa.types.is_boolean(kind),
        "integer": pa.types.is_integer(kind),
        "number": pa.types.is_floating(kind) or pa.types.is_decimal(kind),
    }
    return next((name for name, holds in checks.items() if holds), "text")


def _period(orders: pa.Table) -> tuple[date, date] | None:
    if "local_date" not in orders.column_names:
        return None
    ends = pc.min_max(orders["local_date"]).as_py()
    return None if ends["min"] is None else (ends["min"], ends["max"])
