"""Orders a second and peak memory of the sample world, with all its tables.

``python -m benchmarks.bench_sample [orders]``. Beside it, in the same run, the least
that any simulator would have to do: write the same Parquet tables again.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ORDERS = 2_000_000

_SIMULATE = """
import sys
from pathlib import Path
from sample_data.simulate import simulate
simulate(Path(sys.argv[1]), orders=int(sys.argv[2]))
"""

_WRITE_AGAIN = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import pyarrow.parquet as pq
def again(path):
    target = Path(sys.argv[2]) / f"{abs(hash(path))}.parquet"
    pq.write_table(pq.read_table(path, partitioning=None), target, compression="zstd")
with ThreadPoolExecutor(2) as pool:
    list(pool.map(again, sorted(Path(sys.argv[1]).rglob("*.parquet"))))
"""


def timed(script: str, *arguments: object) -> tuple[float, float, float]:
    """Seconds, processor seconds, and largest memory (MiB) of a child so far."""
    begun, before = time.perf_counter(), _processor_seconds()
    subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        check=True,
        cwd=Path(__file__).parents[1],
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return time.perf_counter() - begun, _processor_seconds() - before, peak


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    with tempfile.TemporaryDirectory() as scratch:
        out, again = Path(scratch, "world"), Path(scratch, "again")
        again.mkdir()
        seconds, busy, peak = timed(_SIMULATE, out, orders)
        size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
        writing, busy_writing, _ = timed(_WRITE_AGAIN, out, again)
    print(f"sample world of {orders:,} orders, all tables, two threads")
    print(f"  {orders / seconds:>12,.0f} orders a second ({seconds:.1f} s)")
    print(f"  {orders / busy:>12,.0f} orders a second of one processor")
    print(f"  {peak:>12,.0f} MiB peak memory")
    print(f"  {size / orders:>12,.0f} bytes an order in Parquet")
    print(f"  {seconds / writing:>12.2f} x reading and writing the same Parquet again")
    print(f"  {busy / busy_writing:>12.2f} x the processor time of that")


if __name__ == "__main__":
    main()
