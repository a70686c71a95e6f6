"""The views below the breakdown: one is open at a time, the others cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from analysis.errors import MissingField, NotEnoughData
from analysis.words import N_
from ui import errors
from ui.kpis import experience, hours, load, map_view, severity, stages, versus
from ui.kpis.figures import Figure
from ui.kpis.locks import lock_note
from ui.kpis.view import Look, Panel
from ui.show import choice
from ui.state import bound
from ui.texts import t

ANCHOR: Final = "closer"
NAMES: Final[Mapping[Panel, str]] = {
    "hours": N_("Hours of the week"),
    "map": N_("Map"),
    "severity": N_("How late"),
    "stages": N_("Stages"),
    "experience": N_("How it went"),
    "supply": N_("Supply and demand"),
    "compare": N_("Compare"),
}
_DRAWN: Final[Mapping[Panel, Callable[[Look, Figure], None]]] = {
    "hours": hours.draw,
    "map": map_view.draw,
    "severity": severity.draw,
    "stages": stages.draw,
    "experience": experience.draw,
    "supply": load.draw,
    "compare": versus.draw,
}


def row(look: Look, figure: Figure) -> None:
    """The choice of views and the one that is open."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(t("Look closer"), anchor=ANCHOR, width="stretch")
        st.segmented_control(
            t("View"),
            list(NAMES),
            format_func=lambda name: choice(t(NAMES[name])),
            required=True,
            label_visibility="collapsed",
            **bound(look.view, "panel", prefix="kpis"),
        )
    with errors.boundary():
        try:
            _DRAWN[look.view.panel](look, figure)
        except MissingField as error:
            lock_note(error.fields)
        except NotEnoughData as error:
            st.info(" ".join(errors.safe_sentences(error)), icon=":material/blur_on:")
