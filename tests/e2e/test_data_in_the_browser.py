"""The page Data in a real browser: bring in, publish, reload, cancel, hostile names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analysis import orders
from analysis.metrics import Selection
from tests.e2e.app import violations
from ui.kpis.view import KpiView
from ui.state import encode_view

pytestmark = pytest.mark.browser

OLIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "olist"
PUBLISH_SECONDS = 120
OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"
HOSTILE = "![x](https://example.org/x.png) $a$ :red[b]"


def write_orders(folder: Path, *, name: str = "orders.csv", rows: int = 60) -> Path:
    lines = ["order_id,created_at,promised_at,delivered_at,status"]
    for number in range(rows):
        at = f"2026-01-{number % 28 + 1:02d}"
        lines.append(
            f"A{number:07d},{at} 12:00:00,{at} 12:45:00,{at} 12:40:00,delivered"
        )
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def drop(visit, *files: Path) -> None:
    visit.page.set_input_files("input[type=file]", [str(path) for path in files])
    visit.page.get_by_text(re.compile("tables? (is|are) here")).wait_for()
    visit.wait_until_still()


def click(visit, label: str) -> None:
    visit.page.get_by_role("button", name=label, exact=True).click()
    visit.page.wait_for_timeout(400)
    visit.wait_until_still()


def to_the_plan(visit) -> None:
    click(visit, "Next: what the columns mean")
    click(visit, "Next: check and publish")


@pytest.mark.shared
@pytest.mark.skipif(not OLIST.is_dir(), reason="needs ../shared/data/olist")
def test_six_related_files_in_one_go(app, open_page):
    visit = open_page(f"{app.url}/data?lang=en")
    drop(visit, *sorted(OLIST.glob("*.csv")))
    to_the_plan(visit)
    click(visit, "Publish")
    title = visit.page.get_by_role("heading", name="Can these orders be trusted?")
    title.wait_for(timeout=PUBLISH_SECONDS * 1000)
    visit.wait_until_still()
    expect(visit.page.get_by_text("n 4,000")).to_be_visible()
    total = visit.page.get_by_text(re.compile("rows in =")).inner_text()
    figures = [int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", total)]
    assert figures[0] == sum(figures[1:])
    assert [info.rows for info in orders.list_versions(app.workspace, "Olist")] == [
        4000
    ]
    read_the_late_rate(visit, app, open_page)
    assert visit.foreign == []


def read_the_late_rate(visit, app, open_page) -> None:
    """The known answers off the KPI page, there and from a copied link elsewhere."""
    view = KpiView(span="all", selection=Selection(metric="late_rate"))
    visit.page.goto(f"{app.url}/kpis?lang=en&v={encode_view(view)}")
    expect(visit.page.get_by_text("335 of 3,898")).to_be_visible(timeout=30_000)
    visit.wait_until_still()
    elsewhere = open_page(visit.page.url)
    expect(elsewhere.page.get_by_text("335 of 3,898")).to_be_visible(timeout=30_000)
    elsewhere.wait_until_still()
    cards = elsewhere.page.get_by_test_id("stMetricValue").all_inner_texts()
    assert any(re.fullmatch(r"8\.6\s%", card) for card in cards), cards


def test_a_bad_file_gets_a_sentence_and_the_good_ones_stay(app, open_page, tmp_path):
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    visit = open_page(f"{app.url}/data?lang=en")
    drop(visit, write_orders(tmp_path), picture, empty)
    alerts = visit.page.get_by_role("alert")
    assert "picture.csv" in " ".join(alerts.all_inner_texts())
    assert "empty.csv" in " ".join(alerts.all_inner_texts())
    expect(visit.page.get_by_text("1 table is here")).to_be_visible()
    drop(visit, write_orders(tmp_path, name="second.csv"))
    expect(visit.page.get_by_text("2 tables are here")).to_be_visible()


def test_a_reload_and_a_copied_link_keep_the_draft(app, open_page, tmp_path):
    visit = open_page(f"{app.url}/data?lang=en")
    drop(visit, write_orders(tmp_path))
    click(visit, "Next: what the columns mean")
    address = visit.page.url
    visit.page.reload()
    visit.wait_until_still()
    expect(visit.page.get_by_text("5 of 5 columns are recognised")).to_be_visible()
    elsewhere = open_page(address)
    expect(elsewhere.page.get_by_text("5 of 5 columns are recognised")).to_be_visible()
    visit.page.go_back()
    visit.wait_until_still()
    expect(visit.page.get_by_text(re.compile("tables? (is|are) here"))).to_be_visible()


@pytest.mark.parametrize("look", [(1440, "dark", "en"), (400, "light", "zh_CN")])
def test_every_step_is_accessible_and_fits(app, open_page, tmp_path, look):
    width, scheme, lang = look
    visit = open_page(f"{app.url}/data?lang={lang}", width=width, scheme=scheme)
    found = {"start": violations(visit.page)}
    visit.page.set_input_files("input[type=file]", str(write_orders(tmp_path)))
    for step in ("data_to_meaning", "data_to_check", "data_publish"):
        button = visit.page.locator(f"[class*=st-key-{step}] button")
        button.wait_for()
        visit.wait_until_still()
        found[f"before {step}"] = violations(visit.page)
        assert visit.page.evaluate(OVERFLOW) <= 0
        button.click()
        visit.page.wait_for_timeout(400)
    visit.page.locator("[class*=st-key-data_publish]").wait_for(state="detached")
    visit.wait_until_still()
    found["published"] = violations(visit.page)
    assert {step: wrong for step, wrong in found.items() if wrong} == {}


def test_cancel_leaves_nothing_behind(app, open_page, tmp_path):
    visit = open_page(f"{app.url}/data?lang=en")
    drop(visit, write_orders(tmp_path, rows=400_000))
    to_the_plan(visit)
    visit.page.get_by_role("button", name="Publish", exact=True).click()
    visit.page.get_by_role("button", name="Cancel").click()
    visit.page.get_by_text("Stopped. Nothing was changed.").wait_for()
    visit.wait_until_still()
    assert orders.list_datasets(app.workspace) == ()
    assert not any((app.workspace / "datasets").iterdir())
    assert len(orders.list_drafts(app.workspace)) == 1
    expect(visit.page.get_by_role("button", name="Publish", exact=True)).to_be_enabled()


def test_hostile_names_fetch_nothing(app, open_page, tmp_path):
    path = tmp_path / "![f](https:example.org).csv"
    rows = "".join(f'A{n},"{HOSTILE}"\n' for n in range(5))
    path.write_text(f'order_id,"{HOSTILE}"\n{rows}')
    visit = open_page(f"{app.url}/data?lang=en")
    drop(visit, path)
    to_the_plan(visit)
    click(visit, "Publish")
    title = visit.page.get_by_role("heading", name="Can these orders be trusted?")
    title.wait_for(timeout=PUBLISH_SECONDS * 1000)
    for part in ("Profile", "Versions"):
        visit.page.get_by_text(part, exact=True).first.click()
        visit.wait_until_still()
    assert visit.foreign == []
    assert visit.page.locator("img[src*='example.org']").count() == 0
