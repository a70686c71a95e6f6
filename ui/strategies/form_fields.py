"""The inputs of the form of a plan: their values outlive the step they stand in."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

PREFIX: Final = "plan_"


def get(name: str) -> Any:  # noqa: ANN401 - whatever the input holds
    """A value of the form."""
    return st.session_state.get(PREFIX + name)


def put(name: str, value: object) -> None:
    """Set a value of the form."""
    st.session_state[PREFIX + name] = value


def field(name: str) -> dict[str, Any]:
    """Arguments of an input that keeps its value from step to step."""
    return {"key": PREFIX + name, "persist_state": "session"}
