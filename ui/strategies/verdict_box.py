"""The box at the top: the decision of the frozen rule, its reason, the effect."""

from __future__ import annotations

import math

import streamlit as st

from analysis.strategies import Evaluation
from analysis.strategies.registry import Entry
from analysis.strategies.verdict import good_side
from ui.counted import sentences
from ui.format import MISSING, number
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies.words import (
    DECISION_COLOURS,
    DECISION_ICONS,
    DECISIONS,
    effect_text,
    range_text,
    said,
    size_text,
    word,
)
from ui.texts import t

SMALL_P = 0.001


def box(entry: Entry, found: Evaluation) -> None:
    """Decision with colour, word and icon; reason; the effect in one sentence."""
    decision = found.verdict.decision
    colour = DECISION_COLOURS[decision]
    with st.container(border=True, key="strategies_verdict"):
        st.markdown(
            f"### :{colour}[{DECISION_ICONS[decision]} {word(DECISIONS, decision)}]"
        )
        st.markdown(sentences(said(found.verdict.reason), _days_left(found)))
        st.markdown(effect_sentence(entry, found))
        st.caption(_grounds(entry, found))
    if entry.status == "running" and not entry.plan.options.anytime:
        st.warning(
            t(
                "It still runs, and this interval holds for one look at the end. The "
                "more often it is looked at, the likelier chance looks like an effect."
            ),
            icon=":material/visibility:",
        )


def effect_sentence(entry: Entry, found: Evaluation) -> str:
    """What happened to the primary metric, by its direction."""
    metric = entry.plan.metric
    low, high = good_side(found.finding.estimate, entry.plan.better)
    values = {
        "metric": plain(name_of(metric)),
        "size": size_text(found.effect, metric),
        "effect": effect_text(found.effect, metric),
        "range": range_text(*found.interval, metric),
        "share": f"{number(100 * (1 - found.alpha), digits=0)} %",
    }
    if math.isnan(low) or math.isnan(high):
        return t("{metric} changed by {effect}; there is no interval.", **values)
    if any(check.light == "red" for check in found.checks):
        return t(
            "The figures say {effect} for {metric} ({share} interval {range}), but "
            "they do not count until the red checks are cleared up.",
            **values,
        )
    if low > 0:
        return t(
            "**{metric} got better by {size}** ({share} interval {range}).", **values
        )
    if high < 0:
        return t(
            "**{metric} got worse by {size}** ({share} interval {range}).", **values
        )
    return t(
        "**No effect on {metric} can be told**: {effect} ({share} interval {range}).",
        **values,
    )


def p_text(p_value: float) -> str:
    """A p-value as it is written: ``p 0.03`` or ``p < 0.001``."""
    if math.isnan(p_value):
        return MISSING
    if p_value < SMALL_P:
        return f"p < {number(SMALL_P, digits=3)}"
    return f"p {number(p_value, digits=3 if p_value < 10 * SMALL_P else 2)}"


def _days_left(found: Evaluation) -> str:
    left = found.days_left
    if left is None or found.verdict.decision != "go on":
        return ""
    return said(left.sentence)


def _grounds(entry: Entry, found: Evaluation) -> str:
    source = found.source
    orders = source.orders if source is not None else found.n
    parts = [
        p_text(found.p_value),
        t("n {units} ({orders} orders)", units=number(found.n), orders=number(orders))
        if orders != found.n
        else t("n {units}", units=number(found.n)),
        t(
            "smallest effect that matters {size}",
            size=size_text(entry.plan.smallest_effect, entry.plan.metric),
        ),
    ]
    if source is not None:
        parts.append(
            t(
                "{dataset}, version {version}",
                dataset=plain(source.dataset),
                version=plain(source.version),
            )
        )
    return " · ".join(parts)
