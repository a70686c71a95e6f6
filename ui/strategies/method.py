"""Second opinion, assumptions, the method and why, and the SQL behind it."""

from __future__ import annotations

import streamlit as st

from analysis.strategies import Evaluation
from analysis.strategies.registration import valid_methods
from analysis.strategies.registry import Entry
from ui.format import number
from ui.show import plain
from ui.state import bound
from ui.strategies.view import StrategyView
from ui.strategies.words import (
    effect_text,
    method_name,
    p_text,
    range_text,
    said,
)
from ui.texts import t


def second_opinion(entry: Entry, found: Evaluation) -> None:
    """What another valid method says, and a warning where they disagree."""
    second = found.second
    if second is None:
        return
    st.space("small")
    st.header(t("Second opinion"), anchor=False)
    metric = entry.plan.metric
    text = t(
        "{method}: {effect} ({range}, {p}).",
        method=method_name(second.method),
        effect=effect_text(second.estimate.effect, metric),
        range=range_text(*second.estimate.interval, metric),
        p=p_text(second.estimate.p_value),
    )
    if second.agrees:
        st.markdown(f":blue[:material/thumbs_up_double:] {text}")
        st.caption(said(second.sentence, metric=metric))
        return
    st.warning(
        f"{text} {said(second.sentence, metric=metric)}",
        title=t("The two methods disagree"),
        icon=":material/compare:",
    )


def section(
    view: StrategyView, entry: Entry, found: Evaluation, *, other: Evaluation | None
) -> None:
    """Method, reason, reference, what it rests on, the choice of another, the SQL."""
    st.space("small")
    st.header(t("Method"), anchor=False)
    left, right = st.columns([2, 1], gap="large")
    with left:
        st.markdown(f"**{method_name(found.method)}**")
        st.markdown(said(found.finding.why))
        st.caption(t("Source: {source}", source=plain(found.reference, limit=300)))
        _assumptions(entry, found)
    with right:
        _choice(view, entry, other)
    _sql(found)


def _assumptions(entry: Entry, found: Evaluation) -> None:
    """What the answer rests on, and what the reader must know."""
    metric = entry.plan.metric
    lines = [
        said(text, metric=metric) for text in (found.finding.estimand, *found.notes)
    ]
    if found.source is not None and found.source.assumed:
        names = t(", ").join(plain(name) for name in found.source.assumed)
        lines.append(t("A rule of the mapping stands in for {names}.", names=names))
    st.markdown(t("What it rests on"))
    st.markdown("\n".join(f"- {line}" for line in lines if line))


def _choice(view: StrategyView, entry: Entry, other: Evaluation | None) -> None:
    names = list(valid_methods(entry.plan))
    st.selectbox(
        t("Another valid method"),
        ["", *names],
        format_func=lambda name: (
            method_name(name).replace("\\", "") if name else t("As planned")
        ),
        **bound(view, "method", prefix="strategies"),
    )
    if other is None:
        return
    metric, estimate = entry.plan.metric, other.finding.estimate
    st.markdown(
        t(
            "{method}: {effect} ({range}, {p}).",
            method=method_name(other.method),
            effect=effect_text(estimate.effect, metric),
            range=range_text(*estimate.interval, metric),
            p=p_text(estimate.p_value),
        )
    )
    st.caption(said(other.finding.why))
    st.caption(t("The decision stays with the method of the plan."))


def _sql(found: Evaluation) -> None:
    source = found.source
    if source is None or not source.sql:
        return
    with st.expander(
        t("Show SQL ({count})", count=number(len(source.sql))), icon=":material/code:"
    ):
        for query in source.sql:
            st.code(query, language="sql")
