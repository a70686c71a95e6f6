"""Queues of cases and where their work stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from analysis.records.database import Records

CaseState = Literal["open", "decided", "discarded", "appealed"]
DoubledBy = Literal["", "queue", "random", "severity"]


@dataclass(frozen=True, slots=True)
class Queue:
    """Cases to be decided, fixed to the dataset version they were taken from.

    Attributes:
        id: Its name in the address and in the trail.
        name: Name that somebody gave it.
        dataset: Id of the dataset.
        dataset_version: Version the cases were taken from; ``order_no`` is of it.
        source: ``selection``, ``ids`` or ``imported``.
        selection: The Selection as JSON data; empty for the other sources.
        rubric: What reviewers should look at, in words.
        order: Columns the cases were sorted by; ``random`` for chance.
        size: Number of cases.
        reviewers_per_case: Independent decisions that every case needs.
        double_review_share: Share of cases drawn at random that need one more.
        lease_seconds: How long a case stays with somebody who does nothing.
        time_target: Active seconds that a case should take at most.
        due_hours: Hours from the opening of the queue to the decision; 0 for no date.
        version: Rises with each change; give it back when changing.
        created_at: When it was made, in UTC.
        created_by: By whom.
        missing_ids: Ids of an uploaded list that the dataset has not; only on the
            queue that ``queue`` gives back.
    """

    id: str
    name: str
    dataset: str
    dataset_version: str
    source: str
    selection: Mapping[str, Any]
    rubric: str
    order: tuple[str, ...]
    size: int
    reviewers_per_case: int
    double_review_share: float
    lease_seconds: int
    time_target: float
    due_hours: float
    version: int
    created_at: datetime
    created_by: str
    missing_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One order in a queue.

    Attributes:
        id: Its name in the trail.
        queue: Id of its queue.
        position: Place in the queue, from 1 to ``Queue.size``.
        order_no: Row of the dataset version of the queue.
        order_id: The order's own id.
        severity: 1 (slight) to 4 (high).
        needed: Independent decisions it needs.
        doubled_by: Why it needs more than one: ``queue`` (all do), ``random``,
            ``severity``, or empty.
        state: ``open``, ``decided``, ``discarded`` or ``appealed``.
        reviews: Independent decisions it has.
        opened_at: When it came into the queue.
        due_at: When it should be decided; None without a date.
        decided_at: When it had all decisions it needs.
        holder: Who holds it now; empty if nobody or if the lease ran out.
        held_until: When that lease runs out; None if nobody holds it.
    """

    id: str
    queue: str
    position: int
    order_no: int
    order_id: str
    severity: int
    needed: int
    doubled_by: DoubledBy
    state: CaseState
    reviews: int
    opened_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    holder: str
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the work of a queue stands.

    Attributes:
        n: Cases in it.
        done: Decided by as many as needed (appealed ones too).
        discarded: Taken out of it.
        open: Still to decide; the next ones are among them.
        in_review: Open ones that somebody holds now.
        second: Open ones that have a first decision and wait for another.
        skipped: Open ones that somebody skipped.
        overdue: Open ones past their date.
        appealed: Decided ones with an appeal that is not decided.
        next_due: Earliest date of an open case; None without one.
    """

    n: int
    done: int
    discarded: int
    open: int
    in_review: int
    second: int
    skipped: int
    overdue: int
    appealed: int
    next_due: datetime | None


def find_queue(records: Records, identifier: str) -> Queue:
    """A queue by its id.

    Raises:
        UnknownName: if there is none.
        Conflict: if it was deleted.
    """
    raise NotImplementedError


def list_queues(records: Records, *, dataset: str = "") -> tuple[Queue, ...]:
    """Queues that are not deleted, the newest first.

    Args:
        records: The open records.
        dataset: Only those on this dataset (its id).
    """
    raise NotImplementedError


def progress_of(
    records: Records, queues: tuple[str, ...], *, now: datetime | None = None
) -> Mapping[str, Progress]:
    """Progress by queue id, in one query for all."""
    raise NotImplementedError


def case_at(
    records: Records, queue: str, position: int, *, now: datetime | None = None
) -> Case:
    """The case at a place of a queue, to look at; ``take`` is for deciding it.

    Raises:
        UnknownName: if the queue has no such position.
    """
    raise NotImplementedError


def cases_of(
    records: Records,
    queue: str,
    *,
    first: int = 1,
    limit: int = 100,
    now: datetime | None = None,
) -> tuple[Case, ...]:
    """Cases of a queue from a position on; for lists and for reading neighbours ahead."""
    raise NotImplementedError


def delete_queue(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Delete a queue; ``undo_delete(records, "case_queue", ...)`` brings it back."""
    raise NotImplementedError
