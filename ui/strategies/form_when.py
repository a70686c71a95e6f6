"""Step 3: first and last day, how much is needed, and what to take to the field."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import Selection
from analysis.strategies import Plan
from analysis.strategies.guarded import Guarded, guarded
from analysis.strategies.history import Wish, compare_designs, plan_from_history
from ui import cached, chart_frame, errors
from ui.chart_frame import Behind
from ui.format import MISSING, number, percent
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies import form_settings, plots
from ui.strategies.field_tools import calendar, controls, matched
from ui.strategies.form_fields import field, get, put
from ui.strategies.form_state import (
    guardrails,
    has_past,
    orders_around,
    smallest_effect,
)
from ui.strategies.words import DESIGNS, UNITS, UNITS_MANY, said, size_text
from ui.texts import N_, t

SKELETON = 330

#: What is needed: of people, who are all in it from the first day; of orders; by days.
_OF_ALL_PEOPLE = N_(
    "With all {available} {units} there are, finding {effect} of {metric} with a "
    "chance of {power} takes about **{days} days**."
)
_NEVER_OF_PEOPLE = N_(
    "The {available} {units} there are do not find {effect} of {metric} with a "
    "chance of {power}, however long it runs: they differ too much for good. "
    "Adjust for their past, or look for a larger effect."
)
_SIZE = N_(
    "To find {effect} of {metric} with a chance of {power} it takes **{n} "
    "{units}**, about **{days} days** at the pace of the last weeks."
)
_LENGTH = N_(
    "To find {effect} of {metric} with a chance of {power} it takes about "
    "**{days} days**."
)
_NO_LENGTH = N_(
    "None of the lengths tried finds {effect} of {metric} with a chance of "
    "{power}; in {available} days it would have to be {seen}."
)


def step(dataset: Dataset) -> None:
    """Draw the step."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        _days()
        _design_settings(dataset)
        form_settings.settings(dataset)
    with right, errors.boundary():
        _power(dataset)
    with errors.boundary():
        _tools(dataset)


def wish(dataset: Dataset) -> Wish:
    """What the form asks of a plan."""
    return Wish(
        design=get("design"),
        unit=get("unit"),
        metric=get("metric"),
        effect=smallest_effect(),
        share=float(get("share") or 50) / 100,
        power=float(get("power") or 80) / 100,
        alpha=1 - float(get("confidence") or 95) / 100,
        block=int(get("block") or 1),
        adjusted=bool(get("adjust")) and has_past(dataset),
    )


def _days() -> None:
    one, two = st.columns(2)
    one.date_input(t("First day looked at"), format="YYYY-MM-DD", **field("first_day"))
    first = get("first_day")
    if get("last_day") < first:
        put("last_day", first + timedelta(days=27))
    two.date_input(t("Last day"), format="YYYY-MM-DD", **field("last_day"))
    days = (get("last_day") - first).days + 1
    st.caption(t("{count} days", count=number(days)))


def _design_settings(dataset: Dataset) -> None:
    st.slider(
        t("Chance to find the smallest effect (%)"), 50, 95, step=5, **field("power")
    )
    if get("design") == "switchback":
        st.number_input(
            t("Hours between two drawings"), min_value=1, max_value=24, step=1,
            **field("block"),
        )  # fmt: skip
    people = get("unit") in ("rider", "merchant")
    if people and not has_past(dataset):
        st.caption(t("CUPED needs data before the first day, and there are none."))
    elif people:
        st.checkbox(
            t("Adjust for each unit's own past (CUPED)"),
            help=t("Takes noise away that was there before the start."),
            **field("adjust"),
        )
    if get("design") == "ab":
        st.checkbox(
            t("I will look at results again and again"),
            help=t(
                "The interval then holds however often it is looked at; it is wider."
            ),
            **field("anytime"),
        )


def _power(dataset: Dataset) -> None:
    st.subheader(t("How much is needed"), anchor=False)
    selection = orders_around()
    with st.skeleton(SKELETON):
        found = cached.result(
            plan_from_history, dataset, wish(dataset), selection=selection
        )
    st.markdown(_sentence(found))
    _curve(dataset, found)
    _guardrails(dataset, selection)
    with st.expander(
        t("The other designs"), icon=":material/compare_arrows:", key="plan_designs",
        on_change="rerun",
    ) as panel:  # fmt: skip
        if panel.open:
            _designs(dataset, selection)


