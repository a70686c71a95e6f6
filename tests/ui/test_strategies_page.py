"""The page Strategies from the entry point: list, one strategy, plan, its errors."""

import dataclasses
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from analysis.engine.dataset import Column
from analysis.errors import InvalidInput
from analysis.metrics import Selection
from analysis.records import (
    amend_strategy,
    decisions_of,
    freeze_strategy,
    list_strategies,
    open_records,
    record_decision,
)
from analysis.strategies.registration import Assignment, Options, from_stored
from analysis.strategies.registry import register
from tests.ui import kpi_world, strategy_world
from tests.ui.kpi_world import NAME
from ui.state import encode_view
from ui.strategies import form_whom
from ui.strategies.view import StrategyView

ROOT = Path(__file__).parents[2]


def opened(view=None, *, text=None, lang="en"):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = lang
    at.run()
    if view is not None:
        at.query_params["v"] = encode_view(view)
    if text is not None:
        at.query_params["v"] = text
    at.switch_page("pages/evaluate/strategies.py").run()
    assert not at.exception, [error.message for error in at.exception]
    return at


def said(at):
    kinds = (at.title, at.header, at.subheader, at.markdown, at.caption, at.warning,
             at.info, at.error, at.success)  # fmt: skip
    return "\n".join(str(item.value) for kind in kinds for item in kind)


def button(at, key):
    return next(item for item in at.button if item.key == key)


def keys(at):
    return {item.key for item in at.button}


@pytest.fixture
def world(workspace):
    return strategy_world.publish(workspace)


@pytest.fixture
def records(world, workspace):
    kept = open_records(workspace)
    yield kept
    kept.close()


@pytest.fixture
def gain(world):
    """Minutes gained, as the page writes them."""
    return f"{-strategy_world.effect(world):.1f}\N{NO-BREAK SPACE}min"


def frozen(records, **changes):
    made = register(records, strategy_world.plan(**changes), by="Ada")
    return freeze_strategy(records, made.id, by="Ada")


def one(stored, **changes):
    return StrategyView(strategy=stored.id, **changes)


def test_without_data_it_says_what_would_be_here():
    at = opened()
    assert "once orders are here" in said(at)


def test_without_strategies_it_offers_to_plan_one(world):
    at = opened()
    assert "No strategy is registered" in said(at)
    assert "strategies_new" in keys(at)


def test_the_list_tells_name_status_and_effect(records, gain):
    stored = frozen(records)
    register(records, strategy_world.plan(name="Idea"), by="Ada")
    opened(one(stored))
    at = opened()
    text = said(at)
    assert "2 strategies: 1 being planned, 1 waiting for a decision." in text
    assert f"Delivery minutes **\N{MINUS SIGN}{gain}" in text
    assert "recommended by the frozen rule" in text
    labels = [item.label for item in at.button]
    assert "Quick hand\\-over" in labels


def test_one_strategy_says_decision_effect_checks_and_method(records, gain):
    at = opened(one(frozen(records)))
    text = said(at)
    assert "Roll out" in text
    assert f"got better by {gain}" in text
    assert "p < 0.001" in text
    for part in ("Effect", "Checks", "Guardrails", "Method", "Decision"):
        assert part in [item.value for item in at.header]
    assert "Sample ratio" in text
    assert "held" in text
    assert "Plan frozen" in text


def test_a_draft_shows_no_result_until_it_is_frozen_or_explored(records, gain):
    stored = register(records, strategy_world.plan(), by="Ada")
    at = opened(one(stored))
    assert "This is a draft" in [item.title for item in at.info] or "draft" in said(at)
    assert "got better" not in said(at)
    explored = opened(one(stored, explore=True))
    assert "Exploratory" in said(explored)
    assert f"got better by {gain}" in said(explored)
    later = freeze_strategy(records, stored.id, by="Ada")
    assert "Results were read before" in said(opened(one(later)))


def test_freezing_asks_for_a_name_and_signs(records):
    stored = register(records, strategy_world.plan(), by="Ada")
    at = opened(one(stored))
    button(at, "strategies_freeze").click().run()
    assert "Enter your name" in said(at) + " ".join(str(e.title) for e in at.error)
    at.text_input(key="strategies_author").set_value("Bo")
    button(at, "strategies_freeze").click().run()
    (kept,) = list_strategies(records)
    assert kept.frozen_by == "Bo (unverified)"


