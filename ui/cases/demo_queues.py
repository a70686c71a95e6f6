"""Queues of the demo data: its past decisions, and one queue to work on."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from analysis.cases import Cases, import_decisions, judge, queue
from analysis.engine.dataset import Dataset
from analysis.errors import Conflict, NotEnoughData
from analysis.metrics import Period, Selection
from analysis.metrics.members import Listed, members
from analysis.records import Records

PAST: Final = "Past decisions"
TO_WORK_ON: Final = "Late, Riyadh malls"
BY: Final = "Demo"
RUBRIC: Final = (
    "Compare the kitchen's ready time with the rider's arrival first; then the ride."
)
WHERE: Final = {"city": ["Riyadh"], "zone_type": ["mall"]}
DAYS: Final = 28
#: As many as one person decides in an afternoon.
CASES: Final = 87
SEED: Final = 1


def register_queues(records: Records, dataset: Dataset, folder: Path) -> None:
    """Bring in the past decisions of the demo world and leave a queue to work on.

    Queues of these names that are there already stay as they are.

    Args:
        records: Where they are kept.
        dataset: The demo world as published.
        folder: Its simulated tables.
    """
    with suppress(Conflict):
        _past(records, dataset, folder / "decisions")
    with suppress(Conflict, NotEnoughData):
        queue(
            dataset, _late_in_malls(dataset), records=records, name=TO_WORK_ON, by=BY,
            rubric=RUBRIC, limit=CASES, seed=SEED,
        )  # fmt: skip


def _past(records: Records, dataset: Dataset, path: Path) -> None:
    decisions = pd.read_parquet(path)
    if decisions.empty:
        return
    wanted = decisions["order_id"].drop_duplicates().tolist()
    orders = members(dataset, Listed("order_id", wanted))["order_no"].tolist()
    import_decisions(
        dataset, decisions, records=records, name=PAST, by=BY,
        verdicts=judge(Cases(dataset, orders)).to_frame(),
    )  # fmt: skip


def _late_in_malls(dataset: Dataset) -> Selection:
    period = None
    if dataset.period is not None:
        last = dataset.period[1]
        period = Period(last - timedelta(days=DAYS - 1), last)
    chosen = Selection.of(WHERE, period=period)
    return Selection(period=chosen.period, conditions=chosen.conditions, event="late")
