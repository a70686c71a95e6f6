"""Pooled differences against closed forms and a simulation."""

import numpy as np
import pytest

from analysis.stats.intervals import newcombe
from analysis.stats.strata import pooled_difference


def test_one_stratum_is_the_plain_difference():
    found = pooled_difference([56], [70], [48], [80])
    assert found.value == pytest.approx(56 / 70 - 48 / 80)
    bounds = newcombe(56, 70, 48, 80)
    assert found.low == pytest.approx(float(bounds.low), abs=0.02)
    assert found.high == pytest.approx(float(bounds.high), abs=0.02)


def test_strata_weigh_by_the_harmonic_size():
    a, n, c, m = ([30, 5], [50, 40], [20, 2], [60, 10])
    weights = [50 * 60 / 110, 40 * 10 / 50]
    differences = [30 / 50 - 20 / 60, 5 / 40 - 2 / 10]
    assert pooled_difference(a, n, c, m).value == pytest.approx(
        np.average(differences, weights=weights)
    )


def test_a_difference_that_is_all_mix_disappears():
    """Within each stratum the rates are equal; pooled naively they are not."""
    found = pooled_difference([80, 10], [100, 100], [8, 90], [10, 900])
    assert found.value == pytest.approx(0)
    assert found.p_value == pytest.approx(1)
    assert 90 / 200 - 98 / 910 > 0.3


def test_strata_with_one_group_alone_do_not_count():
    found = pooled_difference([3, 5], [10, 9], [4, 0], [10, 0])
    assert found == pooled_difference([3], [10], [4], [10])
    empty = pooled_difference([3], [10], [0], [0])
    assert np.isnan([empty.value, empty.low, empty.p_value]).all()


@pytest.mark.parametrize("strata", [3, 60])
def test_the_interval_covers_and_the_test_keeps_its_level(strata):
    """Few thick strata and many thin ones; 1,000 draws: a standard error of 0.7 pp."""
    rng = np.random.default_rng(4)
    size = 600 // strata
    base = rng.uniform(0.1, 0.7, strata)
    covered, rejected = 0, 0
    for _ in range(1_000):
        a, c = rng.binomial(size // 2, base + 0.1), rng.binomial(size // 2, base)
        found = pooled_difference(a, [size // 2] * strata, c, [size // 2] * strata)
        covered += found.low <= 0.1 <= found.high
        b = rng.binomial(size // 2, base)
        null = pooled_difference(b, [size // 2] * strata, c, [size // 2] * strata)
        rejected += null.p_value <= 0.05
    assert covered / 1_000 == pytest.approx(0.95, abs=0.021)
    assert rejected / 1_000 == pytest.approx(0.05, abs=0.021)
