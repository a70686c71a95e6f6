"""Stages, promises and statuses of the simulated orders."""

from __future__ import annotations

from itertools import pairwise

MILESTONES = [
    "created_at",
    "merchant_accepted_at",
    "pushed_at",
    "accepted_at",
    "arrived_merchant_at",
    "picked_up_at",
    "arrived_customer_at",
    "delivered_at",
]


def test_stages_sum_to_the_total_to_the_second(made):
    steps = " + ".join(
        f"epoch({after} - {before})" for before, after in pairwise(MILESTONES)
    )
    frame = made.sql(
        f"""
        select count(*) n, sum(({steps} <> epoch(delivered_at - created_at))::int) wrong
        from {{orders}} where {" and ".join(f"{m} is not null" for m in MILESTONES)}
        """
    )
    assert frame.n[0] > 50_000
    assert frame.wrong[0] == 0


def test_times_are_whole_seconds(made):
    for name in [*MILESTONES, "ready_at", "promised_at", "cancelled_at"]:
        odd = made.sql(
            f"select count(*) n from {{orders}} where epoch_ms({name}) % 1000 <> 0"
        )
        assert odd.n[0] == 0


def test_money_is_whole_cents(made):
    for name in ("basket_amount", "delivery_fee", "rider_pay", "refund_amount"):
        odd = made.sql(
            f"select count(*) n from {{orders}} where round({name}, 2) <> {name}"
        )
        assert odd.n[0] == 0


def test_milestones_are_in_order_without_plants(bare):
    for before, after in pairwise(MILESTONES):
        wrong = bare.sql(f"select count(*) n from {{orders}} where {after} < {before}")
        assert wrong.n[0] == 0, (before, after)
    early = bare.sql("select count(*) n from {orders} where picked_up_at < ready_at")
    assert early.n[0] == 0


def test_status_and_times_agree(made):
    frame = made.sql(
        """
        select status, count(delivered_at) delivered, count(cancelled_at) cancelled,
               count(*) n
        from {orders} group by 1
        """
    ).set_index("status")
    assert frame.delivered["delivered"] == frame.n["delivered"]
    assert frame.cancelled["cancelled"] == frame.n["cancelled"]
    for status in ("cancelled", "failed", "returned"):
        assert frame.delivered[status] == 0
    assert frame.cancelled["delivered"] == 0


def test_nothing_happens_after_the_cancellation(made):
    for name in MILESTONES[1:7]:
        wrong = made.sql(
            f"select count(*) n from {{orders}} where {name} > cancelled_at"
            " + interval 1 minute"
        )
        assert wrong.n[0] == 0


def test_offers_fill_the_time_until_somebody_accepts(bare):
    frame = bare.sql(
        """
        select count(*) n, sum((o.accepted_at <> f.responded_at)::int) wrong
        from {orders} o join {offers} f using (order_id) where f.outcome = 'accepted'
        """
    )
    assert frame.wrong[0] == 0
    counts = bare.sql(
        """
        select sum((o.pushed_count <> f.n)::int) wrong,
               sum((o.refused_count <> f.r)::int) refused
        from {orders} o join (select order_id, count(*) n,
          sum((outcome = 'refused')::int) r from {offers} group by 1) f using (order_id)
        where o.status = 'delivered'
        """
    )
    assert counts.wrong[0] == 0
    assert counts.refused[0] == 0


def test_an_order_has_one_accepted_offer_by_its_rider(bare):
    frame = bare.sql(
        """
        select count(*) n, count(distinct f.order_id) orders,
               sum((f.rider_id <> o.rider_id)::int) others
        from {offers} f join {orders} o using (order_id) where f.outcome = 'accepted'
        """
    )
    assert frame.n[0] == frame.orders[0]
    assert frame.others[0] == 0


def test_batches_are_carried_by_one_rider(bare):
    frame = bare.sql(
        """
        select batch_id, count(*) n, count(distinct rider_id) riders from {orders}
        where batch_id is not null and accepted_at is not null
        group by 1
        """
    )
    assert frame.n.max() == 2
    assert (frame.riders == 1).mean() > 0.99


def test_offers_of_an_order_follow_each_other(bare):
    frame = bare.sql(
        """
        select count(*) n, sum((pushed_at < before)::int) wrong from (
          select pushed_at, lag(coalesce(responded_at, pushed_at)) over (
            partition by order_id order by pushed_at, offer_id) before from {offers})
        where before is not null
        """
    )
    assert frame.n[0] > 1000
    assert frame.wrong[0] == 0
