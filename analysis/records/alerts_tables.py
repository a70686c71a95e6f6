"""Tables of the alert rules and of what they found."""

from __future__ import annotations

import sqlalchemy as sa

from analysis.records.tables import UtcTime, metadata, stamps

alert_rules = sa.Table(
    "alert_rules",
    metadata,
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

alert_results = sa.Table(
    "alert_results",
    metadata,
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
    sa.Column("evaluated_at", UtcTime, nullable=False),
    sa.ForeignKeyConstraint(["rule"], ["alert_rules.id"]),
)

_LIVE = sa.text("deleted_at IS NULL")

sa.Index(
    "alert_rules_one_live_name",
    alert_rules.c.dataset,
    alert_rules.c.name,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
sa.Index(
    "alert_results_by_dataset",
    alert_results.c.dataset,
    alert_results.c.dataset_version,
)
