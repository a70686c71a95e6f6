"""What somebody has typed on a case and not decided yet.

Drafts are overwritten with each pause of typing and leave no trail; what was decided
leaves one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from analysis.errors import InvalidInput
from analysis.records import trail
from analysis.records.cases_leases import upsert
from analysis.records.cases_tables import case_drafts
from analysis.records.database import Records
from analysis.words import N_

MAX_DRAFT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A form half filled in.

    Attributes:
        case: Id of the case.
        reviewer: Whose it is; everybody has their own.
        content: Values of the form by name, as JSON data.
        opened_at: When this person first opened the case.
        active_seconds: Seconds they were active on it so far.
        saved_at: When it was saved.
    """

    case: str
    reviewer: str
    content: Mapping[str, Any]
    opened_at: datetime
    active_seconds: float
    saved_at: datetime


def save_draft(
    records: Records,
    case: str,
    *,
    by: str,
    content: Mapping[str, Any],
    active_seconds: float = 0.0,
    now: datetime | None = None,
) -> Draft:
    """Keep what is typed; active seconds never fall, the opening stays the first.

    Args:
        records: The open records.
        case: Id of the case.
        by: Whose draft it is.
        content: Values of the form by name, as JSON data.
        active_seconds: Seconds of activity so far; negative or endless ones count 0.
        now: The present, for tests.

    Raises:
        InvalidInput: if the content is no JSON data or too long.
        UnknownName: if there is no such case.
    """
    moment, person = now or datetime.now(UTC), trail.author(by)
    text = _dump(content)
    with records.writing() as connection:
        trail.fetch(connection, "case", case)
        before = _read(connection, case, person)
        seconds = max(_sound(active_seconds), before.active_seconds if before else 0.0)
        values: dict[str, Any] = {
            "content": text,
            "opened_at": before.opened_at if before else moment,
            "active_seconds": seconds,
            "saved_at": moment,
        }
        upsert(connection, case_drafts, {"case": case, "reviewer": person}, values)
    return Draft(case=case, reviewer=person, **(values | {"content": dict(content)}))


def draft_of(records: Records, case: str, *, by: str) -> Draft | None:
    """What this person typed on a case and has not decided."""
    with records.reading() as connection:
        return _read(connection, case, trail.author(by))


def drop_draft(records: Records, case: str, *, by: str) -> None:
    """Forget a draft."""
    with records.writing() as connection:
        remove_draft(connection, case, by=trail.author(by))


def remove_draft(connection: sa.Connection, case: str, *, by: str) -> Draft | None:
    """Forget a draft inside a transaction; gives back what it held."""
    found = _read(connection, case, by)
    connection.execute(sa.delete(case_drafts).where(_key(case, by)))
    return found


def _read(connection: sa.Connection, case: str, person: str) -> Draft | None:
    query = sa.select(case_drafts).where(_key(case, person))
    row = connection.execute(query).mappings().one_or_none()
    return Draft(**{**row, "content": json.loads(row["content"])}) if row else None


def _key(case: str, person: str) -> sa.ColumnElement[bool]:
    return (case_drafts.c.case == case) & (case_drafts.c.reviewer == person)


def _sound(seconds: float) -> float:
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _dump(content: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(content), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        text = ""
    if not text or len(text) > MAX_DRAFT:
        raise InvalidInput(
            N_("This draft cannot be kept: {seen} characters, at most {limit}."),
            hint=N_("Shorten the texts of the form."),
            seen=len(text),
            limit=MAX_DRAFT,
        )
    return text
