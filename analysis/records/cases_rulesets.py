"""Rule sets that were put into force: append-only, the newest of a name is live."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput
from analysis.records import trail
from analysis.records.database import Records
from analysis.records.tables import UtcTime, metadata
from analysis.words import N_

MAX_CONTENT = 200_000

case_rulesets = sa.Table(
    "case_rulesets",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("version", sa.String(60), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.String(120), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("name", "version", name="case_rulesets_one_of_a_version"),
)


@dataclass(frozen=True, slots=True)
class StoredRuleset:
    """One version of a rule set that went live.

    Attributes:
        id: Its name in the table.
        name: Name of the rule set.
        version: Its version; verdicts keep it.
        content: The whole set, as YAML.
        reason: Why it replaced the one before.
        by: Who put it into force.
        at: When; from then on it is live, until the next one.
    """

    id: str
    name: str
    version: str
    content: str
    reason: str
    by: str
    at: datetime


def publish_ruleset(
    records: Records,
    *,
    name: str,
    version: str,
    content: str,
    reason: str,
    by: str,
    now: datetime | None = None,
) -> StoredRuleset:
    """Put a rule set into force; the one before is retired, and stays.

    Args:
        records: The open records.
        name: Name of the rule set.
        version: A version that this name did not have before.
        content: The whole set as YAML, checked by the caller.
        reason: Why; never empty.
        by: Who does it.
        now: The present, for tests.

    Raises:
        InvalidInput: if there is no reason, or the content is too long.
        Conflict: if there is such a version already.
    """
    stored = StoredRuleset(
        id=uuid.uuid4().hex,
        name=trail.label(name),
        version=trail.label(version),
        content=content,
        reason=reason.strip(),
        by=trail.author(by),
        at=now or datetime.now(UTC),
    )
    _check(stored)
    values = {column.name: getattr(stored, column.name) for column in case_rulesets.c}
    same = (case_rulesets.c.name == stored.name) & (
        case_rulesets.c.version == stored.version
    )
    with records.writing() as connection:
        if connection.execute(sa.select(case_rulesets.c.id).where(same)).first():
            raise Conflict(
                N_("There is a version {version} of {name} already."),
                hint=N_("Give the new one another version."),
                version=stored.version,
                name=stored.name,
            )
        connection.execute(sa.insert(case_rulesets).values(values))
    return stored


def list_rulesets(records: Records) -> tuple[StoredRuleset, ...]:
    """All versions that went live, the newest first."""
    query = sa.select(case_rulesets).order_by(
        case_rulesets.c.at.desc(), case_rulesets.c.id
    )
    with records.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(StoredRuleset(**dict(row)) for row in rows)


def live_ruleset(records: Records) -> StoredRuleset | None:
    """The rule set in force; None while nobody replaced the one that comes along."""
    query = sa.select(case_rulesets).order_by(
        case_rulesets.c.at.desc(), case_rulesets.c.id
    )
    with records.reading() as connection:
        row = connection.execute(query.limit(1)).mappings().first()
    return StoredRuleset(**dict(row)) if row else None


def _check(stored: StoredRuleset) -> None:
    if not stored.reason:
        raise InvalidInput(
            N_("A rule set goes live with a reason, and there is none."),
            hint=N_("Write why it replaces the one before."),
        )
    if len(stored.content) > MAX_CONTENT:
        raise InvalidInput(
            N_("The rule set has {seen} characters, {limit} are the most."),
            hint=N_("Leave out words that no file uses."),
            seen=len(stored.content),
            limit=MAX_CONTENT,
        )
