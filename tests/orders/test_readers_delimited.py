"""CSV and its relatives: encodings, delimiters, titles, quotes, ragged rows."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analysis.engine.connect import StatementFailed
from analysis.errors import DataProblem
from analysis.orders.draft import load_draft
from analysis.orders.encoding import scan
from analysis.orders.limits import Limits
from analysis.orders.staging import repair, sample, stage
from tests.orders.staging_help import notes_of, read_back, stage_bytes, upload

OLIST = Path("../shared/data/olist")
ASAP = Path("../shared/data/asap")


def one(tmp_path: Path, content: bytes | str, name: str = "orders.csv"):
    return stage_bytes(tmp_path / "w", content, name).tables[0]


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("订单号,城市\n1,北京市朝阳区\n2,上海\n", "gbk", "GBK"),
        ("编号,评价\n1,很好，送得很快！\n", "gb18030", "GBK"),
        ("id,cidade\n1,São Paulo\n2,CONCEIÇÃO\n", "latin-1", "Latin-1"),
        ("id,note\n1,café “bon”\n", "cp1252", "Latin-1"),
        ("订单号,城市\n1,北京\n", "utf-8", "UTF-8"),
        ("订单号,城市\n1,北京\n", "utf-8-sig", "UTF-8"),
        ("订单号,城市\n1,北京\n", "utf-16", "UTF-16"),
        ("order,city\n1,Riyadh\n", "utf-16-le", "UTF-16"),
        ("order,city\n1,Riyadh\n", "utf-16-be", "UTF-16"),
        ("order,city\n1,Riyadh\n", "utf-32", "UTF-32"),
    ],
)
def test_the_encoding_is_found_by_content(text, codec, label, tmp_path: Path) -> None:
    table = one(tmp_path, text.encode(codec))
    expected = list(csv.reader(text.splitlines()))
    assert table.columns == tuple(expected[0])
    assert read_back(table) == [tuple(row) for row in expected[1:]]
    assert f"Read as {label}" in notes_of(table)


def test_one_broken_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    text = "id,city\n" + "1,北京\n" * 50
    table = one(tmp_path, text.encode() + b"2,\xff\n")
    assert read_back(table)[-1] == ("2", "\ufffd")
    assert "1 characters could not be read" in notes_of(table)


@pytest.mark.parametrize("cut", range(8))
def test_characters_across_blocks_are_whole(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = "a" * (2**20 - 4 + cut) + "北🚀é" + "\r\n" * 3 + '"\n\r'
    path.write_bytes(text.encode())
    found = scan(path)
    assert found.valid
    assert (found.quotes, found.crlf, found.cr, found.lf) == (1, 3, 1, 1)
    assert found.longest_line == len(text.encode()) - 9
    path.write_bytes(text.encode()[: 2**20 + 1 + cut] + b"\xe5")
    assert not scan(path).valid


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\x01"])
def test_the_delimiter_is_found(delimiter: str, tmp_path: Path) -> None:
    rows = [["id", "at", "fee", "text"], ["1", "2024-01-02 03:04:05", "1,5", "a, b; c"]]
    text = "\n".join(
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row)
        for row in [*rows, rows[1]]
    )
    table = one(tmp_path, text)
    assert table.dialect.delimiter == delimiter
    assert read_back(table) == [tuple(rows[1])] * 2


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("Report\n\nid,city\n1,a\n2,b\n", ("id", "city"), [("1", "a"), ("2", "b")]),
        ("Report,,\nMay,,\nid,city,x\n1,a,b\n", ("id", "city", "x"), [("1", "a", "b")]),
        ("id,a,b\n1,2,3,\n4,5,6,\n", ("id", "a", "b"), [tuple("123"), tuple("456")]),
        ("a,b\n1,2,3\n4,5,6\n", ("a", "b", "column 3"), [tuple("123"), tuple("456")]),
        ("1,2024-01-02\n2,2024-01-03\n", ("column 1", "column 2"),
         [("1", "2024-01-02"), ("2", "2024-01-03")]),
        ("id\n7\n8\n", ("id",), [("7",), ("8",)]),
        ("id,2024,2025\n7,1,2\n", ("id", "2024", "2025"), [("7", "1", "2")]),
        ("'id','a b'\n'1','x, y'\n'2','z'\n", ("id", "a b"),
         [("1", "x, y"), ("2", "z")]),
        ('id,t\n1,"a \\"b\\" c"\n2,"d"\n', ("id", "t"), [("1", 'a "b" c'), ("2", "d")]),
        ('id,t\n1,"C:\\"\n2,\\N\n', ("id", "t"), [("1", "C:\\"), ("2", "\\N")]),
        ('id, "name", "x"\n1, "a, b", "c"\n', ("id", "name", "x"),
         [("1", "a, b", "c")]),
        ("id,t\n1,5\" pizza\n2,x\n", ("id", "t"), [("1", '5" pizza'), ("2", "x")]),
        ('id,"two\nlines"\n1,a\n', ("id", "two\nlines"), [("1", "a")]),
        ("id,t\n1,\n,x\n", ("id", "t"), [("1", None), (None, "x")]),
        ('id,t\n1,""\n', ("id", "t"), [("1", None)]),
        ("id,t\n1,a\n\n  \n2,b\n\n", ("id", "t"), [("1", "a"), ("2", "b")]),
        ("id,t\n1, a \n", ("id", "t"), [("1", " a ")]),
        ("id,t\n#1,a\n", ("id", "t"), [("#1", "a")]),
    ],
)  # fmt: skip
def test_shapes_of_text(text, columns, rows, tmp_path: Path) -> None:
    table = one(tmp_path, text)
    assert table.columns == columns
    assert read_back(table) == rows
    frame = sample(table).astype(object)
    assert [tuple(row) for row in frame.where(frame.notna(), None).to_numpy()] == rows


@pytest.mark.parametrize(
    "breaks",
    [("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\r\n", "\n"), ("\r", "\n", "\r\n")],
)
def test_any_line_breaks_outside_and_inside_of_quotes(breaks, tmp_path: Path) -> None:
    rows = [("id", "text")] + [(str(i), "a\r\nb\nc\rd") for i in range(30)]
    text = "".join(
        f'{first},"{second}"{breaks[at % len(breaks)]}'
        for at, (first, second) in enumerate(rows)
    )
    table = one(tmp_path, text)
    assert read_back(table) == rows[1:]
    if len(breaks) == 1:
        assert table.format == "csv"


@pytest.mark.parametrize("text", ['a";a\r;a"', '1,5"\n2,6\r\n3,7"\n'])
def test_quotes_inside_cells_do_not_hide_line_breaks(text, tmp_path: Path) -> None:
    draft = stage(upload("o.csv", "h1,h2\n1,2\n" + text), workspace=tmp_path / "w")
    (table,) = draft.tables
    assert table.format == "parquet"
    assert read_back(table)


def test_clean_files_are_read_where_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,city\n1,Riyadh\n")
    (table,) = stage(path, workspace=tmp_path / "w").tables
    assert (table.paths, table.owned, table.format) == ((path,), False, "csv")
    assert read_back(table) == [("1", "Riyadh")]


@pytest.mark.parametrize(
    "name", ["a*b.csv", "a[1].csv", "it's ?.csv", "ü 🚀.csv", "a{1}.csv", "~.csv"]
)
def test_any_file_name_can_be_read_in_place(name: str, tmp_path: Path) -> None:
    (tmp_path / "a1.csv").write_text("id,city\n9,other\n")
    (tmp_path / name).write_text("id,city\n1,Riyadh\n")
    (table,) = stage(tmp_path / name, workspace=tmp_path / "w").tables
    assert read_back(table) == [("1", "Riyadh")]


def test_ragged_rows_are_set_aside_with_their_lines(tmp_path: Path) -> None:
    lines = ["id,a,b", *(f"{i},x,y" for i in range(20))]
    lines[5:5] = ["few,1", 'many,1,2,"3\n4"']
    draft = stage_bytes(tmp_path / "w", "\n".join(lines))
    (table,) = draft.tables
    assert table.rows == len(read_back(table)) == 20
    assert table.ragged_rows == 2
    assert _ragged(table) == [(6, 2, "few,1"), (7, 4, "many,1,2,3\n4")]
    assert "2 rows have too few or too many cells" in notes_of(table)
    assert "line 6" in notes_of(table)
    assert load_draft(tmp_path / "w", draft.id) == draft


def _ragged(table):
    return [tuple(row.values()) for row in pq.read_table(table.ragged).to_pylist()]


def far_down(row: str) -> str:
    """A file whose one odd row lies beyond what staging looks at."""
    rows = [f"{i},some text to fill the sample,2024-01-02" for i in range(40_000)]
    rows[30_000] = row
    return "\n".join(["id,text,day", *rows]) + "\n"


@pytest.mark.parametrize("row", ["30000,too few", "1,too,many,cells", '1,"x"y,"z" z'])
def test_repair_of_what_only_the_engine_saw(row: str, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(far_down(row))
    draft = stage(path, workspace=tmp_path / "w")
    with pytest.raises(StatementFailed):
        read_back(draft.tables[0])
    repaired = repair(draft, "t1")
    (table,) = repaired.tables
    assert table.rows + table.ragged_rows == 40_000
    assert len(read_back(table)) == table.rows
    assert load_draft(tmp_path / "w", draft.id) == repaired
    assert path.exists()
    assert repair(repaired, "t1") == repaired


def test_repair_that_fails_changes_nothing(tmp_path: Path) -> None:
    text = far_down('1,"opens,2024-01-02') + '2,""\n3,""\n'
    draft = stage(upload("o.csv", text + '9,"'), workspace=tmp_path / "w")
    with pytest.raises(StatementFailed):
        read_back(draft.tables[0])
    with pytest.raises(DataProblem, match=r"o\.csv.*line"):
        repair(draft, "t1", limits=Limits(max_cell_bytes=10_000))
    assert load_draft(tmp_path / "w", draft.id) == draft
    assert draft.tables[0].paths[0].exists()


def test_a_sample_is_spread_over_the_file(tmp_path: Path) -> None:
    lines = [f'{i},"line\nbreak, {i}",x' for i in range(400_000)]
    table = one(tmp_path, "id,text,more\n" + "\n".join(lines))
    frame = sample(table, rows=4_000)
    numbers = frame["id"].astype(int)
    assert len(frame) <= 4_000
    assert numbers.is_monotonic_increasing
    assert numbers.max() > 300_000
    assert (frame["text"] == "line\nbreak, " + frame["id"]).all()
    assert (frame["more"] == "x").all()


@pytest.mark.shared
@pytest.mark.parametrize("folder", [OLIST, ASAP])
def test_real_files(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        pytest.skip(f"{folder} is not on this machine")
    draft = stage(paths, workspace=tmp_path / "w")
    assert len(draft.tables) == len(paths)
    for path, table in zip(paths, draft.tables, strict=True):
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        assert table.columns == tuple(header)
        assert [tuple(cell or "" for cell in row) for row in read_back(table)] == [
            tuple(row) for row in rows
        ]
        assert table.paths == (path.resolve(),)


@pytest.mark.parametrize(
    ("head", "first", "rows"),
    [
        ('id,"place\nof it"\r\n', "id", 3), ('"id\nof it",place\r\n', "id\nof it", 3),
        ('"id\r\nof it",place\n', "id\r\nof it", 3), ("id,place\r\n", "id", 3),
    ],
)  # fmt: skip
def test_a_line_break_inside_the_header_hides_no_row(tmp_path, head, first, rows):
    end = "\r\n" if head.endswith("\r\n") else "\n"
    content = head + "".join(f"{n},Riyadh{end}" for n in range(rows))
    table = stage_bytes(tmp_path, content).tables[0]
    assert table.columns[0].split() == first.split()
    assert read_back(table) == [(str(n), "Riyadh") for n in range(rows)]
