"""The menu of saved views: save, list, rename, delete, undo, with a name asked once."""

import pytest
from streamlit.testing.v1 import AppTest

from analysis.records import audit_trail, list_views, open_records

SCRIPT = """
import streamlit as st
from ui import saved_views
from ui.state import View

st.session_state["kpis_saved_views"] = True
saved_views.menu(View(), page="kpis", address="pages/explore/kpis.py")
"""


@pytest.fixture
def at(monkeypatch):
    monkeypatch.setattr("streamlit.delta_generator.DeltaGenerator.page_link", link)
    return AppTest.from_string(SCRIPT, default_timeout=30).run()


def link(container, address, *, label, query_params):
    container.markdown(f"link {label}")


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()


def test_a_view_is_saved_under_a_name_once_the_author_has_one(at, workspace):
    assert not at.exception
    field = {item.label: item for item in at.text_input}
    field["Save this view as"].set_value("Late in malls")
    press(at, "Save")
    assert "Enter your name" in at.error[0].proto.title
    assert list_views(open_records(workspace)) == ()
    {item.label: item for item in at.text_input}["Your name"].set_value("Ada").run()
    field = {item.label: item for item in at.text_input}
    field["Save this view as"].set_value("Late in malls")
    press(at, "Save")
    (view,) = list_views(open_records(workspace))
    assert (view.name, view.owner) == ("Late in malls", "Ada (unverified)")
    assert any("link Late in malls" in item.value for item in at.markdown)
    (change,) = audit_trail(open_records(workspace))
    assert (change.action, change.by) == ("create", "Ada (unverified)")
