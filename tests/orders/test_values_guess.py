"""What a sample of text is taken for."""

# ruff: noqa: DTZ001, DTZ007 - the times of a file are naive by contract

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.orders.schema import fields_of
from analysis.orders.values import (
    Reading,
    canonical_values,
    guess,
    read_value,
    reading_of_native,
)
from analysis.orders.values.canonical import unknown_values

OLIST = Path(__file__).parents[3] / "shared" / "data" / "olist"
START = datetime(2024, 1, 1)
TIMES = [
    START + timedelta(seconds=random.Random(n).randrange(86_400 * 300))
    for n in range(400)
]
EARLY = [time.replace(day=time.day % 12 + 1) for time in TIMES]


def written(pattern: str, times: list[datetime] = TIMES) -> list[str]:
    return [time.strftime(pattern) for time in times]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("%Y-%m-%d %H:%M:%S", "YYYY-MM-DD HH:mm:ss"),
        ("%Y-%m-%dT%H:%M:%S", "YYYY-MM-DDTHH:mm:ss"),
        ("%Y-%m-%dT%H:%M:%S.%fZ", "YYYY-MM-DDTHH:mm:ss.SZ"),
        ("%Y-%m-%d %H:%M:%S+03:00", "YYYY-MM-DD HH:mm:ss±hh"),
        ("%Y/%m/%d %H:%M", "YYYY/MM/DD HH:mm"),
        ("%d/%m/%Y %H:%M", "DD/MM/YYYY HH:mm"),
        ("%d-%m-%Y", "DD-MM-YYYY"),
        ("%d.%m.%y", "DD.MM.YY"),
        ("%y/%m/%d", "YY/MM/DD"),
        ("%m/%d/%Y %I:%M:%S %p", "MM/DD/YYYY hh:mm:ss AM"),
        ("%m/%d/%y", "MM/DD/YY"),
        ("%Y年%m月%d日 %H:%M", "YYYY年MM月DD日 HH:mm"),
        ("%Y年%m月%d日%H:%M:%S", "YYYY年MM月DD日HH:mm:ss"),
        ("%Y%m%d%H%M%S", "YYYYMMDDHHmmss"),
        ("%Y%m%d", "YYYYMMDD"),
        ("%b %d, %Y", "MMM DD, YYYY"),
        ("%d-%b-%y", "DD-MMM-YY"),
        ("%d %B %Y %H:%M", "DD MMMM YYYY HH:mm"),
    ],
)
def test_formats_are_recognised_and_read_back(pattern, name):
    reading = guess(written(pattern), wanted="time")
    assert (reading.type, reading.formats, reading.share) == ("time", (name,), 1.0)
    assert not reading.is_ambiguous
    assert reading.has_offset == name.endswith(("Z", "±hh"))
    for time, text in zip(TIMES, written(pattern), strict=True):
        expected = datetime.strptime(time.strftime(pattern), pattern)
        if name.endswith("±hh"):
            expected = expected.replace(tzinfo=None) - timedelta(hours=3)
        assert read_value(text, reading) == expected.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("%d/%m/%Y %H:%M", ["DD/MM/YYYY HH:mm", "MM/DD/YYYY HH:mm"]),
        ("%d-%m-%Y", ["DD-MM-YYYY", "MM-DD-YYYY"]),
        ("%d/%m/%y", ["DD/MM/YY", "MM/DD/YY"]),
        ("%m/%d/%Y %I:%M %p", ["MM/DD/YYYY hh:mm AM", "DD/MM/YYYY hh:mm AM"]),
    ],
)
def test_day_first_or_month_first_has_to_be_asked(pattern, names):
    reading = guess(written(pattern, EARLY), wanted="time")
    assert reading.is_ambiguous
    assert [reading.formats[0], *(item.formats[0] for item in reading.options)] == names


def test_one_day_after_the_twelfth_decides():
    days = ["01/02/2024", "03/04/2024", "25/04/2024"]
    assert guess(days, wanted="date").formats == ("DD/MM/YYYY",)
    assert not guess(days, wanted="date").is_ambiguous
    assert guess([*days[:2], "04/25/2024"]).formats == ("MM/DD/YYYY",)


def test_both_orders_in_one_column_are_never_mixed():
    reading = guess(["25/04/2024", "26/04/2024", "04/25/2024"], wanted="date")
    assert reading.formats == ("DD/MM/YYYY",)
    assert reading.share == pytest.approx(2 / 3)


