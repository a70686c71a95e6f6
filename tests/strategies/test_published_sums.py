"""Estimators from sums in SQL against statsmodels on the raw rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.engine.dataset import Dataset
from analysis.strategies import Evaluation, Strategy, evaluate
from tests.strategies.published_world import START, opened, orders_of

MEAN = Strategy("ab", "mean_basket", treatment="variant", start=START)
LAST = {"segments": ()}


def close(found: Evaluation, effect: float, se: float, df: float) -> None:
    """Alike to a relative 1e-9; an effect near 0 is measured by its error."""
    assert abs(found.effect - effect) <= 1e-9 * max(abs(effect), se)
    assert found.se == pytest.approx(se, rel=1e-9)
    assert found.df == pytest.approx(df, rel=1e-9)


def trial(orders: pd.DataFrame, value: str) -> pd.DataFrame:
    rows = orders[(orders["created_at"] >= START) & orders[value].notna()]
    return rows.assign(treated=(rows["variant"] == "treatment").astype(float))


def past(orders: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Each rider's own mean before the start, and whether there is none."""
    early = orders[orders["created_at"] < START]
    mean = rows["rider_id"].map(early.groupby("rider_id")["basket_amount"].mean())
    return pd.DataFrame(
        {"past": mean.fillna(mean.mean()), "none": mean.isna().astype(float)}
    )


def least_squares(
    rows: pd.DataFrame,
    value: str,
    others: pd.DataFrame | None = None,
    groups: object = None,
    weights: pd.Series | None = None,
) -> tuple[float, float, float]:
    x = sm.add_constant(
        rows[["treated"]].assign(**(others if others is not None else {}))
    )
    x = x.loc[:, (x.max() > x.min()) | (x.columns == "const")]
    # Slopes and errors are the same; far from 0 the reference itself loses digits.
    x = x.assign(**{name: x[name] - x[name].mean() for name in x if name != "const"})
    model = sm.WLS(
        rows[value] - rows[value].mean(), x, weights=1.0 if weights is None else weights
    )
    if groups is None:
        fitted = model.fit()
        return fitted.params["treated"], fitted.bse["treated"], fitted.df_resid
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    df = fitted.df_resid_inference
    return fitted.params["treated"], fitted.bse["treated"], df


def check_welch(dataset: Dataset, orders: pd.DataFrame) -> None:
    rows = trial(orders, "basket_amount")
    parts = [rows.loc[rows["treated"] == side, "basket_amount"] for side in (1, 0)]
    both = CompareMeans(*(DescrStatsW(part.to_numpy()) for part in parts))
    df = both.ttest_ind(usevar="unequal")[2]
    effect = parts[0].mean() - parts[1].mean()
    close(evaluate(dataset, MEAN, **LAST), effect, both.std_meandiff_separatevar, df)


def check_regression(dataset: Dataset, orders: pd.DataFrame) -> None:
    rows = trial(orders, "basket_amount")
    others = pd.get_dummies(rows["zone"], dtype=float).iloc[:, 1:]
    others["distance"] = rows["distance_m"]
    strategy = replace(MEAN, method="ols", covariates=("zone", "distance_m"))
    expected = least_squares(rows, "basket_amount", others)
    close(evaluate(dataset, strategy, **LAST), *expected)


def check_clustered(dataset: Dataset, orders: pd.DataFrame) -> None:
    rows = trial(orders, "basket_amount")
    strategy = replace(MEAN, unit="rider", method="cluster_robust")
    groups = pd.factorize(rows["rider_id"])[0]
    expected = least_squares(rows, "basket_amount", groups=groups)
    close(evaluate(dataset, strategy, **LAST), *expected)


