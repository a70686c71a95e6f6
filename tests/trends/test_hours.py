"""The hours of an event: those that fit its segment best, whatever stood out first."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.trends.explain import Candidate
from analysis.trends.hours import LEARNED_DAYS, likeliest, window_gain

DAY = 40
FOUND = Candidate(metric=0, segment=(), begin=DAY, end=DAY, z=6.0, spread=1.0,
                  q_value=0.0, effect=1.0, error=0.1)  # fmt: skip


def watched(factors: dict[int, float], *, seed: int = 1):
    """Sums by hour of one metric; on one day some hours have so many times as many."""
    rng = np.random.default_rng(seed)
    due = np.tile(np.where(np.arange(24) < 8, 0.0, 6.0), DAY + 2)
    usual = due * 1.5
    for hour, factor in factors.items():
        usual[DAY * 24 + hour] *= factor
    sums = rng.poisson(usual).astype(float), due * 20, due
    leaves = SimpleNamespace(series=lambda *_, **__: sums)
    return SimpleNamespace(
        metrics=("late_rate",), leaves=leaves,
        dataset=SimpleNamespace(has=lambda *_: True),
    )  # fmt: skip


@pytest.mark.parametrize("seen", [(17, 19), (19, 19), (19, 22), (18, 20)])
def test_the_hours_are_those_that_went_wrong(seen):
    wrong = watched({19: 6.0, 20: 6.0})
    assert likeliest(wrong, replace(FOUND, hours=seen)) == (19, 20)


def test_another_time_of_the_day_is_another_thing():
    wrong = watched({12: 9.0, 19: 4.0})
    assert likeliest(wrong, replace(FOUND, hours=(18, 19))) == (19, 19)


def test_what_stood_out_stays_where_nothing_fits():
    better = replace(FOUND, hours=(19, 20), z=-6.0)
    none = watched(dict.fromkeys(range(8, 24), 9.0))
    assert likeliest(none, better) == (19, 20)


def test_fewer_are_told_by_their_side():
    assert likeliest(
        watched({19: 0.0, 20: 0.0}), replace(FOUND, hours=(19, 21), z=-6.0)
    ) == (19, 20)


def test_the_gain_is_that_of_a_level_of_its_own():
    seen, expected = np.array([3.0, 9.0, 8.0, 2.0]), np.full(4, 4.0)
    told = 17 * np.log(17 / 8) - (17 - 8)
    assert window_gain(seen, expected, 1, 2, side=1.0) == pytest.approx(told)
    assert window_gain(seen, expected, 1, 2, side=-1.0) == 0
    assert LEARNED_DAYS < DAY
