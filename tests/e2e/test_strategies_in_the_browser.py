"""A strategy from its registration to its decision, in a browser."""

import re

import pytest

from analysis.records import freeze_strategy, open_records
from analysis.strategies.registry import register
from tests.e2e.app import start, stop, violations
from tests.ui import strategy_world
from ui.state import encode_view
from ui.strategies.view import StrategyView

FOCUSED = "document.activeElement.closest('button')?.innerText ?? ''"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("strategies") / "workspace"
    strategy_world.publish(workspace)
    running = start(workspace)
    yield running
    stop(running)


def press(seen, name):
    seen.page.get_by_role("button", name=name).first.click()
    seen.page.wait_for_timeout(400)
    seen.wait_until_still()


def type_in(seen, label, text):
    field = seen.page.get_by_label(label, exact=True).first
    field.fill(text)
    field.blur()
    seen.page.wait_for_timeout(300)
    seen.wait_until_still()


def pick(seen, label, option):
    seen.page.get_by_role("combobox", name=label).click()
    seen.page.get_by_role("option", name=option, exact=True).click()
    seen.page.wait_for_timeout(300)
    seen.wait_until_still()


def type_day(seen, label, day):
    field = seen.page.get_by_test_id("stDateInput").filter(has_text=label)
    field.get_by_role("spinbutton").first.click()
    seen.page.keyboard.type(day.replace("-", ""))
    seen.page.keyboard.press("Escape")
    seen.page.wait_for_timeout(300)
    seen.wait_until_still()


def register_trial(app):
    """What the form cannot know: the trial of the small world ran already."""
    records = open_records(app.workspace)
    made = register(records, strategy_world.plan(name="Earlier trial"), by="Ada")
    freeze_strategy(records, made.id, by="Ada")
    records.close()


def test_register_freeze_see_the_result_decide_and_find_it_in_the_list(app, open_page):
    seen = open_page(f"{app.url}/strategies")
    press(seen, "Plan a strategy")
    type_in(seen, "Name", "Quick hand-over")
    pick(seen, re.compile("Primary metric"), "Delivery minutes")
    press(seen, "Next")
    press(seen, "Next")
    for label, day in (
        ("First day looked at", "2026-01-01"),
        ("Last day", "2026-03-25"),
    ):
        type_day(seen, label, day)
    press(seen, "Next")
    type_in(seen, "Your name", "Ada")
    press(seen, "Save and freeze")
    seen.page.get_by_text("got better by").wait_for()
    seen.wait_until_still()
    seen.page.get_by_role("radio", name="Stop").click()
    seen.wait_until_still()
    type_in(seen, "Reason", "Riders dislike it.")
    press(seen, "Go against the rule")
    seen.page.get_by_text("not what the frozen rule recommends").wait_for()
    type_in(seen, "Second name", "Bo")
    press(seen, "Go against the rule")
    seen.page.get_by_text("The frozen rule recommended").wait_for()
    press(seen, "All strategies")
    row = seen.page.locator("[class*=st-key-strategy_row]").first
    row.get_by_text("Stop").wait_for()
    assert "Decided" in row.inner_text()
    seen.page.go_back()
    seen.page.get_by_text("The frozen rule recommended").wait_for()
    assert seen.foreign == []


def test_the_list_opens_by_keyboard_alone(app, open_page):
    register_trial(app)
    seen = open_page(f"{app.url}/strategies")
    seen.page.get_by_role("button", name="Earlier trial").wait_for()
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        if "Earlier trial" in seen.page.evaluate(FOCUSED):
            break
    seen.page.keyboard.press("Enter")
    seen.page.get_by_role("heading", name="Effect").wait_for()


WIDE = {"width": 1440, "scheme": "light", "language": "en-US"}
PHONE = {"width": 400, "scheme": "dark", "language": "zh-CN"}


@pytest.mark.parametrize(
    ("screen", "view"),
    [(WIDE, StrategyView()), (PHONE, StrategyView(show="plan", step=2))],
)
def test_it_is_accessible_local_and_fits(app, open_page, screen, view):
    seen = open_page(f"{app.url}/strategies?v={encode_view(view)}", **screen)
    assert seen.foreign == []
    assert [text for text in seen.problems if "404" not in text] == []
    assert violations(seen.page) == []
    inside = "document.querySelector('[data-testid=stMainBlockContainer]')"
    assert seen.page.evaluate(f"{inside}.scrollWidth <= window.innerWidth + 1")
