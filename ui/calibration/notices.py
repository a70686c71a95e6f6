"""What the page says where there is no history to split."""

from __future__ import annotations

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import UnknownName
from ui import datasets, errors, frame
from ui.calibration.view import CalibrationView
from ui.state import write_view
from ui.texts import t


def dataset_of(view: CalibrationView) -> Dataset | None:
    """The dataset of the view; says so where it is not here, or nothing is."""
    try:
        dataset = datasets.current(view.selection)
    except UnknownName as error:
        errors.show_error(error)
        st.button(
            t("Show the data that are here"), type="primary",
            key="calibration_reset", on_click=write_view, args=(CalibrationView(),),
        )  # fmt: skip
        return None
    if dataset is None:
        st.info(
            t("Here you can try the procedures on your own history, once it is here.")
        )
        frame.link(
            "data", label=t("Bring in your own orders"), icon=":material/upload:"
        )
    return dataset
