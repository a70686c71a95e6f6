"""All sums fetched at once: the leaves, and what is expected of such orders.

Orders are summed by everything that they may be watched by and that their risk may
depend on, so one scan of each table tells both the expected rates and the leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.engine.dataset import Dataset
from analysis.metrics.counted import Counted, names_of
from analysis.metrics.many import Step, leaf_frames
from analysis.metrics.periods import Period
from analysis.metrics.risk import fitted_rates
from analysis.metrics.selection import Scalar, Selection
from analysis.trends.leaves import HOURS, Leaves, coded, numbered, relabelled
from analysis.trends.scales import Floats

Numbers = NDArray[np.int64]


def read_all(
    dataset: Dataset,
    metrics: Sequence[str | Counted],
    *,
    names: Sequence[str],
    margins: Sequence[Sequence[str]],
    period: Period,
    step: Step,
    where: Selection | None,
) -> Leaves:
    """The sums of all metrics by all dimensions, and what is expected of such orders.

    Args:
        dataset: A published version.
        metrics: Metrics that are a sum over a sum, or any with how they are counted
            as events.
        names: The dimensions.
        margins: What the expectation may depend on, see ``expected_rates``.
        period: First and last local day, of which the expectation is learned too.
        step: ``day`` or ``hour``.
        where: Which orders; its period is not used.
    """
    kinds_by = tuple(dict.fromkeys(name for margin in margins for name in margin))
    asked = tuple(dict.fromkeys((*names, *kinds_by)))
    frames = leaf_frames(
        dataset, metrics, names=asked, period=period, step=step, where=where
    )
    listed = names_of(metrics)
    rows = _Rows.of(frames, asked, listed)
    kind, kinds = rows.combined(kinds_by)
    rates = fitted_rates(
        rows.summed(rows.tops, kind, len(kinds)).T,
        rows.summed(rows.bottoms, kind, len(kinds)).T,
        [_values_of(kinds, kinds_by, margin, rows.known) for margin in margins],
    )
    leaf, codes = rows.combined(tuple(names))
    # In order of time, whatever the number of leaves.
    cell, cells = relabelled(rows.steps * len(codes) + leaf)
    each = HOURS if step == "hour" else 1
    steps = cells // len(codes)
    return Leaves(
        metrics=listed,
        names=tuple(names),
        codes=codes,
        values=tuple(rows.known[name] for name in names),
        leaf=cells % len(codes),
        day=steps // each,
        hour=steps % each,
        tops=rows.summed(rows.tops, cell, len(cells)),
        bottoms=rows.summed(rows.bottoms, cell, len(cells)),
        due=rows.expected(rates, kind, cell, len(cells)),
        days=period.days,
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """Numbers of some rows; those that are 0 are left out.

    Attributes:
        rows: The rows.
        numbers: Their numbers.
        metrics: Places of the metrics that they are of.
    """

    rows: Numbers
    numbers: Floats
    metrics: list[int]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Sums by combination of dimensions and step, those of all tables on end.

    Attributes:
        count: Number of metrics.
        codes: Number of the value of each dimension, by row.
        known: The values of each dimension by their number.
        steps: Step of each row.
        tops: Events.
        bottoms: What they are of.
    """

    count: int
    codes: Mapping[str, Numbers]
    known: Mapping[str, tuple[Scalar, ...]]
    steps: Numbers
    tops: list[_Column]
    bottoms: list[_Column]

    @classmethod
    def of(
        cls, frames: Sequence[pd.DataFrame], names: Sequence[str],
        metrics: Sequence[str],
    ) -> _Rows:  # fmt: skip
        """The rows of several tables."""
        known = {name: coded([frame[name] for frame in frames]) for name in names}
        steps = [frame["step"].to_numpy(dtype=np.int64) for frame in frames]
        return cls(
            len(metrics),
            {name: codes for name, (codes, _) in known.items()},
            {name: values for name, (_, values) in known.items()},
            np.concatenate(steps),
            _columns(frames, [f"{name}_num" for name in metrics]),
            _columns(frames, [f"{name}_n" for name in metrics]),
        )

    def combined(self, names: tuple[str, ...]) -> tuple[Numbers, Numbers]:
        """Number of each row's combination of dimensions, and the combinations."""
        sizes = [len(self.known[name]) for name in names]
        if not names:
            return np.zeros(len(self.steps), np.int64), np.zeros((1, 0), np.int64)
        return numbered([self.codes[name] for name in names], sizes)

    def summed(self, columns: Sequence[_Column], group: Numbers, groups: int) -> Floats:
        """Sums by metric and group of rows."""
        found = np.zeros((self.count, groups))
        for column in columns:
            sums = np.bincount(group[column.rows], column.numbers, groups)
            found[column.metrics] = sums
        return found

    def expected(
        self, rates: Floats, kind: Numbers, group: Numbers, groups: int
    ) -> Floats:
        """Events to be expected by metric and group: the rates are by kind, metric."""
        found = np.zeros((self.count, groups))
        for column in self.bottoms:
            group_of, kind_of = group[column.rows], kind[column.rows]
            for place in column.metrics:
                due = column.numbers * rates[kind_of, place]
                found[place] = np.bincount(group_of, due, groups)
        return found


def _columns(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> list[_Column]:
    """The columns of all tables; metrics of the same numbers share them."""
    columns: list[_Column] = []
    begin = 0
    for frame in frames:
        own: list[tuple[Floats, _Column]] = []
        for place, name in enumerate(names):
            if name not in frame:
                continue
            numbers = frame[name].to_numpy(dtype=float)
            same = (column for known, column in own if np.array_equal(known, numbers))
            column = next(same, None)
            if column is None:
                held = np.flatnonzero(numbers)
                column = _Column(begin + held, numbers[held], [])
                own.append((numbers, column))
            column.metrics.append(place)
        columns += [column for _, column in own]
        begin += len(frame)
    return columns


def _values_of(
    kinds: Numbers,
    names: tuple[str, ...],
    margin: Sequence[str],
    values: Mapping[str, tuple[Scalar, ...]],
) -> Numbers:
    """Value of each kind on a margin, -1 where one of its dimensions is missing."""
    places = [names.index(name) for name in margin]
    sizes = [len(values[name]) for name in margin]
    number, _ = numbered([kinds[:, place] for place in places], sizes)
    missing = np.zeros(len(kinds), dtype=bool)
    for name, place in zip(margin, places, strict=True):
        if None in values[name]:
            missing |= kinds[:, place] == values[name].index(None)
    return np.where(missing, -1, number)
