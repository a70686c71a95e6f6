"""Thresholds of ratings fit the scale that the data use."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.metrics import Selection, measure
from tests.worlds import published


@pytest.mark.parametrize(
    ("top", "factor"),
    [(None, 1), (4.0, 1), (5, 1), (5.5, 2), (10, 2), (10.5, 20), (100, 20)],
)
def test_thresholds_grow_with_the_scale(tmp_path, top, factor):
    of_five = pd.Series([1.0, 2.0, 3.0, 4.0, 4.5, 5.0, None])
    orders = pd.DataFrame(
        {"order_no": range(7), "local_date": pd.Timestamp("2026-01-01").date()}
    )
    orders["rating"] = of_five * factor
    contacts = pd.DataFrame({"order_no": range(7), "csat": of_five * factor})
    reviews = pd.DataFrame({"order_no": range(7), "stars": of_five * factor})
    tables = {"orders": orders, "contacts": contacts, "reviews": reviews}
    dataset = published(tmp_path, tables)
    names = {"orders": "rating", "contacts": "csat", "reviews": "stars"}
    profile = {
        table: {
            "columns": [{"name": "order_no", "high": 6}, {"name": name, "high": top}]
        }
        for table, name in names.items()
    }
    dataset = replace(dataset, profile=profile)
    bare = replace(dataset, tables={"orders": dataset.tables["orders"]})
    for asked in (dataset, bare):
        found = measure(asked, ["low_rating_rate", "low_rating_rate(low=3)"]).iloc[0]
        assert found["low_rating_rate_num"] == 2
        assert found["low_rating_rate(low=3)_num"] == 3
        assert found["low_rating_rate_n"] == 6
        low = measure(asked, "orders", selection=Selection(event="low_rated"))
        assert low["orders"].iloc[0] == 2
    found = measure(dataset, ["csat", "csat(satisfied=5)"]).iloc[0]
    assert found["csat_num"] == 3
    assert found["csat(satisfied=5)_num"] == 1
    dataset.engine.close()
