"""Strategies that cannot be evaluated on a dataset get a sentence and a hint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError, MissingField
from analysis.metrics import Selection
from analysis.strategies import Strategy, evaluate
from tests.strategies.published_world import START, opened, orders_of

AB = Strategy("ab", "mean_basket", treatment="variant", start=START)
DID = Strategy(
    "did", "mean_basket", unit="zone", time="day", treated=("z0", "z1"), start=START
)


@pytest.fixture(scope="module")
def world() -> Iterator[Dataset]:
    frame = orders_of(1)
    frame["flat_arm"] = np.where(frame["variant"] == "treatment", "on", "off")
    frame["compensation_amount"] = 1.0
    with opened(frame) as dataset:
        yield dataset


def refused(dataset: Dataset, strategy: Strategy, **more: object) -> str:
    with pytest.raises(DoorstepError) as caught:
        evaluate(dataset, strategy, **more)
    assert caught.value.hint, "every error says what to do"
    return str(caught.value)


def test_one_arm(world: Dataset) -> None:
    only = Selection.of({"variant": ["control"]})
    assert "only one arm, control" in refused(world, AB, selection=only)


def test_no_variation() -> None:
    frame = orders_of(2).assign(basket_amount=3.0)
    with opened(frame) as dataset:
        assert "is 3 in every row" in refused(dataset, AB)
        assert "3 in every" in refused(dataset, DID)


def test_infinite_values() -> None:
    frame = orders_of(3)
    frame.loc[frame.index[-5:], "basket_amount"] = np.inf
    with opened(frame) as dataset:
        assert "infinite values" in refused(dataset, AB)
        assert "infinite values" in refused(dataset, DID)


def test_all_treated(world: Dataset) -> None:
    zones = tuple(f"z{i}" for i in range(6))
    seen = refused(world, replace(DID, treated=zones))
    assert "treated" in seen
    listed = pd.DataFrame({"unit": zones, "variant": "treatment", "first": START})
    roll_out = Strategy(
        "staggered", "mean_basket", treatment="variant", unit="zone", time="day",
        control="control",
    )  # fmt: skip
    assert refused(world, roll_out, assignment=listed)


def test_dates_outside(world: Dataset) -> None:
    late = replace(AB, start=None, period=("2030-01-01", "2030-02-01"))
    assert "No day of world" in refused(world, late)
    assert "leaves no period" in refused(world, replace(DID, start="2030-01-01"))
    assert "is no date" in refused(world, replace(AB, start="soon"))


def test_units_in_two_arms(world: Dataset) -> None:
    by_zone = replace(AB, unit="zone")
    assert "more than one arm, such as z" in refused(world, by_zone)
    twice = pd.DataFrame(
        {"unit": ["r1", "r1", "r2"], "variant": ["control", "treatment", "control"]}
    )
    riders = replace(AB, unit="rider")
    assert "such as r1" in refused(world, riders, assignment=twice)


def test_three_clusters(world: Dataset) -> None:
    few = Selection.of({"rider_id": ["r1", "r2", "r3"]})
    seen = refused(world, replace(AB, unit="rider"), selection=few)
    assert "There are 3 clusters" in seen


def test_nothing_selected(world: Dataset) -> None:
    nobody = Selection.of({"city": ["nowhere"]})
    assert "0 orders are selected" in refused(world, AB, selection=nobody)
    assert "0 orders are selected" in refused(world, DID, selection=nobody)


def test_names_that_are_not_there(world: Dataset) -> None:
    assert "mean_baskt" in refused(world, replace(AB, outcome="mean_baskt"))
    assert "varant" in refused(world, replace(AB, treatment="varant"))
    assert "galaxy" in refused(world, replace(AB, unit="galaxy"))
    assert "fortnight" in refused(world, replace(DID, time="fortnight"))
    with pytest.raises(MissingField):
        evaluate(world, replace(AB, outcome="csat"))


def test_what_means_nothing_on_a_dataset(world: Dataset) -> None:
    assert "has its own" in refused(world, replace(AB, denominator="orders"))
    assert "counts rows" in refused(world, replace(AB, outcome="orders"))
    assert "no past" in refused(world, replace(AB, covariates=("mean_basket",)))
    assert "not a number" in refused(world, replace(DID, covariates=("zone",)))
    orders = replace(DID, unit="order", treated=("o1",))
    assert "seen once only" in refused(world, orders)


def test_an_assignment_table_without_its_columns(world: Dataset) -> None:
    riders = replace(AB, unit="rider")
    table = pd.DataFrame({"rider": ["r1"], "variant": ["control"]})
    assert "unit" in refused(world, riders, assignment=table)
    empty = pd.DataFrame({"unit": [None], "variant": ["control"]})
    assert "0 rows" in refused(world, riders, assignment=empty)


def test_a_segment_with_one_arm_only_is_left_out(world: Dataset) -> None:
    found = evaluate(world, AB, segments=("variant", "zone"))
    assert set(found.segments.table["dimension"]) == {"zone"}
