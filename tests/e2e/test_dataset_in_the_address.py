"""A dataset chosen in the sidebar: in the address, after a reload, undone by Back."""

import pytest

from tests.e2e.app import start, stop
from tests.ui import kpi_world

pytestmark = pytest.mark.browser

SMALL = 3_000


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("datasets") / "workspace"
    kpi_world.publish(workspace, name="Large")
    kpi_world.publish(workspace, kpi_world.orders().head(SMALL), name="Small")
    running = start(workspace)
    yield running
    stop(running)


def chosen(seen):
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()
    return seen.page.locator("[class*=st-key-dataset_chip] input").first.input_value()


def choose(seen, name):
    seen.page.locator("[class*=st-key-dataset_chip] input").first.click()
    seen.page.get_by_role("option", name=name).click()


def test_it_is_kept_by_a_reload_a_link_and_a_copy_and_undone_by_back(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    first = chosen(seen)
    other = {"Large": "Small", "Small": "Large"}[first]
    choose(seen, other)
    assert chosen(seen) == other
    seen.page.reload()
    assert chosen(seen) == other
    assert chosen(open_page(seen.page.url)) == other
    seen.page.get_by_role("link", name="Home").first.click()
    assert chosen(seen) == other
    seen.page.go_back()
    assert chosen(seen) == other
    seen.page.go_back()
    assert chosen(seen) == first


def test_values_of_a_filter_are_chosen_after_it(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    choose(seen, {"Large": "Small", "Small": "Large"}[chosen(seen)])
    chosen(seen)
    page = seen.page
    page.get_by_role("button", name="Filter").first.click()
    page.locator("[class*=st-key-kpis_filter_values] input").first.fill("Jed")
    page.keyboard.press("Enter")
    chosen(seen)
    page.get_by_text("Orders where it").click()
    page.get_by_role("button", name="Add the filter").click()
    page.get_by_role("button", name="City: Jeddah").wait_for()
