"""DuckDB and plain Python read every format alike, valid or not."""

# ruff: noqa: DTZ001 - the times of a file are naive by contract

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from analysis.orders.values.formats import time_formats
from analysis.orders.values.parse import (
    Value,
    is_missing,
    parse,
    read_value,
    says_missing,
)
from analysis.orders.values.reading import Reading


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(config={"threads": 1}) as found:
        found.execute("SET TimeZone = 'Asia/Kathmandu'")
        yield found


def in_duckdb(
    connection: duckdb.DuckDBPyConnection, values: Sequence[str | None], tree: exp.Expr
) -> list[Value]:
    rows = pa.table({"x": pa.array(values, pa.string()), "row": range(len(values))})
    connection.register("rows_of_test", rows)
    query = exp.select(exp.alias_(tree, "v")).from_("rows_of_test").order_by("row")
    found = connection.sql(query.sql("duckdb")).to_arrow_table()
    connection.unregister("rows_of_test")
    return found.column("v").to_pylist()


COLUMN = exp.column("x", quoted=True)
FORMATS = sorted(time_formats())

PARTS = st.fixed_dictionaries({
    "%Y": st.sampled_from(["2024", "2023", "1970", "0024", "24", "1900", "2199"]),
    "%y": st.sampled_from(["24", "69", "68", "5", "00"]),
    "%m": st.sampled_from(["01", "1", "02", "12", "13", "0"]),
    "%d": st.sampled_from(["01", "1", "29", "30", "31", "32", "0", " 1"]),
    "%H": st.sampled_from(["00", "7", "23", "24"]),
    "%I": st.sampled_from(["12", "1", "0", "13"]),
    "%M": st.sampled_from(["00", "5", "59", "60"]),
    "%S": st.sampled_from(["00", "5", "59", "60", "61"]),
    "%n": st.sampled_from(["1", "123456", "123456789", "1234567890"]),
    "%p": st.sampled_from(["AM", "PM", "am", "pm", "xm"]),
    "%z": st.sampled_from(["+08:00", "-0330", "+14", "Z", "+1", ""]),
    "%b": st.sampled_from(["Jan", "feb", "DEC", "Fev", "may", "sept"]),
    "%B": st.sampled_from(["January", "february", "Dezember", "May"]),
})  # fmt: skip
AROUND = st.sampled_from(["", "", "", " ", "\t", "\u3000", "\u00a0", "x"])


@st.composite
def written_times(draw: st.DrawFn) -> tuple[str, list[str | None]]:
    name = draw(st.sampled_from(FORMATS))
    texts: list[str | None] = [None, "", "NaN ", "\\N", "0"]
    for _ in range(12):
        text = time_formats()[name].pattern
        for token, value in draw(PARTS).items():
            text = text.replace(token, value)
        for old, new in time_formats()[name].replacements[:3]:
            text = text.replace(new, old) if draw(st.booleans()) else text
        texts.append(draw(AROUND) + text + draw(AROUND))
    return name, texts


@settings(max_examples=150, deadline=None)
@given(case=written_times())
def test_times_agree(connection, case):
    name, texts = case
    reading = Reading("time", (name,), has_offset=bool(time_formats()[name].zone))
    found = in_duckdb(connection, texts, parse(COLUMN, reading))
    assert found == [read_value(text, reading) for text in texts]


