"""Sums by groups as the engine gives them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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
    groups = table.select(list(cut.keys)).to_pandas()
    groups = groups.sort_values(list(cut.keys)) if cut.keys else groups
    # A column at a time: there may be a group for every rider.
    columns = {
        name: _numbers(table[name])[groups.index]
        for name in table.column_names if name not in cut.keys
    }  # fmt: skip
    groups = groups.reset_index(drop=True)
    history = {item.name: columns[f"history {item.name}"] for item in cut.history}
    return Cells(
        _moments(columns, cut, groups), columns["rows"], _filled(columns["farthest"]),
        pd.DataFrame(history, index=groups.index), labels,
    )  # fmt: skip


def _coded(table: pa.Table) -> tuple[pa.Table, dict[str, pa.Array]]:
    """Units and clusters as numbers in the order of their labels.

    Pandas groups them far faster than texts, and groups come out in an order that does
    not hang on how the engine went about it.
    """
    labels: dict[str, pa.Array] = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if (name == UNIT or name.startswith(CLUSTER)) and _is_label(kind):
            codes, labels[name] = _in_order(table[name])
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, codes)
    return table, labels


def _is_label(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_integer(kind)


def _in_order(values: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Positions among the sorted labels, -1 where there is none, and the labels."""
    found = values.combine_chunks().dictionary_encode()
    order = pc.sort_indices(found.dictionary)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order.to_numpy()] = np.arange(len(order))
    return pa.array(rank).take(found.indices).fill_null(-1), found.dictionary.take(
        order
    )


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


def _moments(columns: Mapping[str, Floats], cut: Cut, groups: pd.DataFrame) -> Moments:
    names = cut.names
    k = len(names)
    n = columns["n"]
    sums = np.column_stack([_filled(columns[f"sum {name}"]) for name in names])
    products = np.empty((len(n), k, k))
    for one, other in combinations_with_replacement(range(k), 2):
        values = _filled(columns[f"product {names[one]} {names[other]}"])
        products[:, one, other] = products[:, other, one] = values
    weight = _filled(columns["total weight"]) if cut.has_weights else n
    centre = [columns[f"centre {name}"][:1].sum() for name in names]
    return Moments(names, groups, n, weight, np.array(centre), sums, products)


def _numbers(column: pa.ChunkedArray) -> Floats:
    """A column as floats, NaN where it has none."""
    return np.asarray(column.to_numpy(), dtype=float)


def _filled(values: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, values)
