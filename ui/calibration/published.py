"""Published results beside what is computed here."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis.strategies.self_test import Compared
from ui import chart_frame
from ui.chart_frame import Behind
from ui.format import number
from ui.strategies.words import DESIGNS
from ui.texts import t

_DIGITS = 7


def answer(found: Sequence[Compared]) -> str:
    """How many figures agree, in a sentence."""
    agreeing = sum(one.agrees for one in found)
    if agreeing == len(found):
        return t(
            "All {count} published figures are reproduced to the digits printed.",
            count=number(len(found)),
        )
    return t(
        "{agreeing} of {count} published figures are reproduced to the digits printed.",
        agreeing=number(agreeing), count=number(len(found)),
    )  # fmt: skip


def section(found: Sequence[Compared]) -> None:
    """The table: printed, computed, difference, and whether they agree."""
    st.header(t("Published results"), anchor=False)
    st.markdown(answer(found))
    table = _table(found)
    st.dataframe(
        table, hide_index=True, key="calibration_published",
        alt=t("Published figures beside computed ones"),
    )  # fmt: skip
    name = t("Published results")
    chart_frame.row_under(
        Behind(
            name, table,
            definition=t(
                "Computed anew when the page opens, from data that ship with "
                "statsmodels or figures restated with their source. They agree when "
                "they differ by no more than the rounding of the printed one."
            ),
        ),
        key="calibration_published",
    )  # fmt: skip


def _table(found: Sequence[Compared]) -> pd.DataFrame:
    rows = [
        {
            t("Agrees"): t("yes") if one.agrees else t("no"),
            t("Result"): t(one.title),
            t("Figure"): t(one.figure),
            t("Printed"): _written(one.printed),
            t("Computed"): _written(one.computed),
            t("Difference"): f"{one.difference:.1e}",
            t("Design"): t(DESIGNS[one.design]),
            t("Source"): one.source,
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def _written(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
