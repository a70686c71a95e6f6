"""The page Cases in a real browser: keys alone, drafts that survive, the way there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from analysis import orders
from analysis.cases.queues import queue as make_queue
from analysis.metrics import Selection
from analysis.records import open_records
from analysis.records.cases import case_at, cases_of, list_queues
from analysis.records.cases_decisions import decisions_on
from analysis.records.cases_drafts import draft_of
from tests.e2e import app as running
from tests.e2e.app import violations
from tests.ui import kpi_world
from tests.ui.kpi_world import NAME
from ui.cases.view import CasesView
from ui.kpis.view import KpiView
from ui.state import encode_view

pytestmark = pytest.mark.browser

ME = "Ada (unverified)"
CASES = 10
WITH_CAUSE = (1, 6)
NEXT_SECONDS = 20_000
EXPLANATION = ".st-key-cases_explanation textarea"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with a small world and a queue of ten late orders."""
    workspace = tmp_path_factory.mktemp("cases") / "workspace"
    kpi_world.publish(workspace)
    records = open_records(str(workspace))
    dataset = orders.open_dataset(str(workspace), NAME)
    for name in ("Keys", "Drafts", "Shared"):
        make_queue(
            dataset, Selection(event="late"), records=records, name=name, by="Boss",
            order=(), limit=CASES, double_review_share=0.0, double_from_severity=5,
        )  # fmt: skip
    dataset.engine.close()
    yield workspace, records
    records.close()


@pytest.fixture(scope="module")
def server(place):
    app = running.start(place[0], settings=running.WITH_COMPONENTS)
    yield app
    running.stop(app)


def queue_of(records, name):
    return next(item for item in list_queues(records) if item.name == name)


def address(server, queue, position=1):
    selection = Selection(dataset=NAME, version=queue.dataset_version)
    view = CasesView(selection=selection, queue=queue.id, position=position)
    return f"{server.url}/cases?lang=en&v={encode_view(view)}"


def signed_in(open_page, url, name="Ada"):
    """A page of somebody whose name the browser remembers."""
    visit = open_page(url)
    cookie = {"name": "doorstep_name", "value": name, "url": url.split("/cases")[0]}
    visit.page.context.add_cookies([cookie])
    visit.page.reload()
    visit.wait_until_still()
    return visit


def at_case(visit, position, of=CASES):
    bar = visit.page.locator(".st-key-cases_bar")
    expect(bar).to_contain_text(f"{position} / {of}", timeout=NEXT_SECONDS)
    visit.wait_until_still()


def press(visit, key):
    visit.page.keyboard.press(key)
    visit.page.wait_for_timeout(250)
    visit.wait_until_still()


def test_ten_cases_with_the_keyboard_alone(server, place, open_page):
    records = place[1]
    queue = queue_of(records, "Keys")
    visit = signed_in(open_page, address(server, queue))
    for position in range(1, CASES + 1):
        at_case(visit, position)
        press(visit, str(1 + position % 4))
        if position in WITH_CAUSE:
            press(visit, "q")
            press(visit, "d")
        visit.page.keyboard.press("/")
        visit.page.keyboard.type(f"Seen in case {position}, 1 d")
        visit.page.keyboard.press("Escape")
        visit.page.wait_for_timeout(150)
        visit.wait_until_still()
        visit.page.keyboard.press("Shift+Enter")
    visit.page.get_by_role("heading", name="Done").wait_for()
    for position, case in enumerate(cases_of(records, queue.id), start=1):
        (decision,) = decisions_on(records, case.id)
        assert decision.reviewer == ME
        assert decision.answer.explanation == f"Seen in case {position}, 1 d"
        assert bool(decision.answer.cause) == (position in WITH_CAUSE)
        assert bool(decision.answer.solution) == (position in WITH_CAUSE)
    assert visit.foreign == []
    assert [text for text in visit.problems if "404" not in text] == []


