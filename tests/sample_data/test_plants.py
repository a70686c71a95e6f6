"""Taking a plant out: what it did goes, everything else stays as it was."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.errors import InvalidInput, UnknownName
from sample_data.plants import all_plants
from sample_data.plants.incidents import Incident
from sample_data.plants.strategies import Strategy
from sample_data.simulate import simulate
from sample_data.world import DEFAULT_END, Span

SPAN = Span.ending(DEFAULT_END, weeks=26)
PLANTS = all_plants(1, SPAN)
ALONE = ["two_at_once_street_food", "wrong_pins", "early_taps", "early_closing"]
GROUPS = [
    [
        p.name
        for p in PLANTS
        if p.kind in {"incident", "strategy"} and p.name not in ALONE
    ],
    ALONE[:2],
    ALONE[2:3],
    ALONE[3:],
]
TABLES = [
    "orders",
    "offers",
    "events",
    "contacts",
    "messages",
    "complaints",
    "reviews",
    "decisions",
]
CARRIED = {"peak_bonus"}


def outcomes(place, ids: pd.Series) -> pd.DataFrame:
    frame = place.sql(
        """
        select distinct order_id, status = 'delivered' as delivered,
               coalesce(delivered_at > promised_at, false) as late,
               status = 'cancelled' as cancelled,
               epoch(delivered_at - created_at) / 60 as minutes
        from {orders}
        """
    )
    return frame.set_index("order_id").loc[ids].reset_index(drop=True)


def same(left: pd.DataFrame, right: pd.DataFrame, suffix: str) -> None:
    for name in ("delivered", "late", "cancelled"):
        assert (left[name].to_numpy() == right[f"{name}_{suffix}"].to_numpy()).all()
    np.testing.assert_allclose(left.minutes, right[f"minutes_{suffix}"], atol=1e-9)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def test_plants_do_what_truth_says_and_nothing_else(group, small, small_without):
    """Groups are taken out at once: no order is in the scope of two of a group."""
    without = small_without(group)
    truth = small.sql(
        f"select * from {{potential_outcomes}} where plant in {(*group, '')}"
        " order by order_id"
    )
    assert truth.order_id.is_unique
    assert truth.plant.nunique() >= len(group) - 2
    real = outcomes(small, truth.order_id)
    same(outcomes(without, truth.order_id), truth, "without")
    plain = ~truth.plant.isin(CARRIED).to_numpy()
    arm = (truth.arm == 1).to_numpy()
    same(real[plain & arm], truth[plain & arm], "with")
    same(real[plain & ~arm], truth[plain & ~arm], "without")
    for name in TABLES:
        difference = _rows_that_differ(small, without, name)
        assert set(difference) <= set(truth.order_id), name


def _rows_that_differ(first, second, name: str) -> pd.Series:
    order = first.sql(f"select * from {{{name}}} limit 0").columns
    columns = ", ".join(f'"{c}"' for c in order)
    one, two = first.table(name), second.table(name)
    return first.sql(
        f"""
        select distinct order_id from (
          (select {columns} from {one} except select {columns} from {two})
          union all
          (select {columns} from {two} except select {columns} from {one}))
        """
    ).order_id


def test_dirt_hides_things_and_changes_nothing(small, small_without):
    clean = small_without(["dirt"])
    for name in ("status", "delivered_at", "promised_at", "created_at", "rating"):
        query = f"select distinct order_id, {name} from {{orders}} order by order_id"
        pd.testing.assert_frame_equal(small.sql(query), clean.sql(query))
    assert clean.sql("select count(*) n from {orders}").n[0] == clean.world.orders


def test_truth_says_what_the_worlds_show(made):
    """``truth.yaml`` against potential outcomes, for plants without several parts."""
    document = made.document()
    sums = made.sql(
        """
        select plant, count(*) orders,
               sum(late_with::int) / sum(delivered_with::int)
               - sum(late_without::int) / sum(delivered_without::int) late_rate,
               avg(minutes_with) - avg(minutes_without) delivery_minutes,
               avg(cancelled_with::int) - avg(cancelled_without::int) cancellation_rate
        from {potential_outcomes} group by 1
        """
    ).set_index("plant")
    entries = document["incidents"] + document["strategies"]
    checked = 0
    for entry in entries:
        if "all" not in entry["effect"]:
            continue
        change = entry["effect"]["all"]["change"]
        assert entry["effect"]["all"]["orders"] == sums.orders[entry["name"]]
        for metric in ("late_rate", "delivery_minutes", "cancellation_rate"):
            assert change[metric] == pytest.approx(
                sums[metric][entry["name"]], abs=2e-6
            )
        checked += 1
    assert checked == len(entries) - 1


def test_there_are_twelve_incidents_and_eight_strategies():
    incidents = [p for p in PLANTS if isinstance(p, Incident)]
    assert sum(p.counts for p in incidents) == 12
    assert sum(not p.counts for p in incidents) == 2
    kinds = {p.type for p in incidents}
    assert len(kinds) == 11
    assert [p.id for p in PLANTS if isinstance(p, Strategy)] == [
        f"S{n}" for n in range(1, 9)
    ]


@pytest.mark.parametrize("seed", range(1, 21))
def test_plants_overlap_only_where_that_is_the_point(seed):
    spans = [
        (city, p)
        for p in all_plants(seed, SPAN)
        if p.kind in {"incident", "strategy"} and getattr(p, "counts", True)
        for city in {*p.cities, getattr(p, "control", None)} - {None}
    ]
    for place, (city, one) in enumerate(spans):
        for other_city, other in spans[place + 1 :]:
            meet = one.first <= other.last and other.first <= one.last
            together = {one.name, other.name}
            meant = {"two_at_once_lifts", "two_at_once_street_food"}
            if city == other_city and together != meant:
                assert not meet, together


@pytest.mark.parametrize("seed", range(1, 21))
def test_all_plants_lie_inside_the_world(seed):
    for plant in all_plants(seed, SPAN):
        assert 0 <= plant.first <= plant.last < SPAN.days


def test_a_short_world_has_what_fits_into_it():
    span = Span.ending(date(2026, 6, 28), weeks=6)
    names = {plant.name for plant in all_plants(1, span)}
    assert "outage" in names
    assert "route_guide" not in names


def test_unknown_plants_are_refused():
    with pytest.raises(UnknownName, match="plant"):
        all_plants(1, SPAN, only=["no such thing"])


@pytest.mark.parametrize("options", [{"orders": 3}, {"orders": 5000, "weeks": 0}])
def test_worlds_that_are_too_small_are_refused(tmp_path, options):
    with pytest.raises(InvalidInput, match=r"is [03]"):
        simulate(tmp_path, **options)
    assert not list(tmp_path.iterdir())
