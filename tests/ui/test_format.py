"""Numbers and dates as each language writes them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ui import format as written

SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture(params=["en", "zh_CN"])
def language(request, monkeypatch):
    monkeypatch.setattr(written, "language", lambda: request.param)
    monkeypatch.setattr(written, "t", lambda text: text)
    return request.param


def test_the_same_in_both_languages(language):
    assert written.number(12480) == "12,480"
    assert written.number(-3.25, digits=1) == "−3.2"
    assert written.number(2, sign=True) == "+2"
    assert written.percent(0.9236) == f"92.4{SPACE}%"
    assert written.points(-0.018) == f"−1.8{SPACE}pp"
    assert written.points(0.018) == f"+1.8{SPACE}pp"
    assert written.minutes(27.6) == f"28{SPACE}min"
    assert written.sample(12480) == f"n{SPACE}12,480"
    assert written.interval("1", "2") == "1 – 2"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "write",
    [written.number, written.percent, written.points, written.minutes, written.compact],
)
def test_no_value_is_no_zero(language, write, value):
    assert write(value) == "–"


@pytest.mark.parametrize("value", [0.0004, -0.0004, 0, -0.0])
def test_a_rounded_zero_has_no_sign(language, value):
    assert written.points(value) == f"0.0{SPACE}pp"


def test_dates(language):
    chinese = language == "zh_CN"
    first, last = date(2026, 11, 2), date(2026, 11, 22)
    assert written.day(last) == ("2026年11月22日" if chinese else "Nov 22, 2026")
    assert written.day(None) == "–"
    shown = written.period(first, last)
    assert shown == ("2026年11月2日至22日" if chinese else "Nov 2 – 22, 2026")
    assert written.period(last, last) == written.day(last)
    assert written.period(None, last) == "–"
    moment = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)
    assert written.moment(moment).startswith(written.day(last))
    assert written.ago(moment - timedelta(days=3), now=moment) == (
        "3天前" if chinese else "3 days ago"
    )


def test_large_numbers_in_few_characters(language):
    assert written.compact(12_345) == ("1.2万" if language == "zh_CN" else "12.3K")
