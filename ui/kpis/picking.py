"""What a click on a mark chose, and the buttons that do the same from the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from analysis.metrics.selection import Condition
from ui import charts
from ui.kpis.view import Look, drill
from ui.show import plain
from ui.texts import t

Picked = Mapping[str, Any]


def picked(key: str) -> Picked:
    """The fields of the mark that was clicked in a chart; empty where none was."""
    found = st.session_state[key]["selection"].get(charts.PICK) or [{}]
    return found[0]


def on_label(
    look: Look, key: str, conditions: Mapping[str, Condition], *more: Condition
) -> Callable[[], None]:
    """A callback that narrows to the bar or circle of the label clicked.

    Args:
        look: What is looked at.
        key: Name of the chart.
        conditions: What narrows to a mark, by its label.
        *more: Conditions that hold for every mark, such as the city of a map.
    """

    def clicked() -> None:
        condition = conditions.get(str(picked(key).get("label")))
        if condition is not None:
            drill(look, condition, *more)

    return clicked


def narrowing_list(
    look: Look,
    items: Sequence[tuple[str, Condition, str]],
    *,
    key: str,
    more: Sequence[Condition] = (),
) -> None:
    """Buttons that narrow to a mark each, with a text beside it.

    Args:
        look: What is looked at.
        items: Label (not made safe), condition, text (safe for Markdown).
        key: Prefix of the buttons' names.
        more: Conditions that hold for every mark.
    """
    with st.container(gap=None, key=f"{key}_list"):
        for place, (label, condition, text) in enumerate(items):
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small"
            ):
                st.button(
                    _indent(label) + plain(label),
                    key=f"{key}_{place}",
                    type="tertiary",
                    icon=":material/filter_alt:",
                    help=t("Only these orders"),
                    on_click=drill,
                    args=(look, condition, *more),
                )
                st.space("stretch")
                st.markdown(text, width="content")


def _indent(label: str) -> str:
    """The blanks before a label, which show its level in a tree."""
    return label[: len(label) - len(label.lstrip())]
