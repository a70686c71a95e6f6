"""How surely it is told when an event began: known shares, coverage of known steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.trends.begins import SURE, likely_range
from analysis.trends.shapes import Begins, ramp_gains, span_of, step_gains

DAYS, FIRST, A_DAY = 182, 92, 12.0
RUNS = 300


def test_the_fewest_places_that_hold_the_share():
    shares = np.array([0.02, 0.3, 0.5, 0.16, 0.02])
    assert likely_range(np.log(shares)) == (1, 3)
    assert likely_range(np.log(shares), sure=0.5) == (2, 2)
    assert likely_range(np.log(shares), sure=0.51) == (1, 2)


def test_where_nothing_is_told_all_places_are_in_it():
    assert likely_range(np.zeros(9)) == (0, 8)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.floats(-9, 9))
def test_the_likeliest_place_is_in_it_and_the_unit_does_not_matter(gains, more):
    low, high = likely_range(np.array(gains))
    assert low <= int(np.argmax(gains)) <= high
    shares = np.exp(np.array(gains) - max(gains))
    assert shares[low : high + 1].sum() >= SURE * shares.sum() * (1 - 1e-9)


def spans(rates, *, begin: int, end: int, extra: float = 1.0):
    """Spans of a known shape, of days that vary so many times as Poisson's do."""
    rng = np.random.default_rng(11)
    due = np.full(DAYS, A_DAY)
    for _ in range(RUNS):
        mean = A_DAY * rates
        if extra > 1:
            shape = mean / (extra - 1)
            mean = rng.gamma(shape, (extra - 1))
        yield span_of(rng.poisson(mean).astype(float), due, begin, end, first=FIRST)


@pytest.mark.parametrize(("height", "extra"), [(0.6, 1.0), (1.0, 1.0), (1.0, 2.0)])
def test_the_range_holds_the_first_day_of_a_step_as_often_as_it_says(height, extra):
    days = np.arange(DAYS)
    shape = 1 + height * ((days >= 140) & (days <= 153))
    told = list(spans(shape, begin=140, end=153, extra=extra))
    ranges = np.array([span.begins.likely for span in told])
    held = (ranges[:, 0] <= 140) & (ranges[:, 1] >= 140)
    # Days are whole, so it holds a little more; 300 runs tell it to .013.
    assert held.mean() >= SURE - 3 * (SURE * (1 - SURE) / RUNS) ** 0.5
    assert all(low <= span.begin <= high
               for span, (low, high) in zip(told, ranges, strict=True))  # fmt: skip


def test_what_is_clear_is_told_to_the_day_and_what_is_not_is_not():
    days = np.arange(DAYS)
    widths = []
    for height in (0.6, 4.0):
        shape = 1 + height * ((days >= 140) & (days <= 153))
        ranges = [span.begins.likely for span in spans(shape, begin=140, end=153)]
        widths.append(np.mean([high - low + 1 for low, high in ranges]))
    assert widths[0] > 5
    assert widths[1] < 1.5


def test_the_range_of_a_drift_holds_its_first_day_though_it_grew_ever_faster():
    since = np.clip(np.arange(DAYS) - 129, 0, None) / 40
    told = list(spans(1 + 4 * since**1.7, begin=150, end=169))
    drifts = [span for span in told if span.shape == "drift"]
    assert len(drifts) >= 0.8 * RUNS
    held = [low <= 130 <= high for low, high in (one.begins.likely for one in drifts)]
    assert np.mean(held) >= 0.9


def test_the_gains_are_those_of_the_ratio_of_likelihoods():
    rng = np.random.default_rng(3)
    seen, due = rng.poisson(9, 20).astype(float), np.full(20, 6.0)

    def log_likelihood(mean):
        return float((seen * np.log(mean) - mean).sum())

    for begin, gain in enumerate(step_gains(seen, due)):
        mean = due.copy()
        mean[begin:] *= seen[begin:].sum() / due[begin:].sum()
        assert gain == pytest.approx(log_likelihood(mean) - log_likelihood(due))
    # The height of a ramp is taken from a grid, so a little less may be gained.
    begins = np.arange(10)
    for begin, gain in enumerate(ramp_gains(seen, due, None, begins, 1.0, curve=2.0)):
        grown = np.clip((np.arange(20) - begin + 1) / (20 - begin), 0, None) ** 2
        best = max(log_likelihood(due * (1 + height * grown))
                   for height in np.linspace(0.05, 8, 400))  # fmt: skip
        assert gain == pytest.approx(best - log_likelihood(due), abs=0.05)


def test_begins_are_counted_from_their_first_day():
    begins = Begins(100, np.log([0.01, 0.9, 0.09]))
    assert begins.best == 101
    assert begins.likely == (101, 102)
