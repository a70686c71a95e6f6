"""The orders behind a number, a page at a time, and what belongs to one order."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.errors import InvalidInput, MissingField, UnknownName
from analysis.metrics import Selection, measure, related, rows
from tests.metrics.random_worlds import HOSTILE, world
from tests.worlds import published

TABLES = world(11, 300).tables


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    orders = TABLES["orders"].assign(
        order_id=[f"o{number}" for number in TABLES["orders"]["order_no"]]
    )
    tables = {**TABLES, "orders": orders}
    found = published(tmp_path_factory.mktemp("rows"), tables, dimensions=(HOSTILE,))
    yield found
    found.engine.close()


def test_pages_hold_every_order_once_in_time_order(dataset):
    selection = Selection.of({"city": ["Riyadh", None]})
    pages = [
        rows(dataset, selection, columns=["order_id"], limit=37, offset=offset)
        for offset in range(0, 300, 37)
    ]
    together = pd.concat(pages)
    city = TABLES["orders"]["city"]
    expected = TABLES["orders"][(city == "Riyadh") | city.isna()]["order_no"]
    assert together["order_no"].tolist() == expected.tolist()
    assert list(together.columns) == ["order_no", "order_id"]


def test_columns_may_be_figures_dimensions_and_people(dataset):
    names = ["minutes_late", "severity_band", "riders.vehicle", HOSTILE]
    page = rows(dataset, columns=names, order=["-minutes_late"], limit=20)
    assert list(page.columns) == ["order_no", *names]
    assert page["minutes_late"].is_monotonic_decreasing
    assert len(rows(dataset, columns=names, limit=10_000)) == 300


def test_an_event_and_a_period_choose_the_orders(dataset):
    days = ("2024-03-01", "2024-03-14")
    selection = Selection(period=Selection.of(period=days).period, event="late")
    page = rows(dataset, selection, columns=["minutes_late"], limit=300)
    counted = measure(dataset, "late_rate", period=days)
    assert len(page) == counted["late_rate_num"].iloc[0]
    assert (page["minutes_late"] > 0).all()


def test_the_usual_columns_are_those_that_are_there(dataset):
    page = rows(dataset, limit=1)
    assert {"order_no", "order_id", "city", "minutes_late"} <= set(page.columns)
    assert "zone" not in page.columns


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"columns": ["colour"]}, UnknownName, "no column named 'colour'"),
        ({"order": ["-colour"]}, UnknownName, "colour"),
        ({"columns": ["distance_band"]}, MissingField, "distance_m"),
        ({"limit": 0}, InvalidInput, "1 to 10000"),
        ({"limit": 10_001}, InvalidInput, "1 to 10000"),
        ({"offset": -1}, InvalidInput, "row -1"),
    ],
)
def test_what_cannot_be_read_is_said(dataset, arguments, error, words):
    with pytest.raises(error, match=words):
        rows(dataset, **arguments)


def test_related_rows_are_those_of_the_order(dataset):
    reviews = TABLES["reviews"]
    for number in range(0, 300, 29):
        mine = reviews[reviews["order_no"] == number]
        found = related(dataset, number, "reviews")
        assert sorted(found["stars"].fillna(-1)) == sorted(mine["stars"].fillna(-1))
        assert related(dataset, f"o{number}", "reviews").equals(found)


def test_people_and_the_order_itself_are_related(dataset):
    orders = TABLES["orders"]
    number = int(orders[orders["rider_id"] == "r1"]["order_no"].iloc[0])
    assert related(dataset, number, "riders")["vehicle"].tolist() == ["bike"]
    assert related(dataset, number, "orders")["order_no"].tolist() == [number]
    assert related(dataset, "o1'; drop table orders; --", "orders").empty
    with pytest.raises(UnknownName, match="no table named 'payouts'"):
        related(dataset, number, "payouts")
