"""Demo data: made up and published as a job, by itself when nothing is here yet."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

import streamlit as st

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.orders.schema import load_fields
from analysis.records import Records
from analysis.words import N_
from analysis.workspace import Workspace
from sample_data.simulate import simulate
from ui import cached, datasets, jobs
from ui.guard import guard
from ui.jobs import Job
from ui.strategies.demo_plans import register_demo
from ui.texts import t

NAME: Final = "Demo"
KIND: Final = "demo"
ORDERS_VARIABLE: Final = "DOORSTEP_DEMO_ORDERS"
DEFAULT_ORDERS: Final = 400_000
#: Share of the work that making up the orders takes; publishing takes the rest.
SIMULATING: Final = 0.4


def first_start() -> None:
    """Set up the demo data if the workspace is empty and nobody stopped it before."""
    if _orders() and not datasets.listing() and _job() is None:
        start()


def start() -> Job:
    """Set up the demo data; what runs already goes on."""
    guard("publish")
    workspace, records = cached.workspace(), cached.records()
    return cached.jobs().start(
        KIND,
        str(workspace.root),
        lambda job: build(job, workspace, rows=_orders(), records=records),
    )


def panel() -> None:
    """Progress of the demo data, how it ended, or the button that sets it up."""
    job = _job()
    if job is not None and job.state == "running":
        jobs.watch(job, label=t("Setting up demo data"))
        return
    if job is not None:
        jobs.show_end(job)
    known = set(orders.list_datasets(cached.workspace()))
    if NAME not in known and _orders():
        st.button(
            t("Set up demo data"),
            icon=":material/auto_awesome:",
            type="primary",
            key="demo_start",
            on_click=_start_again,
        )


def build(
    job: Job, workspace: Workspace, *, rows: int, records: Records | None = None
) -> str:
    """Simulate the demo world and publish it; gives back the dataset's id.

    Args:
        job: Whose progress is told.
        workspace: Where it is published.
        rows: Number of orders.
        records: Where its strategies and queues are kept; nowhere if None.
    """
    with tempfile.TemporaryDirectory(dir=workspace.root, prefix=".demo-") as folder:
        simulate(
            Path(folder),
            orders=rows,
            progress=lambda share, _: job.progress(
                SIMULATING * share, N_("Making up the orders")
            ),
        )
        published = orders.publish(
            _published_tables(Path(folder)),
            workspace=workspace,
            name=NAME,
            progress=lambda share, step: job.progress(
                SIMULATING + (1 - SIMULATING) * share, step
            ),
            cancel=job.cancel,
        )
        if records is not None:
            register_demo(records, workspace, Path(folder), dataset=NAME)
            _register_queues(records, published, Path(folder))
    return published.id


def _register_queues(records: Records, published: Dataset, folder: Path) -> None:
    # Judging is a lot to import, and every start of the app imports this module.
    from ui.cases.demo_queues import register_queues  # noqa: PLC0415 - see above

    register_queues(records, published, folder)


def _start_again() -> None:
    job = _job()
    if job is not None:
        cached.jobs().forget(job)
    start()


def _job() -> Job | None:
    return cached.jobs().find(KIND, str(cached.workspace().root))


def _orders() -> int:
    """Size of the demo data; 0 switches them off."""
    text = os.environ.get(ORDERS_VARIABLE, str(DEFAULT_ORDERS))
    return int(text) if text.isdecimal() else DEFAULT_ORDERS


def _published_tables(folder: Path) -> list[Path]:
    """Folders of the tables that the order model knows; the world has further ones."""
    return sorted(path for path in folder.iterdir() if path.name in load_fields())
