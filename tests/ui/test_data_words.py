"""The names of published columns as readers see them."""

from analysis.orders.schema import fields_of
from ui.data import words

LABEL = fields_of("orders")["order_id"].label("en")


def test_fields_have_their_label_and_other_columns_their_header():
    assert words.column_labels("orders", ["order_id", "Laufweg"]) == [LABEL, "Laufweg"]


def test_two_columns_never_have_one_name():
    names = ["order_id", LABEL, "city"]
    assert len(set(words.column_labels("orders", names))) == len(names)
