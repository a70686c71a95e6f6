"""Metrics that a dataset does not give: what would unlock them, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from analysis.orders.schema import load_fields
from analysis.words import N_
from ui import frame
from ui.show import plain
from ui.texts import language, t

#: What no file gives yet: parts of Doorstep that write it.
PARTS: Final = {
    "verdicts": N_("verdicts of cases"),
    "sops": N_("the SOP library"),
    "surge_events": N_("surge windows"),
    "shifts": N_("shifts"),
    "inspections": N_("inspections"),
    "incidents": N_("safety incidents"),
}


def lock_note(missing: Sequence[str]) -> None:
    """Which columns would unlock a metric, with the way to the page Data."""
    st.caption(f":material/lock: {lock_text(missing)}")
    if any(name not in PARTS for name in missing):
        frame.link("data", label=t("Map it on Data"), icon=":material/arrow_forward:")


def lock_text(missing: Sequence[str]) -> str:
    """Which columns would unlock a metric, in words, safe for Markdown."""
    if all(name in PARTS for name in missing):
        parts = ", ".join(t(PARTS[name]) for name in missing)
        return t("Needs {names}, which Doorstep does not have yet.", names=parts)
    names = ", ".join(_column_name(name) for name in missing)
    return t("Needs the column {names}.", names=names)


def _column_name(name: str) -> str:
    table, _, column = name.rpartition(".")
    field = load_fields().get(table or "orders", {}).get(column)
    label = f" ({plain(field.label(language()))})" if field else ""
    return f"`{name}`{label}"
