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
