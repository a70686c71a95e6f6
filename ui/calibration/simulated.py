"""The committed figures of long simulations."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis.strategies.calibration import Calibrated, Share, calibrated
from ui import chart_frame
from ui.calibration.plots import errors
from ui.chart_frame import Behind
from ui.format import interval, number, percent
from ui.strategies.words import DESIGNS
from ui.texts import t


def answer(lines: Sequence[Calibrated]) -> str:
    """How many procedures keep their promise, in a sentence."""
    judged = [line for line in lines if line.judged]
    kept = sum(line.kept for line in judged)
    draws = min((line.draws for line in judged), default=0)
    return t(
        "On {draws} simulated draws each, {kept} of {count} procedures keep what their "
        "95 % intervals promise.",
        draws=number(draws), kept=number(kept), count=number(len(judged)),
    )  # fmt: skip


def section() -> None:
    """Chart and table of false positives and coverage."""
    lines = calibrated()
    st.header(t("On simulated draws"), anchor=False)
    st.markdown(answer(lines))
    table = _table(lines)
    name = t("False positives by procedure")
    behind = Behind(
        name, table,
        definition=t(
            "Draws from one light model, once without an effect (false positives, 4 to "
            "6 %) and once with one (coverage, 94 to 96 %). A band is missed only when "
            "the exact 99 % interval of the share lies wholly outside it. An "
            "always-valid interval may miss in at most 5 %; a guardrail at its margin "
            "may be said to have held in 2.5 %."
        ),
    )  # fmt: skip
    chart_frame.draw(
        errors(lines, [t(line.label) for line in lines]), behind,
        key="calibration_simulated", alt_text=answer(lines),
    )  # fmt: skip
    st.dataframe(
        table, hide_index=True, key="calibration_simulated_table",
        alt=t("False positives and coverage by procedure"),
    )  # fmt: skip


def _table(lines: Sequence[Calibrated]) -> pd.DataFrame:
    rows = [
        {
            t("Procedure"): t(line.label),
            t("Design"): t(DESIGNS[line.design]),
            t("Draws"): number(line.draws),
            t("False positives"): _written(line.error),
            t("Coverage"): _written(line.coverage),
            t("Promise kept"): _state(line),
        }
        for line in lines
    ]
    return pd.DataFrame(rows)


def _written(share: Share) -> str:
    bounds = interval(percent(share.low), percent(share.high))
    return f"{percent(share.share)} ({bounds})"


def _state(line: Calibrated) -> str:
    if not line.judged:
        return t("to compare")
    return t("kept") if line.kept else t("missed")
