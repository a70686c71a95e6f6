"""Estimators on sufficient statistics are those of statsmodels on the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.strategies import arm_means
from analysis.strategies.least_squares import fit
from analysis.strategies.moments import Moments, moments_of

NEAR = 1e-9


@st.composite
def samples(draw):
    """Rows of two arms in clusters; means far from 0 beside their spread."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(60, 400))
    level = draw(st.sampled_from([0.0, 1.0, 1e4, -1e6]))
    scale = draw(st.sampled_from([1e-2, 1.0, 1e3]))
    treated = (np.arange(n) % draw(st.integers(2, 4)) == 0).astype(float)
    first = rng.integers(0, draw(st.integers(5, 30)), n)
    second = rng.integers(0, draw(st.integers(5, 12)), n)
    x = rng.normal(size=(n, 2)) @ np.array([[1, 0.3], [0, 1]]) * scale + level
    noise = rng.normal(size=n) + rng.normal(size=30)[first] * draw(st.booleans())
    y = level + scale * (noise + treated) + 0.5 * (x[:, 0] - level)
    return pd.DataFrame(
        {"y": y, "t": treated, "x1": x[:, 0], "x2": x[:, 1], "c1": first, "c2": second}
    )


def sums(rows: pd.DataFrame, by: list[str]) -> Moments:
    table = rows.rename(columns={"t": "treatment"})
    return moments_of(table, ["y", "x1", "x2"], by=by)


def near_zero(values: pd.Series) -> np.ndarray:
    """Less a round number: exact, where taking off the mean would round."""
    return (values - np.round(values.mean())).to_numpy()


def design(rows: pd.DataFrame, *names: str) -> np.ndarray:
    columns = [near_zero(rows[name]) for name in names]
    return np.column_stack([np.ones(len(rows)), rows["t"], *columns])


@settings(max_examples=40, deadline=None)
@given(samples())
def test_means_are_welch_on_the_rows(rows):
    means = arm_means.plain_means(sums(rows, ["treatment"]), "y")
    found = means.difference(1, 0, alpha=0.05)
    one, two = (DescrStatsW(near_zero(rows.y)[rows.t == arm]) for arm in (1, 0))
    _, p, df = CompareMeans(one, two).ttest_ind(usevar="unequal")
    se = CompareMeans(one, two).std_meandiff_separatevar
    assert found.effect == pytest.approx(one.mean - two.mean, rel=NEAR)
    assert (found.se, found.df) == pytest.approx((se, df), rel=NEAR)
    assert found.p_value == pytest.approx(p, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(samples(), st.sampled_from([[], ["c1"], ["c2"], ["c1", "c2"]]))
def test_regression_is_that_of_statsmodels(rows, clusters):
    moments = sums(rows, ["treatment", *clusters])
    fitted = fit(moments, "y", arm_means.arm_terms(moments, [0.0, 1.0], ["x1", "x2"]))
    model = sm.OLS(near_zero(rows["y"]), design(rows, "x1", "x2"))
    if clusters:
        groups = rows[clusters].to_numpy().squeeze()
        reference = model.fit(
            cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
        )
        covariance, df = fitted.clustered(clusters)
    else:
        reference, covariance, df = model.fit(), fitted.classical(), fitted.df
    expected = reference.df_resid_inference if clusters else reference.df_resid
    means = arm_means.means_of_fit(moments, "y", fitted, (covariance, df))
    found = means.difference(1, 0, alpha=0.05)
    assert found.effect == pytest.approx(reference.params[1], rel=NEAR)
    assert df == expected
    if reference.cov_params()[1, 1] > 0:  # two-way differences may fall below 0
        assert found.se == pytest.approx(reference.bse[1], rel=NEAR)


@settings(max_examples=30, deadline=None)
@given(samples())
def test_adjustment_within_arms_is_an_analysis_of_covariance(rows):
    moments = sums(rows, ["treatment"])
    means = arm_means.adjusted_means(moments, "y", ["x1", "x2"])
    found = means.difference(1, 0, alpha=0.05)
    reference = sm.OLS(near_zero(rows["y"]), design(rows, "x1", "x2")).fit()
    assert found.effect == pytest.approx(reference.params[1], rel=NEAR)
    slopes = reference.params[2:]
    adjusted = near_zero(rows["y"]) - design(rows, "x1", "x2")[:, 2:] @ slopes
    one, two = (DescrStatsW(adjusted[rows.t == arm]) for arm in (1, 0))
    se = CompareMeans(one, two).std_meandiff_separatevar
    factor = np.sqrt((len(rows) - 2) / (len(rows) - 4))
    assert found.se == pytest.approx(se * factor, rel=NEAR)


@settings(max_examples=30, deadline=None)
@given(samples())
def test_one_regression_per_arm_is_that_of_statsmodels(rows):
    means = arm_means.interacted_means(sums(rows, ["treatment"]), "y", ["x1", "x2"])
    found = means.difference(1, 0, alpha=0.05)
    effect, variance = 0.0, 0.0
    for arm, sign in ((1, 1), (0, -1)):
        inside = (rows["t"] == arm).to_numpy()
        columns = np.delete(design(rows, "x1", "x2"), 1, axis=1)
        reference = sm.OLS(near_zero(rows["y"])[inside], columns[inside]).fit()
        predicted = reference.get_prediction(columns.mean(axis=0))
        effect += sign * predicted.predicted_mean[0]
        variance += predicted.se_mean[0] ** 2
    assert found.effect == pytest.approx(effect, rel=NEAR)
    assert found.se == pytest.approx(np.sqrt(variance), rel=NEAR)


@settings(max_examples=30, deadline=None)
@given(samples())
def test_sums_of_finer_groups_add_up(rows):
    fine = sums(rows, ["treatment", "c1"]).total(["treatment"])
    coarse = sums(rows, ["treatment"])
    assert fine.means() == pytest.approx(coarse.means(), rel=1e-12)
    assert fine.covariances() == pytest.approx(coarse.covariances(), rel=1e-9)


def test_mixes_of_covariates_are_left_out():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"treatment": [0, 1] * 30, "y": rng.normal(size=60)})
    rows["x1"] = rng.normal(size=60)
    rows["x2"] = 3 * rows["x1"] + 2
    moments = moments_of(rows, ["y", "x1", "x2"], by=["treatment"])
    fitted = fit(moments, "y", arm_means.arm_terms(moments, [0, 1], ["x1", "x2"]))
    assert fitted.names == ("arm: 0", "arm: 1", "x1")
