"""The page Cases from the entry point: queues, a case and its judgement, by AppTest."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis import orders
from analysis.cases.decisions import mark_gold, record_decision
from analysis.cases.queues import queue as make_queue
from analysis.metrics import Selection
from analysis.metrics.selection import Condition
from analysis.records import open_records
from analysis.records.cases import case_at, list_queues
from analysis.records.cases_appeals import list_appeals
from analysis.records.cases_decisions import decisions_on, notes_on
from analysis.records.cases_leases import take
from tests.ui import kpi_world
from tests.ui.kpi_world import HOSTILE, NAME
from ui.cases import keys
from ui.cases.view import CasesView
from ui.state import encode_view

ROOT = Path(__file__).parents[2]
LATE = Selection(dataset=NAME, event="late")
ME = "Ada (unverified)"


def opened(view=None, *, text=None, lang="en", name="Ada"):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = lang
    if name:
        at.session_state["person_name"] = name
    at.run()
    if view is not None:
        at.query_params["v"] = encode_view(view)
    if text is not None:
        at.query_params["v"] = text
    at.switch_page("pages/review/cases.py").run()
    assert not at.exception, [error.message for error in at.exception]
    return at


def said(at):
    parts = (at.title, at.markdown, at.caption, at.warning, at.info, at.error)
    return "\n".join(str(item.value) for kind in parts for item in kind)


def button(at, key):
    return next(item for item in at.button if item.key == key)


def press(at, key):
    button(at, key).click().run()
    assert not at.exception, [error.message for error in at.exception]
    return at


def explain(at, text):
    area = next(item for item in at.text_area if "explanation" in item.key)
    area.set_value(text).run()
    assert not at.exception
    return at


@pytest.fixture
def world(workspace):
    return kpi_world.publish(workspace)


@pytest.fixture
def records(workspace):
    kept = open_records(str(workspace))
    yield kept
    kept.close()


@pytest.fixture
def late_queue(world, workspace, records):
    dataset = orders.open_dataset(str(workspace), NAME)
    made = make_queue(
        dataset, LATE, records=records, name="Late", by="Boss", order=(), limit=5,
        double_review_share=0.0, double_from_severity=5, rubric="Kitchen *first*",
    )  # fmt: skip
    dataset.engine.close()
    return made


def on(queue, position=1, **more):
    selection = Selection(dataset=NAME, version=queue.dataset_version)
    return CasesView(
        selection=selection, queue=queue.id, position=position, **more
    )  # fmt: skip


def test_without_data_it_says_how_to_get_some(workspace):
    assert "No queue yet" in said(opened())


def test_a_queue_is_made_and_its_first_case_opens(world, records):
    at = opened(CasesView(selection=Selection(dataset=NAME)))
    assert "No queue yet" in said(at)
    press(at, "cases_make")
    (made,) = list_queues(records)
    assert case_at(records, made.id, 1).holder == ME
    assert "late" in at.title[0].value
    assert f"1 / {made.size}" in said(at)


def test_a_queue_without_a_name_says_so_and_keeps_the_form(world, records):
    at = opened(CasesView(selection=Selection(dataset=NAME)), name="")
    press(at, "cases_make")
    assert not at.error
    assert "Fill in your name first." in said(at)
    assert list_queues(records) == ()
    next(box for box in at.text_input if box.key == "cases_name").set_value("Ada").run()
    press(at, "cases_make")
    assert len(list_queues(records)) == 1


def test_listed_ids_are_told_before_a_queue_is_made(world):
    at = opened(CasesView(selection=Selection(dataset=NAME)))
    picker = next(one for one in at.get("button_group") if one.key == "cases_source")
    picker.set_value("ids").run()
    area = next(item for item in at.text_area if item.key == "cases_ids")
    area.set_value(f"{world['order_id'].iloc[0]}\nnowhere\nnowhere").run()
    text = said(at).replace("\\", "")
    assert "3 lines read: 1 orders found, 1 unknown (nowhere), 1 repeated." in text


def test_a_case_is_decided_and_the_next_one_comes(late_queue, records):
    at = opened(on(late_queue))
    first = case_at(records, late_queue.id, 1)
    press(at, "cases_party_0")
    explain(at, "The ride took twice as long as planned.")
    press(at, "cases_complete")
    (decision,) = decisions_on(records, first.id)
    assert decision.reviewer == ME
    assert decision.answer.party == "rider"
    assert decision.answer.explanation == "The ride took twice as long as planned."
    assert decision.seen.ruleset.startswith("Doorstep")
    assert "2 / 5" in said(at)
    assert case_at(records, late_queue.id, 2).holder == ME


def test_several_parties_share_a_case(late_queue, records):
    at = opened(on(late_queue))
    press(at, "cases_party_0")
    press(at, "cases_party_1")
    assert len([item for item in at.number_input if "cases_share" in item.key]) == 2
    press(at, "cases_accept")
    press(at, "cases_party_0")
    explain(at, "Both.")
    press(at, "cases_complete")
    (decision,) = decisions_on(records, case_at(records, late_queue.id, 1).id)
    assert sum(decision.answer.shares.values()) == pytest.approx(
        1.0 if decision.answer.shares else 0.0
    )


def test_the_suggestion_is_taken_over_with_its_explanation(late_queue, records):
    at = opened(on(late_queue))
    press(at, "cases_accept")
    area = next(item for item in at.text_area if "explanation" in item.key)
    proposed = area.value
    assert proposed
    press(at, "cases_complete")
    (decision,) = decisions_on(records, case_at(records, late_queue.id, 1).id)
    assert decision.answer.explanation == proposed


def test_nothing_is_decided_without_a_party_or_a_reason(late_queue, records):
    at = opened(on(late_queue))
    press(at, "cases_complete")
    assert "Choose who is responsible first" in said(at)
    press(at, "cases_party_6")
    press(at, "cases_complete")
    assert "Explain the decision" in said(at)
    assert decisions_on(records, case_at(records, late_queue.id, 1).id) == ()


def test_a_draft_comes_back_in_another_session(late_queue):
    at = opened(on(late_queue))
    press(at, "cases_party_1")
    explain(at, "Half a sentence")
    again = opened(on(late_queue))
    area = next(item for item in again.text_area if "explanation" in item.key)
    assert area.value == "Half a sentence"
    assert button(again, "cases_party_1").proto.type == "primary"


def test_a_case_that_somebody_else_holds_can_only_be_looked_at(late_queue, records):
    take(records, late_queue.id, by="Bob", position=1)
    at = opened(on(late_queue))
    assert "Bob" in said(at)
    assert not [item for item in at.button if item.key == "cases_complete"]


def test_a_finished_case_shows_its_versions_and_takes_an_appeal(late_queue, records):
    at = opened(on(late_queue))
    press(at, "cases_accept")
    press(at, "cases_complete")
    press(at, "cases_previous")
    assert "Version 1" in said(at)
    assert not [item for item in at.button if item.key == "cases_complete"]
    assert list_appeals(records) == ()


def test_the_note_is_written_with_the_decision(late_queue, records):
    at = opened(on(late_queue))
    press(at, "cases_accept")
    note = next(item for item in at.text_area if "note" in item.key)
    note.set_value("Ask the merchant again.").run()
    press(at, "cases_complete")
    (kept,) = notes_on(records, case_at(records, late_queue.id, 1).id)
    assert kept.text == "Ask the merchant again."


def test_gold_is_shown_to_nobody_while_the_case_is_open(late_queue, records):
    case = case_at(records, late_queue.id, 1)
    mark_gold(records, case.id, by="Boss", party="customer", explanation="Golden.")
    at = opened(on(late_queue))
    assert "Golden" not in said(at)
    assert "Golden" not in said(opened(on(late_queue), name=""))
    sheet = said(opened(on(late_queue, sheet=True)))
    assert "Golden" not in sheet
    assert "Nobody has decided this case yet" in sheet
    press(at, "cases_accept")
    press(at, "cases_complete")
    press(at, "cases_previous")
    assert "Golden" in said(at)


def test_a_first_opinion_is_hidden_from_whoever_looks(world, workspace, records):
    dataset = orders.open_dataset(str(workspace), NAME)
    made = make_queue(
        dataset, LATE, records=records, name="Twice", by="Boss", order=(), limit=2,
        reviewers_per_case=2,
    )  # fmt: skip
    dataset.engine.close()
    case = take(records, made.id, by="Bob", position=1)
    record_decision(
        records, case.id, by="Bob", party="rider", explanation="Bobs words."
    )
    take(records, made.id, by="Cy", position=1)
    for name in ("", "Ada"):
        assert "Bobs words" not in said(opened(on(made), name=name))
    assert "Bobs words" not in said(opened(on(made, sheet=True)))


def test_skipping_leads_on(late_queue):
    at = opened(on(late_queue))
    helps = [item.help for item in at.markdown]
    assert any("Kitchen" in text and "*first*" not in text for text in helps)
    press(at, "cases_skip")
    assert "2 / 5" in said(at)


def test_a_look_at_a_selection_decides_nothing(world, records):
    chosen = LATE.narrow(Condition("city", values=("Jeddah",)))
    at = opened(CasesView(selection=chosen, position=1, label="Late, Jeddah"))
    assert "Late, Jeddah" in said(at).replace("\\", "")
    assert list_queues(records) == ()
    press(at, "cases_start")
    (made,) = list_queues(records)
    assert made.name == "Late, Jeddah"
    assert "10 % of them are decided twice" in said(
        opened(CasesView(selection=chosen, position=1))
    ).replace("\N{NO-BREAK SPACE}", " ")
    assert case_at(records, made.id, 1).holder == ME


def test_nobody_decides_without_a_name(late_queue, records):
    at = opened(on(late_queue), name="")
    assert case_at(records, late_queue.id, 1).holder == ""
    press(at, "cases_start")
    assert "Enter your name" in " ".join(item.proto.title for item in at.error) + said(
        at
    )
    next(box for box in at.text_input if box.key == "cases_name").set_value("Ada").run()
    press(at, "cases_start")
    assert case_at(records, late_queue.id, 1).holder == ME


def test_the_sheet_for_the_rider(late_queue):
    at = opened(on(late_queue, sheet=True))
    assert at.title[0].value == "Why this order was decided as it was"
    assert "o1" not in at.title[0].value
    press(at, "cases_sheet_back")
    assert button(at, "cases_next")


def test_a_flat_file_says_what_would_add_to_it(late_queue):
    text = said(opened(on(late_queue)))
    assert "These columns would add to this" in text


def test_the_queues_are_listed_with_their_progress(late_queue):
    at = opened()
    assert "5 cases wait for a decision" in said(at)
    press(at, f"cases_open_{late_queue.id}")
    assert "1 / 5" in said(at)


@pytest.mark.parametrize(
    "view",
    [
        CasesView(queue="nothing", position=1),
        CasesView(selection=Selection(dataset="Nowhere"), position=1),
        CasesView(
            selection=Selection(
                dataset=NAME, conditions=(Condition("city", values=("Atlantis",)),)
            ),
            position=3,
        ),
    ],
)
def test_what_is_not_there_gets_a_sentence_and_a_way_out(world, view):
    at = opened(view)
    assert len(at.error) == 1
    assert button(at, "cases_all")


def test_a_position_beyond_the_queue(late_queue):
    at = opened(on(late_queue, 99))
    assert len(at.error) == 1


@pytest.mark.parametrize("text", ["!!!", "1.abc", "x" * 3000])
def test_an_unreadable_address_is_the_list(world, text):
    at = opened(text=text)
    assert "could not be read" in said(at)


def test_text_of_the_data_is_not_markdown(world):
    chosen = LATE.narrow(Condition("city", values=(HOSTILE,)))
    at = opened(CasesView(selection=chosen, position=1, label=HOSTILE))
    assert "![x](" not in said(at)


def test_the_keys_of_the_buttons_are_those_of_the_table(late_queue):
    at = opened(on(late_queue))
    press(at, "cases_party_0")
    bound = {item.proto.shortcut: item.key for item in at.button if item.proto.shortcut}
    table = {key.shortcut.lower(): key.action for key in keys.KEYS if key.is_button}
    for shortcut, name in bound.items():
        assert table[shortcut.lower()] == name.removeprefix("cases_")
    always = {"complete", "skip", "previous", "next", "accept"}
    shown = {name.removeprefix("cases_") for name in bound.values()}
    assert always | {f"party_{place}" for place in range(7)} <= shown


def test_in_chinese(late_queue):
    at = opened(on(late_queue), lang="zh_CN")
    assert button(at, "cases_complete").label == "提交"


def test_one_may_correct_what_one_decided(late_queue, records):
    at = opened(on(late_queue))
    press(at, "cases_accept")
    press(at, "cases_complete")
    at.session_state["cases_correct"] = True
    press(at, "cases_previous")
    case = case_at(records, late_queue.id, 1)
    (first,) = decisions_on(records, case.id)
    party = next(item for item in at.selectbox if item.label == "Who is responsible")
    party.set_value("customer")
    reason = next(item for item in at.text_area if "corrected" in item.label)
    reason.set_value("The address was wrong.")
    next(item for item in at.button if item.label == "Correct").click().run()
    assert not at.exception
    second, kept = decisions_on(records, case.id)
    assert (second.answer.party, second.supersedes) == ("customer", first.id)
    assert kept.answer == first.answer
