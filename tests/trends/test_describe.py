"""The last word is with ``detect``: a day that it calls, or a whole that it sees."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.trends.describe import Sought, is_seen
from analysis.trends.explain import Candidate, Named
from analysis.trends.judging import Judge
from analysis.trends.series import Series
from analysis.trends.shapes import span_of

DAYS, FIRST, ORDERS = 182, 92, 80.0
BEGAN, ENDED = 120, 153
RUNS = 25
AS_RATE = SimpleNamespace(unit=1.0, origin=0.0)


def asked(rates, *, seed: int, begin: int = BEGAN, end: int = ENDED):
    """Whether a day is called, and whether anything is seen, of days of known rates."""
    watched = SimpleNamespace(
        many=SimpleNamespace(times=pd.date_range("2026-01-01", periods=DAYS)),
        counted=(AS_RATE,), days_off=lambda _: frozenset(),
    )  # fmt: skip
    orders = np.full(DAYS, ORDERS)
    tops = np.random.default_rng(seed).binomial(80, rates).astype(float)
    series = Series(tops, orders, orders * 0.1, np.zeros(DAYS))
    found = Candidate(metric=0, segment=(), begin=begin, end=end, z=6.0, spread=1.0,
                      q_value=0.0, effect=1.0, error=0.1)  # fmt: skip
    span = span_of(tops, series.due, begin, end, first=FIRST, orders=orders)
    judge = Judge(watched)
    (judged,) = judge.of([(found, series)])
    days = Sought(Named(found, ()), series, series, span)
    side = (judged.value > judged.expected) == (span.excess > 0)
    called = judged.is_anomaly & side
    is_called = called[max(span.begin - 1, 0) : span.end + 1].any()
    return bool(is_called), is_seen(days, judged, judge), span.shape


def grown(last: float):
    since = np.clip((np.arange(DAYS) - BEGAN + 1) / (ENDED - BEGAN + 1), 0, 1)
    return np.where(np.arange(DAYS) > ENDED, 0.1, 0.1 + (last - 0.1) * since)


def test_a_drift_that_the_band_follows_is_seen_all_the_same():
    told = [asked(grown(0.6), seed=seed) for seed in range(RUNS)]
    drifts = [item for item in told if item[2] == "drift"]
    followed = [item for item in drifts if not item[0]]
    assert len(drifts) >= RUNS - 3
    assert len(followed) >= 3
    assert all(item[1] for item in drifts)


def test_weeks_of_which_no_day_is_far_off_are_seen_by_their_level():
    days = np.arange(DAYS)
    rates = np.where((days >= BEGAN) & (days <= ENDED), 0.19, 0.1)
    told = [asked(rates, seed=seed) for seed in range(RUNS)]
    hidden = [item for item in told if not item[0]]
    assert len(hidden) >= 3
    assert sum(item[1] for item in hidden) >= len(hidden) / 2


@pytest.mark.parametrize("length", [3, 20])
def test_of_quiet_days_nothing_more_is_seen_than_is_called(length):
    rates = np.full(DAYS, 0.1)
    told = [asked(rates, seed=seed, end=BEGAN + length) for seed in range(RUNS)]
    assert sum(seen and not called for called, seen, _ in told) <= 1
    assert all(seen for called, seen, _ in told if called)
