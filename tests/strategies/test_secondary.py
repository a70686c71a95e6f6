"""Secondary metrics: each by the design's own procedure, corrected for their number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.errors import InvalidInput, UnknownName
from analysis.strategies import Guardrail, Secondary, Strategy, evaluate
from tests.strategies.published_world import START, opened, orders_of

EFFECTS = {"one": 0.0, "two": 0.13, "three": -0.2, "four": 0.35}
AB = Strategy("ab", "y", treatment="arm", secondary=tuple(EFFECTS))
METHODS = {"holm": "holm", "benjamini_hochberg": "fdr_bh"}


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    arm = np.arange(600) % 2
    columns = {name: rng.normal(size=600) + by * arm for name, by in EFFECTS.items()}
    return pd.DataFrame({"arm": arm, "y": rng.normal(size=600) + 0.2 * arm, **columns})


@pytest.mark.parametrize("correction", list(METHODS))
def test_each_is_the_design_s_own_test_corrected_as_statsmodels_does(
    units: pd.DataFrame, correction: str
) -> None:
    found = evaluate(units, replace(AB, correction=correction))
    raw = []
    for one in found.secondary:
        arms = [
            DescrStatsW(units.loc[units["arm"] == arm, one.outcome]) for arm in (1, 0)
        ]
        test = CompareMeans(*arms)
        raw.append(test.ttest_ind(usevar="unequal")[1])
        low, high = test.tconfint_diff(usevar="unequal")
        assert one.estimate.interval == pytest.approx((low, high))
        assert one.baseline == pytest.approx(arms[1].mean)
    assert [one.estimate.p_value for one in found.secondary] == pytest.approx(raw)
    adjusted = multipletests(raw, method=METHODS[correction])[1]
    assert [one.p_adjusted for one in found.secondary] == pytest.approx(adjusted)
    assert found.correction == correction


def test_the_corrected_p_value_says_better_worse_or_open(units: pd.DataFrame) -> None:
    found = {one.outcome: one for one in evaluate(units, AB).secondary}
    assert found["four"].state == "better"
    assert found["one"].state == "open"
    # Below 5 % by itself, not among four.
    assert found["three"].estimate.p_value < 0.05 < found["two"].p_adjusted
    turned = [Secondary("four", better="lower")]
    assert evaluate(units, replace(AB, secondary=turned)).secondary[0].state == "worse"


def test_the_primary_metric_and_the_decision_are_untouched(units: pd.DataFrame) -> None:
    alone = evaluate(units, replace(AB, secondary=()))
    among = evaluate(units, AB)
    assert (among.p_value, among.interval) == (alone.p_value, alone.interval)
    assert str(among.verdict) == str(alone.verdict)
    assert alone.secondary == ()


def test_a_metric_without_data_does_not_stop_the_others(units: pd.DataFrame) -> None:
    lacking = units.assign(one=np.where(units["arm"] == 1, np.nan, units["one"]))
    found = evaluate(lacking, AB).secondary
    assert found[0].problem is not None
    assert np.isnan(found[0].p_adjusted)
    raw = [one.estimate.p_value for one in found[1:]]
    adjusted = multipletests(raw, method="holm")[1]
    assert [one.p_adjusted for one in found[1:]] == pytest.approx(adjusted)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"secondary": ("one", "one")}, InvalidInput),
        ({"secondary": ("y",)}, InvalidInput),
        ({"secondary": (3,)}, InvalidInput),
        ({"correction": "none"}, UnknownName),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict, error: type) -> None:
    with pytest.raises(error):
        replace(AB, **change)


def test_an_unknown_column_is_an_error(units: pd.DataFrame) -> None:
    with pytest.raises(UnknownName):
        evaluate(units, replace(AB, secondary=("nothing",)))


def test_on_a_dataset_each_is_the_evaluation_of_that_metric() -> None:
    names = ("late_rate", "delivery_minutes")
    riders = Strategy(
        "ab", "mean_basket", treatment="variant", unit="rider", start=START,
        secondary=tuple(Secondary(name, "lower") for name in names),
        guardrails=(Guardrail("cancellation_rate", 0.05, "lower"),),
    )  # fmt: skip
    with opened(orders_of(3, riders=80, orders=3000)) as dataset:
        found = evaluate(dataset, riders, segments=())
        bare = replace(riders, secondary=(), guardrails=())
        alone = [
            evaluate(dataset, replace(bare, outcome=name), segments=())
            for name in names
        ]
    assert [one.estimate.interval for one in found.secondary] == [
        one.interval for one in alone
    ]
    raw = [one.p_value for one in alone]
    adjusted = multipletests(raw, method="holm")[1]
    assert [one.p_adjusted for one in found.secondary] == pytest.approx(adjusted)
    assert [one.method for one in found.secondary] == [one.method for one in alone]


def test_a_panel_has_them_too() -> None:
    rng = np.random.default_rng(2)
    panel = pd.DataFrame(
        [(unit, day) for unit in range(40) for day in range(20)],
        columns=["unit", "day"],
    )  # fmt: skip
    panel["group"] = (panel["unit"] < 20).astype(int)
    on = panel["group"] * (panel["day"] >= 10)
    panel["y"] = rng.normal(size=len(panel)) + on
    panel["z"] = rng.normal(size=len(panel)) + on
    strategy = Strategy(
        "did", "y", treatment="group", unit="unit", time="day", start=10,
        secondary=("z",),
    )  # fmt: skip
    (one,) = evaluate(panel, strategy).secondary
    alone = evaluate(panel, replace(strategy, outcome="z", secondary=()))
    assert one.estimate == alone.finding.estimate
    assert one.p_adjusted == pytest.approx(alone.p_value)
