"""Who holds which case: leases that run out, skipping and discarding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from analysis.errors import Conflict
from analysis.records import trail
from analysis.records.cases import Case, case_of, no_position
from analysis.records.cases_tables import case_decisions, case_skips, cases
from analysis.records.cases_texts import text_of
from analysis.records.database import Records
from analysis.words import N_


def take(
    records: Records,
    queue: str,
    *,
    by: str,
    position: int | None = None,
    after: int = 0,
    now: datetime | None = None,
) -> Case | None:
    """Take a case to decide it: nobody else gets it before the lease runs out.

    Somebody holds at most one case of a queue: taking another lets go of the one held.
    Without a position the case held already comes first (after a reload, a killed
    server); then the first open one after ``after`` that this person has not decided,
    then those before it, and those that they skipped last.

    Args:
        records: The open records.
        queue: Id of the queue.
        by: Who takes it.
        position: Take exactly this one.
        after: Start looking behind this position.
        now: The present, for tests.

    Returns:
        The case with ``holder`` and ``held_until``; None if nothing is left for this
        person.

    Raises:
        Conflict: if the case at ``position`` is held by somebody else, finished, or
            already decided by this person; read it with ``case_at`` then.
        UnknownName: if there is no such queue or position.
    """
    moment, person = now or datetime.now(UTC), trail.author(by)
    with records.writing() as connection:
        seconds = trail.live(connection, "case_queue", queue)["lease_seconds"]
        if position is None:
            row = _next(connection, queue, by=person, after=after, now=moment)
        else:
            row = _at(connection, queue, position)
            require_free(connection, row, by=person, now=moment)
        if row is None:
            return None
        _let_go(connection, queue, by=person)
        return _hold(connection, row, by=person, seconds=seconds, now=moment)


def renew(records: Records, case: str, *, by: str, now: datetime | None = None) -> Case:
    """Keep a case for another lease, as long as nobody else took it.

    Raises:
        Conflict: if somebody else holds it by now, or it is decided.
        UnknownName: if there is no such case.
    """
    moment, person = now or datetime.now(UTC), trail.author(by)
    with records.writing() as connection:
        row = locked(connection, case)
        require_free(connection, row, by=person, now=moment)
        seconds = trail.live(connection, "case_queue", row["queue"])["lease_seconds"]
        return _hold(connection, row, by=person, seconds=seconds, now=moment)


def release(records: Records, case: str, *, by: str) -> None:
    """Let go of a case; nothing happens if this person does not hold it."""
    with records.writing() as connection:
        _let_go_of(connection, case, by=trail.author(by))


def skip(records: Records, case: str, *, by: str, reason: str = "") -> None:
    """Let go of a case and see it again only after all others; drafts stay.

    Raises:
        InvalidInput: if the reason is too long.
        Conflict: if somebody else holds it, or it is decided.
        UnknownName: if there is no such case.
    """
    person = trail.author(by)
    moment = datetime.now(UTC)
    values = {"at": moment, "reason": text_of(reason, empty=True)}
    with records.writing() as connection:
        row = locked(connection, case)
        require_free(connection, row, by=person, now=moment)
        key = {"case": case, "reviewer": person}
        upsert(connection, case_skips, key, values)
        _let_go_of(connection, case, by=person)


def discard(
    records: Records, case: str, *, by: str, reason: str, now: datetime | None = None
) -> Case:
    """Take a case out of its queue for everybody, with a reason.

    Raises:
        InvalidInput: if there is no reason.
        Conflict: if somebody else holds it or it is decided.
        UnknownName: if there is no such case.
    """
    moment, person = now or datetime.now(UTC), trail.author(by)
    entry = {"case": case, "at": moment, "by": person, "reason": text_of(reason)}
    with records.writing() as connection:
        row = locked(connection, case)
        require_open(row, by=person, now=moment)
        after = {"state": "discarded", "holder": None, "held_until": None}
        change_case(connection, case, after)
        trail.note(connection, "case", "discard", entry)
    return case_of({**row, **after}, now=moment)


def restore(records: Records, case: str, *, by: str) -> Case:
    """Bring a discarded case back into its queue.

    Raises:
        Conflict: if it is not discarded.
        UnknownName: if there is no such case.
    """
    moment, person = datetime.now(UTC), trail.author(by)
    with records.writing() as connection:
        row = locked(connection, case)
        if row["state"] != "discarded":
            raise Conflict(
                N_("This case is not discarded."), hint=N_("Reload the page.")
            )
        change_case(connection, case, {"state": "open"})
        trail.note(
            connection, "case", "restore", {"case": case, "at": moment, "by": person}
        )
    return case_of({**row, "state": "open"}, now=moment)


def locked(connection: sa.Connection, case: str) -> Mapping[str, Any]:
    """The row of a case, which no other transaction changes before this one ends.

    Raises:
        UnknownName: if there is none.
    """
    trail.fetch(connection, "case", case)
    query = sa.select(cases).where(cases.c.id == case).with_for_update()
    return dict(connection.execute(query).mappings().one())


def require_open(row: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Insist that a case is open and not with somebody else.

    Raises:
        Conflict: if it is not.
    """
    if row["state"] != "open":
        raise Conflict(
            N_("This case is finished: {state}."),
            hint=N_("It can be read; go on with the next one."),
            state=row["state"],
        )
    if row["holder"] not in (None, by) and row["held_until"] > now:
        raise Conflict(
            N_("{who} holds this case until {until}."),
            hint=N_("Go on with the next one, or wait."),
            who=row["holder"],
            until=row["held_until"],
        )


