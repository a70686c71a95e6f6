"""What publishing a CSV costs beside DuckDB reading the same file into a table.

``python -m benchmarks.bench_publish [--orders 5000000] [--runs 3]``. Both sides take
turns, each in a process of its own with two threads; the least that could be done is
``CREATE TABLE AS SELECT * FROM read_csv``. Prints medians for a fifth, all, and twice
the orders, so that growth shows.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import duckdb

from benchmarks.children import Taken, timed

ORDERS = """
COPY (
    SELECT
        'O' || lpad(i::VARCHAR, 9, '0') AS order_id,
        'R' || (hash(i) % 50000) AS rider_id,
        'M' || (hash(i * 7) % 20000) AS merchant_id,
        'C' || (hash(i * 13) % 2000000) AS customer_id,
        ['Riyadh', 'Kuwait City', 'Hong Kong', 'São Paulo'][1 + (hash(i * 3) % 4)::INT]
            AS city,
        'Z' || (hash(i * 5) % 120) AS zone,
        ['chain', 'street food', 'dark kitchen', 'mall', 'grocery', 'cake'][
            1 + (hash(i * 11) % 6)::INT] AS merchant_type,
        ['own', '3PL', 'crowd', 'part-time'][1 + (hash(i * 17) % 4)::INT]
            AS capacity_type,
        begun AS created_at,
        begun + to_seconds((60 + hash(i * 19) % 300)::INT) AS accepted_at,
        begun + to_seconds((600 + hash(i * 23) % 300)::INT) AS arrived_merchant_at,
        begun + to_seconds((1000 + hash(i * 29) % 600)::INT) AS picked_up_at,
        CASE WHEN hash(i * 41) % 50 > 0
            THEN begun + to_seconds((1700 + hash(i * 31) % 1200)::INT) END
            AS delivered_at,
        begun + to_seconds((2500 + hash(i * 37) % 300)::INT) AS promised_at,
        CASE WHEN hash(i * 41) % 50 > 0 THEN 'delivered' ELSE 'cancelled' END
            AS status,
        CASE WHEN hash(i * 43) % 3 = 0 THEN 1 + hash(i * 47) % 5 END AS rating,
        hash(i * 53) % 8000 AS distance_m,
        round((hash(i * 59) % 10000) / 100.0, 2) AS basket_amount,
        CASE WHEN hash(i * 61) % 20 = 0
            THEN 'The rider was late, call +966 5'
                || (10000000 + hash(i * 67) % 89999999) END AS complaint_text,
        round((hash(i * 71) % 2000) / 100.0, 2) AS rider_pay
    FROM (
        SELECT i, TIMESTAMP '2026-03-01'
            + to_seconds((hash(i * 73) % 15552000)::BIGINT) AS begun
        FROM range({orders}) AS numbers(i)
    )
) TO '{path}' (HEADER, DELIMITER ',')
"""

LEAST = """
import sys, time
import duckdb
database = duckdb.connect(sys.argv[2] + "/least.duckdb", config={"threads": "2"})
start = time.perf_counter()
database.execute("CREATE TABLE orders AS SELECT * FROM read_csv(?)", [sys.argv[1]])
database.close()
seconds = time.perf_counter() - start
"""

PUBLISH = """
import sys, time
from pathlib import Path
from analysis.orders import publish
start = time.perf_counter()
publish(Path(sys.argv[1]), workspace=Path(sys.argv[2]), name="Benchmark")
seconds = time.perf_counter() - start
"""


def rounds(path: Path, runs: int) -> dict[str, list[Taken]]:
    taken: dict[str, list[Taken]] = {"least": [], "publish": []}
    for _ in range(runs):
        for name, script in (("least", LEAST), ("publish", PUBLISH)):
            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                taken[name].append(timed(script, path, folder))
    return taken


def compare(folder: Path, orders: int, runs: int) -> None:
    path = folder / "orders.csv"
    duckdb.connect().execute(ORDERS.format(orders=orders, path=path))
    taken = rounds(path, runs)
    path.unlink()
    least, ours = (
        statistics.median(item.seconds for item in taken[name])
        for name in ("least", "publish")
    )
    busy_least, busy = (
        statistics.median(item.busy for item in taken[name])
        for name in ("least", "publish")
    )
    peak = max(item.peak for item in taken["publish"])
    print(
        f"publish, {orders:>11,} x 20, times in no order: {ours:6.1f} s, "
        f"read_csv {least:6.1f} s, ratio {ours / least:5.2f} "
        f"(processor {busy / busy_least:5.2f}), peak {peak:,.0f} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for orders in (options.orders // 5, options.orders, options.orders * 2):
            runs = options.runs if orders <= options.orders else 1
            compare(Path(folder), orders, runs)


if __name__ == "__main__":
    main()
