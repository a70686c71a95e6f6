"""Columns that arrive typed, such as those of Parquet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from analysis.engine.dataset import ColumnType
from analysis.orders.values.missing import clean
from analysis.orders.values.numbers import in_minutes
from analysis.orders.values.reading import Note, Reading
from analysis.orders.values.times import plausible, times_tree
from analysis.orders.values.trees import arithmetic, call, case, cast_to, try_cast
from analysis.words import N_

_NEAR_ZERO_NS = 1_000_000
_MINUTE_NS = 60e9

_KINDS: tuple[tuple[Callable[[pa.DataType], bool], ColumnType, str], ...] = (
    (pa.types.is_date, "date", "native"),
    (pa.types.is_duration, "number", "duration interval"),
    (pa.types.is_time, "number", "duration clock"),
    (pa.types.is_boolean, "flag", "native"),
    (pa.types.is_integer, "integer", "native"),
    (pa.types.is_floating, "number", "native"),
    (pa.types.is_decimal, "number", "native"),
)


def reading_of_native(
    kind: pa.DataType, sample: Sequence[object] | pa.ChunkedArray | None = None
) -> Reading:
    """How a typed column is read.

    Args:
        kind: Arrow type of the column.
        sample: Some of its values, as Arrow array or Python values: tells durations
            that were saved as timestamps from times.

    Returns:
        A native reading; zones are turned into UTC. A column of text is better read
        by ``guess``. An epoch is a number here: ``guess`` of its text says what it is,
        and ``parse`` reads the column with ``replace(reading, native=True)``.
    """
    if pa.types.is_timestamp(kind):
        return _of_timestamp(kind, sample)
    for is_kind, name, form in _KINDS:
        if is_kind(kind):
            unit = "minutes" if form != "native" else ""
            return Reading(name, (form,), unit=unit, native=True)
    return Reading("text", ("native",), native=True)


def _of_timestamp(
    kind: pa.TimestampType, sample: Sequence[object] | pa.ChunkedArray | None
) -> Reading:
    reading = Reading("time", ("native",), has_offset=bool(kind.tz), native=True)
    first, last = _nanoseconds(kind, sample)
    if first < 0 or not 0 < last < 30 * 1440 * _MINUTE_NS:
        return reading
    if last < _NEAR_ZERO_NS:
        return replace(
            reading, type="number", formats=("duration nanosecond timestamp",),
            unit="hours", reasons=(NANOSECONDS,),
        )  # fmt: skip
    return replace(
        reading, type="number", formats=("duration since 1970",), unit="minutes",
        reasons=(SINCE_1970,),
    )  # fmt: skip


NANOSECONDS = Note(
    N_("Durations saved as nanosecond timestamps: the nanoseconds are the number.")
)
SINCE_1970 = Note(N_("Durations saved as times of 1 January 1970."))


def _nanoseconds(
    kind: pa.TimestampType, sample: Sequence[object] | pa.ChunkedArray | None
) -> tuple[int, int]:
    """The first and the last of the times since 1970; zeros if there are none."""
    if sample is None:
        return 0, 0
    is_arrow = isinstance(sample, pa.ChunkedArray | pa.Array)
    times: pa.Array = sample if is_arrow else pa.array(sample, type=kind)
    found = pc.min_max(times.cast(kind).cast(pa.int64())).as_py()
    factor = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}[kind.unit]
    return (found["min"] or 0) * factor, (found["max"] or 0) * factor


def native_tree(column: exp.Expr, reading: Reading) -> exp.Expr:
    """The plain cast of a typed column."""
    kind = reading.formats[0] if reading.formats else "native"
    if kind in {"epoch", "excel serial"}:
        return times_tree(column, reading)
    if kind.startswith("duration"):
        return _duration(column, reading, kind)
    if reading.type in {"time", "date"}:
        return _time(column, reading)
    if reading.type == "text":
        return clean(cast_to(column, "VARCHAR"))
    if reading.type == "number":
        return _finite(column, reading.scale)
    return try_cast(column, "BOOLEAN" if reading.type == "flag" else "BIGINT")


def _finite(column: exp.Expr, scale: float) -> exp.Expr:
    number = try_cast(column, "DOUBLE")
    finite = case((call("isfinite", number), number))
    return finite if scale == 1.0 else arithmetic(exp.Mul, finite, scale)


def _time(column: exp.Expr, reading: Reading) -> exp.Expr:
    if reading.has_offset:
        micros = call("epoch_us", cast_to(column, "TIMESTAMPTZ"))
        return plausible(call("make_timestamp", micros))
    time = plausible(try_cast(column, "TIMESTAMP"))
    return cast_to(time, "DATE") if reading.type == "date" else time


def _duration(column: exp.Expr, reading: Reading, kind: str) -> exp.Expr:
    if kind == "duration number":
        return arithmetic(exp.Mul, try_cast(column, "DOUBLE"), in_minutes(reading))
    if kind in {"duration interval", "duration clock"}:
        return arithmetic(exp.Div, call("epoch", column), 60.0)
    naive = cast_to(column, "TIMESTAMP_NS") if not reading.has_offset else column
    count = call("epoch_ns", naive)
    if kind == "duration nanosecond timestamp":
        return arithmetic(exp.Mul, count, in_minutes(reading))
    return arithmetic(exp.Div, count, _MINUTE_NS)
