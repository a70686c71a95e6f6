"""``kill -9`` while a version is published leaves the old one or the new one, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from analysis.orders import list_versions, open_dataset
from analysis.orders.versions import BUILDING, dataset_id
from tests.orders.publish_help import csv_text, frame, publish_files

ROOT = Path(__file__).parents[2]
MOMENTS = 20
OLD, NEW = 40, 4_000

#: One child does all rounds but dies in each; it says when the publishing begins.
CHILD = """
import os, sys
from analysis.orders import publish
publish  # everything is imported
print("ready", flush=True)
sys.stdin.readline()
publish([sys.argv[1]], workspace=sys.argv[2], name="Gulf")
print("done", flush=True)
"""


def orders(count: int) -> str:
    rows = [
        (f"A{n}", f"2024-03-{1 + n % 28:02d} {n % 24:02d}:00:00", f"c{n % 7}", n / 3)
        for n in range(count)
    ]
    return csv_text(("order_id", "created_at", "city", "score_x"), rows)


def child(file: Path, workspace: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(file), str(workspace)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> float:
    process.stdin.write("go\n")
    process.stdin.flush()
    return time.monotonic()


def assert_whole(workspace: Path) -> int:
    """Every listed version can be read to its end; the rows of the current one."""
    for info in list_versions(workspace, "Gulf"):
        dataset = open_dataset(workspace, "Gulf", info.version)
        rows = len(frame(dataset))
        assert rows in {OLD, NEW}
        assert rows == info.rows
        assert pq.read_table(dataset.path / "parquet/orders.parquet").num_rows == rows
        assert pq.read_table(dataset.path / "set_aside.parquet").num_rows == 0
        dataset.engine.close()
    return len(frame(open_dataset(workspace, "Gulf")))


def test_killed_at_any_moment_the_old_or_the_new_version_is_there(tmp_path):
    workspace, file = tmp_path / "workspace", tmp_path / "orders.csv"
    publish_files(workspace, {"orders.csv": orders(OLD)}, name="Gulf")
    file.write_text(orders(NEW))
    whole = child(file, workspace)
    started = begin(whole)
    assert whole.stdout.readline() == "done\n"
    length = time.monotonic() - started
    whole.communicate()
    moments = random.Random(7).sample(range(200), MOMENTS)
    place = workspace / "datasets" / dataset_id("Gulf")
    seen = set()
    for moment in sorted(moments):
        process = child(file, workspace)
        begin(process)
        time.sleep(length * 1.05 * moment / 200)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen.add(assert_whole(workspace))
    assert seen <= {OLD, NEW}
    publish_files(workspace, {"orders.csv": orders(OLD)}, name="Gulf")
    assert not list(place.glob(f"{BUILDING}*"))
    assert assert_whole(workspace) == OLD
