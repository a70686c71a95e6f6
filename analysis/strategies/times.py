"""Periods as users write them: numbers, dates, quarters, months."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.errors import DataProblem, InvalidInput
from analysis.words import N_

#: A period: a number, or a date and time.
Moment = float | pd.Timestamp

#: Q42010, Q4 2010, 2010Q4, 2010-Q4.
_QUARTER_FIRST = re.compile(r"^Q([1-4])[\s-]?(\d{4})$", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"^(\d{4})[\s-]?Q([1-4])$", re.IGNORECASE)
_YEARS = (1500, 2500)


def read_times(column: pd.Series, *, name: str) -> pd.Series:
    """Periods as float64 or as datetime64, missing ones as NaN or NaT.

    Raises:
        DataProblem: a text is neither a number, a date nor a quarter.
    """
    values = column
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.astype("datetime64[ns]")
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    return _from_texts(values, name)


def _from_texts(values: pd.Series, name: str) -> pd.Series:
    # Each distinct text is read once: a panel repeats its periods for every unit.
    distinct = pd.Series(values.dropna().unique(), dtype="object")
    read = _read_distinct(distinct)
    unread = distinct[read.isna().to_numpy()]
    if len(unread):
        raise DataProblem(
            N_("Column {name} holds {seen!r}, which is not a period."),
            hint=N_("Write periods as numbers, as 2024-05-31, 2024-05 or 2024Q1."),
            name=name,
            seen=unread.iloc[0],
        )
    return values.map(dict(zip(distinct, read, strict=True))).astype(read.dtype)


def _read_distinct(distinct: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(distinct, errors="coerce")
    if not numbers.isna().any():
        return numbers.astype("float64")
    texts = distinct.map(_quarter)
    dates = pd.to_datetime(texts, errors="coerce", format="ISO8601")
    return dates.dt.tz_localize(None).astype("datetime64[ns]")


def _quarter(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if match := _QUARTER_FIRST.match(text):
        quarter, year = match.groups()
    elif match := _YEAR_FIRST.match(text):
        year, quarter = match.groups()
    else:
        return text
    return f"{year}-{3 * int(quarter) - 2:02d}-01"


def read_moment(value: object, *, like: pd.Series, name: str) -> Moment:
    """One period in the kind of the column that it is compared with.

    Raises:
        InvalidInput: the value cannot be compared with the column.
    """
    dated = pd.api.types.is_datetime64_any_dtype(like)
    try:
        moment = read_times(pd.Series([value]), name=name).iloc[0]
    except (DataProblem, TypeError, ValueError, OverflowError):
        moment = None
    if dated and isinstance(moment, float) and _YEARS[0] <= moment <= _YEARS[1]:
        moment = pd.Timestamp(int(moment), 1, 1)
    if moment is None or pd.isna(moment) or isinstance(moment, pd.Timestamp) != dated:
        raise InvalidInput(
            N_("{name} is {seen!r}, but periods look like {example}."),
            hint=N_("Give it in the form of the time column."),
            name=name,
            seen=value,
            example=show(like.dropna().iloc[0]),
        )
    return moment


def never(values: pd.Series, *, last: Moment) -> pd.Series:
    """Which first treated times mean "not treated in the data".

    Missing, 0, infinite and later than the last period all do.
    """
    if isinstance(last, pd.Timestamp):
        late = values.to_numpy() > np.datetime64(last)
        return values.isna() | pd.Series(late, index=values.index)
    number = values.astype("float64")
    return number.isna() | ~np.isfinite(number) | (number == 0) | (number > last)


def show(moment: Moment) -> str:
    """A period as a short text: 2024-05-31, 2024, 3.5."""
    if isinstance(moment, pd.Timestamp):
        stamp = pd.Timestamp(moment)
        return stamp.isoformat().replace("T00:00:00", "")
    number = float(moment)
    return str(int(number)) if number.is_integer() else str(number)
