"""From Home to the guilty segment to its orders; the KPI page's marks and its keys."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.selection import Selection
from tests.e2e.app import start, stop, violations
from tests.ui import kpi_world
from ui.kpis.view import KpiView
from ui.state import decode_view, encode_view

pytestmark = pytest.mark.browser

ORDERS_A_DAY = 900
GUILTY = "Jeddah"


def guilty_world():
    """Twelve weeks; in the last five days Jeddah is late three times as often."""
    generator = np.random.default_rng(3)
    n = kpi_world.DAYS * ORDERS_A_DAY
    day = np.arange(n) // ORDERS_A_DAY
    created = pd.Timestamp(kpi_world.FIRST_DAY) + pd.to_timedelta(day, unit="D")
    created += pd.to_timedelta(8 + generator.integers(0, 14, n), unit="h")
    city = np.take(["Riyadh", GUILTY, "Dammam"], generator.integers(0, 3, n))
    bad = (city == GUILTY) & (day >= kpi_world.DAYS - 5)
    late = generator.random(n) < np.where(bad, 0.36, 0.12)
    delivered = created + pd.to_timedelta(np.where(late, 55, 33), unit="m")
    frame = pd.DataFrame(
        {
            "created_at": created, "city": city,
            "zone": [f"{name} {place % 4}" for place, name in enumerate(city)],
            "fleet": np.take(["own", "partner"], generator.integers(0, 2, n)),
            "status": "delivered",
            "promised_at": created + pd.to_timedelta(40, unit="m"),
            "delivered_at": delivered,
        }
    )  # fmt: skip
    frame = frame.sort_values("created_at", kind="stable").reset_index(drop=True)
    frame["order_no"] = np.arange(n)
    frame["order_id"] = [f"o{number}" for number in range(n)]
    frame["local_date"] = frame["created_at"].dt.date
    frame["local_hour"] = frame["created_at"].dt.hour
    frame["local_weekday"] = frame["created_at"].dt.day_of_week + 1
    times = ["created_at", "promised_at", "delivered_at"]
    return frame.astype(dict.fromkeys(times, "datetime64[us]"))


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("drill") / "workspace"
    kpi_world.publish(workspace, guilty_world())
    running = start(workspace)
    yield running
    stop(running)


def settle(seen):
    seen.page.wait_for_timeout(500)
    seen.wait_until_still()


def chips(seen):
    """The filters as their chips say them; a help text doubles each button."""
    found = seen.page.locator("[class*=st-key-kpis_chip_]").all()
    return [chip.locator("button").first.inner_text().split("\n")[0] for chip in found]


@pytest.mark.parametrize(
    ("language", "look", "show"),
    [("en-US", "Look", "Show the"), ("zh-CN", "查看", "查看这")],
)
def test_from_home_to_the_segment_to_its_orders(app, open_page, language, look, show):
    seen = open_page(f"{app.url}/", language=language)
    page = seen.page
    main = page.get_by_test_id("stMain")
    finding = main.locator("strong", has_text=GUILTY).first
    finding.wait_for()
    settle(seen)
    said = page.locator("strong", has_text=GUILTY)
    row = main.get_by_test_id("stHorizontalBlock").filter(has=said).last
    row.get_by_role("link", name=look).first.click()
    page.locator("[class*=st-key-kpis_chip_0]").wait_for()
    settle(seen)
    assert GUILTY in chips(seen)[0]
    page.get_by_role("button", name=re.compile(show)).first.click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    settle(seen)
    address = page.url
    other = open_page(address, language=language)
    other.page.get_by_test_id("stDataFrame").first.wait_for()
    assert chips(other) == chips(seen)
    link = page.get_by_role("link", name=re.compile("Review these cases|逐单判责"))
    assert link.count() >= 1
    page.go_back()
    settle(seen)
    assert page.get_by_test_id("stDataFrame").count() == 0


def test_the_keyboard_alone_gets_there(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    page = seen.page
    finding = page.locator("[class*=st-key-kpis_findings] button").first
    finding.wait_for()
    settle(seen)
    finding.focus()
    page.keyboard.press("Enter")
    page.locator("[class*=st-key-kpis_chip_0]").wait_for()
    settle(seen)
    assert GUILTY in chips(seen)[0]
    page.locator("[class*=st-key-kpis_rows_listed] button").first.focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("stDataFrame").first.wait_for()


def test_a_cell_of_the_week_and_a_point_of_the_trend_narrow(app, open_page):
    seen = open_page(f"{app.url}/kpis")
    page = seen.page
    cells = page.get_by_test_id("stVegaLiteChart").last
    cells.locator("g.mark-rect.role-mark path").nth(80).click()
    page.locator("[class*=st-key-kpis_chip_1]").wait_for()
    settle(seen)
    assert len(chips(seen)) == 2
    page.go_back()
    settle(seen)
    assert chips(seen) == []
    trend = page.locator("[class*=st-key-kpis_trend]").first
    trend.locator("g.mark-symbol.role-mark path").last.click(force=True)
    settle(seen)
    period = page.locator("[class*=st-key-kpis_period] button").first
    assert "–" not in period.inner_text()


def looked_at(page) -> KpiView:
    """The view that the address holds."""
    (text,) = parse_qs(urlsplit(page.url).query)["v"]
    return decode_view(text, KpiView)[0]


def test_the_path_is_edited_and_the_views_are_in_the_address(app, open_page):
    chosen = Selection.of({"city": GUILTY, "zone": f"{GUILTY} 1"})
    view = KpiView(selection=chosen, panel="compare")
    seen = open_page(f"{app.url}/kpis?v={encode_view(view)}")
    page = seen.page
    page.locator("[class*=st-key-kpis_path] button").first.click()
    settle(seen)
    page.locator("[class*=st-key-kpis_path_arrow_downward_0] button").first.click()
    settle(seen)
    assert chips(seen)[0].startswith("Zone")
    page.locator("[class*=st-key-kpis_path_close_0] button").first.click()
    settle(seen)
    assert chips(seen) == [f"City: {GUILTY}"]
    page.get_by_role("radio", name="How late").or_(
        page.get_by_role("button", name="How late")
    ).first.click()
    settle(seen)
    assert looked_at(page).panel == "severity"
    page.locator("[alt*='of the late ones most were']").or_(
        page.get_by_label(re.compile("of the late ones most were"))
    ).first.wait_for(state="attached")
    page.go_back()
    settle(seen)
    assert page.get_by_text("Compare", exact=True).count() >= 1


@pytest.mark.parametrize(
    "panel", ["hours", "severity", "stages", "experience", "compare"]
)
@pytest.mark.parametrize(
    "looks",
    [
        {"width": 1440, "scheme": "dark", "language": "en-US"},
        {"width": 400, "scheme": "light", "language": "zh-CN"},
    ],
)
def test_every_view_is_accessible_and_fits(app, open_page, panel, looks):
    address = f"{app.url}/kpis?v={encode_view(KpiView(panel=panel))}"
    seen = open_page(address, **looks)
    settle(seen)
    assert violations(seen.page) == []
    assert seen.foreign == []
    overflow = "document.documentElement.scrollWidth - window.innerWidth"
    assert seen.page.evaluate(overflow) <= 0
