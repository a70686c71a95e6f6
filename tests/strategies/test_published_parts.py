"""Parts of an evaluation on a dataset: segments, series, checks, worth, days left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.calendars.islamic import eid, first_day, ramadan
from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import Selection
from analysis.metrics.moments import UNIT
from analysis.strategies import Assumptions, Guardrail, Strategy, evaluate, worth
from analysis.strategies.published.adjusted import Covaried
from analysis.strategies.published.binding import bind
from analysis.strategies.published.conditions import definition_since, whole_weeks
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.cuts import ARM, plan_arms
from analysis.strategies.published.days_left import days_left
from analysis.strategies.published.segments import SEGMENT, effects_by, read_segments
from analysis.strategies.published.worth import COMPLAINTS, COST, ON_TIME, worth_of
from analysis.strategies.results import student
from analysis.strategies.series import COLUMNS, series_of
from tests.strategies.published_world import START, opened, orders_of

RIDERS = Strategy(
    "ab", "mean_basket", treatment="variant", unit="rider", start=START,
    smallest_effect=0.3,
)  # fmt: skip


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return orders_of(5, riders=80, orders=4000, effect=0.8)


@pytest.fixture(scope="module")
def world(orders: pd.DataFrame) -> Iterator[Dataset]:
    with opened(orders) as dataset:
        yield dataset


def trial(orders: pd.DataFrame) -> pd.DataFrame:
    rows = orders[(orders["created_at"] >= START) & orders["basket_amount"].notna()]
    return rows.assign(treated=(rows["variant"] == "treatment").astype(float))


def past_of(orders: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Each rider's mean before the start, the mean of all where there is none."""
    early = orders[orders["created_at"] < START]
    mean = rows["rider_id"].map(early.groupby("rider_id")["basket_amount"].mean())
    past = pd.DataFrame({"past": mean.fillna(mean.mean())})
    return past.assign(none=mean.isna().astype(float)) if mean.isna().any() else past


@pytest.mark.parametrize("unit", ["rider", "order"])
def test_segments_are_adjusted_for_what_the_effect_on_all_is(
    world: Dataset, orders: pd.DataFrame, unit: str
) -> None:
    """By rider for their past, a numeric column and a dimension; by order for those."""
    names = ("distance_m", "capacity_type")
    covariates = ("mean_basket", *names) if unit == "rider" else names
    strategy = replace(RIDERS, unit=unit, covariates=covariates)
    found = evaluate(world, strategy, segments=("zone",))
    assert found.segments is not None
    assert found.segments.adjusted
    rows = trial(orders)
    cells = pd.get_dummies(rows["zone"] + " " + rows["variant"], dtype=float)
    others = rows[["distance_m"]] - rows["distance_m"].mean()
    others = others.assign(own=(rows["capacity_type"] == "own").astype(float))
    if unit == "rider":
        others = others.join(past_of(orders, rows))
    zones = sorted(rows["zone"].unique())
    # ``distance_m`` in kilometres, so that the reference is well scaled.
    x = cells.join(others.assign(distance_m=others["distance_m"] / 1000))
    fitted = sm.OLS(rows["basket_amount"], x).fit()
    table = found.segments.table.set_index("value").loc[zones]
    turn = np.array(
        [(x.columns == f"{z} treatment") * 1.0 - (x.columns == f"{z} control")
         for z in zones]
    )  # fmt: skip
    effect = turn @ fitted.params.to_numpy()
    assert table["effect"].to_numpy() == pytest.approx(effect, rel=1e-8)
    if unit == "rider":
        robust = fitted.get_robustcov_results(
            "cluster", groups=pd.factorize(rows["rider_id"])[0]
        )
        spread = turn @ robust.cov_params() @ turn.T
        assert table["se"].to_numpy() == pytest.approx(
            np.sqrt(np.diag(spread)), rel=1e-8
        )
    else:
        # Welch on the adjusted rows: each arm of each zone has its own variance.
        adjusted = (
            rows["basket_amount"]
            - others.assign(distance_m=others["distance_m"] / 1000)
            @ fitted.params[others.columns]
        )
        grouped = adjusted.groupby([rows["zone"], rows["variant"]])
        lost = (len(rows) - len(cells.columns)) / fitted.df_resid
        spread = (grouped.var() / grouped.size()).groupby("zone").sum() * lost
        assert table["se"].to_numpy() == pytest.approx(
            np.sqrt(spread.loc[zones].to_numpy()), rel=1e-8
        )


