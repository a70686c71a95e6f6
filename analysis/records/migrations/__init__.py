"""Alembic migrations of the records, run by ``open_records``."""