def require_free(
    connection: sa.Connection, row: Mapping[str, Any], *, by: str, now: datetime
) -> None:
    """Insist that this person may decide a case first-hand.

    Raises:
        Conflict: if it is finished, with somebody else, or decided by them already.
    """
    require_open(row, by=by, now=now)
    query = sa.select(_decided_by(by)).select_from(cases).where(cases.c.id == row["id"])
    if connection.execute(query).scalar():
        raise Conflict(
            N_("You have decided this case already; it waits for somebody else."),
            hint=N_("Correct your decision, or go on with the next case."),
        )


def change_case(
    connection: sa.Connection, case: str, values: Mapping[str, Any]
) -> None:
    """Change the row of a case."""
    connection.execute(sa.update(cases).where(cases.c.id == case).values(**values))


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
) -> None:
    """Write a row, or change the one with this primary key, in one statement."""
    on_postgresql = connection.dialect.name == "postgresql"
    insert = (postgresql if on_postgresql else sqlite).insert(table)
    connection.execute(
        insert.values({**key, **values}).on_conflict_do_update(
            index_elements=list(key), set_=dict(values)
        )
    )


def _next(
    connection: sa.Connection, queue: str, *, by: str, after: int, now: datetime
) -> Mapping[str, Any] | None:
    for query in _candidates(queue, by=by, after=after, now=now):
        row = connection.execute(
            query.order_by(cases.c.position).limit(1).with_for_update(skip_locked=True)
        ).mappings().first()  # fmt: skip
        if row is not None:
            return dict(row)
    return None


def _candidates(
    queue: str, *, by: str, after: int, now: datetime
) -> Iterator[sa.Select[Any]]:
    """Open cases for this person, the most fitting first.

    One query after the other, so that each stops at its first row by the index.
    """
    free = cases.c.holder.is_(None) | (cases.c.held_until <= now)
    unseen = sa.select(cases).where(
        cases.c.queue == queue, cases.c.state == "open", ~_decided_by(by)
    )
    skipped = sa.exists().where(
        case_skips.c.case == cases.c.id, case_skips.c.reviewer == by
    )
    yield unseen.where(cases.c.holder == by)
    yield unseen.where(free, ~skipped, cases.c.position > after)
    yield unseen.where(free, ~skipped)
    yield unseen.where(free, cases.c.position > after)
    yield unseen.where(free)


def _decided_by(person: str) -> sa.Exists:
    return sa.exists().where(
        case_decisions.c.case == cases.c.id,
        case_decisions.c.reviewer == person,
        case_decisions.c.kind == "HUMAN",
    )


def _at(connection: sa.Connection, queue: str, position: int) -> Mapping[str, Any]:
    query = sa.select(cases).where(cases.c.queue == queue, cases.c.position == position)
    row = connection.execute(query.with_for_update()).mappings().one_or_none()
    if row is None:
        raise no_position(position)
    return dict(row)


def _hold(
    connection: sa.Connection,
    row: Mapping[str, Any],
    *,
    by: str,
    seconds: int,
    now: datetime,
) -> Case:
    lease = {"holder": by, "held_until": now + timedelta(seconds=seconds)}
    change_case(connection, row["id"], lease)
    return case_of({**row, **lease}, now=now)


def _let_go(connection: sa.Connection, queue: str, *, by: str) -> None:
    held = (cases.c.queue == queue) & (cases.c.holder == by)
    _free(connection, held)


def _let_go_of(connection: sa.Connection, case: str, *, by: str) -> None:
    _free(connection, (cases.c.id == case) & (cases.c.holder == by))


def _free(connection: sa.Connection, held: sa.ColumnElement[bool]) -> None:
    connection.execute(
        sa.update(cases).where(held).values(holder=None, held_until=None)
    )
