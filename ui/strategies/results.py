"""Results of strategies: computed once for a version of data and plan, and noted."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.records import Records
from analysis.strategies import Evaluation
from analysis.strategies.registration import Registration
from analysis.strategies.registry import (
    Entry,
    current_hash,
    evaluate_plan,
    is_fresh,
    note_result,
)
from analysis.words import N_
from analysis.workspace import Workspace
from ui import cached
from ui.jobs import Job

KIND: Final = "strategies"


def evaluated(
    dataset: Dataset, plan: Registration, root: str, method: str, segment: str
) -> Evaluation:
    """Evaluate a plan; the arguments are plain, so that the result can be kept."""
    return evaluate_plan(
        dataset, plan, Workspace.open(root),
        method=method or None, segments=(segment,) if segment else None,
    )  # fmt: skip


def result(
    dataset: Dataset, plan: Registration, *, method: str = "", segment: str = ""
) -> Evaluation:
    """The evaluation of a plan, computed once for a version and a plan.

    Args:
        dataset: The version at hand.
        plan: As registered.
        method: Another valid method than the planned one.
        segment: Only this dimension to ask "for whom"; the usual ones if empty, which
            for panels are none.
    """
    root = str(cached.workspace().root)
    return _evaluated(dataset, plan, root, method, segment)


def _evaluated(
    dataset: Dataset, plan: Registration, root: str, method: str = "", segment: str = ""
) -> Evaluation:
    """The kept evaluation; a job has no page to ask for the workspace."""
    return cached.result(evaluated, dataset, plan, root, method, segment)


def waiting(dataset: Dataset, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Frozen strategies that have begun and whose figures are not of this version."""
    return tuple(
        entry
        for entry in entries
        if entry.stored.is_frozen
        and entry.days_done > 0
        and entry.status != "decided"
        and not is_fresh(entry, dataset)
    )


def bring_up_to_date(dataset: Dataset, entries: Sequence[Entry]) -> Job | None:
    """A job that evaluates what waits; None where nothing does.

    A job that ended is not started again for the same plans: what could not be
    evaluated is told on the page of the strategy.
    """
    stale = waiting(dataset, entries)
    if not stale:
        return None
    subject = _subject(dataset, entries)
    running = cached.jobs().find(KIND, subject)
    if running is not None:
        return running
    records, root = cached.records(), str(cached.workspace().root)
    return cached.jobs().start(
        KIND, subject, lambda job: _evaluate_all(job, records, dataset, stale, root)
    )


def _subject(dataset: Dataset, entries: Sequence[Entry]) -> str:
    plans = "".join(current_hash(entry.stored) for entry in entries)
    return f"{dataset.path}:{zlib.crc32(plans.encode()):08x}"


def _evaluate_all(
    job: Job, records: Records, dataset: Dataset, stale: Sequence[Entry], root: str
) -> int:
    """Evaluate one after the other; gives back how many could be."""
    done = 0
    for number, entry in enumerate(stale):
        job.progress(number / len(stale), N_("reading effects"))
        try:
            found = _evaluated(dataset, entry.plan, root)
        except DoorstepError:
            continue
        note_result(records, entry, dataset, found)
        done += 1
    return done
