"""Is it normal? Each point of one series held against what came before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

#: Share of normal points that are called anomalies, at most.
FALSE_ALARMS = 0.01


def detect(
    series: pd.DataFrame | pd.Series,
    *,
    value: str | None = None,
    numerator: str | None = None,
    denominator: str | None = None,
    time: str = "period",
    season: int | Sequence[int] | None = None,
    holidays: Iterable[date] | None = None,
    false_alarms: float = FALSE_ALARMS,
    minimum: float | None = None,
) -> pd.DataFrame:
    """Say of every point whether it is normal, judged from earlier points only.

    Args:
        series: A row per period, in any order; periods may be missing. A Series has
            its times in the index.
        value: Column of values (means, minutes, counts), where it is no rate. With
            ``denominator``, the number of orders each value is the mean of.
        numerator: Column of events. At most the denominator: a rate with binomial
            noise; more than it: events per unit, with Poisson noise; without a
            denominator: counts.
        denominator: Column of orders.
        time: Column of datetimes, dates or periods; the index where there is none.
        season: Periods in a season, or several; by default 7 for days, 24 and 168 for
            hours, 52 for weeks where there are two years of them, 12 for months.
        holidays: Days that are no usual days; an effect of theirs is learned from the
            earlier ones, and until then they are judged with more room.
        false_alarms: Share of normal points that may be called anomalies.
        minimum: Orders a period below which it is too few to tell; by default that of
            ``TOO_FEW``.

    Returns:
        The rows in order of time with the columns

        - ``expected``, ``low``, ``high``: what the points before let expect, with an
          interval that a normal point leaves in ``false_alarms`` of the cases; NaN
          where they are too few;
        - ``score``: 0 to 1, how far in the tail the point lies;
        - ``is_anomaly``: outside the interval; False where it is too few to tell;
        - ``is_changepoint``: the level moved here for good, seen in hindsight;
        - ``is_too_few``: too few orders, or too short a history, to tell.

        ``attrs`` has ``season``, ``grain``, ``noise`` (over-dispersion), ``too_few``
        (why nothing can be told, as a template; empty if something can) and
        ``false_alarms``.

    Raises:
        UnknownName: if there is no such column.
        InvalidInput: if times repeat or cannot be read, numbers are infinite or no
            numbers, or an option is out of its range.
    """
    raise NotImplementedError
