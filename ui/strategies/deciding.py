"""Recording a decision: with a reason, and a second name where it overrides."""

from __future__ import annotations

from typing import Final, get_args

import streamlit as st

from analysis.records import overrides, record_decision
from analysis.records.strategy_decisions import Decided
from analysis.strategies import Evaluation
from analysis.strategies.registry import Entry, figures_of
from ui import cached, errors
from ui.format import day
from ui.guard import allowed, name_field, person, sign, written_name
from ui.show import choice, plain
from ui.strategies.insist import need_reason, tell_length
from ui.strategies.words import (
    DECISION_COLOURS,
    DECISION_ICONS,
    DECISIONS,
    recommended,
    word,
)
from ui.texts import t

_CHOICE: Final = "strategies_decision"
_REASON: Final = "strategies_reason"
_SECOND: Final = "strategies_second"


def panel(entry: Entry, found: Evaluation) -> None:
    """What was decided, and the form for the next decision."""
    st.header(t("Decision"), anchor=False)
    if entry.decision is not None:
        newest(entry)
    else:
        st.caption(t("Nothing is decided yet."))
    if not entry.stored.is_frozen or not allowed("manage", person().role):
        return
    label = t("Decide anew") if entry.decision else t("Record a decision")
    with st.expander(
        label, icon=":material/gavel:", key=f"strategies_decide_{entry.id}",
        expanded=entry.decision is None,
    ):  # fmt: skip
        _form(entry, found)


def newest(entry: Entry) -> None:
    """The newest decision, with who made it and what the rule recommended."""
    decision = entry.decision
    assert decision is not None  # noqa: S101 - told by the caller
    st.badge(
        word(DECISIONS, decision.decision),
        icon=DECISION_ICONS[decision.decision],
        color=DECISION_COLOURS[decision.decision],  # type: ignore[arg-type]
    )
    st.markdown(plain(decision.reason, limit=1_000))
    st.caption(
        t(
            "{who}, {day}. The frozen rule recommended: {word}.",
            who=_people(decision.by, decision.second),
            day=day(decision.at.date()),
            word=word(DECISIONS, decision.recommendation),
        )
    )


def _people(first: str, second: str) -> str:
    names = [plain(written_name(name), limit=60) for name in (first, second) if name]
    return t(" and ").join(names)


def _form(entry: Entry, found: Evaluation) -> None:
    advised = recommended(entry, found.verdict.decision)
    st.caption(t("The frozen rule recommends: {word}.", word=word(DECISIONS, advised)))
    options = list(get_args(Decided))
    keys = {name: f"{name}_{entry.id}" for name in (_CHOICE, _REASON, _SECOND)}
    chosen = st.segmented_control(
        t("Decision"), options, key=keys[_CHOICE], required=True,
        default=advised if advised in options else "go on",
        format_func=lambda name: choice(t(DECISIONS[name])),
        label_visibility="collapsed",
    )  # fmt: skip
    reason = st.text_area(
        t("Reason"), key=keys[_REASON], max_chars=4_000, height=100,
        placeholder=t("Why, in a sentence or two"),
    )  # fmt: skip
    second = ""
    against = overrides(str(chosen), advised)
    if against:
        second = st.text_input(
            t("Second name"),
            key=keys[_SECOND],
            help=t("Somebody else who stands for going against the rule."),
        )
        tell_length(second)
    typed = name_field(f"strategies_decider_{entry.id}")
    if st.button(
        t("Go against the rule") if against else t("Record the decision"),
        type="primary", key=f"strategies_record_{entry.id}", icon=":material/gavel:",
    ):  # fmt: skip
        _record(
            entry, found, decision=str(chosen), reason=reason, second=second,
            typed=typed,
        )  # fmt: skip


def _record(
    entry: Entry,
    found: Evaluation,
    *,
    decision: str,
    reason: str,
    second: str,
    typed: str,
) -> None:
    with errors.boundary():
        need_reason(reason)
        who = sign("manage", typed)
        record_decision(
            cached.records(),
            entry.id,
            decision=decision,  # type: ignore[arg-type] - one of the options
            reason=reason,
            recommendation=recommended(entry, found.verdict.decision),
            figures=figures_of(found),
            by=who.signature,
            second=second,
            version=entry.stored.version,
        )
        for key in (_CHOICE, _REASON, _SECOND):
            st.session_state.pop(f"{key}_{entry.id}", None)
        st.toast(t("Recorded"), icon=":material/gavel:")
        st.rerun()
