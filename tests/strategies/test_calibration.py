"""Shares with their intervals, the committed figures, and the draws behind them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.strategies.calibration import Calibrated, calibrated, share_of
from benchmarks.calibrate import misses
from benchmarks.calibrate_list import CASES


@pytest.mark.parametrize(("hits", "draws"), [(0, 50), (3, 50), (50, 50), (117, 2000)])
def test_bounds_are_where_the_binomial_tail_is_half_the_rest(hits, draws):
    found = share_of(hits, draws, confidence=0.95)
    assert found.share == hits / draws
    exact = stats.binomtest(hits, draws).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    if hits:
        low = optimize.brentq(
            lambda p: stats.binom.sf(hits - 1, draws, p) - 0.025, 1e-9, 1 - 1e-9
        )
        assert found.low == pytest.approx(low, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "without", "effect", "kept"),
    [
        ("interval", 100, 100, True), ("interval", 145, 100, True),
        ("interval", 160, 100, False), ("interval", 100, 160, False),
        ("interval", 40, 100, False), ("always", 5, 5, True),
        ("always", 150, 90, False), ("guardrail", 50, 50, True),
        ("guardrail", 100, 50, False),
    ],
)  # fmt: skip
def test_a_band_is_missed_when_the_whole_interval_misses_it(
    kind, without, effect, kept
):
    line = Calibrated("ab", "x", kind, True, 2000, without, effect)
    assert line.kept is kept
    assert Calibrated("ab", "x", kind, False, 2000, without, effect).kept


def test_the_committed_figures_are_of_full_runs_and_keep_their_bands():
    lines = calibrated()
    assert lines
    assert all(line.draws >= 2000 for line in lines)
    assert all(line.kept for line in lines)
    assert {line.label for line in lines} <= {case.label for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_line_can_be_drawn(case):
    name, effect, found = misses((case.name, True, 0, 2))
    assert (name, effect) == (case.name, True)
    assert 0 <= found <= 2
    drawn = case.draw(np.random.default_rng(0), 0.0)
    assert drawn.truth == 0
    assert len(drawn.data)
