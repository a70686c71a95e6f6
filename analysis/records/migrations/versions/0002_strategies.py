"""Strategies: what was planned, frozen, changed and decided."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL")
APPEND_ONLY = ("strategy_deviations", "strategy_looks", "strategy_decisions")
FROZEN = ("frozen_plan", "frozen_hash", "frozen_at", "frozen_by")


def upgrade() -> None:
    create_strategies()
    create_what_is_appended()
    for table in APPEND_ONLY:
        op.create_index(f"{table}_by_strategy", table, ["strategy"])
    if op.get_bind().dialect.name == "sqlite":
        protect_on_sqlite()
    else:
        protect_on_postgresql()


def create_strategies() -> None:
    op.create_table(
        "strategies",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("hypothesis", sa.Text, nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("design", sa.String(40), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("assignment", sa.Text, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("guardrails", sa.Text, nullable=False),
        sa.Column("smallest_effect", sa.Double, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("frozen_plan", sa.Text),
        sa.Column("frozen_hash", sa.String(64)),
        sa.Column("frozen_at", INSTANT),
        sa.Column("frozen_by", sa.String(120)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String(120), nullable=False),
        sa.Column("deleted_at", INSTANT),
        sa.Column("deleted_by", sa.String(120)),
    )
    op.create_index(
        "strategies_one_live_name", "strategies", ["dataset", "name"],
        unique=True, sqlite_where=LIVE, postgresql_where=LIVE,
    )


def create_what_is_appended() -> None:
    op.create_table(
        "strategy_deviations",
        *appended(),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "strategy_looks",
        *appended(),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("plan_hash", sa.String(64), nullable=False),
        sa.Column("is_exploratory", sa.Boolean, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
    )
    op.create_table(
        "strategy_decisions",
        *appended(),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recommendation", sa.String(20), nullable=False),
        sa.Column("second", sa.String(120), nullable=False),
        sa.Column("plan_hash", sa.String(64), nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
    )


def appended() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("strategy", sa.String(32), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    ]


def protect_on_sqlite() -> None:
    """Let the database itself refuse to rewrite what was frozen or decided."""
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FROZEN)
    op.execute(
        "CREATE TRIGGER strategies_stay_frozen BEFORE UPDATE ON strategies "
        f"WHEN OLD.frozen_hash IS NOT NULL AND ({changed}) "
        "BEGIN SELECT RAISE(ABORT, 'a frozen plan stays as it is'); END"
    )
    op.execute(
        "CREATE TRIGGER strategies_no_delete BEFORE DELETE ON strategies "
        "WHEN OLD.frozen_hash IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'a frozen plan stays as it is'); END"
    )


def protect_on_postgresql() -> None:
    """The same, in PostgreSQL's own way."""
    op.execute(
        "CREATE FUNCTION refuse_appended_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only "
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_appended_change()"
        )
    op.execute(
        "CREATE FUNCTION refuse_thawing() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a frozen plan stays as it is'; END $$"
    )
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FROZEN)
    op.execute(
        "CREATE TRIGGER strategies_stay_frozen BEFORE UPDATE ON strategies FOR EACH ROW "
        f"WHEN (OLD.frozen_hash IS NOT NULL AND ({changed})) "
        "EXECUTE FUNCTION refuse_thawing()"
    )
    op.execute(
        "CREATE TRIGGER strategies_no_delete BEFORE DELETE ON strategies FOR EACH ROW "
        "WHEN (OLD.frozen_hash IS NOT NULL) EXECUTE FUNCTION refuse_thawing()"
    )
