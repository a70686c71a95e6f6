"""Queues of cases and where their work stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from analysis.errors import UnknownName
from analysis.records import trail
from analysis.records.cases_tables import case_queues, case_skips, cases
from analysis.records.cases_texts import new_ids, text_of
from analysis.records.database import Records
from analysis.words import N_

CaseState = Literal["open", "decided", "discarded", "appealed"]
DoubledBy = Literal["", "queue", "random", "severity"]
Source = Literal["selection", "ids", "imported"]


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
    source: Source
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

    @property
    def is_second_opinion(self) -> bool:
        """Whether a decision is there already, which the next reviewer must not see."""
        return self.state == "open" and self.reviews > 0


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


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What a queue is made with; the fields are those of ``Queue``."""

    name: str
    dataset: str
    dataset_version: str
    source: Source
    selection: Mapping[str, Any]
    rubric: str
    order: tuple[str, ...]
    reviewers_per_case: int
    double_review_share: float
    lease_seconds: int
    time_target: float
    due_hours: float


@dataclass(frozen=True, slots=True)
class NewCase:
    """An order that shall become a case; the fields are those of ``Case``."""

    order_no: int
    order_id: str
    severity: int
    needed: int = 1
    doubled_by: DoubledBy = ""


def add_queue(
    records: Records,
    settings: QueueSettings,
    members: Sequence[NewCase],
    *,
    by: str,
    now: datetime | None = None,
) -> Queue:
    """Keep a queue and its cases, in the order given.

    Raises:
        InvalidInput: if a text is empty or too long.
        Conflict: if the dataset has a queue of that name.
    """
    with records.writing() as connection:
        row = insert_queue(connection, settings, size=len(members), by=by)
        insert_cases(connection, row, members, now=now or datetime.now(UTC))
    return queue_of(row)


def find_queue(records: Records, identifier: str) -> Queue:
    """A queue by its id.

    Raises:
        UnknownName: if there is none.
        Conflict: if it was deleted.
    """
    with records.reading() as connection:
        return queue_of(trail.live(connection, "case_queue", identifier))


def list_queues(records: Records, *, dataset: str = "") -> tuple[Queue, ...]:
    """Queues that are not deleted, the newest first.

    Args:
        records: The open records.
        dataset: Only those on this dataset (its id).
    """
    query = sa.select(case_queues).where(case_queues.c.deleted_at.is_(None))
    if dataset:
        query = query.where(case_queues.c.dataset == dataset)
    query = query.order_by(case_queues.c.created_at.desc(), case_queues.c.id)
    with records.reading() as connection:
        return tuple(
            queue_of(dict(row)) for row in connection.execute(query).mappings()
        )


def progress_of(
    records: Records, queues: Sequence[str], *, now: datetime | None = None
) -> Mapping[str, Progress]:
    """Progress by queue id, in one query for all."""
    query = _progress_query(now or datetime.now(UTC)).where(cases.c.queue.in_(queues))
    with records.reading() as connection:
        found = connection.execute(query.group_by(cases.c.queue)).mappings().all()
    return {row["queue"]: _progress(dict(row)) for row in found}


def case_at(
    records: Records, queue: str, position: int, *, now: datetime | None = None
) -> Case:
    """The case at a place of a queue, to look at; ``take`` is for deciding it.

    Raises:
        UnknownName: if the queue has no such position.
    """
    found = cases_of(records, queue, first=position, limit=1, now=now)
    if not found or found[0].position != position:
        raise no_position(position)
    return found[0]


def cases_of(
    records: Records,
    queue: str,
    *,
    first: int = 1,
    limit: int = 100,
    now: datetime | None = None,
) -> tuple[Case, ...]:
    """Cases of a queue from a position on; for lists and reading neighbours ahead."""
    query = sa.select(cases).where(cases.c.queue == queue, cases.c.position >= first)
    query = query.order_by(cases.c.position).limit(limit)
    moment = now or datetime.now(UTC)
    with records.reading() as connection:
        found = connection.execute(query).mappings().all()
    return tuple(case_of(dict(row), now=moment) for row in found)


def delete_queue(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Delete a queue; ``undo_delete(records, "case_queue", ...)`` brings it back.

    Raises:
        UnknownName: if there is no such queue.
        Conflict: if somebody else changed or deleted it meanwhile.
    """
    trail.remove(records, "case_queue", identifier, by=by, version=version)


def insert_queue(
    connection: sa.Connection, settings: QueueSettings, *, size: int, by: str
) -> Mapping[str, Any]:
    """The row of a new queue, written with its trace."""
    name = trail.label(settings.name)
    values = {
        **asdict(settings),
        "name": name,
        "rubric": text_of(settings.rubric, empty=True),
        "selection": json.dumps(settings.selection, ensure_ascii=False),
        "order": json.dumps(settings.order),
        "size": size,
        "key": _key(settings.dataset, name),
    }
    return trail.create(connection, "case_queue", values, by=by)


def insert_cases(
    connection: sa.Connection,
    queue: Mapping[str, Any],
    members: Sequence[NewCase],
    *,
    now: datetime,
    state: CaseState = "open",
) -> list[str]:
    """Write the cases of a new queue; gives back their ids in the order given."""
    hours = queue["due_hours"]
    common = {
        "queue": queue["id"],
        "state": state,
        "reviews": 0,
        "opened_at": now,
        "due_at": now + timedelta(hours=hours) if hours else None,
    }
    ids = new_ids(len(members))
    rows = [
        common | {name: getattr(member, name) for name in NewCase.__slots__}
        | {"id": ids[place], "position": place + 1}
        for place, member in enumerate(members)
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(cases), rows)
    return ids


def queue_of(row: Mapping[str, Any]) -> Queue:
    """A queue from its row."""
    known = {item.name: row[item.name] for item in fields(Queue) if item.name in row}
    decoded = {
        "selection": json.loads(row["selection"]),
        "order": tuple(json.loads(row["order"])),
    }
    return Queue(**(known | decoded))


def case_of(row: Mapping[str, Any], *, now: datetime) -> Case:
    """A case from its row; a lease that ran out is no lease."""
    known = {item.name: row[item.name] for item in fields(Case)}
    if row["held_until"] is None or row["held_until"] <= now:
        return Case(**(known | {"holder": "", "held_until": None}))
    return Case(**known)


def no_position(position: int) -> UnknownName:
    """The error for a place that a queue has not."""
    return UnknownName(
        N_("The queue has no case {position}."),
        hint=N_("Go to its first case."),
        position=position,
    )


def _progress_query(now: datetime) -> sa.Select[Any]:
    is_open = cases.c.state == "open"
    skipped = sa.exists().where(case_skips.c.case == cases.c.id)
    counted = {
        "done": cases.c.state.in_(("decided", "appealed")),
        "discarded": cases.c.state == "discarded",
        "open": is_open,
        "in_review": is_open & (cases.c.held_until > now),
        "second": is_open & (cases.c.reviews > 0),
        "skipped": is_open & skipped,
        "overdue": is_open & (cases.c.due_at < now),
        "appealed": cases.c.state == "appealed",
    }
    due = sa.case((is_open, cases.c.due_at))
    return sa.select(
        cases.c.queue,
        sa.func.count().label("n"),
        *(_count(held).label(name) for name, held in counted.items()),
        sa.func.min(due).label("next_due"),
    )


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _progress(row: Mapping[str, Any]) -> Progress:
    return Progress(**{item.name: row[item.name] for item in fields(Progress)})


def _key(dataset: str, name: str) -> str:
    content = json.dumps([dataset, name.casefold()])
    return hashlib.sha256(content.encode()).hexdigest()
