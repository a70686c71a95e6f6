"""Regressions with errors that hang together, against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats

from analysis.strategies.serial_errors import _correlation, _whitened, fit_serial


def fading(seed: int, n: int, left: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n + 100)
    for place in range(1, n + 100):
        noise[place] += left * noise[place - 1]
    return noise[100:]


def design(n: int, before: int) -> np.ndarray:
    t = np.arange(n)
    week = np.eye(7)[t % 7][:, 1:]
    return np.column_stack([np.ones(n), t >= before, t / n, week]).astype(float)


def dense(fading_: float, first: float, n: int) -> np.ndarray:
    row = first * fading_ ** np.maximum(np.arange(n) - 1.0, 0.0)
    row[0] = 1.0
    return linalg.toeplitz(row)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2.5), st.floats(-3, 4))
def test_whitening_is_that_of_the_whole_matrix(one, two):
    free = np.array([one, two])
    left, first = _correlation(free)
    values = np.random.default_rng(0).normal(size=(40, 3))
    white, half = _whitened(values, left, first)
    matrix = dense(left, first, 40)
    assert white.T @ white == pytest.approx(
        values.T @ np.linalg.solve(matrix, values), rel=1e-6
    )
    assert 2 * half == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_and_errors_are_those_of_the_whole_matrix(weighted):
    x, y = design(90, 60), fading(1, 90, 0.5)
    fitted = fit_serial(y, x, weighted=weighted)
    matrix = dense(*_correlation(fitted.point[1:]), 90) * np.exp(fitted.point[0])
    if weighted:
        reference = sm.GLS(y, x, sigma=matrix).fit()
        spread = np.linalg.inv(x.T @ np.linalg.solve(matrix, x))
    else:
        reference = sm.OLS(y, x).fit()
        loads = x @ np.linalg.inv(x.T @ x)
        spread = loads.T @ matrix @ loads
    assert fitted.coef == pytest.approx(reference.params, rel=1e-7, abs=1e-9)
    assert fitted.covariance() == pytest.approx(spread, rel=1e-7, abs=1e-12)


def test_the_likelihood_is_that_of_the_contrasts():
    """Restricted likelihood: that of anything orthogonal to the columns."""
    x, y = design(60, 40), fading(2, 60, 0.6)
    fitted = fit_serial(y, x)
    free = linalg.null_space(x.T)

    def reference(point: np.ndarray) -> float:
        matrix = dense(*_correlation(point[1:]), 60) * np.exp(point[0])
        return -stats.multivariate_normal(cov=free.T @ matrix @ free).logpdf(free.T @ y)

    points = [
        fitted.point,
        fitted.point + np.array([0.3, -0.2, 0.4]),
        fitted.point * 0.5,
    ]
    mine = np.array([fitted._misfit(point) for point in points])
    theirs = np.array([reference(point) for point in points])
    assert np.diff(mine) == pytest.approx(np.diff(theirs), rel=1e-6)
    assert mine[0] == min(mine)


def test_independent_errors_give_almost_the_classic_interval():
    x = design(120, 80)
    y = np.random.default_rng(3).normal(size=120)
    unit = np.eye(x.shape[1])[1]
    found = fit_serial(y, x).contrast(unit, alpha=0.05)
    classic = sm.OLS(y, x).fit()
    assert found.effect == pytest.approx(classic.params[1])
    assert found.se == pytest.approx(classic.bse[1], rel=0.35)
    assert 1.5 <= found.df <= 120 - x.shape[1]


def test_an_error_of_its_own_for_fading_shocks():
    """Misses over 80 series; the bound is the 99.9 % one of a 5 % error."""
    x = design(100, 70)
    unit = np.eye(x.shape[1])[1]
    misses = sum(
        fit_serial(fading(seed, 100, 0.6), x).contrast(unit, alpha=0.05).p_value < 0.05
        for seed in range(80)
    )
    assert misses <= stats.binom.isf(0.001, 80, 0.05)
