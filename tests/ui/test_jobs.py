"""Long work: one job a subject, progress, cancel, how it ends."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import Cancelled, DataProblem
from ui.jobs import MAX_KEPT, Jobs


def finished(job):
    for thread in threading.enumerate():
        if thread.name == f"{job.kind}-{job.id[:6]}":
            thread.join(10)
    return job


def test_work_runs_and_gives_its_result():
    job = finished(Jobs().start("publish", "a", lambda job: job.subject * 2))
    assert (job.state, job.result, job.share) == ("done", "aa", 1.0)


def test_one_job_a_subject():
    jobs, go = Jobs(), threading.Event()
    first = jobs.start("publish", "a", lambda job: go.wait(10))
    assert jobs.start("publish", "a", lambda job: None) is first
    other = jobs.start("publish", "b", lambda job: None)
    assert jobs.find("publish", "b") is other
    assert jobs.find("publish", "c") is None
    go.set()
    finished(first)
    assert jobs.start("publish", "a", lambda job: None) is not first


def test_a_cancel_is_seen_at_the_next_step():
    reached = threading.Event()

    def work(job):
        reached.set()
        job.cancel.wait(10)
        job.progress(0.5, "never")

    job = Jobs().start("publish", "a", work)
    reached.wait(10)
    job.cancel.set()
    assert finished(job).state == "cancelled"
    assert job.share == 0.0


@pytest.mark.parametrize("share", [-1, 0, 0.5, 2])
def test_progress_stays_within_bounds(share):
    job = finished(Jobs().start("a", "b", lambda job: None))
    job.progress(share, "step")
    assert 0 <= job.share <= 1
    assert job.step == "step"


def test_a_known_error_is_kept_for_the_page():
    def work(job):
        raise DataProblem("bad {file}", file="a.csv")

    job = finished(Jobs().start("publish", "a", work))
    assert job.state == "failed"
    assert str(job.error) == "bad a.csv"


def failing(job):
    message = "could not convert 'Ana, +966 50 123 4567'"
    raise ValueError(message)


def test_an_unforeseen_error_ends_the_job_with_an_id_and_no_data(caplog, capfd):
    job = finished(Jobs().start("publish", "a", failing))
    assert (job.state, job.error) == ("failed", None)
    assert len(job.error_id) == 8
    (record,) = caplog.records
    assert record.getMessage().startswith(f"error {job.error_id}: ValueError at ")
    assert record.exc_info is None
    shown = "".join(capfd.readouterr())
    assert "Ana" not in caplog.text + shown
    assert "Traceback" not in caplog.text + shown


FAILED_PAGE = """
import streamlit as st
from ui.jobs import Job, _run, show_end

job = Job("1", "publish", "a")
_run(job, lambda job: 1 / 0)
show_end(job)
st.markdown(job.error_id)
"""


def test_the_page_shows_the_id_of_an_unforeseen_error():
    at = AppTest.from_string(FAILED_PAGE).run()
    (error,) = at.error
    assert at.markdown[0].value in error.value
    assert not at.exception


def test_a_cancel_from_within_is_a_cancel():
    def work(job):
        raise Cancelled("stopped")

    assert finished(Jobs().start("publish", "a", work)).state == "cancelled"


def test_old_jobs_are_forgotten_running_ones_never():
    jobs, go = Jobs(), threading.Event()
    running = jobs.start("keep", "me", lambda job: go.wait(10))
    for number in range(MAX_KEPT * 2):
        finished(jobs.start("a", str(number), lambda job: None))
    assert jobs.find("keep", "me") is running
    assert jobs.find("a", "0") is None
    assert jobs.find("a", str(MAX_KEPT * 2 - 1)) is not None
    go.set()
    jobs.forget(finished(running))
    assert jobs.find("keep", "me") is None
