"""Texts with a number in them, and sentences side by side."""

import pytest

from analysis.words import N_
from ui import counted


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 tables are here"), (1, "1 table is here"), (1200, "1,200 tables are here")],
)
def test_one_and_many_have_their_own_texts(count, text):
    found = counted.counted(N_("1 table is here"), N_("{count} tables are here"), count)
    assert found == text


@pytest.mark.parametrize(("code", "text"), [("en", "A. B."), ("zh_CN", "A.B.")])
def test_sentences_are_joined_as_the_language_does(monkeypatch, code, text):
    monkeypatch.setattr(counted, "language", lambda: code)
    assert counted.sentences("A.", "", "B.") == text
