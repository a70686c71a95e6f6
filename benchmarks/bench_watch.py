"""What a watch of many segments costs, and how its screen compares with ``detect``.

Run with ``python -m benchmarks.bench_watch [--orders 400000]``. First the screen is
held against ``detect`` on every one of 400 simulated series: of those that ``detect``
calls at the same share of false discoveries, how many does the screen pass on (the
target is .98). Then a simulated world is published and watched: up to 25 metrics over
180 days, by single dimensions, then also by pairs; the target is 10 s for 25 metrics
of 200 segments.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from functools import partial
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
from analysis.trends.detect import minimum_of
from analysis.trends.filtering import foretell
from analysis.trends.scales import rates
from analysis.trends.screen import screen
from analysis.trends.seasons import cycles
from analysis.trends.unforeseen import unforeseen
from analysis.trends.windows import days_clock
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
    """Series with a point whose error is too rare among all points of all series.

    Of points of so few orders that ``detect`` does not tell nothing is called.
    """
    found = foretell(
        rates(late, count), cycles((7,), DAYS), warm_up=21, moved_after=5
    ).p_values
    found = np.where(count >= minimum_of("day"), found, np.nan)[:, FIRST:]
    q_values = benjamini_hochberg(found.ravel()).reshape(found.shape)
    called: NDArray[np.bool_] = (q_values <= FALSE_DISCOVERIES).any(axis=1)
    return called


def passed_on(
    late: NDArray, count: NDArray
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Series that the windows pass on, and those that windows or filters do."""
    due = count * late.sum() / count.sum()
    found = screen(late, due, clock=days_clock(np.arange(DAYS) % 7), first=FIRST,
                   false_discoveries=FALSE_DISCOVERIES)  # fmt: skip
    others = unforeseen(
        late, due, count, first=FIRST, false_discoveries=FALSE_DISCOVERIES
    )
    windows = np.zeros(len(late), dtype=bool)
    windows[[event.series for event in found.events]] = True
    either = windows.copy()
    either[[event.series for event in others]] = True
    return windows, either


def recall(sizes: Sequence[int], seeds: range) -> None:
    made = [simulate(size, seeds) for size in sizes]
    late = np.concatenate([item.late for item in made])
    count = np.concatenate([item.orders for item in made])
    events = np.concatenate([(item.event[:, FIRST:] > 0).any(axis=1) for item in made])
    whole = called_by_detect(late, count)
    windows, either = passed_on(late, count)
    print(f"{len(late)} series, {events.sum()} with events; detect calls {whole.sum()}")
    for name, passed in (("windows", windows), ("windows or filters", either)):
        print(
            f"  {name} pass on {passed.sum()}: {passed[whole].mean():.3f} of those that"
            f" detect calls, {passed[events].mean():.3f} of those with events",
            flush=True,
        )


def cost(series: int, days: int) -> None:
    """Processor seconds of the screen over many series of 600 orders a day."""
    rng = np.random.default_rng(1)
    due = np.full((series, days), 60.0)
    tops = rng.poisson(due).astype(float)
    options = {"first": FIRST, "false_discoveries": FALSE_DISCOVERIES}
    clock = days_clock(np.arange(days) % 7)
    for name, run in (
        ("windows", partial(screen, tops, due, clock=clock, **options)),
        ("filters", partial(unforeseen, tops, due, 10 * due, **options)),
    ):
        begun = time.process_time()
        run()
        spent = time.process_time() - begun
        print(f"  {name}, {series} series of {days} days: {spent:.2f} s of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--world", type=Path, help="folder of a published workspace")
    asked = parser.parse_args()
    recall(SIZES, SEEDS)
    cost(5_000, 180)
    if asked.world:
        timed(orders.open_dataset(Workspace.open(asked.world), "Demo"))
        return
    with tempfile.TemporaryDirectory() as folder:
        timed(published(Path(folder), asked.orders))


if __name__ == "__main__":
    main()
