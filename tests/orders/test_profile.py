"""The profile of a table against plain pandas."""

# ruff: noqa: DTZ001 - the times of a file are naive by contract

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from analysis.orders.profile import (
    BINS,
    SAMPLE_ROWS,
    ColumnProfile,
    TableProfile,
    profile,
)


def profile_of(rows: pa.Table, *columns: str) -> TableProfile:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("rows_of_test", rows)
        connection.execute("CREATE TABLE profiled AS FROM rows_of_test")
        return profile(
            lambda tree: connection.sql(tree.sql("duckdb")).to_arrow_table(),
            exp.table_("profiled", quoted=True),
            columns or rows.column_names,
        )


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(["a", "b", "sf", "'; DROP TABLE x", ""])),
        st.one_of(st.none(), st.integers(-(10**12), 10**12)),
        st.one_of(st.none(), st.floats(-1e9, 1e9)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))),
        st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2100, 1, 1))),
    ),
    max_size=40,
)
TYPES = {
    "te xt": pa.string(), "whole": pa.int64(), 'num"ber': pa.float64(),
    "flag": pa.bool_(), "time": pa.timestamp("us"), "day": pa.date32(),
}  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(rows=ROWS)
def test_counts_are_those_of_pandas(rows):
    columns = list(zip(*rows, strict=True)) or [[] for _ in TYPES]
    table = pa.table(
        {n: pa.array(c, t) for (n, t), c in zip(TYPES.items(), columns, strict=True)}
    )
    found = profile_of(table)
    assert found.rows == len(rows)
    for column, values in zip(found.columns, columns, strict=True):
        present = pd.Series(
            [value for value in values if value is not None], dtype=object
        )
        assert column.missing == len(rows) - len(present)
        assert column.distinct == present.nunique()
        assert not column.is_approximate
        if column.type in {"integer", "number", "time", "date"} and len(present):
            assert (column.low, column.high) == (present.min(), present.max())
            assert sum(column.histogram.counts) == len(present)
            assert len(column.histogram.counts) <= BINS
            assert len(column.histogram.edges) == len(column.histogram.counts) + 1
        if column.type != "time" and len(present):
            assert column.top[0].count == present.value_counts().iloc[0]
    assert TableProfile.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_types_and_means():
    rows = pa.table({
        "city": ["sf", "sf", None],
        "price": pa.array([Decimal("1.5"), Decimal("2.5"), None]),
        "stars": pa.array([1, 5, 5], pa.int8()),
    })  # fmt: skip
    city, price, stars = profile_of(rows).columns
    assert (city.type, city.distinct, city.missing) == ("text", 1, 1)
    assert (price.type, price.low, price.high, price.mean) == ("number", 1.5, 2.5, 2.0)
    assert stars.type == "integer"
    assert stars.mean == pytest.approx(11 / 3)
    assert dict(zip(stars.histogram.edges, stars.histogram.counts, strict=False)) == {
        0.5: 1, 1.5: 0, 2.5: 0, 3.5: 0, 4.5: 2,
    }  # fmt: skip


def test_integers_spread_evenly_over_the_bins():
    hours = profile_of(pa.table({"hour": np.tile(np.arange(24), 50)})).columns[0]
    assert hours.histogram.counts == (100,) * 12


def test_a_large_table_is_sampled_evenly_and_says_so():
    count = 5 * SAMPLE_ROWS
    rows = pa.table({
        "id": [f"{n:07d}" for n in range(count)],
        "n": np.arange(count),
        "city": np.array(["a", "b", "b", "b"])[np.arange(count) % 4],
    })  # fmt: skip
    name, number, city = profile_of(rows).columns
    assert name.is_approximate
    assert name.distinct == pytest.approx(count, rel=0.15)
    assert name.top == ()
    assert number.histogram.rows == SAMPLE_ROWS
    assert max(number.histogram.counts) <= 1.2 * min(number.histogram.counts)
    assert [(item.value, item.count) for item in city.top] == [
        ("b", 3 * count // 4), ("a", count // 4),
    ]  # fmt: skip
    assert city.top_rows == count
    assert not city.is_approximate


def test_some_columns_only_and_long_values_are_shortened():
    rows = pa.table({"a": ["x" * 500] * 2, "b": [1, 2]})
    found = profile_of(rows, "a")
    assert [item.name for item in found.columns] == ["a"]
    assert len(found.columns[0].top[0].value) == 80


def test_no_rows_and_no_columns():
    empty = profile_of(pa.table({"a": pa.array([], pa.int64())})).columns[0]
    assert empty == ColumnProfile("a", "integer", missing=0, distinct=0)
