"""Colours by meaning, in a light and a dark pair; the theme is ``config.toml``'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st


@dataclass(frozen=True, slots=True)
class Tokens:
    """One meaning, one colour, on every page and in every export.

    Attributes:
        now: Us, and the period looked at.
        before: The period compared with, and the rest.
        attention: What asks for a look: missed, worse, out of the ordinary.
        stale: Results older than their inputs.
        text: Labels on charts.
        muted: Axes and notes.
        grid: Grid lines.
        faint: The lightest shade of ``now``, where cells are shaded by a value.
        surface: What a chart stands on, in exports.
    """

    now: str
    before: str
    attention: str
    stale: str
    text: str
    muted: str
    grid: str
    faint: str
    surface: str


LIGHT: Final = Tokens(
    now="#1f5fd6",
    before="#8a93a3",
    attention="#c2570c",
    stale="#8a6d00",
    text="#1b1f27",
    muted="#5c6473",
    grid="#e9ebef",
    faint="#dce8fc",
    surface="#ffffff",
)
DARK: Final = Tokens(
    now="#5b93f5",
    before="#7f8898",
    attention="#f0913f",
    stale="#d9b23c",
    text="#e8eaee",
    muted="#9aa2b1",
    grid="#282c34",
    faint="#1c2b47",
    surface="#14161a",
)


def tokens() -> Tokens:
    """The tokens of the theme the user sees now."""
    return DARK if st.context.theme.get("type") == "dark" else LIGHT
