"""What became of a plan: deviations, when results were read, earlier decisions."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import streamlit as st

from analysis.records import Deviation
from analysis.strategies.registry import Entry
from analysis.words import N_
from ui.counted import counted
from ui.format import moment
from ui.guard import written_name
from ui.show import shortened
from ui.strategies.words import DECISIONS, word
from ui.texts import t

#: Parts of a plan as users read them.
PARTS = {
    "dataset": N_("dataset"),
    "name": N_("name"),
    "hypothesis": N_("hypothesis"),
    "owner": N_("owner"),
    "design": N_("design"),
    "unit": N_("unit"),
    "assignment": N_("assignment"),
    "first_day": N_("first day"),
    "last_day": N_("last day"),
    "metric": N_("primary metric"),
    "guardrails": N_("guardrails"),
    "smallest_effect": N_("smallest effect that matters"),
    "rule": N_("decision rule"),
    "scope": N_("orders"),
    "options": N_("settings of the design"),
}


def panel(entry: Entry) -> None:
    """The plan's own history, folded."""
    if not entry.stored.is_frozen and not entry.looks:
        return
    st.space("small")
    with st.expander(t("History of this plan"), icon=":material/history:"):
        _deviations(entry.deviations)
        _decisions(entry)
        _looks(entry)
        if entry.stored.frozen_plan:
            st.caption(t("The plan as it was frozen, SHA-256 {hash}",
                         hash=f"`{entry.stored.frozen_hash}`"))  # fmt: skip
            st.code(entry.stored.frozen_plan, language="json", wrap_lines=True)


def frozen_late(entry: Entry) -> None:
    """Say that a plan was frozen when its results could be there already."""
    late = days_late(entry)
    if late > 0:
        st.warning(
            counted(
                N_("Frozen 1 day after the last day: not a plan made beforehand."),
                N_("Frozen {count} days after the last day: not a plan made "
                   "beforehand."),
                late,
            ),
            icon=":material/history_toggle_off:",
        )  # fmt: skip


def days_late(entry: Entry) -> int:
    """Days from the last day of a plan, as it was frozen, to its freezing."""
    stored = entry.stored
    if stored.frozen_at is None or stored.frozen_plan is None:
        return 0
    last = date.fromisoformat(json.loads(stored.frozen_plan)["last_day"])
    return (stored.frozen_at.date() - last).days


def changed(entry: Entry) -> None:
    """Say that a frozen plan was changed; how is in its history."""
    if entry.deviations:
        st.warning(
            counted(
                N_("The plan was changed once after it was frozen."),
                N_("The plan was changed {count} times after it was frozen."),
                len(entry.deviations),
            ),
            icon=":material/edit_note:",
        )


def _deviations(deviations: tuple[Deviation, ...]) -> None:
    if not deviations:
        st.caption(t("Nothing was changed since the plan was frozen."))
        return
    rows = [
        {
            t("When (UTC)"): moment(item.at),
            t("Who"): written_name(item.by),
            t("What"): t(PARTS.get(item.field, item.field)),
            t("Before"): shortened(item.before),
            t("After"): shortened(item.after),
            t("Reason"): item.reason,
        }
        for item in deviations
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Deviations from the plan"))


def _decisions(entry: Entry) -> None:
    if not entry.decisions:
        return
    rows = [
        {
            t("When (UTC)"): moment(item.at),
            t("Who"): t(" and ").join(
                written_name(name) for name in (item.by, item.second) if name
            ),
            t("Decision"): word(DECISIONS, item.decision),
            t("Recommended"): word(DECISIONS, item.recommendation),
            t("Reason"): item.reason,
        }
        for item in reversed(entry.decisions)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Decisions"))


def _looks(entry: Entry) -> None:
    if not entry.looks:
        return
    st.caption(
        counted(
            N_("Results were read of one version of the data and the plan."),
            N_("Results were read of {count} versions of the data and the plan."),
            len(entry.looks),
        )
    )
    rows = [
        {
            t("When (UTC)"): moment(item.at),
            t("Version"): item.version,
            t("Effect"): item.figures.get("effect"),
            t("Low"): item.figures.get("low"),
            t("High"): item.figures.get("high"),
            t("Exploratory"): item.is_exploratory,
        }
        for item in reversed(entry.looks)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("When results were read"))
