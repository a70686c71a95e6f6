"""What evaluating a strategy costs, beside loading the rows and regressing on them.

Run with ``python -m benchmarks.bench_strategies [--orders 5000000]
[--most 20000000] [--folder FOLDER]``; worlds are kept in the folder and used again.
A trial over riders with their own past as covariate (CUPED) and errors clustered by
rider: Doorstep end to end on a published dataset, and statsmodels and pyfixest on the
rows of the same file, each in a process of its own that did the same with a small world
first. Best and median of runs that take turns, by the clock and in seconds of all
processors; memory is the peak above what the process had just before, on every side
alike, with the blocks of the file that the engine keeps. Also a staggered roll-out with
bands.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import sqlglot
from sqlglot import exp

from analysis.engine import connect
from analysis.engine.dataset import Column, Dataset, Table
from analysis.engine.duck import DuckEngine
from analysis.orders.building import trees
from analysis.orders.building.names import OWN_NAMES
from analysis.strategies import Strategy, evaluate

RUNS = 3
RIDERS = 50_000
#: Orders of a small world that every process goes through first, to be warm.
SMALL = 20_000
FIRST, START, LAST = "2026-01-05", "2026-02-02", "2026-03-15"

ORDERS = """
CREATE TABLE orders AS
WITH base AS (
    SELECT
        i::INTEGER AS order_no,
        TIMESTAMP '2026-01-05'
            + to_microseconds((i * 6048000000000.0 / {rows})::BIGINT) AS created_at,
        hash(i) AS h
    FROM range({rows}) AS numbers(i)
), riders AS (
    SELECT *, (h // 7) % {riders} AS rider, hash((h // 7) % {riders}) AS r FROM base
)
SELECT
    order_no,
    'o' || order_no AS order_id,
    substr(sha256('rider' || rider), 1, 16) AS rider_id,
    ['Kuwait City', 'Riyadh', 'Hong Kong', 'São Paulo'][1 + (r % 4)::INT] AS city,
    'zone ' || (r % 24) AS zone,
    created_at,
    created_at + to_seconds((1500 + (h // 25) % 1200)::BIGINT) AS promised_at,
    CASE WHEN h % 25 > 0 THEN created_at + to_seconds((
        900 + (h // 100000) % 1500 + (r // 1000) % 400
        - CASE WHEN r // 3 % 2 = 1 AND created_at >= '2026-02-02' THEN 20 ELSE 0 END
    )::BIGINT) END AS delivered_at,
    CASE WHEN h % 25 > 0 THEN 'delivered' ELSE 'cancelled' END AS status,
    CASE WHEN created_at < '2026-02-02' THEN NULL
        WHEN r // 3 % 2 = 1 THEN 'treatment' ELSE 'control' END AS variant,
    CAST(created_at AS DATE) AS local_date,
    CAST(hour(created_at) AS TINYINT) AS local_hour,
    CAST(isodow(created_at) AS TINYINT) AS local_weekday
FROM riders
ORDER BY order_no
"""

TYPES = {
    "order_no": "integer", "order_id": "text", "rider_id": "text", "city": "text",
    "zone": "text", "created_at": "time", "promised_at": "time",
    "delivered_at": "time", "status": "text", "variant": "text", "local_date": "date",
    "local_hour": "integer", "local_weekday": "integer", "rider_no": "integer",
}  # fmt: skip

#: What somebody loads who regresses on the rows.
LOADED = """
SELECT rider_id, variant, created_at >= TIMESTAMP '2026-02-02' AS late,
    date_diff('microsecond', created_at, delivered_at) / 60000000.0 AS minutes
FROM orders WHERE status = 'delivered' AND delivered_at IS NOT NULL
"""

_PREPARE = """
def rows_of(path):
    with connect.reader(path, threads=2) as connection:
        frame = connection.run(sqlglot.parse_one(LOADED, read="duckdb")).to_pandas()
    past = frame[~frame["late"]].groupby("rider_id")["minutes"].mean()
    late = frame[frame["late"]].copy()
    late["treated"] = (late["variant"] == "treatment").astype(float)
    own = late["rider_id"].map(past)
    late["missing"] = own.isna().astype(float)
    late["past"] = own.fillna(own.mean())
    late["rider"] = pd.factorize(late["rider_id"])[0]
    return late
"""

_SIDES = {
    "doorstep": """
found = evaluate(open_world(path, rows), TRIAL, segments=())
effect, se = found.effect, found.se
""",
    "statsmodels": """
late = rows_of(path)
names = ["treated", "past"] + ["missing"] * bool(late["missing"].any())
x = sm.add_constant(late[names])
fitted = sm.OLS(late["minutes"], x).fit(
    cov_type="cluster", cov_kwds={"groups": late["rider"].to_numpy()}, use_t=True)
effect, se = fitted.params["treated"], fitted.bse["treated"]
""",
    "pyfixest": """
late = rows_of(path)
more = " + missing" if late["missing"].any() else ""
fitted = pf.feols("minutes ~ treated + past" + more, late, vcov={"CRV1": "rider"})
effect, se = fitted.coef()["treated"], fitted.se()["treated"]
""",
}
_IMPORTS = {
    "doorstep": "",
    "statsmodels": "import statsmodels.api as sm\n",
    "pyfixest": "import pyfixest as pf\n",
}

_SCRIPT = """
import gc, json, sys, time
import pandas as pd, sqlglot
from analysis.engine import connect
from analysis.strategies import evaluate
from benchmarks.bench_strategies import LOADED, TRIAL, open_world
{imports}{prepare}
path, rows = sys.argv[1], int(sys.argv[2])
def used():
    # The peak of this process alone; ru_maxrss would count its parent.
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
def forget_the_peak():
    # Importing and the small world had a peak of their own, that would hide a part.
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
whole = (path, rows)
path, rows = sys.argv[3], int(sys.argv[4])
{work}
path, rows = whole
forget_the_peak()
before = used()
began, busy = time.perf_counter(), time.process_time()
{work}
seconds, busy = time.perf_counter() - began, time.process_time() - busy
extra = used() - before
print(json.dumps({{
    "seconds": seconds, "busy": busy, "extra": extra,
    "effect": float(effect), "se": float(se),
}}))
"""

TRIAL = Strategy(
    "ab",
    "delivery_minutes",
    treatment="variant",
    unit="rider",
    covariates=("delivery_minutes",),
    better="lower",
    smallest_effect=0.2,
    period=(START, LAST),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds, those of all processors, MiB, and what it found."""

    seconds: float
    busy: float
    extra: float
    effect: float
    se: float


def write_world(folder: Path, rows: int) -> Path:
    """The orders as they are published, made once in a folder."""
    path = folder / f"orders-{rows}.duckdb"
    if path.exists():
        return path
    text = ORDERS.format(rows=rows, riders=RIDERS)
    with connect.builder(path, allowed=[], temp_directory=folder / "spill") as build:
        build.execute(sqlglot.parse_one(text, read="duckdb"))
        orders, numbers = trees.table("orders"), trees.table("numbers")
        build.execute(
            trees.create(numbers, trees.numbered(orders, "rider_id", "rider_no"))
        )
        for statement in trees.add_looked_up(
            orders, numbers, key="rider_id", name="rider_no"
        ):
            build.execute(statement)
        build.execute(exp.Drop(tables=[numbers], kind="TABLE"))
        build.checkpoint()
    return path


def open_world(path: str | Path, rows: int) -> Dataset:
    columns = {
        name: Column(name, kind, kind="derived" if name in OWN_NAMES else "field")  # type: ignore[arg-type]
        for name, kind in TYPES.items()
    }
    return Dataset(
        name="benchmark",
        id="benchmark",
        version="1",
        path=Path(path).parent,
        engine=DuckEngine(connect.reader(Path(path), threads=2)),
        tables={"orders": Table("orders", rows, columns)},
        period=(date.fromisoformat(FIRST), date.fromisoformat(LAST)),
        timezone="UTC",
        manifest={},
        profile={},
    )


def run(side: str, path: Path, rows: int, small: Path) -> Run:
    prepare = "" if side == "doorstep" else _PREPARE
    script = _SCRIPT.format(imports=_IMPORTS[side], prepare=prepare, work=_SIDES[side])
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(rows), str(small), str(SMALL)],
        check=True,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def told(runs: list[Run]) -> str:
    """Best and median seconds, by the clock and of processors, and the most memory."""
    clock = [one.seconds for one in runs]
    busy = [one.busy for one in runs]
    return (
        f"{min(clock):6.2f} s best, {statistics.median(clock):6.2f} s median, "
        f"processors {min(busy):6.2f} s best, {statistics.median(busy):6.2f} s median, "
        f"{max(one.extra for one in runs):5.0f} MiB"
    )


def compare(path: Path, rows: int, runs: int, small: Path) -> None:
    found: dict[str, list[Run]] = {side: [] for side in _SIDES}
    for _ in range(runs):
        for side in _SIDES:
            found[side].append(run(side, path, rows, small))
    for side, listed in found.items():
        print(
            f"trial, {rows:,} orders, {RIDERS:,} riders: {side:<11} {told(listed)}, "
            f"effect {listed[0].effect:.9f}, error {listed[0].se:.9f}"
        )
    others = ("statsmodels", "pyfixest")
    for what in ("seconds", "busy"):
        middle = {
            side: statistics.median(getattr(one, what) for one in listed)
            for side, listed in found.items()
        }
        best = min(middle[side] for side in others)
        name = "by the clock" if what == "seconds" else "in processor time"
        print(
            f"trial, {rows:,} orders: {best / middle['doorstep']:.1f} x faster than "
            f"the better one {name}"
        )
    most = {side: max(one.extra for one in listed) for side, listed in found.items()}
    least = min(most[side] for side in others)
    print(f"trial, {rows:,} orders: {most['doorstep'] / least:.3f} of its memory")


def alone(path: Path, rows: int, small: Path, runs: int) -> None:
    found = [run("doorstep", path, rows, small) for _ in range(runs)]
    print(f"trial, {rows:,} orders: doorstep {told(found)}")


def staggered(places: int = 200, days: int = 180) -> None:
    """A roll-out over places by day with 999 draws for the bands."""
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2026-01-01")
    first = rng.choice([60, 90, 120, 10_000], size=places)
    unit, day = (side.ravel() for side in np.indices((places, days)))
    effect = np.where(day >= first[unit], -0.02 * np.minimum(day - first[unit], 40), 0)
    shocks = rng.normal(size=days)[day] + rng.normal(size=places)[unit]
    frame = pd.DataFrame(
        {
            "place": unit,
            "day": start + pd.to_timedelta(day, unit="D"),
            "first": (start + pd.to_timedelta(first, unit="D"))[unit],
            "minutes": 30 + shocks + effect + rng.normal(size=len(unit)),
        }
    )
    frame["first"] = frame["first"].where(first[unit] < days)
    strategy = Strategy(
        "staggered", "minutes", treatment="first", unit="place", time="day"
    )
    taken, busy = [], []
    for _ in range(RUNS):
        began, spent = time.perf_counter(), time.process_time()
        found = evaluate(frame, strategy)
        taken.append(time.perf_counter() - began)
        busy.append(time.process_time() - spent)
    bands = len(found.extra["dynamic"])
    print(
        f"staggered, {places} places x {days} days, bands over {bands} steps: "
        f"{min(taken):.2f} s best, {statistics.median(taken):.2f} s median, processors "
        f"{statistics.median(busy):.2f} s"
    )


def trials(folder: Path, asked: argparse.Namespace) -> None:
    small = write_world(folder, SMALL)
    compare(write_world(folder, asked.orders), asked.orders, asked.runs, small)
    if asked.most:
        alone(write_world(folder, asked.most), asked.most, small, asked.runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--most", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--folder", type=Path, help="where worlds are kept")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    staggered()
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
        trials(asked.folder, asked)
        return
    with tempfile.TemporaryDirectory() as name:
        trials(Path(name), asked)


if __name__ == "__main__":
    main()