def test_an_override_needs_a_reason_and_a_second_name(records):
    stored = frozen(records)
    at = opened(one(stored))
    at.segmented_control(key=f"strategies_decision_{stored.id}").set_value("stop").run()
    at.text_area(key=f"strategies_reason_{stored.id}").set_value("Riders dislike it.")
    at.text_input(key=f"strategies_decider_{stored.id}").set_value("Ada")
    button(at, f"strategies_record_{stored.id}").click().run()
    assert not decisions_of(records, [stored.id])[stored.id]
    at.text_input(key=f"strategies_second_{stored.id}").set_value("Bo")
    button(at, f"strategies_record_{stored.id}").click().run()
    (made,) = decisions_of(records, [stored.id])[stored.id]
    assert (made.decision, made.recommendation, made.second) == (
        "stop", "roll out", "Bo",
    )  # fmt: skip
    assert made.figures["effect"] == pytest.approx(-3, abs=0.3)
    assert "1 decided" in said(opened())


def test_deviations_are_told(records):
    stored = frozen(records)
    amend_strategy(records, stored.id, {"owner": "Cy"}, by="Bo", reason="Ada left")
    at = opened(one(stored))
    assert "changed once after it was frozen" in said(at)


def test_a_strategy_that_has_not_begun_says_when(records):
    later = strategy_world.LAST + timedelta(days=10)
    stored = frozen(records, first_day=later, last_day=later + timedelta(days=20))
    assert "It begins on" in said(opened(one(stored)))


def test_a_plan_that_has_not_begun_can_be_changed_or_withdrawn(records):
    later = strategy_world.LAST + timedelta(days=10)
    stored = frozen(records, first_day=later, last_day=later + timedelta(days=20))
    at = opened(one(stored))
    assert f"strategies_mend_{stored.id}" in keys(at)
    at.text_area(key=f"strategies_withdraw_reason_{stored.id}").set_value("No money.")
    at.text_input(key=f"strategies_withdrawer_{stored.id}").set_value("Ada")
    button(at, f"strategies_withdraw_{stored.id}").click().run()
    (made,) = decisions_of(records, [stored.id])[stored.id]
    assert (made.decision, made.reason) == ("stop", "No money.")
    assert "No money" in said(at)


def test_a_look_in_between_is_warned_of(records):
    stored = frozen(records, last_day=strategy_world.LAST + timedelta(days=7))
    assert "one look at the end" in said(opened(one(stored)))


def test_what_cannot_be_evaluated_is_one_sentence(records):
    arms = Assignment("column", "variant", control="nobody", treated="treatment")
    stored = frozen(records, assignment=arms)
    at = opened(one(stored))
    assert len(at.error) == 1
    assert "nobody" in at.error[0].title or "nobody" in at.error[0].value
    assert f"strategies_mend_{stored.id}" in keys(at)
    at.text_area(key=f"strategies_withdraw_reason_{stored.id}").set_value("No arm.")
    at.text_input(key=f"strategies_withdrawer_{stored.id}").set_value("Ada")
    button(at, f"strategies_withdraw_{stored.id}").click().run()
    (made,) = decisions_of(records, [stored.id])[stored.id]
    assert (made.decision, made.reason) == ("stop", "No arm.")


def test_the_list_evaluates_what_nobody_has_opened(records, gain):
    frozen(records)
    at = opened()
    for _ in range(300):
        if "no effect read yet" not in said(at):
            break
        time.sleep(0.2)
        at.run()
    assert f"Delivery minutes **\N{MINUS SIGN}{gain}" in said(at)
    assert not at.error


def test_the_list_says_what_cannot_be_evaluated(records):
    arms = Assignment("column", "variant", control="nobody", treated="treatment")
    frozen(records, assignment=arms)
    at = opened()
    for _ in range(20):
        if "Cannot be evaluated" in said(at):
            break
        time.sleep(0.2)
        at.run()
    assert "1 that cannot be evaluated" in said(at)
    assert "waiting for a decision" not in said(at)
    assert "nobody" in said(at)


@pytest.mark.parametrize("text", ["rubbish", "9.eyJhIjoxfQ"])
def test_a_bad_address_shows_the_list(records, text):
    frozen(records)
    at = opened(text=text)
    assert "Did what we did work?" in said(at)
    assert not at.error


def test_a_strategy_that_is_not_here_is_told(records):
    at = opened(StrategyView(strategy="0" * 32))
    assert len(at.error) == 1
    assert "strategies_all" in keys(at)


