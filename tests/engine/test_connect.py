"""The lock on DuckDB: each probe fails when its setting is taken away."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from sqlglot import exp, parse_one

from analysis.engine import connect
from analysis.errors import Cancelled, DataProblem, DoorstepError, QueryTooSlow

RUNAWAY = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
HOSTILE = [
    'a"b', "a'b", "a\\b", "; drop table t; --", "![x](http://e.x/y.png)", "🛵 订单",
    "select", "a.b", "x" * 10_000, " ", "%s {0}", "a\nb",
]  # fmt: skip


def tree(text: str) -> exp.Expr:
    return parse_one(text, read="duckdb")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data.duckdb"
    with connect.builder(path, allowed=[tmp_path]) as build:
        build.execute(tree("CREATE TABLE t AS SELECT range AS i FROM range(1000)"))
    return path


@pytest.fixture
def reading(database: Path):
    with connect.reader(database, time_limit=1.0) as connection:
        yield connection


def settings(connection: connect.Connection, names: list[str]) -> dict[str, str]:
    listed = ", ".join(f"'{name}'" for name in names)
    query = f"SELECT name, value FROM duckdb_settings() WHERE name IN ({listed})"
    rows = connection.run(tree(query)).to_pylist()
    return {row["name"]: row["value"] for row in rows}


def test_the_locked_settings_are_exactly_these():
    assert dict(connect.READER_LOCKED) == {
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "allow_unsigned_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
        "max_temp_directory_size": "0KiB",
        "enable_external_access": False,
        "lock_configuration": True,
    }


def test_a_reader_has_the_locked_settings(reading):
    seen = settings(reading, [*connect.READER_LOCKED, "max_execution_time"])
    assert seen.pop("max_temp_directory_size") == "0 bytes"
    assert seen.pop("max_execution_time") == "1000"
    expected = {
        name: str(value).lower()
        for name, value in connect.READER_LOCKED.items()
        if name != "max_temp_directory_size"
    }
    assert seen == expected


def test_a_builder_is_locked_too(tmp_path):
    with connect.builder(None, allowed=[tmp_path]) as build:
        seen = settings(build, [*connect.LOCKED, "enable_external_access"])
        assert set(seen.values()) == {"false"}
        with pytest.raises(connect.StatementFailed, match="locked"):
            build.execute(tree("SET threads = 1"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_parquet('/tmp/*.parquet')",
        "SELECT * FROM read_json('https://example.org/x.json')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT getenv('HOME')",
    ],
)
def test_a_reader_reads_no_files(reading, query):
    with pytest.raises(connect.StatementFailed):
        reading.run(tree(query))


@pytest.mark.parametrize(
    "statement",
    [
        "COPY t TO '{folder}/x.csv'",
        "COPY t TO '{folder}/data.duckdb.wal'",
        "EXPORT DATABASE '{folder}/all'",
        "ATTACH '{folder}/other.duckdb' AS other",
        "ATTACH ':memory:' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 4",
        "RESET threads",
        "SET enable_external_access = true",
        "PRAGMA version",
        "CALL pragma_version()",
        "CREATE TABLE u (i INT)",
        "CREATE TEMP TABLE u AS SELECT 1",
        "INSERT INTO t VALUES (1)",
        "DROP TABLE t",
        "CHECKPOINT",
        "CREATE SECRET s (TYPE s3)",
        "SELECT 1; DROP TABLE t",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_a_reader_refuses_everything_but_one_select(reading, tmp_path, statement):
    command = exp.Command(this=statement.format(folder=tmp_path))
    before = sorted(tmp_path.iterdir())
    for run in (reading.run, reading.execute):
        with pytest.raises(DoorstepError):
            run(command)
    assert sorted(tmp_path.iterdir()) == before
    assert reading.run(tree("SELECT count(*) AS n FROM t")).to_pylist() == [{"n": 1000}]


def test_python_variables_are_not_tables(reading):
    hidden = pa.table({"a": [1]})
    with pytest.raises(connect.StatementFailed):
        reading.run(tree("SELECT * FROM hidden"))
    assert hidden.num_rows == 1


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "picture.duckdb"
    path.write_bytes(b"\x89PNG" * 5000)
    with pytest.raises(DataProblem, match=r"picture\.duckdb cannot be opened"):
        connect.read_only_file(path)
    with pytest.raises(DataProblem, match=r"nothing\.duckdb"):
        connect.read_only_file(tmp_path / "nothing.duckdb")


def test_a_brought_file_is_only_read(database):
    with connect.read_only_file(database) as brought:
        rows = brought.batches(tree("SELECT i FROM t"), rows=300)
        assert [batch.num_rows for batch in rows] == [300, 300, 300, 100]
        with pytest.raises(connect.StatementFailed):
            brought.execute(tree("DROP TABLE t"))


def test_a_builder_works_inside_its_folders_only(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    secret = outside / "secret.csv"
    secret.write_text("a\n9\n")
    (inside / "staged.csv").write_text("a,b\n1,2\n")
    (inside / "link.csv").symlink_to(secret)
    with connect.builder(inside / "v.duckdb", allowed=[inside]) as build:
        made = "CREATE TABLE s AS SELECT * FROM read_csv('{}/staged.csv')"
        assert build.execute(tree(made.format(inside))) == 1
        out = f"COPY s TO '{inside}/s.parquet' (FORMAT PARQUET)"
        assert build.execute(tree(out)) == 1
        refused = [
            f"SELECT * FROM read_csv('{secret}')",
            f"SELECT * FROM read_csv('{inside}/link.csv')",
            f"SELECT * FROM read_csv('{inside}/../out/secret.csv')",
            f"COPY s TO '{outside}/s.csv'",
            f"ATTACH '{outside}/other.duckdb' AS other",
            "INSTALL httpfs",
        ]
        for statement in refused:
            with pytest.raises(connect.StatementFailed):
                build.execute(exp.Command(this=statement))
        build.checkpoint()
        assert not (inside / "v.duckdb.wal").exists()
    assert list(outside.iterdir()) == [secret]


def test_a_builder_may_be_given_a_single_file(tmp_path):
    only, other = tmp_path / "only.csv", tmp_path / "other.csv"
    for path in (only, other):
        path.write_text("a\n3\n")
    with connect.builder(None, allowed=[only]) as build:
        query = "SELECT a FROM read_csv('{}')"
        assert build.run(tree(query.format(only))).to_pylist() == [{"a": 3}]
        with pytest.raises(connect.StatementFailed):
            build.run(tree(query.format(other)))


def test_values_are_bound_and_tables_are_lent(tmp_path):
    hostile = "x'; DROP TABLE t; --"
    with connect.builder(None, allowed=[]) as build:
        query = exp.select(exp.alias_(exp.Placeholder(), "a"))
        assert build.run(query, parameters=[hostile]).to_pylist() == [{"a": hostile}]
        lent = {"lent": pa.table({"a": [1, 2]})}
        assert build.run(tree("SELECT sum(a) AS a FROM lent"), tables=lent).num_rows
        with pytest.raises(connect.StatementFailed):
            build.run(tree("SELECT * FROM lent"))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_identifiers_are_only_names(tmp_path, name):
    path = tmp_path / "hostile.duckdb"
    table, column = exp.to_identifier(name, quoted=True), exp.column(name, quoted=True)
    alias = exp.to_identifier(name, quoted=True)
    made = exp.Create(
        this=exp.Table(this=table),
        kind="TABLE",
        expression=exp.select(exp.alias_(exp.Literal.number(7), alias)),
    )
    with connect.builder(path, allowed=[]) as build:
        build.execute(made)
    with connect.reader(path) as reading:
        query = exp.select(column).from_(exp.Table(this=table.copy()))
        assert reading.run(query).to_pylist() == [{name: 7}]


def test_a_runaway_query_ends_and_the_next_one_works(reading):
    with pytest.raises(QueryTooSlow, match=r"time limit of 0\.2 s"):
        reading.run(tree(RUNAWAY), time_limit=0.2)
    with pytest.raises(QueryTooSlow, match=r"time limit of 1 s"):
        reading.run(tree(RUNAWAY))
    assert reading.run(tree("SELECT 1 AS a")).to_pylist() == [{"a": 1}]


def test_a_runaway_in_batches_ends_too(reading):
    with pytest.raises(QueryTooSlow):
        list(reading.batches(tree(RUNAWAY), time_limit=0.2))


def test_a_file_is_free_at_once_though_a_watch_is_slow_to_end(database, monkeypatch):
    awake = threading.Event()

    class Slow(threading.Timer):
        def run(self) -> None:
            self.finished.wait(self.interval)
            awake.wait(30)

    monkeypatch.setattr(threading, "Timer", Slow)
    connection = connect.reader(database)
    connection.run(tree("SELECT 1 AS a"))
    del connection
    gc.collect()
    with connect.builder(database, allowed=[]) as free:
        awake.set()
        assert free.run(tree("SELECT i FROM t")).num_rows == 1000


def test_cancel_from_another_thread(database):
    with connect.reader(database, time_limit=60) as connection:
        timer = threading.Timer(0.3, connection.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            connection.run(tree(RUNAWAY))
        assert connection.run(tree("SELECT 1 AS a")).num_rows == 1


def test_too_little_memory_is_said(database):
    with connect.reader(database, memory_limit="60MB") as connection:
        query = "SELECT list(md5(range::VARCHAR)) AS l FROM range(20000000)"
        with pytest.raises(DoorstepError, match="more memory than the limit of 60MB"):
            connection.run(tree(query))
        assert connection.run(tree("SELECT 1 AS a")).num_rows == 1


def test_eight_threads_share_one_connection(reading):
    def ask(number: int) -> int:
        query = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_("t")
        narrowed = query.where(exp.column("i") < exp.Literal.number(number))
        return reading.run(narrowed).to_pylist()[0]["n"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(240))) == list(range(240))


def test_a_refusal_keeps_the_engines_own_words(tmp_path):
    with connect.builder(None, allowed=[], threads=1, time_limit=60) as build:
        with pytest.raises(connect.StatementFailed) as caught:
            build.run(tree("SELECT CAST('x' AS INTEGER) AS a"))
        assert caught.value.kind == "ConversionException"
        assert "'x'" in caught.value.reason


def test_a_builder_says_what_it_cannot_open(tmp_path):
    with pytest.raises(DataProblem, match="cannot be opened"):
        connect.builder(tmp_path / "missing" / "data.duckdb", allowed=[])
