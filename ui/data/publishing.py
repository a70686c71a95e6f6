"""Step three: what will be done, the name, and publishing with progress and Cancel."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

import streamlit as st

from analysis import orders
from analysis.errors import DoorstepError
from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping
from analysis.orders.versions import MAX_NAME, dataset_id
from analysis.orders.working import working_mapping
from analysis.words import N_
from ui import cached, errors, jobs
from ui.counted import counted
from ui.data import desk, plan
from ui.data.view import DataView, go, leave
from ui.guard import guard
from ui.jobs import Job
from ui.show import plain
from ui.texts import t

KIND: Final = "publish"
SHORTEST_NAME: Final = 3


def show(view: DataView, draft: Draft, mapping: Mapping) -> None:
    """The plan and the button, or the progress."""
    desk.show_failure()
    if running(draft):
        return
    ready = _ready(view, mapping)
    st.subheader(t("What will be done"), anchor=False)
    plan.show(draft, mapping)
    _form(view, draft, ready=ready)


def summary(mapping: Mapping) -> str:
    """Whether anything is in the way, in a sentence."""
    asked = len(mapping.questions())
    if asked:
        return counted(
            N_("1 question is open before publishing."),
            N_("{count} questions are open before publishing."),
            asked,
        )
    return t("Nothing is in the way. Readers see the new version once it is whole.")


def running(draft: Draft) -> bool:
    """Show the publishing of this draft; True while it runs."""
    job = cached.jobs().find(KIND, draft.id)
    if job is None:
        return False
    if job.state == "running":
        jobs.watch(job, label=t("Publishing"))
        st.caption(
            t("You can leave this page; publishing goes on, and readers see nothing "
              "of it until it is whole.")
        )  # fmt: skip
        return True
    cached.jobs().forget(job)
    jobs.show_end(job)
    return False


def finished(draft_id: str) -> None:
    """Go to the new version if the draft was published meanwhile."""
    job = cached.jobs().find(KIND, draft_id) if draft_id else None
    if job is None or job.state != "done":
        return
    cached.jobs().forget(job)
    name = str(job.result)
    leave(dataset=name)
    text = t("{name} is published.", name=plain(name))
    st.toast(text, icon=":material/check_circle:")
    st.rerun()


def _ready(view: DataView, mapping: Mapping) -> bool:
    """Whether it can be published; otherwise what is in the way."""
    try:
        _ = mapping.orders
    except DoorstepError as error:
        errors.show_error(error)
        return False
    asked = mapping.questions()
    if asked:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                ":orange[:material/help:] "
                + counted(
                    N_("1 question is open."),
                    N_("{count} questions are open."),
                    len(asked),
                )
            )
            st.button(
                t("Answer them"), key="data_answer_them", on_click=go, args=(view,),
                kwargs={"step": "meaning"},
            )  # fmt: skip
    return not asked


def _form(view: DataView, draft: Draft, *, ready: bool) -> None:
    known = orders.list_datasets(cached.workspace())
    key = f"data_name_{draft.id}"
    field, keep = st.columns([3, 2], gap="large", vertical_alignment="bottom")
    name = field.text_input(
        t("Name of the dataset"), value=proposed_name(draft), max_chars=MAX_NAME,
        key=key, persist_state="session",
    )  # fmt: skip
    kept = keep.toggle(
        t("Keep the draft and its copies of the files"),
        key=f"data_keep_draft_{draft.id}",
        help=t("Otherwise they are deleted once the version is whole."),
    )
    field.caption(
        t("A further version of {name}; the ones before stay.", name=plain(name))
        if name in known
        else t("A new dataset.")
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            t("Back to the meaning"), icon=":material/arrow_back:", type="tertiary",
            key="data_back_to_meaning", on_click=go, args=(view,),
            kwargs={"step": "meaning"},
        )  # fmt: skip
        if st.button(
            t("Publish"), icon=":material/publish:", type="primary",
            key="data_publish", disabled=not ready,
        ):  # fmt: skip
            _start(draft, name=name, keep_draft=kept)
            st.rerun()


def _start(draft: Draft, *, name: str, keep_draft: bool) -> None:
    """Publish as a job; the mapping is the one on disk at this moment."""
    guard("publish")
    dataset_id(name)
    mapping = working_mapping(draft)
    workspace = cached.workspace()

    def work(job: Job) -> str:
        published = orders.publish(
            draft, workspace=workspace, name=name, mapping=mapping,
            progress=job.progress, cancel=job.cancel, keep_draft=keep_draft,
        )  # fmt: skip
        published.engine.close()
        return published.name

    cached.jobs().start(KIND, draft.id, work)


def proposed_name(draft: Draft) -> str:
    """A name from what the file names have in common.

    >>> from types import SimpleNamespace as N
    >>> titles = ["olist_orders_dataset.csv", "olist_items.csv"]
    >>> proposed_name(N(tables=[N(title=title) for title in titles]))
    'Olist'
    """
    stems = [PurePath(table.title.split(" › ")[0]).stem for table in draft.tables]
    stems = [stem.removesuffix(".csv") for stem in stems] or ["Orders"]
    common = _shared_start(stems)
    name = common if len(common.strip("_- ")) >= SHORTEST_NAME else stems[0]
    cleaned = re.sub(r"[\W_]+", " ", name).strip()[:MAX_NAME]
    return cleaned[:1].upper() + cleaned[1:] or "Orders"


def _shared_start(texts: list[str]) -> str:
    """What all texts begin with."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    end = next((place for place, (a, b) in pairs if a != b), len(first))
    return first[:end]
