"""The days that the form of a plan proposes."""

from datetime import date, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from tests.ui import strategy_world
from tests.ui.test_strategies_page import button, opened
from ui.strategies import form_whom
from ui.strategies.form_state import usual_days
from ui.strategies.view import StrategyView

KNOWN = SimpleNamespace(period=(date(2026, 1, 1), date(2026, 3, 25)))


@pytest.mark.parametrize("design", ["did", "staggered", "its", "synthetic_control"])
@pytest.mark.parametrize(
    ("start", "first"),
    [
        (date(2026, 3, 1), date(2026, 2, 1)),
        (date(2026, 1, 10), date(2026, 1, 1)),
        (date(2026, 4, 10), date(2026, 3, 13)),
    ],
)
def test_four_weeks_of_history_or_what_there_is(design, start, first):
    days = usual_days(KNOWN, design=design, starts={"a": start, "b": None})
    assert days == (first, start + timedelta(days=27))


def test_trials_begin_after_the_data():
    days = usual_days(KNOWN, design="ab", starts={"a": date(2026, 2, 1)})
    assert days == (date(2026, 3, 26), date(2026, 4, 22))


@pytest.mark.parametrize("typed", [None, date(2026, 1, 5)])
def test_the_form_proposes_them_until_others_are_chosen(workspace, typed):
    strategy_world.publish(workspace)
    at = opened(StrategyView(show="plan", step=3))
    if typed:
        at.date_input(key="plan_first_day").set_value(typed).run()
    at.session_state["plan_design"] = "did"
    at.session_state["plan_unit"] = "city-day"
    at.session_state["plan_starts"] = {"Riyadh": date(2026, 3, 1)}
    at.run()
    first = at.date_input(key="plan_first_day").value
    assert first == (typed or date(2026, 2, 1))
    button(at, "plan_next").click().run()
    assert not at.exception


def test_typed_days_stay_with_their_places_when_others_are_shown(monkeypatch):
    state = {}
    monkeypatch.setattr(form_whom, "get", state.get)
    monkeypatch.setattr(form_whom, "put", state.__setitem__)
    key, rows = form_whom._rows_of_places("zone", ["a", "b"])
    state["starts"] = {"a": None, "b": date(2026, 2, 1)}
    again = form_whom._rows_of_places("zone", ["a", "b"])
    assert again[0] == key
    assert again[1] is rows
    other, fewer = form_whom._rows_of_places("zone", ["b", "c"])
    assert other != key
    assert fewer["first"].iloc[0] == pd.Timestamp(2026, 2, 1)
    assert pd.isna(fewer["first"].iloc[1])


def test_control_places_are_found_by_the_names_of_the_form(workspace):
    strategy_world.publish(workspace)
    at = opened(StrategyView(show="plan", step=3))
    at.session_state["plan_design"] = "did"
    at.session_state["plan_unit"] = "zone"
    at.session_state["plan_starts"] = {"Riyadh / zone 01": date(2026, 3, 1)}
    at.run()
    assert not at.error, [(item.title, item.value) for item in at.error]
    tables = [item.value for item in at.dataframe if "Gap" in item.value]
    assert any("Jeddah / zone 01" in set(table["Place"]) for table in tables)
