"""What a watch of many segments costs, and how its screen compares with ``detect``.

Run with ``python -m benchmarks.bench_watch [--orders 400000]``. A simulated world is
published and watched: up to 25 metrics over 180 days, by single dimensions, then also
by pairs; the target is 10 s for 25 metrics of 200 segments.
Then the screen is held against ``detect`` on every one of 400 simulated series: of
those that ``detect`` calls at the same share of false discoveries, how many does the
screen call (the target is .98).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.metrics.availability import availability_of
from analysis.metrics.registry import load_definitions
from analysis.orders.schema import load_fields
from analysis.stats.multiplicity import benjamini_hochberg
from analysis.trends import watch
from analysis.trends.filtering import foretell
from analysis.trends.scales import rates
from analysis.trends.screen import days_clock, screen
from analysis.trends.seasons import cycles
from analysis.workspace import Workspace
from benchmarks.daily_rates import DAYS, simulate
from sample_data.simulate import simulate as simulate_world

METRICS = 25
DIMENSIONS = ("city", "zone", "vehicle", "scenario", "merchant_type")
FALSE_DISCOVERIES = 0.05
SIZES, SERIES, FIRST = (150, 600, 3_000, 20_000), 100, 92
SEEDS = range(20_000, 20_000 + SERIES)


def published(folder: Path, count: int) -> Dataset:
    out = folder / "out"
    simulate_world(out, orders=count, seed=1, truth=folder / "truth")
    tables = sorted(path for path in out.iterdir() if path.name in load_fields())
    workspace = Workspace.open(folder / "workspace")
    return orders.publish(tables, workspace=workspace, name="Benchmark")


def metrics_of(dataset: Dataset) -> list[str]:
    return [
        definition.name
        for definition in load_definitions().values()
        if definition.kind in {"rate", "per"}
        and availability_of(dataset, definition.name).is_available
    ][:METRICS]


def timed(dataset: Dataset) -> None:
    names = metrics_of(dataset)
    for dimensions, pairs in (
        (DIMENSIONS, False),
        (("zone", "scenario", "merchant_type"), True),
    ):
        for turn in ("first", "again"):
            begun, cpu = time.perf_counter(), time.process_time()
            found = watch(dataset, metrics=names, dimensions=dimensions, pairs=pairs)
            print(
                f"{turn}: {len(names)} metrics x {found.series // len(names)} segments"
                f" ({', '.join(dimensions)}{', pairs' if pairs else ''}):"
                f" {time.perf_counter() - begun:.1f} s,"
                f" {time.process_time() - cpu:.1f} s of CPU,"
                f" {len(found.findings)} findings",
                flush=True,
            )


def called_by_detect(late: NDArray, count: NDArray) -> NDArray[np.bool_]:
    """Series with a point whose error is too rare among all points of all series."""
    found = foretell(
        rates(late, count), cycles((7,), DAYS), warm_up=21, moved_after=5
    ).p_values[:, FIRST:]
    q_values = benjamini_hochberg(found.ravel()).reshape(found.shape)
    called: NDArray[np.bool_] = (q_values <= FALSE_DISCOVERIES).any(axis=1)
    return called


def called_by_screen(late: NDArray, count: NDArray) -> NDArray[np.bool_]:
    found = screen(
        late, count * late.sum() / count.sum(), clock=days_clock(np.arange(DAYS) % 7),
        first=FIRST, false_discoveries=FALSE_DISCOVERIES,
    )  # fmt: skip
    called = np.zeros(len(late), dtype=bool)
    called[[event.series for event in found.events]] = True
    return called


def recall(sizes: Sequence[int], seeds: range) -> None:
    made = [simulate(size, seeds) for size in sizes]
    late = np.concatenate([item.late for item in made])
    count = np.concatenate([item.orders for item in made])
    events = np.concatenate([(item.event[:, FIRST:] > 0).any(axis=1) for item in made])
    whole, screened = called_by_detect(late, count), called_by_screen(late, count)
    print(
        f"{len(late)} series: detect calls {whole.sum()}, the screen {screened.sum()};"
        f" of the former the screen calls {screened[whole].mean():.3f};"
        f" of the {events.sum()} with events detect calls {whole[events].mean():.3f},"
        f" the screen {screened[events].mean():.3f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--world", type=Path, help="folder of a published workspace")
    asked = parser.parse_args()
    recall(SIZES, SEEDS)
    if asked.world:
        timed(orders.open_dataset(Workspace.open(asked.world), "Demo"))
        return
    with tempfile.TemporaryDirectory() as folder:
        timed(published(Path(folder), asked.orders))


if __name__ == "__main__":
    main()
