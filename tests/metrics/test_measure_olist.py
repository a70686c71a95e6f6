"""The known answers of the Olist sample, from measure alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.metrics import Condition, Selection, measure, rows
from tests.worlds import published

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "olist"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason=f"the Olist sample is not in {FOLDER}"
    ),
]

NAMES = {
    "order_purchase_timestamp": "created_at",
    "order_delivered_carrier_date": "picked_up_at",
    "order_delivered_customer_date": "delivered_at",
    "order_estimated_delivery_date": "promised_at",
    "order_status": "status",
    "customer_state": "zone",
}


def brought(name: str) -> pd.DataFrame:
    (path,) = FOLDER.glob(f"*{name}*.csv")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def olist(tmp_path_factory):
    orders = brought("orders").merge(brought("customers"), on="customer_id")
    orders = orders.rename(columns=NAMES).sort_values(["created_at", "order_id"])
    orders["order_no"] = np.arange(len(orders))
    for name in ("created_at", "picked_up_at", "delivered_at", "promised_at"):
        orders[name] = pd.to_datetime(orders[name]).astype("datetime64[us]")
    orders["status"] = orders["status"].replace("canceled", "cancelled")
    orders["local_date"] = orders["created_at"].dt.date
    orders["promised_date"] = orders["promised_at"].dt.date
    orders["delivered_date"] = orders["delivered_at"].dt.date
    reviews = brought("reviews").rename(columns={"review_score": "stars"})
    reviews["stars"] = reviews["stars"].astype(float)
    reviews = reviews.merge(orders[["order_id", "order_no"]], on="order_id")
    kept = ["order_no", "order_id", *NAMES.values()]
    kept += ["local_date", "promised_date", "delivered_date"]
    tables = {"orders": orders[kept], "reviews": reviews[["order_no", "stars"]]}
    dataset = published(tmp_path_factory.mktemp("olist"), tables)
    yield dataset
    dataset.engine.close()


def test_late_by_timestamp_and_by_day(olist):
    metrics = ["orders", "delivered_orders", "late_rate", "late_rate(by=day)"]
    row = measure(olist, metrics).iloc[0]
    assert (row["orders"], row["delivered_orders"]) == (4000, 3898)
    assert (row["late_rate_num"], row["late_rate_n"]) == (335, 3898)
    assert round(row["late_rate"], 6) == 0.085942
    assert row["late_rate(by=day)_num"] == 279
    assert round(row["late_rate(by=day)"], 6) == 0.071575


def test_delivery_days(olist):
    row = measure(olist, ["delivery_minutes", "p50_delivery_minutes"]).iloc[0]
    assert round(row["delivery_minutes"] / 1440, 4) == 12.5396
    page = rows(olist, columns=["created_at", "delivered_at"], limit=4000)
    days = (page["delivered_at"] - page["created_at"]).dt.total_seconds() / 86_400
    assert row["p50_delivery_minutes"] / 1440 == pytest.approx(days.median())


def test_late_by_month(olist):
    frame = measure(olist, "late_rate", grain="month").set_index("period")
    known = {"2017-11": (45, 277), "2018-02": (51, 276), "2018-03": (71, 287),
             "2018-06": (4, 259)}  # fmt: skip
    for month, counts in known.items():
        row = frame.loc[f"{month}-01"]
        assert (row["late_rate_num"], row["late_rate_n"]) == counts


def test_late_by_state(olist):
    frame = measure(olist, "late_rate", by="zone").set_index("zone")
    known = {
        "BA": (0.1748, 143), "RJ": (0.1646, 474), "SC": (0.1481, 108),
        "MG": (0.0723, 484), "SP": (0.0575, 1671), "PR": (0.0246, 203),
        "RS": (0.0209, 191),
    }  # fmt: skip
    for state, (rate, n) in known.items():
        row = frame.loc[state]
        assert (round(row["late_rate"], 4), row["late_rate_n"]) == (rate, n)


def test_stars_of_late_orders_and_of_those_in_time(olist):
    late = Selection.of({"status": "delivered"})
    punctual = late.narrow(Condition("severity_band", "in", ("in time",)))
    row = measure(olist, "mean_rating", selection=punctual).iloc[0]
    assert (round(row["mean_rating"], 6), row["mean_rating_n"]) == (4.294497, 3562)
    behind = Selection(conditions=late.conditions, event="late")
    row = measure(olist, "mean_rating", selection=behind).iloc[0]
    assert (round(row["mean_rating"], 6), row["mean_rating_n"]) == (2.427245, 323)
    assert len(rows(olist, behind, limit=1000)) == 335
