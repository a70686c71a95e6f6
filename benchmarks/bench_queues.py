"""What building a queue costs beside reading the same orders by hand-written SQL.

Run with ``python -m benchmarks.bench_queues [--orders 10000000]``. A queue of 20,000
late orders, the gravest first, and what a reviewer waits for: the next case.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import sqlglot

from analysis.cases.queues import MAX_CASES, queue
from analysis.engine.dataset import Dataset
from analysis.metrics import Selection
from analysis.records import Records, open_records
from analysis.records.cases import progress_of
from analysis.records.cases_answers import Answer
from analysis.records.cases_decisions import Handling, add_decision
from analysis.records.cases_leases import take
from benchmarks.bench_measure import dataset_of, seconds

RUNS = 5
DECIDED = 200
SELECTION = Selection(event="late")
BY_HAND = """
SELECT
    order_no,
    order_id,
    CASE WHEN minutes > 30 THEN 4 WHEN minutes > 20 THEN 3 WHEN minutes > 10 THEN 2
        ELSE 1 END AS severity
FROM (
    SELECT
        order_no,
        order_id,
        date_diff('microsecond', promised_at, delivered_at) / 60000000.0 AS minutes
    FROM orders
    WHERE status = 'delivered' AND delivered_at > promised_at
) AS late
ORDER BY severity DESC, order_no
LIMIT {limit}
"""


def build(dataset: Dataset, records: Records, orders: int) -> str:
    by_hand = sqlglot.parse_one(BY_HAND.format(limit=MAX_CASES), read="duckdb")
    taken: dict[str, list[float]] = {"hand": [], "queue": []}
    made = []

    def ours() -> None:
        name = f"Late {len(made)}"
        made.append(queue(dataset, SELECTION, records=records, name=name, by="bench"))

    for _ in range(RUNS + 1):
        taken["hand"].append(seconds(lambda: dataset.engine.run(by_hand).to_pandas()))
        taken["queue"].append(seconds(ours))
    hand, own = (statistics.median(taken[side][1:]) for side in ("hand", "queue"))
    print(
        f"queue of {made[-1].size:,} from {orders:>11,} orders: {own:6.3f} s, "
        f"reading them by hand {hand:6.3f} s, ratio {own / hand:5.2f}"
    )
    return made[-1].id


def work(records: Records, identifier: str) -> None:
    """Take and decide cases one after the other, as a reviewer does."""
    answer = Answer("rider", "Late at the door.")
    times: dict[str, list[float]] = {"take": [], "decide": [], "progress": []}
    for _ in range(DECIDED):
        start = time.perf_counter()
        case = take(records, identifier, by="Ada")
        taken_at = time.perf_counter()
        add_decision(records, case.id, answer, by="Ada", handling=Handling())
        decided_at = time.perf_counter()
        progress_of(records, [identifier])
        times["take"].append(taken_at - start)
        times["decide"].append(decided_at - taken_at)
        times["progress"].append(time.perf_counter() - decided_at)
    for step, taken in times.items():
        cut = statistics.quantiles(taken, n=20)[-1]
        print(f"{step}, queue of {MAX_CASES:,}: P95 {cut * 1000:6.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000_000)
    orders = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as folder:
        dataset = dataset_of(Path(folder), orders)
        records = open_records(Path(folder) / "workspace")
        work(records, build(dataset, records, orders))
        records.close()
        dataset.engine.close()


if __name__ == "__main__":
    main()
