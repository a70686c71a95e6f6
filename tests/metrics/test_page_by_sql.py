"""Numbers of the KPI page against SQL written by hand: every level, any filter.

The SQL is text over the published tables; nothing of ours writes any part of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlglot

from analysis.metrics import (
    Condition,
    Period,
    Selection,
    heat,
    measure,
    places,
    rows,
    severity,
)
from tests.worlds import published

OLIST = Path(__file__).parents[2].parent / "shared" / "data" / "olist"
OLIST_NAMES = {
    "order_purchase_timestamp": "created_at",
    "order_delivered_customer_date": "delivered_at",
    "order_estimated_delivery_date": "promised_at",
    "order_status": "status",
    "customer_state": "zone",
    "customer_city": "city",
}
LATE = "status = 'delivered' AND delivered_at > promised_at"
PROMISED = (
    "status = 'delivered' AND delivered_at IS NOT NULL AND promised_at IS NOT NULL"
)
MINUTES = "epoch_us(delivered_at - created_at) / 6e7"
FIGURES = f"""
    count(*) AS orders,
    count(*) FILTER ({LATE}) AS late,
    count(*) FILTER ({PROMISED}) AS promised,
    count(*) FILTER (status = 'cancelled') AS cancelled,
    count(*) FILTER (status IS NOT NULL) AS known,
    avg({MINUTES}) FILTER (status = 'delivered') AS minutes
