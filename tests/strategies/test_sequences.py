"""Always-valid intervals: their p-values, and their error over many looks."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.strategies.results import Estimate
from analysis.strategies.sequences import always_valid, mixture


@pytest.mark.parametrize("z", [0.5, 2.0, 3.2, 6.0])
def test_the_p_value_is_where_the_interval_touches_zero(z):
    estimate = Estimate(z, 1.0, (0, 0), 0)
    # The mixture is fixed by alpha: keep it while the level moves.
    planned = 1000 * mixture(0.05)
    found = always_valid(estimate, n=700, planned=planned / mixture(0.05), alpha=0.05)
    if found.p_value < 1:
        other = always_valid(
            estimate, n=700, planned=1000 * mixture(found.p_value) / mixture(0.05),
            alpha=found.p_value,
        )  # fmt: skip
        assert other.interval[0] == pytest.approx(0, abs=1e-9)
    assert (found.p_value <= 0.05) == (found.interval[0] >= 0)


def test_daily_looks_keep_the_error():
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(2000, 60)).cumsum(axis=1)
    looks = np.arange(1, 61)
    wrong = np.zeros(2000, dtype=bool)
    naive = np.zeros(2000, dtype=bool)
    for look in looks:
        mean, se = steps[:, look - 1] / look, 1 / np.sqrt(look)
        half = always_valid(
            Estimate(0.0, se, (0, 0), 0), n=look, planned=30, alpha=0.05
        ).interval[1]
        wrong |= np.abs(mean) > half
        naive |= np.abs(mean) > 1.96 * se
    assert wrong.mean() < 0.05
    assert naive.mean() > 0.2
