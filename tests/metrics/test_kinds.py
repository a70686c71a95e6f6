"""A column of yes and no is no evidence of what kind something was."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.errors import MissingField
from analysis.metrics import measure
from analysis.metrics.availability import availability_of
from tests.worlds import published
from ui.kpis.locks import lock_text


def world(folder, values):
    orders = pd.DataFrame(
        {
            "order_no": range(len(values)),
            "status": "delivered",
            "complaint_reason": pd.Series(values, dtype="str"),
        }
    )
    seen = pd.Series(values).dropna().value_counts()
    top = [{"value": value, "count": int(count)} for value, count in seen.items()]
    columns = [{"name": "complaint_reason", "top": top}]
    dataset = published(folder, {"orders": orders})
    return replace(dataset, profile={"orders": {"columns": columns}})


@pytest.mark.parametrize(
    "flags", [["1", None], ["Yes", "no"], ["是", None], ["1.0", None]]
)
def test_a_flag_of_complaints_gives_their_rate_and_no_rate_of_kinds(tmp_path, flags):
    dataset = world(tmp_path, flags * 50)
    assert availability_of(dataset, "complaint_rate").is_available
    locked = availability_of(dataset, "order_error_rate")
    assert locked.missing == ("complaint_kinds",)
    assert "only whether" in lock_text(locked.missing)
    with pytest.raises(MissingField):
        measure(dataset, "order_error_rate")
    dataset.engine.close()


@pytest.mark.parametrize("kinds", [["missing item", None], ["1", "cold food"]])
def test_kinds_give_it_as_soon_as_there_is_one(tmp_path, kinds):
    dataset = world(tmp_path, kinds * 50)
    assert availability_of(dataset, "order_error_rate").is_available
    dataset.engine.close()


def test_without_a_profile_the_column_is_taken_as_it_is(tmp_path):
    dataset = replace(world(tmp_path, ["1", None] * 50), profile={})
    assert availability_of(dataset, "order_error_rate").is_available
    dataset.engine.close()


def test_without_any_column_that_is_what_is_missing(tmp_path):
    orders = pd.DataFrame({"order_no": range(3), "status": "delivered"})
    dataset = published(tmp_path, {"orders": orders})
    missing = availability_of(dataset, "order_error_rate").missing
    assert missing == ("complaint_reason",)
    dataset.engine.close()
