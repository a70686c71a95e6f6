"""Metrics that a dataset does not give: what would unlock them, and where."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.metrics.kinds import KINDS
from analysis.metrics.locks import LOCKS
from analysis.orders.schema import load_fields
from ui import frame
from ui.show import plain
from ui.texts import language, t


def lock_note(missing: Sequence[str]) -> None:
    """Which columns would unlock a metric, with the way to the page Data."""
    st.caption(f":material/lock: {lock_text(missing)}")
    if any(name not in LOCKS for name in missing):
        frame.link("data", label=t("Map it on Data"), icon=":material/arrow_forward:")


def lock_text(missing: Sequence[str]) -> str:
    """Which columns would unlock a metric, in words, safe for Markdown."""
    if all(name in LOCKS for name in missing):
        parts = t(", ").join(t(LOCKS[name]) for name in missing)
        return t("Needs {names}, which Doorstep does not have yet.", names=parts)
    if any(name.rpartition(".")[2] == KINDS for name in missing):
        return t(
            "Needs the kinds of complaints: the column there is says only whether an "
            "order was complained of."
        )
    names = t(", ").join(_column_name(name) for name in missing)
    return t("Needs the column {names}.", names=names)


def _column_name(name: str) -> str:
    table, _, column = name.rpartition(".")
    field = load_fields().get(table or "orders", {}).get(column)
    label = f" ({plain(field.label(language()))})" if field else ""
    return f"`{name}`{label}"


def rule_badge() -> None:
    """That a figure or a grouping rests on a rule instead of data."""
    st.badge(
        t("assumed"), icon=":material/rule:", color="gray",
        help=t("The promise is a rule of the mapping, not in the data."),
    )  # fmt: skip
