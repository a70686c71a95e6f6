"""Long work beside the page: a thread, its progress, and Cancel.

A job belongs to the process, not to a run of a page, so neither a rerun nor a reload
ends it. It is found again by what it is about, such as the id of a draft.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import streamlit as st

from analysis.errors import Cancelled, DoorstepError
from analysis.words import N_
from ui import errors
from ui.show import plain
from ui.texts import t

JobState = Literal["running", "done", "failed", "cancelled"]

MAX_KEPT: Final = 50
POLL_SECONDS: Final = 0.7


@dataclass(slots=True)
class Job:
    """One piece of long work.

    Attributes:
        id: Random name.
        kind: What sort of work, such as ``publish`` or ``demo``.
        subject: What it is about, such as the id of a draft.
        state: Where it stands.
        share: Done so far, from 0 to 1.
        step: What is being done, a text marked with ``N_``.
        result: What the work gave back.
        error: Why it failed, where that was foreseen.
        error_id: Id in the log of an error that nobody foresaw.
        cancel: Set it to end the work; the work looks at it.
    """

    id: str
    kind: str
    subject: str
    state: JobState = "running"
    share: float = 0.0
    step: str = N_("Starting")
    result: object = None
    error: DoorstepError | None = None
    error_id: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)

    def progress(self, share: float, step: str = "") -> None:
        """Report how far the work is; called from the work's thread.

        Raises:
            Cancelled: if the user asked to stop.
        """
        if self.cancel.is_set():
            raise Cancelled(N_("Stopped. Nothing was changed."))
        self.share = min(max(share, 0.0), 1.0)
        self.step = step or self.step


Work = Callable[[Job], object]


class Jobs:
    """The jobs of this process."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, kind: str, subject: str, work: Work) -> Job:
        """Start the work, or give back the job that already runs for the subject."""
        with self._lock:
            running = self._find(kind, subject)
            if running is not None and running.state == "running":
                return running
            job = Job(uuid.uuid4().hex, kind, subject)
            self._jobs[job.id] = job
            self._forget_oldest()
        threading.Thread(
            target=_run, args=(job, work), name=f"{kind}-{job.id[:6]}", daemon=True
        ).start()
        return job

    def find(self, kind: str, subject: str) -> Job | None:
        """The newest job of a kind about a subject."""
        with self._lock:
            return self._find(kind, subject)

    def forget(self, job: Job) -> None:
        """Drop a finished job, once its end has been shown."""
        with self._lock:
            self._jobs.pop(job.id, None)

    def _find(self, kind: str, subject: str) -> Job | None:
        return next(
            (
                job
                for job in reversed(self._jobs.values())
                if (job.kind, job.subject) == (kind, subject)
            ),
            None,
        )

    def _forget_oldest(self) -> None:
        finished = [job.id for job in self._jobs.values() if job.state != "running"]
        for identifier in finished[: max(0, len(self._jobs) - MAX_KEPT)]:
            del self._jobs[identifier]


def _run(job: Job, work: Work) -> None:
    """Run the work in its thread; the error, if any, is told by the page."""
    try:
        job.result = work(job)
        job.share = 1.0
        job.state = "done"
    except Cancelled:
        job.state = "cancelled"
    except DoorstepError as error:
        job.error = error
        job.state = "failed"
    # A thread has no page around it: what leaves here is printed with its values, and
    # the user never learns of it. This is the one place that catches everything.
    except Exception as error:  # noqa: BLE001 - the edge of a thread, see above
        job.error_id = errors.log_error(error)
        job.state = "failed"
    finally:
        if job.state == "running":
            job.state = "failed"


@st.fragment(run_every=POLL_SECONDS)
def watch(job: Job, *, label: str) -> None:
    """Show progress and Cancel; rerun the page once the work has ended.

    Args:
        job: A job that runs.
        label: What it does, translated.
    """
    if job.state != "running":
        st.rerun()
    line, stop = st.columns([6, 1], vertical_alignment="bottom")
    line.progress(job.share, text=f"{plain(label)} · {t(job.step)}")
    if stop.button(t("Cancel"), key=f"cancel_{job.id}", width="stretch"):
        job.cancel.set()
    if job.cancel.is_set():
        st.caption(t("Stopping at the next safe point"))


def show_end(job: Job) -> None:
    """Tell how a job ended, where that is not plain from the page itself."""
    if job.state == "cancelled":
        st.info(t("Stopped. Nothing was changed."), icon=":material/cancel:")
    elif job.error is not None:
        errors.show_error(job.error)
    elif job.state == "failed":
        text = t("The work ended unexpectedly. Nothing was changed.")
        st.error(f"{text} {errors.id_note(job.error_id)}", icon=":material/error:")
