"""Interrupted time series against published values and simulated truths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import DoorstepError
from analysis.strategies import Strategy, evaluate
from analysis.strategies.designs import estimate
from analysis.strategies.its_models import newey_west
from analysis.strategies.study import read_study
from tests.strategies.published_data import published_data


def series(seed: int = 0, *, n: int = 90, effect: float = 3.0, phi: float = 0.4):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n + 50)
    for i in range(1, n + 50):
        noise[i] += phi * noise[i - 1]
    t = np.arange(n)
    y = 40 + noise[50:] + effect * (t >= 60) + 2 * np.sin(2 * np.pi * t / 7)
    dates = pd.date_range("2023-01-01", periods=n)
    return pd.DataFrame({"t": t, "day": dates, "y": y, "d": rng.integers(50, 99, n)})


def test_seat_belts():
    data = published_data("its_seatbelts/Seatbelts.csv")
    data["y"], data["petrol"] = np.log(data["drivers"]), np.log(data["PetrolPrice"])
    start = data.loc[data["law"] == 1, "rownames"].min()
    strategy = Strategy(
        "its", "y", time="rownames", start=start, season=12, covariates="petrol"
    )
    found = evaluate(data, strategy)
    assert found.effect == pytest.approx(-0.23759, abs=5e-6)
    table = found.estimates.set_index("term")
    assert table.loc["petrol", "effect"] == pytest.approx(-0.27674, abs=5e-6)


@pytest.mark.parametrize("method", [None, "level"])
def test_nile(method):
    data = published_data("its_nile/Nile.csv")
    found = evaluate(
        data, Strategy("its", "value", time="time", start=1899, method=method)
    )
    levels = found.extra["level_before_after"].set_index("when")["mean"]
    assert levels.round(2).tolist() == [1097.75, 849.97]
    assert round(found.effect, 2) == -247.78
    assert found.baseline == pytest.approx(1097.75, abs=0.005)
    assert found.relative == pytest.approx(-247.78 / 1097.75, abs=1e-4)


def test_newey_west_errors_of_investment():
    data = published_data("newey_west/Investment.csv").dropna()
    columns = sm.add_constant(data[["RealGNP", "RealInt"]]).to_numpy()
    outcome = data["RealInv"].to_numpy()
    fit = newey_west(outcome, columns, lags=4, corrected=False)
    assert fit.bse == pytest.approx([18.958298, 0.016751, 3.342375], abs=5e-7)


@pytest.mark.parametrize("method", [None, "segmented", "level", "arima"])
def test_every_method_finds_a_step(method):
    found = evaluate(
        series(1), Strategy("its", "y", time="day", start="2023-03-02", method=method)
    )
    assert found.interval[0] < 3 < found.interval[1]
    assert found.p_value < 0.05
    assert "weekly season" in str(found.notes[0])
    gap = found.series["difference"].to_numpy()[60:]
    assert gap.mean() == pytest.approx(found.effect, abs=0.6)


def test_no_effect_is_seldom_called():
    strategy = Strategy("its", "y", time="t", start=60, season=7)
    calls = [
        estimate(
            read_study(series(seed, effect=0.0), strategy, alpha=0.05, seed=0)
        ).p_value
        < 0.05
        for seed in range(40)
    ]
    assert np.mean(calls) < 0.2


def test_segmented_regression_is_that_of_statsmodels():
    data = series(2)
    found = evaluate(
        data, Strategy("its", "y", time="t", start=60, method="segmented", lags=3)
    )
    t = data["t"].to_numpy()
    columns = np.column_stack(
        [np.ones(90), t >= 60, np.maximum(t - 60, 0), t - 60]
    ).astype(float)
    fit = sm.OLS(data["y"].to_numpy(), columns).fit(
        cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True}, use_t=True
    )
    table = found.estimates.set_index("term")
    assert table["effect"].to_numpy() == pytest.approx(fit.params[[0, 1, 2, 3]])
    assert table["se"].to_numpy() == pytest.approx(fit.bse)
    mean = fit.t_test([0, 1, np.arange(30).mean(), 0])
    assert found.effect == pytest.approx(float(mean.effect[0]))
    assert found.se == pytest.approx(float(mean.sd[0, 0]))


def test_rates_are_those_of_a_quasi_poisson_regression():
    rng = np.random.default_rng(3)
    t = np.arange(60)
    people = rng.integers(900, 1100, 60)
    rate = 0.2 * np.exp(-0.15 * (t >= 36))
    data = pd.DataFrame({"t": t, "hits": rng.poisson(people * rate), "people": people})
    strategy = Strategy(
        "its", "hits", denominator="people", time="t", start=36, method="poisson"
    )
    found = evaluate(data, strategy)
    columns = np.column_stack([np.ones(60), t >= 36, t]).astype(float)
    fit = sm.GLM(
        data["hits"], columns, family=sm.families.Poisson(), offset=np.log(people)
    ).fit(scale="X2")
    assert found.relative == pytest.approx(np.exp(fit.params.iloc[1]) - 1)
    assert found.relative_interval[0] < np.exp(-0.15) - 1 < found.relative_interval[1]
    assert found.interval[0] < found.effect < found.interval[1]
    assert (found.p_value < 0.05) == (found.interval[1] < 0)
    shares = Strategy(
        "its", "hits", denominator="people", time="t", start=36, method="quasi_binomial"
    )
    assert evaluate(data, shares).effect == pytest.approx(found.effect, rel=0.05)


def test_rows_of_one_period_are_put_together():
    data = series(4)
    twice = pd.concat([data.assign(y=data.y - 1), data.assign(y=data.y + 1)])
    given = {"time": "t", "start": 60}
    one = evaluate(data, Strategy("its", "y", **given))
    two = evaluate(twice, Strategy("its", "y", **given))
    assert two.effect == pytest.approx(one.effect)


def test_false_starts_block_the_verdict():
    rng = np.random.default_rng(5)
    t = np.arange(120)
    data = pd.DataFrame({"t": t, "y": 0.004 * t**2 + rng.normal(size=120)})
    found = evaluate(data, Strategy("its", "y", time="t", start=90, method="level"))
    assert found.check("placebo_dates").light == "red"
    assert found.verdict.decision == "cannot tell"


def test_it_says_what_it_cannot_rule_out():
    found = evaluate(series(6), Strategy("its", "y", time="day", start="2023-03-02"))
    assert "Without a control" in str(found.notes[-1])
    assert found.check("season_overlap").light == "amber"


@pytest.mark.parametrize(
    ("change", "arguments", "seen"),
    [
        (lambda d: d, {"start": 500}, "leaves no period"),
        (lambda d: d, {"start": 3}, "3 periods before"),
        (lambda d: d, {"start": "soon"}, "periods look like 0"),
        (lambda d: d.assign(y=1.0), {}, "is 1 in every period"),
        (lambda d: d, {"season": 50}, "do not hold 2 cycles"),
        (
            lambda d: d.assign(s=(d.t >= 60) * 1),
            {"covariates": "s"},
            "repeat the start",
        ),
        (lambda d: d.assign(y=-d.y), {"method": "poisson"}, "A count is -"),
        (lambda d: d, {"method": "quasi_binomial"}, "A share is"),
        (lambda d: d, {"method": "tarot"}, "no method named"),
    ],
)
def test_bad_input_is_said_in_a_sentence(change, arguments, seen):
    given = {"time": "t", "start": 60} | arguments
    with pytest.raises(DoorstepError) as caught:
        evaluate(change(series()), Strategy("its", "y", **given))
    assert seen in str(caught.value)
    assert caught.value.hint


def test_the_effect_alone_is_that_of_the_evaluation():
    strategy = Strategy("its", "y", time="t", start=60, season=7, method="segmented")
    found = evaluate(series(7), strategy)
    alone = estimate(read_study(series(7), strategy, alpha=0.05, seed=0))
    assert alone == found.finding.estimate


def test_newey_west_is_there_by_name():
    given = {"time": "t", "start": 60}
    one = evaluate(series(8), Strategy("its", "y", method="newey_west", **given))
    two = evaluate(series(8), Strategy("its", "y", method="segmented", **given))
    assert one.effect == pytest.approx(two.effect)
    lags = evaluate(
        series(8), Strategy("its", "y", method="segmented", lags=3, **given)
    )
    assert one.se == pytest.approx(lags.se)
    assert two.se > one.se