def test_two_formats_in_one_column():
    texts = written("%Y-%m-%d %H:%M:%S")[:200] + written("%d/%m/%Y %H:%M")[200:]
    reading = guess(texts)
    assert set(reading.formats) == {"YYYY-MM-DD HH:mm:ss", "DD/MM/YYYY HH:mm"}
    assert reading.share == 1.0
    assert [read_value(text, reading) for text in texts[:200]] == TIMES[:200]


@pytest.mark.parametrize(
    ("unit", "factor"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)]
)
def test_epochs_with_zeros_as_missing(unit, factor):
    texts = [
        str(int((time - datetime(1970, 1, 1)).total_seconds()) * factor)
        for time in TIMES
    ]
    reading = guess([*texts, "0", "0"], wanted="time")
    assert (reading.formats, reading.unit, reading.zeros) == (("epoch",), unit, 2)
    assert reading.has_offset
    assert [read_value(text, reading) for text in texts] == TIMES
    assert read_value("0", reading) is None


def test_serial_dates_of_a_spreadsheet():
    reading = guess(["45292", "45292.5", "45300.25"], wanted="time")
    assert reading.formats == ("excel serial",)
    assert read_value("45292.5", reading) == datetime(2024, 1, 1, 12)


def test_nanosecond_durations_never_become_midnight():
    texts = [f"1970-01-01 00:00:00.{n:09d}" for n in (8, 24, 12, 0)]
    for wanted in ("time", None):
        reading = guess(texts, wanted=wanted)
        assert reading.is_duration
        assert reading.unit == "hours"
        assert "nanosecond" in str(reading.reasons[0])
        assert [read_value(text, reading) for text in texts[:2]] == [480.0, 1440.0]


@pytest.mark.parametrize(
    ("texts", "name", "minutes"),
    [
        (["35", "50", "12"], "duration number", 35.0),
        (["00:35:00", "01:10:30"], "duration HH:mm:ss", 35.0),
        (["PT35M", "PT1H5M"], "duration words", 35.0),
        (["35 min", "1h 5min"], "duration words", 35.0),
        (["(min) 35", "(min) 41"], "duration words", 35.0),
        (["35分钟", "1小时5分"], "duration words", 35.0),
        (["0 days 00:35:00", "0 days 01:00:00"], "duration HH:mm:ss", 35.0),
        (["1970-01-01 00:35:00", "1970-01-01 01:00:00"], "duration since 1970", 35.0),
    ],
)
def test_durations(texts, name, minutes):
    reading = guess(texts, wanted="time")
    assert reading.formats == (name,)
    assert reading.is_duration
    assert read_value(texts[0], reading) == minutes


def test_times_of_day_are_told_from_durations():
    reading = guess(written("%H:%M:%S"), wanted="time")
    assert reading.is_clock
    assert read_value("13:30:00", reading) == 810.0


@pytest.mark.parametrize(
    ("texts", "kind", "value"),
    [
        (["12", "7"], "integer", 12),
        (["12.5", "7"], "number", 12.5),
        (["R$ 1.234,56", "R$ 7,00"], "number", 1234.56),
        (["1,234.56", "7.00"], "number", 1234.56),
        (["1 234,56", "7,5"], "number", 1234.56),
        (["12%", "7%"], "number", 0.12),
        (["１２", "７"], "integer", 12),
        (["(12.50)", "7.00"], "number", -12.5),
        (["12.0", "7.0"], "integer", 12),
        (["是", "否"], "flag", True),
        (["Y", "N"], "flag", True),
        (["sim", "não"], "flag", True),
        (["007", "123"], "text", "007"),
        (["2026092712345678901", "2026092712345678902"], "text", "2026092712345678901"),
        (["sf ", "la"], "text", "sf"),
    ],
)
def test_what_values_alone_say(texts, kind, value):
    reading = guess(texts)
    assert reading.type == kind
    assert read_value(texts[0], reading) == pytest.approx(value)


def test_a_comma_before_three_digits_has_to_be_asked():
    assert guess(["1,234", "5,678"]).is_ambiguous
    assert not guess(["1,234", "56"]).is_ambiguous
    assert not guess(["1.234", "5.678"]).is_ambiguous


def test_scales_for_the_field_that_is_wanted():
    assert guess(["24660123", "24661999"], wanted="number", unit="degree").scale == 1e-6
    assert guess(["3.5 km", "2 km"], wanted="number", unit="m").scale == 1000.0
    assert guess(["1", "0"], wanted="flag").type == "flag"
    assert guess(["1", "0"]).type == "integer"


