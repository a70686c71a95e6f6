"""Cases: queues, leases, drafts, decisions, appeals."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL")

#: Tables that only grow, with what makes a new row the replacement of an old one.
APPEND_ONLY = {
    "case_decisions": (
        "old.id = NEW.id OR old.supersedes = NEW.supersedes "
        'OR (old."case" = NEW."case" AND old.version = NEW.version)'
    ),
    "case_rule_hits": "old.decision = NEW.decision AND old.rule = NEW.rule",
    "case_notes": "old.id = NEW.id",
}


def upgrade() -> None:
    op.create_table(
        "case_queues",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("dataset_version", sa.String(80), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("rubric", sa.Text, nullable=False),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("reviewers_per_case", sa.Integer, nullable=False),
        sa.Column("double_review_share", sa.Double, nullable=False),
        sa.Column("lease_seconds", sa.Integer, nullable=False),
        sa.Column("time_target", sa.Double, nullable=False),
        sa.Column("due_hours", sa.Double, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        *stamps(),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("queue", sa.String(32), sa.ForeignKey("case_queues.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("order_no", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.Column("doubled_by", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reviews", sa.Integer, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("decided_at", INSTANT),
        sa.Column("holder", sa.String(120)),
        sa.Column("held_until", INSTANT),
        sa.UniqueConstraint("queue", "position", name="cases_one_at_a_position"),
    )
    op.create_table(
        "case_skips",
        sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("reviewer", sa.String(120), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "case_drafts",
        sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("reviewer", sa.String(120), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("active_seconds", sa.Double, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
    )
    op.create_table(
        "case_decisions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("reviewer", sa.String(120), nullable=False),
        sa.Column("party", sa.String(80), nullable=False),
        sa.Column("shares", sa.Text, nullable=False),
        sa.Column("cause", sa.String(60), nullable=False),
        sa.Column("detail", sa.String(60), nullable=False),
        sa.Column("solution", sa.String(60), nullable=False),
        sa.Column("exemption", sa.String(60), nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("suggested", sa.String(80), nullable=False),
        sa.Column("ruleset", sa.String(60), nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("missing_evidence", sa.Text, nullable=False),
        sa.Column("is_blind", sa.Boolean, nullable=False),
        sa.Column("opened_at", INSTANT),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("active_seconds", sa.Double),
        sa.Column("supersedes", sa.String(32), sa.ForeignKey("case_decisions.id")),
        sa.UniqueConstraint("case", "version", name="case_decisions_one_of_a_version"),
        sa.UniqueConstraint("supersedes", name="case_decisions_superseded_once"),
        sa.CheckConstraint("explanation <> ''", name="case_decisions_are_explained"),
    )
    op.create_table(
        "case_rule_hits",
        sa.Column(
            "decision", sa.String(32), sa.ForeignKey("case_decisions.id"), primary_key=True
        ),
        sa.Column("rule", sa.String(40), primary_key=True),
        sa.Column("party", sa.String(80), nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("threshold", sa.Double),
        sa.Column("evidence", sa.Text, nullable=False),
    )
    op.create_table(
        "case_notes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "case_appeals",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "decision", sa.String(32), sa.ForeignKey("case_decisions.id"), nullable=False
        ),
        sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("reviewer", sa.String(120), nullable=False),
        sa.Column("appellant", sa.String(20), nullable=False),
        sa.Column("grounds", sa.Text, nullable=False),
        sa.Column("proposed", sa.String(80), nullable=False),
        sa.Column("filed_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("handler", sa.String(120)),
        sa.Column("outcome", sa.String(12)),
        sa.Column("decided_at", INSTANT),
        sa.Column("new_decision", sa.String(32), sa.ForeignKey("case_decisions.id")),
        *stamps(),
        sa.CheckConstraint(
            "handler IS NULL OR handler <> reviewer", name="case_appeals_by_another"
        ),
    )
    op.create_index(
        "case_queues_one_live_name", "case_queues", ["key"],
        unique=True, sqlite_where=LIVE, postgresql_where=LIVE,
    )
    op.create_index("cases_by_state", "cases", ["queue", "state", "position"])
    op.create_index("cases_by_holder", "cases", ["holder", "queue"])
    op.create_index("cases_by_order", "cases", ["order_id"])
    op.create_index(
        "case_decisions_by_reviewer", "case_decisions", ["reviewer", "case"]
    )
    op.create_index("case_notes_by_case", "case_notes", ["case"])
    op.create_index("case_appeals_by_case", "case_appeals", ["case"])
    if op.get_bind().dialect.name == "sqlite":
        protect_on_sqlite()
    else:
        protect_on_postgresql()


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


def protect_on_sqlite() -> None:
    """Let the database itself refuse to change what was decided.

    A replacing INSERT fires no trigger on DELETE, so it needs one of its own.
    """
    for table, same in APPEND_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} AS old WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def protect_on_postgresql() -> None:
    """The same, with the function that the migration before made."""
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only "
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_appended_change()"
        )
