"""SQLite and DuckDB files: every table and view, locked, bounded."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest
from sqlglot import exp, parse_one

from analysis.engine.connect import builder
from analysis.errors import DataProblem
from analysis.orders.limits import Limits
from analysis.orders.staging import stage
from tests.orders.staging_help import notes_of, read_back, tree


def sqlite_file(path: Path, script: str) -> Path:
    database = sqlite3.connect(path)
    database.executescript(script)
    database.commit()
    database.close()
    return path


def test_every_table_and_view_of_sqlite(tmp_path: Path) -> None:
    script = """
        CREATE TABLE "odd ""name""; drop" (id INTEGER, fee REAL, photo BLOB, note TEXT);
        INSERT INTO "odd ""name""; drop"
            VALUES (1, 2.0, x'00', 'a'), (2, 0.1, 'b', NULL);
        CREATE TABLE empty (id);
        CREATE VIEW seen AS SELECT id AS order_id FROM "odd ""name""; drop";
    """
    path = sqlite_file(tmp_path / "shop.sqlite", script)
    first, second = stage(path, workspace=tmp_path / "w").tables
    assert first.title == 'shop.sqlite › odd "name"; drop'
    assert read_back(first) == [("1", "2", None, "a"), ("2", "0.1", "b", None)]
    assert read_back(second) == [("1",), ("2",)]


def test_a_live_sqlite_file_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    path = folder / "shop.sqlite"
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE orders (id)")
    writer.execute("INSERT INTO orders VALUES ('1')")
    writer.commit()
    (table,) = stage(path, workspace=tmp_path / "w").tables
    assert read_back(table) == [("1",)]
    writer.execute("INSERT INTO orders VALUES ('2')")
    writer.commit()
    writer.close()
    before = tree(folder)
    stage(path, workspace=tmp_path / "w")
    assert tree(folder) == before


ENDLESS = (
    "CREATE VIEW endless AS WITH RECURSIVE n(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS x FROM n"
)


@pytest.mark.parametrize(
    ("script", "limits", "expected"),
    [
        (ENDLESS,
         {"max_query_seconds": 1}, "max_query_seconds"),
        ("CREATE VIEW big AS SELECT zeroblob(900000000) AS x", {}, "max_cell_bytes"),
        ("CREATE TABLE a (x); CREATE TABLE b (x)", {"max_tables": 1}, "max_tables"),
        ("CREATE TABLE a (x)", {}, "no table with rows"),
        ("CREATE VIEW v AS SELECT load_extension('x') AS x", {}, "SQLite"),
    ],
)  # fmt: skip
def test_hostile_sqlite(script, limits, expected, tmp_path: Path) -> None:
    path = sqlite_file(tmp_path / "bad.db", script)
    with pytest.raises(DataProblem, match=expected) as caught:
        stage(path, workspace=tmp_path / "w", limits=Limits(**limits))
    assert "bad.db" in str(caught.value)


def duckdb_file(path: Path, *statements: str, **tables: pa.Table) -> Path:
    with builder(path, allowed=[path.parent]) as engine:
        for name, content in tables.items():
            source = exp.select("*").from_("brought")
            create = exp.Create(
                this=exp.to_table(name), kind="TABLE", expression=source
            )
            engine.execute(create, tables={"brought": content})
        for statement in statements:
            engine.execute(parse_one(statement, dialect="duckdb"))
        engine.checkpoint()
    return path


def test_tables_and_views_of_duckdb(tmp_path: Path) -> None:
    content = pa.table({"id": [1, 2], "tags": [["a"], None], "raw": [b"x", None]})
    path = duckdb_file(
        tmp_path / "shop.duckdb",
        "CREATE SCHEMA other",
        "CREATE TABLE other.riders AS SELECT 'r1' AS rider_id",
        "CREATE VIEW seen AS SELECT id AS order_id FROM orders",
        orders=content,
    )
    tables = {
        table.title: table for table in stage(path, workspace=tmp_path / "w").tables
    }
    assert set(tables) == {
        "shop.duckdb › orders", "shop.duckdb › other.riders", "shop.duckdb › seen"
    }  # fmt: skip
    orders = tables["shop.duckdb › orders"]
    assert read_back(orders) == [(1, '["a"]'), (2, None)]
    assert "raw is binary" in notes_of(orders)
    assert read_back(tables["shop.duckdb › seen"]) == [(1,), (2,)]


def test_a_duckdb_view_cannot_read_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("password\nhunter2\n")
    path = duckdb_file(
        tmp_path / "bad.duckdb",
        f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path}/secret.csv')",
    )
    before = tree(tmp_path)
    with pytest.raises(DataProblem, match=r"bad\.duckdb cannot be read") as caught:
        stage(path, workspace=tmp_path / "w")
    assert "secret" not in str(caught.value)
    assert [item for item in tree(tmp_path) if not item[0].startswith("w")] == before
