"""How often intervals hold the truth and nothing is called something.

``python -m benchmarks.calibrate [--draws 2000] [--only its ...] [--processes 2]``

Every line of the table is drawn again and again from one model, once without an effect
(false positives) and once with (coverage), with seeds of their own. Lines of at least
2,000 draws are written to the figures in ``docs/`` and to those of the page.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Iterable
from multiprocessing import get_context

# Each process works by itself: threads of the linear algebra only get in the way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from analysis.strategies.calibration import Calibrated
from benchmarks.calibrate_list import CASES
from benchmarks.calibrate_report import keep, print_line, write

FULL = 2000
_BATCH = 50

Batch = tuple[str, bool, int, int]


def misses(batch: Batch) -> tuple[str, bool, int]:
    """Count misses in some draws of one line."""
    name, effect, first, last = batch
    place, case = next((i, c) for i, c in enumerate(CASES) if c.name == name)
    found = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(first, last):
            rng = np.random.default_rng([place, int(effect), number])
            found += case.outside(case.draw(rng, float(effect)))
    return name, effect, found


def _batches(name: str, draws: int) -> list[Batch]:
    starts = range(0, draws, _BATCH)
    return [
        (name, effect, first, min(first + _BATCH, draws))
        for effect in (False, True)
        for first in starts
    ]


def _wanted(only: Iterable[str]) -> list[str]:
    names = [case.name for case in CASES]
    if not only:
        return names
    by_word = [
        [case.name for case in CASES if word in (case.name, case.design)]
        for word in only
    ]
    return list(dict.fromkeys(name for found in by_word for name in found))


def run(names: list[str], draws: int, processes: int) -> list[Calibrated]:
    """Draw and count, printing each line when it is done."""
    found = []
    with get_context("spawn").Pool(processes) as pool:
        for name in names:
            began = time.monotonic()
            counts = {False: 0, True: 0}
            for _, effect, count in pool.imap_unordered(misses, _batches(name, draws)):
                counts[effect] += count
            case = next(case for case in CASES if case.name == name)
            line = Calibrated(
                case.design, case.label, case.kind, case.judged, draws,
                counts[False], counts[True],
            )  # fmt: skip
            print_line(line, time.monotonic() - began)
            found.append(line)
            if draws >= FULL:
                write(keep(line, [case.label for case in CASES]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=FULL)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    names = _wanted(given.only)
    found = run(names, given.draws, given.processes)
    if not all(line.kept for line in found):
        sys.exit("a band is missed")


if __name__ == "__main__":
    main()
