"""Queries on a real PostgreSQL server: read-only, bounded, without leaks."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from analysis.errors import DataProblem, InvalidInput, UnknownName
from analysis.orders.limits import Limits
from analysis.orders.readers.postgres import one_select
from analysis.orders.sources import DatabaseQuery
from analysis.orders.staging import sample, stage
from tests.orders.staging_help import notes_of, read_back, tree

pytestmark = pytest.mark.postgres

SETUP = """
CREATE TABLE IF NOT EXISTS orders (
    order_id text PRIMARY KEY, created_at timestamptz, fee numeric(8, 2), stars int,
    cold boolean, items jsonb, tags text[], photo bytea, wait interval, day date,
    code uuid
);
TRUNCATE orders;
INSERT INTO orders VALUES
  ('a', '2024-01-02 03:04:05.678+03', 12.50, 5, true, '{"n": [1, 2]}', '{x,"y z"}', 'p',
   '30 minutes', '2024-01-02', '6f9619ff-8b86-d011-b42d-00c04fc964ff'),
  ('b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""


@pytest.fixture
def connections(postgres_url: str) -> dict[str, str]:
    with psycopg.connect(postgres_url) as connection:
        connection.execute(SETUP)
    return {"shop": postgres_url}


def query(sql: str) -> DatabaseQuery:
    return DatabaseQuery(connection="shop", sql=sql, name="Shop orders")


def test_a_query_becomes_a_table(connections, tmp_path: Path) -> None:
    wanted = query("SELECT * FROM orders ORDER BY order_id;")
    (table,) = stage(wanted, workspace=tmp_path / "w", connections=connections).tables
    assert (table.title, table.rows, table.owned) == ("Shop orders", 2, True)
    assert "photo" not in table.columns
    assert "Column photo is binary" in notes_of(table)
    first, second = (
        dict(zip(table.columns, row, strict=True)) for row in read_back(table)
    )
    assert first["created_at"].isoformat() == "2024-01-02T00:04:05.678000+00:00"
    assert float(first["fee"]) == 12.5
    assert (first["stars"], first["cold"]) == (5, True)
    assert first["items"].replace(" ", "") == '{"n":[1,2]}'
    assert first["tags"] == '["x", "y z"]'
    assert first["day"].isoformat() == "2024-01-02"
    assert set(second.values()) == {"b", None}
    assert sample(table)["stars"].tolist()[0] == 5


def test_many_rows_come_in_batches(connections, tmp_path: Path) -> None:
    wanted = query("SELECT i AS order_id FROM generate_series(1, 300000) AS s(i)")
    (table,) = stage(wanted, workspace=tmp_path / "w", connections=connections).tables
    assert table.rows == 300_000


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "DELETE FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copied FROM orders",
        "SELECT * FROM orders FOR UPDATE",
        "COPY orders TO STDOUT",
        "DROP TABLE orders",
        "SET transaction_read_only = off",
        "CALL something()",
        "",
        "not sql at all",
        "SELECT 'open",
    ],
)
def test_only_one_select(sql: str, connections, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="one SELECT"):
        stage(query(sql), workspace=tmp_path / "w", connections=connections)


def test_a_function_that_writes_is_stopped_by_the_transaction(
    connections, tmp_path: Path
) -> None:
    with psycopg.connect(connections["shop"]) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION wipe() RETURNS int LANGUAGE sql AS "
            "'DELETE FROM orders RETURNING 1'"
        )
    with pytest.raises(DataProblem, match="read-only"):
        stage(query("SELECT wipe()"), workspace=tmp_path / "w", connections=connections)
    with psycopg.connect(connections["shop"]) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)


@pytest.mark.parametrize(
    ("sql", "limits", "expected"),
    [
        ("SELECT pg_sleep(30) AS x", {"max_query_seconds": 1}, "max_query_seconds"),
        ("SELECT * FROM generate_series(1, 100000)", {"max_rows": 1000}, "max_rows"),
        ("SELECT repeat('x', 2000000) AS big", {}, "max_cell_bytes"),
        ("SELECT nothing FROM orders", {}, "nothing"),
        ("SELECT * FROM orders WHERE false", {}, "no rows"),
    ],
)
def test_problems_are_named(sql, limits, expected, connections, tmp_path: Path) -> None:
    stage_args = {"workspace": tmp_path / "w", "connections": connections}
    good = stage(query("SELECT 1 AS order_id"), **stage_args)
    before = tree(tmp_path / "w")
    with pytest.raises(DataProblem, match=expected) as caught:
        stage(query(sql), limits=Limits(**limits), **stage_args)
    assert "127.0.0.1" not in str(caught.value)
    assert tree(tmp_path / "w") == before
    assert (
        len(stage(query("SELECT 2 AS order_id"), draft=good, **stage_args).tables) == 2
    )


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://me:s3cret@127.0.0.1:1/shop",
        "postgresql://me:s3cret@[broken/shop",
        "host=127.0.0.1 port=1 user=me password=s3cret",
        "s3cret",
    ],
)
def test_the_connection_string_never_leaks(uri: str, tmp_path: Path) -> None:
    with pytest.raises(DataProblem) as caught:
        stage(query("SELECT 1"), workspace=tmp_path / "w", connections={"shop": uri})
    assert str(caught.value).startswith("The database shop cannot be reached.")
    assert "s3cret" not in repr(caught.value.values)
    assert caught.value.__suppress_context__


def test_an_unknown_connection(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"'shop'.*Known: other"):
        stage(
            query("SELECT 1"), workspace=tmp_path / "w", connections={"other": "s3cret"}
        )


def test_what_was_checked_is_what_runs() -> None:
    assert one_select("select a -- ; drop\nfrom t") == "SELECT a /* ; drop */ FROM t"
