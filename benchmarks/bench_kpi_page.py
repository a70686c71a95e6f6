"""Server time of the KPI page at 10,000,000 orders: cold to its cards, warm as a whole.

``python -m benchmarks.bench_kpi_page [--orders 10000000] [--visits 60]``, or with
``--workspace FOLDER --dataset NAME`` over a version that is there. The script of
the page runs as Streamlit runs it, without a browser; beside it, in the same run, SQL
written by hand for the figures of the cards. The watch, a job beside the page, counts
as done. Cold is a new process's first visit on an opened dataset; warm are visits of
views that were seen before, in random order.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlglot
import streamlit as st
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from analysis.engine import connect
from analysis.engine.dataset import Column, Dataset
from analysis.engine.duck import DuckEngine
from analysis.metrics import Selection, measure
from analysis.orders.versions import (
    DATABASE,
    MANIFEST,
    PROFILE,
    dataset_id,
    open_dataset,
    set_current,
)
from analysis.workspace import Workspace
from benchmarks.bench_measure import BY_HAND, BY_HAND_KEYS, ORDERS, TYPES
from ui import cached
from ui.jobs import Job
from ui.kpis import cards, standing
from ui.kpis.view import KpiView
from ui.state import encode_view

HOUSE = Path(__file__).parents[1]
NAME = "Benchmark"
PANELS = ("hours", "severity", "stages", "experience", "compare")
DISTINCT = {"city": 4, "merchant_type": 6, "status": 2, "rider_id": 4000}
DERIVED = ("order_no", "local_date", "local_hour", "local_weekday")


def publish(root: Path, rows: int) -> None:
    """Write a version as publishing lays it out."""
    place = Workspace.open(root).datasets / dataset_id(NAME)
    path = place / "v001"
    path.mkdir(parents=True)
    with connect.builder(
        path / DATABASE, allowed=[], temp_directory=root / "spill"
    ) as build:
        build.execute(sqlglot.parse_one(ORDERS.format(rows=rows), read="duckdb"))
    columns = [
        Column(
            name,
            kind,  # type: ignore[arg-type]
            kind="derived" if name in DERIVED else "field",
            distinct=DISTINCT.get(name, rows),
        )
        for name, kind in TYPES.items()
    ]
    table = {
        "name": "orders",
        "rows": rows,
        "columns": [dataclasses.asdict(column) for column in columns],
    }
    manifest = {
        "name": NAME,
        "id": place.name,
        "version": "v001",
        "published_at": "2025-06-30T00:00:00",
        "period": ["2025-01-01", "2025-06-29"],
        "timezone": "UTC",
        "tables": {"orders": table},
        "checks": [],
    }
    (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    (path / PROFILE).write_text("{}", encoding="utf-8")
    set_current(place, name=NAME, version="v001")


def largest_city(dataset: Dataset) -> Selection:
    """The orders of the city with the most of them."""
    counts = measure(dataset, "orders", by="city").dropna(subset=["city"])
    return Selection.of({"city": counts.loc[counts["orders"].idxmax(), "city"]})


def views(city: Selection) -> list[KpiView]:
    """What people look at: each view below the breakdown, all orders and one city."""
    found = [KpiView(panel=panel) for panel in PANELS]
    found += [KpiView(panel=panel, selection=city) for panel in PANELS]
    found.append(KpiView(by="merchant_type", order="excess", span="last_91"))
    found.append(KpiView(by="hour_band", estimate="shrunk", listed=True))
    return found


def opened() -> AppTest:
    """A session of its own: one that goes on sends what its inputs showed before."""
    app = AppTest.from_file(str(HOUSE / "streamlit_app.py"), default_timeout=300)
    app.query_params["lang"] = "en"
    return app


def visit(view: KpiView, begun: list[float] | None = None) -> tuple[float, float]:
    """Seconds on the clock and of the processor in which the server runs the page.

    Without what the test session adds around it: its own start, reading what was sent.

    Args:
        view: What is looked at.
        begun: Gets the time at which the script of the page began.
    """
    taken: list[tuple[float, float]] = []
    run_script: Callable[..., Any] = script_runner.exec_func_with_error_handling

    def timed(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
        start, before = time.perf_counter(), time.thread_time()
        if begun is not None:
            begun.append(start)
        try:
            return run_script(*arguments, **options)
        finally:
            now = time.perf_counter() - start, time.thread_time() - before
            taken.append(now)

    app = opened()
    app.query_params["v"] = encode_view(view)
    script_runner.exec_func_with_error_handling = timed
    app.switch_page("pages/explore/kpis.py").run()
    script_runner.exec_func_with_error_handling = run_script
    if app.exception or app.error:
        message = [item.value for item in (*app.exception, *app.error)]
        raise RuntimeError(message)
    return sum(clock for clock, _ in taken), sum(busy for _, busy in taken)


def cold() -> tuple[float, float]:
    """Seconds to the end of the row of cards, and of the whole page."""
    done: list[float] = []
    drawn: Callable[..., Any] = cards.row_of_cards

    def noted(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - passed on
        drawn(*arguments, **options)
        done.append(time.perf_counter())

    st.cache_data.clear()
    cards.row_of_cards = noted
    begun: list[float] = []
    whole, _ = visit(KpiView(), begun)
    cards.row_of_cards = drawn  # type: ignore[assignment]
    return done[0] - begun[0], whole


def by_hand(root: Path, name: str) -> float:
    """The figures of the cards by SQL written by hand, over the last eight weeks."""
    dataset = open_dataset(root, name)
    last = dataset.period[1] if dataset.period else date(2025, 6, 29)
    dataset.engine.close()
    engine = DuckEngine(connect.reader(dataset.path / DATABASE, threads=2))
    first = last - timedelta(days=55)
    text = BY_HAND.format(keys=BY_HAND_KEYS["by day"]).replace(
        "FROM orders", f"FROM orders WHERE local_date >= DATE '{first}'"
    )
    query = sqlglot.parse_one(text, read="duckdb")
    taken = []
    for _ in range(7):
        start = time.perf_counter()
        engine.run(query)
        taken.append(time.perf_counter() - start)
    engine.close()
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--visits", type=int, default=60)
    parser.add_argument("--workspace", type=Path, help="one that holds the dataset")
    parser.add_argument("--dataset", default=NAME)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    standing.job_of = lambda _: Job("0", "watch", "", state="done")  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        root = options.workspace or Path(folder) / "workspace"
        os.environ |= {"DOORSTEP_WORKSPACE": str(root), "DOORSTEP_DEMO_ORDERS": "0"}
        if options.workspace is None:
            publish(root, options.orders)
        hand = by_hand(root, options.dataset)
        opened().run()
        dataset = cached.opened(options.dataset, "v001")
        first, whole = cold()
        every = views(largest_city(dataset))
        unseen = [visit(view)[0] for view in every]
        generator = random.Random(1)  # noqa: S311 - an order of visits
        visits = [visit(generator.choice(every)) for _ in range(options.visits)]
        warm, busy = zip(*visits, strict=True)
    rows = f"{dataset.table('orders').rows:,} orders"
    print(f"KPI page, {rows}, by hand the cards' figures: {hand:6.3f} s")
    print(
        f"KPI page, {rows}, cold: cards {first:6.3f} s (ratio {first / hand:5.2f}), "
        f"whole page {whole:6.3f} s"
    )
    print(
        f"KPI page, {rows}, a view not seen before: median "
        f"{statistics.median(unseen):6.3f} s, longest {max(unseen):6.3f} s"
    )
    print(
        f"KPI page, {rows}, warm: median {statistics.median(warm):6.3f} s, "
        f"P95 {float(np.percentile(warm, 95)):6.3f} s (ratio "
        f"{float(np.percentile(warm, 95)) / hand:5.2f}), of the processor: median "
        f"{statistics.median(busy):6.3f} s, P95 {float(np.percentile(busy, 95)):6.3f} s"
    )


if __name__ == "__main__":
    main()
