"""Text of users is shown as it is written."""

import hypothesis.strategies as some
import pytest
from hypothesis import given

from ui.show import plain, shortened

HOSTILE = [
    "![x](http://evil.test/a.png)", "[a](http://evil.test)", "$\\int$", ":red[a]",
    ":material/home:", "<img src=x onerror=alert(1)>", "**b** _i_ `c` ~~d~~", "# head",
    "> quote", "- item", "1. item", "http://evil.test", "a@evil.test", "&lt;b&gt;",
    "| a | b |", "line\nbreak", "\u202eright to left", "\x00\x07", "\ud800", "=1+1",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_every_mark_is_escaped(text):
    shown = plain(text)
    marks = [
        index
        for index, letter in enumerate(shown)
        if letter in "![]()$:<>*_`~#|&/@." and shown[index - 1] != "\\"
    ]
    assert marks == []


@given(some.text(max_size=300), some.integers(min_value=2, max_value=200))
def test_any_text_is_one_printable_line_within_its_limit(text, limit):
    line = shortened(text, limit=limit)
    assert len(line) <= limit
    assert line.isprintable()
    line.encode()
    shown = plain(text, limit=limit).replace("\u2060", "")
    assert shown.replace("\\", "") == line.replace("\\", "")


def test_values_that_are_no_text():
    assert plain(None) == "None"
    assert plain(-1.5) == r"\-1\.5"