def _sentence(found: Plan) -> str:
    """What is needed, in words, from the history of the same orders."""
    metric = get("metric")
    text = t(
        _needed(found),
        effect=size_text(smallest_effect(), metric),
        metric=plain(name_of(metric)),
        power=percent(float(get("power")) / 100, digits=0),
        units=t(UNITS_MANY.get(get("unit"), N_("orders"))),
        n=_finite(found.n),
        days=_finite(found.days),
        seen=size_text(found.detectable, metric),
        available=number(found.available),
    )
    if found.gain > 0:
        text += " " + t(
            "CUPED takes {gain} of the noise away.", gain=percent(found.gain)
        )
    return text


def _finite(value: float) -> str:
    return number(value) if math.isfinite(value) else "∞"


def _needed(found: Plan) -> str:
    """The sentence of a plan, untranslated: is there a length, and is it of people?"""
    enough = math.isfinite(found.days)
    if found.design != "ab":
        return _LENGTH if enough else _NO_LENGTH
    if get("unit") != "order":
        return _OF_ALL_PEOPLE if enough else _NEVER_OF_PEOPLE
    return _SIZE if enough else _NO_LENGTH


def _curve(dataset: Dataset, found: Plan) -> None:
    size = "n" if "n" in found.curve else "periods"
    curve = found.curve.rename(columns={size: "size"})
    needed = found.n if size == "n" else found.days
    name = t(UNITS_MANY[get("unit")]) if size == "n" else t("days")
    if curve["power"].isna().all():
        return
    chart_frame.draw(
        plots.power_curve(
            curve, size=name, target=float(get("power")) / 100, here=needed
        ),
        Behind(
            name=t("Power by size"),
            table=curve.rename(
                columns={"size": name, "effect": t("Effect"), "power": t("Power"),
                         "detectable": t("Detectable effect")}
            ),
            definition="\n".join(str(item) for item in found.assumptions),
            source=(dataset.name, dataset.version),
        ),
        alt_text=_sentence(found).replace("*", ""),
        key="plan_power",
    )  # fmt: skip
    for assumption in found.assumptions:
        st.caption(said(assumption))


def _guardrails(dataset: Dataset, selection: Selection) -> None:
    """What each guardrail has of power at the size that the primary metric needs."""
    margins = tuple((item.outcome, item.margin) for item in guardrails())
    if not margins:
        return
    with st.expander(
        t("The guardrails at this size"), icon=":material/shield:",
        key="plan_guarded", on_change="rerun",
    ) as panel:  # fmt: skip
        if not panel.open:
            return
        with st.spinner(t("Planning the guardrails")):
            found = cached.result(
                guarded, dataset, wish(dataset), margins, selection=selection
            )
        st.dataframe(
            pd.DataFrame([_guardrail(item) for item in found]), hide_index=True,
            alt=t("The power of every guardrail"),
        )  # fmt: skip
        st.caption(
            t(
                "The chance that a guardrail is shown to hold where it does not move, "
                "with as much as the primary metric needs. What a guardrail needs "
                "itself is not planned for."
            )
        )


def _guardrail(item: Guarded) -> dict[str, str]:
    unknown = math.isnan(item.power)
    days = t("more than was tried") if math.isinf(item.days) else _finite(item.days)
    return {
        t("Guardrail"): name_of(item.metric),
        t("Largest loss accepted"): size_text(item.margin, item.metric),
        t("Chance to show it holds"): MISSING if unknown else percent(item.power),
        t("Days it needs itself"): MISSING if unknown else days,
    }


def _designs(dataset: Dataset, selection: Selection) -> None:
    with st.spinner(t("Simulating the other designs")):
        table = cached.result(
            compare_designs, dataset, wish(dataset), selection=selection
        )
    metric = get("metric")
    rows = [
        {
            t("Design"): t(DESIGNS[row["design"]]),
            t("Unit"): t(UNITS[row["unit"]]),
            t("Days needed"): number(row["days"])
            if math.isfinite(row["days"])
            else t("more than was tried"),
            t("Detectable effect"): size_text(row["detectable"], metric),
        }
        for row in table.to_dict("records")
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("What every design would need")
    )


def _tools(dataset: Dataset) -> None:
    """What is taken to the field: a calendar, an assignment, control places."""
    design = get("design")
    if design == "switchback":
        calendar(dataset)
    if design in ("did", "synthetic_control"):
        controls(dataset)
    if design in ("did", "staggered") or get("unit") == "merchant":
        matched(dataset)