def test_a_segment_whose_units_of_one_arm_are_not_known_is_left_out(
    world: Dataset,
) -> None:
    """Of the treated riders in z0, none has a past."""
    strategy = replace(RIDERS, covariates=("mean_basket",))
    plan = plan_arms(bind(world, strategy, Scope()))
    (found,) = read_segments(plan, ("zone",), adjusted=True)
    riders = found.cells.labels[UNIT].to_pylist()
    groups = found.cells.moments.groups
    inside = groups[(groups[SEGMENT] == "z0") & (groups[ARM] == "treatment")]
    lost = {riders[code] for code in inside[UNIT]}
    known = [one for one in riders if one not in lost]
    past = pd.DataFrame({"past": np.arange(len(known)) % 7.0}, index=pd.Index(known))
    given = Covaried(past, (), ())
    effects = effects_by(found, judged="treatment", control="control", given=given)
    assert effects is not None
    assert set(effects.values) == {"z1", "z2", "z3", "z4", "z5"}
    assert np.isfinite(effects.effect).all()
    assert np.isfinite(effects.covariance).all()


def test_segments_stay_as_they_are_where_nothing_is_adjusted(world: Dataset) -> None:
    found = evaluate(world, RIDERS, segments=("zone",)).segments
    assert found is not None
    assert not found.adjusted


def test_segments_are_a_regression_with_a_mean_for_each_arm_and_segment(
    world: Dataset, orders: pd.DataFrame
) -> None:
    """Riders work in two zones, so effects by zone hang together by rider."""
    found = evaluate(world, RIDERS, segments=("zone",)).segments
    rows = trial(orders)
    cells = rows["zone"] + " " + rows["variant"]
    x = pd.get_dummies(cells, dtype=float)
    fitted = sm.OLS(rows["basket_amount"], x).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["rider_id"])[0]}
    )
    zones = sorted(rows["zone"].unique())
    turn = np.array(
        [(x.columns == f"{z} treatment") * 1.0 - (x.columns == f"{z} control")
         for z in zones]
    )  # fmt: skip
    effect = turn @ fitted.params.to_numpy()
    covariance = turn @ fitted.cov_params().to_numpy() @ turn.T
    table = found.table.set_index("value").loc[zones]
    assert table["effect"].to_numpy() == pytest.approx(effect, rel=1e-9)
    se = np.sqrt(np.diag(covariance))
    assert table["se"].to_numpy() == pytest.approx(se, rel=1e-9)
    n = rows.groupby("zone").size().loc[zones].to_numpy(dtype=float)
    rest = np.where(np.eye(len(zones)) == 1, 0.0, n)
    apart = np.eye(len(zones)) - rest / rest.sum(axis=1, keepdims=True)
    assert table["difference"].to_numpy() == pytest.approx(apart @ effect, rel=1e-9)
    half = (table["difference_high"] - table["difference_low"]).to_numpy() / 2
    spread = np.sqrt(np.diag(apart @ covariance @ apart.T))
    assert half / spread == pytest.approx(np.full(len(zones), half[0] / spread[0]))
    equal = np.hstack([np.eye(len(zones) - 1), -np.ones((len(zones) - 1, 1))])
    value = equal @ effect
    wald = value @ np.linalg.solve(equal @ covariance @ equal.T, value)
    assert found.heterogeneity["statistic"].iloc[0] == pytest.approx(wald, rel=1e-8)


def test_segments_of_a_ratio_are_differences_of_ratios(
    world: Dataset, orders: pd.DataFrame
) -> None:
    strategy = replace(RIDERS, outcome="cpo_rider_pay", unit=None)
    found = evaluate(world, strategy, segments=("capacity_type",)).segments
    table = found.table.set_index("value")
    rows = orders[orders["created_at"] >= START]
    for name, part in rows.groupby("capacity_type"):
        cost = part.groupby("variant")["rider_pay"].sum()
        delivered = (part["status"] == "delivered").groupby(part["variant"]).sum()
        ratio = cost / delivered
        effect = ratio["treatment"] - ratio["control"]
        assert table.loc[name, "effect"] == pytest.approx(effect, rel=1e-9)
        below = (part["status"] == "delivered").astype(float)
        off = part["rider_pay"] - part["variant"].map(ratio) * below
        spread = off.groupby(part["variant"]).var()
        size = part.groupby("variant").size()
        mean = below.groupby(part["variant"]).mean()
        se = np.sqrt((spread / size / mean**2).sum())
        assert table.loc[name, "se"] == pytest.approx(se, rel=1e-9)


