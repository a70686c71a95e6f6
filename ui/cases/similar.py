"""Cases like this one: how many of the queue have the same signature."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.cases import Cases, judge, signature
from analysis.cases.queues import queue as make_queue
from analysis.engine.dataset import Dataset
from analysis.records.cases import cases_of
from ui import cached, errors
from ui.cases import making, rulesets
from ui.cases.evidence import CaseFile
from ui.cases.view import Desk, to_queue
from ui.counted import counted
from ui.guard import sign
from ui.show import plain
from ui.texts import N_, t

#: Cases of a queue that are judged to find similar ones.
MAX_JUDGED: Final = 20_000


@st.fragment(parallel=True)
def line(desk: Desk, file: CaseFile) -> None:
    """How many cases of the queue are like this one, and the way to them."""
    if desk.queue is None:
        return
    found = orders_like(desk, file)
    others = [order for order, _ in found if order != desk.order_no]
    if not others:
        st.caption(t("No other case of this queue is like this one."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":small[:material/content_copy: {told(file, len(others))}]",
            width="stretch",
        )
        st.button(
            t("Queue of them"), key="cases_similar", type="tertiary",
            icon=":material/playlist_add:", disabled=not desk.reviewer,
            on_click=open_queue, args=(desk, file, [order for _, order in found]),
        )  # fmt: skip


def told(file: CaseFile, others: int) -> str:
    """How many are alike, in what."""
    return counted(
        N_("One similar case in this queue ({mark})"),
        N_("{count} similar cases in this queue ({mark})"),
        others,
        mark=plain(signature(file.verdict).replace("|", " · ")),
    )


def orders_like(desk: Desk, file: CaseFile) -> list[tuple[int, str]]:
    """Numbers and ids of the queue's orders with the signature of the case."""
    assert desk.queue is not None  # noqa: S101 - asked for cases of queues alone
    rules = rulesets.key_of(rulesets.live())
    mark = signature(file.verdict)
    return cached.result(_alike, desk.dataset, desk.queue.id, rules, mark)


def open_queue(desk: Desk, file: CaseFile, ids: list[str]) -> None:
    """Make a queue of the similar cases and go there; for a callback."""
    with errors.boundary():
        by = sign("review").signature
        made = make_queue(
            desk.dataset, records=cached.records(), by=by, ids=ids, order=(),
            name=making.free_name(desk.dataset, _name(desk, file)),
        )  # fmt: skip
        to_queue(made, dataset=desk.dataset)


def _name(desk: Desk, file: CaseFile) -> str:
    queue = desk.queue.name if desk.queue else ""
    return f"{queue}: {signature(file.verdict)}"[:100]


def _alike(
    dataset: Dataset, queue: str, rules: str, mark: str
) -> list[tuple[int, str]]:
    """The cases of one signature alone: all of a large queue take long to unpack."""
    return cached.result(_by_signature, dataset, queue, rules).get(mark, [])


def _by_signature(
    dataset: Dataset, queue: str, rules: str
) -> dict[str, list[tuple[int, str]]]:
    """Numbers and ids of a queue's orders by signature; its cases never change."""
    cases = cases_of(cached.records(), queue, limit=MAX_JUDGED)
    judged = judge(
        Cases(dataset, [case.order_no for case in cases]), ruleset=rulesets.of(rules)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for case, mark in zip(cases, judged.to_frame()["signature"], strict=True):
        found.setdefault(mark, []).append((case.order_no, case.order_id))
    return found
