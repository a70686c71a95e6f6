"""Shrinkage against closed forms, an independent reference and simulated coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from analysis.stats.shrinkage import beta_binomial, gamma_poisson, normal

COUNTS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=12
)


def by_hand_between(count, total, variance):
    """Kleinman's moment estimator, written out once more."""
    rate, mean = count / total, count.sum() / total.sum()
    squares = sum(n * (p - mean) ** 2 for n, p in zip(total, rate, strict=True))
    expected = (len(total) - 1) * variance
    return (squares - expected) / (total.sum() - (total**2).sum() / total.sum())


def test_the_beta_posterior_is_the_closed_form():
    count, total = np.array([3.0, 40.0, 160.0]), np.array([10.0, 400.0, 800.0])
    found = beta_binomial(count, total)
    mean = 203 / 1210
    between = by_hand_between(count, total, mean * (1 - mean))
    strength = mean * (1 - mean) / between - 1
    a, b = strength * mean + count, strength * (1 - mean) + total - count
    assert found.mean == pytest.approx(mean)
    assert found.spread**2 == pytest.approx(between)
    assert found.value == pytest.approx(a / (a + b))
    assert found.low == pytest.approx(stats.beta.ppf(0.025, a, b))
    assert found.high == pytest.approx(stats.beta.ppf(0.975, a, b))
    pulled = found.weight * count / total + (1 - found.weight) * mean
    assert found.value == pytest.approx(pulled)


def test_the_gamma_posterior_is_the_closed_form():
    count, exposed = np.array([1.0, 30.0, 90.0]), np.array([8.0, 100.0, 150.0])
    found = gamma_poisson(count, exposed)
    mean = 121 / 258
    between = by_hand_between(count, exposed, mean)
    rate = mean / between
    shape, scale = rate * mean + count, rate + exposed
    assert found.value == pytest.approx(shape / scale)
    assert found.low == pytest.approx(stats.gamma.ppf(0.025, shape, scale=1 / scale))
    assert found.high == pytest.approx(stats.gamma.ppf(0.975, shape, scale=1 / scale))


def test_the_normal_spread_and_mean_are_those_of_statsmodels():
    values = np.array([1.0, 2.5, 4.0, 3.0])
    errors = np.array([0.3, 0.5, 0.4, 1.5])
    found = normal(values, errors)
    known = combine_effects(values, errors**2, method_re="dl")
    assert found.spread**2 == pytest.approx(known.tau2)
    assert found.mean == pytest.approx(known.mean_effect_re)
    own = known.tau2 / (known.tau2 + errors**2)
    assert found.value == pytest.approx(own * values + (1 - own) * found.mean)
    half = 1.959963984540054 * errors * np.sqrt(own)
    assert found.high - found.value == pytest.approx(half)


def test_groups_that_differ_by_chance_alone_become_one():
    found = beta_binomial([10, 10, 10], [100, 100, 100])
    assert found.spread == 0
    assert found.value == pytest.approx([0.1] * 3)
    assert np.all(found.weight < 1e-5)
    assert normal([2.0, 2.1], [1.0, 1.0]).spread == 0


def test_groups_without_data_get_the_common_mean():
    rates = beta_binomial([5, 80, 0], [50, 200, 0])
    assert rates.value[2] == pytest.approx(rates.mean)
    means = normal([1.0, 9.0, np.nan], [0.1, 0.1, np.nan])
    assert means.value[2] == pytest.approx(means.mean)
    assert means.high[2] > means.high[0]


def test_nothing_at_all_is_nan_and_one_group_is_no_error():
    assert np.isnan(beta_binomial([0], [0]).value).all()
    assert beta_binomial([3], [10]).value == pytest.approx([0.3])
    assert np.isnan(normal([np.nan], [np.nan]).value).all()


@given(COUNTS)
def test_a_shrunk_rate_lies_between_its_own_and_the_mean(pairs):
    total = np.array([max(pair) for pair in pairs], dtype=float)
    count = np.array([min(pair) for pair in pairs], dtype=float)
    found = beta_binomial(count, total)
    held = total > 0
    if not held.any():
        return
    raw = count[held] / total[held]
    low = np.minimum(raw, found.mean) - 1e-9
    high = np.maximum(raw, found.mean) + 1e-9
    assert np.all((low <= found.value[held]) & (found.value[held] <= high))
    assert np.all(found.low[held] <= found.value[held] + 1e-6)
    assert np.all(found.value[held] <= found.high[held] + 1e-6)


def test_intervals_hold_what_they_promise_and_errors_shrink():
    generator = np.random.default_rng(7)
    inside, squares, raw_squares, groups = 0, 0.0, 0.0, 0
    for _ in range(200):
        truth = generator.beta(8, 72, 40)
        total = generator.integers(20, 300, 40).astype(float)
        count = generator.binomial(total.astype(int), truth).astype(float)
        found = beta_binomial(count, total)
        inside += int(((found.low <= truth) & (truth <= found.high)).sum())
        squares += float(((found.value - truth) ** 2).sum())
        raw_squares += float(((count / total - truth) ** 2).sum())
        groups += 40
    assert 0.93 <= inside / groups <= 0.97
    assert squares < 0.7 * raw_squares
