"""How far the procedures keep what they promise: figures of long simulations."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from scipy import stats

from analysis.strategies.results import Pair

#: What is counted: misses of an interval, misses at any of many looks (or steps) that
#: may be fewer, or guardrails said to have held that lie exactly at their margin.
Kind = Literal["interval", "always", "guardrail"]

#: Shares within which a line keeps its promise.
FALSE_POSITIVES: Pair = (0.04, 0.06)
COVERAGE: Pair = (0.94, 0.96)
_BANDS: dict[str, Pair] = {
    "interval": FALSE_POSITIVES,
    "always": (0.0, 0.05),
    "guardrail": (0.02, 0.03),
}
#: A band is missed only when this interval of the share misses it.
SURE = 0.99
_TABLE = Path(__file__).with_name("calibrated.csv")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of draws with its exact interval.

    Attributes:
        hits: Draws that count.
        draws: All draws.
        share: Their ratio.
        low: Lower Clopper-Pearson bound.
        high: Upper Clopper-Pearson bound.
    """

    hits: int
    draws: int
    share: float
    low: float
    high: float

    def reaches(self, band: Pair) -> bool:
        """Whether the interval reaches into a band."""
        return self.low <= band[1] and self.high >= band[0]


def share_of(hits: int, draws: int, *, confidence: float = SURE) -> Share:
    """A share with its Clopper-Pearson interval.

    Reference:
        Clopper and Pearson 1934, https://doi.org/10.1093/biomet/26.4.404

    >>> found = share_of(100, 2000, confidence=0.99)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0381, 0.0641)
    """
    low, high = _clopper_pearson(hits, draws, confidence)
    return Share(hits, draws, hits / draws, low, high)


def share_of_few(hits: int, draws: int, few: float, *, confidence: float) -> Share:
    """A share with the interval of fewer draws, since these hang together.

    Args:
        hits: Draws that count.
        draws: All draws.
        few: How many independent ones they are worth.
        confidence: Of the interval.
    """
    low, high = _clopper_pearson(hits / draws * few, few, confidence)
    return Share(hits, draws, hits / draws, low, high)


def _clopper_pearson(hits: float, draws: float, confidence: float) -> Pair:
    tail = (1 - confidence) / 2
    low = float(stats.beta.ppf(tail, hits, draws - hits + 1)) if hits else 0.0
    high = float(stats.beta.isf(tail, hits + 1, draws - hits)) if hits < draws else 1.0
    return low, high


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One procedure over many simulated draws.

    Attributes:
        design: Design of the strategy.
        label: The procedure.
        kind: What was counted.
        judged: Whether it must keep its band; else it is there to compare.
        draws: Draws without an effect, and as many with one.
        without: Misses without an effect.
        with_effect: Misses with an effect.
    """

    design: str
    label: str
    kind: Kind
    judged: bool
    draws: int
    without: int
    with_effect: int

    @property
    def band(self) -> Pair:
        """Where the share of misses must lie."""
        return _BANDS[self.kind]

    @property
    def error(self) -> Share:
        """Share of false positives, without an effect."""
        return share_of(self.without, self.draws)

    @property
    def coverage(self) -> Share:
        """Share of intervals that hold the effect that was put in."""
        return share_of(self.draws - self.with_effect, self.draws)

    @property
    def kept(self) -> bool:
        """Whether the band is kept, or the line is there to compare only."""
        low, high = self.band
        covered = self.coverage.reaches((1 - high, 1 - low))
        return not self.judged or (self.error.reaches(self.band) and covered)


@cache
def calibrated() -> tuple[Calibrated, ...]:
    """The figures of the last full run of ``make calibrate``."""
    return read_calibrated(_TABLE)


def read_calibrated(path: Path) -> tuple[Calibrated, ...]:
    """Lines as ``make calibrate`` writes them."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Calibrated(
                row["design"], row["label"], _kind(row["kind"]),
                row["judged"] == "yes", int(row["draws"]), int(row["without"]),
                int(row["with_effect"]),
            )
            for row in csv.DictReader(lines)
        )  # fmt: skip


def _kind(word: str) -> Kind:
    kinds: dict[str, Kind] = {"always": "always", "guardrail": "guardrail"}
    return kinds.get(word, "interval")