def test_filters_of_the_address_narrow_the_list(records):
    frozen(records)
    register(records, strategy_world.plan(name="Idea"), by="Ada")
    at = opened(StrategyView(status="draft"))
    assert [item.label for item in at.button if str(item.key).startswith(
        "strategy_open")] == ["Idea"]  # fmt: skip
    assert "No strategy is left" in said(opened(StrategyView(metric="late_rate")))


def test_names_are_data(records):
    hostile = strategy_world.HOSTILE
    stored = frozen(
        records, name=hostile, hypothesis=hostile, owner=hostile,
        scope=Selection.of({"city": [hostile]}),
    )  # fmt: skip
    text = said(opened(one(stored))) + said(opened())
    assert "![x](https" not in text
    assert "<script>" not in text


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_every_step_of_the_form_opens(world, step):
    at = opened(StrategyView(show="plan", step=step))
    assert "Plan a strategy" in said(at)
    assert not at.error


def test_the_form_changes_a_plan_that_is_there(records):
    stored = frozen(records)
    at = opened(one(stored, show="plan", step=4))
    text = said(at)
    assert "Change the plan" in text
    assert "Quick hand" in text
    at.text_area(key="deviation_reason").set_value("Wider interval")
    at.select_slider(key="plan_confidence").set_value(99).run()
    at.text_input(key="plan_author").set_value("Bo")
    button(at, "plan_save").click().run()
    (kept,) = list_strategies(records)
    assert '"alpha":0.01' in kept.rule.replace(" ", "").replace("0.010000000000000009",
                                                               "0.01")  # fmt: skip
    assert "changed once" in said(opened(one(stored)))


def test_a_new_plan_is_written_and_frozen(records, gain):
    at = opened(StrategyView(show="plan", step=1))
    at.text_input(key="plan_name").set_value("New rule")
    at.selectbox(key="plan_metric").set_value("delivery_minutes")
    at.number_input(key="plan_smallest").set_value(0.5).run()
    button(at, "plan_next").click().run()
    at.selectbox(key="plan_unit").set_value("order").run()
    button(at, "plan_next").click().run()
    at.date_input(key="plan_first_day").set_value(date(2026, 1, 1)).run()
    at.date_input(key="plan_last_day").set_value(date(2026, 3, 25)).run()
    assert "How much is needed" in said(at)
    button(at, "plan_next").click().run()
    at.text_input(key="plan_author").set_value("Bo")
    button(at, "plan_freeze").click().run()
    assert not at.exception
    (kept,) = list_strategies(records, dataset=NAME)
    assert (kept.name, kept.frozen_by, kept.owner) == (
        "New rule", "Bo (unverified)", "Bo (unverified)",
    )  # fmt: skip
    assert f"got better by {gain}" in said(at)


def test_it_speaks_chinese(records):
    at = opened(one(frozen(records)), lang="zh_CN")
    text = said(at)
    assert "配送时长" in text
    for english in ("Roll out", "Checks", "got better", "smallest effect"):
        assert english not in text


def test_a_plan_that_is_unreadable_does_not_take_the_list_down(records):
    stored = frozen(records)
    plan = dataclasses.replace(strategy_world.plan(), name="Broken")
    made = register(records, plan, by="Ada")
    amend_strategy(records, made.id, {"options": '{"new": 1}'}, by="Ada")
    at = opened()
    assert not at.error
    assert "Broken" in at.warning[0].value
    assert button(at, f"strategy_open_{stored.id}")
    assert "Update Doorstep" in opened(one(made)).error[0].value


def test_another_method_stands_beside_the_planned_one(records, gain):
    at = opened(one(frozen(records), method="ols"))
    text = said(at)
    assert "The decision stays with the method of the plan." in text
    assert f"got better by {gain}" in text


def test_a_method_that_is_not_valid_is_refused(records, gain):
    at = opened(one(frozen(records), method="cluster_robust"))
    assert "is not valid for this design" in said(at)
    assert f"got better by {gain}" in said(at)


def test_the_worth_follows_the_assumptions(records):
    stored = frozen(records)
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = "en"
    at.session_state[f"strategies_worth_{stored.id}"] = True
    at.run()
    at.query_params["v"] = encode_view(one(stored))
    at.switch_page("pages/evaluate/strategies.py").run()
    assert not at.exception
    assert "Orders on time gained" in said(at)
    field = next(item for item in at.number_input if "_on_time_" in str(item.key))
    field.set_value(0.0).run()
    assert "no break-even" in said(at)
    assert "counted as no effect" in said(at)


