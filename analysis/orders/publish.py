"""Publishing: from a draft and its mapping to one immutable version, or nothing."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from analysis.engine.connect import StatementFailed, builder
from analysis.engine.dataset import Dataset
from analysis.orders import versions
from analysis.orders.building import outcome, waybills
from analysis.orders.building.context import Build
from analysis.orders.building.names import settled
from analysis.orders.building.orders import publish_orders, set_orders_aside
from analysis.orders.building.reading import read_tables
from analysis.orders.building.related import publish_related
from analysis.orders.building.trees import attach_scratch
from analysis.orders.draft import Draft, discard_draft, load_draft
from analysis.orders.mapping import Mapping, require_answers
from analysis.orders.memory import remember
from analysis.orders.propose import propose_mapping
from analysis.orders.sources import Source
from analysis.orders.staging import repair, stage
from analysis.orders.watch import Progress, Watch
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
    workspace = Workspace.open(workspace)
    watch = Watch(progress, cancel)
    watch.step(0.0, N_("Looking at the files"))
    draft = _draft(sources, workspace)
    try:
        mapping = mapping or propose_mapping(draft, workspace=workspace)
        require_answers(mapping)
        mapping = settled(mapping)
        place = workspace.datasets / versions.dataset_id(name)
        version = _build_version(draft, mapping, workspace, place, name, watch)
    except BaseException:
        if not isinstance(sources, Draft):
            discard_draft(workspace, draft.id)
        raise
    remember(mapping, workspace=workspace)
    if not keep_draft:
        discard_draft(workspace, draft.id)
    watch.step(1.0, N_("Published"))
    return versions.open_dataset(workspace, name, version)


def _draft(sources: Draft | Source | Iterable[Source], workspace: Workspace) -> Draft:
    if isinstance(sources, Draft):
        return load_draft(workspace, sources.id)
    return stage(sources, workspace=workspace)


def _build_version(
    draft: Draft,
    mapping: Mapping,
    workspace: Workspace,
    place: Path,
    name: str,
    watch: Watch,
) -> str:
    orders = mapping.orders
    for attempt in range(len(draft.tables) + 1):
        try:
            with versions.building_folder(place, secrets.token_hex(6)) as folder:
                _fill(folder, draft, mapping, workspace, name, watch)
                version = versions.claim_version(place, folder)
                versions.set_current(place, name=name, version=version)
                return version
        except StatementFailed as error:
            refused = _refused_table(draft, mapping, error)
            if refused is None or attempt == len(draft.tables):
                raise
            watch.step(READ, N_("Repairing {title}"))
            draft = repair(draft, refused)
    raise AssertionError(orders.title)


def _refused_table(draft: Draft, mapping: Mapping, error: StatementFailed) -> str | None:
    """The CSV file that the engine could not read, so that it can be rewritten."""
    text = str(error)
    for table in draft.tables:
        if table.format == "csv" and any(str(path) in text for path in table.paths):
            return table.id
    return None


def _fill(
    folder: Path,
    draft: Draft,
    mapping: Mapping,
    workspace: Workspace,
    name: str,
    watch: Watch,
) -> None:
    """Build everything of a version in its folder, and make it durable."""
    allowed = [folder, draft.path, *(path for table in draft.tables for path in table.paths)]
    connection = builder(
        folder / versions.DATABASE,
        allowed=allowed,
        memory_limit=MEMORY_LIMIT,
        temp_directory=folder / "spill",
    )
    draft, mapping = waybills.doubled(draft, mapping)
    with connection, watch.over(connection):
        build = Build(
            connection=connection,
            draft=draft,
            mapping=mapping,
            key=workspace.key(),
            now=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            folder=folder,
            watch=watch,
        )
        _build_tables(build)
        watch.step(WRITTEN, N_("Writing the version"))
        outcome.write(build, name=name, dataset_id=versions.dataset_id(name))
        connection.checkpoint()
    watch.step(FINISHED, N_("Making it durable"))
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
