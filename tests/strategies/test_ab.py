"""A/B tests against published values and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.errors import DoorstepError
from analysis.strategies import Guardrail, Strategy, evaluate
from analysis.strategies.arm_means import plain_means
from analysis.strategies.checks import sample_ratio
from analysis.strategies.moments import Moments
from analysis.strategies.proportions import Counts, score_difference
from tests.strategies.published_data import published_data

LALONDE = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")


def lalonde() -> pd.DataFrame:
    return published_data("lalonde/nsw_mixtape.dta").astype(
        {"re78": float, "re74": float, "re75": float}
    )


def orders(seed: int = 0, *, n: int = 600, arms: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, arms, n)
    rider = rng.integers(0, 60, n)
    x = rng.normal(size=n)
    noise = rng.normal(size=60)[rider] + rng.normal(size=n) * (1 + arm)
    return pd.DataFrame(
        {
            "arm": np.array(["control", "b", "c"])[arm],
            "rider": rider,
            "day": rng.integers(0, 30, n),
            "x": x,
            "y": 50 + 0.4 * arm + x + noise,
            "items": rng.poisson(3, n) + 1,
        }
    )


def test_experiment_in_labour_training():
    data = lalonde()
    plain = evaluate(data, Strategy("ab", "re78", treatment="treat"))
    assert plain.effect == pytest.approx(1794.342, abs=5e-4)
    assert round(plain.se) == 671
    pooled = evaluate(data, Strategy("ab", "re78", treatment="treat", method="student"))
    assert round(pooled.se) == 633
    assert plain.method == "welch"
    assert plain.n == 445


@pytest.mark.parametrize("method", ["ols", "cuped", "lin"])
def test_adjusted_effects_in_labour_training(method):
    strategy = Strategy(
        "ab", "re78", treatment="treat", covariates=LALONDE, method=method
    )
    found = evaluate(lalonde(), strategy)
    assert found.raw.effect == pytest.approx(1794.342, abs=5e-4)
    data = lalonde()
    fit = smf.ols("re78 ~ treat +" + "+".join(LALONDE), data).fit()
    if method != "lin":
        assert found.effect == pytest.approx(fit.params["treat"], rel=1e-9)
        assert found.effect == pytest.approx(1676.34, abs=0.005)
    if method == "ols":
        assert found.se == pytest.approx(fit.bse["treat"], rel=1e-9)
        assert found.df == fit.df_resid
        assert found.p_value == pytest.approx(fit.pvalues["treat"], rel=1e-8)


def test_short_e_mail_against_none():
    data = published_data("ab_small/cross_sell_email.csv")
    strategy = Strategy(
        "ab", "conversion", treatment="cross_sell_email", control="no_email",
        treated="short",
    )  # fmt: skip
    found = evaluate(data, strategy)
    assert round(found.effect, 4) == 0.0824
    assert round(found.se, 4) == 0.0368
    assert [round(bound, 4) for bound in found.interval] == [0.0102, 0.1547]
    table = found.estimates.set_index("arm")
    assert list(table.index) == ["no_email", "long", "short"]
    assert table.loc["short", "p_adjusted"] == pytest.approx(2 * found.p_value)
    assert found.check("few_events").light == "amber"


def published_sums() -> Moments:
    """Two arms of which only n, sum and sum of squares are printed."""
    n = np.array([3407.0, 3461.0])
    total = np.array([1396.87, 2422.7])
    squares = np.array([52377.98, 134698.29])
    centre = 0.5
    return Moments(
        names=("revenue",),
        groups=pd.DataFrame({"treatment": ["control", "treated"]}),
        n=n,
        weight=n,
        centre=np.array([centre]),
        sums=(total - n * centre)[:, None],
        products=(squares - 2 * centre * total + n * centre**2)[:, None, None],
    )


def test_absolute_and_relative_of_published_sums():
    means = plain_means(published_sums(), "revenue")
    change = means.difference(1, 0, alpha=0.05)
    assert round(change.effect, 2) == 0.29
    assert [round(bound, 5) for bound in change.interval] == [0.04538, 0.53462]
    assert round(change.p_value, 5) == 0.02016
    relative = means.relative(1, 0, alpha=0.05)
    assert round(relative.effect, 5) == 0.70732
    by_delta = means.relative_by_delta(1, 0, alpha=0.05)
    assert [round(bound, 5) for bound in by_delta.interval] == [-0.03526, 1.44989]
    assert round(by_delta.p_value, 5) == 0.06191
    # Fieller's interval never contradicts the difference.
    assert relative.p_value == change.p_value
    assert relative.interval[0] > 0


def test_sample_ratio_of_published_counts():
    found = sample_ratio({"a": 821_588, "b": 815_482})
    assert float(f"{found.value:.1e}") == 1.8e-6
    assert found.light == "red"
    assert sample_ratio({"a": 185, "b": 260}).light == "amber"
    assert sample_ratio({"a": 185, "b": 260}, {"a": 0.5, "b": 0.5}).light == "red"
    assert sample_ratio({"a": 205, "b": 795}, {"a": 0.2, "b": 0.8}).light == "green"


def test_score_interval_of_published_counts():
    counts = Counts(56, 70, 48, 80)
    found = score_difference(counts)
    assert [round(bound, 4) for bound in found.interval] == [0.0528, 0.3382]
    mee = score_difference(counts, corrected=False)
    assert [round(bound, 4) for bound in mee.interval] == [0.0533, 0.3377]


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [("score", 0.0528, 0.3382), ("Mee", 0.0533, 0.3377), ("newcombe", 0.0524, 0.3339)],
)
def test_intervals_of_published_proportions(method, low, high):
    data = pd.DataFrame(
        {
            "arm": ["new"] * 70 + ["old"] * 80,
            "hit": [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32,
        }
    )
    found = evaluate(data, Strategy("ab", "hit", treatment="arm", method=method))
    assert [round(bound, 4) for bound in found.interval] == [low, high]


@pytest.mark.parametrize("margin", [0.05, 0.1, 0.2])
def test_margin_and_interval_of_proportions_agree(margin):
    data = pd.DataFrame(
        {"arm": [1] * 90 + [0] * 80, "hit": [1] * 60 + [0] * 30 + [1] * 58 + [0] * 22}
    )
    found = evaluate(data, Strategy("ab", "hit", treatment="arm", margin=margin))
    assert found.method == "score"
    assert (found.p_value < 0.025) == (found.interval[0] > -margin)
    assert (found.verdict.decision == "roll out") == (found.p_value < 0.025)


def test_welch_is_that_of_statsmodels():
    data = orders(arms=3)
    strategy = Strategy("ab", "y", treatment="arm", treated="c")
    found = evaluate(data, strategy)
    one, two = (DescrStatsW(data.y[data.arm == arm]) for arm in ("c", "control"))
    compared = CompareMeans(one, two)
    assert found.interval == pytest.approx(compared.tconfint_diff(usevar="unequal"))
    _, p, df = compared.ttest_ind(usevar="unequal")
    assert (found.p_value, found.df) == pytest.approx((p, df), rel=1e-9)


def test_ratio_by_delta_is_that_of_weighted_regression():
    data = orders(2)
    found = evaluate(
        data, Strategy("ab", "y", denominator="items", treatment="arm", cluster="rider")
    )
    data["ratio"] = data.y / data["items"]
    data["treated"] = (data.arm == "b").astype(float)
    fit = smf.wls("ratio ~ treated", data, weights=data["items"]).fit(
        cov_type="cluster", cov_kwds={"groups": data.rider}, use_t=True
    )
    assert found.effect == pytest.approx(fit.params["treated"], rel=1e-9)
    assert found.se == pytest.approx(fit.bse["treated"], rel=1e-9)
    assert found.interval == pytest.approx(fit.conf_int().loc["treated"])
    plain = evaluate(data, Strategy("ab", "y", denominator="items", treatment="arm"))
    assert plain.effect == pytest.approx(found.effect)
    assert plain.method == "delta"


def test_units_with_several_rows_are_clusters():
    data = orders(3)
    data["arm"] = np.where(data.rider % 2, "control", "b")
    found = evaluate(data, Strategy("ab", "y", treatment="arm", unit="rider"))
    fit = smf.ols("y ~ C(arm, Treatment('control'))", data).fit(
        cov_type="cluster", cov_kwds={"groups": data.rider}, use_t=True
    )
    assert found.method == "cluster_robust"
    assert found.se == pytest.approx(fit.bse.iloc[1], rel=1e-9)
    assert found.df == 59
    assert found.check("sample_ratio").value == pytest.approx(1.0)


def test_two_way_clusters_are_those_of_statsmodels():
    data = orders(4, n=3000)
    data["day"] = np.random.default_rng(1).integers(0, 45, 3000)
    found = evaluate(
        data,
        Strategy("ab", "y", treatment="arm", cluster=("rider", "day"), covariates="x"),
    )
    data["treated"] = (data.arm == "b").astype(float)
    fit = smf.ols("y ~ treated + x", data).fit(
        cov_type="cluster", cov_kwds={"groups": data[["rider", "day"]]}, use_t=True
    )
    assert found.se == pytest.approx(fit.bse["treated"], rel=1e-9)
    assert found.df == 44


def test_chances_of_treatment_weigh_the_rows():
    rng = np.random.default_rng(5)
    x = rng.normal(size=4000)
    chance = 1 / (1 + np.exp(-x))
    treated = rng.random(4000) < chance
    data = pd.DataFrame({"t": treated * 1, "y": 2 * x + treated, "chance": chance})
    found = evaluate(data, Strategy("ab", "y", treatment="t", propensity="chance"))
    assert found.interval[0] < 1 < found.interval[1]
    assert found.raw.effect > 2
    weights = np.where(treated, 1 / chance, 1 / (1 - chance))
    fit = smf.wls("y ~ t", data, weights=weights).fit(cov_type="HC1", use_t=True)
    assert (found.effect, found.se) == pytest.approx((fit.params["t"], fit.bse["t"]))
    assert found.df == fit.df_resid


def test_strata_take_their_shares():
    rng = np.random.default_rng(6)
    stratum = rng.integers(0, 3, 900)
    treated = rng.random(900) < np.array([0.2, 0.5, 0.8])[stratum]
    y = 10.0 * stratum + treated * 2 + rng.normal(size=900)
    data = pd.DataFrame({"y": y, "t": treated, "s": stratum})
    found = evaluate(data, Strategy("ab", "y", treatment="t", strata="s"))
    parts = data.pivot_table(index="s", columns="t", values="y")
    share = data.s.value_counts(normalize=True).sort_index()
    assert found.effect == pytest.approx(((parts[True] - parts[False]) * share).sum())
    assert found.raw.effect > 4


def test_quantiles_cover_the_shift():
    rng = np.random.default_rng(7)
    data = pd.DataFrame({"t": np.repeat([0, 1], 2000), "y": rng.exponential(size=4000)})
    data.loc[data.t == 1, "y"] += 0.5
    found = evaluate(data, Strategy("ab", "y", treatment="t", quantile=0.9))
    assert found.interval[0] < 0.5 < found.interval[1]
    # The asymptotic error, from the density of the exponential at its 90 % quantile.
    assert found.se == pytest.approx(np.sqrt(2 * 0.09 / 2000) / 0.1, rel=0.15)


def test_always_valid_interval_is_wider():
    data = orders(8)
    usual = evaluate(data, Strategy("ab", "y", treatment="arm"))
    found = evaluate(data, Strategy("ab", "y", treatment="arm", anytime=True))
    assert found.interval[0] < usual.interval[0]
    assert found.p_value > usual.p_value


def test_guardrails_by_non_inferiority():
    rng = np.random.default_rng(9)
    n = 4000
    arm = np.repeat([0, 1], n // 2)
    data = pd.DataFrame(
        {
            "t": arm,
            "y": rng.normal(size=n) + arm,
            "late": rng.normal(size=n) + arm * 0.5,
        }
    )
    data["calm"] = rng.normal(size=n)
    strategy = Strategy(
        "ab", "y", treatment="t",
        guardrails=[
            Guardrail("late", 0.1, better="lower"), {"outcome": "calm", "margin": 0.3}
        ],
    )  # fmt: skip
    found = evaluate(data, strategy)
    assert [result.state for result in found.guardrails] == ["harmed", "held"]
    assert found.verdict.decision == "stop"
    assert "late" in str(found.verdict.reason)


@pytest.mark.parametrize("method", ["wild_bootstrap", "randomisation"])
def test_few_clusters_keep_interval_and_p_value_together(method):
    rng = np.random.default_rng(10)
    for effect in (0.0, 0.9, 2.0):
        city = np.repeat(np.arange(20), 15)
        noise = rng.normal(size=20)[city] + rng.normal(size=300)
        data = pd.DataFrame(
            {"t": city % 2, "city": city, "y": noise + effect * (city % 2)}
        )
        strategy = Strategy("ab", "y", treatment="t", cluster="city", method=method)
        found = evaluate(data, strategy)
        outside = not found.interval[0] <= 0 <= found.interval[1]
        assert (found.p_value <= 0.05) == outside
        assert found.interval[0] <= found.effect <= found.interval[1]


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("method", ["welch", "wild_bootstrap", "randomisation"])
def test_margins_agree_with_the_interval(method, better):
    rng = np.random.default_rng(14)
    city = np.repeat(np.arange(24), 20)
    noise = rng.normal(size=24)[city] * 0.2 + rng.normal(size=480)
    data = pd.DataFrame({"t": city % 2, "city": city, "y": noise})
    found = [
        evaluate(
            data,
            Strategy(
                "ab", "y", treatment="t", cluster="city", method=method,
                margin=margin, better=better,
            ),
        )
        for margin in (0.0, 0.1, 0.3, 0.5, 1.0)
    ]  # fmt: skip
    for one, margin in zip(found, (0.0, 0.1, 0.3, 0.5, 1.0), strict=True):
        low, high = one.interval
        good = low > -margin if better == "higher" else high < margin
        assert (one.p_value < 0.025) == good
    p_values = [one.p_value for one in found]
    assert p_values == sorted(p_values, reverse=True)


def test_few_clusters_switch_by_themselves():
    data = orders(11)
    data["arm"] = np.where(data.rider % 2, "control", "b")
    data["city"] = data.rider % 20
    found = evaluate(data, Strategy("ab", "y", treatment="arm", cluster="city"))
    assert found.method == "wild_bootstrap"
    data["arm"] = np.where(data.city == 7, "b", "control")
    found = evaluate(data, Strategy("ab", "y", treatment="arm", cluster="city"))
    assert found.method == "randomisation"


def test_a_mismatch_blocks_the_verdict():
    data = orders(12, n=20_000)
    kept = data[(data.arm == "control") | (np.arange(len(data)) % 10 != 0)]
    found = evaluate(kept, Strategy("ab", "y", treatment="arm"))
    assert found.p_value < 0.001
    assert found.check("sample_ratio").light == "red"
    assert found.verdict.decision == "cannot tell"


def test_units_lost_in_one_arm_block_the_verdict():
    data = orders(13, n=4000)
    lost = (data.arm == "b") & (np.arange(4000) % 12 == 0)
    data.loc[lost, "y"] = np.nan
    found = evaluate(data, Strategy("ab", "y", treatment="arm"))
    assert found.check("missing_outcome").light == "red"
    assert "left out" in str(found.notes[0])


@pytest.mark.parametrize(
    ("change", "arguments", "seen"),
    [
        (lambda d: d[d.arm == "b"], {}, "only one arm"),
        (lambda d: d.assign(y=3.0), {}, "is 3 in every row"),
        (lambda d: d.assign(y=d.y.where(d.x < 1, np.inf)), {}, "infinite"),
        (lambda d: d.assign(y=d.arm), {}, "not a number"),
        (lambda d: d.assign(y=np.nan), {}, "None of 600 rows"),
        (lambda d: d[:0], {}, "0 rows"),
        (lambda d: d, {"unit": "rider"}, "more than one arm"),
        (lambda d: d.assign(g=d.rider % 3), {"cluster": "g"}, "3 clusters"),
        (lambda d: d, {"control": "z"}, "no arm named 'z'"),
        (lambda d: d.assign(arm="x" + d.arm), {}, "control="),
        (lambda d: d, {"outcome": "speed"}, "no column named 'speed'"),
        (lambda d: d, {"method": "magic"}, "no method named 'magic'"),
        (lambda d: d, {"covariates": "y"}, "y is the outcome and a covariate"),
        (lambda d: d, {"propensity": {"b": 0.5}}, "planned shares"),
        (lambda d: d, {"time": "day", "period": (90, 99)}, "No row lies within"),
        (lambda d: d, {"method": "score"}, "not 0 or 1"),
        (lambda d: d.assign(items=0), {"denominator": "items"}, "sums to 0"),
        (lambda d: d.assign(items=-1), {"denominator": "items"}, "holds -1"),
    ],
)  # fmt: skip
def test_bad_input_is_said_in_a_sentence(change, arguments, seen):
    given = {"outcome": "y", "treatment": "arm"} | arguments
    with pytest.raises(DoorstepError) as caught:
        evaluate(change(orders()), Strategy("ab", **given))
    assert seen in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [
        {"design": "astrology"}, {"margin": -1}, {"quantile": 2}, {"better": "up"},
        {"treatment": None}, {"cluster": ("a", "b", "c")}, {"guardrails": [3]},
        {"guardrails": [{"outcome": "y", "margin": -1}]}, {"draws": 3},
        {"design": "did", "time": "t", "anytime": True},
    ],
)  # fmt: skip
def test_bad_strategies_are_said_in_a_sentence(arguments):
    given = {"design": "ab", "outcome": "y", "treatment": "arm"} | arguments
    with pytest.raises(DoorstepError) as caught:
        Strategy(**given)
    assert caught.value.hint