def test_no_key_acts_while_somebody_types_and_nothing_typed_is_lost(
    server, place, open_page
):
    workspace, records = place
    queue = queue_of(records, "Drafts")
    visit = signed_in(open_page, address(server, queue))
    at_case(visit, 1)
    press(visit, "2")
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("1 a s d q ? the kitchen was slow")
    visit.page.wait_for_timeout(2500)
    assert visit.page.get_by_role("dialog").count() == 0
    case = case_at(records, queue.id, 1)
    draft = draft_of(records, case.id, by=ME)
    assert draft.content["explanation"] == "1 a s d q ? the kitchen was slow"
    assert draft.content["parties"] == ["merchant"]
    assert draft.active_seconds > 0

    visit.page.reload()
    at_case(visit, 1)
    expect(visit.page.locator(EXPLANATION)).to_have_value(
        "1 a s d q ? the kitchen was slow"
    )
    visit.page.locator(EXPLANATION).press_sequentially("!")
    visit.page.wait_for_timeout(2000)
    app = running.start(workspace, settings=running.WITH_COMPONENTS)
    server.process.kill()
    server.process.wait(10)
    server.port, server.process, server.log = app.port, app.process, app.log
    again = signed_in(open_page, address(server, queue))
    at_case(again, 1)
    assert "kitchen was slow" in again.page.locator(EXPLANATION).input_value()
    assert "!" in again.page.locator(EXPLANATION).input_value()


def test_two_people_never_hold_the_same_case(server, place, open_page):
    records = place[1]
    queue = queue_of(records, "Shared")
    first = signed_in(open_page, address(server, queue))
    at_case(first, 1)
    second = signed_in(open_page, f"{server.url}/cases?lang=en", name="Bob")
    second.page.locator(f".st-key-cases_open_{queue.id} button").click()
    at_case(second, 2)
    assert case_at(records, queue.id, 1).holder == ME
    assert case_at(records, queue.id, 2).holder == "Bob (unverified)"
    second.page.goto(address(server, queue, 1))
    at_case(second, 1)
    expect(second.page.locator(".st-key-cases_complete")).to_have_count(0)
    expect(second.page.get_by_text("Ada")).to_have_count(1)


def test_the_sheet_of_keys_is_the_table(server, place, open_page):
    queue = queue_of(place[1], "Drafts")
    visit = signed_in(open_page, address(server, queue, 3))
    at_case(visit, 3)
    press(visit, "?")
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Complete, and on to the next case")
    expect(dialog).to_contain_text("Merchant")
    visit.page.keyboard.press("Escape")
    assert violations(visit.page) == []


def test_from_a_bar_to_the_first_case_in_two_clicks_and_back(server, open_page):
    view = KpiView(
        selection=Selection(dataset=NAME, metric="late_rate"), by="city", span="all"
    )
    visit = open_page(f"{server.url}/kpis?lang=en&v={encode_view(view)}")
    whole = visit.page.url
    visit.page.locator(".st-key-kpis_group_0 button").first.click()
    visit.page.wait_for_url(lambda url: url != whole)
    visit.wait_until_still()
    narrowed = visit.page.url
    visit.page.get_by_role("link", name="Review these cases").first.click()
    expect(visit.page.locator(".st-key-cases_bar")).to_contain_text("1 /")
    visit.wait_until_still()
    assert "/cases" in visit.page.url
    visit.page.go_back()
    visit.page.get_by_role("link", name="Review these cases").first.wait_for()
    visit.wait_until_still()
    assert visit.page.url == narrowed


def test_the_sheet_for_the_rider_is_one_printed_page(
    server, place, open_page, tmp_path
):
    queue = queue_of(place[1], "Drafts")
    visit = signed_in(open_page, address(server, queue, 2))
    at_case(visit, 2)
    visit.page.locator(".st-key-cases_sheet button").click()
    visit.page.get_by_role("heading", name="Why this order was decided").wait_for()
    visit.wait_until_still()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Download").click()
    file = tmp_path / "sheet.html"
    download.value.save_as(file)
    visit.page.goto(file.as_uri())
    printed = visit.page.pdf(format="A4")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 1
    assert "<script" not in file.read_text(encoding="utf-8")
