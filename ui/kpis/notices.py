"""What the page says before its figures: nothing here, misfits, a newer version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import UnknownName
from ui import datasets, demo, errors, frame
from ui.kpis.view import KpiView, Look, go, go_to
from ui.show import page_head, plain
from ui.state import write_view
from ui.texts import t


def dataset_of(view: KpiView) -> Dataset | None:
    """The dataset of the view; says so where it is not here, or nothing is."""
    try:
        dataset = datasets.current(view.selection)
    except UnknownName as error:
        page_head(t("How is delivery doing?"))
        errors.show_error(error)
        st.button(
            t("Show the data that are here"), type="primary",
            key="kpis_reset", on_click=write_view, args=(KpiView(),),
        )  # fmt: skip
        return None
    if dataset is None:
        _empty()
    return dataset


def misfits(names: Sequence[str]) -> None:
    """What of the address this dataset cannot answer, and was left out."""
    if names:
        st.warning(
            t(
                "Left out, since this dataset does not have it: {names}.",
                names=t(", ").join(plain(name, limit=40) for name in names),
            ),
            icon=":material/filter_alt_off:",
        )


def newer_version(look: Look, view: KpiView) -> None:
    """Offer the current version where the address names an older one."""
    if not view.selection.version:
        return
    current = next(
        (item for item in datasets.listing() if item.dataset == look.dataset.name), None
    )
    if current is None or current.version == look.dataset.version:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            t(
                ":material/history: This is {version}; {newest} is current.",
                version=plain(look.dataset.version),
                newest=plain(current.version),
            ),
            width="content",
        )
        st.button(
            t("Show the current version"), key="kpis_newest", type="tertiary",
            on_click=go, args=(look,),
            kwargs={"selection": replace(look.view.selection, version="")},
        )  # fmt: skip


def no_orders(look: Look) -> None:
    """No order is left: which step back brings some."""
    st.info(
        t("No orders are left with this period and these filters."),
        icon=":material/event_busy:",
    )
    with st.container(horizontal=True):
        if look.conditions:
            st.button(
                t("Clear filters"), key="kpis_none_clear", on_click=go_to, args=(look,)
            )
        st.button(
            t("Show all days"), key="kpis_none_days", on_click=go, args=(look,),
            kwargs={
                "span": "all",
                "selection": replace(look.view.selection, period=None),
            },
        )  # fmt: skip


def _empty() -> None:
    page_head(
        t("How is delivery doing?"),
        answer=t(
            "Here are your KPIs with their intervals, changes and targets, once orders "
            "are here."
        ),
    )
    demo.panel()
    frame.link("data", label=t("Bring in your own orders"), icon=":material/upload:")