"""
METRICS = ["orders", "late_rate", "cancellation_rate", "delivery_minutes"]


@dataclass(frozen=True)
class World:
    """A dataset with a way down, days to look at, and a page of its orders."""

    dataset: object
    levels: tuple[str, ...]
    days: Period
    before: Period

    def sql(self, text: str) -> pd.DataFrame:
        tree = sqlglot.parse_one(text, read="duckdb")
        return self.dataset.engine.run(tree).to_pandas()


def text(value) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def between(days: Period) -> str:
    return f"local_date BETWEEN DATE '{days.first}' AND DATE '{days.last}'"


@pytest.fixture(scope="module")
def olist(tmp_path_factory):
    if not OLIST.is_dir():
        pytest.skip(f"the Olist sample is not in {OLIST}")
    (orders,) = OLIST.glob("*orders*.csv")
    (customers,) = OLIST.glob("*customers*.csv")
    frame = pd.read_csv(orders).merge(pd.read_csv(customers), on="customer_id")
    frame = frame.rename(columns=OLIST_NAMES).sort_values(["created_at", "order_id"])
    for name in ("created_at", "delivered_at", "promised_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["status"] = frame["status"].replace("canceled", "cancelled")
    frame = frame[["order_id", *OLIST_NAMES.values()]].assign(
        order_no=range(len(frame)),
        local_date=frame["created_at"].dt.date,
        local_hour=frame["created_at"].dt.hour,
        local_weekday=frame["created_at"].dt.dayofweek + 1,
    )
    dataset = published(tmp_path_factory.mktemp("olist"), {"orders": frame})
    yield World(
        dataset, ("zone", "city"),
        Period(date(2018, 1, 1), date(2018, 6, 30)),
        Period(date(2017, 7, 4), date(2017, 12, 31)),
    )  # fmt: skip
    dataset.engine.close()


@pytest.fixture(params=["sample", pytest.param("olist", marks=pytest.mark.shared)])
def world(request):
    if request.param == "olist":
        return request.getfixturevalue("olist")
    return World(
        request.getfixturevalue("sample_world").dataset,
        ("city", "zone", "merchant_id", "rider_id"),
        Period(date(2026, 4, 6), date(2026, 5, 31)),
        Period(date(2026, 2, 9), date(2026, 4, 5)),
    )


def path_down(world: World) -> dict[str, str]:
    """The way down to the rider, or the town, with the most late orders."""
    names = ", ".join(world.levels)
    found = world.sql(
        f"SELECT {names} FROM orders WHERE {LATE} AND {between(world.days)} "
        f"GROUP BY {names} ORDER BY count(*) DESC, {names} LIMIT 1"
    )
    return found.iloc[0].to_dict()


def asked(world: World) -> list[tuple[Selection, str]]:
    """Every level of a drill, and filters of each kind, each with its SQL."""
    found = [(Selection(), "TRUE")]
    items = list(path_down(world).items())
    for depth in range(1, len(items) + 1):
        where = " AND ".join(f"{name} = {text(value)}" for name, value in items[:depth])
        found.append((Selection.of(dict(items[:depth])), where))
    name, value = items[0]
    filters = [
        (Condition(name, kind="not_in", values=(value,)),
         f"({name} <> {text(value)} OR {name} IS NULL)"),
        (Condition(items[1][0], kind="missing"), f"{items[1][0]} IS NULL"),
        (Condition("hour", kind="range", low=11, high=14),
         "local_hour BETWEEN 11 AND 14"),
        (Condition("weekday", values=(5, 6)), "local_weekday IN (5, 6)"),
    ]  # fmt: skip
    found += [(Selection(conditions=(one,)), where) for one, where in filters]
    both = Selection(conditions=(filters[0][0], filters[2][0]))
    found.append((both, f"{filters[0][1]} AND {filters[2][1]}"))
    found.append((Selection(event="late"), LATE))
    return found


def same(found: pd.DataFrame, known: pd.DataFrame) -> None:
    """The figures of both, row by row."""
    assert len(found) == len(known)
    counts = {
        "orders": "orders", "late_rate_num": "late", "late_rate_n": "promised",
        "cancellation_rate_num": "cancelled", "cancellation_rate_n": "known",
    }  # fmt: skip
    for name, by_hand in counts.items():
        assert found[name].fillna(0).tolist() == known[by_hand].tolist(), name
    np.testing.assert_allclose(
        found["late_rate"].astype(float), known["late"] / known["promised"]
    )
    np.testing.assert_allclose(
        found["delivery_minutes"].astype(float), known["minutes"].astype(float)
    )


def test_cards_and_what_they_are_compared_with(world):
    for selection, where in asked(world):
        found = measure(
            world.dataset, METRICS, period=world.days, compare="previous",
            selection=selection,
        )  # fmt: skip
        now, before = (
            world.sql(f"SELECT {FIGURES} FROM orders WHERE {where} AND {between(days)}")
            for days in (world.days, world.before)
        )
        same(found, now)
        row, then = found.iloc[0], before.iloc[0]
        assert row["orders_before"] == then["orders"]
        rate = then["late"] / then["promised"] if then["promised"] else np.nan
        assert row["late_rate_before"] == pytest.approx(rate, nan_ok=True)


def test_the_trend_by_day(world):
    for selection, where in asked(world):
        found = measure(
            world.dataset, METRICS, grain="day", period=world.days, selection=selection
        )
        known = world.sql(
            f"SELECT local_date, {FIGURES} FROM orders "
            f"WHERE {where} AND {between(world.days)} GROUP BY 1 ORDER BY 1"
        )
        assert pd.to_datetime(found["period"]).tolist() == (
            pd.to_datetime(known["local_date"]).tolist()
        )
        same(found, known)


def test_the_breakdown_by_the_next_level(world):
    for selection, where in asked(world):
        taken = {item.dimension for item in selection.conditions}
        by = next((name for name in world.levels if name not in taken), "hour")
        column = {"hour": "local_hour"}.get(by, by)
        found = measure(
            world.dataset, METRICS, by=[by], period=world.days, selection=selection
        )
        known = world.sql(
            f"SELECT {column} AS name, {FIGURES} FROM orders "
            f"WHERE {where} AND {between(world.days)} GROUP BY 1 ORDER BY 1 NULLS LAST"
        )
        found = found.sort_values(by, na_position="last", ignore_index=True)
        names = found[by].astype(object).where(found[by].notna(), None).tolist()
        wanted = known["name"].astype(object).where(known["name"].notna(), None)
        assert names == wanted.tolist()
        same(found, known)


def test_every_hour_of_the_week(world):
    for selection, where in asked(world):
        cells = heat(
            world.dataset, "late_rate", selection=selection, period=world.days
        ).set_index(["weekday", "hour"])
        known = world.sql(
            f"SELECT local_weekday AS weekday, local_hour AS hour, {FIGURES} "
            f"FROM orders WHERE {where} AND {between(world.days)} GROUP BY 1, 2"
        ).set_index(["weekday", "hour"])
        assert len(cells) == 168
        filled = known.reindex(cells.index)[["late", "promised", "orders"]].fillna(0)
        assert cells["num"].fillna(0).tolist() == filled["late"].tolist()
        assert cells["n"].tolist() == filled["promised"].tolist()
        assert cells["orders"].tolist() == filled["orders"].tolist()


def test_the_bands_of_minutes_late(world):
    late = "epoch_us(delivered_at - promised_at) / 6e7"
    edges = [0, 5, 10, 20, 30]
    bands = [f"late <= {edges[0]}"]
    bands += [f"late > {low} AND late <= {high}"
              for low, high in itertools.pairwise(edges)]  # fmt: skip
    bands.append(f"late > {edges[-1]}")
    counts = ", ".join(f"count(*) FILTER ({band})" for band in bands)
    for selection, where in asked(world):
        found = severity(world.dataset, selection=selection, period=world.days)
        known = world.sql(
            f"SELECT {counts} FROM (SELECT {late} AS late FROM orders WHERE {where} "
            f"AND {PROMISED} AND {between(world.days)}) AS delivered"
        )
        assert found["orders"].tolist() == known.iloc[0].tolist()


def test_the_orders_listed(world):
    for selection, where in asked(world):
        chosen = Selection(
            conditions=selection.conditions, event=selection.event, period=world.days
        )
        page = rows(world.dataset, chosen, columns=("created_at",), limit=50, offset=10)
        known = world.sql(
            f"SELECT order_no FROM orders WHERE {where} AND {between(world.days)} "
            "ORDER BY created_at NULLS LAST, order_no LIMIT 50 OFFSET 10"
        )
        assert page["order_no"].tolist() == known["order_no"].tolist()


def test_where_zones_lie(sample_world):
    world = World(
        sample_world.dataset, ("city", "zone", "merchant_id", "rider_id"),
        Period(date(2026, 4, 6), date(2026, 5, 31)),
        Period(date(2026, 2, 9), date(2026, 4, 5)),
    )  # fmt: skip
    for selection, where in asked(world):
        found = places(
            world.dataset, by=("city", "zone"), selection=selection, period=world.days
        ).dropna(subset=["city", "zone"])
        known = world.sql(
            "SELECT city, zone, median(drop_lat) AS lat, median(drop_lng) AS lng, "
            f"count(drop_lat) AS located FROM orders WHERE {where} AND "
            f"{between(world.days)} AND NOT coalesce(drop_lat = 0 AND drop_lng = 0, "
            "FALSE) AND city IS NOT NULL AND zone IS NOT NULL GROUP BY 1, 2"
        )
        keys = ["city", "zone"]
        both = found[found["located"] > 0].merge(known, on=keys, suffixes=("", "_sql"))
        assert len(both) == (known["located"] > 0).sum() == (found["located"] > 0).sum()
        for name in ("lat", "lng", "located"):
            np.testing.assert_allclose(both[name], both[f"{name}_sql"])
