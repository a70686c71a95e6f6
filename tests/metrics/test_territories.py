"""The territories of orders, and the holidays that count for all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from analysis.metrics import Period, Selection, holidays_of, territories, trees
from analysis.metrics.territories import (
    shares_of,
    territories_by,
    territory_orders,
)
from analysis.trends.expected import expected
from tests.worlds import published

NATIONAL = date(2026, 9, 23)
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 9, 30))


@pytest.fixture
def world(tmp_path):
    """Six orders in Saudi Arabia, three in Hong Kong, one of an unknown place."""
    made = []

    def build(home="UTC", **columns):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        days = [NATIONAL] * 10
        frame = pd.DataFrame({"order_no": range(10), "local_date": days, **columns})
        made.append(replace(published(folder, {"orders": frame}), timezone=home))
        return made[-1]

    yield build
    for dataset in made:
        dataset.engine.close()


def test_the_country_tells_then_the_time_zone_then_that_of_the_dataset(world):
    country = ["KSA"] * 5 + ["Hong Kong"] * 3 + ["Atlantis", None]
    zone = ["Asia/Riyadh"] * 8 + ["Asia/Riyadh", None]
    told = territories(world(country=country, timezone=zone))
    assert dict(told) == {"SA": 0.6, "HK": 0.3}
    told = territories(world("Asia/Kuwait", country=country))
    assert dict(told) == {"SA": 0.5, "HK": 0.3, "KW": 0.2}
    assert list(told) == ["SA", "HK", "KW"]
    assert dict(territories(world("Asia/Kuwait"))) == {"KW": 1.0}
    assert dict(territories(world())) == {}


def test_cities_tell_it_where_nothing_else_does(world):
    cities = ["Riyadh"] * 6 + ["Hong Kong"] * 3 + ["Springfield"]
    assert dict(territories(world(city=cities))) == {"SA": 0.6, "HK": 0.3}
    assert dict(territories(world("Asia/Kuwait", city=cities))) == {"KW": 1.0}


def test_an_order_whose_own_columns_are_empty_is_told_by_its_city(world):
    country = ["KSA"] * 5 + [None] * 5
    cities = ["Riyadh"] * 5 + ["Hong Kong"] * 3 + ["Springfield"] * 2
    columns = {"country": country, "city": cities}
    assert dict(territories(world(**columns))) == {"SA": 0.5, "HK": 0.3}
    assert dict(territories(world("Asia/Kuwait", **columns))) == {"SA": 0.5, "KW": 0.5}


def test_by_unit_they_add_up_to_the_same(world):
    zones = ["a"] * 4 + ["b"] * 5 + [None]
    country = ["SA"] * 6 + ["HK"] * 3 + ["Atlantis"]
    dataset = world(zone=zones, country=country)
    table = territory_orders(dataset, unit=trees.column("zone", "orders"))
    found = {(u, t): n for u, t, n in table.dropna().itertuples(index=False)}
    assert found == {("a", "SA"): 4, ("b", "SA"): 2, ("b", "HK"): 3}
    assert table["orders"].sum() == 10
    assert (
        dict(shares_of(table)) == dict(territories(dataset)) == {"SA": 0.6, "HK": 0.3}
    )


def test_of_all_values_of_dimensions_at_once_they_are_those_of_each_alone(world):
    columns = {
        "zone": ["a"] * 4 + ["b"] * 6,
        "category": ["tea", "noodles"] * 5,
        "country": ["SA"] * 6 + ["HK"] * 3 + ["Atlantis"],
    }
    dataset = world(**columns)
    for names in ((), ("zone",), ("zone", "category")):
        found = territories_by(dataset, names)
        assert len(found) == max(2 * len(names), 1)
        for values, shares in found.items():
            where = Selection.of(dict(zip(names, values, strict=True)))
            assert dict(shares) == dict(territories(dataset, selection=where))
    there = Selection.of({"category": "tea"})
    assert territories_by(dataset, ("zone",), selection=there)[("b",)] == {
        "HK": pytest.approx(2 / 3), "SA": pytest.approx(1 / 3),
    }  # fmt: skip


def test_without_any_column_units_lie_where_the_dataset_does(world):
    dataset = world("Asia/Kuwait", zone=["a"] * 7 + ["b"] * 3)
    table = territory_orders(dataset, unit=trees.column("zone", "orders"))
    assert dict(shares_of(table)) == {"KW": 1.0}
    assert dict(zip(table["unit"], table["orders"], strict=True)) == {"a": 7, "b": 3}
    assert territory_orders(world(zone=["a"] * 10))["territory"].isna().all()
    for names, found in (((), {()}), (("zone",), {("a",), ("b",)})):
        told = territories_by(dataset, names)
        assert told == {values: {"KW": 1.0} for values in found}
    assert territories_by(world(zone=["a"] * 10), ()) == {(): {}}


def test_of_a_selection_its_own_territories_count(world):
    cities = ["Riyadh"] * 3 + ["Hong Kong"] * 7
    countries = ["SA"] * 3 + ["HK"] * 7
    dataset = world(country=countries, city=cities)
    riyadh = Selection.of({"city": "Riyadh"})
    assert dict(territories(dataset, selection=riyadh)) == {"SA": 1.0}
    assert dict(territories(dataset, selection=Selection.of({"city": "no"}))) == {}
    assert holidays_of(dataset, period=SEPTEMBER, selection=riyadh) == {NATIONAL}
    # Three in ten: not a day of all of them. The day after Mid-Autumn is Hong Kong's.
    assert holidays_of(dataset, period=SEPTEMBER) == {date(2026, 9, 26)}


def test_the_band_has_room_on_a_holiday_once_one_was_unlike_other_days(tmp_path):
    """Two quiet holidays teach what the third will be like; an odd day is still odd."""
    days = pd.date_range("2026-01-01", "2026-09-30")
    off = ["2026-02-22", "2026-03-19", "2026-03-20", "2026-03-21", "2026-03-22",
           "2026-03-23", "2026-03-24", "2026-05-26", "2026-05-27", "2026-05-28",
           "2026-05-29", "2026-05-31", "2026-09-23"]  # fmt: skip
    counts = pd.Series(400, index=days)
    counts[pd.to_datetime(off)] = 460
    counts[pd.Timestamp("2026-09-15")] = 460
    counts += [(place * 7919) % 41 - 20 for place in range(len(days))]
    local = days.repeat(counts).date
    orders = pd.DataFrame({"order_no": range(len(local)), "local_date": local})
    dataset = replace(published(tmp_path, {"orders": orders}), timezone="Asia/Riyadh")
    judged = {
        name: expected(
            dataset, "orders", grain="day", period=SEPTEMBER, holidays=holidays
        ).set_index("period")
        for name, holidays in (("usual", None), ("without", ()))
    }
    dataset.engine.close()
    odd, holiday = pd.Timestamp("2026-09-15"), pd.Timestamp(NATIONAL)
    assert judged["without"].loc[[odd, holiday], "is_anomaly"].tolist() == [True, True]
    assert judged["usual"].loc[[odd, holiday], "is_anomaly"].tolist() == [True, False]