def test_a_panel_by_segments_is_one_evaluation_each(world: Dataset) -> None:
    strategy = Strategy(
        "did", "mean_basket", unit="rider", time="week", treatment="variant",
        start=START, control="control",
    )  # fmt: skip
    found = evaluate(world, strategy, segments=("capacity_type",))
    table = found.segments.table.set_index("value")
    for name in ("own", "crowd"):
        only = Selection.of({"capacity_type": [name]})
        alone = evaluate(world, strategy, selection=only)
        assert table.loc[name, "effect"] == pytest.approx(alone.effect)
        assert table.loc[name, "se"] == pytest.approx(alone.se)


def test_orders_are_held_to_be_alike_in_their_covariates(
    world: Dataset, orders: pd.DataFrame
) -> None:
    strategy = replace(RIDERS, unit=None, covariates=("distance_m",))
    found = evaluate(world, strategy, segments=()).check("balance")
    rows = trial(orders)
    parts = [rows.loc[rows["treated"] == side, "distance_m"] for side in (0, 1)]
    expected = stats.ttest_ind(*parts, equal_var=False).pvalue
    assert found.value == pytest.approx(expected, rel=1e-6)


def test_a_reversal_needs_both_an_effect_of_its_own_and_a_difference() -> None:
    frame = orders_of(6, riders=90, orders=6000, effect=2.0)
    treated = (frame["variant"] == "treatment") & (frame["created_at"] >= START)
    own = frame["capacity_type"] == "own"
    frame.loc[own & treated, "basket_amount"] -= 4.0
    by_order = replace(RIDERS, unit=None, smallest_effect=None)
    with opened(frame) as dataset:
        found = evaluate(dataset, by_order, segments=("capacity_type", "hour_band"))
    table = found.segments.table.set_index(["dimension", "value"])
    assert table.loc[("capacity_type", "own"), "effect"] < -1
    assert found.interval[0] > 0
    assert found.segments.reversed == (("capacity_type", "own"),)
    assert found.check("reversal").light == "amber"
    assert "own" in str(found.segments.sentences[0])


def test_the_series_adds_up_to_the_effect(world: Dataset, orders: pd.DataFrame) -> None:
    found = evaluate(world, replace(RIDERS, unit=None), segments=())
    series = found.series
    assert tuple(series.columns) == COLUMNS
    rows = trial(orders)
    by_day = rows.pivot_table(
        index="local_date", columns="variant", values="basket_amount",
        aggfunc=["mean", "size"],
    )  # fmt: skip
    gap = by_day["mean"]["treatment"] - by_day["mean"]["control"]
    assert series["difference"].to_numpy() == pytest.approx(gap.to_numpy())
    total = (gap * by_day["size"]["treatment"]).cumsum()
    assert series["cumulated"].to_numpy() == pytest.approx(total.to_numpy())
    assert (series["cumulated_low"] < series["cumulated"]).all()
    wide = series["cumulated_high"] - series["cumulated_low"]
    assert wide.is_monotonic_increasing


def test_bands_of_a_sum_use_the_whole_covariance() -> None:
    covariance = np.array([[1.0, 0.5], [0.5, 2.0]])
    table = series_of(
        [1, 2], np.zeros(2), np.ones(2), covariance=covariance,
        weight=np.array([2.0, 3.0]), after=np.ones(2), alpha=0.05,
    )  # fmt: skip
    half = (table["cumulated_high"] - table["cumulated_low"]) / 2 / 1.959963984540054
    # var(2a) = 4, var(2a + 3b) = 4 + 18 + 2 * 6 * 0.5
    assert half.to_numpy() == pytest.approx(np.sqrt([4.0, 28.0]))


def test_a_panel_of_places_has_a_series_with_bands(world: Dataset) -> None:
    strategy = Strategy(
        "did", "mean_basket", unit="zone", time="day", treated=("z0", "z1"),
        start=START, guardrails=(Guardrail("cancellation_rate", 0.5, "lower"),),
    )  # fmt: skip
    found = evaluate(world, strategy)
    series = found.series
    early = series["period"] < START
    assert (series.loc[early, "cumulated"] == 0).all()
    assert (series["low"] < series["high"]).all()
    assert found.guardrails[0].outcome == "cancellation_rate"
    assert found.source.start == START.date()


@pytest.mark.parametrize("design", ["its", "synthetic_control", "did"])
def test_counts_are_compared_by_period(
    world: Dataset, orders: pd.DataFrame, design: str
) -> None:
    places = {} if design == "its" else {"unit": "zone", "treated": "z0"}
    strategy = Strategy(design, "orders", time="day", start=START, **places)
    found = evaluate(world, strategy)
    chosen = orders if design == "its" else orders[orders["zone"] == "z0"]
    by_day = chosen.groupby("local_date").size().to_numpy()
    assert found.series["actual"].to_numpy() == pytest.approx(by_day)
    assert found.series["low"].notna().all()


