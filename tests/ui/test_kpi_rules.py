"""What the KPI page says of rules: settings without effect, an assumed promise."""

from __future__ import annotations

import pytest

from analysis.metrics.selection import Selection
from tests.ui import kpi_world
from tests.ui.kpi_world import NAME
from tests.ui.test_kpi_page import opened, said
from ui.kpis.view import KpiView

LOCAL_DAYS = {"promised_date": "promised_at", "delivered_date": "delivered_at"}


def settings(at):
    keys = [str(item.key) for item in at.selectbox]
    return {key.removeprefix("kpis_setting_") for key in keys if "_setting_" in key}


def seen(metric="orders", **view):
    selection = Selection(dataset=NAME, metric=metric, event=view.pop("event", ""))
    return opened(KpiView(selection=selection, cards=("orders",), **view))


def test_grace_is_offered_only_where_it_means_anything(workspace):
    orders = kpi_world.orders()
    for day, time in LOCAL_DAYS.items():
        orders[day] = orders[time].dt.date
    kpi_world.publish(workspace, orders)
    assert settings(seen("late_rate")) == {"by", "grace"}
    assert settings(seen("late_rate(by=day)")) == {"by"}
    at = seen("late_rate(grace=10)")
    choice = next(item for item in at.selectbox if item.key == "kpis_setting_by")
    choice.select("day").run()
    assert not at.exception
    assert settings(at) == {"by"}


@pytest.mark.parametrize("assumed", [True, False])
def test_groups_and_events_of_an_assumed_promise_say_so(workspace, assumed):
    kpi_world.publish(workspace, assumed=assumed)
    assert ("assumed" in said(seen(by="severity_band"))) == assumed
    assert ("assumed" in said(seen(by="city", event="late"))) == assumed
    assert "assumed" not in said(seen(by="city"))
