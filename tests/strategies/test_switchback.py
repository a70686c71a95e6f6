"""Switchbacks against definitions and simulated truths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.errors import DoorstepError
from analysis.strategies import Strategy, evaluate


def switches(
    seed: int = 0, *, units: int = 1, periods: int = 480, block: int = 4,
    effects: tuple[float, ...] = (1.0, 0.6, 0.4),
) -> pd.DataFrame:  # fmt: skip
    rng = np.random.default_rng(seed)
    parts = []
    for unit in range(units):
        drawn = rng.integers(0, 2, periods // block + 1)
        on = np.repeat(drawn, block)[:periods]
        noise = rng.normal(size=periods + 30)
        for i in range(1, periods + 30):
            noise[i] += 0.4 * noise[i - 1]
        y = 10 + rng.normal() + noise[30:]
        for lag, effect in enumerate(effects):
            y[lag:] += effect * on[: periods - lag]
        parts.append(
            pd.DataFrame({"zone": unit, "hour": np.arange(periods), "on": on, "y": y})
        )
    return pd.concat(parts, ignore_index=True)


GIVEN = {"treatment": "on", "time": "hour", "unit": "zone"}


@pytest.mark.parametrize("units", [1, 8, 45])
def test_the_lag_model_finds_the_whole_effect(units):
    data = switches(1, units=units, periods=960 if units == 1 else 240)
    found = evaluate(data, Strategy("switchback", "y", lags=2, **GIVEN))
    assert found.interval[0] < 2 < found.interval[1]
    assert found.effect == pytest.approx(found.estimates["effect"].sum())
    assert found.raw.effect < found.effect
    assert found.extra["bias"] == pytest.approx(found.raw.effect - found.effect)
    assert found.check("carry_over").light == "amber"
    assert found.check("longer_carry_over").light != "red"


def test_the_sum_of_lags_knows_their_covariance():
    data = switches(2)
    found = evaluate(data, Strategy("switchback", "y", lags=1, **GIVEN))
    data["before"] = data["on"].shift(1)
    data["stretch"] = data["hour"] // 16
    part = data.dropna()
    fit = smf.ols("y ~ on + before", part).fit(
        cov_type="cluster", cov_kwds={"groups": part["stretch"]}, use_t=True
    )
    total = fit.t_test("on + before = 0")
    assert found.effect == pytest.approx(float(total.effect[0]), rel=1e-9)
    assert found.se == pytest.approx(float(total.sd[0, 0]), rel=0.01)


def test_coverage_with_carry_over():
    strategy = Strategy("switchback", "y", lags=2, **GIVEN)
    found = [evaluate(switches(seed), strategy) for seed in range(60)]
    inside = [one.interval[0] < 2 < one.interval[1] for one in found]
    assert np.mean(inside) >= 0.85
    naive = [one.raw.interval[0] < 2 < one.raw.interval[1] for one in found]
    assert np.mean(naive) < np.mean(inside)


def test_no_effect_is_seldom_called():
    strategy = Strategy("switchback", "y", **GIVEN)
    calls = [
        evaluate(switches(seed, effects=(0.0,)), strategy).p_value < 0.05
        for seed in range(60)
    ]
    assert np.mean(calls) <= 0.15


def test_horvitz_thompson_is_its_definition():
    data = switches(3, periods=60)
    strategy = Strategy(
        "switchback", "y", method="horvitz_thompson", lags=2, block=4, **GIVEN
    )
    found = evaluate(data, strategy)
    on, y = data["on"].to_numpy(), data["y"].to_numpy()
    parts = []
    for t in range(2, 60):
        window = on[t - 2 : t + 1]
        drawn = len({(t - lag) // 4 for lag in range(3)})
        chance = 0.5**drawn
        parts.append(y[t] * (window.all() / chance - (1 - window).all() / chance))
    assert found.effect == pytest.approx(np.mean(parts))


@pytest.mark.parametrize("method", ["horvitz_thompson", "hajek"])
def test_weighting_by_chance_is_centred_on_the_truth(method):
    strategy = Strategy("switchback", "y", method=method, lags=2, block=4, **GIVEN)
    found = [evaluate(switches(seed, periods=960), strategy) for seed in range(60)]
    effects = np.array([one.effect for one in found])
    assert abs(effects.mean() - 2) < 3 * effects.std() / np.sqrt(60)
    assert np.mean([one.se for one in found]) == pytest.approx(effects.std(), rel=0.35)


def test_washout_drops_what_carries_over():
    data = switches(4, periods=2000, block=8)
    found = evaluate(data, Strategy("switchback", "y", washout=2, **GIVEN))
    assert found.method == "washout"
    assert found.interval[0] < 2 < found.interval[1]


def test_blocks_are_read_from_the_switches():
    found = evaluate(switches(5), Strategy("switchback", "y", **GIVEN))
    assert found.extra["block"] == 4


def test_carry_over_that_reaches_farther_blocks_the_verdict():
    data = switches(6, periods=2000, effects=(1.0, 1.0, 1.0, 1.0))
    found = evaluate(data, Strategy("switchback", "y", lags=1, **GIVEN))
    assert found.check("longer_carry_over").light == "red"
    assert found.verdict.decision == "cannot tell"


def test_orders_are_put_together_by_unit_and_period():
    data = switches(7)
    twice = pd.concat([data.assign(y=data.y - 1), data.assign(y=data.y + 1)])
    one = evaluate(data, Strategy("switchback", "y", **GIVEN))
    two = evaluate(twice, Strategy("switchback", "y", **GIVEN))
    assert two.effect == pytest.approx(one.effect)


@pytest.mark.parametrize(
    ("change", "arguments", "seen"),
    [
        (lambda d: d.assign(on=1), {}, "1 different values"),
        (lambda d: d.assign(on=np.arange(len(d)) % 3), {}, "3 different values"),
        (lambda d: pd.concat([d, d.assign(on=1 - d.on)]), {}, "both on and off"),
        (lambda d: d.assign(on=d.hour % 2)[:9], {}, "9 units and periods"),
        (lambda d: d.assign(y=2.0), {}, "is 2 in every period"),
        (lambda d: d[:30], {"lags": 20}, "periods are left"),
        (lambda d: d, {"method": "washout"}, "washout="),
        (lambda d: d, {"method": "spell"}, "no method named"),
        (lambda d: d, {"method": "ht", "propensity": 2.0}, "propensity is 2.0"),
    ],
)  # fmt: skip
def test_bad_input_is_said_in_a_sentence(change, arguments, seen):
    with pytest.raises(DoorstepError) as caught:
        evaluate(change(switches()), Strategy("switchback", "y", **GIVEN | arguments))
    assert seen in str(caught.value)
    assert caught.value.hint


def test_units_that_never_switch_are_another_design():
    data = pd.concat([switches(8).assign(on=1), switches(9).assign(on=0, zone=1)])
    with pytest.raises(DoorstepError) as caught:
        evaluate(data, Strategy("switchback", "y", **GIVEN))
    assert "A/B test" in str(caught.value)


def test_the_evening_before_is_not_the_hour_before():
    data = switches(4, units=12, periods=480, block=3)
    open_hours = data[data["hour"] % 24 >= 12]
    found = evaluate(open_hours, Strategy("switchback", "y", lags=2, block=3, **GIVEN))
    data["one"] = data.groupby("zone")["on"].shift(1)
    data["two"] = data.groupby("zone")["on"].shift(2)
    part = data[data["hour"] % 24 >= 14]
    fit = smf.ols("y ~ on + one + two + C(zone) + C(hour)", part).fit()
    total = fit.params[["on", "one", "two"]].sum()
    assert found.effect == pytest.approx(float(total), rel=1e-9)
    assert found.interval[0] < 2 < found.interval[1]


def test_times_of_the_clock_keep_their_gaps():
    data = switches(4, units=12, periods=480, block=3)
    dated = data.assign(
        hour=pd.Timestamp("2026-03-02") + pd.to_timedelta(data["hour"], "h")
    )
    strategy = Strategy("switchback", "y", lags=2, block=3, **GIVEN)
    kept = (data["hour"] % 24 >= 12).to_numpy()
    assert evaluate(dated[kept], strategy).effect == pytest.approx(
        evaluate(data[kept], strategy).effect, rel=1e-12
    )
