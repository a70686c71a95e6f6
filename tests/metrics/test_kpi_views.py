"""Funnel, tree, bands, heat, map, supply and contrast against pandas by hand."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import MissingField, NotEnoughData
from analysis.metrics import Condition, Period, Selection, measure
from analysis.metrics.contrast import contrast
from analysis.metrics.experience import LEAVES
from analysis.metrics.funnel import stage_funnel
from analysis.metrics.heat import ALL_DAYS, heat, heat_sql
from analysis.metrics.outcomes import (
    experience_sql,
    experience_tree,
    severity,
    severity_sql,
)
from analysis.metrics.places import kilometres, places
from analysis.metrics.supply import supply
from analysis.orders import publish
from analysis.stats.intervals import newcombe, wilson
from tests.metrics import views_by_hand as by_hand
from tests.worlds import published

OLIST = Path(__file__).parents[2].parent / "shared" / "data" / "olist"
DAYS = Period(date(2026, 5, 4), date(2026, 5, 31))


@pytest.fixture(scope="module")
def world(sample_world):
    return sample_world.dataset


@pytest.fixture(scope="module")
def orders(world):
    return by_hand.frame_of(world)


@pytest.fixture(scope="module")
def voices(sample_world):
    """Orders that were complained of, and those with a low rating of any target."""
    dataset = sample_world.dataset
    tables = {
        name: sample_world.dataset.engine.run(_select(name, columns)).to_pandas()
        for name, columns in {
            "complaints": ["order_no"], "reviews": ["order_no", "stars"],
        }.items()
    }  # fmt: skip
    assert dataset.has("reviews", "stars")
    reviews = tables["reviews"]
    low = set(reviews.loc[reviews["stars"] <= 2, "order_no"].dropna())
    return set(tables["complaints"]["order_no"].dropna()), low


def _select(table, columns):
    from sqlglot import exp  # noqa: PLC0415 - beside its use

    return exp.select(*(exp.column(name, quoted=True) for name in columns)).from_(table)


@pytest.fixture(scope="module")
def drilled(orders):
    """One path down: each level inside the one before."""
    late = orders[by_hand.minutes_late(orders) > 0]
    top = late.groupby(["city", "zone", "merchant_id", "rider_id"]).size().idxmax()
    levels = dict(zip(("city", "zone", "merchant_id", "rider_id"), top, strict=True))
    items = list(levels.items())
    return [dict(items[:depth]) for depth in range(len(items) + 1)]


def within(orders, days=DAYS):
    day = orders["local_date"]
    first, last = pd.Timestamp(days.first), pd.Timestamp(days.last)
    moment = pd.to_datetime(day)
    return orders[(moment >= first) & (moment <= last)]


def narrowed(orders, where):
    for name, value in where.items():
        orders = orders[orders[name] == value]
    return orders


@pytest.mark.parametrize("depth", range(5))
def test_every_level_of_a_drill(world, orders, voices, drilled, depth):
    where = drilled[depth]
    days = Period(date(2025, 12, 29), date(2026, 6, 28))
    selection = Selection.of(where)
    rows = narrowed(orders, where)
    check_funnel(stage_funnel(world, selection=selection, period=days), rows)
    check_tree(world, selection, days, rows, voices)
    found = severity(world, selection=selection, period=days)
    assert found["orders"].tolist() == by_hand.severity(rows)


def check_funnel(found, rows):
    known = by_hand.funnel(rows)
    assert (found.n, found.delivered) == (known["n"], known["delivered"])
    assert [stage.microseconds for stage in found.stages] == known["stages"]
    assert [stage.planned_microseconds for stage in found.stages] == known["plans"]
    assert found.microseconds == known["total"] == sum(known["stages"])
    assert found.promised_microseconds == known["promised"]
    assert found.slack_microseconds == known["promised"] - sum(known["plans"])
    total = sum(stage.minutes for stage in found.stages)
    assert total == pytest.approx(found.minutes, rel=1e-12)


def check_tree(world, selection, days, rows, voices):
    nodes = experience_tree(world, selection=selection, period=days)
    root, *below = nodes
    found = {node.name: node.orders for node in below if node.is_leaf}
    known = by_hand.leaves(rows, *voices)
    assert {name: count for name, count in found.items() if count} == known
    assert sum(found.values()) == root.orders == len(rows)
    for node in nodes:
        assert node.orders == sum(found[leaf] for leaf in node.leaves)
        bounds = wilson(node.orders, root.orders)
        assert node.low == pytest.approx(float(bounds.low), nan_ok=True)


CHOICES = {
    "city": ["Riyadh", "Kuwait City", "Hong Kong", "São Paulo"],
    "capacity_type": ["own", "3pl", "crowd", "part_time", "part-time"],
    "merchant_type": ["chain", "mall", "grocery"],
    "hour": list(range(24)),
    "weekday": list(range(1, 8)),
}


@st.composite
def selections(draw):
    names = draw(st.lists(st.sampled_from(sorted(CHOICES)), unique=True, max_size=2))
    conditions = [
        Condition(
            name,
            kind=draw(st.sampled_from(["in", "not_in"])),
            values=tuple(
                draw(st.lists(st.sampled_from(CHOICES[name]), min_size=1, unique=True))
            ),
        )
        for name in names
    ]
    first = date(2026, 1, 5) + timedelta(days=draw(st.integers(0, 150)))
    days = Period(first, first + timedelta(days=draw(st.integers(0, 20))))
    return Selection(conditions=tuple(conditions)), days


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=selections())
def test_any_filter(world, orders, voices, asked):
    selection, days = asked
    rows = within(orders, days)
    columns = {"hour": "local_hour", "weekday": "local_weekday"}
    for item in selection.conditions:
        inside = rows[columns.get(item.dimension, item.dimension)].isin(item.values)
        rows = rows[inside if item.kind == "in" else ~inside]
    check_tree(world, selection, days, rows, voices)
    known = by_hand.funnel(rows)
    if known["n"]:
        check_funnel(stage_funnel(world, selection=selection, period=days), rows)
    else:
        with pytest.raises(NotEnoughData):
            stage_funnel(world, selection=selection, period=days)
    found = severity(world, selection=selection, period=days)
    assert found["orders"].tolist() == by_hand.severity(rows)


def test_changes_are_against_the_days_before(world, orders, voices):
    nodes = experience_tree(world, period=DAYS, compare="previous")
    before = within(orders, DAYS.moved(-DAYS.days))
    known = by_hand.leaves(before, *voices)
    leaf = next(node for node in nodes if node.name == "late, nothing said")
    assert leaf.before == known[leaf.name]
    assert leaf.share_before == known[leaf.name] / len(before)
    bounds = newcombe(leaf.orders, nodes[0].orders, leaf.before, len(before))
    assert leaf.change_low == pytest.approx(float(bounds.low))
    found = severity(world, period=DAYS, compare="previous").set_index("band")
    earlier = by_hand.severity(before)
    assert found["share_before"].tolist() == [n / sum(earlier) for n in earlier]


def test_a_leaf_is_a_filter_of_its_own(world):
    for name in ("late, complained", "cancelled by rider", "nothing bad"):
        leaf = next(n for n in experience_tree(world, period=DAYS) if n.name == name)
        chosen = Selection.of({"experience": name}, period=DAYS)
        assert measure(world, "orders", selection=chosen)["orders"][0] == leaf.orders


def test_the_sql_shown_is_what_ran(world):
    for text, columns in (
        (severity_sql(world, period=DAYS), 6),
        (experience_sql(world, period=DAYS), 3),
        (heat_sql(world, "late_rate", period=DAYS), 100),
        (stage_funnel(world, period=DAYS).sql, 1),
        (supply(world, period=DAYS).sql.split(";\n\n")[0], 100),
    ):
        found = world.engine.run(_parsed(text))
        assert found.num_rows >= min(columns, 3) or columns == 1


def _parsed(text):
    import sqlglot  # noqa: PLC0415 - beside its use

    return sqlglot.parse_one(text, read="duckdb")


def test_heat_is_every_hour_of_the_week(world, orders):
    found = heat(world, "late_rate", period=DAYS).set_index(["weekday", "hour"])
    rows = within(orders)
    late = by_hand.minutes_late(rows)
    keys = [rows["local_weekday"], rows["local_hour"]]
    counted = late.groupby(keys).agg(["count", lambda item: (item > 0).sum()])
    assert len(found) == 168
    assert found["orders"].sum() == len(rows)
    for place, (n, happened) in counted.iterrows():
        assert (found.loc[place, "n"], found.loc[place, "num"]) == (n, happened)


def test_heat_of_all_weekdays_together_is_every_hour_of_the_day(world, orders):
    found = heat(world, "late_rate", period=DAYS, pooled=True)
    assert found["weekday"].unique().tolist() == [ALL_DAYS]
    rows = within(orders)
    late = by_hand.minutes_late(rows)
    counted = late.groupby(rows["local_hour"]).agg(
        ["count", lambda item: (item > 0).sum()]
    )
    assert found["hour"].tolist() == list(range(24))
    assert found["orders"].sum() == len(rows)
    for hour, (n, happened) in counted.iterrows():
        row = found.loc[found["hour"] == hour, ["n", "num"]].to_numpy()[0]
        assert tuple(row) == (n, happened)
    ran = heat_sql(world, "late_rate", period=DAYS, pooled=True)
    assert "weekday" not in ran


def test_places_are_the_middle_of_their_pins(world, orders):
    found = places(world, by=("city", "zone"), period=DAYS)
    rows = within(orders).dropna(subset=["drop_lat", "drop_lng"])
    rows = rows[~((rows["drop_lat"] == 0) & (rows["drop_lng"] == 0))]
    known = rows.groupby(["city", "zone"], dropna=False)[["drop_lat", "drop_lng"]]
    middle, counts = known.median(), known.size()
    found = found.set_index(["city", "zone"]).reindex(middle.index)
    assert found["lat"].to_numpy() == pytest.approx(middle["drop_lat"].to_numpy())
    assert found["lng"].to_numpy() == pytest.approx(middle["drop_lng"].to_numpy())
    assert found["located"].tolist() == counts.tolist()


def test_kilometres_are_those_of_the_great_circle():
    lat, lng = np.array([59.9, 60.1, 60.0]), np.array([179.9, -179.9, 180.0])
    east, north = kilometres(lat, lng)
    half = (
        np.sin(np.radians(np.diff(lat[:2]) / 2)) ** 2
        + np.cos(np.radians(59.9))
        * np.cos(np.radians(60.1))
        * np.sin(np.radians(0.1)) ** 2
    )
    known = 2 * 6371.0088 * np.arcsin(np.sqrt(half))
    assert np.hypot(east[1] - east[0], north[1] - north[0]) == pytest.approx(
        float(known[0]), rel=1e-3
    )


def test_supply_counts_riders_and_lateness_by_load(world, orders, sample_world):
    days = Period(date(2026, 5, 4), date(2026, 5, 6))
    found = supply(world, selection=Selection.of({"city": "Riyadh"}), period=days)
    rows = within(orders, days).copy()
    rows["slot"] = rows["created_at"].dt.floor("30min")
    riders = online(sample_world)
    demand = rows.groupby(["zone", "slot"]).size().rename("demand").reset_index()
    load = demand.merge(riders, how="left", on=["zone", "slot"]).fillna({"riders": 0})
    chosen = rows[rows["city"] == "Riyadh"].merge(load, on=["zone", "slot"])
    assert found.unstaffed == (chosen["riders"] == 0).sum()
    assert found.response["orders"].sum() == (chosen["riders"] > 0).sum()
    late = by_hand.minutes_late(chosen)
    for step in found.response.to_dict("records"):
        ratio = chosen["demand"] / chosen["riders"]
        inside = (ratio >= step["load_low"]) & (ratio < step["load_high"])
        inside &= chosen["riders"] > 0
        assert step["n"] == late[inside].notna().sum()
        assert step["late"] == (late[inside] > 0).sum()
    own = load[load["zone"].isin(chosen["zone"])]
    assert found.hours["orders"].sum() == own["demand"].sum()
    assert found.hours["rider_half_hours"].sum() == own["riders"].sum()


def online(sample_world):
    """Riders by zone and half-hour, from the shifts, each rider once."""
    columns = ["rider_id", "zone", "online_start", "online_end"]
    shifts = sample_world.dataset.engine.run(_select("shifts", columns)).to_pandas()
    near = shifts["online_start"].between("2026-05-02", "2026-05-09")
    kept = shifts[near].dropna()
    slots = [
        (rider, zone, slot)
        for rider, zone, start, end in kept.itertuples(index=False)
        for slot in pd.date_range(
            start.floor("30min"), end, freq="30min", inclusive="left"
        )
    ]
    frame = pd.DataFrame(slots, columns=["rider_id", "zone", "slot"]).drop_duplicates()
    frame["slot"] = frame["slot"].astype("datetime64[us]")
    return frame.groupby(["zone", "slot"]).size().rename("riders").reset_index()


def test_a_contrast_is_newcombes_interval_for_rates(world):
    first, second = (
        Selection.of({"city": "Riyadh"}),
        Selection(conditions=(Condition("city", kind="not_in", values=("Riyadh",)),)),
    )
    found = contrast(world, ["late_rate", "orders"], first, second, period=DAYS)
    row = found.iloc[0]
    bounds = newcombe(
        row["first_num"], row["first_n"], row["second_num"], row["second_n"]
    )
    assert (row["low"], row["high"]) == pytest.approx(
        (float(bounds.low), float(bounds.high))
    )
    whole = measure(world, ["late_rate", "orders"], period=DAYS).iloc[0]
    assert row["first_num"] + row["second_num"] == whole["late_rate_num"]
    assert found.iloc[1]["first"] + found.iloc[1]["second"] == whole["orders"]
    assert np.isnan(found.iloc[1]["low"])


def test_what_is_missing_is_named(tmp_path):
    created = pd.Series(pd.to_datetime(["2026-01-01 10:00"] * 3)).astype(
        "datetime64[us]"
    )
    frame = pd.DataFrame({"order_no": range(3), "created_at": created})
    frame["local_date"] = created.dt.date
    dataset = published(tmp_path, {"orders": frame})
    for work, name in (
        (stage_funnel, "delivered_at"), (places, "drop_lat"), (supply, "zone"),
        (severity, "promised_at"), (experience_tree, "status"),
    ):  # fmt: skip
        with pytest.raises(MissingField) as error:
            work(dataset)
        assert name in error.value.fields
    dataset.engine.close()


@pytest.mark.shared
@pytest.mark.skipif(not OLIST.is_dir(), reason=f"the Olist sample is not in {OLIST}")
def test_olist_adds_up(tmp_path):
    dataset = publish(sorted(OLIST.glob("*.csv")), workspace=tmp_path, name="Olist")
    rows = by_hand.frame_of(dataset)
    reviews = dataset.engine.run(_select("reviews", ["order_no", "stars"])).to_pandas()
    low = set(reviews.loc[reviews["stars"] <= 2, "order_no"].dropna())
    rows["cancel_source"] = rows.get("cancel_source")
    check_tree(dataset, Selection(), None, rows, (set(), low))
    assert severity(dataset)["orders"].tolist() == by_hand.severity(rows)
    assert severity(dataset)["orders"][1:].sum() == 335
    known = by_hand.funnel(
        rows, milestones=["created_at", "picked_up_at", "delivered_at"], plans=[]
    )
    found = stage_funnel(dataset)
    assert [stage.microseconds for stage in found.stages] == known["stages"]
    assert sum(known["stages"]) == found.microseconds
    assert found.stages[0].parts == ("dispatch", "to_merchant", "kitchen_wait")
    dataset.engine.close()


def test_leaves_are_the_values_of_the_dimension(world):
    found = measure(world, "orders", by="experience")
    assert set(found["experience"]) <= set(LEAVES)
