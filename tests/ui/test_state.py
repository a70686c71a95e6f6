"""The address: any view comes back; anything else falls back and never raises."""

import base64
import json
import zlib
from datetime import date
from typing import Literal

import hypothesis.strategies as some
import pytest
from hypothesis import given
from pydantic import Field

from analysis.errors import InvalidInput
from analysis.metrics.address import MAX_LENGTH, to_address
from analysis.metrics.selection import Condition, Selection
from ui.state import View, decode_view, encode_view


class Example(View):
    cards: tuple[str, ...] = Field(("late_rate",), max_length=6)
    by: str = Field("city", max_length=100)
    compare: Literal["previous", "last_year"] = "previous"
    top: int = Field(10, ge=1, le=50)


VIEWS = some.builds(
    Example,
    cards=some.lists(some.text(max_size=20), max_size=6).map(tuple),
    by=some.text(max_size=50),
    compare=some.sampled_from(["previous", "last_year"]),
    top=some.integers(1, 50),
    selection=some.sampled_from(
        [
            Selection(),
            Selection.of({"city": ["Riyadh", None]}, period=(date(2026, 1, 1),) * 2),
            Selection(dataset="=Demo ![x](y)", version="v001", event="late"),
            Selection(conditions=(Condition("a'; b", "range", low=1, high=2.5),)),
        ]
    ),
)


@given(VIEWS)
def test_any_view_comes_back(view):
    assert decode_view(encode_view(view), Example) == (view, ())


def test_the_default_view_needs_no_address():
    assert encode_view(Example()) == ""
    assert decode_view("", Example) == (Example(), ())
    assert decode_view(None, Example) == (Example(), ())


@given(some.text(max_size=200))
def test_any_text_falls_back(text):
    view, _ = decode_view(text, Example)
    assert isinstance(view, Example)


@given(
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
        lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
        max_leaves=10,
    ),
    some.sampled_from(["cards", "by", "compare", "top", "selection", "other"]),
)
def test_any_content_falls_back_field_by_field(content, name):
    address = to_address(
        {name: content, "top": 20} if name != "top" else {"top": content}
    )
    view, unread = decode_view(address, Example)
    assert isinstance(view, Example)
    if name != "top" and unread and unread != ("v",):
        assert unread == (name,)
        assert view.top == 20


def packed(data):
    return "1." + base64.urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "2.abc", "1.", "1.!!!", "1." + "A" * 10_000, "v", "../../etc/passwd", "\x00",
        packed(b"[1]"), packed(b"null"), packed(b"{"), packed(b"[" * 50_000),
        packed(b'{"by":"\\ud800"}'), packed(b" " * 10_000_000 + b"{}"),
        packed(b'{"top":' + b"9" * 6_000 + b"}"), packed(b'{"top":NaN}'),
        packed(b'{"selection":{"conditions":[{"dimension":"a","kind":["in"]}]}}'),
        packed(b'{"__class__":"os.system","by":1}'),
    ],
)  # fmt: skip
def test_hostile_addresses_fall_back(text):
    view, unread = decode_view(text, Example)
    assert view == Example()
    assert unread


def test_what_can_be_read_is_kept():
    address = to_address({"top": 99, "by": "zone", "compare": "x", "unknown": 1})
    view, unread = decode_view(address, Example)
    assert (view.top, view.by, view.compare) == (10, "zone", "previous")
    assert unread == ("compare", "top", "unknown")


def test_a_view_too_long_for_an_address_says_so():
    noise = [json.dumps([i * 7919 % 10_007 for i in range(900)])]
    long = Example(selection=Selection.of({"city": [w[:500] for w in noise] * 1}))
    assert len(encode_view(long)) < MAX_LENGTH
    values = [f"{zlib.crc32(str(i).encode()):x}" for i in range(1_000)]
    with pytest.raises(InvalidInput, match="Select fewer values"):
        encode_view(Example(selection=Selection.of({"city": values})))
