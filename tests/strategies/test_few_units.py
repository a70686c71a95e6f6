"""Errors with few units: closed forms where there are any, and how often they err."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.strategies import Strategy, evaluate
from analysis.strategies.bands import (
    _counted,
    _drawn_ratios,
    _scattering,
    simultaneous_bands,
)
from analysis.strategies.calibration import share_of
from analysis.strategies.cohorts import read_cohorts
from analysis.strategies.evaluating import estimate
from analysis.strategies.group_time import Effects, aggregate, group_time_effects
from analysis.strategies.imputation import impute, imputed_by
from analysis.strategies.study import read_study
from tests.strategies.published_world import START, opened, orders_of

STAGGERED = Strategy("staggered", "y", treatment="first", unit="unit", time="t")


def panel(
    seed: int, *, units: int = 12, periods: int = 20, treated: int = 6
) -> pd.DataFrame:
    """Units with levels and fading shocks of their own; nothing happens."""
    rng = np.random.default_rng(seed)
    shocks = rng.normal(size=(units, periods))
    for t in range(1, periods):
        shocks[:, t] += 0.6 * shocks[:, t - 1]
    scale = rng.uniform(0.7, 1.4, size=units)
    y = 3 * rng.normal(size=units)[:, None] + scale[:, None] * shocks
    first = np.full(units, np.nan)
    chosen = rng.permutation(units)[:treated]
    first[chosen] = rng.integers(periods // 2, periods - 3, size=treated)
    unit, t = np.divmod(np.arange(units * periods), periods)
    return pd.DataFrame({"unit": unit, "t": t, "y": y.ravel(), "first": first[unit]})


def test_two_periods_are_a_difference_of_mean_changes() -> None:
    """Error of Welch, degrees of freedom as if both groups scattered alike."""
    rng = np.random.default_rng(3)
    change = rng.normal(size=9) + np.where(np.arange(9) < 4, 1.0, 0.0)
    level = rng.normal(size=9)
    data = pd.DataFrame(
        {"unit": np.repeat(np.arange(9), 2), "t": np.tile([0, 1], 9),
         "y": np.column_stack([level, level + change]).ravel(),
         "first": np.repeat(np.where(np.arange(9) < 4, 1.0, np.nan), 2)}
    )  # fmt: skip
    found = evaluate(data, replace(STAGGERED, method="imputation"))
    one, other = change[:4], change[4:]
    assert found.effect == pytest.approx(one.mean() - other.mean())
    variance = one.var(ddof=1) / 4 + other.var(ddof=1) / 5
    assert found.se == pytest.approx(np.sqrt(variance))
    df = (1 / 4 + 1 / 5) ** 2 / (1 / 4**2 / 3 + 1 / 5**2 / 4)
    assert found.df == pytest.approx(df)
    assert found.p_value == pytest.approx(
        2 * stats.t.sf(abs(found.effect) / found.se, df)
    )


def test_effects_by_time_have_df_of_their_own() -> None:
    found = evaluate(panel(1), replace(STAGGERED, method="imputation"))
    table = found.extra["dynamic"]
    half = (table["high"] - table["low"]) / 2 / table["se"]
    df = stats.t.isf(0.025, found.df)
    # The last periods are seen of fewer units than the first.
    assert half.max() > half.min() > 0
    assert half.min() > stats.norm.isf(0.025)
    assert found.interval[1] - found.effect == pytest.approx(df * found.se)


@pytest.mark.parametrize(
    ("clusters", "said"), [(12, "are those for few of them"), (3, "the usual errors")]
)
def test_the_check_says_which_errors_were_used(clusters: int, said: str) -> None:
    data = panel(1).assign(region=lambda made: made["unit"] % clusters)
    strategy = replace(STAGGERED, method="imputation", cluster=("region",), draws=99)
    assert said in str(evaluate(data, strategy).check("clusters").sentence)


def test_a_band_is_never_inside_its_interval() -> None:
    for method in ("imputation", "callaway_santanna"):
        strategy = replace(STAGGERED, method=method, draws=99)
        for seed in range(5):
            table = evaluate(panel(seed), strategy).extra["dynamic"]
            some = table["se"] > 0
            assert (table["band_low"] <= table["low"])[some].all()
            assert (table["band_high"] >= table["high"])[some].all()


def test_bands_of_twelve_units_miss_nothing_more_often_than_promised() -> None:
    strategy = replace(STAGGERED, method="imputation")
    hits = 0
    for seed in range(2_000, 2_120):
        study = read_study(panel(seed), strategy, alpha=0.05, seed=0)
        cohorts = read_cohorts(study)
        found = imputed_by(cohorts, impute(cohorts), "dynamic")
        reach = simultaneous_bands(found, alpha=0.05, draws=199, rng=study.rng)
        se = found.table(alpha=0.05)["se"].to_numpy()
        hits += bool((np.abs(found.effect) > reach * se).any())
    assert share_of(hits, 120, confidence=0.99).low <= 0.05


def test_drawn_effects_are_measured_by_their_own_scatter() -> None:
    """In each cohort as Student measures a mean, but for the n of its variance."""
    rng = np.random.default_rng(5)
    sums, signs = rng.normal(size=(20, 3)), rng.choice([-1.0, 1.0], size=(40, 20))
    every = np.ones((20, 3), dtype=bool)
    found = _drawn_ratios(sums, signs, every, np.zeros(20, dtype=np.int64))
    drawn = signs[:, :, None] * sums
    expected = stats.ttest_1samp(drawn, 0, axis=1).statistic * np.sqrt(20 / 19)
    assert found == pytest.approx(np.abs(expected))
    kinds = np.repeat([0, 1], [8, 12])
    left = sum(drawn[:, kinds == k].var(axis=1) * (kinds == k).sum() for k in (0, 1))
    both = np.abs(drawn.sum(axis=1)) / np.sqrt(left)
    assert _drawn_ratios(sums, signs, every, kinds) == pytest.approx(both)
    known = np.abs(drawn.sum(axis=1)) / np.sqrt((sums**2).sum(axis=0))
    unknown = np.full(20, -1)
    assert _drawn_ratios(sums, signs, every, unknown) == pytest.approx(known)


def test_clusters_that_did_not_move_are_counted_in_their_scatter() -> None:
    """Two of twelve moved, in a cohort pooled with one that the effect is not of."""
    sums = np.zeros((20, 1))
    sums[:2, 0] = 1.0, -1.0
    sums[12:, 0] = 1e-17
    signs = np.array([[1.0, 1.0, *[1.0] * 18], [1.0, -1.0, *[1.0] * 18]])
    cohorts = np.repeat([0, 1], [12, 8])
    effects = Effects(pd.DataFrame(), np.zeros(1), sums, np.arange(20), cohorts)
    used = np.arange(20)[:, None] < 5  # seven were not seen
    for asked, count in ((effects, 12), (replace(effects, used=used), 5)):
        counted = _counted(asked, sums)
        assert counted.sum() == count
        found = _drawn_ratios(sums, signs, counted, np.zeros(20, dtype=np.int64))
        assert found[:, 0] == pytest.approx([0, 2 / np.sqrt(2 - 4 / count)])


def test_units_without_a_row_are_not_of_an_effect() -> None:
    data = panel(2, units=24, periods=8, treated=12)
    gaps = data[np.random.default_rng(2).random(len(data)) > 0.3]
    strategy = replace(STAGGERED, method="callaway_santanna")
    cohorts = read_cohorts(read_study(gaps, strategy, alpha=0.05, seed=0))
    found = group_time_effects(cohorts)
    seen = gaps.pivot_table(index="unit", columns="t", values="y").notna()
    seen = seen.reindex(cohorts.units)
    assert found.used is not None
    for place, row in enumerate(found.labels.itertuples()):
        base = row.t - 1 if row.t < row.g else row.g - 1
        of = (cohorts.cohort == row.g) | (cohorts.cohort > max(row.t, base))
        told = of & (seen[row.t] & seen[base]).to_numpy()
        assert (found.used[:, place] == told).all()


def test_steps_of_one_size_make_no_band_wider_than_students() -> None:
    """In 1 of 32 draws all six of a cohort agree, and nothing scatters."""
    influence = np.zeros((20, 12))
    for column, own in enumerate(influence.T):
        own[:6] = np.random.default_rng(column).permutation([1.0, -1.0] * 3)
    units = np.arange(20)
    effects = Effects(
        pd.DataFrame(), np.zeros(12), influence, units, np.repeat([0, 1], [6, 14])
    )
    rng = np.random.default_rng(0)
    reach = simultaneous_bands(effects, alpha=0.05, draws=999, rng=rng)
    sidak = stats.t.isf((1 - 0.95 ** (1 / 12)) / 2, 5)
    assert reach == pytest.approx(np.full(12, sidak))


def events(seed: int, share: float, *, cohort: int = 12) -> pd.DataFrame:
    """Whether something rare happened: two cohorts and as many never treated."""
    units, periods = 3 * cohort, 12
    seen = np.random.default_rng(seed).random((units, periods)) < share
    unit, t = np.divmod(np.arange(units * periods), periods)
    first = np.repeat([3.0, 8.0, np.nan], cohort)
    return pd.DataFrame(
        {"unit": unit, "t": t, "y": seen.ravel().astype(float), "first": first[unit]}
    )


@pytest.mark.parametrize(
    ("share", "cohort"), [(0.01, 12), (0.05, 6), (0.05, 12), (0.3, 6), (0.3, 12)]
)
def test_bands_of_rare_events_are_not_many_intervals_wide(
    share: float, cohort: int
) -> None:
    strategy = replace(STAGGERED, method="callaway_santanna", draws=199)
    for seed in range(4_000, 4_006):
        data = events(seed, share, cohort=cohort)
        assert widest(evaluate(data, strategy).extra["dynamic"]) < 3


def widest(table: pd.DataFrame) -> float:
    """The widest band, in pointwise intervals."""
    table = table[table["se"] > 1e-9]
    wide = (table["band_high"] - table["band_low"]) / (table["high"] - table["low"])
    return float(wide.max())


def test_small_cohorts_scatter_together() -> None:
    def kinds(*sizes: int) -> list[int]:
        cohort = np.repeat(np.arange(len(sizes)), sizes)
        units = np.arange(len(cohort))
        found = _scattering(
            Effects(pd.DataFrame(), np.zeros(1), np.ones((len(units), 1)), units,
                    cohort)
        )  # fmt: skip
        starts = np.cumsum([0, *sizes[:-1]])
        assert (np.repeat(found[starts], sizes) == found).all()
        return [int(one) for one in found[starts]]

    one, two, small, other = kinds(9, 7, 3, 4)
    assert len({one, two}) == 2
    assert small == other not in (one, two)
    # Three alone are too few: the largest takes them in.
    assert len(set(kinds(9, 7, 3))) == 2
    assert kinds(7, 9, 3)[1] == kinds(7, 9, 3)[2]
    assert len(set(kinds(2, 2))) == 1


def test_bands_hold_together_where_cohorts_are_of_a_dozen_units() -> None:
    strategy = replace(STAGGERED, method="callaway_santanna")
    hits, widths = 0, []
    for seed in range(3_000, 3_150):
        data = panel(seed, units=48, periods=12, treated=30)
        study = read_study(data, strategy, alpha=0.05, seed=seed)
        cohorts = read_cohorts(study)
        found = aggregate(cohorts, group_time_effects(cohorts), "dynamic")[1]
        reach = simultaneous_bands(found, alpha=0.05, draws=199, rng=study.rng)
        se = found.table(alpha=0.05)["se"].to_numpy()
        hits += bool((np.abs(found.effect) > reach * se).any())
        widths.append(reach.max() / stats.t.isf(0.025, found.df))
    share = share_of(hits, 150, confidence=0.99)
    assert share.low <= 0.05
    assert np.median(widths) < 2
    assert max(widths) < 3


def test_twelve_units_are_wrong_about_as_often_as_promised() -> None:
    strategy = replace(STAGGERED, method="imputation")
    hits = sum(
        estimate(read_study(panel(seed), strategy, alpha=0.05, seed=0)).p_value < 0.05
        for seed in range(1_000, 1_400)
    )
    share = share_of(hits, 400, confidence=0.99)
    assert share.low <= 0.06
    assert share.high >= 0.04


def test_strata_of_a_dataset_are_those_of_the_frame() -> None:
    orders = orders_of(5, orders=4000)
    starts = {"z0": "2026-03-04", "z3": "2026-03-09"}
    table = pd.DataFrame({"unit": sorted(orders["zone"].unique())})
    table["first"] = table["unit"].map(starts)
    table["variant"] = np.where(table["first"].isna(), "control", "treatment")
    asked = Strategy(
        "staggered", "mean_basket", treatment="variant", unit="zone", time="day",
        strata=("city",), start=START,
    )  # fmt: skip
    with opened(orders) as dataset:
        found = evaluate(dataset, asked, assignment=table)
        plain = evaluate(dataset, replace(asked, strata=()), assignment=table)
    rows = orders.dropna(subset="basket_amount")
    daily = rows.groupby(["zone", "city", "local_date"], as_index=False)[
        "basket_amount"
    ].agg(["sum", "size"])  # fmt: skip
    daily = daily.rename(columns={"size": "orders"}).assign(
        first=pd.to_datetime(daily["zone"].map(starts)),
        day=pd.to_datetime(daily["local_date"]),
    )
    by_hand = evaluate(
        daily,
        Strategy("staggered", "sum", denominator="orders", treatment="first",
                 unit="zone", time="day", strata=("city",)),
    )  # fmt: skip
    assert found.effect == pytest.approx(by_hand.effect)
    assert found.se == pytest.approx(by_hand.se)
    assert abs(found.effect - plain.effect) > 1e-6
