"""Is it normal? Each point of one series held against what came before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import InvalidInput
from analysis.trends import scales
from analysis.trends.changes import change_points
from analysis.trends.filtering import Foretold, foretell
from analysis.trends.grid import Grid, numbers, read_grid
from analysis.trends.scales import Floats, Scaled
from analysis.trends.seasons import (
    Season,
    cycles,
    fitting,
    holiday_effect,
    moved_after,
    usual_lengths,
    warm_up,
)
from analysis.trends.starting import residual_variance
from analysis.words import N_

#: Share of normal points that are called anomalies, at most.
FALSE_ALARMS = 0.01
#: Orders a period below which a rate is too few to tell. Of 150 orders a day with one
#: in ten late, a doubling of the odds stays unnoticed more often than not.
TOO_FEW = {"hour": 60.0, "step": 60.0}
TOO_FEW_OTHERWISE = 200.0

_SHORT = N_("The series has {seen} points, {needed} are needed to tell what is normal.")
_FEW = N_("With {seen} orders a period it is too few to tell, {needed} are needed.")
_MOST_FALSE = 0.5


@dataclass(frozen=True, slots=True)
class Setting:
    """How a series is looked at.

    Attributes:
        lengths: Lengths of its seasons, in steps.
        seasons: All its effects.
        warm_up: Points that it is learned from first.
        moved_after: Far points in a row after which the level has moved.
    """

    lengths: tuple[int, ...]
    seasons: tuple[Season, ...]
    warm_up: int
    moved_after: int


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
        season: Periods in a season, or several; by default those of a day and a week
            for hours, of a week for days, of a year for weeks and months, each where
            the series is three of them long.
        holidays: Days that are no usual days; an effect of theirs is learned from the
            earlier ones, and until then they are judged with more room.
        false_alarms: Share of normal points that may be called anomalies.
        minimum: Orders a period below which it is too few to tell; by default 60 for
            hours, 200 for longer periods.

    Returns:
        The rows in order of time with the columns

        - ``expected``, ``low``, ``high``: what the points before let expect, with an
          interval that a normal point leaves in ``false_alarms`` of the cases; NaN
          before there is enough to learn from;
        - ``score``: 0 to 1, how far in the tail the point lies;
        - ``is_anomaly``: outside the interval; False where it is too few to tell;
        - ``is_changepoint``: the level moved here for good, seen in hindsight;
        - ``is_too_few``: too few orders, or too short a history, to tell.

        ``attrs`` has ``season`` (lengths used), ``grain``, ``false_alarms``,
        ``minimum`` and ``too_few``: a template why nothing can be told, with its
        values in ``too_few_values``; empty if something can.

    Raises:
        UnknownName: if there is no such column.
        InvalidInput: if times repeat or cannot be read, numbers are infinite or no
            numbers, or an option is out of its range.

    >>> days = pd.date_range("2026-01-01", periods=60)
    >>> late = pd.DataFrame({"period": days, "late": 100, "orders": 1000})
    >>> late.loc[50, "late"] = 180
    >>> found = detect(late, numerator="late", denominator="orders")
    >>> found.period[found.is_anomaly].dt.strftime("%d %B").tolist()
    ['20 February']
    """
    _require_options(false_alarms, minimum)
    grid = read_grid(series, time)
    if isinstance(series, pd.Series) and value is None and numerator is None:
        value = "value"
    setting = setting_of(grid, season, holidays)
    scaled, orders = _scaled(grid, setting, value, numerator, denominator)
    found = Judgement.of(scaled, _foretold(scaled, setting), false_alarms)
    least = minimum if minimum is not None else minimum_of(grid.grain)
    if denominator is None:
        least = 0.0
    changed = change_points(
        scaled.points[0], lengths=setting.lengths, shortest=setting.moved_after
    )
    told = {item.name: getattr(found, item.name)[0, grid.places]
            for item in fields(Judgement)}  # fmt: skip
    result = grid.rows.assign(**told)
    few = np.nan_to_num(orders[grid.places]) < least
    few |= result["expected"].isna().to_numpy()
    result["is_anomaly"] &= ~few
    result["is_changepoint"] = changed[grid.places]
    result["is_too_few"] = few
    shown = {"season": setting.lengths, "grain": grid.grain, "minimum": least}
    why = _told(setting, orders, least, few)
    result.attrs |= {**shown, "false_alarms": false_alarms, **why}
    return result


