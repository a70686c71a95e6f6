"""What the page says where there is nothing to show yet."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError, UnknownName
from analysis.records import StoredStrategy
from ui import datasets, demo, errors, frame
from ui.show import page_head, plain
from ui.state import write_view
from ui.strategies.view import StrategyView
from ui.texts import t


def dataset_of(view: StrategyView) -> Dataset | None:
    """The dataset of the view; says so where it is not here, or nothing is."""
    try:
        dataset = datasets.current(view.selection)
    except UnknownName as error:
        page_head(t("Did what we did work?"))
        errors.show_error(error)
        st.button(
            t("Show the data that are here"), type="primary",
            key="strategies_reset", on_click=write_view, args=(StrategyView(),),
        )  # fmt: skip
        return None
    if dataset is None:
        page_head(
            t("Did what we did work?"),
            answer=t(
                "Here are your strategies with their effects, checks and decisions, "
                "once orders are here."
            ),
        )
        demo.panel()
        frame.link(
            "data", label=t("Bring in your own orders"), icon=":material/upload:"
        )
    return dataset


def broken(stored: Sequence[StoredStrategy]) -> None:
    """Strategies that are not in the list, since their plan cannot be read."""
    if stored:
        st.warning(
            t(
                "Not listed, since this version cannot read their plans: {names}.",
                names=t(", ").join(plain(item.name, limit=80) for item in stored),
            ),
            icon=":material/broken_image:",
        )


def gone(view: StrategyView, error: DoorstepError) -> None:
    """The strategy of the address is not here."""
    page_head(t("Did what we did work?"))
    errors.show_error(error)
    st.button(
        t("Show all strategies"), type="primary", key="strategies_all",
        on_click=write_view, args=(view.model_copy(update={"strategy": ""}),),
    )  # fmt: skip
