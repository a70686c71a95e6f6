"""The dataset of a page: the address alone says it, and links carry it on."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.metrics.selection import Selection
from tests.ui import kpi_world
from ui.frame import MENU
from ui.kpis.view import KpiView
from ui.state import View, decode_view

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["pages/start/home.py", "pages/start/data.py", "pages/explore/kpis.py"]
SMALL = 3_000


@pytest.fixture
def worlds(workspace):
    kpi_world.publish(workspace, name="Large")
    small = kpi_world.orders().head(SMALL)
    kpi_world.publish(workspace, small, name="Small")


def opened(page):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.run()
    at.switch_page(page).run()
    assert not at.exception
    return at


def chip(at):
    return next(box for box in at.selectbox if box.key == "dataset_chip")


def address(at):
    parts = at.query_params.get("v") or [""]
    return parts if isinstance(parts, str) else parts[0]


def selection(at):
    return decode_view(address(at), View)[0].selection


@pytest.mark.parametrize("page", PAGES)
def test_choosing_a_dataset_writes_it_into_the_address(worlds, page):
    at = opened(page)
    first = chip(at).value
    other = {"Large": "Small", "Small": "Large"}[first]
    chip(at).set_value(other).run()
    assert not at.exception
    assert selection(at) == Selection(dataset=other, version="v001")
    assert chip(at).value == other
    del at.query_params["v"]
    at.run()
    assert chip(at).value == first


def test_links_carry_the_dataset_on(worlds):
    at = opened(PAGES[2])
    chip(at).set_value("Small").run()
    links = [item.proto for item in at.sidebar.get("page_link")]
    assert len(links) == sum(len(entries) for entries in MENU.values())
    for link in links:
        carried = dict(part.split("=", 1) for part in link.query_string.split("&"))
        assert decode_view(carried["v"], View)[0].selection.dataset == "Small"


def test_a_value_is_chosen_for_a_filter_after_another_dataset_is(worlds):
    at = opened(PAGES[2])
    for name in ("Small", "Large", "Small"):
        chip(at).set_value(name).run()
        at.session_state["kpis_filter"] = True
        at.run()
        box = next(item for item in at.multiselect if "kpis_filter_values" in item.key)
        assert box.value == []
        box.set_value([1]).run()
        box = next(item for item in at.multiselect if "kpis_filter_values" in item.key)
        assert box.value == [1]
        add = next(item for item in at.button if item.key == "kpis_filter_add")
        assert not add.disabled
    add.click().run()
    view = decode_view(address(at), KpiView)[0]
    assert view.selection.dataset == "Small"
    assert len(view.selection.conditions) == 1
