"""The line on top of a case: queue, position, due clock, time, and the way on."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from analysis.errors import DoorstepError
from analysis.metrics import Selection
from analysis.records.cases_decisions import decisions_on
from analysis.records.cases_leases import renew
from ui import cached
from ui.cases import answer, form, keeper, keys, words
from ui.cases.evidence import CaseFile
from ui.cases.view import Desk, to_case, to_list
from ui.format import ago, number, period
from ui.guard import person
from ui.kpis.axes import axes_of, condition_label
from ui.show import plain
from ui.texts import t

MAX_RUBRIC = 2_000
_STATES = {
    "open": "blue", "decided": "gray", "discarded": "gray", "appealed": "orange",
}  # fmt: skip


def line(desk: Desk, file: CaseFile) -> None:
    """Everything about where one is, and the buttons that move; it stays in sight."""
    with st.container(key="cases_head", gap="xxsmall"):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key="cases_bar"
        ):
            st.button(
                t("Queues"), key="cases_back", type="tertiary",
                icon=":material/arrow_back:", on_click=to_list, args=(desk.view,),
            )  # fmt: skip
            st.markdown(_where(desk), width="stretch", help=_rubric(desk))
            _watch(desk)
            _moves(desk, file)
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key="cases_title"
        ):
            st.title(words.said(file.verdict.explanation), anchor=False)
            st.markdown(f":small[{_chips(desk)}]", width="content")


def _where(desk: Desk) -> str:
    name = desk.queue.name if desk.queue else desk.view.label or t("A look at cases")
    place = f"{number(desk.position)} / {number(desk.size)}"
    return f"**{plain(name, limit=40)}**\u2002{place}"


def _rubric(desk: Desk) -> str | None:
    """What reviewers of the queue should look at; None where nobody wrote it."""
    text = desk.queue.rubric if desk.queue else ""
    return plain(text, limit=MAX_RUBRIC) if text else None


def _chips(desk: Desk) -> str:
    """State, due time and filters as small badges."""
    case = desk.case
    parts = []
    if case is not None:
        names = {
            "open": t("to decide"), "decided": t("decided"),
            "discarded": t("discarded"), "appealed": t("appealed"),
        }  # fmt: skip
        parts.append(f":{_STATES[case.state]}-badge[{names[case.state]}]")
        if case.due_at is not None and case.state == "open":
            parts.append(_due(case.due_at))
        if case.needed > 1:
            parts.append(f":violet-badge[{t('decided by {count}', count=case.needed)}]")
    parts += [f":gray-badge[{plain(text, limit=48)}]" for text in _filters(desk)]
    return " ".join(parts)


def _due(due: datetime) -> str:
    now = datetime.now(UTC)
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    text = t("due {when}", when=ago(due, now=now))
    return f":{'orange' if due < now else 'gray'}-badge[{text}]"


def _filters(desk: Desk) -> list[str]:
    """The selection behind the queue in words, not made safe."""
    content = desk.queue.selection if desk.queue else desk.view.selection.to_json()
    try:
        selection = Selection.from_json(dict(content))
    except DoorstepError:
        return []
    axes = cached.result(axes_of, desk.dataset)
    found = [condition_label(axes, item) for item in selection.conditions]
    if selection.period is not None:
        found.insert(0, period(selection.period.first, selection.period.last))
    return found


def _moves(desk: Desk, file: CaseFile) -> None:
    last = desk.position >= desk.size
    st.button(
        t("Previous case"), key="cases_previous", icon=":material/chevron_left:",
        shortcut=keys.shortcut("previous"), disabled=desk.position <= 1,
        on_click=to_case, args=(desk.view, desk.position - 1),
    )  # fmt: skip
    st.button(
        t("Next case"), key="cases_next", icon=":material/chevron_right:",
        shortcut=keys.shortcut("next"), disabled=last,
        on_click=to_case, args=(desk.view, desk.position + 1),
    )  # fmt: skip
    if desk.is_mine:
        st.button(
            t("Skip"), key="cases_skip", shortcut=keys.shortcut("skip"),
            on_click=form.skip_case, args=(desk,),
        )  # fmt: skip
        st.button(
            t("Complete"), key="cases_complete", type="primary",
            icon=":material/check:", shortcut=keys.shortcut("complete"),
            on_click=form.complete, args=(desk, file),
        )  # fmt: skip


@st.fragment
def _watch(desk: Desk) -> None:
    """Our piece in the browser; what it reports reruns nothing but this."""
    watched = keeper.Watched(
        case=desk.id if desk.is_mine else "",
        active=answer.active_before(desk),
        fields=answer.FIELDS,
        focus={
            keys.in_browser("explain"): answer.FIELDS["explanation"],
            keys.in_browser("note"): answer.FIELDS["note"],
        },
        label=t("Time on this case"),
        name=person().name,
    )
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        keeper.keep(
            watched,
            on_report=lambda report: _reported(desk, report),
            on_help=lambda: keys.sheet(form.lists_of(desk)),
        )
        asked = st.button(
            "?", key="cases_keys", type="tertiary", icon=":material/keyboard:"
        )
    if asked:
        keys.sheet(form.lists_of(desk))


def _reported(desk: Desk, report: keeper.Report) -> None:
    """Keep what was typed, and keep the case."""
    if desk.case is None:
        return
    done = decisions_on(cached.records(), desk.case.id)
    if any((item.kind, item.reviewer) == ("HUMAN", desk.reviewer) for item in done):
        # The button of the decision and this report came in one run of this part.
        st.rerun(scope="app")
    answer.save(desk, report.texts)
    try:
        renew(cached.records(), desk.case.id, by=desk.reviewer)
    except DoorstepError:
        st.toast(
            t("Somebody else holds this case by now; your draft is kept."),
            icon=":material/lock:",
        )
