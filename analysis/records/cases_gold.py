"""Orders whose right answer is known."""

from __future__ import annotations

import sqlalchemy as sa

from analysis.records.cases_tables import case_decisions, case_queues, cases
from analysis.records.database import Records


def gold_orders(records: Records, dataset: str) -> tuple[str, ...]:
    """Ids of the orders of a dataset that have a gold answer, each once."""
    query = sa.select(cases.c.order_id).distinct()
    query = query.join(case_decisions, case_decisions.c.case == cases.c.id)
    query = query.join(case_queues, cases.c.queue == case_queues.c.id).where(
        case_decisions.c.kind == "GOLD",
        case_queues.c.dataset == dataset,
        case_queues.c.deleted_at.is_(None),
    )
    with records.reading() as connection:
        return tuple(connection.execute(query.order_by(cases.c.order_id)).scalars())
