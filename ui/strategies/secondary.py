"""Secondary metrics: what else moved, corrected for how many were looked at."""

from __future__ import annotations

import streamlit as st

from analysis.strategies import Evaluation
from analysis.strategies.results import SecondaryResult
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies.words import (
    CORRECTIONS,
    SECONDARY_COLOURS,
    SECONDARY_STATES,
    confidence_text,
    effect_text,
    p_text,
    range_text,
    said,
)
from ui.texts import t


def section(found: Evaluation) -> None:
    """Every secondary metric of the plan with its effect and both p-values."""
    if not found.secondary:
        return
    st.space("small")
    st.header(t("Secondary metrics"), anchor=False)
    if len(found.secondary) == 1:
        st.caption(t("No decision rests on it."))
        _metric(found.secondary[0])
        return
    st.caption(
        t(
            "No decision rests on these. Interval ({share}) and p are of each metric "
            "by itself; the corrected p is for all {count} of them ({way}), the word "
            "goes by it. The primary metric is not corrected for them.",
            share=confidence_text(found.alpha),
            count=len(found.secondary),
            way=t(CORRECTIONS[found.correction]),
        )
    )
    for result in found.secondary:
        _metric(result, corrected=True)


def _metric(result: SecondaryResult, *, corrected: bool = False) -> None:
    name, figure, test = st.columns([3, 3, 3], vertical_alignment="center")
    if result.problem is not None:
        name.markdown(f"**{plain(name_of(result.outcome))}**")
        figure.caption(said(result.problem, metric=result.outcome))
        return
    colour = SECONDARY_COLOURS[result.state]
    name.markdown(
        f"**{plain(name_of(result.outcome))}** "
        f":{colour}-badge[{t(SECONDARY_STATES[result.state])}]"
    )
    estimate = result.estimate
    figure.markdown(
        f"{effect_text(estimate.effect, result.outcome)} "
        f"({range_text(*estimate.interval, result.outcome)})"
    )
    lower = result.better == "lower"
    values = {
        "p": p_text(estimate.p_value),
        "adjusted": p_text(result.p_adjusted),
        "side": t("lower is better") if lower else t("higher is better"),
    }
    test.caption(
        t("{p}, corrected {adjusted} ({side})", **values)
        if corrected
        else t("{p} ({side})", **values)
    )