def test_what_was_learnt_is_drawn_from_three_decisions_on(records):
    for number in range(3):
        stored = frozen(records, name=f"Trial {number}")
        record_decision(
            records, stored.id, decision="stop", reason="Enough", by="Ada",
            recommendation="stop",
            figures={"effect": -1.0 - number, "low": -2.0, "high": -0.5},
        )  # fmt: skip
    at = opened(StrategyView(status="decided"))
    assert "What we learnt" in said(at)
    assert "3 decided" in said(at)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"zone,arm\nzone 01,control\nzone 02,treatment\n",
            "2 of 2 units are in the data",
        ),
        (b"zone,arm\nzone 01,a\nzone 02,b\n", "units are in the data"),
        (b"city,arm\nAtlantis,control\nLemuria,treatment\n", "None of the 2 units"),
        (b"zone,arm\nzone 01,control\nzone 01,treatment\n", "two arms at once"),
    ],
)
def test_an_uploaded_assignment_is_checked_and_kept(world, content, sentence):
    at = opened(StrategyView(show="plan", step=2))
    at.radio(key="plan_design").set_value("switchback").run()
    at.radio(key="plan_kind").set_value("table").run()
    at.file_uploader(key="plan_upload").set_value(("a.csv", content, "text/csv")).run()
    button(at, "plan_table_keep").click().run()
    assert not at.exception
    assert sentence in said(at) + " ".join(str(item.title) for item in at.error)


def test_segments_of_a_panel_are_evaluated_when_they_are_asked_for(records):
    stored = frozen(
        records, name="City pilot", design="did", unit="city-day", guardrails=(),
        assignment=Assignment("places", "city", starts={"Riyadh": date(2026, 2, 2)}),
    )  # fmt: skip
    at = opened(one(stored))
    asked = next(
        item for item in at.button_group if item.key == "strategies_segment_asked"
    )
    asked.set_value("city").run()
    assert not at.exception, [error.message for error in at.exception]
    assert "For whom" in said(at)


def test_secondary_metrics_have_both_p_values(records):
    options = Options(secondary=("cancellation_rate", "late_rate"))
    at = opened(one(frozen(records, guardrails=(), options=options)))
    text = said(at)
    assert "Secondary metrics" in [item.value for item in at.header]
    assert "for all 2 of them (Holm)" in text
    assert (
        len(
            [
                item
                for item in at.caption
                if "is better)" in item.value and "corrected" in item.value
            ]
        )
        == 2
    )
    assert "Cancellation rate" in text


def test_further_settings_of_the_form_reach_the_plan(records):
    stored = register(records, strategy_world.plan(), by="Ada")
    at = opened(one(stored, show="plan", step=1))
    at.checkbox(key="plan_no_worse").check().run()
    at.number_input(key="plan_margin").set_value(0.4)
    at.number_input(key="plan_margin_cancellation_rate").set_value(2.0)
    at.multiselect(key="plan_secondary").set_value(["late_rate", "on_time_rate"])
    at.run()
    at.radio(key="plan_correction").set_value("benjamini_hochberg").run()
    button(at, "plan_next").click().run()
    button(at, "plan_next").click().run()
    at.multiselect(key="plan_cluster").set_value(["zone", "day"])
    at.multiselect(key="plan_strata").set_value(["city"]).run()
    button(at, "plan_next").click().run()
    assert "no worse by more than 0.4" in said(at)
    assert "corrected by Benjamini-Hochberg" in said(at)
    at.text_input(key="plan_author").set_value("Bo")
    button(at, "plan_save").click().run()
    assert not at.exception
    (kept,) = list_strategies(records, dataset=NAME)
    plan = from_stored(kept)
    assert plan.guardrails[0].margin == pytest.approx(0.02)
    assert dataclasses.replace(plan.options, definition=0) == Options(
        margin=0.4, secondary=("late_rate", "on_time_rate"),
        correction="benjamini_hochberg", cluster=("zone", "day"), strata=("city",),
    )  # fmt: skip
    again = opened(one(stored, show="plan", step=3))
    assert again.multiselect(key="plan_cluster").value == ["zone", "day"]


