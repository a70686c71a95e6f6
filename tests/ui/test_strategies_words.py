"""Sentences of strategies: figures with the metric's unit, p-values as written."""

import math

import pytest

from analysis.strategies.results import text
from ui.strategies.words import confidence_text, p_text, said

MOVED = "Neighbours moved by {change:.3g} (p = {p:.2g})."


@pytest.mark.parametrize(
    ("metric", "change", "p_value", "written"),
    [
        ("delivery_minutes", -0.109, 1.6e-42, "moved by −0.1 min (p < 0.001)."),
        ("late_rate", 0.0123, 0.004, "moved by +1.2 pp (p 0.004)."),
        ("", -0.109, 0.2, "moved by -0.109 (p 0.20)."),
    ],
)
def test_figures_have_the_unit_of_the_metric(metric, change, p_value, written):
    sentence = said(text(MOVED, change=change, p=p_value), metric=metric)
    assert sentence.replace("\u00a0", " ").endswith(written)


def test_shares_and_counts_stay_as_they_are():
    sentence = text("{change:+.2%} of {n:,.0f} rows, {other:.3g}", change=0.01, n=1e3,
                    other=0.5)  # fmt: skip
    assert said(sentence, metric="delivery_minutes") == "+1.00% of 1,000 rows, 0.5"


def test_a_sentence_within_a_sentence_has_units_too():
    inner = text("the effect is {effect:.4g}", effect=0.02)
    found = said(
        text("{name}: {sentence}", name="x", sentence=inner), metric="late_rate"
    )
    assert found.replace("\u00a0", " ") == "x: the effect is +2.0 pp"


def test_no_p_value_is_said_to_be_missing():
    assert p_text(math.nan) == "–"


@pytest.mark.parametrize(("alpha", "written"), [(0.05, "95 %"), (0.001, "99.9 %")])
def test_how_much_an_interval_covers(alpha, written):
    assert confidence_text(alpha) == written
