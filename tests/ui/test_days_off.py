"""Holidays on the trend: days in a row are one mark, places that share it too."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis.calendars import Holiday, public_holidays
from tests.ui.kpi_world import orders, publish
from ui import cached, chart_trend
from ui.kpis import days_off, marks
from ui.kpis.view import KpiView, look_at


def test_days_in_a_row_and_places_with_the_same_days_are_one():
    found = days_off.joined(
        [
            Holiday(date(2026, 3, 20), "Eid al-Fitr", "KW"),
            Holiday(date(2026, 3, 21), "Eid al-Fitr", "KW"),
            Holiday(date(2026, 3, 21), "Eid al-Fitr", "QA"),
            Holiday(date(2026, 3, 20), "Eid al-Fitr", "QA"),
            Holiday(date(2026, 3, 19), "Eid al-Fitr", "SA"),
            Holiday(date(2026, 3, 20), "Eid al-Fitr", "SA"),
            Holiday(date(2026, 3, 23), "Eid al-Fitr", "KW"),
        ]
    )
    assert [(item.first.day, item.last.day, item.territories) for item in found] == [
        (19, 20, ("SA",)), (20, 21, ("KW", "QA")), (23, 23, ("KW",)),
    ]  # fmt: skip


@pytest.fixture
def look(workspace):
    """Sixty orders a day from January to March: a third of each of three countries."""
    frame = orders()
    places = pd.Series(["SA", "KW", "HK"]).take(frame["order_no"] % 3)
    publish(workspace, frame.assign(country=places.to_numpy()))
    found, _ = look_at(cached.opened("World", "v001"), KpiView(span="all"))
    return found


def test_the_holidays_of_the_places_looked_at_are_shown(look):
    texts = {item.text for item in days_off.shown(look, most=99)}
    assert "Founding Day (Saudi Arabia)" in texts
    assert "New Year's Day (Hong Kong SAR China, Kuwait)" in texts
    known = public_holidays(["SA", "KW", "HK"], look.period.first, look.period.last)
    shown = days_off.shown(look, most=99)
    assert {item.first for item in shown} <= {item.day for item in known}
    assert sum((item.last - item.first).days + 1 for item in shown) <= len(known)


def test_of_too_many_those_of_the_most_orders_stay(look):
    (one,) = days_off.shown(look, most=1)
    assert len(one.territories) == 2


def test_they_are_marked_fainter_than_what_somebody_did(look):
    found = marks.marks(look, None)
    frame = marks.frame_of([marks.Mark(date(2026, 2, 1), "An event"), *found])
    assert frame["holiday"].tolist() == [False] + [True] * (len(frame) - 1)
    assert len(frame) > 3
    days = pd.date_range("2026-01-01", periods=60)
    chart = chart_trend.trend(
        pd.DataFrame({"period": days, "value": 1.0}),
        time="period", value="value", events=frame,
    ).to_dict()  # fmt: skip
    layer = next(item for item in chart["layer"] if item["mark"]["type"] == "rule")
    tests = layer["encoding"]["opacity"]["condition"]
    assert "holiday" in tests["test"]
    assert tests["value"] < layer["encoding"]["opacity"]["value"]
    assert "Founding Day" in marks.listed(found)