def test_neighbours_that_move_at_the_start_are_seen() -> None:
    """z1 and z2 share a city with the treated z0; z3 to z5 lie elsewhere."""
    frame = orders_of(8, orders=6000, effect=0.0)
    late = frame["created_at"] >= START
    frame.loc[late & frame["zone"].isin(["z1", "z2"]), "basket_amount"] += 3.0
    strategy = Strategy(
        "did", "mean_basket", unit="zone", time="day", treated="z0", start=START
    )
    with opened(frame) as dataset:
        found = evaluate(dataset, strategy).check("spill_over")
    assert found.light == "amber"
    assert "moved by 3" in str(found.sentence) or "moved by 2.9" in str(found.sentence)
    with opened(orders_of(8, orders=6000, effect=0.0)) as dataset:
        quiet = evaluate(dataset, strategy).check("spill_over")
    assert abs(float(quiet.value)) > found.value


def test_the_source_says_what_was_read(world: Dataset, orders: pd.DataFrame) -> None:
    found = evaluate(world, RIDERS, segments=())
    source = found.source
    assert (source.dataset, source.metric, source.unit) == (
        "world", "mean_basket", "rider",
    )  # fmt: skip
    assert source.orders == len(trial(orders)) == found.n
    assert source.first == START.date()
    assert all("SELECT" in text for text in source.sql)
    assert "basket_amount" in source.sql[0]


def test_an_assignment_table_says_what_the_column_says(
    world: Dataset, orders: pd.DataFrame
) -> None:
    arms = orders.groupby("rider_id")["variant"].first()
    table = pd.DataFrame({"unit": arms.index, "variant": arms.to_numpy()})
    by_table = evaluate(world, RIDERS, assignment=table, segments=())
    by_column = evaluate(world, RIDERS, segments=())
    assert by_table.effect == pytest.approx(by_column.effect, rel=1e-12)
    assert by_table.check("two_arms").light == "green"


def test_an_assignment_that_holds_for_some_days_only(
    world: Dataset, orders: pd.DataFrame
) -> None:
    last = pd.Timestamp("2026-03-08")
    zones = [f"z{i}" for i in range(6)]
    table = pd.DataFrame(
        {"unit": zones, "variant": ["control", "treatment"] * 3, "first": START,
         "last": last}
    )  # fmt: skip
    found = evaluate(
        world, replace(RIDERS, unit="zone", start=None), assignment=table,
        segments=(),
    )  # fmt: skip
    rows = orders[orders["basket_amount"].notna()]
    day = pd.to_datetime(rows["local_date"])
    assert found.source.orders == int(day.between(START, last).sum())


def test_a_percentile_reads_the_rows(world: Dataset, orders: pd.DataFrame) -> None:
    strategy = replace(RIDERS, outcome="p90_delivery_minutes", unit=None)
    found = evaluate(world, strategy)
    rows = orders[orders["created_at"] >= START].dropna(subset=["delivered_at"])
    minutes = (rows["delivered_at"] - rows["created_at"]).dt.total_seconds() / 60
    arms = minutes.groupby(rows["variant"]).quantile(0.9)
    assert found.method == "quantile"
    assert found.effect == pytest.approx(arms["treatment"] - arms["control"], abs=0.4)


def test_units_that_lack_a_past_are_counted_in_a_note(world: Dataset) -> None:
    found = evaluate(
        world, replace(RIDERS, covariates=("mean_basket",)), segments=(), before=1
    )
    assert any("before the start" in str(note) for note in found.notes)


@pytest.mark.parametrize(
    ("method", "second"), [(None, "delta by unit"), ("cluster_robust", "delta by unit")]
)
def test_another_method_agrees(world: Dataset, method: str | None, second: str) -> None:
    found = evaluate(world, replace(RIDERS, method=method), segments=())
    assert found.second.method == second
    assert found.second.agrees
    assert found.second.estimate.effect == pytest.approx(found.effect, rel=1e-9)
    assert found.second.estimate.se == pytest.approx(found.se, rel=0.05)


