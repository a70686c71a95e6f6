"""What cases cost on a large dataset: judging many, and all that one case needs.

Run with ``python -m benchmarks.bench_cases [--orders 10000000]``. A simulated world is
published and laid end to end until it has so many orders. Medians of warm runs, beside
hand-written SQL that reads the same rows.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import sqlglot

from analysis import orders
from analysis.cases import Cases, judge, timeline
from analysis.engine import connect
from analysis.engine.dataset import Dataset
from analysis.engine.duck import DuckEngine
from analysis.metrics import case_facts, peers
from analysis.orders.schema import load_fields
from analysis.workspace import Workspace
from sample_data.simulate import simulate

SIMULATED = 100_000
CASES = 20_000
RUNS = 5
PROBLEM = """
SELECT order_no FROM orders
WHERE status <> 'delivered' OR delivered_at > promised_at
ORDER BY hash(order_no) LIMIT {count}
"""
BY_HAND = """
SELECT count(*), avg(epoch(delivered_at) - epoch(promised_at))
FROM orders WHERE order_no IN (SELECT order_no FROM asked)
"""


def world(folder: Path) -> Dataset:
    if (folder / "workspace" / "datasets").exists():
        return orders.open_dataset(Workspace.open(folder / "workspace"), "Benchmark")
    out, workspace = folder / "out", Workspace.open(folder / "workspace")
    simulate(out, orders=SIMULATED, seed=1, truth=folder / "truth")
    tables = sorted(path for path in out.iterdir() if path.name in load_fields())
    return orders.publish(tables, workspace=workspace, name="Benchmark")


def tiled(dataset: Dataset, folder: Path, copies: int) -> Dataset:
    """The dataset laid end to end: later copies have later times and numbers."""
    path = folder / f"large-{copies}.duckdb"
    if not path.exists():
        lay(dataset, path, copies)
    tables = {
        name: replace(table, rows=table.rows * copies)
        if "order_no" in table.columns
        else table
        for name, table in dataset.tables.items()
    }
    engine = DuckEngine(connect.reader(path, threads=2))
    return replace(dataset, engine=engine, tables=tables)


def lay(dataset: Dataset, path: Path, copies: int) -> None:
    source, spill = dataset.path / "data.duckdb", path.with_name("spill")
    allowed = [source, path.parent]
    attach = f"ATTACH '{source}' AS small (READ_ONLY)"
    with connect.builder(path, allowed=allowed, temp_directory=spill) as build:
        build.execute(sqlglot.parse_one(attach, read="duckdb"))
        for name, table in dataset.tables.items():
            text = tile_sql(name, table.columns, dataset.table("orders").rows, copies)
            build.execute(sqlglot.parse_one(text, read="duckdb"))


def tile_sql(name: str, columns: dict, rows: int, copies: int) -> str:
    if "order_no" not in columns:
        return f'CREATE TABLE "{name}" AS SELECT * FROM small."{name}"'
    shifted = [
        f'"{column}" + to_days(copy::INTEGER * 182) AS "{column}"'
        for column, kind in columns.items()
        if kind.type == "time"
    ]
    shifted += [f"order_no + copy * {rows} AS order_no"]
    return f"""
        CREATE TABLE "{name}" AS
        SELECT * EXCLUDE (copy) REPLACE ({", ".join(shifted)}) FROM (
            SELECT once.*, copy
            FROM range({copies}) AS copies(copy), small."{name}" AS once
        ) AS laid ORDER BY order_no
    """


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(work: Callable[[], object]) -> float:
    work()
    return statistics.median(seconds(work) for _ in range(RUNS))


def report(dataset: Dataset) -> None:
    query = sqlglot.parse_one(PROBLEM.format(count=CASES), read="duckdb")
    asked = dataset.engine.run(query)
    numbers = asked["order_no"].to_pylist()
    by_hand = sqlglot.parse_one(BY_HAND, read="duckdb")
    base = median(lambda: dataset.engine.run(by_hand, tables={"asked": asked}))
    print(f"{'':42}{'seconds':>9}{'x by hand':>11}")
    print(f"{'SQL by hand over these cases':42}{base:9.3f}{1:11.1f}")
    many = {
        f"facts of {CASES:,} cases": lambda: case_facts(dataset, numbers),
        f"judging {CASES:,} cases": lambda: judge(Cases(dataset, numbers)),
        f"judging {CASES:,}, as a frame": lambda: judge(
            Cases(dataset, numbers)
        ).to_frame(),
    }
    for name, work in many.items():
        taken = median(work)
        print(f"{name:42}{taken:9.3f}{taken / base:11.1f}")
    one_at_a_time(dataset, numbers[:50])


def one_at_a_time(dataset: Dataset, numbers: list[int]) -> None:
    single: dict[str, Callable[[int], object]] = {
        "peers of one case": lambda number: peers(dataset, number),
        "facts of one case": lambda number: case_facts(dataset, [number]),
        "one case judged": lambda number: judge(Cases(dataset, [number]))[0],
        "timeline of one case": lambda number: timeline(dataset, number),
    }
    for name, work in single.items():
        work(numbers[0])
        taken = [seconds(partial(work, number)) for number in numbers[1:]]
        middle, slow = np.percentile(taken, [50, 95])
        print(f"{name:42}{middle:9.3f}   P95 {slow:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.keep or Path(place)
        small = world(folder)
        rows = small.table("orders").rows
        large = tiled(small, folder, max(options.orders // rows, 1))
        print(f"{large.table('orders').rows:,} orders, 2 threads")
        report(large)
        large.engine.close()
        small.engine.close()


if __name__ == "__main__":
    main()
