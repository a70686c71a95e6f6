"""Step 1: name, hypothesis, what is measured and what must not get worse."""

from __future__ import annotations

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import availability, load_definitions
from analysis.metrics.registry import parse_reference
from ui import cached
from ui.kpis.figures import name_of, unit_of
from ui.show import plain, shortened
from ui.strategies.form_fields import field, get, put
from ui.strategies.insist import tell_length
from ui.strategies.words import CORRECTION_HINTS, CORRECTIONS
from ui.texts import language, t

#: Kinds of metrics that an effect can be estimated for.
KINDS = ("rate", "mean", "ratio", "per")
#: A guardrail may get worse by so much of its usual value, to begin with.
USUAL_MARGIN = 0.5


def step(dataset: Dataset) -> None:
    """Draw the step."""
    names = metrics_of(dataset)
    if not names:
        st.info(
            t("No metric of this dataset can be a primary metric."),
            icon=":material/lock:",
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.text_input(
            t("Name"), placeholder=t("Kitchen-wait rule in malls"),
            **field("name"),
        )  # fmt: skip
        tell_length(get("name") or "")
        st.text_area(
            t("Hypothesis"), max_chars=2_000, height=100,
            placeholder=t("What it should bring about, for whom, and why"),
            **field("hypothesis"),
        )  # fmt: skip
        st.text_input(
            t("Owner"), help=t("Who answers for it; you, if empty."),
            **field("owner"),
        )  # fmt: skip
        tell_length(get("owner") or "")
    with right:
        _metric(names)
        _aim()
        _guardrails(names)
        _secondary(names)


def metrics_of(dataset: Dataset) -> list[str]:
    """Metrics that a strategy can be judged by, those that the dataset unlocks."""
    known = cached.result(availability, dataset)
    return [
        name
        for name, definition in load_definitions().items()
        if definition.kind in KINDS
        and definition.direction != "neutral"
        and known[name].is_available
    ]


def unit_label(metric: str) -> str:
    """The unit in which effects on a metric are typed."""
    definition = parse_reference(metric).definition
    return t("pp") if definition.unit == "share" else unit_of(definition).strip()


def _metric(names: list[str]) -> None:
    if get("metric") not in names:
        put("metric", names[0])
    st.selectbox(
        t("Primary metric: the decision rests on it"), names,
        format_func=lambda name: shortened(name_of(name)), **field("metric"),
    )  # fmt: skip
    metric = get("metric")
    definition = parse_reference(metric).definition
    st.caption(plain(definition.definition_in(language()), limit=300))
    st.number_input(
        t("Smallest effect that matters ({unit})", unit=unit_label(metric)),
        min_value=0.0, step=0.1, format="%.2f",
        help=t("Below this the strategy is not worth having, however certain it is."),
        **field("smallest"),
    )  # fmt: skip


def _aim() -> None:
    """Whether it is enough to be no worse, and by how much."""
    st.checkbox(
        t("It is enough if it gets no worse"),
        help=t(
            "For what is cheaper or simpler: the decision then asks whether the loss "
            "is surely smaller than you accept."
        ),
        **field("no_worse"),
    )
    if not get("no_worse"):
        return
    if not get("margin"):
        put("margin", get("smallest") or USUAL_MARGIN)
    st.number_input(
        t("Largest loss accepted ({unit})", unit=unit_label(get("metric"))),
        min_value=0.01, step=0.1, format="%.2f", **field("margin"),
    )  # fmt: skip


def _secondary(names: list[str]) -> None:
    """Metrics that no decision rests on, and how their p-values are corrected."""
    taken = {get("metric"), *get("guardrails")}
    others = [name for name in names if name not in taken]
    put("secondary", [name for name in get("secondary") or [] if name in others])
    st.multiselect(
        t("Secondary metrics: looked at besides"), others, max_selections=10,
        format_func=lambda name: shortened(name_of(name)),
        placeholder=t("Choose metrics"),
        help=t("No decision rests on them. The more there are, the more is chance, so "
               "their p-values are corrected; that of the primary metric is not."),
        **field("secondary"),
    )  # fmt: skip
    if len(get("secondary")) > 1:
        st.radio(
            t("Corrected by"), list(CORRECTIONS), horizontal=True,
            format_func=lambda name: t(CORRECTIONS[name]),
            captions=[t(CORRECTION_HINTS[name]) for name in CORRECTIONS],
            **field("correction"),
        )  # fmt: skip


def _guardrails(names: list[str]) -> None:
    others = [name for name in names if name != get("metric")]
    put("guardrails", [name for name in get("guardrails") or [] if name in others])
    st.multiselect(
        t("Guardrails: what must not get worse"), others, max_selections=6,
        format_func=lambda name: shortened(name_of(name)),
        placeholder=t("Choose metrics"), **field("guardrails"),
    )  # fmt: skip
    for name in get("guardrails"):
        if get(f"margin_{name}") is None:
            put(f"margin_{name}", USUAL_MARGIN)
        st.number_input(
            t(
                "Largest loss accepted: {metric} ({unit})",
                metric=plain(name_of(name)),
                unit=unit_label(name),
            ),
            min_value=0.0, step=0.1, format="%.2f", **field(f"margin_{name}"),
        )  # fmt: skip
