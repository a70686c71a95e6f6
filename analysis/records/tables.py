"""The tables of the records; the migrations build them, a test holds the two equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


class UtcTime(sa.TypeDecorator[datetime]):
    """An instant: timezone-aware in Python, UTC in the database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is not None and value.tzinfo is None:
            message = "a naive time has no place in the records"
            raise ValueError(message)
        return value.astimezone(UTC) if value else None

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> datetime | None:
        """SQLite gives back naive times; they are UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def stamps() -> tuple[sa.Column[Any], ...]:
    """Columns of every row that people write: who and when, version, deletion."""
    return (
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("changed_by", sa.String(120), nullable=False),
        sa.Column("deleted_at", UtcTime),
        sa.Column("deleted_by", sa.String(120)),
    )


targets = sa.Table(
    "targets",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("metric", sa.String(200), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date),
    sa.Column("target", sa.Double, nullable=False),
    sa.Column("floor", sa.Double),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    *stamps(),
)

saved_views = sa.Table(
    "saved_views",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("page", sa.String(60), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    *stamps(),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(120), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(32), nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
)

_LIVE = sa.text("deleted_at IS NULL")

sa.Index(
    "targets_one_live_by_key",
    targets.c.key,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
sa.Index(
    "saved_views_one_live_name",
    saved_views.c.page,
    saved_views.c.owner,
    saved_views.c.name,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
sa.Index("audit_by_subject", audit.c.kind, audit.c.subject)
