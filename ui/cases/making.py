"""Making a queue: from orders that went wrong, a list of ids, or a saved view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

import streamlit as st

from analysis.cases.queues import queue as make_queue
from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics import Period, Selection, measure
from analysis.metrics.filters import event_predicate
from analysis.metrics.registry import load_registry
from analysis.records import list_views
from analysis.records.cases import Queue
from analysis.words import N_
from ui import cached, errors
from ui.cases import queues
from ui.cases.idlist import IdList, looked_up, read_ids
from ui.cases.start import problems
from ui.cases.view import CasesView, queue_view, reviewer
from ui.counted import sentences
from ui.format import number, percent
from ui.guard import person, sign
from ui.kpis.axes import axes_of, condition_label
from ui.kpis.view import KpiView
from ui.show import choice, plain
from ui.state import decode_view, write_view
from ui.texts import language, t

Source = Literal["orders", "ids", "view"]
SOURCES: Final[dict[Source, str]] = {
    "orders": N_("Orders that went wrong"),
    "ids": N_("A list of order IDs"),
    "view": N_("A saved view"),
}
ORDERS: Final[dict[str, str]] = {
    "-severity": N_("Most severe first"),
    "-minutes_late": N_("Latest first"),
    "random": N_("At random"),
    "": N_("In the order of time"),
}
SPANS: Final[dict[int, str]] = {
    7: N_("Last 7 days"), 28: N_("Last 28 days"), 0: N_("All days"),
}  # fmt: skip
MAX_IDS: Final = 20_000
MAX_BYTES: Final = 5
#: Cases of a new queue, unless somebody asks for more.
USUAL_LIMIT: Final = 500
#: Share of them that two people decide.
USUAL_TWICE: Final = 0.10
MAX_SHOWN: Final = 5
_NAMELESS: Final = "cases_nameless"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a queue is worked through; see ``analysis.cases.queue``."""

    order: str
    reviewers_per_case: int
    double_review_share: float
    time_target: float
    due_hours: float
    limit: int
    rubric: str

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments of ``queue``."""
        return {
            "order": (self.order,) if self.order else (),
            "reviewers_per_case": self.reviewers_per_case,
            "double_review_share": self.double_review_share,
            "time_target": self.time_target,
            "due_hours": self.due_hours,
            "limit": self.limit,
            "rubric": self.rubric,
        }


def form(dataset: Dataset, view: CasesView, *, is_open: bool) -> None:
    """The form of a new queue, folded where there are queues already."""
    with st.expander(
        t("Make a queue"), icon=":material/playlist_add:",
        expanded=is_open or bool(st.session_state.get(_NAMELESS)),
    ):  # fmt: skip
        source: Source = st.segmented_control(
            t("From"), list(SOURCES), default="orders", required=True,
            format_func=lambda key: choice(t(SOURCES[key])), key="cases_source",
        )  # fmt: skip
        selection, ids = None, None
        with errors.boundary():
            if source == "ids":
                ids = _ids(dataset)
            elif source == "view":
                selection = _saved(dataset)
            else:
                selection = _selection(dataset, view.selection)
        if selection is not None:
            _count(dataset, selection)
        name = st.text_input(
            t("Name"), value=_usual_name(dataset, selection), max_chars=100,
            key=f"cases_new_name_{source}_{hash(selection) if selection else 0}",
        )  # fmt: skip
        settings = _settings(by_ids=source == "ids")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                t("Make the queue"), type="primary", key="cases_make",
                disabled=selection is None and not ids,
                on_click=_make, args=(dataset, selection, ids, name, settings),
            )  # fmt: skip
            if st.session_state.get(_NAMELESS) and not _is_named():
                st.markdown(f":orange[{t('Fill in your name first.')}]")


def _is_named() -> bool:
    return bool(person().name or str(st.session_state.get(queues.NAME_KEY, "")).strip())


def quick(dataset: Dataset, selection: Selection, *, label: str, position: int) -> None:
    """Make a queue of a selection that one already looks at; for a callback.

    It keeps the order and the place, unless only the gravest fit into it.
    """
    with errors.boundary():
        size = _size(dataset, selection)
        made = _made(
            dataset, selection, None, name=free_name(dataset, label),
            arguments={
                "order": ("-severity",) if size > USUAL_LIMIT else (),
                "limit": USUAL_LIMIT, "double_review_share": USUAL_TWICE,
            },
        )  # fmt: skip
        if size > USUAL_LIMIT:
            st.toast(extent(size), icon=":material/playlist_add:", duration="long")
            queues.review(made, dataset.name)
        else:
            write_view(queue_view(made, position=position, dataset=dataset))


def extent(size: int) -> str:
    """How much of a selection a quick queue takes, in words."""
    twice = t(
        "{share} of them are decided twice.", share=percent(USUAL_TWICE, digits=0)
    )
    if size <= USUAL_LIMIT:
        return twice
    first = t(
        "The queue takes the first {count} of {all} by severity.",
        count=number(USUAL_LIMIT),
        all=number(size),
    )
    return sentences(first, twice)


def _make(
    dataset: Dataset,
    selection: Selection | None,
    ids: Sequence[str] | None,
    name: str,
    settings: Settings,
) -> None:
    st.session_state[_NAMELESS] = not _is_named()
    if st.session_state[_NAMELESS]:
        return
    with errors.boundary():
        made = _made(dataset, selection, ids, name=name, arguments=settings.arguments())
        queues.review(made, dataset.name)


def _made(
    dataset: Dataset,
    selection: Selection | None,
    ids: Sequence[str] | None,
    *,
    name: str,
    arguments: dict[str, Any],
) -> Queue:
    by = sign("review", str(st.session_state.get(queues.NAME_KEY, ""))).signature
    return make_queue(
        dataset, selection, records=cached.records(), name=name, by=by, ids=ids,
        **arguments,
    )  # fmt: skip


def free_name(dataset: Dataset, label: str) -> str:
    """The label, with a number where a queue of that name is there already."""
    taken = {item.name.casefold() for item in queues.of_dataset()}
    base = (label or dataset.name)[:90]
    found, count = base, 2
    while found.casefold() in taken:
        found, count = f"{base} ({count})", count + 1
    return found


def _selection(dataset: Dataset, given: Selection) -> Selection:
    """Orders by what happened to them, over some days, with filters brought along."""
    what, when = st.columns(2)
    known = [name for name in load_registry().events if _answers(dataset, name)]
    place = 1 if language().startswith("zh") else 0
    names = {name: load_registry().events[name].label[place] for name in known}
    event = what.selectbox(
        t("What happened"), ["", *known], index=1 if known else 0,
        format_func=lambda name: names.get(name, t("anything")), key="cases_event",
    )  # fmt: skip
    days = when.selectbox(
        t("Days"), list(SPANS), index=1, format_func=lambda key: t(SPANS[key]),
        key="cases_span", disabled=given.period is not None,
    )  # fmt: skip
    axes = cached.result(axes_of, dataset)
    chips = [plain(condition_label(axes, item)) for item in given.conditions]
    if chips:
        st.markdown(" ".join(f":gray-badge[{chip}]" for chip in chips))
    return Selection(
        period=given.period or _period(dataset, days),
        conditions=given.conditions,
        event=event,
    )


def _answers(dataset: Dataset, event: str) -> bool:
    try:
        event_predicate(dataset, event)
    except DoorstepError:
        return False
    return True


def _period(dataset: Dataset, days: int) -> Period | None:
    if not days or dataset.period is None:
        return None
    first, last = dataset.period
    return Period(max(first, last - timedelta(days=days - 1)), last)


def _saved(dataset: Dataset) -> Selection | None:
    """The orders of a saved view of the KPI page."""
    views = list_views(cached.records(), page="kpis", person=reviewer())
    if not views:
        st.caption(t("No view is saved yet; save one on the KPI page."))
        return None
    chosen = st.selectbox(
        t("Saved view"), views, format_func=lambda item: item.name, key="cases_saved"
    )
    view, _ = decode_view(chosen.address, KpiView)
    return replace(problems(view.selection), dataset="", version="", metric="") if (
        view.selection.dataset in ("", dataset.name)) else None  # fmt: skip


def _ids(dataset: Dataset) -> list[str] | None:
    """Order ids typed, or out of a file; says what they come to."""
    text = st.text_area(
        t("Order IDs, one a line"), key="cases_ids", height=100,
        placeholder="A10001\nA10002",
    )  # fmt: skip
    file = st.file_uploader(
        t("or a file with them: CSV or Excel, first sheet"),
        type=["csv", "txt", "xlsx"],
        max_upload_size=MAX_BYTES, key="cases_ids_file",
    )  # fmt: skip
    given = [line.strip() for line in text.splitlines() if line.strip()]
    if file is not None:
        given += read_ids(file.getvalue(), dataset=dataset)
    if not given:
        return None
    found = cached.result(looked_up, dataset, tuple(given))
    st.caption(_told(found))
    return list(found.found[:MAX_IDS]) or None


def _told(found: IdList) -> str:
    """How many lines were read, and what became of them."""
    first = t(", ").join(plain(item, limit=24) for item in found.unknown[:MAX_SHOWN])
    count = number(len(found.unknown))
    unknown = t("{count} unknown", count=count)
    if first:
        unknown = t("{count} unknown ({first})", count=count, first=first)
    told = t(
        "{lines} lines read: {found} orders found, {unknown}, {repeated} repeated.",
        lines=number(found.lines),
        found=number(len(found.found)),
        unknown=unknown,
        repeated=number(found.repeated),
    )
    if len(found.found) <= MAX_IDS:
        return told
    most = t("A queue takes the first {count} of them.", count=number(MAX_IDS))
    return sentences(told, most)


def _count(dataset: Dataset, selection: Selection) -> None:
    st.caption(t("n {orders} orders", orders=number(_size(dataset, selection))))


def _size(dataset: Dataset, selection: Selection) -> int:
    return int(cached.result(measure, dataset, ["orders"], selection=selection,
        period=selection.period)["orders"].iloc[0])  # fmt: skip


def _usual_name(dataset: Dataset, selection: Selection | None) -> str:
    if selection is None:
        return ""
    axes = cached.result(axes_of, dataset)
    place = 1 if language().startswith("zh") else 0
    events = load_registry().events
    parts = [events[selection.event].label[place]] if selection.event else []
    parts += [condition_label(axes, item) for item in selection.conditions]
    if selection.period is not None:
        parts.append(f"{selection.period.first} – {selection.period.last}")
    return ", ".join(parts)[:100]


def _settings(*, by_ids: bool) -> Settings:
    with st.popover(t("Settings"), icon=":material/tune:", type="tertiary"):
        names = {"": N_("As in the list"), **ORDERS} if by_ids else ORDERS
        order = st.selectbox(
            t("Order"), list(names), index=0,
            format_func=lambda key: t(names[key]), key=f"cases_new_order_{by_ids}",
        )  # fmt: skip
        return Settings(
            order=order,
            limit=st.number_input(
                t("At most so many cases"), 1, MAX_IDS,
                MAX_IDS if by_ids else USUAL_LIMIT, 100,
            ),
            reviewers_per_case=st.number_input(t("Decisions a case"), 1, 5, 1),
            double_review_share=st.slider(
                t("Share decided twice, blind, %"), 0, 100, 10
            ) / 100,
            time_target=float(st.number_input(t("Seconds a case should take"), 10,
                3600, 120, 10)),
            due_hours=float(
                st.number_input(t("Hours until they are due"), 0, 2000, 48)
            ),
            rubric=st.text_area(t("What to look at"), max_chars=2000),
        )  # fmt: skip
