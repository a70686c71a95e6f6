"""Rule sets of responsibility that went live."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SAME = "old.id = NEW.id OR (old.name = NEW.name AND old.version = NEW.version)"


def upgrade() -> None:
    op.create_table(
        "case_rulesets",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("name", "version", name="case_rulesets_one_of_a_version"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER case_rulesets_no_{verb.lower()} BEFORE {verb} "
                "ON case_rulesets "
                "BEGIN SELECT RAISE(ABORT, 'case_rulesets is append-only'); END"
            )
        op.execute(
            "CREATE TRIGGER case_rulesets_no_replace BEFORE INSERT ON case_rulesets "
            f"WHEN EXISTS (SELECT 1 FROM case_rulesets AS old WHERE {SAME}) "
            "BEGIN SELECT RAISE(ABORT, 'case_rulesets is append-only'); END"
        )
    else:
        op.execute(
            "CREATE TRIGGER case_rulesets_append_only "
            "BEFORE UPDATE OR DELETE OR TRUNCATE ON case_rulesets "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_appended_change()"
        )
