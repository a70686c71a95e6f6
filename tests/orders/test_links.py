"""Links between the tables of a draft, by the keys that they share."""

from __future__ import annotations

import pytest

from analysis.orders.links import linked, reaches_orders
from analysis.orders.mapping import (
    DETAILS,
    LOOKUP,
    ColumnMapping,
    Link,
    Mapping,
    TableMapping,
)


def table(name: str, target: str, **columns: str) -> TableMapping:
    """A table; each column with its field, or with none."""
    held = tuple(
        ColumnMapping(column, "field" if field else "other", field or column)
        for column, field in columns.items()
    )
    return TableMapping(name, f"{name}.csv", name, target, held)


ORDERS = table("o", "orders", order_id="order_id", buyer="customer_id", area="")
CUSTOMERS = table("c", "customers", id="customer_id", city="city")
ITEMS = table("i", DETAILS, order="order_id", sku="")
PRODUCTS = table("p", LOOKUP, SKU="", family="")
FAMILIES = table("f", LOOKUP, family="", label="")
MESSAGES = table("m", "messages", ticket="contact_id", text="text")
CONTACTS = table("t", "contacts", contact_id="contact_id", order_id="order_id")


def links(
    *tables: TableMapping, unique: set[tuple[str, str]] | None = None
) -> set[Link]:
    return set(linked(Mapping(tables=tables), unique=unique).links)


def test_keys_link_to_the_table_whose_rows_they_name():
    found = links(ORDERS, CUSTOMERS, ITEMS, MESSAGES, CONTACTS)
    assert found == {
        Link("o", "buyer", "c", "id"), Link("i", "order", "o", "order_id"),
        Link("m", "ticket", "t", "contact_id"), Link("t", "order_id", "o", "order_id"),
    }  # fmt: skip


def test_tables_to_look_up_are_linked_by_the_same_header():
    found = links(ORDERS, ITEMS, PRODUCTS, FAMILIES)
    assert Link("i", "sku", "p", "SKU") in found
    assert Link("p", "family", "f", "family") in found
    assert Link("f", "family", "p", "family") not in found, "no circle"


def test_a_column_that_repeats_is_no_key_to_look_up():
    found = links(ORDERS, ITEMS, PRODUCTS, unique={("p", "family")})
    assert Link("i", "sku", "p", "SKU") not in found
    assert Link("i", "order", "o", "order_id") in found


@pytest.mark.parametrize(
    ("links", "reaches"),
    [
        ((), False),
        ((Link("i", "sku", "p", "SKU"),), True),
        ((Link("f", "family", "p", "family"),), False),
        ((Link("f", "family", "p", "family"), Link("i", "sku", "f", "label")), True),
    ],
)
def test_tables_reach_orders_through_others(links, reaches):
    mapping = Mapping(tables=(ORDERS, ITEMS, PRODUCTS, FAMILIES), links=links)
    assert reaches_orders(mapping, PRODUCTS) is reaches


def test_a_circle_of_lookups_ends():
    circle = (Link("f", "family", "p", "family"), Link("p", "family", "f", "family"))
    mapping = Mapping(tables=(ORDERS, PRODUCTS, FAMILIES), links=circle)
    assert reaches_orders(mapping, PRODUCTS) is False