def minimum_of(grain: str) -> float:
    """Orders a period below which a rate is too few to tell."""
    return TOO_FEW.get(grain, TOO_FEW_OTHERWISE)


def setting_of(
    grid: Grid, season: int | Sequence[int] | None, holidays: Iterable[date] | None
) -> Setting:
    """Seasons and spans that fit the spacing and the length of a series."""
    if season is None:
        asked = usual_lengths(grid.step_seconds, grid.grain)
    else:
        asked = (season,) if isinstance(season, int) else tuple(season)
        if not all(isinstance(item, int) and item > 0 for item in asked):
            raise _out_of_range("season", season, N_("whole numbers above 0"))
    lengths = fitting(asked, grid.steps)
    effects = cycles(lengths, grid.steps)
    if len(grid.times):
        effects += holiday_effect(grid.times, holidays)
    moved = moved_after(grid.grain, grid.step_seconds)
    return Setting(lengths, effects, warm_up(lengths), moved)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of the points of series, in their unit; series by time.

    NaN and False where there was too little before a point.

    Attributes:
        expected: What the points before let expect.
        low: Lower end of the interval.
        high: Upper end.
        score: 0 to 1, how far in the tail the point lies.
        is_anomaly: Whether it lies outside the interval.
    """

    expected: Floats
    low: Floats
    high: Floats
    score: Floats
    is_anomaly: NDArray[np.bool_]

    @classmethod
    def of(cls, scaled: Scaled, found: Foretold, false_alarms: float) -> Judgement:
        """What was foretold, in the unit of the series."""
        reach, p_values = found.half_width(false_alarms), found.p_values
        return cls(
            expected=scaled.back(found.expected),
            low=scaled.back(found.expected - reach),
            high=scaled.back(found.expected + reach),
            score=1 - p_values,
            is_anomaly=p_values < false_alarms,
        )


def detect_sums(
    events: Floats, orders: Floats, *, times: pd.DatetimeIndex,
    holidays: Iterable[date] | None = None, false_alarms: float = FALSE_ALARMS,
) -> Judgement:  # fmt: skip
    """What ``detect`` says of many rates at once, however few their orders are.

    Args:
        events: Events, series by time.
        orders: What they are of; fewer than the events where they are no trials.
        times: Of the points, at even steps.
        holidays: As of ``detect``, the same for all series.
        false_alarms: As of ``detect``.
    """
    grid = read_grid(pd.DataFrame(index=times), "")
    setting = setting_of(grid, None, holidays)
    are_rates = (events <= orders).all(axis=1)
    groups = [(np.flatnonzero(are_rates), scales.rates),
              (np.flatnonzero(~are_rates), scales.per_unit)]  # fmt: skip
    told = []
    for rows, scale in groups:
        if len(rows):
            scaled = scale(events[rows], orders[rows])
            found = _foretold(scaled, setting)
            told.append(Judgement.of(scaled, found, false_alarms))
    back = np.argsort(np.concatenate([rows for rows, _ in groups]))
    return Judgement(*(
        np.concatenate([getattr(one, item.name) for one in told])[back]
        for item in fields(Judgement)
    ))  # fmt: skip


def _foretold(scaled: Scaled, setting: Setting) -> Foretold:
    return foretell(
        scaled, setting.seasons,
        warm_up=setting.warm_up, moved_after=setting.moved_after,
    )  # fmt: skip


def _scaled(
    grid: Grid,
    setting: Setting,
    value: str | None,
    numerator: str | None,
    denominator: str | None,
) -> tuple[Scaled, Floats]:
    """The series on its scale, and its orders."""
    if (value is None) == (numerator is None):
        raise _out_of_range(
            "value", value, N_("a column of values or one of events, one of the two")
        )
    orders = np.full(grid.steps, np.nan)
    if denominator is not None:
        orders = numbers(grid, denominator)
        _require_counts(orders, denominator)
    if value is not None:
        weights = orders if denominator is not None else None
        return _values(numbers(grid, value), weights, setting), orders
    events = numbers(grid, str(numerator))
    _require_counts(events, str(numerator))
    if denominator is None:
        return _counts(events, setting), orders
    if np.nanmax(events - orders, initial=0.0) <= 0:
        return scales.rates(events[None, :], orders[None, :]), orders
    return scales.per_unit(events[None, :], orders[None, :]), orders


def _values(values: Floats, weights: Floats | None, setting: Setting) -> Scaled:
    weighted = None if weights is None else weights[None, :]
    first = values[: setting.warm_up]
    if weights is None and scales.are_counts(
        _open(first, setting), partial(_left_over, setting)
    ):
        return _counts(values, setting)
    if scales.prefers_logarithm(first, partial(_left_over, setting)):
        return scales.logarithmic(values[None, :], weighted)
    return scales.plain(values[None, :], weighted)


def _open(values: Floats, setting: Setting) -> Floats:
    """The first values without those of hours in which there never is any."""
    kept = values.copy()
    for season in setting.seasons[:1]:
        slots = season.slots[: len(values)]
        used = np.bincount(slots, np.nan_to_num(values), season.size) != 0
        kept[~used[slots]] = np.nan
    return kept


def _counts(events: Floats, setting: Setting) -> Scaled:
    """Counts scatter as their root does, or in proportion where that is more."""
    first = events[: setting.warm_up]
    if scales.prefers_logarithm(first, partial(_left_over, setting), counted=True):
        return scales.logarithmic(events[None, :])
    return scales.counts(events[None, :])


def _left_over(setting: Setting, values: Floats) -> float:
    return residual_variance(values, setting.seasons, setting.warm_up)


def _told(
    setting: Setting, orders: Floats, least: float, few: NDArray[np.bool_]
) -> dict[str, object]:
    """Why nothing can be told; empty where something can."""
    reason: str = ""
    values: dict[str, int] = {}
    if len(few) <= setting.warm_up:
        reason = _SHORT
        values = {"seen": len(few), "needed": setting.warm_up + 1}
    elif few.all():
        known = orders[~np.isnan(orders)]
        usual = float(np.median(known)) if len(known) else 0.0
        reason, values = _FEW, {"seen": round(usual), "needed": round(least)}
    return {"too_few": reason, "too_few_values": values}


def _require_counts(values: Floats, name: str) -> None:
    if np.nanmin(values, initial=0.0) < 0:
        raise InvalidInput(
            N_("The column {name} holds a negative count, {seen}."),
            hint=N_("Give it as value= where it is no count."),
            name=name,
            seen=float(np.nanmin(values)),
        )


def _require_options(false_alarms: float, minimum: float | None) -> None:
    if not 0 < false_alarms <= _MOST_FALSE:
        raise _out_of_range("false_alarms", false_alarms, f"0-{_MOST_FALSE}")
    if minimum is not None and not minimum >= 0:
        raise _out_of_range("minimum", minimum, N_("0 or more"))


def _out_of_range(name: str, value: object, allowed: str) -> InvalidInput:
    return InvalidInput(
        N_("{name} cannot be {value}."),
        hint=N_("Allowed: {allowed}."),
        name=name,
        value=repr(value)[:80],
        allowed=allowed,
    )
