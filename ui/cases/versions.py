"""What was decided on a case before: versions, notes and appeals."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.cases.taxonomy import load_causes, load_exemptions, load_solutions
from analysis.records.cases_appeals import (
    Appeal,
    Outcome,
    decide_appeal,
    file_appeal,
    list_appeals,
)
from analysis.records.cases_decisions import (
    Answer,
    Decision,
    add_note,
    decisions_on,
    notes_on,
)
from analysis.words import N_
from ui import cached, errors
from ui.cases import correcting, words
from ui.cases.view import Desk
from ui.format import moment, percent
from ui.guard import name_field, sign, written_name
from ui.show import plain
from ui.texts import t

_KINDS = {
    "HUMAN": N_("decided"),
    "GOLD": N_("gold answer"),
    "APPEAL": N_("after an appeal"),
    "RULE": N_("by rule"),
    "MODEL": N_("by model"),
}
_OUTCOMES = {
    "upheld": N_("The decision stands"),
    "partly": N_("Partly granted"),
    "overturned": N_("Overturned"),
    "withdrawn": N_("Withdrawn"),
}
_APPELLANTS = {
    "rider": N_("Rider"), "merchant": N_("Merchant"), "customer": N_("Customer"),
    "partner": N_("Partner"), "other": N_("Somebody else"),
}  # fmt: skip
MAX_WORDS = 400


def panel(desk: Desk) -> None:
    """Versions, notes and appeals of the case; in blind mode only one's own."""
    if desk.case is None:
        return
    records = cached.records()
    found = visible(desk, decisions_on(records, desk.case.id))
    if not desk.is_blind:
        notes = notes_on(records, desk.case.id)
        for note in notes:
            st.markdown(
                f":small[:material/sticky_note_2: {plain(written_name(note.by))}: "
                f"{plain(note.text, limit=MAX_WORDS)}]"
            )
    for decision in found:
        _version(decision)
    if found and not desk.is_blind:
        _appeals(desk, found)
    decided = standing(desk, found)
    if decided is not None and decided.kind == "HUMAN":
        correcting.form(desk, decided)
    note_form(desk)


def visible(desk: Desk, found: Sequence[Decision]) -> tuple[Decision, ...]:
    """What the person may see of these versions.

    While the case is open nobody sees its gold answer, and in blind mode only what they
    decided themselves.
    """
    if not desk.is_open:
        return tuple(found)
    return tuple(
        item
        for item in found
        if item.kind != "GOLD" and (not desk.is_blind or item.reviewer == desk.reviewer)
    )


def standing(desk: Desk, found: Sequence[Decision]) -> Decision | None:
    """The newest decision that counts on a finished case; None while it is open."""
    if desk.is_open:
        return None
    counts = (item for item in found if item.kind in ("HUMAN", "APPEAL"))
    return next((item for item in counts if not item.superseded_by), None)


def _version(decision: Decision) -> None:
    given = decision.answer
    old = ":gray[" if decision.superseded_by else ""
    head = (
        f"**{t('Version {number}', number=decision.version)}** · "
        f"{t(_KINDS[decision.kind])} · **{_party(given)}** · "
        f"{plain(written_name(decision.reviewer) or '–')} · "
        f"{moment(decision.decided_at)} UTC"
    )
    st.markdown(
        f":small[{old}{head}{']' if old else ''}]  \n"
        f":small[{plain(given.explanation, limit=MAX_WORDS)}]"
    )
    if decision.seen.party:
        ruled = t("The rules suggested {party} ({ruleset}).",
            party=words.party(decision.seen.party),
            ruleset=plain(decision.seen.ruleset))  # fmt: skip
        st.markdown(f":small[:gray[{ruled}]]")
    chosen = [
        _label(load_causes(), given.cause),
        _label(load_solutions(), given.solution),
        _label(load_exemptions(), given.exemption),
    ]
    told = " · ".join(text for text in chosen if text)
    if told:
        st.markdown(f":small[:gray[{told}]]")


