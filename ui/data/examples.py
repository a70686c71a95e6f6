"""A few values of each column of a staged table, as a person needs to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from analysis.orders.draft import StagedTable
from analysis.orders.staged import sample
from analysis.orders.values.missing import clean_value

ROWS: Final = 2_000
MOST: Final = 60


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
