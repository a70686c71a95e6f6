"""Bad input: one clear sentence, nothing left behind, and the next file works."""

from __future__ import annotations

import csv
import gzip
import io
import os
import socket
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import zstandard

from analysis.errors import DataProblem, DoorstepError, NotAllowed
from analysis.orders.limits import Limits
from analysis.orders.sources import Upload
from analysis.orders.staging import stage
from analysis.workspace import Workspace
from tests.orders.staging_help import notes_of, read_back, tree, upload

GOOD = "order_id,city\n1,Riyadh\n2,Jeddah\n"


def workbook(*, rows: int = 2, **parts: bytes) -> bytes:
    """A small workbook; ``parts`` replace or add members (``__`` stands for ``/``)."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("Orders")
    for row in range(rows):
        sheet.write_row(row, 0, ["order_id", "city"] if row == 0 else [row, "Riyadh"])
    book.close()
    if not parts:
        return buffer.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name), zipfile.ZIP_DEFLATED)
        for name, content in parts.items():
            new.writestr(name.replace("__", "/"), content, zipfile.ZIP_DEFLATED)
    return changed.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parquet(**columns: list[object]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def far_cell() -> bytes:
    """A workbook of two cells at opposite corners: a reader allots all between."""
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
    )
    return _with_sheet(sheet)


def _with_sheet(sheet: bytes) -> bytes:
    changed = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(workbook()))
    with source as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, sheet if is_sheet else old.read(name))
    return changed.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    b'<!ENTITY lol2 "&lol;&lol;&lol;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData/></worksheet>"
)
EXTERNAL = LAUGHS.replace(
    b'<!ENTITY lol "lol">', b'<!ENTITY lol SYSTEM "http://127.0.0.1:9/x">'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
HUGE_CELL = "id,comment\n1,ok\n2," + "x" * 10_000_000 + "\n"
HUGE_QUOTED = 'id,comment\n1,ok\n2,"' + "line of text\n" * 800_000 + '"\n'
RAGGED = "id,a,b\n" + "1,2\n1,2,3\n" * 10

CASES = {
    "empty": ("a.csv", b"", ["a.csv", "empty"]),
    "blank": ("a.csv", b" \n\n\t\n", ["a.csv", "empty"]),
    "header only": ("a.csv", b"id,city\n", ["a.csv", "header but no rows"]),
    "header, no break": ("a.csv", b"id,city", ["a.csv", "header but no rows"]),
    "picture": ("photo.csv", PNG, ["photo.csv", "picture (PNG)"]),
    "jpeg": ("photo.csv", b"\xff\xd8\xff\xe0" + PNG, ["photo.csv", "picture (JPEG)"]),
    "pdf": ("r.csv", b"%PDF-1.7\n%\xe2\xe3", ["r.csv", "PDF"]),
    "web page": ("r.csv", b"<!DOCTYPE html><html>", ["r.csv", "web page"]),
    "noise": ("r.csv", bytes(range(1, 32)) * 99, ["r.csv", "no text"]),
    "10,000 columns": (
        "wide.csv",
        ",".join(f"c{i}" for i in range(10_000)) + "\n" + "1," * 9_999 + "1\n",
        ["wide.csv", "10,000", "2,000", "max_columns"],
    ),
    "10,000 columns of Parquet": (
        "wide.parquet",
        lambda: parquet(**{f"c{i}": [1] for i in range(10_000)}),
        ["wide.parquet", "10,000", "max_columns"],
    ),
    "zip bomb": (
        "b.xlsx",
        lambda: workbook(xl__media__x=b"\0" * 50_000_000),
        ["b.xlsx", "on unpacking", "max_ratio"],
    ),
    "gzip bomb": (
        "b.csv.gz",
        lambda: gzip.compress(b"a,b\n" + b"0,0\n" * 20_000_000),
        ["b.csv.gz", "on unpacking", "max_ratio"],
    ),
    "zstd bomb": (
        "b.csv.zst",
        lambda: zstandard.compress(b"a,b\n" + b"0,0\n" * 20_000_000),
        ["b.csv.zst", "on unpacking", "max_ratio"],
    ),
    "cut gzip": ("b.gz", gzip.compress(os.urandom(9999))[:-40], ["b.gz", "cut"]),
    "cut zstd": ("b.zst", zstandard.compress(os.urandom(9999))[:-40], ["b.zst", "cut"]),
    "packed twice": (
        "b.gz",
        gzip.compress(gzip.compress(GOOD.encode())),
        ["b.gz", "packed more than once"],
    ),
    "zip": ("b.zip", zipped(a=GOOD.encode()), ["b.zip", "zip archive", "Unpack"]),
    "nested zip": (
        "b.xlsx",
        workbook(**{"xl__embeddings__inner.zip": zipped(a=b"")}),
        ["b.xlsx", "archive"],
    ),
    "zip slip": ("b.xlsx", zipped(**{"../../x": b""}), ["b.xlsx", "archive"]),
    "password": ("p.xlsx", OLE, ["p.xlsx", "protected", "password"]),
    "macros": (
        "m.xlsm",
        workbook(**{"xl__vbaProject.bin": b"macro"}),
        ["m.xlsm", "macros"],
    ),
    "billion laughs": ("l.xlsx", _with_sheet(LAUGHS), ["l.xlsx", "entities"]),
    "external entity": ("l.xlsx", _with_sheet(EXTERNAL), ["l.xlsx", "entities"]),
    "far cell": ("f.xlsx", far_cell(), ["f.xlsx", "max_sheet_cells"]),
    "cut workbook": ("c.xlsx", workbook()[:-300], ["c.xlsx", "damaged"]),
    "sheet without rows": ("s.xlsx", workbook(rows=1), ["s.xlsx", "no sheet"]),
    "cut Parquet": ("c.parquet", parquet(a=[1, 2])[:-9], ["c.parquet", "damaged"]),
    "Parquet without rows": ("c.parquet", parquet(a=[]), ["c.parquet", "no rows"]),
    "cut in a quote": ("c.csv", b'id,t\n1,a\n2,"b\n3,', ["c.csv", "line 3", "quote"]),
    "cut in the header": ("c.csv", b'id,"t\n1,a\n', ["c.csv", "line 1", "quote"]),
    "10 MB cell": ("h.csv", HUGE_CELL, ["h.csv", "line 3", "comment", "max_cell"]),
    "10 MB cell of lines": (
        "h.csv",
        HUGE_QUOTED,
        ["h.csv", "line 3", "comment", "max_cell_bytes"],
    ),
    "10 MB cell in JSON": (
        "h.jsonl",
        '{"a": "' + "x" * 10_000_000 + '"}\n',
        ["h.jsonl", "line 1", "column a", "max_cell_bytes"],
    ),
    "10 MB cell in Parquet": (
        "h.parquet",
        lambda: parquet(a=["x" * 10_000_000]),
        ["h.parquet", "a", "max_cell_bytes"],
    ),
    "no breaks": (
        "n.csv",
        lambda: b"a" * 70_000_000,
        ["n.csv", "line 1", "70,000,000"],
    ),
    "ragged": ("r.csv", RAGGED, ["r.csv", "line 2", "2 columns", "header has 3"]),
    "JSON list": ("j.json", b'[{"a": 1}]', ["j.json", "JSON lines"]),
    "JSON cut": ("j.jsonl", b'{"a": 1}\n{"a": ', ["j.jsonl", "line 2"]),
    "JSON deep": ("j.jsonl", b'{"a": 1}\n{"a":' + b"[" * 99_999, ["j.jsonl", "line 2"]),
    "cut SQLite": ("s.db", b"SQLite format 3\x00" + b"\0" * 90, ["s.db", "SQLite"]),
    "cut DuckDB": ("s.db", b"\0" * 8 + b"DUCK" + b"\1" * 90, ["s.db", "DuckDB"]),
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.open(tmp_path / "workspace")
    stage(upload("before.csv", GOOD), workspace=workspace)
    return workspace


@pytest.mark.parametrize("case", CASES)
def test_bad_file(case: str, workspace: Workspace, monkeypatch) -> None:
    name, made, expected = CASES[case]
    content = made() if callable(made) else made
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    before = tree(workspace.root)
    with pytest.raises(DataProblem) as caught:
        stage(upload(name, content), workspace=workspace)
    sentence = str(caught.value)
    for part in expected:
        assert part in sentence
    assert str(workspace.root) not in sentence
    assert len(sentence) < 400
    assert tree(workspace.root) == before
    after = stage(upload("next.csv", GOOD), workspace=workspace)
    assert read_back(after.tables[0]) == [("1", "Riyadh"), ("2", "Jeddah")]


def _no_network(*_: object) -> None:
    pytest.fail("something was fetched")


def test_one_bad_file_among_good_ones_keeps_none(workspace: Workspace) -> None:
    before = tree(workspace.root)
    with pytest.raises(DataProblem, match=r"photo\.csv"):
        stage(
            [
                upload("a.csv", GOOD),
                upload("b.xlsx", workbook()),
                upload("photo.csv", PNG),
            ],
            workspace=workspace,
        )
    assert tree(workspace.root) == before


HOSTILE_NAMES = [
    'quote"s', "apo'strophe", "emoji 🚀", "; drop table orders", "back\\slash",
    "![x](http://example.org/p.png)", "$a$ :red[b] {c}", "n" * 10_000, "名称",
    "select", "=1+1", "%s", "a.b", "ünï", "-- x", "/* y */",
]  # fmt: skip


def test_hostile_names_stay_as_they_are(workspace: Workspace) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([HOSTILE_NAMES, ["v"] * len(HOSTILE_NAMES)])
    (table,) = stage(upload("names.csv", text.getvalue()), workspace=workspace).tables
    assert table.columns == tuple(HOSTILE_NAMES)
    assert read_back(table) == [("v",) * len(HOSTILE_NAMES)]
    one = read_back(table, [HOSTILE_NAMES[3]])
    assert one == [("v",)]


def test_names_that_repeat_are_both_kept(workspace: Workspace) -> None:
    text = "id,name,Name,,name\n1,a,b,c,d\n"
    (table,) = stage(upload("twice.csv", text), workspace=workspace).tables
    assert table.columns == ("id", "name", "Name (2)", "column 4", "name (3)")
    assert read_back(table) == [("1", "a", "b", "c", "d")]
    assert "occurs again" in notes_of(table)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b\\c.csv", "x\n![i](u).csv"])
def test_file_names_are_never_paths(name: str, workspace: Workspace) -> None:
    draft = stage(upload(name, GOOD), workspace=workspace)
    assert {path.parent for table in draft.tables for path in table.paths} == {
        draft.path
    }
    assert "\n" not in draft.tables[0].title
    assert ".." not in draft.tables[0].title


def test_a_long_file_name_is_shortened(workspace: Workspace) -> None:
    draft = stage(upload("n" * 10_000 + ".csv", GOOD), workspace=workspace)
    assert len(draft.tables[0].title) == 200


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.xlsx", GOOD.encode(), "delimited text"),
        ("a.csv", parquet(order_id=["1"], city=["Riyadh"]), "Parquet"),
        ("a.parquet", workbook(), "workbook"),
    ],
)
def test_the_content_decides(name, content, kind, workspace: Workspace) -> None:
    (table,) = stage(upload(name, content), workspace=workspace).tables
    assert read_back(table)[0] == ("1", "Riyadh")
    assert f"the content is {kind}" in notes_of(table).replace("a workbook", "workbook")


def test_null_bytes_are_left_out_and_said_so(workspace: Workspace) -> None:
    text = GOOD.replace("Riyadh", "Riy\0adh") + "\0" * 9
    (table,) = stage(upload("nul.csv", text), workspace=workspace).tables
    assert read_back(table) == [("1", "Riyadh"), ("2", "Jeddah")]
    assert "10 null bytes" in notes_of(table)


@pytest.mark.parametrize("way", ["link", "traversal", "absolute", "linked folder"])
def test_paths_stay_in_the_allowed_folders(way, tmp_path, workspace) -> None:
    root, secret = tmp_path / "root", tmp_path / "secret"
    root.mkdir()
    secret.mkdir()
    (secret / "s.csv").write_text(GOOD)
    (root / "good.csv").write_text(GOOD)
    (root / "link.csv").symlink_to(secret / "s.csv")
    (root / "folder").symlink_to(secret)
    paths = {
        "link": root / "link.csv",
        "traversal": root / ".." / "secret" / "s.csv",
        "absolute": secret / "s.csv",
        "linked folder": root / "folder" / "s.csv",
    }
    before = tree(workspace.root)
    with pytest.raises(NotAllowed, match="outside"):
        stage(paths[way], workspace=workspace, allowed_roots=[root])
    with pytest.raises(NotAllowed):
        stage(root / "good.csv", workspace=workspace, allowed_roots=[])
    assert tree(workspace.root) == before
    assert stage(root / "good.csv", workspace=workspace, allowed_roots=[root]).tables


def test_a_link_inside_a_folder_of_parquet(tmp_path: Path, workspace) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "s.parquet").write_bytes(parquet(a=[1]))
    (root / "a.parquet").write_bytes(parquet(a=[1]))
    (root / "b.parquet").symlink_to(tmp_path / "s.parquet")
    with pytest.raises(NotAllowed, match=r"b\.parquet"):
        stage(root, workspace=workspace, allowed_roots=[root])


@pytest.mark.parametrize("what", ["missing", "pipe", "no rights", "nul", "loop"])
def test_paths_that_cannot_be_read(what: str, tmp_path: Path, workspace) -> None:
    path = tmp_path / "x.csv"
    if what == "pipe":
        os.mkfifo(path)
    if what == "loop":
        path.symlink_to(path)
    if what == "no rights":
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        path.touch(mode=0)
    given = "a\0b" if what == "nul" else path
    before = tree(workspace.root)
    with pytest.raises(DataProblem):
        stage(given, workspace=workspace)
    assert tree(workspace.root) == before


@pytest.mark.parametrize("limit", ["max_bytes", "max_rows", "max_sheets", "max_tables"])
def test_every_limit_is_named(limit: str, workspace: Workspace) -> None:
    sources = [upload("a.xlsx", workbook(rows=9)), upload("b.xlsx", workbook(rows=9))]
    with pytest.raises(DataProblem, match=limit):
        stage(
            sources,
            workspace=workspace,
            limits=Limits(**{limit: 0 if limit == "max_sheets" else 1}),
        )


def test_limits_are_documented() -> None:
    for entry in Limits().entries():
        assert entry.value > 0
        assert len(entry.meaning) > 10


def test_a_stream_that_fails_leaves_nothing(workspace: Workspace) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("gone")

    before = tree(workspace.root)
    with pytest.raises((OSError, DoorstepError)):
        stage(Upload("a.csv", Broken()), workspace=workspace)
    assert tree(workspace.root) == before


def test_declared_sizes_may_lie(workspace: Workspace) -> None:
    """A member that declares ten bytes and unpacks to more is refused, not read."""
    content = bytearray(workbook(xl__media__x=b"\0" * 5_000_000))
    size = struct.pack("<I", 5_000_000)
    content = content.replace(size, struct.pack("<I", 10))
    with pytest.raises(DataProblem, match="damaged"):
        stage(upload("lie.xlsx", bytes(content)), workspace=workspace)
