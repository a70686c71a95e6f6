"""Reading one series: its times in order and at even steps, its numbers as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import InvalidInput, UnknownName
from analysis.trends.scales import Floats
from analysis.trends.seasons import DAY, HOUR, WEEK
from analysis.words import N_

#: A series of more steps than this, gaps included, is refused.
MAX_STEPS = 200_000
_SHOWN = 80
_PERIODS = {"M": "month", "Q": "quarter"}
_NAMED = {HOUR: "hour", DAY: "day", WEEK: "week"}


@dataclass(frozen=True, slots=True)
class Grid:
    """The times of a series, laid on even steps.

    Attributes:
        rows: The rows in order of time.
        places: Step of each row; steps in between are missing.
        steps: Number of steps.
        times: First moment of each step; empty where times are plain numbers.
        grain: ``hour``, ``day``, ``week``, ``month``, ``quarter`` or ``step``.
        step_seconds: Seconds of a step; None where steps are uneven or plain numbers.
    """

    rows: pd.DataFrame
    places: NDArray[np.int64]
    steps: int
    times: pd.DatetimeIndex
    grain: str
    step_seconds: float | None

    def laid(self, values: Floats) -> Floats:
        """Values of the rows on the steps, NaN in between."""
        found = np.full(self.steps, np.nan)
        found[self.places] = values
        return found


def read_grid(series: pd.DataFrame | pd.Series, time: str) -> Grid:
    """Lay a series on even steps.

    Raises:
        InvalidInput: if times repeat, are missing or cannot be read.
    """
    frame = series.to_frame("value") if isinstance(series, pd.Series) else series
    if not isinstance(frame, pd.DataFrame):
        raise InvalidInput(
            N_("A series is a pandas Series or DataFrame, not {seen}."),
            hint=N_("Put times and numbers into columns of a DataFrame."),
            seen=type(frame).__name__,
        )
    raw = frame[time] if time in frame.columns else frame.index.to_series()
    moments = _moments(raw)
    order = np.argsort(moments.to_numpy(), kind="stable")
    rows, moments = frame.iloc[order], moments.iloc[order]
    _require_own_times(moments)
    if pd.api.types.is_datetime64_any_dtype(moments):
        return _of_times(rows, pd.DatetimeIndex(moments))
    return _of_numbers(rows, moments.to_numpy(dtype=float))


def numbers(grid: Grid, name: str) -> Floats:
    """A column of the rows as numbers on the grid.

    Raises:
        UnknownName: if there is no such column.
        InvalidInput: if something in it is infinite or no number.
    """
    if name not in grid.rows.columns:
        raise UnknownName.of("column", name, grid.rows.columns)
    try:
        found = grid.rows[name].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            N_("The column {name} holds values that are no numbers."),
            hint=N_("Give numbers, and leave empty what is missing."),
            name=name,
        ) from error
    if np.isinf(found).any():
        raise InvalidInput(
            N_("The column {name} holds an infinite value."),
            hint=N_("Leave empty what could not be computed."),
            name=name,
        )
    return grid.laid(found)


def _moments(raw: pd.Series) -> pd.Series:
    if raw.isna().any():
        raise InvalidInput(
            N_("{count} rows have no time."),
            hint=N_("Leave out rows without a time."),
            count=int(raw.isna().sum()),
        )
    if isinstance(raw.dtype, pd.PeriodDtype):
        return raw.dt.to_timestamp().astype("datetime64[us]")
    if isinstance(raw.dtype, pd.DatetimeTZDtype):
        return raw.dt.tz_localize(None).astype("datetime64[us]")
    if pd.api.types.is_numeric_dtype(raw) and not pd.api.types.is_bool_dtype(raw):
        return raw.astype(float)
    values = [item.to_timestamp() if isinstance(item, pd.Period) else item
              for item in raw]  # fmt: skip
    try:
        read = pd.to_datetime(pd.Series(values, index=raw.index), format="mixed")
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            N_("{value} cannot be read as a time."),
            hint=N_("Give datetimes, dates or periods, or text like 2026-01-31."),
            value=repr(raw.iloc[0])[:_SHOWN],
        ) from error
    if isinstance(read.dtype, pd.DatetimeTZDtype):
        read = read.dt.tz_localize(None)
    return read.astype("datetime64[us]")


def _require_own_times(moments: pd.Series) -> None:
    repeated = moments[moments.duplicated()]
    if len(repeated):
        raise InvalidInput(
            N_("The time {time} stands in more than one row."),
            hint=N_("Give one row per period: sum the rows of one series first."),
            time=str(repeated.iloc[0]),
        )


def _of_times(rows: pd.DataFrame, times: pd.DatetimeIndex) -> Grid:
    days = np.diff(times.to_numpy()) / np.timedelta64(1, "D")
    usual = float(np.median(days)) if len(days) else 1.0
    for code, low, high in (("M", 28, 31), ("Q", 90, 92)):
        if low <= usual <= high:
            return _of_periods(rows, times, code)
    return _of_even(rows, times)


def _of_periods(rows: pd.DataFrame, times: pd.DatetimeIndex, code: str) -> Grid:
    periods = times.to_period(code)
    ordinals = periods.asi8
    if len(np.unique(ordinals)) < len(ordinals):
        return _uneven(rows, times)
    places = ordinals - ordinals[0]
    every = pd.period_range(periods[0], periods[-1], freq=code).to_timestamp()
    return Grid(rows, places, len(every), every, _PERIODS[code], None)


def _of_even(rows: pd.DataFrame, times: pd.DatetimeIndex) -> Grid:
    since = times - times[:1].repeat(len(times))
    offsets = np.asarray(since / pd.Timedelta(seconds=1), dtype=float)
    step = _usual_step(np.diff(offsets)) if len(offsets) > 1 else float(DAY)
    places = np.rint(offsets / step).astype(np.int64)
    steps = int(places[-1]) + 1 if len(places) else 0
    if len(np.unique(places)) < len(places) or steps > MAX_STEPS:
        return _uneven(rows, times)
    even = pd.date_range(times[0], periods=steps, freq=pd.Timedelta(seconds=step)) \
        if steps else times  # fmt: skip
    return Grid(rows, places, steps, even, _NAMED.get(int(step), "step"), step)


def _uneven(rows: pd.DataFrame, times: pd.DatetimeIndex) -> Grid:
    places = np.arange(len(rows))
    return Grid(rows, places, len(rows), times, "step", None)


def _of_numbers(rows: pd.DataFrame, offsets: Floats) -> Grid:
    step = _usual_step(np.diff(offsets)) if len(offsets) > 1 else 1.0
    places = np.rint((offsets - offsets[0]) / step).astype(np.int64)
    steps = int(places[-1]) + 1
    if len(np.unique(places)) < len(places) or steps > MAX_STEPS:
        places, steps = np.arange(len(rows)), len(rows)
    return Grid(rows, places, steps, pd.DatetimeIndex([]), "step", None)


def _usual_step(differences: Floats) -> float:
    """The step that occurs most often; of several the smallest."""
    found, counts = np.unique(differences, return_counts=True)
    return float(found[np.argmax(counts)])
