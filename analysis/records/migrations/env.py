"""Runs the migrations on the connection that ``open_records`` hands over."""

from alembic import context

from analysis.records.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
