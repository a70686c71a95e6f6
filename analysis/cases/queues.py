"""Queues of cases from a selection of orders or from a list of ids."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.engine.dataset import Dataset
from analysis.metrics import Selection
from analysis.records import Records
from analysis.records.cases import Queue

MAX_CASES = 20_000


def queue(
    dataset: Dataset,
    selection: Selection | None = None,
    *,
    records: Records,
    name: str,
    by: str,
    ids: Sequence[str] | None = None,
    rubric: str = "",
    order: Sequence[str] = ("-severity",),
    limit: int = MAX_CASES,
    reviewers_per_case: int = 1,
    double_review_share: float = 0.10,
    double_from_severity: int = 4,
    time_target: float = 120.0,
    lease_seconds: int = 900,
    due_hours: float = 48.0,
    seed: int | None = None,
) -> Queue:
    """Make a queue of cases, fixed to this version of the dataset.

    Args:
        dataset: A published version.
        selection: Which orders; a bar, an anomaly and a saved view are all one.
        records: Where the queue is kept.
        name: Its name; a dataset has one queue of a name.
        by: Who makes it.
        ids: Order ids instead of a selection; those that the dataset has not are
            reported as ``missing_ids``, repeated ones count once.
        rubric: What reviewers should look at.
        order: Columns to sort by, descending with a leading ``-``, as in ``rows``;
            also ``severity`` and ``random``. With ``ids`` an empty order keeps theirs.
        limit: At most this many cases, the first in that order.
        reviewers_per_case: Independent decisions that every case needs, 1 to 5.
        double_review_share: Share of cases drawn at random that need one more.
        double_from_severity: Cases of this severity (1 to 4) or more need one more,
            too; 5 for none.
        time_target: Active seconds that a case should take at most.
        lease_seconds: How long a case stays with somebody who does nothing.
        due_hours: Hours until the cases should be decided; 0 for no date.
        seed: Of the random order and the random double reviews; drawn if None.

    Raises:
        NotEnoughData: if no order is in it.
        InvalidInput: if a setting is out of its range, or both or neither of selection
            and ids are given.
        Conflict: if the dataset has a queue of that name.
    """
    raise NotImplementedError
