"""Any table, in any format, is read back exactly as it was written."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from analysis.engine.connect import StatementFailed, builder
from analysis.errors import DataProblem
from analysis.orders.staging import repair, stage
from tests.orders.staging_help import read_back, upload

quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

#: Text as it occurs, and text that is made to be misread.
plain_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
).filter(lambda text: text.strip() == text)
nasty_text = st.lists(
    st.sampled_from([*"abé中🚀\",;|\t\n\r\\'", " ", "\r\n", "\\N", "NaN"]),
    min_size=1,
    max_size=8,
).map("".join)
cells = st.one_of(st.none(), plain_text, nasty_text)
headers = st.lists(
    st.text(st.sampled_from("ab 中🚀\";|,'{}[]()$*?%-"), min_size=1, max_size=6).filter(
        lambda text: text.strip() == text and not text.isdigit()
    ),
    min_size=2,
    max_size=5,
    unique_by=str.casefold,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str | None]]]:
    names = draw(headers)
    width = len(names)
    rows = draw(
        st.lists(
            st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8
        )
    )
    return names, rows


def stage_one(content: bytes, name: str, folder: str):
    return stage(upload(name, content), workspace=Path(folder) / "w").tables[0]


def as_csv(names, rows, *, delimiter=",", newline="\n", quoting=csv.QUOTE_ALL) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=delimiter, lineterminator=newline, quoting=quoting
    )
    writer.writerow(names)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


@quick
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    packing=st.sampled_from(["", "gz", "zst"]),
)
def test_csv_quoted(table, delimiter, newline, encoding, packing) -> None:
    names, rows = table
    data = as_csv(names, rows, delimiter=delimiter, newline=newline).encode(encoding)
    if packing == "gz":
        data = gzip.compress(data)
    if packing == "zst":
        data = zstandard.compress(data)
    with tempfile.TemporaryDirectory() as folder:
        staged = stage_one(data, "t.csv", folder)
        assert staged.columns == tuple(names)
        assert read_back(staged) == [tuple(row) for row in rows]


@quick
@given(text=st.text(st.sampled_from('ab,"\n\r ;'), min_size=1, max_size=40))
def test_whatever_the_engine_reads_is_what_the_file_says(text: str) -> None:
    """The engine's strict parser agrees with the row-by-row parser, or it fails."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            draft = stage(upload("t.csv", "h1,h2\n1,2\n" + text), workspace=folder)
        except DataProblem:
            return
        table = draft.tables[0]
        if table.format != "csv":
            return
        try:
            fast = read_back(table)
        except StatementFailed:
            return
        slow = read_back(repair(draft, table.id).tables[0])
        assert [_stripped(row) for row in fast] == [_stripped(row) for row in slow]


def _stripped(row):
    return tuple((cell or "").strip(" ") for cell in row)


@quick
@given(tables())
def test_parquet(table) -> None:
    names, rows = table
    arrow = pa.table(
        {
            name: pa.array([row[at] for row in rows], pa.string())
            for at, name in enumerate(names)
        }
    )
    buffer = io.BytesIO()
    pq.write_table(arrow, buffer)
    with tempfile.TemporaryDirectory() as folder:
        staged = stage_one(buffer.getvalue(), "t.parquet", folder)
        assert staged.rows == len(rows)
        assert read_back(staged) == [tuple(row) for row in rows]


@quick
@given(tables(), st.booleans())
def test_json_lines(table, sparse: bool) -> None:
    names, rows = table
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    if sparse:
        objects = [dict.fromkeys(names, "x"), *objects]
        objects = [{k: v for k, v in item.items() if v is not None} for item in objects]
    text = "\n".join(json.dumps(item) for item in objects)
    with tempfile.TemporaryDirectory() as folder:
        staged = stage_one(text.encode(), "t.jsonl", folder)
        expected = [tuple(row) for row in rows]
        assert read_back(staged)[int(sparse) :] == expected


@quick
@given(tables())
def test_sqlite(table) -> None:
    names, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        database = sqlite3.connect(path)
        quoted = [exp.to_identifier(name, quoted=True).sql("sqlite") for name in names]
        database.execute(f"CREATE TABLE orders ({', '.join(quoted)})")
        marks = ", ".join("?" * len(names))
        database.executemany(f"INSERT INTO orders VALUES ({marks})", rows)
        database.commit()
        database.close()
        staged = stage_one(path.read_bytes(), "shop.db", folder)
        assert staged.title == "shop.db › orders"
        assert read_back(staged) == [tuple(row) for row in rows]


@quick
@given(tables())
def test_workbook(table) -> None:
    names, rows = table
    rows = [["x", *row[1:]] for row in rows]
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    sheet = book.add_worksheet("Orders")
    for at, row in enumerate([names, *rows]):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write_string(at, column, cell)
    book.close()
    with tempfile.TemporaryDirectory() as folder:
        staged = stage_one(buffer.getvalue(), "t.xlsx", folder)
        assert staged.columns == tuple(names)
        expected = [tuple(_as_xml(cell) for cell in row) for row in rows]
        assert [tuple(_as_xml(c) for c in row) for row in read_back(staged)] == expected


def _as_xml(cell: str | None) -> str | None:
    """XML has one kind of line break."""
    return cell and cell.replace("\r\n", "\n").replace("\r", "\n")


@quick
@given(tables())
def test_duckdb(table) -> None:
    names, rows = table
    arrow = pa.table(
        {
            name: pa.array([row[at] for row in rows], pa.string())
            for at, name in enumerate(names)
        }
    )
    create = exp.Create(
        this=exp.to_table("orders"),
        kind="TABLE",
        expression=exp.select("*").from_("brought"),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.duckdb"
        with builder(path, allowed=[]) as engine:
            engine.execute(create, tables={"brought": arrow})
            engine.checkpoint()
        staged = stage_one(path.read_bytes(), "shop.duckdb", folder)
        assert staged.title == "shop.duckdb › orders"
        assert read_back(staged) == [tuple(row) for row in rows]
