"""Tables of strategies: what was planned, changed, looked at and decided."""

from __future__ import annotations

import sqlalchemy as sa

from analysis.records.tables import UtcTime, metadata, stamps

strategies = sa.Table(
    "strategies",
    metadata,
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
    sa.Column("frozen_at", UtcTime),
    sa.Column("frozen_by", sa.String(120)),
    *stamps(),
)

strategy_deviations = sa.Table(
    "strategy_deviations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("strategy", sa.String(32), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(120), nullable=False),
    sa.Column("field", sa.String(40), nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

strategy_looks = sa.Table(
    "strategy_looks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("strategy", sa.String(32), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("dataset", sa.String(200), nullable=False),
    sa.Column("version", sa.String(80), nullable=False),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("is_exploratory", sa.Boolean, nullable=False),
    sa.Column("figures", sa.Text, nullable=False),
)

strategy_decisions = sa.Table(
    "strategy_decisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("strategy", sa.String(32), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(120), nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("recommendation", sa.String(20), nullable=False),
    sa.Column("second", sa.String(120), nullable=False),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("figures", sa.Text, nullable=False),
)

_LIVE = sa.text("deleted_at IS NULL")

sa.Index(
    "strategies_one_live_name",
    strategies.c.dataset,
    strategies.c.name,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
for _table in (strategy_deviations, strategy_looks, strategy_decisions):
    sa.Index(f"{_table.name}_by_strategy", _table.c.strategy)
