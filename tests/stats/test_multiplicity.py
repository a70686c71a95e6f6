"""Corrections against the paper that proposed one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.stats.multiplicity import benjamini_hochberg, bonferroni, holm

# Benjamini and Hochberg 1995, section 3.2: thrombolysis, 15 comparisons.
PAPER = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
    0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_rejections_of_the_paper():
    assert int((benjamini_hochberg(PAPER) <= 0.05).sum()) == 4
    assert int((bonferroni(PAPER) <= 0.05).sum()) == 3
    assert int((holm(PAPER) <= 0.05).sum()) == 3


@pytest.mark.parametrize("correct", [holm, bonferroni, benjamini_hochberg])
def test_tests_that_were_not_made_stay_out(correct):
    found = correct([0.01, np.nan, 0.04])
    assert np.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(correct([0.01, 0.04]))
    assert np.isnan(correct([np.nan])).all()


@pytest.mark.parametrize(
    ("correct", "method"),
    [(holm, "holm"), (bonferroni, "bonferroni"), (benjamini_hochberg, "fdr_bh")],
)
@settings(max_examples=25, deadline=None)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_corrections_are_those_of_statsmodels(correct, method, p_values):
    expected = multipletests(p_values, method=method)[1]
    assert correct(p_values) == pytest.approx(expected, abs=1e-12)
