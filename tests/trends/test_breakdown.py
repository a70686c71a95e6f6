"""Excess and shrinkage of groups, counted by hand; they sum to nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics import Period, measure
from analysis.trends.breakdown import ranked


def frame_of(pairs, metric="late_rate"):
    num, n = np.array(pairs, dtype=float).T
    with np.errstate(invalid="ignore", divide="ignore"):
        value = num / n
    return pd.DataFrame(
        {
            metric: value, f"{metric}_num": num, f"{metric}_n": n,
            f"{metric}_low": value * 0.9, f"{metric}_high": value * 1.1,
        }
    )  # fmt: skip


def test_excess_is_what_would_not_be_at_the_value_of_the_whole():
    frame = frame_of([(30, 100), (10, 100)])
    found = ranked(frame, "late_rate", 40 / 200)
    assert found["excess"].tolist() == pytest.approx([10, -10])
    assert found["excess_low"].tolist() == pytest.approx([7, -11])
    assert found["shrunk"].between(0.1, 0.3).all()


def test_excess_is_for_the_worse_where_higher_is_better():
    found = ranked(
        frame_of([(70, 100), (90, 100)], "on_time_rate"), "on_time_rate", 0.8
    )
    assert found["excess"].tolist() == pytest.approx([10, -10])
    assert (found["excess_low"] <= found["excess_high"]).all()


def test_counts_and_percentiles_have_neither():
    found = ranked(frame_of([(70, 100)], "orders"), "orders", 70)
    assert found[["excess", "shrunk"]].isna().all(axis=None)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(50, 900)), min_size=1, max_size=20
    )
)
def test_excess_sums_to_nothing(pairs):
    frame = frame_of(pairs)
    whole = frame["late_rate_num"].sum() / frame["late_rate_n"].sum()
    assert ranked(frame, "late_rate", whole)["excess"].sum() == pytest.approx(
        0, abs=1e-6
    )


def test_on_the_sample_world_it_adds_up_for_every_kind(sample_world):
    days = Period(*sample_world.dataset.period)
    for metric in ("late_rate", "delivery_minutes", "contact_rate"):
        frame = measure(sample_world.dataset, metric, by="zone", period=days)
        whole = measure(sample_world.dataset, metric, period=days)[metric][0]
        found = ranked(frame, metric, whole)
        scale = frame[f"{metric}_num"].sum()
        assert abs(found["excess"].sum()) < 1e-6 * scale
        assert found["shrunk_low"].le(found["shrunk"]).all()
        assert found["weight"].between(0, 1).all()
