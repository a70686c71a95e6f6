"""Keys and columns: nothing dangles, nothing has a name the order model lacks."""

from __future__ import annotations

import pytest

from analysis.orders.schema import load_fields

ON_ORDERS = ["offers", "events", "contacts", "messages", "complaints", "reviews"]

#: Columns that the order model does not know, on purpose: they become dimensions.
FURTHER = {
    "orders": {
        "planned_accepted_at",
        "planned_arrived_merchant_at",
        "planned_arrived_customer_at",
        "planned_delivered_at",
        "batch_detour_s",
    },
    "shifts": {"city"},
}


@pytest.mark.parametrize("name", [*ON_ORDERS, "decisions"])
def test_related_rows_have_their_order(made, name):
    lost = made.sql(
        f"select count(*) n from {{{name}}} where order_id not in "
        "(select order_id from {orders})"
    )
    assert lost.n[0] == 0


@pytest.mark.parametrize(
    ("table", "key", "other"),
    [
        ("orders", "rider_id", "riders"),
        ("orders", "merchant_id", "merchants"),
        ("orders", "customer_id", "customers"),
        ("offers", "rider_id", "riders"),
        ("shifts", "rider_id", "riders"),
        ("rider_history", "rider_id", "riders"),
        ("inspections", "rider_id", "riders"),
        ("messages", "contact_id", "contacts"),
        ("complaints", "contact_id", "contacts"),
        ("assignments", "strategy_id", "strategies"),
    ],
)
def test_foreign_keys_do_not_dangle(made, table, key, other):
    lost = made.sql(
        f"select count(*) n from {{{table}}} where {key} is not null and {key} not in "
        f"(select {key} from {{{other}}})"
    )
    assert lost.n[0] == 0


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("offers", "offer_id"),
        ("events", "event_id"),
        ("contacts", "contact_id"),
        ("messages", "message_id"),
        ("complaints", "complaint_id"),
        ("reviews", "review_id"),
        ("shifts", "shift_id"),
        ("riders", "rider_id"),
        ("merchants", "merchant_id"),
        ("customers", "customer_id"),
        ("decisions", "decision_id"),
    ],
)
def test_keys_are_unique(made, table, key):
    frame = made.sql(f"select count(*) n, count(distinct {key}) k from {{{table}}}")
    assert frame.n[0] == frame.k[0] > 0


def test_places_lie_inside_each_other(made):
    frame = made.sql(
        """
        select trim(zone) zone, count(distinct city) cities,
               count(distinct region) regions, count(distinct zone_type) types
        from {orders} group by 1
        """
    )
    assert len(frame) == 24
    assert (frame[["cities", "regions", "types"]] == 1).all(axis=None)


@pytest.mark.parametrize("name", sorted(load_fields()))
def test_columns_are_those_of_the_order_model(made, name):
    columns = set(made.sql(f"select * from {{{name}}} limit 0").columns) - {"month"}
    assert columns - set(load_fields()[name]) == FURTHER.get(name, set())


def test_riders_take_orders_only_while_employed(made):
    frame = made.sql(
        """
        select count(*) n from {orders} join {riders} using (rider_id)
        where created_at < joined_at - interval 1 day
        """
    )
    assert frame.n[0] == 0


def test_people_are_invented(made):
    riders = made.sql("select name, phone from {riders}")
    assert riders.phone.str.contains("555").all()
    customers = made.sql("select email, phone from {customers}")
    assert customers.email.str.endswith("@example.com").all()
    assert customers.phone.str.contains("555").all()
