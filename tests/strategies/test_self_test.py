"""The self-test reproduces what is printed, and would notice if it did not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.strategies.contract import DESIGNS
from analysis.strategies.self_test import PRINTED, self_test, self_test_table


@pytest.mark.parametrize(
    "one", self_test(), ids=lambda one: f"{one.title[:30]} {one.figure}"
)
def test_printed_and_computed_agree(one):
    assert one.computed == pytest.approx(one.printed, abs=one.tolerance)
    assert one.agrees


def test_every_design_is_there():
    assert len(PRINTED) >= 12
    assert {one.design for one in PRINTED} == set(DESIGNS)


def test_a_difference_beyond_rounding_does_not_agree():
    one = self_test()[0]
    assert not replace(one, computed=one.printed + 2.1 * one.tolerance).agrees
    table = self_test_table(self_test())
    assert table["agrees"].all()
    assert table["difference"].abs().max() < 0.01
