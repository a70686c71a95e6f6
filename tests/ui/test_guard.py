"""Roles: the matrix of who may do what; the default is no."""

import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import InvalidInput, NotAllowed
from ui import guard as guarding
from ui.guard import LOWEST_ROLE, Person, allowed, guard

ACTIONS = ("view", "export", "annotate", "review", "publish", "manage")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("viewer", {"view", "export"}),
        ("reviewer", {"view", "export", "annotate", "review"}),
        ("owner", set(ACTIONS)),
        ("admin", set()),
        ("", set()),
    ],
)
def test_the_matrix(role, may):
    assert {action for action in ACTIONS if allowed(action, role)} == may
    assert set(LOWEST_ROLE) == set(ACTIONS)


@pytest.mark.parametrize("role", ["viewer", "reviewer", "owner"])
def test_an_action_that_nobody_listed_is_nobodys(role):
    assert not allowed("drop everything", role)


def test_the_guard_refuses(monkeypatch):
    viewer = Person("Ada", verified=False, role="viewer")
    monkeypatch.setattr(guarding, "person", lambda: viewer)
    assert guard("view") == viewer
    with pytest.raises(NotAllowed, match="viewer"):
        guard("publish")


def test_a_name_of_ones_own_is_marked():
    assert Person("Ada", verified=False, role="owner").signature == "Ada (unverified)"
    assert Person("a@b.test", verified=True, role="owner").signature == "a@b.test"


SCRIPT = """
import streamlit as st
from analysis.errors import InvalidInput
from ui.guard import name_field, sign
typed = name_field("author")
if st.button("write"):
    try:
        st.text(sign("annotate", typed).signature)
    except InvalidInput as error:
        st.text(f"refused: {error}")
"""


def test_the_name_is_asked_for_at_the_first_write_only():
    at = AppTest.from_string(SCRIPT).run()
    at.button[0].click().run()
    assert at.text[0].value.startswith("refused: Enter your name")
    at.text_input[0].set_value("  Ada \n ").run()
    at.button[0].click().run()
    assert at.text[0].value == "Ada (unverified)"
    at.run()
    assert len(at.text_input) == 0


@pytest.mark.parametrize("typed", ["", "   "])
def test_an_empty_name_is_asked_for(typed):
    with pytest.raises(InvalidInput, match="Enter your name"):
        guarding.set_name(typed)


def test_a_signature_is_shown_in_the_users_language(monkeypatch):
    signature = Person("Mei", verified=False, role="owner").signature
    assert guarding.written_name(signature) == "Mei (unverified)"
    assert guarding.written_name("mei@example.org") == "mei@example.org"
    monkeypatch.setattr("ui.texts.language", lambda: "zh_CN")
    assert guarding.written_name(signature) == "Mei（未验证）"
