"""The trace: every write with its before and after, and deletions as marks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.records.alerts_tables import alert_rules
from analysis.records.cases_tables import case_appeals, case_queues, cases
from analysis.records.database import Records
from analysis.records.strategies_tables import strategies
from analysis.records.tables import audit, saved_views, targets
from analysis.words import N_

Kind = Literal["target", "saved_view", "strategy", "case_queue", "case", "case_appeal",
               "alert_rule"]  # fmt: skip
Action = Literal[
    "create", "change", "delete", "undo_delete", "decide", "discard", "restore", "note"
]

TABLES: Final[Mapping[Kind, sa.Table]] = {
    "target": targets,
    "saved_view": saved_views,
    "strategy": strategies,
    "case_queue": case_queues,
    "case": cases,
    "case_appeal": case_appeals,
    "alert_rule": alert_rules,
}
MAX_NAME: Final = 120
MAX_CHANGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """One write, as it stays in the trail for good.

    Attributes:
        at: When, in UTC.
        by: Who.
        action: What was done.
        kind: What sort of thing was written.
        subject: Id of that thing.
        before: Its values before; None for a new one.
        after: Its values after.
    """

    at: datetime
    by: str
    action: Action
    kind: Kind
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def audit_trail(
    records: Records,
    *,
    kind: Kind | None = None,
    subject: str | None = None,
    limit: int = 200,
) -> tuple[Change, ...]:
    """The newest writes first.

    Args:
        records: The open records.
        kind: Only of this sort.
        subject: Only of this id.
        limit: How many at most.
    """
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(min(limit, MAX_CHANGES))
    if kind is not None:
        query = query.where(audit.c.kind == kind)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    with records.reading() as connection:
        return tuple(_change(row) for row in connection.execute(query))


def undo_delete(records: Records, kind: Kind, identifier: str, *, by: str) -> None:
    """Bring back what was deleted.

    Raises:
        UnknownName: if there is no such thing.
        Conflict: if it is not deleted, or another took its place meanwhile.
    """
    with records.writing() as connection:
        row = fetch(connection, kind, identifier)
        if row["deleted_at"] is None:
            raise Conflict(
                N_("This is not deleted."), hint=N_("Reload the page to see it.")
            )
        revive = {"deleted_at": None, "deleted_by": None}
        revise(connection, kind, row, revive, by=by, action="undo_delete")


def remove(
    records: Records, kind: Kind, identifier: str, *, by: str, version: int | None
) -> None:
    """Mark as deleted; nothing leaves the database."""
    with records.writing() as connection:
        row = live(connection, kind, identifier)
        mark = {"deleted_at": datetime.now(UTC), "deleted_by": author(by)}
        expect(row, version)
        revise(connection, kind, row, mark, by=by, action="delete")


def create(
    connection: sa.Connection, kind: Kind, values: Mapping[str, Any], *, by: str
) -> Mapping[str, Any]:
    """Insert a row with its stamps and its trace.

    Raises:
        Conflict: if a live row holds the same place.
    """
    now = datetime.now(UTC)
    row = {
        **values,
        "id": uuid.uuid4().hex,
        "version": 1,
        "created_at": now,
        "created_by": author(by),
        "changed_at": now,
        "changed_by": author(by),
        "deleted_at": None,
        "deleted_by": None,
    }
    try:
        connection.execute(sa.insert(TABLES[kind]).values(row))
    except sa.exc.IntegrityError:
        raise _taken() from None
    _trace(connection, kind, "create", before=None, after=row)
    return row


def revise(
    connection: sa.Connection,
    kind: Kind,
    row: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    by: str,
    action: Action = "change",
) -> Mapping[str, Any]:
    """Change a row that is still at the version read, with its trace.

    Raises:
        Conflict: if somebody else changed it meanwhile.
    """
    table = TABLES[kind]
    stamp = {
        "version": row["version"] + 1,
        "changed_at": datetime.now(UTC),
        "changed_by": author(by),
    }
    still = (table.c.id == row["id"]) & (table.c.version == row["version"])
    try:
        done = connection.execute(
            sa.update(table).where(still).values({**values, **stamp})
        )
    except sa.exc.IntegrityError:
        raise _taken() from None
    if done.rowcount != 1:
        raise _changed_meanwhile(row)
    after = {**row, **values, **stamp}
    _trace(connection, kind, action, before=row, after=after)
    return after


def fetch(connection: sa.Connection, kind: Kind, identifier: str) -> Mapping[str, Any]:
    """One row by id, deleted or not.

    Raises:
        UnknownName: if there is none.
    """
    table = TABLES[kind]
    found = connection.execute(sa.select(table).where(table.c.id == identifier))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownName(
            N_("There is no record {identifier} here."),
            hint=N_("Reload the page; it may have been opened on another workspace."),
            identifier=identifier[:40],
        )
    return dict(row)


def live(connection: sa.Connection, kind: Kind, identifier: str) -> Mapping[str, Any]:
    """One row by id that is not deleted.

    Raises:
        UnknownName: if there is none.
        Conflict: if it was deleted.
    """
    row = fetch(connection, kind, identifier)
    if row["deleted_at"] is not None:
        raise Conflict(
            N_("{who} deleted this meanwhile."),
            hint=N_("Undo the deletion first."),
            who=row["deleted_by"],
        )
    return row


def expect(row: Mapping[str, Any], version: int | None) -> None:
    """Insist that a row is at the version the user saw; None accepts any.

    Raises:
        Conflict: if somebody else changed it meanwhile.
    """
    if version is not None and row["version"] != version:
        raise _changed_meanwhile(row)


def note(
    connection: sa.Connection, kind: Kind, action: Action, entry: Mapping[str, Any]
) -> None:
    """Trace what was appended to a thing without changing it.

    Args:
        connection: Of the transaction in which it is appended.
        kind: What sort of thing.
        action: What was done.
        entry: What was appended: the thing's id under the name of its kind, ``at`` and
            ``by``, and further values.
    """
    stamped = {
        **entry,
        "id": entry[kind],
        "changed_at": entry["at"],
        "changed_by": entry["by"],
    }
    _trace(connection, kind, action, before=None, after=stamped)


def author(name: str) -> str:
    """A name fit to stand beside a write.

    Raises:
        InvalidInput: if it is empty or too long.
    """
    return label(name)


def label(text: str) -> str:
    """A short printable text, blanks trimmed.

    Raises:
        InvalidInput: if it is empty, too long or holds control characters.
    """
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > MAX_NAME or not cleaned.isprintable():
        raise InvalidInput(
            N_("A name needs 1 to {limit} printable characters, this one has {seen}."),
            hint=N_("Write a shorter or a plainer one."),
            seen=sum(letter.isprintable() for letter in cleaned),
            limit=MAX_NAME,
        )
    return cleaned


def _trace(
    connection: sa.Connection,
    kind: Kind,
    action: Action,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    entry = {
        "at": after["changed_at"],
        "by": after["changed_by"],
        "action": action,
        "kind": kind,
        "subject": after["id"],
        "before": _dump(before),
        "after": _dump(after),
    }
    connection.execute(sa.insert(audit).values(entry))


def _dump(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return None
    return json.dumps(dict(row), default=date.isoformat, ensure_ascii=False)


def _change(row: sa.Row[Any]) -> Change:
    return Change(
        at=row.at,
        by=row.by,
        action=row.action,
        kind=row.kind,
        subject=row.subject,
        before=json.loads(row.before) if row.before else None,
        after=json.loads(row.after) if row.after else None,
    )


def _changed_meanwhile(row: Mapping[str, Any]) -> Conflict:
    return Conflict(
        N_("{who} changed this meanwhile."),
        hint=N_("Reload the page to see the change, then make yours again."),
        who=row["changed_by"],
    )


def _taken() -> Conflict:
    return Conflict(
        N_("Another one of the same name or scope exists already."),
        hint=N_("Choose another name, or change the one that is there."),
    )
