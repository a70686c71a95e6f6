"""The KPI page in a real browser: drill, Back, a copied link, accessibility."""

import re
from itertools import combinations

import pytest

from tests.e2e.app import start, stop, violations
from tests.ui import kpi_world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("kpis") / "workspace"
    kpi_world.publish(workspace)
    running = start(workspace)
    yield running
    stop(running)


def figures(seen):
    """What the cards and the bars say."""
    seen.page.get_by_test_id("stMetricValue").first.wait_for()
    values = seen.page.get_by_test_id("stMetricValue").all_inner_texts()
    groups = seen.page.locator("[class*=st-key-kpis_groups] button").all_inner_texts()
    return values, groups


def press(seen, name):
    seen.page.get_by_role("button", name=name).first.click()
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()


def test_from_the_page_to_a_bar_back_and_into_another_browser(app, open_page):
    seen = open_page(f"{app.url}/")
    press_link(seen, "KPIs")
    first = figures(seen)
    assert len(first[0]) > 4
    press(seen, re.compile("Feb 26 – Mar 25"))
    press(seen, "Last 7 days")
    week = figures(seen)
    assert week[0] != first[0]
    bars = seen.page.locator("[class*=st-key-kpis_bars]").first
    marks = bars.locator("g.mark-rect.role-mark path")
    marks.nth(1).click()
    seen.page.get_by_role("button", name="City: Jeddah").wait_for()
    seen.wait_until_still()
    narrowed = figures(seen)
    assert narrowed[0] != week[0]
    other = open_page(seen.page.url)
    assert figures(other) == narrowed
    assert other.page.get_by_role("button", name="City: Jeddah").count() == 1
    seen.page.go_back()
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()
    assert figures(seen) == week
    seen.page.go_back()
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()
    assert figures(seen) == first


def press_link(seen, name):
    seen.page.get_by_role("link", name=name).first.click()
    seen.page.get_by_test_id("stMetricValue").first.wait_for()
    seen.wait_until_still()


def test_the_shared_link_opens_the_same_view(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    press(seen, re.compile("^.*Share"))
    link = seen.page.get_by_test_id("stCode").last.inner_text().strip()
    assert link.startswith(f"{app.url}/kpis?")
    other = open_page(link)
    assert figures(other) == figures(seen)


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "en-US"), (400, "dark", "zh-CN"), (1024, "dark", "en-US")],
)
def test_it_is_accessible_local_and_fits(app, open_page, width, scheme, language):
    seen = open_page(f"{app.url}/kpis", width=width, scheme=scheme, language=language)
    seen.page.get_by_test_id("stVegaLiteChart").nth(1).wait_for()
    seen.wait_until_still()
    assert seen.foreign == []
    assert [text for text in seen.problems if "404" not in text] == []
    assert violations(seen.page) == []
    overflow = "document.documentElement.scrollWidth - window.innerWidth"
    assert seen.page.evaluate(overflow) <= 0


#: Heights that each chart has had since the page was opened, by the name of its place.
HEIGHTS = """() => {
  window.doorstepHeights = {};
  const note = () => {
    for (const chart of document.querySelectorAll("[data-testid=stVegaLiteChart]")) {
      const place = chart.closest("[class*=st-key-kpis_]").className;
      const name = place.match(/st-key-(kpis_[a-z]+)/)[1];
      const seen = window.doorstepHeights[name] ??= [];
      const height = Math.round(chart.getBoundingClientRect().height);
      if (seen.at(-1) !== height) { seen.push(height); }
    }
  };
  new MutationObserver(note).observe(document, { childList: true, subtree: true });
}"""


@pytest.mark.parametrize("width", [400, 1440])
def test_charts_have_their_height_before_they_are_drawn(app, open_page, width):
    seen = open_page(f"{app.url}/kpis", width=width)
    seen.page.add_init_script(f"({HEIGHTS})()")
    seen.page.reload()
    seen.wait_until_still()
    heights = seen.page.evaluate("window.doorstepHeights")
    assert {"kpis_trend", "kpis_bars", "kpis_hours"} <= set(heights)
    assert {name: told for name, told in heights.items() if len(told) != 1} == {}


