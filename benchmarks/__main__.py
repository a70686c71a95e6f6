"""All benchmarks, one after the other: ``python -m benchmarks [name ...]``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NAMES = (
    "bench_publish", "bench_measure", "bench_strategies", "bench_start", "bench_sample",
    "bench_kpi_page", "bench_cases", "bench_queues", "bench_case_page", "bench_detect",
    "bench_watch",
)  # fmt: skip


def main() -> None:
    wanted = sys.argv[1:] or [
        name for name in NAMES if Path(__file__).with_name(f"{name}.py").exists()
    ]
    for name in wanted:
        print(f"# {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
