"""Plans against published sizes and against what really happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DoorstepError
from analysis.strategies import (
    Strategy,
    evaluate,
    matched_assignment,
    plan,
    switchback_calendar,
)
from analysis.strategies.planning import (
    Aim,
    detectable_effect,
    power_of,
    rule_of_thumb,
    sample_size,
)

ITS = Strategy("its", "y", time="day", start=30)
USUAL = Aim(None, 0.5, 0.05, 0.8)


def history(seed: int = 0, *, units: int = 20, periods: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit, day = (part.ravel() for part in np.mgrid[0:units, 0:periods])
    x = rng.normal(size=len(unit))
    common = rng.normal(size=periods)[day]
    y = 30 + rng.normal(size=units)[unit] + common + x + rng.normal(size=len(unit))
    return pd.DataFrame({"unit": unit, "day": day, "y": y, "x": x, "d": 1 + unit % 3})


def test_published_size():
    assert rule_of_thumb(0.05 * 0.95, 0.05 * 0.05) == 121_600
    exact = sample_size(0.05 * 0.95, 0.0025, USUAL)
    assert exact == pytest.approx(121_600, rel=0.02)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_size_power_and_detectable_effect_agree(share):
    aim = Aim(None, share, 0.05, 0.9)
    n = sample_size(4.0, 0.3, aim) / share
    assert power_of(4.0, n, 0.3, aim) == pytest.approx(0.9, abs=0.002)
    assert detectable_effect(4.0, n, aim) == pytest.approx(0.3, rel=0.002)


def test_planned_power_is_what_happens():
    rng = np.random.default_rng(1)
    past = pd.DataFrame({"y": rng.normal(5, 2, 4000)})
    strategy = Strategy("ab", "y", treatment="arm", smallest_effect=0.4)
    found = plan(past, strategy)
    calls = []
    for seed in range(200):
        draw = np.random.default_rng(seed)
        arm = np.repeat([0, 1], int(found.n_per_arm))
        data = pd.DataFrame({"arm": arm, "y": draw.normal(5, 2, len(arm)) + 0.4 * arm})
        calls.append(evaluate(data, strategy).p_value < 0.05)
    assert np.mean(calls) == pytest.approx(0.8, abs=0.1)


def test_covariates_save_rows_and_clusters_cost_them():
    past = history(2)
    plain = plan(past, Strategy("ab", "y", treatment="arm"), effect=0.2)
    saved = plan(past, Strategy("ab", "y", treatment="arm", covariates="x"), effect=0.2)
    cost = plan(past, Strategy("ab", "y", treatment="arm", unit="unit"), effect=0.2)
    assert saved.n < plain.n < cost.n
    assert saved.gain == pytest.approx(0.25, abs=0.08)
    assert plain.curve["power"].is_monotonic_increasing


def test_days_follow_from_rows_a_day():
    strategy = Strategy("ab", "y", treatment="arm", time="day")
    found = plan(history(3), strategy, relative_effect=0.01)
    assert found.days == np.ceil(found.n / 20)
    assert found.effect == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy("did", "y", treatment="g", unit="unit", time="day"),
        Strategy("staggered", "y", treatment="g", unit="unit", time="day"),
        Strategy("switchback", "y", treatment="g", unit="unit", time="day", lags=1),
        Strategy("synthetic_control", "y", treatment="g", unit="unit", time="day"),
        ITS,
    ],
    ids=lambda strategy: strategy.design,
)
def test_other_designs_are_simulated(strategy):
    found = plan(history(4), strategy, effect=8.0, periods=[7, 14], draws=100)
    assert found.method == "simulation"
    assert found.days in (7, 14)
    assert found.power >= 0.8
    assert 0 < found.detectable < 8
    small = plan(history(4), strategy, effect=1e-4, periods=[7], draws=100)
    assert small.power < 0.3
    assert small.days == np.inf


def test_simulated_power_of_a_panel_is_what_the_formula_says():
    rng = np.random.default_rng(5)
    unit, day = (part.ravel() for part in np.mgrid[0:40, 0:60])
    past = pd.DataFrame({"unit": unit, "day": day, "y": rng.normal(size=2400)})
    strategy = Strategy("did", "y", treatment="g", unit="unit", time="day")
    found = plan(past, strategy, periods=[10], draws=2000)
    # Two means of 200 rows before, two after, all independent.
    error = np.sqrt(4 * 1 / 200)
    assert found.detectable == pytest.approx((1.96 + 0.8416) * error, rel=0.1)


def test_calendar_is_drawn_by_blocks():
    table = switchback_calendar(["a", "b"], start="2024-05-01", days=14, block_hours=6)
    assert len(table) == 2 * 14 * 4
    assert table["to"].max() == pd.Timestamp("2024-05-15")
    assert 0.3 < table["on"].mean() < 0.7


def test_matched_units_are_alike():
    rng = np.random.default_rng(6)
    units = pd.DataFrame({"city": range(24), "size": rng.lognormal(size=24)})
    table = matched_assignment(units, unit="city", by=["size"])
    assert (table.groupby("group")["arm"].nunique() == 2).all()
    means = units.assign(arm=table["arm"]).groupby("arm")["size"].mean()
    assert abs(means.diff().iloc[-1]) < units["size"].std()


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ({"share": 1.0}, "share is 1.0"),
        ({"power": 0}, "power is 0"),
        ({"strategy": ITS, "periods": [99]}, "60"),
    ],
)
def test_bad_input_is_said_in_a_sentence(arguments, seen):
    given = {"strategy": Strategy("ab", "y", treatment="arm")} | arguments
    with pytest.raises(DoorstepError) as caught:
        plan(history(), **given)
    assert seen in str(caught.value)
