"""What is here: the dataset at hand, drafts not yet published, or how to begin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, get_args

import streamlit as st

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.orders.draft import Draft
from analysis.words import N_
from ui import cached, demo, frame
from ui.counted import counted
from ui.data import files, history, profile, results
from ui.data.view import DataView, Shown, go, joined
from ui.format import ago, moment, number, period
from ui.guard import guard
from ui.show import choice, page_head, plain
from ui.state import bound
from ui.texts import t

_SHOWN: Final[dict[Shown, str]] = {
    "checks": N_("Checks"),
    "profile": N_("Profile"),
    "versions": N_("Versions"),
}
MAX_DRAFTS: Final = 5


def empty(view: DataView) -> None:
    """How to begin where nothing is published yet."""
    page_head(
        t("Bring in your orders"),
        answer=t(
            "Drop your files, say what the columns mean, publish. "
            "It takes a few minutes, and nothing leaves this server."
        ),
    )
    demo.panel()
    drafts(view)
    files.show(view, None)


def show(view: DataView, dataset: Dataset) -> None:
    """The dataset at hand: can it be trusted, what is in it, what came before."""
    page_head(
        t("Can these orders be trusted?"),
        answer=answer(dataset),
        grounds=t(
            "Version {version}, published {moment} UTC, {period}, n {orders}",
            version=plain(dataset.version),
            moment=moment(published_at(dataset)),
            period=period(*dataset.period) if dataset.period else "–",
            orders=number(dataset.table("orders").rows),
        ),
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            t("Bring in files"), icon=":material/upload:", type="primary",
            key="data_bring", on_click=go, args=(view,), kwargs={"step": "files"},
        )  # fmt: skip
        frame.link("kpis", label=t("See the KPIs"), icon=":material/monitoring:")
    drafts(view)
    st.segmented_control(
        t("Show"),
        list(get_args(Shown)),
        format_func=lambda name: choice(t(_SHOWN[name])),
        required=True,
        label_visibility="collapsed",
        **bound(view, "show", prefix="data"),
    )
    if view.show == "profile":
        profile.show(view, dataset)
    elif view.show == "versions":
        history.show(dataset)
    else:
        results.show(dataset)


def answer(dataset: Dataset) -> str:
    """The verdict on a version in one sentence."""
    checks = dataset.manifest.get("checks", ())
    flagged = sum(map(results.found_something, checks))
    aside = results.totals(dataset)["set_aside"]
    name = plain(dataset.name)
    if not flagged and not aside:
        return t("{name} passed all {checks} checks; every row is published.",
                 name=name, checks=number(len(checks)))  # fmt: skip
    if not aside:
        return t(
            "{name}: every row is published; "
            "{found} of {checks} checks found something.",
            name=name, found=number(flagged), checks=number(len(checks)),
        )  # fmt: skip
    return counted(
        N_("{name}: 1 row is set aside; {found} of {checks} checks found something."),
        N_(
            "{name}: {count} rows are set aside; "
            "{found} of {checks} checks found something."
        ),
        aside,
        name=name,
        found=number(flagged),
        checks=number(len(checks)),
    )


def published_at(dataset: Dataset) -> datetime | None:
    """When the version was published, in UTC."""
    text = dataset.manifest.get("published_at")
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def drafts(view: DataView) -> None:
    """Drafts that wait to be published, a line each."""
    found = [draft for draft in orders.list_drafts(cached.workspace()) if draft.tables]
    if not found:
        return
    with st.container(border=True, gap="small"):
        st.caption(t("Begun and not published"))
        for draft in found[:MAX_DRAFTS]:
            _draft(view, draft)


def _draft(view: DataView, draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        titles = [plain(table.title, limit=40) for table in draft.tables]
        age = ago(draft.created_at, now=datetime.now(UTC))
        st.markdown(f"{joined(titles)} :gray[{age}]")
        st.button(
            t("Go on"), icon=":material/arrow_forward:", key=f"data_go_on_{draft.id}",
            on_click=go, args=(view,), kwargs={"draft": draft.id, "step": "meaning"},
        )  # fmt: skip
        st.button(
            t("Discard"), icon=":material/delete:", type="tertiary",
            key=f"data_discard_{draft.id}", on_click=discard, args=(draft.id,),
        )  # fmt: skip


def discard(draft_id: str) -> None:
    """Delete a draft; a second click on the same button changes nothing."""
    guard("publish")
    known = {draft.id for draft in orders.list_drafts(cached.workspace())}
    if draft_id in known:
        orders.discard_draft(cached.workspace(), draft_id)
