"""Alert rules, and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
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
        "alert_rules",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("grain", sa.String(20), nullable=False),
        sa.Column("side", sa.String(20), nullable=False),
        sa.Column("limit", sa.Double),
        sa.Column("owner", sa.String(120), nullable=False),
        *stamps(),
    )
    op.create_index(
        "alert_rules_one_live_name", "alert_rules", ["dataset", "name"],
        unique=True, sqlite_where=LIVE, postgresql_where=LIVE,
    )
    create_results()


def create_results() -> None:
    op.create_table(
        "alert_results",
        sa.Column("rule", sa.String(32), primary_key=True),
        sa.Column("rule_version", sa.Integer, primary_key=True),
        sa.Column("dataset", sa.String(200), primary_key=True),
        sa.Column("dataset_version", sa.String(80), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("period", sa.DateTime),
        sa.Column("began", sa.DateTime),
        sa.Column("value", sa.Double),
        sa.Column("limit", sa.Double),
        sa.Column("expected", sa.Double),
        sa.Column("orders", sa.Double),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evaluated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["rule"], ["alert_rules.id"]),
    )
    op.create_index(
        "alert_results_by_dataset", "alert_results", ["dataset", "dataset_version"]
    )
