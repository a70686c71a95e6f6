"""The form of a judgement: who, why, what to do, in words; all of it by keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from analysis.cases.decisions import record_decision, seen_of
from analysis.cases.taxonomy import (
    Choice,
    load_causes,
    load_details,
    load_exemptions,
    load_solutions,
)
from analysis.records.cases_leases import skip, take
from analysis.words import N_
from ui import cached, errors
from ui.cases import answer, keys, opinion, suggestion, words
from ui.cases.answer import Given
from ui.cases.evidence import CaseFile
from ui.cases.view import CasesView, Desk, to_case
from ui.guard import guard
from ui.show import plain
from ui.texts import t

TEXT_HEIGHT: Final = 96
TITLE_WIDTH: Final = 44
SHARE_WIDTH: Final = 108
_PROBLEM: Final = "cases_problem"


@st.fragment
def draw(desk: Desk, file: CaseFile) -> None:
    """The form; each choice is kept at once and only redraws the form."""
    with st.container(gap="xsmall", key="cases_form"):
        _form(desk, file)


def _form(desk: Desk, file: CaseFile) -> None:
    given = answer.begin(desk)
    frozen = not desk.is_mine
    _buttons(
        t("Party"), words.SINGLE, given.parties, group="party",
        name=lambda code: t(words.SHORT[code]), frozen=frozen,
        act=lambda code: answer.change(desk, parties=given.toggled(code), shares={}),
    )  # fmt: skip
    _shares(desk, given, file, frozen=frozen)
    causes = causes_of(given)
    _buttons(
        t("Cause"), [item.code for item in causes], (given.cause,), group="cause",
        name=_names(causes), frozen=frozen,
        act=lambda code: answer.change(
            desk, cause="" if code == given.cause else code, detail=""
        ),
    )  # fmt: skip
    solutions = load_solutions()
    _buttons(
        t("To do"), [item.code for item in solutions], (given.solution,),
        group="solution", name=_names(solutions), frozen=frozen,
        act=lambda code: answer.change(
            desk, solution="" if code == given.solution else code
        ),
    )  # fmt: skip
    _lists(desk, given, frozen=frozen)
    _texts(desk, frozen=frozen)
    problem = st.session_state.pop(_PROBLEM, "")
    if problem:
        st.warning(t(problem), icon=":material/edit_note:")


def causes_of(given: Given) -> tuple[Choice, ...]:
    """Root causes that fit the parties chosen; all while none is chosen."""
    causes = load_causes()
    fitting = tuple(
        item for item in causes if item.party in given.parties or not item.party
    )
    pointing = any(item.party in given.parties for item in causes)
    return fitting if given.parties and pointing else causes


def lists_of(desk: Desk) -> dict[keys.Group, Sequence[str]]:
    """What the numbered keys stand for now, for the sheet of keys."""
    causes = [t(item.label) for item in causes_of(answer.begin(desk))]
    solutions = [t(item.label) for item in load_solutions()]
    parties = [t(words.SHORT[code]) for code in words.SINGLE]
    return {"party": parties, "cause": causes, "solution": solutions}


def take_over(desk: Desk, file: CaseFile) -> None:
    """Fill the form with the suggestion of the rules; for a callback."""
    written = answer.text(desk, "explanation")
    proposed = written or words.written(file.verdict.explanation)
    answer.change(
        desk, taken_over=True, shares={}, proposed=proposed,
        **suggestion.answer_of(file),
    )  # fmt: skip


def complete(desk: Desk, file: CaseFile) -> None:
    """Decide the case and go to the next one; for a callback."""
    with errors.boundary():
        guard("review")
        given = answer.begin(desk)
        problem = _problem(desk, given)
        if problem or desk.case is None:
            st.session_state[_PROBLEM] = problem
            return
        record_decision(
            cached.records(),
            desk.case.id,
            by=desk.reviewer,
            party=given.party,
            explanation=answer.text(desk, "explanation"),
            shares=answer.shares_of(given, suggested=suggestion.minutes(file)) or None,
            cause=given.cause,
            detail=given.detail,
            solution=given.solution,
            exemption=given.exemption,
            note=answer.text(desk, "note"),
            seen=seen_of(file.verdict, model=opinion.shown(desk)),
            is_blind=desk.is_blind,
            active_seconds=answer.active_seconds(desk),
        )
        to_next_open(desk)


def skip_case(desk: Desk) -> None:
    """Leave the case for later and go to the next one; for a callback."""
    with errors.boundary():
        guard("review")
        if desk.case is not None:
            skip(cached.records(), desk.case.id, by=desk.reviewer)
            to_next_open(desk)


def to_next_open(desk: Desk) -> None:
    """Hold the next case that waits for this person, and go there."""
    view: CasesView = desk.view
    following = take(
        cached.records(), view.queue, by=desk.reviewer, after=desk.position
    )
    to_case(view, following.position if following else 0)


def _problem(desk: Desk, given: Given) -> str:
    """What is missing before the case can be completed; empty if nothing is."""
    if not given.parties:
        return N_("Choose who is responsible first.")
    if not answer.text(desk, "explanation"):
        return N_("Explain the decision in words first.")
    return ""


def _buttons(
    title: str,
    codes: Sequence[str],
    chosen: Sequence[str],
    *,
    group: keys.Group,
    name: Callable[[str], str],
    act: Callable[[str], None],
    frozen: bool,
) -> None:
    """One list as buttons, each with its key; what is chosen is marked."""
    with _titled(title, key=f"cases_{group}"):
        for place, code in enumerate(codes):
            action = f"{group}_{place}"
            st.button(
                plain(name(code)),
                key=f"cases_{action}",
                type="primary" if code in chosen else "secondary",
                icon=":material/check:" if code in chosen else None,
                shortcut=None if frozen else keys.shortcut(action),
                disabled=frozen,
                on_click=act,
                args=(code,),
            )


def _titled(title: str, *, key: str) -> Any:  # noqa: ANN401 - a container
    """A row of inputs with its title at the left, where later lines do not run."""
    row = st.container(horizontal=True, wrap=False, gap="xsmall")
    row.container(width=TITLE_WIDTH).markdown(f":small[**{title}**]")
    return row.container(
        horizontal=True, vertical_alignment="center", gap="xxsmall", key=key
    )


def _names(choices: Sequence[Choice]) -> Callable[[str], str]:
    labels = {item.code: item.label for item in choices}
    return lambda code: t(labels[code])


def _shares(desk: Desk, given: Given, file: CaseFile, *, frozen: bool) -> None:
    """The share of each of several parties, in percent."""
    shares = answer.shares_of(given, suggested=suggestion.minutes(file))
    if not shares:
        return
    with _titled(t("Shares"), key="cases_shares"):
        for code, share in shares.items():
            key = f"cases_share_{desk.id}_{code}"
            st.session_state[key] = min(max(round(100 * share), 1), 99)
            st.markdown(f":small[{words.party(code)}, %]", width="content")
            st.number_input(
                t("{party}, %", party=words.party(code)), label_visibility="collapsed",
                min_value=1, max_value=99, step=5, key=key, disabled=frozen,
                width=SHARE_WIDTH, on_change=_set_share,
                args=(desk, given, file, code, key),
            )  # fmt: skip


def _set_share(desk: Desk, given: Given, file: CaseFile, code: str, key: str) -> None:
    """Give one party its share; the others keep their proportions."""
    share = float(st.session_state[key])
    before = answer.shares_of(given, suggested=suggestion.minutes(file))
    others = sum(part for name, part in before.items() if name != code)
    shares = {
        name: share if name == code else (100 - share) * part / others
        for name, part in before.items()
    }
    answer.change(desk, shares=shares)


def _lists(desk: Desk, given: Given, *, frozen: bool) -> None:
    """The detail of the cause and the exemption, as lists to choose from."""
    details = load_details(given.cause) if given.cause else ()
    left, right = st.columns(2)
    with left:
        _choose(desk, "detail", t("In detail"), details, given.detail, frozen=frozen)
    with right:
        _choose(
            desk, "exemption", t("Exemption"), load_exemptions(), given.exemption,
            frozen=frozen,
        )  # fmt: skip


def _choose(
    desk: Desk,
    field: str,
    label: str,
    choices: Sequence[Choice],
    value: str,
    *,
    frozen: bool,
) -> None:
    key = f"cases_{field}_{desk.id}"
    labels = {item.code: t(item.label) for item in choices}
    st.session_state[key] = value if value in labels else None
    st.selectbox(
        label,
        list(labels),
        format_func=lambda code: labels.get(code, ""),
        placeholder=label,
        index=None,
        key=key,
        disabled=frozen or not labels,
        label_visibility="collapsed",
        on_change=lambda: answer.change(desk, **{field: st.session_state[key] or ""}),
    )


def _texts(desk: Desk, *, frozen: bool) -> None:
    """Explanation and note; what is typed is kept by our piece in the browser."""
    fields: tuple[tuple[str, str, str], ...] = (
        ("explanation", t("Explanation, for whoever is concerned"),
         t("Explanation: why, from which evidence ( / )")),
        ("note", t("Note, for colleagues"), t("Note, no part of the verdict ( N )")),
    )  # fmt: skip
    columns = st.columns([2, 1], gap="xsmall")
    key = answer.text_key(desk, "explanation")
    st.session_state[key] = answer.text(desk, "explanation")
    for column, (name, label, hint) in zip(columns, fields, strict=True):
        with column.container(key=answer.FIELDS[name]):
            st.text_area(
                label,
                key=answer.text_key(desk, name),
                height=TEXT_HEIGHT,
                placeholder=hint,
                disabled=frozen,
                label_visibility="collapsed",
                on_change=_typed,
                args=(desk,),
            )


def _typed(desk: Desk) -> None:
    answer.change(desk, proposed="")
