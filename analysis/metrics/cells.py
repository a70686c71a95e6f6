"""Sums by groups as the engine gives them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.engine.dataset import Dataset
from analysis.engine.protocol import is_truncated
from analysis.errors import InvalidInput
from analysis.metrics.moments import CLUSTER, UNIT, Cut, moments_query, rows_query
from analysis.stats.moments import Floats, Moments
from analysis.words import N_


@dataclass(frozen=True, slots=True)
class Cells:
    """What a cut gives.

    Attributes:
        moments: Sums by group; the groups hold the keys.
        rows: All rows by group, also those without a value, (groups,).
        farthest: Largest distance of a value from the centre by group, (groups,).
        history: One column a history, NaN where a unit has none, row by group.
        labels: What the numbers of coded keys stand for.
    """

    moments: Moments
    rows: Floats
    farthest: Floats
    history: pd.DataFrame
    labels: Mapping[str, pa.Array] = field(default_factory=dict)

    def known(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """Which groups have a value for all these keys."""
        kept = np.ones(len(self.rows), dtype=bool)
        for name in names:
            values = self.moments.groups[name]
            coded = name in self.labels
            kept &= (values >= 0 if coded else values.notna()).to_numpy()
        return kept


def read_moments(dataset: Dataset, cut: Cut) -> Cells:
    """Run the query and put its sums together; groups come out sorted.

    Raises:
        InvalidInput: if there are more groups than the engine gives back.
        QueryTooSlow: if the engine's time limit is reached.
    """
    table = dataset.engine.run(moments_query(cut), tables=cut.tables)
    _need_whole(table)
    table, labels = _coded(table) if cut.coded else (table, {})
    frame = table.to_pandas()
    names = list(cut.keys)
    frame = frame.sort_values(names, ignore_index=True) if names else frame
    history = {item.name: f"history {item.name}" for item in cut.history}
    return Cells(
        _moments(frame, cut),
        frame["rows"].to_numpy(dtype=float),
        frame["farthest"].fillna(0.0).to_numpy(dtype=float),
        pd.DataFrame(
            {name: frame[column] for name, column in history.items()},
            index=frame.index,
        ),
        labels,
    )


def _coded(table: pa.Table) -> tuple[pa.Table, dict[str, pa.Array]]:
    """Texts of units and clusters as numbers, which pandas groups far faster."""
    labels: dict[str, pa.Array] = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if (name == UNIT or name.startswith(CLUSTER)) and pa.types.is_string(kind):
            found = table[name].combine_chunks().dictionary_encode()
            labels[name] = found.dictionary
            codes = found.indices.fill_null(-1)
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, codes)
    return table, labels


def read_rows(dataset: Dataset, cut: Cut) -> pd.DataFrame:
    """The rows themselves, for what has no sufficient statistics.

    Raises:
        InvalidInput: if there are more rows than the engine gives back.
    """
    table = dataset.engine.run(rows_query(cut), tables=cut.tables)
    _need_whole(table)
    return table.to_pandas()


def _need_whole(table: pa.Table) -> None:
    if is_truncated(table):
        raise InvalidInput(
            N_("There are more than {rows} groups to add up by."),
            hint=N_("Choose a shorter period, or clusters that are wider."),
            rows=table.num_rows,
        )


def _moments(frame: pd.DataFrame, cut: Cut) -> Moments:
    names = cut.names
    k = len(names)
    n = frame["n"].to_numpy(dtype=float)
    sums = np.column_stack([_column(frame, f"sum {name}") for name in names])
    products = np.empty((len(frame), k, k))
    for one, other in combinations_with_replacement(range(k), 2):
        values = _column(frame, f"product {names[one]} {names[other]}")
        products[:, one, other] = products[:, other, one] = values
    weight = _column(frame, "total weight") if cut.has_weights else n
    centre = np.array([_first(frame[f"centre {name}"]) for name in names])
    return Moments(
        names, frame[list(cut.keys)].reset_index(drop=True), n, weight, centre, sums,
        products,
    )  # fmt: skip


def _column(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].fillna(0.0).to_numpy(dtype=float)


def _first(values: pd.Series) -> float:
    return float(values.iloc[0]) if len(values) else 0.0
