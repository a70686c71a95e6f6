"""Bringing sources in as a job: the good ones stay, each bad one gets a sentence."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from analysis.errors import Cancelled, DoorstepError
from analysis.orders.draft import Draft, discard_draft, load_draft
from analysis.orders.sources import Source
from analysis.orders.staging import stage
from analysis.orders.working import working_mapping
from analysis.words import N_
from analysis.workspace import Workspace
from ui import cached, datasets, errors, jobs
from ui.data.view import DataView
from ui.guard import guard
from ui.jobs import Job
from ui.state import write_view
from ui.texts import t

KIND: Final = "bring_in"
ROOTS_VARIABLE: Final = "DOORSTEP_DATA_ROOTS"

_SESSION: Final = "data_session"
_PROBLEMS: Final = "data_problems"
#: Share of the work that reading the files takes; the proposal takes the rest.
READING: Final = 0.8


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of bringing sources in.

    Attributes:
        draft: Id of the draft; empty if none of the sources could be used.
        problems: One error for each source that could not be used.
    """

    draft: str
    problems: tuple[DoorstepError, ...]


def allowed_roots() -> tuple[Path, ...]:
    """Folders of the server from which files may be read, by the setting."""
    text = os.environ.get(ROOTS_VARIABLE, "")
    return tuple(Path(part) for part in text.split(os.pathsep) if part.strip())


def connections() -> Mapping[str, str]:
    """Connection strings of databases by name, from ``[databases]`` in the secrets."""
    if not st.secrets.load_if_toml_exists():
        return {}
    return {str(k): str(v) for k, v in st.secrets.get("databases", {}).items()}


def start(
    sources: Sequence[Source], *, draft: str, roots: Sequence[Path] | None = None
) -> None:
    """Bring sources in; for callbacks of widgets.

    Args:
        sources: Uploads, paths and queries.
        draft: Id of the draft that they are added to; empty for a new one.
        roots: Folders from which paths may be read; those of the setting if None.
    """
    guard("publish")
    if not sources:
        return
    workspace, known = cached.workspace(), connections()
    roots = allowed_roots() if roots is None else roots
    st.session_state.pop(_PROBLEMS, None)
    cached.jobs().start(
        KIND,
        _subject(draft),
        lambda job: bring_in(
            job, sources, draft=draft, workspace=workspace, roots=roots, known=known
        ),
    )


def bring_in(
    job: Job,
    sources: Sequence[Source],
    *,
    draft: str,
    workspace: Workspace,
    roots: Sequence[Path],
    known: Mapping[str, str],
) -> Brought:
    """Stage the sources one by one, then propose what they mean."""
    found = load_draft(workspace, draft) if draft else None
    problems: list[DoorstepError] = []
    try:
        for place, source in enumerate(sources):
            job.progress(READING * place / len(sources), N_("Reading the files"))
            try:
                found = stage(
                    source, workspace=workspace, allowed_roots=roots,
                    connections=known, draft=found,
                )  # fmt: skip
            except Cancelled:
                raise
            except DoorstepError as error:
                problems.append(error)
        job.progress(READING, N_("Working out what the columns mean"))
        _propose(found, problems)
    except Cancelled:
        if found is not None and not draft:
            discard_draft(workspace, found.id)
        raise
    return Brought(found.id if found else "", tuple(problems))


def _propose(draft: Draft | None, problems: list[DoorstepError]) -> None:
    if draft is None:
        return
    try:
        working_mapping(draft)
    except DoorstepError as error:
        problems.append(error)


def running(view: DataView) -> bool:
    """Show the job of this draft; True while it runs, the rest of the page waits."""
    job = cached.jobs().find(KIND, _subject(view.draft))
    if job is None:
        return False
    if job.state == "running":
        jobs.watch(job, label=t("Bringing in files"))
        return True
    cached.jobs().forget(job)
    if not isinstance(job.result, Brought):
        jobs.show_end(job)
        return False
    st.session_state[_PROBLEMS] = job.result.problems
    if job.result.draft and job.result.draft != view.draft:
        begun = DataView(draft=job.result.draft, step="files")
        write_view(datasets.carried(begun))
        st.rerun()
    return False


def show_problems() -> None:
    """One sentence for each source that could not be brought in."""
    found = st.session_state.get(_PROBLEMS, ())
    for error in found:
        errors.show_error(error)
    if found:
        st.button(
            t("Dismiss"),
            icon=":material/close:",
            type="tertiary",
            key="data_dismiss",
            on_click=lambda: st.session_state.pop(_PROBLEMS, None),
        )


def _subject(draft: str) -> str:
    """What the job is about: the draft, or this session while there is none."""
    session = st.session_state.setdefault(_SESSION, uuid.uuid4().hex)
    return draft or session
