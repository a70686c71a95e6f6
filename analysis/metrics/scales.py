"""Scales of ratings: thresholds are told of five, the data may go up to 10 or 100."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import dropwhile

from analysis.engine.dataset import Dataset

#: The scale on which thresholds are told.
TOLD = 5
#: Highest ratings of the scales in use.
TOPS = (5, 10, 100)

#: Column of each factor that an expression may read.
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "rating_scale": ("orders", "rating"),
    "stars_scale": ("reviews", "stars"),
    "csat_scale": ("contacts", "csat"),
}


def rating_scales(dataset: Dataset) -> dict[str, int]:
    """How many points of each column of ratings are one of a scale of five.

    The scale is the least of 5, 10 and 100 that the highest rating does not exceed.
    """
    return {
        name: _top(dataset, table, column) // TOLD
        for name, (table, column) in _COLUMNS.items()
    }


def _top(dataset: Dataset, table: str, column: str) -> int:
    """The highest rating of the scale, as the profile of the column shows it."""
    profile = dataset.profile.get(table, {}).get("columns", ())
    highest = (item.get("high") for item in profile if item["name"] == column)
    seen = float(next(highest, None) or TOLD)
    return next(dropwhile(lambda top: top < seen, TOPS), TOPS[-1])