def test_carry_over_and_washout_of_a_switchback_reach_the_plan(world):
    at = opened(StrategyView(show="plan", step=2))
    at.radio(key="plan_design").set_value("switchback").run()
    button(at, "plan_next").click().run()
    at.number_input(key="plan_lags").set_value(2).run()
    button(at, "plan_back").click().run()
    button(at, "plan_next").click().run()
    assert at.number_input(key="plan_lags").value == 2
    at.number_input(key="plan_washout").set_value(1).run()
    assert at.number_input(key="plan_lags").disabled
    assert not at.exception


def test_options_of_boxes_are_not_escaped(world):
    at = opened(StrategyView(show="plan", step=1))
    assert at.multiselect(key="plan_secondary").label.startswith("Secondary")
    for box in (at.selectbox(key="plan_metric"), at.multiselect(key="plan_guardrails")):
        assert "On-time rate" in box.options
        assert not any("\\" in option for option in box.options)
    step = opened(StrategyView(show="plan", step=2))
    column = step.selectbox(key="plan_column")
    assert "fleet" in column.options
    assert "local_hour" not in column.options
    assert column.value == "variant"


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        ({"zone": 4, "test_group": 2}, "test_group"),
        ({"zone": 4, "arm": 3, "variant": 2}, "variant"),
        ({"zone": 4, "实验分组": 2}, "实验分组"),
        ({"zone": 4, "arm": 7}, None),
        ({"zone": 4, "alarm": 2, "grouping_no": 30}, None),
    ],
)
def test_a_column_is_proposed_where_its_name_says_arms(columns, chosen):
    fields = {name: Column(name, "text", distinct=n) for name, n in columns.items()}
    dataset = SimpleNamespace(fields=fields)
    assert form_whom.usual_arm_column(dataset, list(columns)) == chosen


def test_the_column_is_asked_for_where_none_looks_like_arms(workspace):
    kpi_world.publish(workspace)
    step = opened(StrategyView(show="plan", step=2))
    assert step.selectbox(key="plan_column").value is None
    assert not step.exception
    with pytest.raises(InvalidInput, match="column of the arm"):
        Assignment("column", "")


def test_the_rule_speaks_of_the_better_side(records):
    stored = register(records, strategy_world.plan(metric="late_rate"), by="Ada")
    at = opened(one(stored, show="plan", step=4))
    (rule,) = [item for item in at.radio if item.key == "plan_rule_effect"]
    assert rule.options[0].startswith("the interval is on the better side of 0")
    assert "roll out when the interval is on the better side of 0" in said(at)


@pytest.mark.parametrize(("days", "told"), [(1, True), (0, False), (-30, False)])
def test_a_plan_frozen_after_its_last_day_is_told(records, days, told):
    last = datetime.now(UTC).date() - timedelta(days=days)
    stored = frozen(records, last_day=last)
    # A later last day does not make it a plan made beforehand.
    amend_strategy(
        records, stored.id, {"last_day": last + timedelta(days=90)}, by="Bo", reason="?"
    )
    sentence = "Frozen 1 day after the last day: not a plan made beforehand."
    warned = [item.value for item in opened(one(stored)).warning]
    assert (sentence in warned) is told
    assert any("Frozen" in one_of for one_of in warned) is told


def before_and_after(start, **changes):
    return {
        "name": "City pilot", "design": "did", "unit": "city-day", "guardrails": (),
        "assignment": Assignment("places", starts={"Riyadh": start}), **changes,
    }  # fmt: skip


def test_days_of_a_place_are_counted_from_its_start(records):
    start, last = date(2026, 2, 1), date(2026, 2, 28)
    frozen(records, **before_and_after(start, last_day=last))
    assert "day 28 of 28, until" in said(opened())


def test_a_place_that_has_not_begun_has_run_no_day(records):
    start = strategy_world.LAST + timedelta(days=6)
    last = start + timedelta(days=13)
    frozen(records, **before_and_after(start, last_day=last))
    text = said(opened())
    assert "It begins on" in text
    assert "day 0 of" not in text


def test_the_plan_says_what_power_the_guardrails_have(world):
    at = opened(StrategyView(show="plan", step=3))
    at.session_state["plan_guarded"] = True
    at.run()
    assert not at.exception
    (table,) = [
        item.value for item in at.dataframe if "Guardrail" in item.value.columns
    ]
    assert table["Guardrail"].tolist() == ["Cancellation rate"]
    assert table["Largest loss accepted"].tolist() == ["0.50\N{NO-BREAK SPACE}pp"]
    assert table["Chance to show it holds"].item().endswith("%")
    assert "is not planned for" in said(at)
