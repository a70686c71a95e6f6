"""Difference in differences against published values and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.errors import DoorstepError
from analysis.strategies import Strategy, evaluate
from tests.strategies.published_data import published_data

FULL = ("age", "agesq", "intst", "land", "area", "rooms", "baths")


def panel(
    seed: int = 0, *, units: int = 60, periods: int = 8, effect: float = 1.0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit, time = (part.ravel() for part in np.mgrid[0:units, 0:periods])
    treated = (unit % 3 == 0).astype(int)
    y = rng.normal(size=units)[unit] + 0.3 * time + rng.normal(size=len(unit))
    y += effect * treated * (time >= 5) + 5
    return pd.DataFrame(
        {"unit": unit, "time": time, "g": treated, "y": y,
         "x": rng.normal(size=len(unit)), "d": rng.integers(1, 9, len(unit))}
    )  # fmt: skip


STRATEGY = {"treatment": "g", "unit": "unit", "time": "time", "start": 5}


def test_minimum_wage():
    data = published_data("card_krueger/card-krueger.csv")
    strategy = Strategy("did", "fte", treatment="nj", unit="id", time="d", start=1)
    found = evaluate(data, strategy)
    assert found.effect == pytest.approx(2.7536, abs=5e-5)
    cells = found.extra["cells"].set_index(["treated", "post"]).round(2)
    assert cells["mean"].tolist() == [23.33, 21.17, 20.44, 21.03]
    assert cells["se"].tolist() == [1.35, 0.94, 0.51, 0.52]
    both = data.dropna(subset="fte").groupby("id").filter(lambda part: len(part) == 2)
    balanced = evaluate(both, strategy)
    assert round(balanced.effect, 2) == 2.75
    assert round(balanced.se, 2) == 1.34


@pytest.mark.parametrize(
    ("covariates", "effect", "se"),
    [
        ((), -11863.90, 7456.65),
        (("age", "agesq"), -21920.27, 6359.75),
        (FULL, -14177.93, 4987.27),
    ],
)  # fmt: skip
def test_house_prices_near_an_incinerator(covariates, effect, se):
    data = published_data("did_wooldridge/kielmc.csv")
    strategy = Strategy(
        "did", "rprice", treatment="nearinc", time="year", start=1981,
        covariates=covariates,
    )  # fmt: skip
    found = evaluate(data, strategy)
    assert found.effect == pytest.approx(effect, abs=0.005)
    assert found.se == pytest.approx(se, abs=0.005)
    if covariates:
        assert found.raw.effect == pytest.approx(-11863.90, abs=0.005)


def test_organ_donations_count_nested_effects_or_not():
    data = published_data("organ_donations/organ_donation.csv")
    given = {"unit": "State", "time": "Quarter", "start": "Q32011"}
    strategy = Strategy("did", "Rate", treated="California", **given)
    found = evaluate(data, strategy)
    assert found.effect == pytest.approx(-0.02246, abs=5e-6)
    # Unit effects are nested in the clusters and not counted; counting them as
    # statsmodels does with dummies gives .0067.
    assert round(found.se, 4) == 0.0061
    twfe = evaluate(
        data, Strategy("did", "Rate", treated="California", method="twfe", **given)
    )
    assert round(twfe.se, 4) == 0.0061
    dummies = 27 + 6
    counted = twfe.se * np.sqrt((162 - 7) / (162 - dummies))
    assert round(counted, 4) == 0.0067
    # One treated state among 27: its place among the others is what can be said.
    assert found.method == "randomisation"
    assert found.p_value >= 1 / 27


def test_exposure_says_what_group_and_start_say():
    data = published_data("organ_donations/organ_donation.csv")
    after = data["Quarter"].isin(["Q32011", "Q42011", "Q12012"])
    data["exposed"] = ((data["State"] == "California") & after) * 1
    strategy = Strategy(
        "did", "Rate", treatment="exposed", unit="State", time="Quarter"
    )
    assert evaluate(data, strategy).effect == pytest.approx(-0.02246, abs=5e-6)


@pytest.mark.parametrize("method", [None, "twfe"])
def test_offline_marketing_in_the_south(method):
    data = published_data("did_facure/short_offline_mkt_south.csv")
    start = data.loc[data["post"] == 1, "date"].min()
    strategy = Strategy(
        "did", "downloads", treatment="treated", unit="city", time="date", start=start,
        method=method,
    )  # fmt: skip
    found = evaluate(data, strategy)
    assert found.effect == pytest.approx(0.6917359, abs=1e-7)
    assert found.interval[0] < 0.7660 < found.interval[1]


@pytest.mark.parametrize("covariates", [(), ("x",)])
def test_regression_is_that_of_statsmodels(covariates):
    data = panel(1)
    data = data[np.random.default_rng(0).random(len(data)) > 0.1]  # unbalanced
    found = evaluate(data, Strategy("did", "y", covariates=covariates, **STRATEGY))
    data["post"] = (data.time >= 5) * 1
    formula = "y ~ g * post" + "".join(f" + {name}" for name in covariates)
    fit = smf.ols(formula, data).fit(
        cov_type="cluster", cov_kwds={"groups": data.unit}, use_t=True
    )
    assert found.effect == pytest.approx(fit.params["g:post"], rel=1e-9)
    assert found.se == pytest.approx(fit.bse["g:post"], rel=1e-9)
    assert found.interval == pytest.approx(fit.conf_int().loc["g:post"])
    assert found.df == 59


def test_two_way_fixed_effects_are_those_of_statsmodels():
    data = panel(2, units=45)
    data = data[np.random.default_rng(0).random(len(data)) > 0.2]
    strategy = Strategy("did", "y", method="twfe", covariates="x", **STRATEGY)
    found = evaluate(data, strategy)
    data["exposed"] = data.g * (data.time >= 5)
    fit = smf.ols("y ~ exposed + x + C(unit) + C(time)", data).fit(
        cov_type="cluster", cov_kwds={"groups": data.unit}, use_t=True
    )
    assert found.effect == pytest.approx(fit.params["exposed"], rel=1e-9)
    n, units = len(data), data.unit.nunique()
    nested = np.sqrt((n - fit.df_model - 1) / (n - fit.df_model + units - 2))
    assert found.se == pytest.approx(fit.bse["exposed"] * nested, rel=1e-9)


def test_event_study_is_that_of_statsmodels():
    data = panel(3)
    found = evaluate(data, Strategy("did", "y", **STRATEGY))
    fit = smf.ols("y ~ g * C(time, Treatment(4))", data).fit(
        cov_type="cluster", cov_kwds={"groups": data.unit}, use_t=True
    )
    table = found.estimates.set_index("period")
    for period in (0, 3, 7):
        name = f"g:C(time, Treatment(4))[T.{period}]"
        assert table.loc[period, "effect"] == pytest.approx(fit.params[name])
        assert table.loc[period, "se"] == pytest.approx(fit.bse[name], rel=1e-3)
    assert table.loc[4, "effect"] == 0


def test_first_treated_time_may_stand_for_group_and_start():
    data = panel(7)
    expected = evaluate(data, Strategy("did", "y", **STRATEGY)).effect
    data["first"] = data["g"] * 5
    strategy = Strategy("did", "y", treatment="first", unit="unit", time="time")
    assert evaluate(data, strategy).effect == pytest.approx(expected)


def test_margin_and_guardrails_hold_for_every_design():
    data = panel(8)
    data["late"] = -data["y"]
    strategy = Strategy("did", "y", margin=0.2, guardrails=["late"], **STRATEGY)
    found = evaluate(data, strategy)
    assert (found.p_value < 0.025) == (found.interval[0] > -0.2)
    assert found.guardrails[0].state == "harmed"
    assert found.verdict.decision == "stop"


def test_ratio_metric_weighs_by_its_denominator():
    data = panel(4)
    data["total"] = data.y * data.d
    found = evaluate(data, Strategy("did", "total", denominator="d", **STRATEGY))
    data["post"] = (data.time >= 5) * 1
    fit = smf.wls("y ~ g * post", data, weights=data.d).fit(
        cov_type="cluster", cov_kwds={"groups": data.unit}, use_t=True
    )
    assert found.effect == pytest.approx(fit.params["g:post"], rel=1e-9)
    assert found.se == pytest.approx(fit.bse["g:post"], rel=1e-9)


def test_different_trends_before_block_the_verdict():
    data = panel(5)
    data["y"] += 0.5 * data.g * data.time
    found = evaluate(data, Strategy("did", "y", **STRATEGY))
    assert found.check("pre_trend").light == "red"
    assert found.verdict.decision == "cannot tell"


def test_parallel_trends_pass():
    alarms = [
        evaluate(panel(seed), Strategy("did", "y", **STRATEGY)).check("pre_trend").value
        for seed in range(100, 160)
    ]
    assert np.mean(np.array(alarms) < 0.05) <= 0.12


def test_sensitivity_grows_with_the_effect():
    small, large = (
        evaluate(panel(6, effect=effect), Strategy("did", "y", **STRATEGY))
        .check("pre_trend_sensitivity").value
        for effect in (1.0, 3.0)
    )  # fmt: skip
    assert 0 <= small < large


@pytest.mark.parametrize(
    ("change", "arguments", "seen"),
    [
        (lambda d: d[d.g == 1], {}, "different values: 1"),
        (lambda d: d, {"start": 99}, "leaves no period"),
        (lambda d: d, {"start": 0}, "leaves no period"),
        (lambda d: d, {"start": "2024-05-01"}, "periods look like 0"),
        (lambda d: d, {"start": None}, "not said when"),
        (lambda d: d.assign(y=1.0), {}, "is 1 in every row"),
        (lambda d: d.assign(g=d.unit % 5), {}, "5 different values"),
        (lambda d: d.assign(g=(d.time > d.unit / 9) * 1), {"start": None}, "staggered"),
        (lambda d: d.assign(time="day " + d.time.astype(str)), {}, "not a period"),
        (lambda d: d[(d.g == 0) | (d.time < 5)], {}, "0 rows"),
        (lambda d: d[d.unit < 3], {}, "3 clusters"),
    ],
)
def test_bad_input_is_said_in_a_sentence(change, arguments, seen):
    with pytest.raises(DoorstepError) as caught:
        evaluate(change(panel()), Strategy("did", "y", **STRATEGY | arguments))
    assert seen in str(caught.value)
    assert caught.value.hint
