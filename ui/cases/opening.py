"""Opening a case: from its queue, or out of a selection to look at only."""

from __future__ import annotations

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError, InvalidInput
from analysis.metrics import measure, rows
from analysis.records.cases import cases_of
from analysis.words import N_
from ui import cached, datasets, errors
from ui.cases import making, queues
from ui.cases.view import CasesView, Desk, reviewer, seat, to_case, to_list
from ui.counted import sentences
from ui.format import number
from ui.guard import name_field, person, sign
from ui.show import page_head, plain
from ui.texts import t


def desk_of(view: CasesView) -> Desk | None:
    """The case of a view; says so where there is none."""
    try:
        desk = seat(view) if view.queue else _look(view)
    except DoorstepError as error:
        page_head(t("What happened, and who is responsible?"))
        errors.show_error(error)
        _to_queues(view)
        return None
    if desk is None:
        _finished(view)
    return desk


def neighbours(desk: Desk) -> list[int]:
    """Orders of the cases after and before, the likeliest first."""
    first = max(1, desk.position - 1)
    if desk.queue is not None:
        found = cases_of(cached.records(), desk.queue.id, first=first, limit=4)
        near = {case.position: case.order_no for case in found}
    else:
        near = {}
    ahead = [desk.position + 1, desk.position + 2, desk.position - 1]
    return [near[place] for place in ahead if place in near]


def notice(desk: Desk) -> None:
    """Why this case can only be looked at, and what to do about it."""
    if desk.is_mine:
        return
    if desk.queue is None:
        _offer_queue(desk)
    elif not desk.reviewer:
        _ask_name(desk)
    elif desk.why_not is not None:
        said = errors.safe_sentences(desk.why_not)
        st.caption(f":material/visibility: {sentences(*said)}")


def _look(view: CasesView) -> Desk | None:
    dataset = datasets.current(view.selection)
    if dataset is None:
        return None
    size = int(_counted(dataset, view))
    if not size:
        raise InvalidInput(
            N_("No order is in this selection."),
            hint=N_("Go back and choose other orders."),
        )
    place = min(view.position, size)
    found = cached.result(
        rows, dataset, view.selection, columns=("order_id",), limit=1, offset=place - 1
    )
    return Desk(
        view=view,
        dataset=dataset,
        queue=None,
        case=None,
        order_no=int(found["order_no"].iloc[0]),
        position=place,
        size=size,
        reviewer=reviewer(),
        is_mine=False,
    )


def _counted(dataset: Dataset, view: CasesView) -> float:
    found = cached.result(
        measure, dataset, ["orders"], selection=view.selection,
        period=view.selection.period,
    )  # fmt: skip
    return float(found["orders"].iloc[0])


def _offer_queue(desk: Desk) -> None:
    """From looking to deciding: a queue of these very orders."""
    with st.container(
        horizontal=True, vertical_alignment="bottom", key="cases_offer", border=True
    ):
        st.markdown(
            t(
                ":material/visibility: A look at {count} orders. Make a queue of them "
                "to decide and keep what you find.",
                count=number(desk.size),
            )
            + f"  \n:small[:gray[{making.extent(desk.size)}]]",
            width="stretch",
        )
        with st.container(width=200):
            name_field(queues.NAME_KEY)
        st.button(
            t("Start reviewing"), type="primary", key="cases_start",
            on_click=making.quick, args=(desk.dataset, desk.view.selection),
            kwargs={"label": desk.view.label, "position": desk.position},
        )  # fmt: skip


def _ask_name(desk: Desk) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", border=True):
        st.markdown(
            t(":material/person: Say who you are to decide this case."), width="stretch"
        )
        with st.container(width=200):
            name_field(queues.NAME_KEY)
        st.button(
            t("Start reviewing"), type="primary", key="cases_start",
            on_click=_named, args=(desk,),
        )  # fmt: skip


def _named(desk: Desk) -> None:
    with errors.boundary():
        sign("review", str(st.session_state.get(queues.NAME_KEY, "")))
        to_case(desk.view, desk.position)


def _finished(view: CasesView) -> None:
    """The queue has nothing left for this person."""
    page_head(
        t("Done"),
        answer=t(
            "Nothing in this queue waits for you, {name}.", name=plain(person().name)
        ),
    )
    with st.container(horizontal=True):
        _to_queues(view)
        st.button(
            t("Step through it again"), key="cases_again",
            on_click=to_case, args=(view, 1), disabled=not view.queue,
        )  # fmt: skip


def _to_queues(view: CasesView) -> None:
    st.button(
        t("All queues"), key="cases_all", type="primary", on_click=to_list, args=(view,)
    )
