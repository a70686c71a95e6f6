"""Intervals against statsmodels, scipy and published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion, rates, weightstats

from analysis.stats import intervals

PAIRS = [(0, 1), (1, 1), (0, 50), (50, 50), (38, 40), (95, 100), (475, 500), (7, 9999)]
RATES = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def bounds(interval: intervals.Interval) -> tuple[float, float]:
    return float(interval.low), float(interval.high)


@pytest.mark.parametrize(("successes", "trials"), PAIRS)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_is_that_of_statsmodels(successes, trials, confidence):
    expected = proportion.proportion_confint(
        successes, trials, alpha=1 - confidence, method="wilson"
    )
    found = intervals.wilson(successes, trials, confidence=confidence)
    assert bounds(found) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(38, 40, 83.5, 98.6), (95, 100, 88.8, 97.8), (475, 500, 92.7, 96.6)],
)
def test_wilson_has_the_published_values(successes, trials, low, high):
    found = intervals.wilson(successes, trials)
    assert [round(100 * bound, 1) for bound in bounds(found)] == [low, high]


def test_newcombe_has_the_published_values():
    # Newcombe 1998, table II, method 10, first row.
    found = intervals.newcombe(56, 70, 48, 80)
    assert [round(bound, 4) for bound in bounds(found)] == [0.0524, 0.3339]


@given(first=RATES, second=RATES)
def test_newcombe_is_that_of_statsmodels(first, second):
    found = intervals.newcombe(*first, *second)
    expected = proportion.confint_proportions_2indep(
        *first, *second, method="newcomb", compare="diff"
    )
    assert bounds(found) == pytest.approx(expected, abs=1e-9)


@given(first=RATES, second=RATES)
def test_a_difference_turns_with_its_sides(first, second):
    low, high = bounds(intervals.newcombe(*first, *second))
    assert bounds(intervals.newcombe(*second, *first)) == pytest.approx((-high, -low))
    assert low <= first[0] / first[1] - second[0] / second[1] <= high


def test_mean_and_welch_are_those_of_statsmodels():
    generator = np.random.default_rng(1)
    one, two = generator.normal(3, 1, 17), generator.normal(2, 4, 40)
    first = intervals.Sample(one.mean(), one.var(ddof=1), 17)
    second = intervals.Sample(two.mean(), two.var(ddof=1), 40)
    described = weightstats.DescrStatsW(one)
    found = intervals.mean_interval(first)
    assert bounds(found) == pytest.approx(described.tconfint_mean())
    compared = weightstats.CompareMeans(described, weightstats.DescrStatsW(two))
    expected = compared.tconfint_diff(usevar="unequal")
    assert bounds(intervals.welch(first, second)) == pytest.approx(expected)


def test_ratio_of_one_is_the_mean_with_a_normal_quantile():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    found = intervals.ratio_interval(
        values.sum(),
        4,
        numerator_squares=(values**2).sum(),
        denominator_squares=4,
        products=values.sum(),
        n=4,
    )
    half = stats.norm.isf(0.025) * values.std(ddof=1) / 2
    assert bounds(found) == pytest.approx((4 - half, 4 + half))


def test_ratio_is_the_linearised_mean():
    generator = np.random.default_rng(2)
    x, y = generator.gamma(2, 5, 300), generator.integers(0, 2, 300)
    found = intervals.ratio_interval(
        x.sum(),
        y.sum(),
        numerator_squares=(x**2).sum(),
        denominator_squares=(y**2).sum(),
        products=(x * y).sum(),
        n=300,
    )
    ratio = x.sum() / y.sum()
    error = (x - ratio * y).std(ddof=1) / np.sqrt(300) / y.mean()
    half = stats.norm.isf(0.025) * error
    assert bounds(found) == pytest.approx((ratio - half, ratio + half))


@pytest.mark.parametrize("events", [0, 1, 10, 250])
def test_poisson_is_that_of_statsmodels(events):
    found = intervals.poisson_interval(events, 40.0)
    expected = rates.confint_poisson(events, 40.0, method="exact-c")
    assert bounds(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n", "fraction", "ranks"),
    [(10, 0.5, (2, 9)), (100, 0.5, (40, 61)), (100, 0.9, (84, 96)), (5, 0.5, None)],
)
def test_percentile_ranks_cover(n, fraction, ranks):
    low, high = bounds(intervals.percentile_ranks(n, fraction))
    if ranks is None:
        assert np.isnan([low, high]).all()
        return
    assert (low, high) == ranks
    covered = stats.binom.cdf(high - 1, n, fraction) - stats.binom.cdf(
        low - 1, n, fraction
    )
    assert covered >= 0.95


def test_nothing_to_estimate_from_is_nan_not_an_error():
    single = intervals.Sample(1.0, np.nan, 1)
    nothing = intervals.ratio_interval(
        1, 0, numerator_squares=1, denominator_squares=0, products=0, n=9
    )
    for found in (
        intervals.wilson(0, 0),
        intervals.newcombe(0, 0, 1, 2),
        intervals.mean_interval(single),
        intervals.welch(single, intervals.Sample(1, 1, 5)),
        nothing,
        intervals.poisson_interval(3, 0),
        intervals.percentile_ranks(0, 0.5),
    ):
        assert np.isnan(bounds(found)).all()


def test_arrays_broadcast():
    found = intervals.wilson([[1], [2]], [3, 4, 5])
    assert found.low.shape == found.high.shape == (2, 3)
