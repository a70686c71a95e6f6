"""A text sample made ready: distinct cleaned values with how often each occurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.orders.values.missing import BLANKS, MISSING

#: Values beyond it are thinned out evenly before guessing.
MOST = 50_000


@dataclass(frozen=True)
class Sampled:
    """Distinct values of a sample, without those that are missing.

    Attributes:
        texts: Distinct trimmed texts.
        counts: How often each occurs in the sample.
        total: Number of sampled values.
        missing: How many of them say "no value".
        blanks: How many of the others have blanks around them.
    """

    texts: pa.StringArray
    counts: np.ndarray
    total: int
    missing: int
    blanks: int

    @classmethod
    def of(cls, values: Sequence[str | None] | pd.Series) -> Sampled:
        """The sample of a column."""
        raw = _as_text(values)
        if len(raw) > MOST:
            raw = raw.take(pa.array(np.linspace(0, len(raw) - 1, MOST, dtype=np.int64)))
        present = raw.drop_null()
        trimmed = pc.utf8_trim(present, characters=BLANKS)
        known = pc.invert(pc.is_in(trimmed, pa.array(sorted(MISSING), pa.string())))
        kept = trimmed.filter(known)
        padded = pc.and_(known, pc.not_equal(trimmed, present))
        found = pc.value_counts(kept)
        return cls(
            texts=found.field("values"),
            counts=found.field("counts").to_numpy(zero_copy_only=False),
            total=len(raw),
            missing=len(raw) - len(kept),
            blanks=int(pc.sum(padded).as_py() or 0),
        )

    @property
    def present(self) -> int:
        """Number of values that are not missing."""
        return int(self.counts.sum())

    @cached_property
    def series(self) -> pd.Series:
        """The distinct texts for pandas."""
        return self.texts.to_pandas().astype("str")

    def where(self, mask: np.ndarray) -> Sampled:
        """The same sample with some distinct texts only."""
        texts = self.texts.filter(pa.array(mask))
        return Sampled(texts, self.counts[mask], self.total, self.missing, self.blanks)

    def matches(self, pattern: str) -> np.ndarray:
        """Which distinct texts match an RE2 expression as a whole."""
        found = pc.match_substring_regex(self.texts, f"^(?:{pattern})$")
        return found.to_numpy(zero_copy_only=False).astype(bool)

    def share(self, mask: np.ndarray) -> float:
        """Share of values whose text the mask marks."""
        return float(self.counts[mask].sum() / max(self.present, 1))

    def numbers(self) -> np.ndarray:
        """The texts as plain numbers, NaN where they are none."""
        plain = self.matches(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
        found = np.full(len(self.texts), np.nan)
        if plain.any():
            texts = self.texts.filter(pa.array(plain))
            found[plain] = pd.to_numeric(texts.to_pandas()).to_numpy(dtype=float)
        return found


def _as_text(values: Sequence[str | None] | pd.Series) -> pa.Array:
    if isinstance(values, pd.Series):
        found = pa.Array.from_pandas(values)
    else:
        found = pa.array([None if x is None else str(x) for x in values], pa.string())
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.cast(pa.string())
