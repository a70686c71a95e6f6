"""The list of queues: how far each is, what is due, and the way into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from analysis.errors import DoorstepError
from analysis.metrics import Selection
from analysis.orders.versions import dataset_id
from analysis.records import undo_delete
from analysis.records.cases import (
    Progress,
    Queue,
    delete_queue,
    list_queues,
    progress_of,
)
from analysis.records.cases_leases import take
from analysis.words import N_
from ui import cached, datasets, errors, frame
from ui.cases.view import CasesView, queue_view
from ui.counted import counted, sentences
from ui.format import ago, number, percent
from ui.guard import name_field, person, set_name, sign, written_name
from ui.show import page_head, plain
from ui.state import write_view
from ui.texts import t

NAME_KEY: Final = "cases_name"
_DELETED: Final = "cases_deleted"


def head(queues: Sequence[Queue], progress: Mapping[str, Progress]) -> None:
    """The question of the page, and how much waits."""
    left = sum(progress[item.id].open for item in queues)
    overdue = sum(progress[item.id].overdue for item in queues)
    if not queues:
        told = t("No queue yet. Make one from orders that went wrong.")
    elif not left:
        told = t("Everything is decided.")
    else:
        told = counted(
            N_("One case waits for a decision."),
            N_("{count} cases wait for a decision."),
            left,
        )
    late = counted(
        N_("One of them is overdue."), N_("{count} of them are overdue."), overdue
    )
    page_head(
        t("What happened, and who is responsible?"),
        answer=sentences(told, late if overdue else ""),
    )


def of_dataset() -> tuple[Queue, ...]:
    """Queues of the dataset that the address names; all where it names none."""
    name = datasets.addressed().dataset
    return list_queues(cached.records(), dataset=dataset_id(name) if name else "")


def everywhere(chosen: str) -> tuple[Queue, ...]:
    """Queues of all datasets, those of the chosen one (its id) first."""
    every = list_queues(cached.records())
    return tuple(sorted(every, key=lambda item: item.dataset != chosen))


def progress(queues: Sequence[Queue]) -> Mapping[str, Progress]:
    """How far each queue is."""
    ids = tuple(item.id for item in queues)
    return progress_of(cached.records(), ids) if ids else {}


def who_am_i() -> None:
    """Whose name decisions bear, and the way to change it."""
    if not person().name:
        with st.container(width=320):
            name_field(NAME_KEY)
        return
    with st.popover(
        t("Reviewing as {name}", name=plain(person().name)),
        type="tertiary", icon=":material/person:", key="cases_person",
    ):  # fmt: skip
        st.text_input(t("Another name"), key="cases_other_name", on_change=_rename)


def _rename() -> None:
    with errors.boundary():
        set_name(st.session_state["cases_other_name"])


def listing(
    queues: Sequence[Queue], progress: Mapping[str, Progress], *, chosen: str = ""
) -> None:
    """One row a queue, the newest first; other datasets' under their names.

    Args:
        queues: See ``everywhere``.
        progress: How far each is.
        chosen: Id of the chosen dataset, whose queues need no heading.
    """
    _undo_offer()
    now = datetime.now(UTC)
    names = {dataset_id(info.dataset): info.dataset for info in datasets.listing()}
    for dataset in dict.fromkeys(item.dataset for item in queues):
        name = names.get(dataset)
        if dataset != chosen:
            st.subheader(plain(name or dataset), anchor=False)
        for item in queues:
            if item.dataset == dataset:
                with st.container(
                    border=True, key=f"cases_queue_{item.id}", gap="xsmall"
                ):
                    _row(item, progress[item.id], dataset=name, now=now)


def _row(item: Queue, done: Progress, *, dataset: str | None, now: datetime) -> None:
    what, how_far, act = st.columns([5, 4, 2], vertical_alignment="center")
    what.markdown(f"**{plain(item.name)}**  \n:small[:gray[{_about(item, dataset)}]]")
    closed = done.done + done.discarded
    text = t("{done} of {all} decided", done=number(closed), all=number(done.n))
    how_far.progress(closed / done.n if done.n else 0.0, text=f":small[{text}]")
    how_far.markdown(f":small[{_state(done, now)}]")
    with act.container(horizontal=True, horizontal_alignment="right"):
        if dataset is None:
            st.caption(t("Its data are gone"))
        else:
            _open_button(item, done, dataset)
        _more(item)


def _about(item: Queue, dataset: str | None) -> str:
    parts = [
        plain(dataset or item.dataset),
        t("by {name}", name=plain(written_name(item.created_by))),
        plain(item.rubric, limit=80),
    ]
    return " · ".join(part for part in parts if part)


def _state(done: Progress, now: datetime) -> str:
    parts = []
    if done.next_due is not None and done.open:
        due = done.next_due.replace(tzinfo=done.next_due.tzinfo or UTC)
        text = t("next due {when}", when=ago(due, now=now))
        parts.append(f":orange[{text}]" if due < now else text)
    if done.overdue:
        parts.append(f":orange[{t('{count} overdue', count=number(done.overdue))}]")
    if done.in_review:
        parts.append(t("{count} in review", count=number(done.in_review)))
    if done.second:
        parts.append(t("{count} wait for a second", count=number(done.second)))
    if done.appealed:
        parts.append(t("{count} appealed", count=number(done.appealed)))
    return " · ".join(parts) or percent(1.0 if not done.open else 0.0, digits=0)


def _open_button(item: Queue, done: Progress, dataset: str) -> None:
    finished = not done.open
    st.button(
        t("Look") if finished else t("Review"),
        key=f"cases_open_{item.id}",
        type="secondary" if finished else "primary",
        on_click=look if finished else review,
        args=(item, dataset),
    )


def review(item: Queue, dataset: str) -> None:
    """Hold the next case of a queue and go there; for a callback."""
    with errors.boundary():
        by = sign("review", str(st.session_state.get(NAME_KEY, ""))).signature
        case = take(cached.records(), item.id, by=by)
        if case is None:
            st.toast(t("Nothing in it waits for you."), icon=":material/done_all:")
            return
        write_view(_view(item, dataset, case.position))


def look(item: Queue, dataset: str) -> None:
    """Step through a finished queue again; for a callback."""
    write_view(_view(item, dataset, 1))


def _view(item: Queue, dataset: str, position: int) -> CasesView:
    opened = cached.opened(dataset, item.dataset_version)
    return queue_view(item, position=position, dataset=opened)


def _more(item: Queue) -> None:
    verb = st.menu_button(
        t("More"), ["delete"], format_func=lambda _: t("Delete"),
        key=f"cases_more_{item.id}", type="tertiary", icon=":material/more_horiz:",
    )  # fmt: skip
    if verb == "delete":
        with errors.boundary():
            by = sign("review", str(st.session_state.get(NAME_KEY, ""))).signature
            delete_queue(cached.records(), item.id, by=by, version=item.version)
            st.session_state[_DELETED] = (item.id, item.name)
            st.rerun()


def _undo_offer() -> None:
    deleted = st.session_state.get(_DELETED)
    if deleted is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("{name} is deleted.", name=plain(deleted[1])), width="content")
        if st.button(t("Undo"), key="cases_undo_delete", type="tertiary"):
            del st.session_state[_DELETED]
            with errors.boundary():
                by = sign("review").signature
                undo_delete(cached.records(), "case_queue", deleted[0], by=by)
            st.rerun()


def mine() -> None:
    """For the home page: queues with work for this person, a line each."""
    try:
        queues = of_dataset()
        found = progress(queues)
    except DoorstepError:
        return
    waiting = [item for item in queues if found[item.id].open][:5]
    for item in waiting:
        done = found[item.id]
        text, link = st.columns([3, 2], vertical_alignment="center")
        told = t("{open} of {all} open", open=number(done.open), all=number(done.n))
        state = _state(done, datetime.now(UTC))
        text.markdown(f"**{plain(item.name)}**  \n:small[:gray[{told} · {state}]]")
        name = _dataset_name(item)
        if name is not None:
            with link:
                frame.link(
                    "cases", label=t("Review"), icon=":material/fact_check:",
                    view=CasesView(
                        queue=item.id,
                        selection=Selection(dataset=name, version=item.dataset_version),
                    ),
                )  # fmt: skip
    if not waiting:
        st.caption(t("No case waits for a decision."))


def _dataset_name(item: Queue) -> str | None:
    names = {dataset_id(info.dataset): info.dataset for info in datasets.listing()}
    return names.get(item.dataset)