def check_two_ways(dataset: Dataset, orders: pd.DataFrame) -> None:
    rows = trial(orders, "basket_amount")
    strategy = replace(
        MEAN, unit="rider", cluster=("rider", "day"), method="cluster_robust"
    )
    groups = np.column_stack(
        [pd.factorize(rows["rider_id"])[0], pd.factorize(rows["local_date"])[0]]
    )
    effect, se, _ = least_squares(rows, "basket_amount", groups=groups)
    df = min(groups[:, 0].max(), groups[:, 1].max())
    close(evaluate(dataset, strategy, **LAST), effect, se, df)


def check_cuped(dataset: Dataset, orders: pd.DataFrame) -> None:
    rows = trial(orders, "basket_amount")
    strategy = replace(
        MEAN, unit="rider", covariates=("mean_basket",), method="cluster_robust"
    )
    groups = pd.factorize(rows["rider_id"])[0]
    expected = least_squares(rows, "basket_amount", past(orders, rows), groups)
    found = evaluate(dataset, strategy, **LAST)
    close(found, *expected)
    plain = least_squares(rows, "basket_amount", groups=groups)
    assert found.raw.effect == pytest.approx(plain[0], rel=1e-9, abs=1e-9 * plain[1])


def check_ratio(dataset: Dataset, orders: pd.DataFrame) -> None:
    """A ratio of sums is a weighted mean where every weight is above 0."""
    rows = trial(orders, "rider_pay")
    kept = rows[rows["status"] == "delivered"]
    strategy = replace(
        MEAN, outcome="cpo_rider_pay", unit="rider", method="cluster_robust"
    )
    found = evaluate(dataset, strategy, **LAST)
    by_arm = rows.groupby("treated")["rider_pay"].sum()
    ratio = by_arm / kept.groupby("treated").size()
    assert found.effect == pytest.approx(ratio[1.0] - ratio[0.0], rel=1e-9)
    below = (rows["status"] == "delivered").astype(float)
    level = rows["treated"].map(ratio)
    scores = (rows["rider_pay"] - level * below) / rows["treated"].map(
        kept.groupby("treated").size()
    )
    signed = np.where(rows["treated"] == 1, scores, -scores)
    sums = pd.Series(signed).groupby(rows["rider_id"].to_numpy()).sum()
    size, n = len(sums), len(rows)
    se = np.sqrt((sums**2).sum() * size / (size - 1) * (n - 1) / (n - 2))
    assert found.se == pytest.approx(se, rel=1e-9)
    assert found.df == size - 1


def check_differences(dataset: Dataset, orders: pd.DataFrame) -> None:
    rows = orders[orders["basket_amount"].notna()]
    treated = rows["zone"].isin(["z0", "z1", "z2"]).astype(float)
    post = (rows["created_at"] >= START).astype(float)
    rows = rows.assign(treated=treated * post)
    others = pd.DataFrame({"group": treated, "post": post})
    strategy = Strategy(
        "did", "mean_basket", unit="zone", time="day", treated=("z0", "z1", "z2"),
        start=START, method="cluster_robust",
    )  # fmt: skip
    groups = pd.factorize(rows["zone"])[0]
    expected = least_squares(rows, "basket_amount", others, groups)
    close(evaluate(dataset, strategy, **LAST), *expected)


CHECKS = (
    check_welch, check_regression, check_clustered, check_two_ways, check_cuped,
    check_ratio, check_differences,
)  # fmt: skip


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(seed=0, orders=600, riders=20, power=5, effect=0.0)
@given(
    seed=st.integers(0, 10_000),
    orders=st.integers(600, 1500),
    riders=st.integers(20, 80),
    power=st.integers(0, 6),
    effect=st.sampled_from([0.0, 0.4, -2.0]),
)
def test_sums_give_what_rows_give(
    seed: int, orders: int, riders: int, power: int, effect: float
) -> None:
    frame = orders_of(
        seed, riders=riders, orders=orders, offset=10.0**power, effect=effect
    )
    with opened(frame) as dataset:
        for check in CHECKS:
            check(dataset, frame)
