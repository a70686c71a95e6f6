"""Several looks are one family, and each of several screens has a part of the share."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from analysis.trends.screen import look, screen, shares_together, standing_out
from analysis.trends.unforeseen import outlook, surprises
from analysis.trends.windows import days_clock

DAYS, FIRST = 120, 60
CLOCK = days_clock(np.arange(DAYS) % 7)


def series(seed, count=30):
    due = np.full((count, DAYS), 60.0)
    return np.random.default_rng(seed).poisson(due).astype(float), due


def test_shares_are_those_of_one_family_times_the_screens():
    rng = np.random.default_rng(4)
    parts = [rng.beta(0.3, 3, size=(4, 6)), rng.uniform(size=9)]
    joined = np.concatenate([one.ravel() for one in parts])
    known = multipletests(joined, method="fdr_bh")[1]
    found = shares_together(parts, screens=3)
    assert [one.shape for one in found] == [(4, 6), (9,)]
    np.testing.assert_allclose(
        np.concatenate([one.ravel() for one in found]), np.minimum(3 * known, 1)
    )


def test_one_look_alone_is_the_screen():
    tops, due = series(5)
    tops[3, 80:90] *= 1.6
    alone = screen(tops, due, clock=CLOCK, first=FIRST, false_discoveries=0.05)
    seen = look(tops, due, clock=CLOCK, first=FIRST)
    assert standing_out([seen], false_discoveries=0.05) == [alone]
    assert {event.series for event in alone.events} == {3}


def test_a_share_is_so_many_times_as_large_beside_other_looks_and_screens():
    tops, due = series(5)
    tops[3, 80:90] *= 1.6
    quiet = [look(*series(seed), clock=CLOCK, first=FIRST) for seed in (6, 7)]
    loud = look(tops, due, clock=CLOCK, first=FIRST)
    alone = standing_out([loud], false_discoveries=0.5)[0].events[0]
    first, *others = standing_out([loud, *quiet], false_discoveries=0.5, screens=2)
    assert first.events[0].q_value == pytest.approx(6 * alone.q_value)
    assert not any(one.events for one in others)


def test_quiet_metrics_together_are_called_as_seldom_as_asked_for():
    """Whatever is called of noise is false: one run in twenty at a share of 5 %."""
    loud = {"windows": 0, "filters": 0}
    for run in range(60):
        parts = [series(1000 + 10 * run + place, 20) for place in range(4)]
        looks = [look(*part, clock=CLOCK, first=FIRST) for part in parts]
        seen = [outlook(*part, 10 * part[1], first=FIRST) for part in parts]
        screens = standing_out(looks, false_discoveries=0.05)
        # The filters pass on twice the share.
        events = surprises(seen, false_discoveries=0.025)
        loud["windows"] += any(one.events for one in screens)
        loud["filters"] += any(events)
    assert max(loud.values()) <= 8
    assert loud["filters"] or loud["windows"]