NUMBER_PIECES = st.text(
    alphabet=st.sampled_from("0123456789" * 3 + ".,.,-+()% R$€¥元eE_x５\u00a0"),
    max_size=12,
)
NUMBER_WORDS = st.sampled_from([
    "1,234.50", "1.234,56", "R$ 1.234,56", "(12.50)", "12 345,6", "1e3", "1_000", "inf",
    "nan", "-5", "+7", "5.", ".5", "12%", "３５", "SAR 20", "1,23", "1.234", "12,5",
    "1,23,456", "3.5 km", "0", "-", "1e400", "9007199254740993", "--5", "0x1F",
])  # fmt: skip
NUMBERS = st.lists(st.one_of(NUMBER_WORDS, NUMBER_PIECES), min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(
    texts=NUMBERS,
    marks=st.sampled_from([(".", ""), (".", ","), (",", "."), (",", ""), (",", " ")]),
    kind=st.sampled_from(["number", "integer"]),
    scale=st.sampled_from([1.0, 0.01]),
)
def test_numbers_agree(connection, texts, marks, kind, scale):
    reading = Reading(kind, decimal=marks[0], thousands=marks[1], scale=scale)
    found = in_duckdb(connection, texts, parse(COLUMN, reading))
    assert found == [read_value(text, reading) for text in texts]


EPOCHS = st.lists(
    st.one_of(
        st.sampled_from(
            ["0", "0.0", "1514764800", "1514764800.5", "1514764800123", "-1"]
        ),
        st.sampled_from(
            ["1e9", "43101.5", "43101.541666666664", "x", "", "1_000", "99999"]
        ),
        st.integers(-(10**19), 10**19).map(str),
        st.floats(0, 7e9).map(str),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(texts=EPOCHS, unit=st.sampled_from(["s", "ms", "us", "ns", "excel"]))
def test_numeric_times_agree(connection, texts, unit):
    name = "excel serial" if unit == "excel" else "epoch"
    reading = Reading("time", (name,), unit=unit)
    found = in_duckdb(connection, texts, parse(COLUMN, reading))
    assert found == [read_value(text, reading) for text in texts]


DURATIONS = st.lists(
    st.one_of(
        st.sampled_from([
            "08:30:00", "35:10:05", "8:30", "0 days 00:35:00", "1 day 2:03:04.5",
            "PT35M", "PT1H20M", "35 min", "1h 20m", "35 分钟", "1小时20分",
            "(min) 24", "35", "12.5",
            "1970-01-01 00:00:00.000000008", "1970-01-01 00:35:00", "1:60", "", "P",
            "2 hours 5 minutes", "90 s", "1,5 h", "1970-01-01 00:00:00", "24 mins.",
        ]),
        st.text(alphabet="0123456789:hms PTD.", max_size=9),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    texts=DURATIONS,
    kind=st.sampled_from([
        "duration number", "duration HH:mm:ss", "duration mm:ss", "duration words",
        "duration clock", "duration nanosecond timestamp", "duration since 1970",
    ]),
    unit=st.sampled_from(["seconds", "minutes", "hours"]),
)  # fmt: skip
def test_durations_agree(connection, texts, kind, unit):
    reading = Reading("number", (kind,), unit=unit)
    found = in_duckdb(connection, texts, parse(COLUMN, reading))
    expected = [read_value(text, reading) for text in texts]
    assert found == [
        None if x is None else pytest.approx(x, rel=1e-12) for x in expected
    ]


TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from(
            ["sf ", " sf", "\u3000张伟\u3000", "NaN ", "\\N", "0", "00", "123.0"]
        ),
        st.sampled_from(
            ["007", "1.0 ", "null", "  ", "-", "\ufeffa", "yes", "否", "无", "1"]
        ),
        st.text(max_size=8),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, zero=st.booleans(), form=st.sampled_from([(), ("whole number",)]))
def test_texts_flags_and_missing_agree(connection, texts, zero, form):
    texts = [text if text is None else text.replace("\x00", "") for text in texts]
    reading = Reading("text", form, zero_is_missing=zero)
    found = in_duckdb(connection, texts, parse(COLUMN, reading))
    assert found == [read_value(text, reading) for text in texts]
    flags = Reading("flag")
    assert in_duckdb(connection, texts, parse(COLUMN, flags)) == [
        read_value(text, flags) for text in texts
    ]
    for kind in (None, reading, Reading("time", ("epoch",), unit="s")):
        absent = in_duckdb(connection, texts, is_missing(COLUMN, kind))
        assert absent == [says_missing(text, kind) for text in texts]


@pytest.mark.parametrize(
    ("text", "reading", "value"),
    [
        ("29/02/2024 07:05", Reading("time", ("DD/MM/YYYY HH:mm",)),
         datetime(2024, 2, 29, 7, 5)),
        ("31/02/2024", Reading("date", ("DD/MM/YYYY",)), None),
        ("01/02/2024", Reading("date", ("MM/DD/YYYY",)), date(2024, 1, 2)),
        ("2024-02-29T07:05:06Z", Reading("time", ("YYYY-MM-DDTHH:mm:ssZ",)),
         datetime(2024, 2, 29, 7, 5, 6)),
        ("2024-02-29 07:05:06+08:00", Reading("time", ("YYYY-MM-DD HH:mm:ss±hh",)),
         datetime(2024, 2, 28, 23, 5, 6)),
        ("2024-02-29 07:05:06+08:00", Reading("time", ("YYYY-MM-DD HH:mm:ss",)), None),
        ("2024年2月9日 下午3:05", Reading("time", ("YYYY年MM月DD日 上午hh:mm",)),
         datetime(2024, 2, 9, 15, 5)),
        ("5 de janeiro de 2024", Reading("date", ("DD mês YYYY",)), date(2024, 1, 5)),
        ("1514764800", Reading("time", ("epoch",), unit="s"), datetime(2018, 1, 1)),
        ("0", Reading("time", ("epoch",), unit="s"), None),
        ("43101.5", Reading("time", ("excel serial",)), datetime(2018, 1, 1, 12)),
        ("R$ 1.234,56", Reading("number", decimal=",", thousands="."), 1234.56),
        ("(12.50)", Reading("number"), -12.5),
        ("1970-01-01 00:00:00.000000008",
         Reading("number", ("duration nanosecond timestamp",), unit="hours"), 480.0),
        ("08:30:00", Reading("number", ("duration HH:mm:ss",)), 510.0),
        ("PT1H20M", Reading("number", ("duration words",)), 80.0),
        ("(min) 24", Reading("number", ("duration words",)), 24.0),
        ("sf ", Reading("text"), "sf"),
        ("123.0", Reading("text", ("whole number",)), "123"),
    ],
)  # fmt: skip
def test_known_values(connection, text, reading, value):
    assert read_value(text, reading) == value
    assert in_duckdb(connection, [text], parse(COLUMN, reading)) == [value]


def test_an_offset_is_never_dropped(connection):
    texts = ["2024-02-29 07:05:06", "2024-02-29 07:05:06+03:00", "2024-02-29T07:05:06Z"]
    naive = Reading("time", ("YYYY-MM-DD HH:mm:ss",))
    found = in_duckdb(connection, texts, parse(COLUMN, naive))
    assert found == [datetime(2024, 2, 29, 7, 5, 6), None, None]


def test_infinite_numbers_are_no_numbers(connection):
    found = in_duckdb(
        connection, ["inf", "nan", "1e999"], parse(COLUMN, Reading("number"))
    )
    assert found == [None, None, None]
    assert not any(value is not None and math.isinf(value) for value in found)
