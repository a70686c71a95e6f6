"""Dirt: as much as ``truth.yaml`` says, counted in the data by other means."""

from __future__ import annotations

import pytest

COUNTED = {
    "rows uploaded twice": "count(*) - count(distinct order_id)",
    "trailing blanks": "count(distinct order_id) filter (zone like '% ')",
    "pins at zero": "count(distinct order_id) filter (drop_lat = 0)",
    "taps before arrival": (
        "count(distinct order_id) filter (delivered_at < arrived_customer_at)"
    ),
    "cancel reasons lost": (
        "count(distinct order_id)"
        " filter (status = 'cancelled' and cancel_reason is null)"
    ),
}
MISSING = [
    "accepted_at",
    "arrived_merchant_at",
    "ready_at",
    "picked_up_at",
    "arrived_customer_at",
]


@pytest.mark.parametrize("name", COUNTED)
def test_amounts_are_those_of_truth(made, name):
    amount = made.document()["dirt"][name]
    assert amount > 0
    assert made.sql(f"select {COUNTED[name]} n from {{orders}}").n[0] == amount


@pytest.mark.parametrize("name", MISSING)
def test_missing_milestones(made, bare, name):
    count = f"count(distinct order_id) filter ({name} is null and status = 'delivered')"
    gone = made.sql(f"select {count} n from {{orders}}").n[0]
    amount = made.document()["dirt"][f"missing {name}"]
    assert 0 < gone <= amount <= 1.1 * gone + 30
    assert bare.sql(f"select {count} n from {{orders}}").n[0] == 0


def test_rows_uploaded_twice_are_the_same_rows(made):
    twice = made.sql(
        "select order_id, count(*) n from {orders} group by 1 having count(*) > 1"
    )
    different = made.sql(
        """
        select count(*) n from (select distinct * from {orders}) group by order_id
        having count(*) > 1
        """
    )
    assert (twice.n == 2).all()
    assert len(different) == 0
    assert len(twice) < 0.01 * made.world.orders
