"""Truth: parties, minutes, what the evidence can tell, and how visible plants are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

import sample_data
from sample_data.causes import (
    CUSTOMER,
    FORCE,
    MERCHANT,
    PARTIES,
    PLATFORM,
    RIDER,
    by_party,
    decidable,
    excess,
    label,
)
from sample_data.effects import Tally
from sample_data.truth import ORACLE_ALPHA, OVERDISPERSION, oracle_power

EVIDENCE = ("has accepted", "has arrived", "has picked", "has there", "has calls")


def one_order(**changes: int) -> dict[str, np.ndarray]:
    """An order exactly on plan, promised to the second; changes are seconds."""
    seconds = {
        "plan dispatch": 100,
        "plan leg": 200,
        "plan prep": 600,
        "plan ride": 500,
        "plan door": 150,
        "accepted s": 100,
        "arrived s": 300,
        "picked s": 680,
        "there s": 1180,
        "done s": 1330,
        "promise": 1330,
        "promise fault": 0,
        "detour s": 0,
        "road s": 0,
        "address s": 0,
        "building s": 0,
        "weather": 0,
        "unreachable": 60_000,
    }
    order = {name: np.array([value]) for name, value in (seconds | changes).items()}
    return order | {name: np.array([True]) for name in EVIDENCE}


def minutes(order) -> list[float]:
    found = by_party(excess(order), order["weather"] == 2)
    return (found[0] / 60).tolist()


def shares(**by_name: float) -> np.ndarray:
    return np.array([[by_name.get(name, 0.0) for name in PARTIES]])


@pytest.mark.parametrize(
    ("changes", "party", "expected"),
    [
        ({}, RIDER, 0),
        ({"picked s": 980, "there s": 1480, "done s": 1630}, MERCHANT, 5),
        ({"there s": 1480, "done s": 1630}, RIDER, 5),
        ({"there s": 1480, "done s": 1630, "detour s": 300}, PLATFORM, 5),
        ({"there s": 1480, "done s": 1630, "address s": 300}, CUSTOMER, 5),
        ({"there s": 1480, "done s": 1630, "weather": 2}, FORCE, 5),
        ({"there s": 1480, "done s": 1630, "road s": 300}, FORCE, 5),
        ({"done s": 1630, "building s": 300}, FORCE, 5),
        ({"promise": 1030}, PLATFORM, 5),
    ],
)
def test_time_over_plan_belongs_to_its_cause(changes, party, expected):
    found = minutes(one_order(**changes))
    assert found[party] == pytest.approx(expected)
    assert sum(found) == pytest.approx(expected)


def test_time_that_slack_absorbs_is_nobodys():
    """Dispatch five minutes late, but the food took longer than that anyway."""
    order = one_order(**{"accepted s": 400, "arrived s": 600})
    assert sum(minutes(order)) == 0


def test_a_late_start_is_shared_by_dispatch_and_way():
    order = one_order(**{"accepted s": 400, "arrived s": 800, "picked s": 880})
    found = minutes(order)
    assert found[PLATFORM] == pytest.approx(2)
    assert found[RIDER] == pytest.approx(4 / 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (shares(rider=1.0), {RIDER}),
        (shares(rider=0.7, merchant=0.3), {RIDER}),
        (shares(rider=0.69, merchant=0.31), {RIDER, MERCHANT}),
        (shares(rider=0.4, merchant=0.3, customer=0.3), {RIDER, MERCHANT, CUSTOMER}),
        (shares(rider=0.29, merchant=0.29, customer=0.29, platform=0.13), set()),
    ],
)
def test_one_party_alone_or_all_with_a_share(given, expected):
    bits = int(label(given)[0])
    assert {place for place in range(5) if bits >> place & 1} == expected


@pytest.mark.parametrize(
    ("gone", "changes", "known"),
    [
        ("has arrived", {"there s": 1480, "done s": 1630}, True),
        ("has arrived", {"picked s": 980, "there s": 1480, "done s": 1630}, False),
        ("has there", {"there s": 1480, "done s": 1630}, False),
        ("has picked", {"there s": 1480, "done s": 1630}, False),
        ("has accepted", {"there s": 1480, "done s": 1630}, True),
    ],
)
def test_what_is_left_can_or_cannot_tell(gone, changes, known):
    order = one_order(**changes)
    assert decidable(order, excess(order)).all()
    order[gone] = np.array([False])
    assert decidable(order, excess(order)).all() == known


def test_minutes_add_up_to_the_lateness(made):
    total = " + ".join(f"{party.replace(' ', '_')}_minutes" for party in PARTIES)
    frame = made.sql(
        f"select * , {total} as total from {{parties}} where kind = 'late'"
    )
    np.testing.assert_allclose(frame.total, frame.late_minutes, atol=1e-9)
    assert frame.late_minutes.min() > 0


def test_every_case_has_its_truth(made):
    cases = made.sql(
        """
        select count(distinct order_id) n from {orders}
        where status <> 'delivered' or delivered_at > promised_at
           or complaint_reason is not null
        """
    ).n[0]
    listed = made.sql(
        "select count(*) n, count(distinct order_id) k, sum(early_tap::int) taps"
        " from {parties}"
    )
    assert listed.n[0] == listed.k[0]
    assert cases <= listed.n[0] <= cases + listed.taps[0]


def test_truth_has_cases_of_every_kind_and_party(made):
    frame = made.sql(
        "select kind, parties, decidable, count(*) n from {parties} group by all"
    )
    by_kind = frame.groupby("kind").n.sum()
    assert set(by_kind.index) == {
        "late",
        "cancelled",
        "undelivered",
        "early tap",
        "complained",
    }
    sole = set(frame.parties[frame.n > 20])
    assert set(PARTIES) <= sole
    unclear = frame[~frame.decidable].groupby("kind").n.sum() / by_kind
    assert unclear["late"] > 0.02
    assert unclear["cancelled"] > 0.02


def test_early_taps_can_be_seen_in_the_data(made):
    """The plant leaves the evidence a rule needs: far taps, before the arrival."""
    frame = made.sql(
        """
        select p.early_tap, avg((o.delivered_at < o.arrived_customer_at)::int) before,
               median(sqrt(pow((o.tap_lat - o.drop_lat) * 111320, 2) + pow(
                 (o.tap_lng - o.drop_lng) * 111320 * cos(radians(o.drop_lat)), 2))) away
        from {orders} o join {parties} p using (order_id)
        where o.status = 'delivered' and o.drop_lat <> 0 group by 1 order by 1
        """
    )
    assert frame.away[1] > 300
    assert frame.away[0] < 60
    assert frame.before[1] > 0.9
    assert frame.before[0] < 0.1


def test_the_harsh_reviewer_stands_out(made):
    frame = made.sql(
        """
        select d.reviewer_id, avg((d.party = 'rider')::int) blames
        from {decisions} d join {parties} p using (order_id)
        where d.kind = 'HUMAN' and p.parties <> 'rider' group by 1
        """
    ).set_index("reviewer_id")
    assert frame.blames.idxmax() == "V04"
    assert frame.blames["V04"] > 3 * frame.blames.drop("V04").max()


def test_each_case_was_decided_twice_by_different_people(made):
    frame = made.sql(
        """
        select order_id, count(*) n, count(distinct reviewer_id) k from {decisions}
        where kind = 'HUMAN' group by 1
        """
    )
    assert (frame.n == 2).all()
    assert (frame.k == 2).all()
    gold = made.sql("select count(*) n from {decisions} where kind = 'GOLD'").n[0]
    assert 0.2 < gold / len(frame) < 0.4


def test_oracle_power_is_what_simulation_gives():
    """Against draws of the very test the formula stands for."""
    before, after, size = 0.10, 0.16, 1500
    power = oracle_power(
        Tally(orders=size, delivered=size, late=round(before * size)),
        Tally(orders=size, delivered=size, late=round(after * size)),
    )
    rng = np.random.default_rng(0)
    spread = np.sqrt(OVERDISPERSION / size)
    seen = rng.normal(after, np.sqrt(after * (1 - after)) * spread, 200_000)
    limit = 3.2905 * np.sqrt(before * (1 - before)) * spread
    assert ORACLE_ALPHA == 0.001
    assert power == pytest.approx((seen - before > limit).mean(), abs=0.005)


def test_the_demo_world_shows_every_plant_that_counts():
    """``sample_data/truth.yaml`` is that of the demo: all plants, and power enough."""
    path = Path(sample_data.__file__).with_name("truth.yaml")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["orders"] == 400_000
    assert len(document["incidents"]) == 12
    assert len(document["strategies"]) == 8
    assert all(entry["oracle_power"] >= 0.99 for entry in document["incidents"])
    small = document["too_small_on_purpose"]
    assert len(small) == 2
    assert all(entry["oracle_power"] < 0.2 for entry in small)
