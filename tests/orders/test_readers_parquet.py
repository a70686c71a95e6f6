"""Parquet files and folders: read in place, nested values, partitions, odd names."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.errors import DataProblem
from analysis.orders.staging import sample, stage
from tests.orders.staging_help import notes_of, read_back, stage_bytes


def test_a_file_is_read_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"id": [1, None], "day": [date(2024, 1, 2), None]}), path)
    (table,) = stage(path, workspace=tmp_path / "w").tables
    assert (table.paths, table.owned, table.rows) == ((path,), False, 2)
    assert read_back(table) == [(1, date(2024, 1, 2)), (None, None)]
    frame = sample(table)
    assert frame["id"].dtype == "Int64"
    assert frame["id"].isna().tolist() == [False, True]


def test_nested_columns_come_as_json_and_binary_ones_not(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    items = [{"n": 1, "tags": ["a"]}, None]
    pq.write_table(pa.table({"id": [1, 2], "b": [b"x", b"y"], "items": items}), path)
    (table,) = stage(path, workspace=tmp_path / "w").tables
    assert table.columns == ("id", "items")
    assert read_back(table) == [(1, '{"n":1,"tags":["a"]}'), (2, None)]
    assert read_back(table, ["items"])[0] == ('{"n":1,"tags":["a"]}',)
    assert sample(table)["items"][0].replace(" ", "") == '{"n":1,"tags":["a"]}'
    assert "binary" in notes_of(table)
    assert "JSON" in notes_of(table)


def test_names_that_differ_in_case_alone_are_both_kept(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"], "ID": ["2"], " ": ["3"]}), buffer)
    (table,) = stage_bytes(tmp_path / "w", buffer.getvalue(), "a.parquet").tables
    assert table.columns == ("id", "ID (2)", "column 3")
    assert read_back(table) == [("1", "2", "3")]


def folder_of(tmp_path: Path, **files: pa.Table) -> Path:
    folder = tmp_path / "folder"
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(content, path.with_suffix(".parquet"))
    return folder


def test_a_folder_is_one_table_with_its_partitions(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        **{
            "day=2024-01-01__city=São%20Paulo__a": pa.table({"id": [1, 2]}),
            "day=2024-01-02__city=01__b": pa.table({"id": [3]}),
        },
    )
    (folder / "_SUCCESS").touch()
    (folder / ".hidden.parquet").write_text("x")
    (table,) = stage(folder, workspace=tmp_path / "w", allowed_roots=[tmp_path]).tables
    assert (table.hive, table.rows, table.owned) == (True, 3, False)
    assert table.columns == ("id", "day", "city")
    rows = sorted(read_back(table))
    assert rows == [
        (1, "2024-01-01", "São Paulo"),
        (2, "2024-01-01", "São Paulo"),
        (3, "2024-01-02", "01"),
    ]
    frame = sample(table)
    assert sorted(frame.astype(object).itertuples(index=False, name=None)) == rows


def test_a_folder_whose_files_differ(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a=pa.table({"id": [1]}), b=pa.table({"other": [1]}))
    with pytest.raises(DataProblem, match=r"b\.parquet differs from a\.parquet"):
        stage(folder, workspace=tmp_path / "w")


def test_a_damaged_file_in_a_folder_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a=pa.table({"id": [1]}))
    (folder / "b.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-5])
    with pytest.raises(DataProblem, match=r"b\.parquet is a damaged"):
        stage(folder, workspace=tmp_path / "w")


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataProblem, match="no Parquet files"):
        stage(tmp_path / "empty", workspace=tmp_path / "w")


def test_a_sample_is_spread_over_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(100_000)}), path, row_group_size=5_000)
    (table,) = stage(path, workspace=tmp_path / "w").tables
    found = sample(table, rows=800)["id"]
    assert len(found) == 800
    assert found.max() > 90_000
