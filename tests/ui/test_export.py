"""Downloads that no spreadsheet runs: cells, headers, sheet names, pictures."""

import io
import zipfile

import altair as alt
import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from ui import export

PAYLOADS = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1",
    '"=1', "'=1", "\ufeff=1", "\u200b=1", "\u00a0=1", "\u3000=1", "\uff1d1+1",
    "\uff0b1", "\uff0d1+1", "\uff20SUM(1)", "\u22121+1", "|calc", "%1=1",
    '"=HYPERLINK("x")', "=", "-", "--1", "-1-1", "+cmd", "-10a",
]  # fmt: skip
HARMLESS = [
    "", "text", "-10", "+10", "-10.5", "-1,000", "-1e5", "+3.2E-4", "-10 %", "10",
    "a=1", "1-2", "2026-11-22", "客诉率", "😀", "'quoted'", "a@b.test", "a+b",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_could_run_is_made_text(payload):
    assert export.defused(payload) == f"'{payload}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_cannot_run_is_left_alone(text):
    assert export.defused(text) == text


@pytest.mark.parametrize("value", [-10, -10.5, None, True, float("nan")])
def test_what_is_no_text_is_left_alone(value):
    assert export.defused(value) is value


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "=header": ["=1+1", "plain", None],
            "number": [-1, -2, -3],
            "share": [-0.5, np.nan, 0.25],
            "day": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
            "kind": pd.Categorical(["@a", "b", "@a"]),
        },
        index=["=i", "j", "k"],
    )


def test_frames_are_defused_by_the_types_of_pandas_3(frame):
    assert frame["=header"].dtype == "str"
    shown = export.defused_frame(frame)
    assert list(shown.columns) == ["'=header", "number", "share", "day", "kind"]
    assert shown["'=header"].tolist()[:2] == ["'=1+1", "plain"]
    assert shown["kind"].tolist() == ["'@a", "b", "'@a"]
    pd.testing.assert_series_equal(shown["number"], frame["number"])
    pd.testing.assert_series_equal(shown["share"], frame["share"])
    assert frame["=header"].tolist()[0] == "=1+1"


def test_two_columns_of_one_name(frame):
    double = frame[["=header", "number"]].set_axis(["=a", "=a"], axis=1)
    shown = export.defused_frame(double)
    assert shown.iloc[:, 0].tolist()[0] == "'=1+1"
    assert shown.iloc[:, 1].tolist() == [-1, -2, -3]


def test_csv_comes_back_as_it_was(frame):
    data = export.csv_bytes(frame)
    assert data.startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig")
    assert back.columns[0] == "'=header"
    assert back["number"].tolist() == [-1, -2, -3]
    for line in data.decode("utf-8-sig").splitlines():
        for cell in line.split(","):
            assert not cell.strip('"').startswith(("=", "@", "+"))


def test_xlsx_has_values_only(frame):
    urls = frame.assign(link="http://evil.test", mail="mailto:a@b.test")
    data = export.xlsx_bytes(urls, sheet="=late [x]", notes={"=a": "@b"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["late  x", "Notes"]
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][0] == "'=header"
    assert rows[1][:2] == ["'=1+1", -1.0]
    assert rows[3][0] == ""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [name for name in archive.namelist() if "sheet" in name]
        for text in map(archive.read, sheets):
            assert b"<f>" not in text
            assert b"hyperlink" not in text.lower()
            assert b"External" not in text


@pytest.mark.parametrize(
    "name", ["", "=", "[]:*?/\\", "x" * 90, "'a'", "History", "a\nb", "客诉率"]
)
def test_any_name_gives_a_sheet(name):
    frame = pd.DataFrame({"a": [1]})
    data = export.xlsx_bytes(frame, sheet=name)
    (sheet,) = CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
    assert 1 <= len(sheet) <= 31


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("../../etc/passwd",), "etc_passwd.csv"),
        (("", "..."), "doorstep.csv"),
        (("客诉率", "CON"), "客诉率-CON.csv"),
        (("a" * 500,), "a" * 60 + ".csv"),
    ],
)
def test_file_names_are_plain(parts, name):
    assert export.file_name(*parts, suffix="csv") == name


def test_pictures_need_no_network():
    chart = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:Q")
    specification = chart.to_dict()
    assert export.png_bytes(specification).startswith(b"\x89PNG")
    assert b"<svg" in export.svg_bytes(specification)


def fetching_charts():
    base = alt.Chart(pd.DataFrame({"a": ["http://127.0.0.1:9/x.png"]}))
    yield base.mark_image(width=9, height=9).encode(url="a:N")
    yield base.mark_image(url="http://127.0.0.1:9/x.png")
    yield base.mark_point().encode(href="a:N")
    yield alt.Chart(alt.UrlData("http://127.0.0.1:9/x.csv")).mark_bar()
    yield alt.layer(base.mark_point(), base.mark_image().encode(url="a:N"))


@pytest.mark.parametrize("chart", list(fetching_charts()))
def test_pictures_fetch_nothing(chart):
    for draw in (export.png_bytes, export.svg_bytes):
        with pytest.raises(ValueError, match="names addresses or images"):
            draw(chart.to_dict())
