"""A few values of each column of a staged table, as a person needs to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from analysis.orders.draft import Dialect, StagedTable
from analysis.orders.staged import sample
from analysis.orders.values.missing import clean_value

ROWS: Final = 2_000
MOST: Final = 60
#: Larger files are not read through only to say how many rows they have.
MOST_COUNTED: Final = 200_000_000


def distinct_values(table: StagedTable) -> Mapping[str, tuple[str, ...]]:
    """Distinct values of each column in a sample, in the order of the file."""
    frame = sample(table, rows=ROWS)
    return {name: _distinct(frame[name]) for name in table.columns}


def repeats(table: StagedTable, column: str) -> bool:
    """Whether a value of a column stands in more than one row of a sample."""
    return bool(sample(table)[column].dropna().duplicated().any())


def _distinct(values: pd.Series) -> tuple[str, ...]:
    texts = (str(value) for value in values.dropna().unique()[: MOST * 2])
    return tuple(text for text in texts if clean_value(text) is not None)[:MOST]


def row_count(table: StagedTable) -> tuple[int, bool]:
    """Rows of a staged table, and whether they were counted or only estimated."""
    if table.rows is not None:
        return table.rows, True
    if table.bytes > MOST_COUNTED or table.format != "csv":
        return _estimate(table), False
    try:
        return _counted(table), True
    except pa.ArrowInvalid:
        return _estimate(table), False


def _counted(table: StagedTable) -> int:
    dialect = table.dialect or Dialect()
    reader = csv.open_csv(
        table.paths[0],
        read_options=csv.ReadOptions(
            skip_rows=dialect.skip, autogenerate_column_names=True
        ),
        parse_options=csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            newlines_in_values=True,
        ),
        convert_options=csv.ConvertOptions(include_columns=["f0"]),
    )
    return sum(batch.num_rows for batch in reader) - int(dialect.header)


def _estimate(table: StagedTable) -> int:
    """From the length of the rows of a sample."""
    frame = sample(table, rows=ROWS)
    if frame.empty:
        return 0
    length = len(frame.to_csv(index=False, header=False).encode()) / len(frame)
    return round(table.bytes / length)
