"""What the filters call of many series: the day, the side, and nothing of too few."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.trends.unforeseen import unforeseen

DAYS, FIRST, JUMP = 120, 40, 90


def series(count=20, *, due=60.0, seed=5):
    rng = np.random.default_rng(seed)
    expected = np.full((count, DAYS), due)
    return rng.poisson(expected).astype(float), expected, 10 * expected


@pytest.mark.parametrize(("factor", "side"), [(2.0, 1), (0.3, -1)])
def test_a_day_that_jumps_is_called_on_its_side(factor, side):
    tops, due, orders = series()
    tops[3, JUMP : JUMP + 2] = factor * due[3, JUMP]
    found = unforeseen(tops, due, orders, first=FIRST, false_discoveries=0.01)
    assert [(item.series, item.begin, item.end) for item in found] == [
        (3, JUMP, JUMP + 1)
    ]
    assert np.sign(found[0].z) == side == np.sign(found[0].effect)
    assert found[0].effect == pytest.approx(np.log(factor), abs=0.1)


def test_quiet_series_are_not_called():
    tops, due, orders = series(count=200)
    assert not unforeseen(tops, due, orders, first=FIRST, false_discoveries=0.001)


def test_of_too_few_orders_nothing_is_said():
    tops, due, orders = series()
    tops[3, JUMP] *= 3
    few = np.full_like(orders, 150.0)
    assert not unforeseen(tops, due, few, first=FIRST, false_discoveries=0.05)


def test_days_that_are_left_out_count_for_nothing():
    tops, due, orders = series()
    tops[3, JUMP] *= 3
    left_out = np.zeros(tops.shape, dtype=bool)
    left_out[3, JUMP] = True
    found = unforeseen(
        tops, due, orders, first=FIRST, false_discoveries=0.01, left_out=left_out
    )
    assert not found
