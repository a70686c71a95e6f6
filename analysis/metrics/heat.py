"""A metric by weekday and hour: the 168 hours of a week."""

from __future__ import annotations

from itertools import product
from typing import Final

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.metrics.measure import measure, sql_of
from analysis.metrics.periods import Period
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection

WEEK: Final = ("weekday", "hour")
#: Weekday of the rows that hold all weekdays together.
ALL_DAYS: Final = 0
_WEEKDAYS: Final = range(1, 8)
_HOURS: Final = range(24)


def heat(
    dataset: Dataset,
    metric: str,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    pooled: bool = False,
) -> pd.DataFrame:
    """A metric in every hour of the week, in local time.

    Args:
        dataset: A published version.
        metric: Reference of a metric.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.
        pooled: All weekdays together, where an hour of one has too few orders.

    Returns:
        168 rows, Monday (1) 0:00 first: ``weekday``, ``hour``, ``value``, ``num``,
        ``n``, ``low``, ``high`` and ``orders``; hours without orders have ``n`` 0,
        and a count of 0. If pooled, 24 rows of weekday ``ALL_DAYS``.

    Raises:
        MissingField: if the dataset has no time of creation.
    """
    by = WEEK[1:] if pooled else WEEK
    found = measure(
        dataset, [metric, "orders"], by=by, selection=selection, period=period
    )
    if pooled:
        found = found.assign(weekday=ALL_DAYS)
    names = {
        metric: "value", f"{metric}_num": "num", f"{metric}_n": "n",
        f"{metric}_low": "low", f"{metric}_high": "high",
    }  # fmt: skip
    kept = found.assign(orders_=found["orders"])[[*WEEK, *names, "orders_"]]
    cells = kept.rename(columns={**names, "orders_": "orders"}).dropna(subset=WEEK)
    days = [ALL_DAYS] if pooled else _WEEKDAYS
    grid = pd.DataFrame(product(days, _HOURS), columns=list(WEEK))
    whole = grid.merge(cells.astype(dict.fromkeys(WEEK, int)), how="left", on=WEEK)
    empty = {"n": 0, "orders": 0}
    if parse_reference(metric).definition.kind == "count":
        empty["value"] = 0
    return whole.fillna(empty)


def heat_sql(
    dataset: Dataset,
    metric: str,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    pooled: bool = False,
) -> str:
    """The query that ``heat`` runs for the same arguments."""
    by = WEEK[1:] if pooled else WEEK
    return sql_of(
        dataset, [metric, "orders"], by=by, selection=selection, period=period
    )
