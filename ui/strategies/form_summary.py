"""Step 4: the decision rule, and the whole plan once more in words."""

from __future__ import annotations

from datetime import date

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.strategies.registration import Assignment, Registration
from ui.format import number, percent
from ui.format import period as written_period
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies.form_fields import field, get
from ui.strategies.form_settings import USUAL_LAGS, cluster_name
from ui.strategies.form_state import registration
from ui.strategies.words import (
    CORRECTIONS,
    DESIGNS,
    UNITS,
    confidence_text,
    size_text,
)
from ui.texts import t


def step(dataset: Dataset) -> None:
    """Draw the step."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        _rule()
    with right:
        st.subheader(t("The plan"), anchor=False)
        if get("name"):
            _summary(registration(dataset))
        else:
            st.caption(t("The strategy has no name yet: give it one in step 1."))


def _rule() -> None:
    st.subheader(t("Decision rule"), anchor=False)
    st.select_slider(t("Interval (%)"), [90, 95, 99], **field("confidence"))
    st.radio(
        t("Roll out when"), ["estimate", "interval"],
        format_func=_when,
        **field("rule_effect"),
    )  # fmt: skip
    st.radio(
        t("And guardrails"), ["held", "not harmed"],
        format_func=lambda name: t("are shown to have held")
        if name == "held"
        else t("are not harmed"),
        **field("rule_guard"),
    )  # fmt: skip
    st.caption(
        t(
            "Always: a red check leaves it open, a harmed guardrail or a loss stops "
            "it, and an interval below the smallest effect stops it."
        )
    )


def _summary(plan: Registration) -> None:
    lines = [
        (t("Name"), plain(plan.name)),
        (t("Hypothesis"), plain(plan.hypothesis, limit=400) or "–"),
        (t("Owner"), plain(plan.owner) or "–"),
        (t("Design"), f"{t(DESIGNS[plan.design])}, {t(UNITS[plan.unit])}"),
        (t("Who gets it"), _who(plan)),
        (t("Orders"), _orders(plan)),
        (
            t("Days"),
            f"{written_period(plan.first_day, plan.last_day)} "
            + t("({count} days)", count=number(plan.days)),
        ),
        (
            t("Primary metric"),
            t(
                "{metric}, smallest effect that matters {size}",
                metric=plain(name_of(plan.metric)),
                size=size_text(plan.smallest_effect, plan.metric),
            ),
        ),
        *_aim(plan),
        (t("Guardrails"), _guardrails(plan)),
        *_secondary(plan),
        *_settings(plan),
        *_further(plan),
        (t("Decision rule"), _rule_of(plan)),
    ]
    st.markdown("\n".join(f"- **{name}**: {value}" for name, value in lines))


def _settings(plan: Registration) -> list[tuple[str, str]]:
    """What else was chosen in steps 2 and 3."""
    lines = [(t("Chance to find the smallest effect"), f"{get('power'):g} %")]
    if plan.design == "ab":
        again = t("yes") if plan.options.anytime else t("no")
        lines.append((t("Looked at again and again"), again))
    if plan.unit in ("rider", "merchant"):
        past = t("adjusted for") if plan.options.covariates else t("not adjusted for")
        lines.append((t("Its own past (CUPED)"), past))
    if plan.assignment.kind != "places":
        arms = t(
            "{treated} against {control}, {share} of the units treated",
            treated=plain(plan.assignment.treated),
            control=plain(plan.assignment.control),
            share=percent(plan.assignment.share, digits=0),
        )
        lines.insert(0, (t("Arms and share"), arms))
    return lines


def _aim(plan: Registration) -> list[tuple[str, str]]:
    if plan.options.margin is None:
        return []
    margin = size_text(plan.options.margin, plan.metric)
    return [(t("Aim"), t("no worse by more than {margin}", margin=margin))]


def _secondary(plan: Registration) -> list[tuple[str, str]]:
    names = plan.options.secondary
    if not names:
        return []
    listed = t(", ").join(plain(name_of(name)) for name in names)
    if len(names) > 1:
        way = t(CORRECTIONS[plan.options.correction or "holm"])
        listed = t("{metrics}, corrected by {way}", metrics=listed, way=way)
    return [(t("Secondary metrics"), listed)]


def _further(plan: Registration) -> list[tuple[str, str]]:
    """Settings that are not as usual."""
    options = plan.options
    listed = [
        (t("Errors hang together by"), [cluster_name(one) for one in options.cluster]),
        (t("Drawn or compared within"), [plain(one) for one in options.strata]),
    ]
    lines = [(name, t(", ").join(found)) for name, found in listed if found]
    if plan.design == "its":
        off = t("taken out of the series") if options.holidays else t("left in it")
        lines.append((t("Public holidays"), off))
    if plan.design == "switchback":
        lags = options.lags if options.lags is not None else USUAL_LAGS
        hours = options.washout or lags
        name = t("Washout") if options.washout else t("Carry-over")
        lines.append((name, t("{count} hours", count=number(hours))))
    return lines


def _rule_of(plan: Registration) -> str:
    return t(
        "{share} interval; roll out when {effect}; guardrails {guards}",
        share=confidence_text(plan.rule.alpha),
        effect=_when(plan.rule.effect),
        guards=t("are not harmed")
        if plan.rule.guardrails == "not harmed"
        else t("are shown to have held"),
    )


def _when(effect: str) -> str:
    """When it is rolled out; lower is better for many a metric."""
    if effect == "interval":
        return t("the whole interval reaches the smallest effect")
    return t(
        "the interval is on the better side of 0 and the estimate reaches the smallest "
        "effect"
    )


def _who(plan: Registration) -> str:
    assignment = plan.assignment
    if assignment.kind == "places":
        days = sorted({first for first in assignment.starts.values() if first})
        return "; ".join(_beginning(assignment, first) for first in days)
    if assignment.kind == "table":
        return t("an uploaded table ({hash})", hash=f"`{assignment.table[:12]}`")
    return t("column {name}", name=plain(assignment.column))


def _beginning(assignment: Assignment, day: date) -> str:
    """The places that begin on a day."""
    places = [place for place, first in assignment.starts.items() if first == day]
    return t(
        "{names} from {first} on",
        names=t(", ").join(plain(place) for place in places),
        first=day.isoformat(),
    )


def _orders(plan: Registration) -> str:
    if not plan.scope.conditions:
        return t("all of them")
    return t(", ").join(
        plain(", ".join(str(value) for value in item.values))
        for item in plan.scope.conditions
    )


def _guardrails(plan: Registration) -> str:
    if not plan.guardrails:
        return t("none")
    return t(", ").join(
        t(
            "{metric} up to {margin}",
            metric=plain(name_of(item.outcome)),
            margin=size_text(item.margin, item.outcome),
        )
        for item in plan.guardrails
    )