def test_days_left_follow_the_standard_error() -> None:
    now = student(0.1, 0.2, alpha=0.05)
    left = days_left(now, 0.4, days=10, alpha=0.05)
    # 0.4 / (1.96 + 0.84) = 0.143 needs (0.2 / 0.143)^2 = 1.96 times the days.
    assert left.needed == pytest.approx(0.4 / 2.8016, rel=1e-4)
    assert left.days == 10
    assert days_left(now, 4.0, days=10, alpha=0.05).days == 0
    assert days_left(now, 0.01, days=10, alpha=0.05).days == np.inf
    with pytest.raises(InvalidInput):
        days_left(now, 0.0, days=10, alpha=0.05)


def test_worth_is_reckoned_from_the_assumptions() -> None:
    effects = {
        ON_TIME: student(0.02, 0.005, alpha=0.05),
        COMPLAINTS: student(-0.001, 0.0005, alpha=0.05),
        COST: student(0.01, 0.002, alpha=0.05),
    }
    assumed = Assumptions(
        orders=10_000, cost=0.02, fixed=50, on_time=3, complaint=10, currency="SAR"
    )
    amounts = {one.name: one for one in worth_of(effects, assumed).amounts}
    assert amounts["on_time_orders"].value == pytest.approx(200)
    assert amounts["complaints_avoided"].value == pytest.approx(10)
    assert amounts["benefit"].value == pytest.approx(700)
    assert amounts["cost"].value == pytest.approx(100 + 200 + 50)
    assert amounts["net"].value == pytest.approx(350)
    se = np.sqrt((0.005 * 30_000) ** 2 + (0.0005 * 1e5) ** 2 + (0.002 * 1e4) ** 2)
    assert amounts["net"].high == pytest.approx(350 + 1.959964 * se, rel=1e-6)
    # Pays for itself where 10,000 x gain x 3 + 100 = 350.
    assert worth_of(effects, assumed).break_even == pytest.approx(250 / 30_000)
    with pytest.raises(InvalidInput, match="orders"):
        worth_of(effects, Assumptions(orders=0))


@pytest.mark.parametrize(
    ("entered", "measured", "said"),
    [
        ({}, False, "No cost was entered"),
        ({"fixed": 1.0}, False, "it pays"),
        ({"cost": 0.01}, False, "it pays"),
        ({}, True, "it pays"),
    ],
)
def test_it_is_not_said_to_pay_where_nothing_is_known_of_its_cost(
    entered, measured, said
):
    effects = {ON_TIME: student(0.02, 0.001, alpha=0.05)}
    if measured:
        effects[COST] = student(0.0, 0.0001, alpha=0.05)
    found = worth_of(effects, Assumptions(orders=10_000, on_time=3, **entered))
    assert said in found.sentence.template
    assert found.has_cost == (said == "it pays")


def test_worth_names_what_the_dataset_lacks(world: Dataset) -> None:
    found = worth(world, RIDERS, Assumptions(orders=1000, on_time=1.0))
    assert found.lacking == ("complaint_rate",)
    names = {one.name for one in found.amounts}
    assert {"on_time_orders", "cost", "net"} <= names


@pytest.mark.parametrize(
    ("year", "start", "end"),
    [
        (1444, date(2023, 3, 23), date(2023, 4, 21)),
        (1445, date(2024, 3, 11), date(2024, 4, 10)),
        (1446, date(2025, 3, 1), date(2025, 3, 30)),
        (1447, date(2026, 2, 18), date(2026, 3, 20)),
    ],
)
def test_ramadan_is_a_day_off_at_most(year: int, start: date, end: date) -> None:
    """Against the days announced."""
    assert abs((first_day(year, 9) - start).days) <= 1
    assert abs((first_day(year, 10) - end).days) <= 1
    assert ramadan(date.fromordinal(start.toordinal() + 10))
    assert eid(first_day(year, 10))
    assert not ramadan(first_day(year, 12))


def test_days_of_the_week_are_counted() -> None:
    week = [date(2026, 3, 2 + step) for step in range(7)]
    assert whole_weeks(week).light == "green"
    assert whole_weeks(week[:5]).light == "amber"
    assert whole_weeks([*week, *week, week[0]]).light == "amber"


def test_a_definition_that_changed_since_the_plan_blocks() -> None:
    assert definition_since(2, 1, "late_rate").light == "red"
    assert definition_since(1, 1, "late_rate").light == "green"


def test_currencies_are_not_added_up(orders: pd.DataFrame) -> None:
    mixed = orders.assign(currency=np.where(orders["city"] == "c0", "SAR", "KWD"))
    with opened(mixed) as dataset:
        with pytest.raises(InvalidInput, match="KWD, SAR"):
            evaluate(dataset, RIDERS)
        one = evaluate(dataset, RIDERS, selection=Selection.of({"city": ["c0"]}))
        assert one.n > 0