def _party(given: Answer) -> str:
    if not given.shares:
        return words.party(given.party)
    return " + ".join(
        f"{words.party(name)} {percent(share, digits=0)}"
        for name, share in given.shares.items()
    )


def _label(choices: Sequence, code: str) -> str:  # type: ignore[type-arg]
    return next((plain(t(item.label)) for item in choices if item.code == code), "")


def _appeals(desk: Desk, found: Sequence[Decision]) -> None:
    assert desk.case is not None  # noqa: S101 - the panel is only there with a case
    mine = [
        item
        for item in list_appeals(cached.records(), queue=desk.case.queue)
        if item.case == desk.case.id
    ]
    for appeal in mine:
        _appeal(desk, appeal)
    decided = standing(desk, found)
    if decided and not any(not item.outcome for item in mine):
        _file_form(desk, decided)


def _appeal(desk: Desk, appeal: Appeal) -> None:
    state = t(_OUTCOMES[appeal.outcome]) if appeal.outcome else t(
        "open, due {when}", when=moment(appeal.due_at))  # fmt: skip
    who = t(_APPELLANTS[appeal.appellant])
    st.markdown(
        f":small[:material/gavel: **{t('Appeal')}** · {who} · {state}]  \n"
        f":small[{plain(appeal.grounds, limit=MAX_WORDS)}]"
    )
    if not appeal.outcome:
        _decide_form(desk, appeal)


def _file_form(desk: Desk, decided: Decision) -> None:
    panel = st.popover(
        t("File an appeal"), icon=":material/gavel:", type="tertiary",
        key="cases_file_appeal", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    with panel, st.form(f"appeal_{desk.id}", border=False):
        typed = name_field("cases_appeal_name")
        who = st.selectbox(
            t("Who appeals"), list(_APPELLANTS),
            format_func=lambda code: t(_APPELLANTS[code]),
        )  # fmt: skip
        grounds = st.text_area(t("Grounds"))
        if st.form_submit_button(t("File"), type="primary"):
            with errors.boundary():
                by = sign("review", typed).signature
                file_appeal(
                    cached.records(), decided.id, by=by, grounds=grounds, appellant=who
                )
                st.rerun()


def _decide_form(desk: Desk, appeal: Appeal) -> None:
    if desk.reviewer and desk.reviewer == appeal.reviewer:
        st.caption(
            t(
                "Somebody else than {who} decides this appeal.",
                who=plain(written_name(appeal.reviewer)),
            )
        )
        return
    panel = st.popover(
        t("Decide the appeal"), icon=":material/balance:", type="tertiary",
        key=f"cases_decide_{appeal.id}", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    with panel, st.form(f"decide_{appeal.id}", border=False):
        typed = name_field("cases_decide_name")
        outcome: Outcome = st.segmented_control(
            t("Outcome"), list(_OUTCOMES), format_func=lambda code: t(_OUTCOMES[code]),
            required=True, default="upheld",
        )  # fmt: skip
        party = st.selectbox(
            t("Party from now on"), words.SINGLE, format_func=words.party,
            index=None, placeholder=t("Party"),
            help=t("Only where it is granted, wholly or partly."),
        )  # fmt: skip
        explanation = st.text_area(t("Why"))
        if st.form_submit_button(t("Decide"), type="primary"):
            with errors.boundary():
                by = sign("review", typed).signature
                granted = outcome in ("partly", "overturned")
                decide_appeal(
                    cached.records(), appeal.id, by=by, outcome=outcome,
                    explanation=explanation, version=appeal.version,
                    answer=Answer(party, explanation) if granted and party else None,
                )  # fmt: skip
                st.rerun()


def note_form(desk: Desk) -> None:
    """A remark on a case that one only looks at."""
    if desk.case is None or desk.is_mine:
        return
    with st.form(f"note_{desk.id}", border=False, clear_on_submit=True):
        typed = name_field("cases_note_name")
        text = st.text_input(t("Add a note"))
        if st.form_submit_button(t("Add")):
            with errors.boundary():
                by = sign("review", typed).signature
                add_note(cached.records(), desk.case.id, by=by, text=text)
                st.rerun()
