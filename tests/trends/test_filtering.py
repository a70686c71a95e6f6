"""The filters beside statsmodels, and the scales beside closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.tsa.statespace.structural import UnobservedComponents

from analysis.trends import filtering_one
from analysis.trends.changes import change_points
from analysis.trends.filtering import foretell
from analysis.trends.scales import counts, logarithmic, per_unit, plain, rates
from analysis.trends.seasons import Season, cycles
from analysis.trends.starting import start


def test_one_step_errors_are_those_of_a_local_level(monkeypatch):
    """With one filter and bounds far away it is the Kalman filter of a local level."""
    monkeypatch.setattr(filtering_one, "WALKS", (0.1,))
    monkeypatch.setattr(filtering_one, "BOUND", 1e6)
    monkeypatch.setattr(filtering_one, "NOISE_STEPS", 1e9)
    rng = np.random.default_rng(1)
    values = np.cumsum(rng.normal(0, 0.3, 400)) + rng.normal(0, 1, 400)
    found = foretell(plain(values[None, :]), (), warm_up=12, moved_after=5_000)
    model = UnobservedComponents(values, "local level")
    reference = model.smooth([1.0, 0.1]).get_prediction().predicted_mean
    ours = found.expected[0, 60:]
    assert np.corrcoef(ours, reference[60:])[0, 1] > 0.999
    assert np.abs(ours - reference[60:]).max() < 0.1


def test_noise_of_a_rate_is_binomial_on_the_arcsine_scale():
    rng = np.random.default_rng(2)
    n = np.full((1, 100_000), 400.0)
    scaled = rates(rng.binomial(400, 0.1, n.shape).astype(float), n)
    assert scaled.points.var() == pytest.approx(scaled.known[0, 0], rel=0.02)
    assert scaled.back(scaled.points).mean() == pytest.approx(0.1, abs=0.001)


def test_noise_of_events_per_unit_is_poisson_on_the_root_scale():
    rng = np.random.default_rng(3)
    n = np.full((1, 100_000), 50.0)
    scaled = per_unit(rng.poisson(150, n.shape).astype(float), n)
    assert scaled.points.var() == pytest.approx(scaled.known[0, 0], rel=0.02)
    assert scaled.back(scaled.points).mean() == pytest.approx(3, rel=0.01)


def test_orders_weigh_the_values_that_are_means_of_them():
    weights = np.array([[100.0, 100.0, 25.0, 0.0]])
    scaled = plain(np.ones((1, 4)), weights)
    assert scaled.unit[0, :3].tolist() == pytest.approx([1, 1, 3])
    assert np.isnan(scaled.points[0, 3])


def test_the_logarithm_takes_zeros_for_a_tenth_of_the_smallest():
    scaled = logarithmic(np.array([[10.0, 0.0, np.nan, 20.0]]))
    assert np.exp(scaled.points[0, :2]).tolist() == pytest.approx([10, 1])
    assert np.isnan(scaled.points[0, 2])


def test_many_series_at_once_are_each_series_alone():
    values = np.random.default_rng(4).normal(size=(5, 90))
    week = (Season(np.arange(90) % 7, 7),)
    together = foretell(plain(values), week, warm_up=21, moved_after=5)
    for row in range(5):
        alone = foretell(plain(values[[row]]), week, warm_up=21, moved_after=5)
        np.testing.assert_allclose(alone.errors[0, 21:], together.errors[row, 21:])


def test_errors_are_standard_normal_on_noise():
    values = np.random.default_rng(5).normal(10, 3, size=(300, 200))
    week = (Season(np.arange(200) % 7, 7),)
    errors = foretell(plain(values), week, warm_up=21, moved_after=5).errors[:, 100:]
    assert errors.mean() == pytest.approx(0, abs=0.02)
    assert errors.std() == pytest.approx(1, abs=0.04)
    assert (np.abs(errors) > norm.isf(0.025)).mean() == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("step", [0.0, 1.5])
def test_change_points_are_steps_that_last(step):
    rng = np.random.default_rng(6)
    values = rng.normal(0, 0.5, 160) + 0.8 * (np.arange(160) % 7 == 5)
    values[100:] += step
    found = change_points(values, lengths=(7,), shortest=5)
    near = np.flatnonzero(found)
    assert len(near) == (1 if step else 0)
    assert all(abs(place - 100) <= 1 for place in near)


def test_a_slow_drift_is_no_change_point():
    rng = np.random.default_rng(7)
    values = np.linspace(0, 3, 200) + rng.normal(0, 0.5, 200)
    assert not change_points(values, lengths=(), shortest=5).any()


@pytest.mark.parametrize("scale", ["rates", "per_unit", "count", "plain"])
def test_the_arrays_foretell_what_plain_numbers_do(scale, monkeypatch):
    rng = np.random.default_rng(1)
    shape = (20, 150)
    orders = rng.integers(0, 800, shape).astype(float)
    chance = 0.1 * np.exp(0.2 * rng.normal(size=shape))
    chance[:, 100:130] *= 1.8
    late = rng.binomial(orders.astype(int), chance).astype(float)
    orders[rng.random(shape) < 0.1] = np.nan
    orders[3] = np.nan
    made = {
        "rates": lambda: rates(late, orders),
        "per_unit": lambda: per_unit(late, orders),
        "count": lambda: counts(late + np.where(np.isnan(orders), np.nan, 0)),
        "plain": lambda: plain(np.where(np.isnan(orders), np.nan, late), None),
    }[scale]()
    found = []
    for many in (1, len(late) + 1):
        monkeypatch.setattr("analysis.trends.filtering.MANY", many)
        found.append(foretell(made, cycles((7,), 150), warm_up=21, moved_after=5))
    together, alone = found
    assert np.isfinite(alone.errors).any(axis=1).sum() == len(late) - 1
    for name in ("expected", "variance", "level", "freedom", "errors"):
        np.testing.assert_allclose(
            getattr(together, name), getattr(alone, name), rtol=1e-9, atol=1e-12
        )


def test_days_without_orders_leave_the_band_of_the_days_after_them():
    generator = np.random.default_rng(11)
    trials = np.full((20, 90), 600.0)
    events = generator.binomial(600, 0.15, trials.shape).astype(float)
    closed = trials.copy()
    closed[:, 60:64] = 0.0
    for scale in (rates, per_unit):
        whole, gap = (
            foretell(scale(events, units), cycles((7,), 90), warm_up=21, moved_after=5)
            for units in (trials, closed)
        )
        after = slice(64, 75)
        ratio = gap.variance[:, after] / whole.variance[:, after]
        # Five filters may have moved on for four days, one of them at once.
        assert np.median(ratio) < 1.1
        assert ratio.max() < 4
        one = foretell(
            scale(events[:1], closed[:1]), cycles((7,), 90), warm_up=21, moved_after=5
        )
        assert one.variance[0, after] == pytest.approx(gap.variance[0, after])


def by_hour(series, fold, days=45, seed=12):
    """Values whose variance is so many times higher at noon, and the variance."""
    hour = np.arange(24 * days) % 24
    variance = fold ** ((1 - np.cos(2 * np.pi * hour / 24)) / 2)
    noise = np.random.default_rng(seed).normal(size=(series, len(hour)))
    return 100 + noise * variance**0.5, variance


def told_by_hour(values):
    hours = cycles((24, 168), values.shape[1])
    return foretell(plain(values), hours, warm_up=336, moved_after=12)


def test_hours_that_vary_more_have_wider_bands():
    values, variance = by_hour(40, 30.0)
    found = told_by_hour(values)
    rare = found.p_values[:, 336:] < 0.05
    # With one band for all, those that vary most were called three times as often.
    assert rare.mean() == pytest.approx(0.05, abs=0.008)
    assert rare[:, variance[336:] > 10].mean() < 0.08
    assert (found.p_values[:, 336:] < 0.01).mean() < 0.016
    quiet, loud = (np.median(found.variance[:, hour::24][:, -1]) for hour in (0, 12))
    assert loud / quiet == pytest.approx(30.0, rel=0.6)


def test_hours_that_vary_alike_have_the_noise_of_all():
    values, _ = by_hour(200, 1.0, days=30)
    first = start(plain(values), cycles((24, 168), values.shape[1]), 336)
    is_alike = np.isinf(first.slot_freedom)
    # By chance one in twenty is taken for unlike.
    assert is_alike.mean() == pytest.approx(0.95, abs=0.05)
    assert (first.unit[is_alike] == 1).all()


def test_the_noise_of_an_hour_follows_a_change_of_it():
    values, variance = by_hour(30, 30.0, days=90)
    at_noon = (np.arange(values.shape[1]) % 24 == 12) & (np.arange(len(variance)) > 720)
    values[:, at_noon] = 100 + (values[:, at_noon] - 100) / 2
    ratio = told_by_hour(values).variance[:, at_noon] / 30.0
    assert np.median(ratio[:, 0]) > 0.7
    assert np.median(ratio[:, -1]) < 0.45


def test_hours_filtered_together_are_those_filtered_alone():
    values, _ = by_hour(20, 30.0, days=20)
    together = told_by_hour(values)
    for row in (0, 19):
        alone = told_by_hour(values[[row]])
        for name in ("variance", "freedom", "errors"):
            np.testing.assert_allclose(
                getattr(together, name)[row], getattr(alone, name)[0], rtol=1e-9
            )


def test_no_later_point_changes_the_noise_of_an_hour():
    values, _ = by_hour(1, 30.0, days=30)
    whole, part = told_by_hour(values), told_by_hour(values[:, : 24 * 25 + 5])
    np.testing.assert_allclose(
        whole.variance[:, : 24 * 25 + 5], part.variance, rtol=1e-9
    )


def test_missing_points_take_the_variance_of_the_point_before():
    trials = np.array([[0.0, 100.0, 0.0, 400.0], [0.0, 0.0, 0.0, 0.0]])
    known = per_unit(np.zeros_like(trials), trials).known
    assert known[0].tolist() == [1 / 400, 1 / 400, 1 / 400, 1 / 1600]
    assert known[1].tolist() == [1.0] * 4