def test_ids_keep_their_digits_and_say_what_was_lost():
    floats = guess(["123.0", "77.0"], wanted="id")
    assert read_value("123.0", floats) == "123"
    assert read_value("0", floats) is None
    broken = guess(["2.02609E+13", "77"], wanted="id")
    assert "2.02609E+13" in str(broken.reasons[0])


def test_missing_blanks_and_zeros_are_counted():
    reading = guess(["sf ", "sf", None, "NaN ", "\\N", "", "无", " la"])
    assert (reading.sampled, reading.missing, reading.blanks) == (8, 5, 2)
    assert guess([None, ""]).type == "text"
    assert guess([None, ""], wanted="time").type == "time"
    assert guess(["0", "0"], wanted="time").zeros == 2
    assert guess(["0", "5"], wanted="number").zeros == 0


@pytest.mark.parametrize("wanted", [None, "time", "number", "flag", "id", "date"])
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=12))
def test_any_text_gets_a_reading_that_survives_yaml(wanted, texts):
    reading = guess(texts, wanted=wanted)
    assert 0.0 <= reading.share <= 1.0
    assert (
        Reading.from_dict(yaml.safe_load(yaml.safe_dump(reading.to_dict()))) == reading
    )


@pytest.mark.shared
@pytest.mark.skipif(not OLIST.exists(), reason="the Olist files are not here")
def test_olist_columns():
    found = {}
    for path in OLIST.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        for name, *values in zip(header, *rows, strict=True):
            reading = guess(values)
            assert reading.share == 1.0, name
            found[name] = reading
    times = {name for name, reading in found.items() if reading.type == "time"}
    assert times == {
        "order_purchase_timestamp", "order_approved_at", "order_delivered_carrier_date",
        "order_delivered_customer_date", "order_estimated_delivery_date",
        "shipping_limit_date", "review_creation_date", "review_answer_timestamp",
    }  # fmt: skip
    assert {found[name].formats for name in times} == {("YYYY-MM-DD HH:mm:ss",)}
    assert found["review_comment_message"].type == "text"
    assert found["price"].type == found["freight_value"].type == "number"
    assert found["review_score"].type == "integer"


def test_native_types():
    assert reading_of_native(pa.timestamp("us", "UTC")).has_offset
    assert reading_of_native(pa.timestamp("ms")).type == "time"
    assert reading_of_native(pa.int32()).type == "integer"
    assert reading_of_native(pa.decimal128(12, 2)).type == "number"
    assert reading_of_native(pa.bool_()).type == "flag"
    assert reading_of_native(pa.dictionary(pa.int8(), pa.string())).type == "text"
    hours = reading_of_native(
        pa.timestamp("ns"), pa.array([8, 24, None], pa.timestamp("ns"))
    )
    assert (hours.formats, hours.unit) == (("duration nanosecond timestamp",), "hours")


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        ("delivered", ["Zugestellt", "geliefert", "Entregado", "Livrée", "تم التوصيل"]),
        ("cancelled", ["Storniert", "Cancelado", "Annulée", "ملغي", "تم الإلغاء"]),
        ("returned", ["retourniert", "Devuelto", "Retournée", "مرتجع"]),
        ("failed", ["Nicht zugestellt", "no entregado", "Échouée", "لم يتم التوصيل"]),
        ("open", ["unterwegs", "En camino", "en cours", "قيد التوصيل", "جديد"]),
    ],
)
def test_words_of_a_status_in_other_languages(ours, words):
    status = fields_of("orders")["status"]
    assert set(canonical_values(status, words).values()) == {ours}


def test_words_of_a_status():
    status = fields_of("orders")["status"]
    seen = ["delivered", "Canceled", "已完成", "配送中", "拒收", "unavailable",
            "invoiced", "teleported"]  # fmt: skip
    assert canonical_values(status, seen) == {
        "delivered": "delivered", "Canceled": "cancelled", "已完成": "delivered",
        "配送中": "open", "拒收": "returned", "unavailable": "failed",
        "invoiced": "open", "teleported": "teleported",
    }  # fmt: skip
    assert unknown_values(status, canonical_values(status, seen)) == ("teleported",)
    outcome = fields_of("offers")["outcome"]
    assert canonical_values(outcome, ["1", "0"]) == {"1": "accepted", "0": "refused"}
    assert canonical_values(fields_of("orders")["city"], ["sf"]) == {}
    reason = fields_of("orders")["complaint_reason"]
    seen = ["late", "0", "NO"]
    assert canonical_values(reason, seen) == {"0": "", "NO": ""}
    assert unknown_values(reason, canonical_values(reason, seen)) == ()
    assert canonical_values(fields_of("riders")["status"], ["open"]) == {}
