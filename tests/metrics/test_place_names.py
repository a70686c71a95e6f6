"""Names of places: in full where a name repeats, those of most orders first."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem
from analysis.metrics import Selection
from analysis.metrics.place_names import place_names, places_of
from tests.strategies.published_world import gappy_cities, opened, repeated_zones


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return repeated_zones()


@pytest.fixture(scope="module")
def world(orders: pd.DataFrame) -> Iterator[Dataset]:
    with opened(orders) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def gappy() -> Iterator[Dataset]:
    with opened(gappy_cities()) as dataset:
        yield dataset


def test_places_are_named_in_full_where_names_repeat(world: Dataset) -> None:
    found = places_of(world, "zone")
    assert found.columns == ("city", "zone")
    assert found.full["z1"] == ("c0 / z1", "c1 / z1")
    assert not places_of(world, "city").repeat


def test_names_of_places_come_with_those_of_most_orders_first(
    world: Dataset, orders: pd.DataFrame
) -> None:
    names = place_names(world, "zone", Selection())
    counts = (orders["city"] + " / " + orders["zone"]).value_counts()
    assert sorted(names) == sorted(counts.index)
    assert [counts[name] for name in names] == sorted(counts, reverse=True)
    within = Selection.of({"city": ["c1"]})
    assert sorted(place_names(world, "zone", within)) == ["z0", "z1", "z2"]


def test_a_city_of_one_name_in_two_countries_is_two(orders: pd.DataFrame) -> None:
    number = orders["zone"].str[1:].astype(int)
    named = orders.assign(
        country=orders["city"].map({"c0": "Chile", "c1": "Peru"}),
        city=[f"t{i % 2}" for i in number],
    )
    with opened(named) as dataset:
        assert places_of(dataset, "city").full["t0"] == ("Chile / t0", "Peru / t0")
        zones = places_of(dataset, "zone")
    assert zones.columns == ("country", "zone")


def test_only_names_that_repeat_are_written_in_full(gappy: Dataset) -> None:
    found = places_of(gappy, "zone")
    assert found.repeating == ("Centro",)
    assert found.named("Alfama") == found.named("Lisbon / Alfama") == "Alfama"
    assert found.named("Porto / Centro") == "Porto / Centro"
    with pytest.raises(DataProblem, match="Lisbon / Centro, Porto / Centro"):
        found.named("Centro")
    names = place_names(gappy, "zone", Selection())
    assert sorted(names) == [
        "Alfama", "Alfama2", "Lisbon / Centro", "Porto / Centro", "Ribeira", "Ribeira2"
    ]  # fmt: skip
    assert names.index("Alfama") < names.index("Lisbon / Centro")
