"""Evaluating alert rules: once for each rule and version of a dataset."""

from __future__ import annotations

from collections.abc import Callable

from analysis.engine.dataset import Dataset
from analysis.records import Records
from analysis.records.alerts import AlertResult


def evaluate_alerts(
    dataset: Dataset,
    records: Records,
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[AlertResult, ...]:
    """Evaluate the rules of a dataset that were not evaluated on this version yet.

    A rule that fails (its metric or dimension is gone) keeps the reason; the others go
    on. Results are kept, so a second call costs one look into the records.

    Args:
        dataset: A published version.
        records: Where the rules and their results are.
        progress: Told the share done, 0 to 1.

    Returns:
        The results of all rules of the dataset, new and kept, by name of the rule.
    """
    raise NotImplementedError
