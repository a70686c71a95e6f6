"""Targets, saved views and the trail that nobody can rewrite."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL")


def stamps() -> list[sa.Column]:
    return [
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String(120), nullable=False),
        sa.Column("deleted_at", INSTANT),
        sa.Column("deleted_by", sa.String(120)),
    ]


def upgrade() -> None:
    op.create_table(
        "targets",
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
    op.create_index(
        "targets_one_live_by_key", "targets", ["key"],
        unique=True, sqlite_where=LIVE, postgresql_where=LIVE,
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("page", sa.String(60), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        *stamps(),
    )
    op.create_index(
        "saved_views_one_live_name", "saved_views", ["page", "owner", "name"],
        unique=True, sqlite_where=LIVE, postgresql_where=LIVE,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
    )
    op.create_index("audit_by_subject", "audit", ["kind", "subject"])
    protect_trail()


def protect_trail() -> None:
    """Let the database itself refuse to change or delete what the trail holds."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
