"""Nothing is said that is inside the noise: shares of claims about pure noise."""

import numpy as np
import pandas as pd
import pytest

from analysis.stats.intervals import newcombe, wilson
from analysis.trends import detect
from analysis.trends.words import (
    ERROR,
    clear_change,
    margin,
    stands_out,
    unusual_steps,
)

WORLDS = 2_000


def allowed(worlds):
    """The stated share and three errors of its own simulation."""
    return ERROR + 3 * np.sqrt(ERROR * (1 - ERROR) / worlds)


@pytest.mark.parametrize("groups", [1, 4, 12, 60])
def test_no_group_of_noise_stands_out(groups):
    generator = np.random.default_rng(groups)
    n = generator.integers(100, 3_000, (WORLDS, groups))
    late = generator.binomial(n, 0.1)
    said = 0
    for events, orders in zip(late, n, strict=True):
        bounds = wilson(events, orders)
        pairs = list(zip(bounds.low, bounds.high, strict=True))
        whole = events.sum() / orders.sum()
        said += (
            stands_out(events / orders, pairs, whole, is_lower_better=True) is not None
        )
    assert said / WORLDS <= allowed(WORLDS)


def test_no_change_of_noise_is_told():
    generator = np.random.default_rng(5)
    n = generator.integers(200, 5_000, (2, WORLDS))
    late = generator.binomial(n, 0.12)
    bounds = newcombe(late[0], n[0], late[1], n[1])
    change = late[0] / n[0] - late[1] / n[1]
    said = [
        clear_change(*item)
        for item in zip(change, bounds.low, bounds.high, strict=True)
    ]
    assert np.mean(said) <= allowed(WORLDS)


def test_days_of_noise_are_hardly_ever_told():
    generator = np.random.default_rng(11)
    worlds, said = 150, 0
    for _ in range(worlds):
        orders = generator.poisson(1_500, 140)
        frame = pd.DataFrame({"period": pd.date_range("2026-01-01", periods=140)})
        frame["late"], frame["orders"] = generator.binomial(orders, 0.1), orders
        judged = detect(frame, numerator="late", denominator="orders").tail(28)
        said += len(unusual_steps(judged)) > 0
    assert said / worlds <= allowed(worlds)


def test_what_is_clear_is_told():
    assert clear_change(0.05, 0.03, 0.07)
    assert not clear_change(0.05, 0.01, 0.09)
    values, pairs = [0.1, 0.3, 0.2], [(0.09, 0.11), (0.28, 0.32), (0.18, 0.22)]
    assert stands_out(values, pairs, 0.12, is_lower_better=True) == 1
    assert stands_out(values, pairs, 0.25, is_lower_better=False) == 0
    assert stands_out([], [], 0.1, is_lower_better=True) is None
    assert margin(12) > margin(2) > 1
