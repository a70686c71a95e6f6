"""Staggered roll-outs against published values, truths and slow references."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import binomtest

from analysis.errors import DoorstepError
from analysis.strategies import Strategy, evaluate
from analysis.strategies.doubly_robust import difference, doubly_robust
from tests.strategies.published_data import published_data

COLUMNS = {"treatment": "first", "unit": "unit", "time": "time"}


def panel(seed: int = 0, *, units: int = 80, periods: int = 10) -> pd.DataFrame:
    """Effects that grow with time, so that two-way fixed effects mislead."""
    rng = np.random.default_rng(seed)
    unit, time = (part.ravel() for part in np.mgrid[0:units, 0:periods])
    starts = np.array([3, 5, 7, 0])[rng.integers(0, 4, units)]
    first = starts[unit]
    since = np.where(first > 0, time - first, -1)
    effect = np.where(since >= 0, 1.0 + since, 0.0)
    y = rng.normal(size=units)[unit] + 0.2 * time + effect + rng.normal(size=len(unit))
    return pd.DataFrame(
        {"unit": unit, "time": time, "first": first, "y": y, "truth": effect,
         "x": rng.normal(size=units)[unit]}
    )  # fmt: skip


def west() -> pd.DataFrame:
    data = published_data("did_facure/offline_mkt_staggered.csv")
    return data[data["region"] == "W"]


MARKETING = {"treatment": "cohort", "unit": "city", "time": "date"}


def test_offline_marketing_in_the_west():
    found = evaluate(west(), Strategy("staggered", "downloads", **MARKETING))
    assert found.effect == pytest.approx(2.259766, abs=5e-7)
    assert found.method == "imputation"
    assert found.interval[0] < 2.262525 < found.interval[1]
    bias = found.check("twfe_bias")
    assert bias.light == "amber"
    assert bias.value == pytest.approx(1.759950 - 2.259766, abs=1e-6)
    twfe = Strategy("staggered", "downloads", method="twfe", **MARKETING)
    assert evaluate(west(), twfe).effect == pytest.approx(1.759950, abs=1e-6)


@pytest.mark.parametrize("method", ["imputation", "callaway_santanna"])
def test_offline_marketing_in_all_regions(method):
    data = published_data("did_facure/offline_mkt_staggered.csv")
    strategy = Strategy(
        "staggered", "downloads", strata="region", method=method, **MARKETING
    )
    found = evaluate(data, strategy)
    assert found.interval[0] < 2.0784 < found.interval[1]
    assert abs(found.effect - 2.0784) < 0.03


def test_imputation_is_a_regression_on_untreated_cells():
    data = panel(1)
    data = data[np.random.default_rng(0).random(len(data)) > 0.1]
    found = evaluate(data, Strategy("staggered", "y", **COLUMNS))
    free = data[(data["first"] == 0) | (data.time < data["first"])]
    treated = data[(data["first"] > 0) & (data.time >= data["first"])]
    treated = treated[treated.unit.isin(free.unit)]
    fit = smf.ols("y ~ C(unit) + C(time)", free).fit()
    left = treated.y - fit.predict(treated)
    assert found.effect == pytest.approx(left.mean(), rel=1e-9)
    table = found.extra["dynamic"].set_index("event_time")
    by_time = left.groupby(treated.time - treated["first"]).mean()
    assert table["effect"].to_numpy() == pytest.approx(by_time.to_numpy(), rel=1e-8)


def test_group_time_effects_are_differences_of_means():
    data = panel(2)
    strategy = Strategy("staggered", "y", method="cs", comparison="never", **COLUMNS)
    table = evaluate(data, strategy).extra["group_time"].set_index(["group", "period"])
    wide = data.pivot_table(index=["unit", "first"], columns="time", values="y")
    change = (wide[8] - wide[4]).groupby("first").mean()
    assert table.loc[(5, 8), "effect"] == pytest.approx(change[5] - change[0])
    early = (wide[2] - wide[1]).groupby("first").mean()
    assert table.loc[(5, 2), "effect"] == pytest.approx(early[5] - early[0])


def test_errors_of_one_cohort_are_those_of_welch_with_n():
    data = panel(3)
    data = data[data["first"].isin([0, 5])]
    strategy = Strategy("staggered", "y", method="cs", **COLUMNS)
    table = evaluate(data, strategy).extra["group_time"].set_index("period")
    wide = data.pivot_table(index=["unit", "first"], columns="time", values="y")
    change = wide[6] - wide[4]
    parts = change.groupby("first").agg(lambda part: part.var(ddof=0) / len(part))
    assert table.loc[6, "se"] == pytest.approx(np.sqrt(parts.sum()))


def test_aggregations_are_their_definitions():
    data = panel(4)
    found = evaluate(data, Strategy("staggered", "y", method="cs", **COLUMNS))
    table = found.extra["group_time"]
    after = table[table.event_time >= 0]
    assert found.effect == pytest.approx(np.average(after.effect, weights=after.n))
    dynamic = evaluate(
        data, Strategy("staggered", "y", method="cs", aggregate="dynamic", **COLUMNS)
    )
    late = dynamic.estimates[dynamic.estimates.event_time >= 0]
    assert dynamic.effect == pytest.approx(late.effect.mean())
    assert (dynamic.estimates.band_low <= dynamic.estimates.low).all()
    group = evaluate(
        data, Strategy("staggered", "y", method="cs", aggregate="group", **COLUMNS)
    )
    sizes = data.groupby("first").unit.nunique().loc[[3, 5, 7]]
    assert group.effect == pytest.approx(
        np.average(group.estimates.effect, weights=sizes)
    )


@pytest.mark.parametrize("method", ["imputation", "cs"])
def test_errors_are_those_of_repeated_draws(method):
    strategy = Strategy("staggered", "y", method=method, draws=99, **COLUMNS)
    results = [evaluate(panel(seed), strategy) for seed in range(60)]
    truths = [
        panel(seed).query("first > 0 and time >= first").truth.mean()
        for seed in range(60)
    ]
    gaps = np.array([r.effect for r in results]) - truths
    inside = [
        r.interval[0] < t < r.interval[1] for r, t in zip(results, truths, strict=True)
    ]
    assert abs(gaps.mean()) < 3 * gaps.std() / np.sqrt(60)
    assert np.mean(inside) > 0.85
    assert np.mean([r.se for r in results]) == pytest.approx(gaps.std(), rel=0.35)


def test_doubly_robust_without_covariates_is_a_difference():
    rng = np.random.default_rng(5)
    change, treated = rng.normal(size=50), np.arange(50) < 20
    plain = difference(change, treated, np.ones(50))
    found = doubly_robust(change, treated, np.ones(50), np.zeros((50, 0)))
    assert found.effect == pytest.approx(plain.effect)
    assert found.influence == pytest.approx(plain.influence)


def test_doubly_robust_takes_the_covariate_out_and_knows_its_error():
    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=300)
        treated = rng.random(300) < 1 / (1 + np.exp(-x))
        change = 2 * x + treated + rng.normal(size=300)
        one = doubly_robust(change, treated, np.ones(300), x[:, None])
        found.append((one.effect, np.sqrt((one.influence**2).mean() / 300)))
    effect, error = np.array(found).T
    assert effect.mean() == pytest.approx(1, abs=0.05)
    assert error.mean() == pytest.approx(effect.std(), rel=0.15)


def test_exposure_says_what_first_times_say():
    data = panel(6)
    data["on"] = ((data["first"] > 0) & (data.time >= data["first"])) * 1
    given = {"unit": "unit", "time": "time"}
    one = evaluate(data, Strategy("staggered", "y", treatment="first", **given))
    two = evaluate(data, Strategy("staggered", "y", treatment="on", **given))
    assert one.effect == two.effect


@pytest.mark.parametrize("never", [0, np.nan, np.inf, 99])
def test_never_may_be_written_in_several_ways(never):
    data = panel(7)
    expected = evaluate(data, Strategy("staggered", "y", **COLUMNS)).effect
    data["first"] = data["first"].astype(float).replace(0.0, never)
    assert evaluate(data, Strategy("staggered", "y", **COLUMNS)).effect == expected


def test_units_treated_from_the_first_period_are_left_out():
    data = panel(8)
    data.loc[data.unit < 5, "first"] = -2
    found = evaluate(data, Strategy("staggered", "y", **COLUMNS))
    assert "5 units are treated from the first" in str(found.notes[0])


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda d: d.assign(first=5), "All units are treated from 5"),
        (lambda d: d.assign(first=0), "No unit is treated"),
        (lambda d: d.assign(first=99), "No unit is treated"),
        (lambda d: pd.concat([d, d[:1]]), "several rows"),
        (lambda d: d.assign(first=d.time), "different first treated times"),
        (lambda d: d.assign(first="2024-05-01"), "periods look like 0"),
        (lambda d: d[d.unit < 3], "units with a period before"),
    ],
)
def test_bad_input_is_said_in_a_sentence(change, seen):
    with pytest.raises(DoorstepError) as caught:
        evaluate(change(panel()), Strategy("staggered", "y", **COLUMNS))
    assert seen in str(caught.value)
    assert caught.value.hint


def test_the_test_of_trends_before_is_not_fooled_by_groups_of_one_or_two():
    doubted = 0
    draws = 100
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        first = np.repeat([10, 8, 6, 0], [1, 2, 6, 20])
        unit, time = (part.ravel() for part in np.mgrid[0 : len(first), 0:12])
        y = rng.normal(size=len(first))[unit] + rng.normal(size=len(unit))
        data = pd.DataFrame({"unit": unit, "time": time, "first": first[unit], "y": y})
        strategy = Strategy("staggered", "y", method="cs", draws=99, **COLUMNS)
        doubted += evaluate(data, strategy).check("pre_trend").value < 0.05
    assert binomtest(doubted, draws, 0.05, alternative="greater").pvalue > 0.001


def humped(seed: int, hump: float) -> pd.DataFrame:
    """Forty units over twenty days; half are higher for a while before their start."""
    rng = np.random.default_rng(seed)
    first = np.repeat([14, 0], 20)
    y = rng.normal(size=(40, 1)) + rng.normal(size=(40, 20))
    y[:20, 5:9] += hump
    unit, time = np.divmod(np.arange(y.size), 20)
    return pd.DataFrame(
        {"unit": unit, "time": time, "first": first[unit], "y": y.ravel()}
    )


def test_a_hump_before_the_start_is_seen_where_steps_are_many():
    strategy = Strategy("staggered", "y", method="cs", draws=99, **COLUMNS)

    def doubted(hump: float, draws: int) -> int:
        found = [evaluate(humped(seed, hump), strategy) for seed in range(draws)]
        return sum(one.check("pre_trend").value < 0.05 for one in found)

    assert doubted(1.0, 20) >= 12
    assert binomtest(doubted(0.0, 60), 60, 0.05, alternative="greater").pvalue > 0.001
