"""Plans that cannot give an answer are refused before they are frozen."""

from datetime import timedelta

import pytest

from analysis.errors import InvalidInput
from analysis.records import (
    decisions_of,
    freeze_strategy,
    list_strategies,
    open_records,
)
from analysis.strategies.registration import Assignment
from analysis.strategies.registry import register
from tests.ui import strategy_world
from tests.ui.test_strategies_page import button, one, opened, said
from ui.strategies.insist import need_workable
from ui.strategies.view import StrategyView

FIRST = strategy_world.FIRST
LATER = FIRST + timedelta(days=14)


def places(design, starts, **changes):
    unit = "zone" if design == "staggered" else "city-day"
    return strategy_world.plan(
        design=design, unit=unit, guardrails=(),
        assignment=Assignment("places", starts=starts), **changes,
    )  # fmt: skip


@pytest.mark.parametrize("design", ["did", "its", "synthetic_control", "staggered"])
def test_a_start_on_the_first_day_has_no_before(design):
    with pytest.raises(InvalidInput, match="no day before it") as told:
        need_workable(None, places(design, {"Riyadh": FIRST, "Jeddah": None}))
    assert "step 3" in str(told.value.hint)
    need_workable(None, places(design, {"Riyadh": FIRST + timedelta(days=1)}))


def test_of_a_staggered_roll_out_one_later_place_is_enough():
    need_workable(None, places("staggered", {"zone 01": FIRST, "zone 02": LATER}))


def test_an_arm_is_not_judged_against_itself():
    same = Assignment("column", control="treatment", treated="treatment")
    with pytest.raises(InvalidInput, match="against itself"):
        need_workable(None, strategy_world.plan(assignment=same))


@pytest.mark.parametrize("from_form", [True, False])
def test_neither_page_freezes_it(workspace, from_form):
    strategy_world.publish(workspace)
    records = open_records(workspace)
    try:
        same = Assignment("column", control="treatment", treated="treatment")
        stored = register(records, strategy_world.plan(assignment=same), by="Ada")
        at = opened(one(stored, **({"show": "plan", "step": 4} if from_form else {})))
        kind, key = ("plan", "plan_freeze") if from_form else (
            "strategies", "strategies_freeze",
        )  # fmt: skip
        at.text_input(key=f"{kind}_author").set_value("Bo")
        button(at, key).click().run()
        told = said(at) + " ".join(str(item.title) for item in at.error)
        assert "judged against itself" in told
        assert not list_strategies(records)[0].is_frozen
    finally:
        records.close()


@pytest.mark.parametrize("can_be_read", [True, False])
def test_a_decision_asks_for_its_reason_in_words(workspace, can_be_read):
    strategy_world.publish(workspace)
    arms = Assignment("column", control="control", treated="treatment")
    if not can_be_read:
        arms = Assignment("column", control="nobody", treated="treatment")
    records = open_records(workspace)
    try:
        stored = register(records, strategy_world.plan(assignment=arms), by="Ada")
        freeze_strategy(records, stored.id, by="Ada")
        at = opened(one(stored))
        kind = ("decider", "record") if can_be_read else ("withdrawer", "withdraw")
        at.text_input(key=f"strategies_{kind[0]}_{stored.id}").set_value("Ada")
        button(at, f"strategies_{kind[1]}_{stored.id}").click().run()
        told = said(at) + " ".join(str(item.title) for item in at.error)
        assert "Please give a reason." in told
        assert "0 characters" not in told
        assert not decisions_of(records, [stored.id])[stored.id]
    finally:
        records.close()


def test_a_name_that_is_too_long_stays_and_is_told(workspace):
    strategy_world.publish(workspace)
    at = opened(StrategyView(show="plan", step=1))
    at.text_input(key="plan_name").set_value("n" * 120).run()
    assert "can be kept" not in said(at)
    assert at.text_input(key="plan_name").proto.max_chars == 0
    at.text_input(key="plan_name").set_value("n" * 121).run()
    assert at.text_input(key="plan_name").value == "n" * 121
    assert "This has 121 characters; up to 120 can be kept." in said(at)
