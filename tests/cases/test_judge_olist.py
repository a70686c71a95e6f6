"""Real orders with four times only: the Olist sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cases import Cases, judge, timeline
from tests.worlds import published

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "olist"
NAMES = {
    "order_purchase_timestamp": "created_at",
    "order_delivered_carrier_date": "picked_up_at",
    "order_delivered_customer_date": "delivered_at",
    "order_estimated_delivery_date": "promised_at",
}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason=f"the Olist sample is not in {FOLDER}"
    ),
]


@pytest.fixture(scope="module")
def olist(tmp_path_factory):
    (path,) = FOLDER.glob("*orders*.csv")
    orders = pd.read_csv(path).rename(columns=NAMES)
    for name in NAMES.values():
        orders[name] = pd.to_datetime(orders[name]).astype("datetime64[us]")
    orders["status"] = orders["order_status"].replace("canceled", "cancelled")
    orders = orders.sort_values(["created_at", "order_id"])
    orders["order_no"] = np.arange(1, len(orders) + 1)
    kept = orders[["order_no", "order_id", *NAMES.values(), "status"]]
    dataset = published(tmp_path_factory.mktemp("olist"), {"orders": kept})
    yield dataset
    dataset.engine.close()


def test_late_orders_are_open_and_say_what_would_tell(olist):
    numbers = range(1, olist.table("orders").rows + 1)
    verdicts = judge(Cases(olist, numbers))
    frame = verdicts.to_frame()
    late = frame[frame["case_kind"] == "late"]
    assert len(late) > 50
    assert set(late["party"]) <= {"undetermined", "platform"}
    assert (late["missing"] != "").mean() > 0.9
    parts = late[[name for name in late if name.endswith("_minutes")]]
    assert np.allclose(parts.sum(axis=1), late["minutes_late"], atol=0.1)


def test_one_late_order_has_two_stages_beside_its_peers(olist):
    verdicts = judge(Cases(olist, range(1, 3000)))
    frame = verdicts.to_frame()
    number = int(frame.loc[frame["case_kind"] == "late", "order_no"].iloc[0])
    found = timeline(olist, number)
    assert len(found.stages) == 2
    assert all(line.n > 30 and line.p10 < line.p90 for line in found.stages)
    assert "arrived_merchant_at" in found.would_add
