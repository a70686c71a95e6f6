"""Begin and shape of an event in hindsight: known steps and ramps, in noise."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.trends.shapes import span_of

DAYS, A_DAY = 182, 20.0
RUNS = 20


def series(rng, shape):
    due = np.full(DAYS, A_DAY)
    return rng.poisson(due * shape).astype(float), due


def ramp(begin: int, height: float):
    since = np.arange(DAYS) - begin + 1.0
    return 1 + height * np.clip(since / since[-1], 0, None)


def step(begin: int, end: int, height: float):
    days = np.arange(DAYS)
    return 1 + height * ((days >= begin) & (days <= end))


def begins(shape, *, begin: int, end: int):
    rng = np.random.default_rng(5)
    return [span_of(*series(rng, shape), begin, end, first=92) for _ in range(RUNS)]


@pytest.mark.parametrize("height", [1.0, 2.0])
def test_a_drift_began_where_it_began_though_it_was_called_later(height):
    spans = begins(ramp(130, height), begin=160, end=DAYS - 1)
    assert sum(span.shape == "drift" for span in spans) >= RUNS - 3
    far = [abs(span.begin - 130) for span in spans]
    assert np.median(far) <= 5
    assert sum(days <= 10 for days in far) >= RUNS * 3 // 4


@pytest.mark.parametrize("height", [0.6, 1.5, -0.6])
def test_a_lasting_step_is_no_drift(height):
    spans = begins(step(150, DAYS, height), begin=152, end=DAYS - 1)
    assert sum(span.shape == "shift" for span in spans) >= RUNS - 2
    assert sum(abs(span.begin - 150) <= 1 for span in spans) >= RUNS * 3 // 4


def test_a_week_is_a_spike_with_begin_and_end():
    spans = begins(step(150, 156, 1.5), begin=151, end=155)
    assert {span.shape for span in spans} == {"spike"}
    assert all(abs(span.begin - 150) <= 1 for span in spans)
    assert all(abs(span.end - 156) <= 1 for span in spans)


def two_steps(begin: int, later: int, end: int, low: float, high: float):
    return step(begin, end, low) + step(later, end, high - low) - 1


def test_what_is_a_little_off_and_then_goes_bad_began_when_it_went_bad():
    spans = begins(two_steps(120, 150, 158, 0.3, 1.8), begin=125, end=158)
    assert all(span.shape != "drift" for span in spans)
    assert sum(abs(span.begin - 150) <= 1 for span in spans) >= RUNS - 2
    assert all(abs(span.end - 158) <= 1 for span in spans)


def test_one_far_day_is_no_event_within_the_event():
    shape = step(140, 160, 0.8)
    shape[150] = 4.0
    spans = begins(shape, begin=141, end=159)
    assert sum(abs(span.begin - 140) <= 1 for span in spans) >= RUNS * 3 // 4
    assert sum(abs(span.end - 160) <= 1 for span in spans) >= RUNS * 3 // 4


def test_a_drift_that_leaves_hardly_an_order_on_time_is_one_all_the_same():
    """Grown evenly in the odds, a rate rises fast and then can rise no further."""
    rng = np.random.default_rng(7)
    orders = np.full(DAYS, 90.0)
    days = np.arange(DAYS)
    grown = np.clip((days - 120 + 1) / 34, 0, None) * (days < 154)
    rate = 1 / (1 + np.exp(-(np.log(0.08 / 0.92) + 5.0 * grown)))
    due = orders * 0.08
    far, shapes = [], []
    for _ in range(RUNS):
        tops = rng.binomial(90, rate).astype(float)
        span = span_of(tops, due, 138, 152, first=92, orders=orders)
        far.append(abs(span.begin - 120))
        shapes.append(span.shape)
    assert shapes.count("drift") >= RUNS - 1
    assert sum(item <= 10 for item in far) >= RUNS - 1
