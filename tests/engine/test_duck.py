"""The engine: one SELECT, capped, shown as it runs."""

from __future__ import annotations

import threading

import pyarrow as pa
import pytest
from sqlglot import exp, parse_one

from analysis.engine import connect
from analysis.engine.duck import DuckEngine
from analysis.engine.protocol import is_truncated
from analysis.errors import Cancelled, DoorstepError, InvalidInput, QueryTooSlow


def tree(text: str) -> exp.Expr:
    return parse_one(text, read="duckdb")


@pytest.fixture
def engine(tmp_path):
    path = tmp_path / "data.duckdb"
    with connect.builder(path, allowed=[]) as build:
        build.execute(tree("CREATE TABLE t AS SELECT range AS i FROM range(10)"))
    engine = DuckEngine(connect.reader(path), row_limit=3)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("query", "rows", "cut"),
    [
        ("SELECT i FROM t ORDER BY i DESC", [9, 8, 7], True),
        ("SELECT i FROM t WHERE i < 3 ORDER BY i", [0, 1, 2], False),
        ("SELECT i FROM t WHERE i > 99", [], False),
        ("WITH a AS (SELECT 1 AS i) SELECT i FROM a UNION ALL SELECT 2", [1, 2], False),
    ],
)
def test_results_are_capped_and_say_so(engine, query, rows, cut):
    table = engine.run(tree(query))
    assert table.column("i").to_pylist() == rows
    assert is_truncated(table) is cut


@pytest.mark.parametrize(
    "statement",
    [
        tree("DROP TABLE t"),
        tree("COPY t TO '/tmp/x.csv'"),
        tree("ATTACH ':memory:' AS m"),
        exp.Command(this="SELECT 1; DROP TABLE t"),
        exp.Command(this="SELECT 1"),
    ],
)
def test_only_a_query_tree_runs(engine, statement):
    with pytest.raises(InvalidInput, match="is not a query"):
        engine.run(statement)


def test_a_query_cannot_smuggle_a_second_statement(engine):
    smuggled = exp.select(exp.Var(this="1; DROP TABLE t"))
    with pytest.raises(DoorstepError):
        engine.run(smuggled)
    assert engine.run(tree("SELECT count(*) AS n FROM t")).to_pylist() == [{"n": 10}]


def test_the_shown_sql_runs_the_same(engine):
    query = tree("SELECT i % 2 AS odd, count(*) AS n FROM t GROUP BY 1 ORDER BY 1")
    assert engine.run(tree(engine.sql(query))).equals(engine.run(query))
    assert engine.dialect == "duckdb"


def test_a_time_limit_can_be_given(engine):
    query = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    with pytest.raises(QueryTooSlow):
        engine.run(tree(query), time_limit=0.1)


def test_cancel_reaches_the_queries_that_run(engine):
    query = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    timer = threading.Timer(0.3, engine.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        engine.run(tree(query))


def test_a_table_brought_along_can_be_joined_and_is_gone_afterwards(engine):
    query = tree("SELECT t.i FROM t JOIN brought USING (i) ORDER BY 1")
    brought = {"brought": pa.table({"i": [7, 2, 99]})}
    assert engine.run(query, tables=brought).column("i").to_pylist() == [2, 7]
    with pytest.raises(DoorstepError, match="brought"):
        engine.run(query)
