"""Places of one name in two wider places are two units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem
from analysis.metrics import Selection
from analysis.metrics.place_names import Places, place_names, places_of
from analysis.strategies import Strategy, evaluate
from analysis.strategies.matching import match_controls, unit_history
from analysis.strategies.published import binding
from tests.strategies.published_world import (
    START,
    gappy_cities,
    opened,
    repeated_zones,
)

DID = Strategy(
    "did", "mean_basket", unit="zone", time="day", start=START,
    treated=("c0 / z0", "c1 / z1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return repeated_zones()


@pytest.fixture(scope="module")
def world(orders: pd.DataFrame) -> Iterator[Dataset]:
    with opened(orders) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def apart(orders: pd.DataFrame) -> Iterator[Dataset]:
    """The same orders with the city in the name of the zone."""
    with opened(orders.assign(zone=orders["city"] + " / " + orders["zone"])) as made:
        yield made


def same(one: object, other: object) -> None:
    assert (one.effect, one.se, one.df) == (other.effect, other.se, other.df)


def test_a_panel_has_a_unit_for_each_of_them(world: Dataset, apart: Dataset) -> None:
    found = evaluate(world, DID)
    same(found, evaluate(apart, DID))
    assert found.check("spill_over").value == pytest.approx(
        evaluate(apart, DID).check("spill_over").value
    )


def test_further_metrics_do_not_look_for_the_places_again(
    world: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def counted(dataset: Dataset, column: str, filters: Sequence[exp.Expr]) -> Places:
        seen.append(column)
        return places_of(dataset, column, filters)

    monkeypatch.setattr(binding, "places_of", counted)
    once = evaluate(world, replace(DID, secondary=("late_rate",)))
    assert seen == ["zone"]
    alone = evaluate(world, replace(DID, outcome="late_rate"))
    assert once.secondary[0].estimate.effect == pytest.approx(alone.effect)


def test_a_bare_name_of_two_places_is_refused(world: Dataset) -> None:
    with pytest.raises(DataProblem, match="z0 is the name of 2 places: c0 / z0"):
        evaluate(world, replace(DID, treated="z0"))


def test_a_bare_name_will_do_within_one_city(world: Dataset, apart: Dataset) -> None:
    within = Selection.of({"city": ["c0"]})
    bare = evaluate(world, replace(DID, treated="z0"), selection=within)
    same(bare, evaluate(apart, replace(DID, treated="c0 / z0"), selection=within))


@pytest.mark.parametrize("unit", ["zone", "zone-hour"])
def test_assignment_tables_name_them_in_full(
    world: Dataset, apart: Dataset, unit: str
) -> None:
    names = sorted(f"c{city} / z{zone}" for city in range(2) for zone in range(3))
    rng = np.random.default_rng(4)
    if unit == "zone":
        table = pd.DataFrame(
            {"unit": names, "variant": ["treatment", "control"] * 3,
             "first": [START, None] * 3}
        )  # fmt: skip
        strategy = replace(
            DID, design="staggered", treatment="variant", treated=None, start=None
        )
    else:
        days = pd.date_range(START, periods=14)
        table = pd.DataFrame(
            [(name, day, day) for name in names for day in days],
            columns=["unit", "first", "last"],
        ).assign(variant=lambda made: rng.choice(["on", "off"], len(made)))
        strategy = Strategy(
            "switchback", "mean_basket", unit=unit, treatment="variant", time="day",
            control="off", start=START, period=(START, START + pd.Timedelta(days=13)),
        )  # fmt: skip
    same(
        evaluate(world, strategy, assignment=table),
        evaluate(apart, strategy, assignment=table),
    )


@pytest.fixture(scope="module")
def gappy() -> Iterator[tuple[Dataset, pd.DataFrame]]:
    frame = gappy_cities()
    with opened(frame) as dataset:
        yield dataset, frame


def test_an_order_without_a_city_is_of_the_zone_that_it_names(
    gappy: tuple[Dataset, pd.DataFrame],
) -> None:
    dataset, frame = gappy
    both = frame["city"].fillna("") + " / " + frame["zone"]
    own = frame["zone"].where(frame["zone"] != "Centro", both.str.removeprefix(" / "))
    assert own.nunique() == 7
    asked = replace(DID, treated=("Alfama", "Ribeira"))
    with opened(frame.assign(zone=own).drop(columns="city")) as expected:
        same(evaluate(dataset, asked), evaluate(expected, asked))


def test_orders_can_be_clustered_by_them(world: Dataset, apart: Dataset) -> None:
    strategy = Strategy(
        "ab", "mean_basket", treatment="variant", start=START, cluster=("zone",),
        method="cluster_robust",
    )  # fmt: skip
    found = evaluate(world, strategy, segments=())
    same(found, evaluate(apart, strategy, segments=()))
    assert found.df == 5


def test_controls_and_units_have_the_names_of_the_form(
    world: Dataset, apart: Dataset
) -> None:
    names = place_names(world, "zone", Selection())
    asked = {"dimension": "zone", "metric": "mean_basket"}
    found = match_controls(world, treated="c0 / z0", **asked)
    assert set(found["place"]) == set(names) - {"c0 / z0"}
    pd.testing.assert_frame_equal(
        found, match_controls(apart, treated="c0 / z0", **asked)
    )
    assert set(unit_history(world, **asked)["unit"]) == set(names)
    with pytest.raises(DataProblem, match="2 places"):
        match_controls(world, treated="z0", **asked)
