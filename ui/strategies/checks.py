"""Checks as lights with their figures, and the guardrails."""

from __future__ import annotations

from collections import Counter
from typing import Final

import streamlit as st

from analysis.strategies import Evaluation
from analysis.strategies.registry import Entry
from analysis.strategies.results import Check, GuardrailResult
from analysis.strategies.verdict import is_beyond
from ui.counted import counted
from ui.format import number
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies.words import (
    CHECKS,
    GUARDRAIL_COLOURS,
    GUARDRAIL_ICONS,
    GUARDRAIL_STATES,
    LIGHT_COLOURS,
    LIGHT_ICONS,
    LIGHTS,
    effect_text,
    p_text,
    range_text,
    said,
    size_text,
    word,
)
from ui.texts import N_, t

COLUMNS: Final = 3
_ORDER: Final = ("red", "amber", "green")


def lights(entry: Entry, found: Evaluation) -> None:
    """Every check: word, symbol and colour, with what was found."""
    st.space("small")
    st.header(t("Checks"), anchor=False)
    made = sorted(found.checks, key=lambda check: _ORDER.index(check.light))
    if not made:
        st.caption(t("No check was made."))
        return
    st.caption(_summary(made))
    for start in range(0, len(made), COLUMNS):
        cells = st.columns(COLUMNS)
        for cell, check in zip(cells, made[start : start + COLUMNS], strict=False):
            with cell:
                _light(check, entry.plan.metric)


def _summary(made: list[Check]) -> str:
    counts = Counter(check.light for check in made)
    if counts["red"]:
        return counted(
            N_("One check is red: until it is cleared up, nothing counts as worked."),
            N_("{count} checks are red: until they are cleared up, nothing counts as "
               "worked."),
            counts["red"],
        )  # fmt: skip
    if counts["amber"]:
        return counted(
            N_("No check is red; look at one of them."),
            N_("No check is red; look at {count} of them."),
            counts["amber"],
        )
    return t("All checks are in order.")


def _light(check: Check, metric: str) -> None:
    colour = LIGHT_COLOURS[check.light]
    st.markdown(
        f":{colour}[{LIGHT_ICONS[check.light]}] **{word(CHECKS, check.name)}** "
        f":{colour}-badge[{t(LIGHTS[check.light])}]"
    )
    st.caption(said(check.sentence, metric=metric))


def guardrails(entry: Entry, found: Evaluation) -> None:
    """Whether metrics that must not get worse held, by non-inferiority."""
    if not found.guardrails:
        return
    st.space("small")
    st.header(t("Guardrails"), anchor=False)
    st.caption(
        t(
            "A guardrail has held when its whole interval is on the good side of the "
            "loss that was accepted beforehand."
        )
    )
    if any(result.state == "harmed" for result in found.guardrails):
        st.caption(
            t(
                "Harmed: its whole interval is worse than the accepted loss. Worse: "
                "its whole interval is on the bad side of 0, and part of it lies "
                "beyond the accepted loss."
            )
        )
    margins = {item.outcome: item for item in entry.plan.guardrails}
    for result in found.guardrails:
        better = margins[result.outcome].better if result.outcome in margins else ""
        _guardrail(result, better)


def _guardrail(result: GuardrailResult, better: str) -> None:
    metric = result.outcome
    estimate = result.estimate
    colour = GUARDRAIL_COLOURS[result.state]
    state = t(GUARDRAIL_STATES[result.state])
    if result.state == "harmed" and not is_beyond(result, better):
        state = t("worse, perhaps within the accepted loss")
    name, figure, limit = st.columns([3, 3, 3], vertical_alignment="center")
    name.markdown(
        f":{colour}[{GUARDRAIL_ICONS[result.state]}] **{plain(name_of(metric))}** "
        f":{colour}-badge[{state}]"
    )
    figure.markdown(
        f"{effect_text(estimate.effect, metric)} "
        f"({range_text(*estimate.interval, metric)})"
    )
    limit.caption(
        t(
            "accepted loss {margin} ({side}); against a larger one: {p}",
            margin=size_text(result.margin, metric),
            side=t("lower is better") if better == "lower" else t("higher is better"),
            p=p_text(estimate.p_value),
        )
        if result.margin
        else t("no loss accepted; against any: {p}", p=p_text(estimate.p_value))
    )


def light_counts(found: Evaluation) -> str:
    """Lights in few characters, such as ``7 in order, 1 look at it``."""
    counts = Counter(check.light for check in found.checks)
    return t(", ").join(
        f"{number(counts[light])} {t(LIGHTS[light])}"
        for light in _ORDER
        if counts[light]
    )
