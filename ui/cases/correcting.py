"""Correcting one's own decision: a new version that supersedes it."""

from __future__ import annotations

import streamlit as st

from analysis.cases.decisions import record_decision
from analysis.records.cases_decisions import Decision
from ui import cached, errors
from ui.cases import words
from ui.cases.view import Desk
from ui.guard import guard
from ui.texts import t


def form(desk: Desk, decided: Decision) -> None:
    """Offer the person who decided to decide anew; what was decided stays in sight."""
    case = desk.case
    if case is None or not desk.reviewer or decided.reviewer != desk.reviewer:
        return
    panel = st.popover(
        t("Correct my decision"), icon=":material/edit_note:", type="tertiary",
        key="cases_correct", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    old = decided.answer
    known = list(words.SINGLE)
    options = known if old.party in known else [old.party, *known]
    with panel, st.form(f"correct_{decided.id}", border=False):
        party = st.selectbox(
            t("Who is responsible"), options, index=options.index(old.party),
            format_func=words.party,
        )  # fmt: skip
        explanation = st.text_area(t("Why is it corrected"))
        if not st.form_submit_button(t("Correct"), type="primary"):
            return
        with errors.boundary():
            guard("review")
            same = party == old.party
            record_decision(
                cached.records(), case.id, by=desk.reviewer,
                party=party, explanation=explanation,
                shares=old.shares or None if same else None,
                cause=old.cause if same else "", detail=old.detail if same else "",
                solution=old.solution, exemption=old.exemption if same else "",
                seen=decided.seen, supersedes=decided.id,
            )  # fmt: skip
            st.rerun()
