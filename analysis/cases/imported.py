"""Past decisions brought along: the demo world's, or a file of verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.records import Records
from analysis.records.cases import Queue


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought.

    Attributes:
        queue: The finished queue that holds the decisions.
        decisions: Decisions written.
        cases: Cases they are on.
        missing_ids: Order ids that the dataset has not.
        refused: Rows left out, by reason (a text marked for translation).
    """

    queue: Queue
    decisions: int
    cases: int
    missing_ids: tuple[str, ...]
    refused: Mapping[str, int]


def import_decisions(
    dataset: Dataset,
    decisions: pd.DataFrame,
    *,
    records: Records,
    name: str,
    by: str,
    columns: Mapping[str, str] | None = None,
) -> Imported:
    """Bring in past decisions as a finished queue.

    Args:
        dataset: The version that has the orders.
        decisions: One row a decision. Needed: ``order_id``, ``party`` (or
            ``verdict``), ``reviewer`` (or ``reviewer_id``; may be empty for gold).
            Used where there: ``kind``, ``explanation``, ``opened_at``, ``decided_at``,
            ``active_seconds``, ``is_blind``, ``suggested``, ``appeal_result``.
        records: Where they are kept.
        name: Name of the queue.
        by: Who brings them in.
        columns: Own header by name, where they differ.

    Raises:
        DataProblem: if a needed column is missing or nothing is left to bring in.
        Conflict: if the dataset has a queue of that name.
    """
    raise NotImplementedError
