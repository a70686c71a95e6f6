"""The box at the top: the decision of the frozen rule, its reason, the effect."""

from __future__ import annotations

import math
from collections.abc import Iterator

import streamlit as st

from analysis.strategies import Evaluation
from analysis.strategies.registry import Entry
from analysis.strategies.verdict import good_side
from ui.counted import sentences
from ui.format import number
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies.words import (
    DECISION_COLOURS,
    DECISION_ICONS,
    DECISIONS,
    confidence_text,
    effect_text,
    p_text,
    range_text,
    recommended,
    said,
    size_text,
    word,
)
from ui.texts import t


def box(entry: Entry, found: Evaluation) -> None:
    """Decision with colour, word and icon; reason; the effect in one sentence."""
    decision = recommended(entry, found.verdict.decision)
    colour = DECISION_COLOURS[decision]
    with st.container(border=True, key="strategies_verdict"):
        st.markdown(
            f"### :{colour}[{DECISION_ICONS[decision]} {word(DECISIONS, decision)}]"
        )
        st.markdown(sentences(*_why(entry, found)))
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
        "share": confidence_text(found.alpha),
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


def _why(entry: Entry, found: Evaluation) -> Iterator[str]:
    """The reason; of one that ended too early also what it would have taken."""
    yield _reason(entry, found)
    if recommended(entry, found.verdict.decision) != found.verdict.decision:
        yield t("It is over and cannot tell.")
    yield _days_left(entry, found)


def _reason(entry: Entry, found: Evaluation) -> str:
    return said(found.verdict.reason, metric=entry.plan.metric)


def _days_left(entry: Entry, found: Evaluation) -> str:
    left = found.days_left
    if left is None or found.verdict.decision != "go on":
        return ""
    if entry.status in ("ended", "decided") and 0 < left.days < math.inf:
        return t(
            "To tell an effect of {size} from none it would have had to run about "
            "{days} days longer.",
            size=size_text(entry.plan.smallest_effect, entry.plan.metric),
            days=number(left.days),
        )
    return said(left.sentence, metric=entry.plan.metric)


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
