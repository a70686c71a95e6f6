"""Sentences of errors in the user's language, with the words in them."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataProblem, UnknownName
from analysis.orders import stage
from tests.orders.staging_help import upload
from ui import errors
from ui.texts import catalogue


@pytest.fixture(autouse=True)
def chinese(monkeypatch):
    monkeypatch.setattr(errors, "language", lambda: "zh_CN")


def test_a_word_of_doorstep_inside_a_sentence_is_translated(workspace):
    with pytest.raises(DataProblem) as caught:
        stage(upload("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(99)), workspace=workspace)
    problem = errors.safe_sentences(caught.value)[0]
    assert catalogue("zh_CN")["a picture (PNG)"].split("（")[0] in problem
    assert "picture" not in problem


def test_what_users_wrote_stays_though_it_is_a_word_of_doorstep():
    error = UnknownName.of("dimension", "open", ["orders"])
    problem = errors.safe_sentences(error)[0]
    assert "'open'" in problem
    assert "dimension" not in problem


def test_numbers_keep_their_format():
    error = DataProblem("{share:.0%} of {rows:,}", share=0.5, rows=1200)
    assert errors.safe_sentences(error) == ("50% of 1,200",)
    error = DataProblem("{seen:g} of {rows:,}", seen=np.float32(2), rows=np.int64(1200))
    assert errors.safe_sentences(error) == ("2 of 1,200",)


@pytest.mark.parametrize("kind", errors.KINDS)
def test_every_kind_of_name_has_a_translation(kind):
    assert catalogue("zh_CN")[kind] != kind
