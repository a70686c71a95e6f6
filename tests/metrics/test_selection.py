"""Selections survive JSON and the address; nothing else gets in."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InvalidInput
from analysis.metrics.address import MAX_LENGTH, from_address, to_address
from analysis.metrics.periods import Period, compared
from analysis.metrics.selection import Condition, Selection

texts = st.text(min_size=1, max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
lists = st.lists(scalars, min_size=1, max_size=5).map(tuple)
conditions = (
    st.builds(Condition, texts, st.sampled_from(["in", "not_in", "rest"]), lists)
    | st.builds(Condition, texts, st.just("missing"))
    | st.builds(
        Condition, texts, st.just("range"), low=scalars.filter(lambda x: x is not None)
    )
)
periods = st.tuples(st.dates(), st.dates()).map(lambda pair: Period(*sorted(pair)))
selections = st.builds(
    Selection,
    dataset=st.text(max_size=20),
    version=st.text(max_size=20),
    period=st.none() | periods,
    conditions=st.lists(conditions, max_size=3).map(tuple),
    metric=st.text(max_size=20),
    event=st.text(max_size=20),
)
json_values = st.recursive(
    scalars | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = ["dataset", "version", "period", "conditions", "metric", "event", "other"]


@given(selections)
def test_a_selection_survives_json_and_the_address(selection):
    text = json.dumps(selection.to_json())
    assert Selection.from_json(json.loads(text)) == selection
    address = selection.to_address()
    assert set(address) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    )
    assert Selection.from_address(address) == selection


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda b: f"1.{b.hex()}"))
def test_any_address_is_read_or_refused(text):
    try:
        selection = Selection.from_address(text)
    except InvalidInput:
        return
    assert isinstance(selection, Selection)


@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=4) | json_values)
def test_any_json_is_read_or_refused(content):
    try:
        selection = Selection.from_json(content)
    except InvalidInput:
        return
    assert Selection.from_json(selection.to_json()) == selection


@given(
    st.fixed_dictionaries(
        {"dimension": json_values, "kind": st.sampled_from(["in", "range", "missing"])},
        optional={"values": json_values, "low": json_values, "high": json_values},
    )
)
def test_any_condition_is_read_or_refused(content):
    try:
        selection = Selection.from_json({"conditions": [content]})
    except InvalidInput:
        return
    assert len(selection.conditions) == 1


def packed(data: bytes) -> str:
    return "1." + base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "1.",
        "2.abc",
        "1.@@@",
        packed(b"not compressed"),
        packed(zlib.compress(b"[1, 2]")),
        packed(zlib.compress(b'{"dataset": ')),
        packed(zlib.compress(b"\xff\xfe")),
        packed(zlib.compress(b"[" * 100_000)),
        packed(zlib.compress(b'{"a":"' + b"x" * 10_000_000 + b'"}')),
        packed(zlib.compress(b'{"metric": "x"}')[:-3]),
        packed(pickle.dumps({"dataset": "x"})),
        "1." + "A" * (MAX_LENGTH + 1),
    ],
)
def test_a_bad_address_is_refused(address):
    with pytest.raises(InvalidInput, match="damaged"):
        from_address(address)


def test_an_address_has_a_limit():
    long = {"values": [f"{number:x}{number * 7919:x}" for number in range(2_000)]}
    with pytest.raises(InvalidInput, match="at most 4000"):
        to_address(long)


@pytest.mark.parametrize(
    "arguments",
    [
        {"dimension": ""},
        {"dimension": 3},
        {"dimension": "city"},
        {"dimension": "city", "kind": "between", "values": ("a",)},
        {"dimension": "city", "values": ("x" * 20_001,)},
        {"dimension": "city", "values": (float("nan"),)},
        {"dimension": "city", "values": (date(2024, 1, 1),)},
        {"dimension": "city", "values": tuple(range(1_001))},
        {"dimension": "city", "kind": "missing", "values": ("a",)},
        {"dimension": "city", "kind": "range"},
        {"dimension": "city", "kind": "in", "values": ("a",), "low": 1},
    ],
)
def test_a_condition_is_checked(arguments):
    with pytest.raises(InvalidInput, match="cannot be"):
        Condition(**arguments)


def test_the_short_form():
    selection = Selection.of(
        {"city": ["Riyadh", None], "is_prebook": True},
        period=(date(2024, 3, 1), date(2024, 3, 2)),
    )
    assert selection.conditions == (
        Condition("city", "in", ("Riyadh", None)),
        Condition("is_prebook", "in", (True,)),
    )
    assert selection.period.days == 2
    narrowed = selection.narrow(Condition("zone", "missing"))
    assert narrowed.without("city").without("zone") == selection.without("city")


@pytest.mark.parametrize(
    ("compare", "first", "last"),
    [
        ("previous", date(2024, 3, 1), date(2024, 3, 10)),
        ("same_weekdays", date(2024, 2, 26), date(2024, 3, 6)),
        ("last_year", date(2023, 3, 13), date(2023, 3, 22)),
        ((date(2024, 1, 1), "2024-01-05"), date(2024, 1, 1), date(2024, 1, 5)),
    ],
)
def test_what_a_period_is_compared_with(compare, first, last):
    period = Period(date(2024, 3, 11), date(2024, 3, 20))
    assert compared(period, compare) == Period(first, last)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 200))
def test_same_weekdays_is_the_nearest_whole_weeks_back(first, length):
    period = Period(first, date.fromordinal(first.toordinal() + length))
    before = compared(period, "same_weekdays")
    assert before.days == period.days
    assert before.first.weekday() == period.first.weekday()
    assert 0 < (period.first - before.last).days <= 7


@pytest.mark.parametrize(
    "compare",
    ["yesterday", 7, (date(2024, 3, 5), date(2024, 3, 15)), (1, 2), ("2024-13-01",)],
)
def test_a_comparison_is_checked(compare):
    with pytest.raises(InvalidInput):
        compared(Period(date(2024, 3, 11), date(2024, 3, 20)), compare)


def test_a_year_long_period_cannot_be_compared_with_itself():
    period = Period(date(2022, 1, 1), date(2023, 6, 30))
    with pytest.raises(InvalidInput, match="overlaps"):
        compared(period, "last_year")
    with pytest.raises(InvalidInput, match="before it starts"):
        Period(date(2024, 1, 2), date(2024, 1, 1))
    with pytest.raises(InvalidInput):
        Period(date(1, 1, 5), date(1, 1, 9)).moved(-10)
