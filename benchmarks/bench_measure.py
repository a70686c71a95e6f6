"""What ``measure`` costs beside SQL written by hand for the same figures.

Run with ``python -m benchmarks.bench_measure [--orders 10000000]``. Prints medians of
warm runs, both sides taking turns, at a tenth, a half and all of the orders.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import sqlglot

from analysis.engine import connect
from analysis.engine.dataset import Column, Dataset, Table
from analysis.engine.duck import DuckEngine
from analysis.metrics import measure

RUNS = 7
METRICS = ("orders", "late_rate", "cancellation_rate", "delivery_minutes")
CUTS = {
    "by day": {"grain": "day"},
    "by city x merchant type": {"by": ("city", "merchant_type")},
}
BY_HAND_KEYS = {
    "by day": "local_date AS period",
    "by city x merchant type": "city, merchant_type",
}

ORDERS = """
CREATE TABLE orders AS
WITH base AS (
    SELECT
        i::INTEGER AS order_no,
        TIMESTAMP '2025-01-01'
            + to_microseconds((i * 15552000000000.0 / {rows})::BIGINT) AS created_at,
        hash(i) AS h
    FROM range({rows}) AS numbers(i)
), times AS (
    SELECT
        *,
        h % 25 = 0 AS was_cancelled,
        created_at + to_seconds((1500 + (h // 25) % 1200)::BIGINT) AS promised_at,
        created_at + to_seconds((900 + (h // 100000) % 2000)::BIGINT) AS done_at
    FROM base
)
SELECT
    order_no,
    'o' || order_no AS order_id,
    'r' || (h // 7) % 4000 AS rider_id,
    ['Kuwait City', 'Riyadh', 'Hong Kong', 'São Paulo'][1 + (h // 11 % 4)::INT] AS city,
    ['chain', 'street food', 'dark kitchen', 'mall', 'grocery', 'cake'][
        1 + (h // 13 % 6)::INT] AS merchant_type,
    created_at,
    promised_at,
    CASE WHEN NOT was_cancelled THEN done_at END AS delivered_at,
    CASE WHEN was_cancelled THEN 'cancelled' ELSE 'delivered' END AS status,
    CAST(created_at AS DATE) AS local_date,
    CAST(hour(created_at) AS TINYINT) AS local_hour,
    CAST(isodow(created_at) AS TINYINT) AS local_weekday
FROM times
ORDER BY order_no
"""

BY_HAND = """
SELECT
    {keys},
    count(*) AS orders,
    count(*) FILTER (WHERE delivered_at > promised_at AND status = 'delivered')
        / count(*) FILTER (WHERE status = 'delivered' AND delivered_at IS NOT NULL
            AND promised_at IS NOT NULL) AS late_rate,
    count(*) FILTER (WHERE status = 'cancelled') / count(*) AS cancellation_rate,
    avg(date_diff('microsecond', created_at, delivered_at) / 60000000.0)
        FILTER (WHERE status = 'delivered') AS delivery_minutes
FROM orders
GROUP BY ALL
ORDER BY ALL
"""

TYPES = {
    "order_no": "integer", "order_id": "text", "rider_id": "text", "city": "text",
    "merchant_type": "text", "created_at": "time", "promised_at": "time",
    "delivered_at": "time", "status": "text", "local_date": "date",
    "local_hour": "integer", "local_weekday": "integer",
}  # fmt: skip


def dataset_of(folder: Path, rows: int) -> Dataset:
    path = folder / f"orders-{rows}.duckdb"
    with connect.builder(path, allowed=[], temp_directory=folder / "spill") as build:
        build.execute(sqlglot.parse_one(ORDERS.format(rows=rows), read="duckdb"))
    columns = {name: Column(name, kind) for name, kind in TYPES.items()}
    return Dataset(
        name="benchmark",
        id="benchmark",
        version="1",
        path=folder,
        engine=DuckEngine(connect.reader(path, threads=2)),
        tables={"orders": Table("orders", rows, columns)},
        period=(date(2025, 1, 1), date(2025, 6, 29)),
        timezone="UTC",
        manifest={},
        profile={},
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(dataset: Dataset, cut: str) -> None:
    text = BY_HAND.format(keys=BY_HAND_KEYS[cut])
    by_hand = sqlglot.parse_one(text, read="duckdb")
    sides: dict[str, Callable[[], object]] = {
        "hand": lambda: dataset.engine.run(by_hand).to_pandas(),
        "measure": lambda: measure(dataset, METRICS, **CUTS[cut]),
    }
    for work in sides.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(RUNS):
        for name, work in sides.items():
            taken[name].append(seconds(work))
    hand, ours = (statistics.median(taken[name]) for name in sides)
    rows = dataset.tables["orders"].rows
    print(
        f"measure, {len(METRICS)} metrics {cut}, {rows:>11,} orders: "
        f"{ours:6.3f} s, by hand {hand:6.3f} s, ratio {ours / hand:5.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000_000)
    orders = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as folder:
        for rows in (orders // 10, orders // 2, orders):
            dataset = dataset_of(Path(folder), rows)
            for cut in CUTS:
                compare(dataset, cut)
            dataset.engine.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"measure, peak memory: {peak:.2f} GB")


if __name__ == "__main__":
    main()
