"""Publishing the six Olist files gives the known answers, to the digit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.orders import propose_mapping, publish, stage
from tests.orders.publish_help import assert_rows_add_up, check, frame, source

OLIST = Path(__file__).parents[3] / "shared" / "data" / "olist"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not OLIST.is_dir(), reason="the Olist files are not here"),
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("workspace")
    return publish(sorted(OLIST.glob("*.csv")), workspace=workspace, name="Olist")


@pytest.fixture(scope="module")
def orders(dataset):
    return frame(dataset)


@pytest.fixture(scope="module")
def delivered(orders):
    """Filter F of the README: status delivered, and a time of delivery."""
    found = orders[(orders["status"] == "delivered") & orders["delivered_at"].notna()]
    return found.assign(late=found["delivered_at"] > found["promised_at"])


def share(rows: pd.DataFrame) -> tuple[int, int]:
    return int(rows["late"].sum()), len(rows)


def test_nothing_has_to_be_asked(tmp_path):
    mapping = propose_mapping(stage(sorted(OLIST.glob("*.csv")), workspace=tmp_path))
    assert mapping.questions() == ()
    assert (mapping.grain, mapping.duplicates) == ("order", "first")
    found = {item.title.split("_dataset")[0]: item.target for item in mapping.tables}
    assert found == {
        "olist_orders": "orders", "olist_customers": "customers",
        "olist_order_items": "details", "olist_order_payments": "details",
        "olist_order_reviews": "reviews", "olist_products": "lookup",
    }  # fmt: skip
    links = {
        (mapping.table(link.table).title, link.column, mapping.table(link.to).target)
        for link in mapping.links
    }
    assert links == {
        ("olist_order_items_dataset.csv", "order_id", "orders"),
        ("olist_order_items_dataset.csv", "product_id", "lookup"),
        ("olist_order_payments_dataset.csv", "order_id", "orders"),
        ("olist_order_reviews_dataset.csv", "order_id", "orders"),
        ("olist_orders_dataset.csv", "customer_id", "customers"),
    }


def test_orders_stay_orders(dataset, orders):
    assert len(orders) == 4_000
    assert orders["order_id"].is_unique
    assert list(orders["order_no"]) == list(range(1, 4_001))
    assert orders["created_at"].is_monotonic_increasing
    assert_rows_add_up(dataset)
    used = {"order_items": 4_519, "order_payments": 4_161, "products": 3_132}
    for name, rows in used.items():
        counts = source(dataset, f"olist_{name}_dataset.csv")
        assert (counts["used"], counts["set_aside"]) == (rows, 0), name


def test_late_by_timestamp_and_by_day(delivered):
    assert len(delivered) == 3_898
    assert share(delivered) == (335, 3_898)
    assert delivered["late"].mean() == pytest.approx(0.085942, abs=5e-7)
    by_day = delivered["delivered_date"] > delivered["promised_date"]
    assert by_day.sum() == 279
    assert by_day.mean() == pytest.approx(0.071575, abs=5e-7)


def test_days_from_purchase_to_delivery(delivered):
    days = (delivered["delivered_at"] - delivered["created_at"]) / pd.Timedelta("1D")
    assert days.mean() == pytest.approx(12.5396, abs=5e-5)
    raw = pd.read_csv(OLIST / "olist_orders_dataset.csv")
    raw = raw[raw["order_status"] == "delivered"]
    first, last = (
        pd.to_datetime(raw[f"order_{name}"])
        for name in ("purchase_timestamp", "delivered_customer_date")
    )
    # The list of answers says 10.0814; the files themselves give 10.08154.
    assert days.median() == pytest.approx((last - first).median() / pd.Timedelta("1D"))
    assert days.median() == pytest.approx(10.0815, abs=5e-5)


@pytest.mark.parametrize(
    ("month", "late", "of"),
    [
        ("2017-11", 45, 277), ("2018-02", 51, 276), ("2018-03", 71, 287),
        ("2018-06", 4, 259),
    ],
)  # fmt: skip
def test_late_by_month(delivered, month, late, of):
    days = pd.to_datetime(delivered["local_date"])
    assert share(delivered[days.dt.strftime("%Y-%m") == month]) == (late, of)


@pytest.mark.parametrize(
    ("state", "rate", "of"),
    [
        ("BA", 0.1748, 143), ("RJ", 0.1646, 474), ("SC", 0.1481, 108),
        ("MG", 0.0723, 484), ("SP", 0.0575, 1_671), ("PR", 0.0246, 203),
        ("RS", 0.0209, 191),
    ],
)  # fmt: skip
def test_late_by_state(delivered, state, rate, of):
    found = delivered[delivered["zone"] == state]
    assert len(found) == of
    assert found["late"].mean() == pytest.approx(rate, abs=5e-5)


def test_stars_of_all_reviews(dataset, delivered):
    reviews = frame(dataset, "reviews").merge(delivered, on="order_no")
    by_late = reviews.groupby("late")["stars"]
    assert by_late.size().to_dict() == {False: 3_562, True: 323}
    assert by_late.mean()[False] == pytest.approx(4.294497, abs=5e-7)
    assert by_late.mean()[True] == pytest.approx(2.427245, abs=5e-7)


def test_handed_over_after_the_shipping_limit(dataset, delivered):
    items = pd.read_csv(OLIST / "olist_order_items_dataset.csv")
    limits = pd.to_datetime(items["shipping_limit_date"])
    earliest = limits.groupby(items["order_id"]).min()
    held = delivered.set_index("order_id")["promised_pickup_at"]
    assert (held.dropna() == earliest.reindex(held.dropna().index)).all()
    after = delivered["picked_up_at"] > delivered["promised_pickup_at"]
    assert (after.sum(), (~after).sum()) == (342, 3_556)
    assert delivered[after]["late"].mean() == pytest.approx(0.2398, abs=5e-5)
    assert delivered[~after]["late"].mean() == pytest.approx(0.0711, abs=5e-5)


def test_statuses_are_kept_beside_ours(orders):
    assert orders["status_reported"].value_counts().to_dict() == {
        "delivered": 3_898, "shipped": 39, "canceled": 23, "unavailable": 17,
        "processing": 14, "invoiced": 9,
    }  # fmt: skip
    assert orders["status"].value_counts().to_dict() == {
        "delivered": 3_898, "open": 62, "cancelled": 23, "failed": 17,
    }  # fmt: skip


def test_orders_with_a_review(dataset, orders):
    reviews = frame(dataset, "reviews")
    assert len(reviews) == 3_986
    assert reviews["order_no"].nunique() == 3_972
    assert orders["rating"].notna().sum() == 3_972
    assert check(dataset, "unknown_order_reviews", "reviews")["count"] == 0


def test_sums_equal_those_of_the_files(orders):
    items = pd.read_csv(OLIST / "olist_order_items_dataset.csv")
    payments = pd.read_csv(OLIST / "olist_order_payments_dataset.csv")
    assert orders["basket_amount"].sum() == pytest.approx(items["price"].sum())
    assert orders["delivery_fee"].sum() == pytest.approx(items["freight_value"].sum())
    assert orders["payment_value"].sum() == pytest.approx(
        payments["payment_value"].sum()
    )


def test_the_category_comes_through_the_items(orders):
    items = pd.read_csv(OLIST / "olist_order_items_dataset.csv")
    products = pd.read_csv(OLIST / "olist_products_dataset.csv")
    joined = items.merge(products, on="product_id", how="left")
    first = joined.groupby("order_id")["product_category_name"].first()
    held = orders.set_index("order_id")["category"]
    pd.testing.assert_series_equal(
        held.reindex(first.index), first, check_names=False, check_dtype=False
    )


def test_ids_of_customers_are_hashed_and_still_join(dataset, orders):
    customers = pd.read_csv(OLIST / "olist_customers_dataset.csv")
    assert not set(orders["customer_id"]) & set(customers["customer_id"])
    assert set(orders["customer_id"]) == set(frame(dataset, "customers")["customer_id"])


def test_what_lies_on_disk_is_what_is_published(dataset):
    names = {path.stem for path in (dataset.path / "parquet").iterdir()}
    assert names == set(dataset.tables)
    for name, table in dataset.tables.items():
        path = dataset.path / "parquet" / f"{name}.parquet"
        assert pq.read_metadata(path).num_rows == table.rows
