"""Publishing: from a draft and its mapping to one immutable version, or nothing."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from analysis.engine.connect import StatementFailed, builder
from analysis.engine.dataset import Dataset
from analysis.orders import versions
from analysis.orders.building import outcome, waybills
from analysis.orders.building.context import Build
from analysis.orders.building.names import has_personal_header, settled
from analysis.orders.building.orders import publish_orders, set_orders_aside
from analysis.orders.building.reading import read_tables
from analysis.orders.building.related import publish_related
from analysis.orders.building.trees import attach_scratch
from analysis.orders.draft import PASSING, Draft, discard_draft, load_draft
from analysis.orders.mapping import Mapping, require_publishable
from analysis.orders.memory import remember
from analysis.orders.propose import propose_mapping
from analysis.orders.sources import Source
from analysis.orders.staging import repair, stage
from analysis.orders.watch import Progress, Watch, never_back
from analysis.words import N_
from analysis.workspace import Workspace

#: Share of the work done when a step begins.
READ, CHECKED, ORDERED, RELATED, WRITTEN, FINISHED = 0.02, 0.45, 0.5, 0.7, 0.78, 0.98

MEMORY_LIMIT = "1600MB"


def publish(
    sources: Draft | Source | Iterable[Source],
    *,
    workspace: Workspace | Path | str,
    name: str,
    mapping: Mapping | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    keep_draft: bool = False,
) -> Dataset:
    """Publish files as a new version of a dataset.

    The version appears whole or not at all: it is built in a folder of its own, which
    is renamed into place at the end. Rows in are rows published plus rows set aside.

    Args:
        sources: A draft, or what ``stage`` takes.
        workspace: The workspace or its folder.
        name: Name of the dataset; a known name gets a further version.
        mapping: What the columns mean; the proposal if None.
        progress: Called with the share done (0 to 1) and what is being done.
        cancel: Set it from another thread to end the work.
        keep_draft: Keep the draft and its private copies on purpose.

    Returns:
        The new version, opened.

    Raises:
        OpenQuestion: if the mapping leaves something to be answered.
        DataProblem: if the files cannot be published as they are mapped.
        Cancelled: if the work was ended; nothing is left behind.
    """
    job = _Job(Workspace.open(workspace), name, Watch(never_back(progress), cancel))
    place = versions.dataset_id(name)
    job.watch.step(0.0, N_("Looking at the files"))
    draft = _draft(sources, job.workspace)
    try:
        mapping = mapping or propose_mapping(draft, workspace=job.workspace)
        require_publishable(mapping)
        mapping = settled(mapping)
        version = _build_version(draft, mapping, job, job.workspace.datasets / place)
    except BaseException:
        if not isinstance(sources, Draft):
            discard_draft(job.workspace, draft.id)
        raise
    if not has_personal_header(mapping):
        remember(mapping, workspace=job.workspace)
    if not keep_draft:
        discard_draft(job.workspace, draft.id)
    job.watch.finish(N_("Published"))
    return versions.open_dataset(job.workspace, name, version)


@dataclass(frozen=True, slots=True)
class _Job:
    """What every attempt at a version has in common."""

    workspace: Workspace
    name: str
    watch: Watch


def _draft(sources: Draft | Source | Iterable[Source], workspace: Workspace) -> Draft:
    if isinstance(sources, Draft):
        return load_draft(workspace, sources.id)
    draft = stage(sources, workspace=workspace)
    (draft.path / PASSING).touch()
    return draft


def _build_version(draft: Draft, mapping: Mapping, job: _Job, place: Path) -> str:
    """Build the version, again for each CSV file that has to be repaired first."""
    repaired: set[str] = set()
    while True:
        try:
            with versions.building_folder(place, secrets.token_hex(6)) as folder:
                _fill(folder, draft, mapping, job)
                job.watch.check()
                return versions.land(place, folder, name=job.name)
        except StatementFailed as error:
            refused = _refused_table(draft, error)
            if refused is None or refused in repaired:
                raise
            repaired.add(refused)
        job.watch.step(READ, N_("Repairing a file"))
        draft = repair(draft, refused)


def _refused_table(draft: Draft, error: StatementFailed) -> str | None:
    """The CSV file that the engine could not read, so that it can be rewritten."""
    text = str(error)
    for table in draft.tables:
        if table.format == "csv" and any(str(path) in text for path in table.paths):
            return table.id
    return None


def _fill(folder: Path, draft: Draft, mapping: Mapping, job: _Job) -> None:
    """Build everything of a version in its folder, and make it durable."""
    files = (path for table in draft.tables for path in table.paths)
    spill = folder / "spill"
    connection = builder(
        folder / versions.DATABASE,
        allowed=[folder, draft.path, *files],
        memory_limit=MEMORY_LIMIT,
        temp_directory=spill,
    )
    draft, mapping = waybills.doubled(draft, mapping)
    with connection, job.watch.over(connection):
        build = Build(
            connection=connection,
            draft=draft,
            mapping=mapping,
            key=job.workspace.key(),
            now=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            folder=folder,
            watch=job.watch,
        )
        _build_tables(build)
        job.watch.step(WRITTEN, N_("Writing the version"))
        outcome.write(build, name=job.name, dataset_id=versions.dataset_id(job.name))
        connection.checkpoint()
    shutil.rmtree(spill, ignore_errors=True)
    job.watch.step(FINISHED, N_("Making it durable"))
    _make_durable(folder)


def _build_tables(build: Build) -> None:
    build.connection.execute(attach_scratch())
    read_tables(build, share=(READ, CHECKED))
    build.watch.step(CHECKED, N_("Checking the orders"))
    failing = set_orders_aside(build)
    build.watch.step(ORDERED, N_("Putting the orders together"))
    publish_orders(build, failing)
    build.watch.step(RELATED, N_("Adding the related tables"))
    publish_related(build)


def _make_durable(folder: Path) -> None:
    """Flush every file of the version to the disk before it is renamed."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != versions.LOCK:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    versions.sync_folder(folder)