@pytest.mark.parametrize(("width", "rows"), [(400, 3), (1024, 2), (1280, 1), (1440, 1)])
def test_cards_stand_beside_each_other_and_are_no_taller_than_their_text(
    app, open_page, width, rows
):
    seen = open_page(f"{app.url}/kpis", width=width)
    seen.page.get_by_test_id("stVegaLiteChart").nth(1).wait_for()
    seen.wait_until_still()
    frames = seen.page.locator("[class*=st-key-kpis_frame_]")
    boxes = [frame.bounding_box() for frame in frames.all()]
    assert len({round(box["y"]) for box in boxes}) == rows
    boxes.append(seen.page.locator("[class*=st-key-kpis_more]").first.bounding_box())
    assert len(boxes) == 7
    over = [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    assert over == []
    assert [box for box in boxes if box["height"] >= 320 or box["x"] < 0] == []
    assert [box for box in boxes if box["x"] + box["width"] > width] == []
    values = frames.get_by_test_id("stMetricValue")
    told = [value.bounding_box() for value in values.all()]
    assert len(told) == 6
    assert [pair for pair in combinations(told, 2) if overlap(*pair)] == []


def overlap(one, other):
    """Whether two boxes share more than the half pixel of rounding."""
    return all(
        one[start] + 0.5 < other[start] + other[size]
        and other[start] + 0.5 < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_a_view_is_saved_renamed_opened_and_its_deletion_undone(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    page = seen.page
    button(seen, "kpis_card_4").click()
    seen.wait_until_still()
    heading = page.locator("h2").first.inner_text()
    press(seen, re.compile("Saved views"))
    page.get_by_role("textbox", name="Your name").fill("Ana")
    page.get_by_role("textbox", name="Save this view as").fill("Weekly look")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Weekly look").wait_for()
    choose_more(seen, "Rename")
    page.get_by_role("textbox", name="New name").fill("Monday look")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("link", name="Monday look").wait_for()
    choose_more(seen, "Delete")
    page.get_by_role("button", name="Undo", exact=True).click()
    link = page.get_by_role("link", name="Monday look")
    link.wait_for()
    other = open_page(f"{app.url}/kpis")
    press(other, re.compile("Saved views"))
    other.page.get_by_role("link", name="Monday look").click()
    other.page.locator("h2", has_text=heading).wait_for()


def button(seen, key):
    return seen.page.locator(f"[class*=st-key-{key}] button").first


def choose_more(seen, name):
    seen.page.locator("[class*=st-key-more_] button").first.click()
    seen.page.get_by_role("menuitem", name=name).or_(
        seen.page.get_by_role("option", name=name)
    ).first.click()
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()


def test_an_owner_sets_a_target_that_the_card_then_shows(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    page = seen.page
    press(seen, re.compile("Set target"))
    page.get_by_role("textbox", name="Target").or_(
        page.get_by_role("spinbutton", name="Target")
    ).first.fill("50")
    page.get_by_role("textbox", name="Your name").fill("Ana")
    press(seen, "Save target")
    page.get_by_test_id("stBadge").or_(page.get_by_text("target met")).first.wait_for()
    assert "target met 50.0" in page.get_by_test_id("stMain").inner_text().replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_charts_are_downloaded_as_csv_png_and_svg(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    page = seen.page
    page.get_by_test_id("stProgress").wait_for(state="hidden")
    seen.wait_until_still()
    page.get_by_role("button", name="Download").last.click()
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    seen.wait_until_still()
    for name, start_of_file in (
        ("CSV", b"\xef\xbb\xbf"), ("PNG", b"\x89PNG"), ("SVG", b"<svg"),
    ):  # fmt: skip
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        content = open(download.value.path(), "rb").read()  # noqa: PTH123, SIM115
        assert content.startswith(start_of_file), name


@pytest.mark.parametrize(
    ("name", "anchor"), [("What stands out", "stands-out"), ("Orders", "orders")]
)
def test_the_keyboard_reaches_what_lies_far_below_in_one_step(
    app, open_page, name, anchor
):
    seen = open_page(f"{app.url}/kpis")
    seen.page.get_by_role("link", name=f"↓\N{NO-BREAK SPACE}{name}").focus()
    seen.page.keyboard.press("Enter")
    seen.wait_until_still()
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate(
        """anchor => document.activeElement.closest('[data-testid=stHeading]')
        ?.querySelector(`[id=${anchor}]`) != null""",
        anchor,
    )


def test_the_keyboard_alone_narrows_to_a_group(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    button = seen.page.locator("[class*=st-key-kpis_groups] button").first
    button.focus()
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()
    assert seen.page.locator("[class*=st-key-kpis_chip_0]").count() == 1
