"""The way one got here: the filters in their order, to go back, remove and reorder."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from analysis.metrics import Selection
from analysis.metrics.selection import Condition
from ui.kpis.axes import condition_label
from ui.kpis.view import Look, close, go, go_to
from ui.show import plain
from ui.texts import t

_EDIT: Final = "kpis_path"


def breadcrumb(look: Look) -> None:
    """The steps as buttons that go back to them, and the pop-up that edits them."""
    if not look.conditions:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="kpis_crumbs"
    ):
        st.button(
            t("All orders"), key="kpis_crumb_all", type="tertiary",
            on_click=go_to, args=(look,), kwargs={"by": look.conditions[0].dimension},
        )  # fmt: skip
        for place, condition in enumerate(look.conditions):
            st.markdown(":gray[›]", width="content")
            _crumb(look, condition, place=place)
        _edit(look)
        _keep(look)


def kept_label(look: Look) -> str:
    """The orders set aside to compare with, in words; empty where none are."""
    kept = look.view.kept
    if not kept.metric:
        return ""
    parts = [condition_label(look.axes, item) for item in kept.conditions]
    return " › ".join(parts) or t("All orders")


def _crumb(look: Look, condition: Condition, *, place: int) -> None:
    label = plain(condition_label(look.axes, condition))
    if place == len(look.conditions) - 1:
        st.markdown(f"**{label}**", width="content")
        return
    below = look.conditions[place + 1].dimension
    st.button(
        label, key=f"kpis_crumb_{place}", type="tertiary", on_click=go_to,
        args=(look, *look.conditions[: place + 1]), kwargs={"by": below},
    )  # fmt: skip


def _edit(look: Look) -> None:
    panel = st.popover(
        t("Edit the path"),
        icon=":material/edit:",
        type="tertiary",
        key=_EDIT,
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        for place, condition in enumerate(look.conditions):
            _step(look, condition, place=place)


def _step(look: Look, condition: Condition, *, place: int) -> None:
    """One step with what moves or removes it."""
    label = plain(condition_label(look.axes, condition))
    steps = look.conditions
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False
    ):
        st.markdown(label, width="stretch")
        moves = (
            (t("Earlier"), "arrow_upward", moved(steps, place, -1)),
            (t("Later"), "arrow_downward", moved(steps, place, 1)),
            (t("Remove"), "close", steps[:place] + steps[place + 1 :]),
        )
        for name, icon, found in moves:
            st.button(
                name,
                key=f"kpis_path_{icon}_{place}",
                icon=f":material/{icon}:",
                type="tertiary",
                help=f"{name}: {label}",
                disabled=found == steps,
                on_click=_apply,
                args=(look, found),
            )


def moved(steps: tuple[Condition, ...], place: int, by: int) -> tuple[Condition, ...]:
    """The steps with one of them earlier or later; as they are where that is the end.

    >>> a, b = Condition("city", values=("x",)), Condition("zone", values=("y",))
    >>> moved((a, b), 0, 1) == (b, a), moved((a, b), 0, -1) == (a, b)
    (True, True)
    """
    other = place + by
    if not 0 <= other < len(steps):
        return steps
    found = list(steps)
    found[place], found[other] = found[other], found[place]
    return tuple(found)


def _apply(look: Look, steps: tuple[Condition, ...]) -> None:
    if not steps:
        close(_EDIT)
    go_to(look, *steps)


def _keep(look: Look) -> None:
    """Set these orders aside, to compare others with them."""
    is_kept = bool(look.view.kept.metric)
    same = look.view.kept.conditions == look.conditions
    if is_kept and same:
        st.button(
            t("Set aside to compare"), key="kpis_unkeep", type="tertiary",
            icon=":material/close:", icon_position="right", on_click=go,
            args=(look,), kwargs={"kept": Selection()},
            help=t("Forget these orders"),
        )  # fmt: skip
        return
    mine = replace(
        Selection(conditions=look.conditions, event=look.view.selection.event),
        metric=look.metric,
    )
    st.button(
        t("Set aside to compare"), key="kpis_keep", type="tertiary",
        icon=":material/bookmark_add:", on_click=go, args=(look,),
        kwargs={"kept": mine},
        help=t("Then go elsewhere and open the view Compare"),
    )  # fmt: skip
