"""All metrics of all segments at once: what is not normal, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from analysis.engine.dataset import Dataset
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.trends.findings import Watch

Progress = Callable[[float], None]

#: Share of false ones among what is listed.
FALSE_DISCOVERIES = 0.05


def watch(
    dataset: Dataset,
    *,
    metrics: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    pairs: bool = True,
    period: Period | tuple[date, date] | None = None,
    selection: Selection | None = None,
    false_discoveries: float = FALSE_DISCOVERIES,
    progress: Progress | None = None,
) -> Watch:
    """Look through all segments for what is not normal.

    Args:
        dataset: A published version.
        metrics: Names from ``load_definitions``; by default the rates of what orders
            go through that the dataset has.
        dimensions: Dimensions whose values are watched; by default those of place,
            kind of merchant and kind of rider that the dataset has.
        pairs: Whether pairs of dimensions are watched too.
        period: First and last day in which something may have begun; by default the
            last 90 days. Earlier days are read to learn from.
        selection: Which orders; its period is not used.
        false_discoveries: Share of false ones among what is listed, at most.
        progress: Told the share done, 0 to 1.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if an option is out of its range.
        NotEnoughData: if there are fewer than four weeks of orders.
    """
    raise NotImplementedError
