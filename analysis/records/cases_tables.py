"""The tables of queues, cases, drafts, decisions and appeals.

Decisions, their rule hits and notes are append-only: triggers of the migration refuse
every change of them, whoever tries.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from analysis.records.tables import UtcTime, metadata, stamps

NAME: Final = 120

case_queues = sa.Table(
    "case_queues",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(NAME), nullable=False),
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

cases = sa.Table(
    "cases",
    metadata,
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
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Column("decided_at", UtcTime),
    sa.Column("holder", sa.String(NAME)),
    sa.Column("held_until", UtcTime),
    sa.UniqueConstraint("queue", "position", name="cases_one_at_a_position"),
)

case_skips = sa.Table(
    "case_skips",
    metadata,
    sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("reviewer", sa.String(NAME), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

case_drafts = sa.Table(
    "case_drafts",
    metadata,
    sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("reviewer", sa.String(NAME), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("active_seconds", sa.Double, nullable=False),
    sa.Column("saved_at", UtcTime, nullable=False),
)

case_decisions = sa.Table(
    "case_decisions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("reviewer", sa.String(NAME), nullable=False),
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
    sa.Column("opened_at", UtcTime),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("active_seconds", sa.Double),
    sa.Column("supersedes", sa.String(32), sa.ForeignKey("case_decisions.id")),
    sa.UniqueConstraint("case", "version", name="case_decisions_one_of_a_version"),
    sa.UniqueConstraint("supersedes", name="case_decisions_superseded_once"),
    sa.CheckConstraint("explanation <> ''", name="case_decisions_are_explained"),
)

case_rule_hits = sa.Table(
    "case_rule_hits",
    metadata,
    sa.Column(
        "decision", sa.String(32), sa.ForeignKey("case_decisions.id"), primary_key=True
    ),
    sa.Column("rule", sa.String(40), primary_key=True),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("threshold", sa.Double),
    sa.Column("evidence", sa.Text, nullable=False),
)

case_notes = sa.Table(
    "case_notes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("by", sa.String(NAME), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

case_appeals = sa.Table(
    "case_appeals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "decision", sa.String(32), sa.ForeignKey("case_decisions.id"), nullable=False
    ),
    sa.Column("case", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("reviewer", sa.String(NAME), nullable=False),
    sa.Column("appellant", sa.String(20), nullable=False),
    sa.Column("grounds", sa.Text, nullable=False),
    sa.Column("proposed", sa.String(80), nullable=False),
    sa.Column("filed_at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("handler", sa.String(NAME)),
    sa.Column("outcome", sa.String(12)),
    sa.Column("decided_at", UtcTime),
    sa.Column("new_decision", sa.String(32), sa.ForeignKey("case_decisions.id")),
    *stamps(),
    sa.CheckConstraint(
        "handler IS NULL OR handler <> reviewer", name="case_appeals_by_another"
    ),
)

_LIVE = sa.text("deleted_at IS NULL")

sa.Index(
    "case_queues_one_live_name",
    case_queues.c.key,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
sa.Index("cases_by_state", cases.c.queue, cases.c.state, cases.c.position)
sa.Index("cases_by_holder", cases.c.holder, cases.c.queue)
sa.Index("cases_by_order", cases.c.order_id)
sa.Index("case_decisions_by_reviewer", case_decisions.c.reviewer, case_decisions.c.case)
sa.Index("case_notes_by_case", case_notes.c.case)
sa.Index("case_appeals_by_case", case_appeals.c.case)
