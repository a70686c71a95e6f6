"""What a click narrows to: a zone with its city, a value of its own dimension."""

from datetime import date
from types import SimpleNamespace

import duckdb
import pytest
from sqlglot import exp

from analysis.metrics import Condition, Period, Selection
from analysis.metrics.supply import _is_second
from analysis.trends.words import stands_out
from ui import fired
from ui.kpis import load, marks, versus, view

RIYADH = Condition("city", values=("Riyadh",))
ZONE = Condition("zone", values=("Center",))


@pytest.fixture
def gone(monkeypatch):
    """Where a drill leads."""
    found = []
    monkeypatch.setattr(view, "next_level", lambda *_: "merchant_id")
    monkeypatch.setattr(view, "go_to", lambda _, *asked, **more: found.append(asked))
    return found


def test_a_zone_is_drilled_with_its_city(gone):
    view.drill(SimpleNamespace(conditions=(), dataset=None), ZONE, RIYADH)
    assert gone == [(RIYADH, ZONE)]


def test_a_city_that_is_there_stays_where_it_is(gone):
    hour = Condition("hour", values=(12,))
    look = SimpleNamespace(conditions=(RIYADH, hour), dataset=None)
    view.drill(look, ZONE, RIYADH)
    assert set(gone[0]) == {RIYADH, hour, ZONE}
    assert gone[0][-1] == ZONE


def test_zones_of_one_name_are_told_apart():
    places = [("Riyadh", "Center"), ("Jeddah", "Center"), ("Jeddah", "Port")]
    names = load._zone_names(places)
    assert names == ["Center, Riyadh", "Center, Jeddah", "Port"]
    assert load._conditions(["city", "zone"], places[0]) == [ZONE, RIYADH]


def test_a_segment_of_another_dimension_is_not_taken_for_this_one():
    chosen = Selection(conditions=(Condition("hour", values=(1,)),))
    listed = [(5, 10), (1, 9)]
    assert versus._place(chosen, listed, by="hour", usual=0) == 1
    assert versus._place(chosen, listed, by="weekday", usual=0) == 0


def test_the_worst_of_many_needs_more_than_the_worst_of_few():
    group = {"values": [0.2], "intervals": [(0.14, 0.26)], "whole": 0.11}
    assert stands_out(**group, is_lower_better=True) == 0
    assert stands_out(**group, is_lower_better=True, looks=200) is None


def test_many_plans_leave_room_for_incidents(monkeypatch):
    days = [date(2026, 5, day) for day in range(1, 21)]
    for name, text in (("_strategies", "plan"), ("_incidents", "incident")):
        told = [marks.Mark(day, text) for day in days]
        monkeypatch.setattr(marks, name, lambda _, told=told: told)
    monkeypatch.setattr(marks, "_moves", lambda *_: [])
    monkeypatch.setattr(marks.days_off, "shown", lambda *_, **__: [])
    look = SimpleNamespace(period=Period(days[0], days[-1]))
    found = [item.text for item in marks.marks(look, None)]
    assert found.count("incident") == found.count("plan") == marks.MAX_MARKS // 2


@pytest.mark.parametrize(
    ("minute", "past", "second"),
    [(10, 0, False), (40, 0, True), (40, 30, False), (10, 30, True), (20, 45, False)],
)
def test_half_hours_are_those_of_the_clock_on_the_wall(minute, past, second):
    time = exp.cast(exp.Literal.string(f"2026-05-01 10:{minute}:00"), "TIMESTAMP")
    query = exp.select(_is_second(time, minutes=past)).sql("duckdb")
    assert duckdb.sql(query).fetchall() == [(second,)]


def test_a_rule_saved_meanwhile_is_evaluated_too(monkeypatch):
    kept = [SimpleNamespace(id="a", version=1)]
    evaluated = []

    def evaluate(*_, **__):
        evaluated.append([rule.id for rule in kept])
        if len(evaluated) == 1:
            kept.append(SimpleNamespace(id="b", version=1))

    monkeypatch.setattr(fired, "alert_rules", lambda *_, **__: tuple(kept))
    monkeypatch.setattr(fired, "evaluate_alerts", evaluate)
    monkeypatch.setattr(fired.cached, "records", lambda: None)
    jobs = SimpleNamespace(
        find=lambda *_: None,
        start=lambda *given: given[2](SimpleNamespace(progress=lambda *_: None)),
    )
    monkeypatch.setattr(fired.cached, "jobs", lambda: jobs)
    fired.evaluate(SimpleNamespace(path="x", id="x"))
    assert evaluated == [["a"], ["a", "b"]]
