"""The page Calibration from the entry point: its tables, A/A, bad addresses."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui import strategy_world
from ui import cached
from ui.calibration import own_history
from ui.calibration.view import CalibrationView
from ui.state import encode_view

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def opened(view=None, *, text=None, lang="en"):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = lang
    at.run()
    if view is not None:
        at.query_params["v"] = encode_view(view)
    if text is not None:
        at.query_params["v"] = text
    at.switch_page("pages/evaluate/calibration.py").run()
    assert not at.exception, [error.message for error in at.exception]
    return at


def said(at):
    kinds = (at.title, at.header, at.markdown, at.caption, at.warning, at.info,
             at.error, at.success)  # fmt: skip
    return "\n".join(str(item.value) for kind in kinds for item in kind)


def settled(at):
    """Wait for the jobs of the page, then look again."""
    limit = time.monotonic() + PATIENCE
    jobs = cached.jobs()._jobs
    while any(job.state == "running" for job in jobs.values()):
        assert time.monotonic() < limit, "the job does not end"
        time.sleep(0.05)
    at.run()
    assert not at.exception, [error.message for error in at.exception]
    return at


@pytest.fixture
def world(workspace, monkeypatch):
    monkeypatch.setattr(own_history, "SPLITS", 40)
    return strategy_world.publish(workspace)


def test_tables_stand_without_any_data():
    at = opened()
    text = said(at)
    assert "published figures are reproduced" in text
    assert "simulated draws" in text
    assert "once it is here" in text
    printed = at.dataframe[0].value
    assert set(printed["Agrees"]) == {"yes"}
    assert len(printed) >= 12
    assert "False positives" in at.dataframe[1].value


def test_splits_of_the_own_history(world):
    at = opened()
    button = next(item for item in at.button if item.key == "calibration_run")
    settled(button.click().run())
    text = said(at)
    assert "splits without any effect were called one" in text
    assert "of 40 splits" in text
    assert {item.label for item in at.metric} >= {
        "False positives", "Intervals that hold 0", "p-values spread evenly"
    }  # fmt: skip


def test_a_unit_that_the_dataset_has_not_gives_way_to_orders(world):
    at = opened(CalibrationView(unit="rider"))
    assert at.selectbox(key="calibration_unit").value == "order"
    assert not at.exception


@pytest.mark.parametrize(
    "text", ["%%%", "x" * 3000, '{"unit": "planet"}', '{"strategy": "../../etc"}']
)
def test_a_bad_address_is_no_error(world, text):
    at = opened(text=text)
    assert "How far can the verdicts be trusted?" in said(at)


def test_chinese():
    text = said(opened(lang="zh_CN"))
    assert "How far can" not in text
    assert "结论有多可信？" in text
