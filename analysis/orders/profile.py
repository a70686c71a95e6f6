"""What the columns of a table hold: missing, distinct, range, top values, histogram.

Few passes over the table: one counts all columns at once, one small GROUP BY counts
each column of few values, and a sample of even blocks of rows gives the histograms and
the top values of the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from analysis.engine.dataset import ColumnType

Run = Callable[[exp.Expr], pa.Table]
Value = str | int | float | bool | date | datetime | None

#: Up to so many distinct values are counted exactly.
EXACT_DISTINCT = 10_000
#: Histograms of larger tables come from a sample of so many rows.
SAMPLE_ROWS = 100_000
TOP, BINS, LONGEST_SHOWN = 10, 20, 80

_BLOCK = 500
# The sketch behind approx_count_distinct is off by a few per cent.
_SKETCH_MARGIN = 1.2
_RANGED = {"integer", "number", "time", "date"}
_MEASURED = {"integer", "number"}


@dataclass(frozen=True, slots=True)
class TopValue:
    """A value, shortened if long, and how often it occurs."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts in bins of one width; the last bin holds its upper edge.

    Attributes:
        edges: One more than there are counts; times as ISO text, numbers as numbers.
        counts: Rows in each bin.
        rows: Rows that were looked at.
    """

    edges: tuple[str | float, ...]
    counts: tuple[int, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What one column holds.

    Attributes:
        name: Column name.
        type: As ``Column.type``.
        missing: Rows without a value.
        distinct: Distinct values.
        is_approximate: ``distinct`` is an estimate (off by a few per cent).
        low: Least value of a number, time or date.
        high: Greatest value.
        mean: Mean of a number.
        top: The most frequent values, the first ten.
        top_rows: Rows that ``top`` counts: all, or those of the sample.
        histogram: Of a number, time or date; None without values.
    """

    name: str
    type: ColumnType
    missing: int
    distinct: int
    is_approximate: bool = False
    low: Value = None
    high: Value = None
    mean: float | None = None
    top: tuple[TopValue, ...] = ()
    top_rows: int = 0
    histogram: Histogram | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        ends = {"low": _plain(self.low), "high": _plain(self.high)}
        return asdict(self) | ends | {"top": [asdict(item) for item in self.top]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ColumnProfile:
        """The profile that ``to_dict`` wrote."""
        found = dict(values)
        read = {"time": datetime.fromisoformat, "date": date.fromisoformat}
        for end in ("low", "high"):
            if found[end] is not None and found["type"] in read:
                found[end] = read[found["type"]](found[end])
        found["top"] = tuple(TopValue(**item) for item in found["top"])
        if found["histogram"] is not None:
            entry = found["histogram"]
            found["histogram"] = Histogram(
                tuple(entry["edges"]), tuple(entry["counts"]), entry["rows"]
            )
        return cls(**found)


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What the columns of one table hold."""

    table: str
    rows: int
    columns: tuple[ColumnProfile, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        columns = [item.to_dict() for item in self.columns]
        return {"table": self.table, "rows": self.rows, "columns": columns}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TableProfile:
        """The profile that ``to_dict`` wrote."""
        columns = tuple(map(ColumnProfile.from_dict, values["columns"]))
        return cls(str(values["table"]), int(values["rows"]), columns)


def profile(run: Run, table: exp.Table, columns: Sequence[str]) -> TableProfile:
    """Profile columns of a DuckDB table.

    Args:
        run: Runs one SELECT tree and gives all of its rows.
        table: A stored table, not a view: the sample is taken by row number.
        columns: Names of the columns to look at.

    Returns:
        A profile in the order of the names. The values are as stored, so a table that
        is protected gives a profile that is protected.
    """
    if not columns:
        count = exp.select(exp.alias_(exp.Count(this=exp.Star()), "rows", quoted=True))
        return TableProfile(table.name, run(count.from_(table))["rows"][0].as_py(), ())
    empty = run(_select(columns).from_(table).limit(0))
    types = {name: column_type(empty.schema.field(name).type) for name in columns}
    row = run(_count_query(table, types)).to_pylist()[0]
    rows = int(row["rows"])
    sample = run(_sample_query(table, columns, rows))
    found = (
        _column_profile(run, table, column, rows=rows, values=sample[column.name])
        for column in _columns(row, types)
    )
    return TableProfile(table.name, rows, tuple(found))


def column_type(kind: pa.DataType) -> ColumnType:
    """How Doorstep calls an Arrow type."""
    if pa.types.is_timestamp(kind):
        return "time"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "text"


@dataclass(frozen=True, slots=True)
class _Column:
    """What the first pass says of one column."""

    name: str
    kind: ColumnType
    present: int
    distinct: int
    low: Value
    high: Value
    mean: float | None


def _columns(
    row: Mapping[str, Any], types: Mapping[str, ColumnType]
) -> Iterator[_Column]:
    for place, (name, kind) in enumerate(types.items()):
        yield _Column(
            name=name,
            kind=kind,
            present=int(row[f"present_{place}"]),
            distinct=min(int(row[f"distinct_{place}"]), int(row[f"present_{place}"])),
            low=_end(row.get(f"low_{place}")),
            high=_end(row.get(f"high_{place}")),
            mean=row.get(f"mean_{place}"),
        )


def _end(value: Value | Decimal) -> Value:
    return float(value) if isinstance(value, Decimal) else value


def _count_query(table: exp.Table, types: Mapping[str, ColumnType]) -> exp.Select:
    items = [
        exp.alias_(tree, f"{what}_{place}")
        for place, (name, kind) in enumerate(types.items())
        for what, tree in _counts(_column(name), kind)
    ]
    rows = exp.alias_(exp.Count(this=exp.Star()), "rows", quoted=True)
    return exp.select(rows, *items).from_(table)


def _counts(column: exp.Expr, kind: ColumnType) -> Iterator[tuple[str, exp.Expr]]:
    yield "present", exp.Count(this=column.copy())
    yield "distinct", exp.ApproxDistinct(this=column.copy())
    if kind in _RANGED:
        yield "low", exp.Min(this=column.copy())
        yield "high", exp.Max(this=column.copy())
    if kind in _MEASURED:
        yield "mean", exp.Avg(this=column.copy())


def _sample_query(table: exp.Table, columns: Sequence[str], rows: int) -> exp.Select:
    """Even blocks of rows: their values are read without reading the rest."""
    query = _select(columns).from_(table)
    if rows <= SAMPLE_ROWS:
        return query
    period = rows * _BLOCK // SAMPLE_ROWS
    row = exp.column("rowid")
    place = exp.Mod(this=row, expression=exp.convert(period))
    return query.where(exp.LT(this=place, expression=exp.convert(_BLOCK)))


def _group_query(table: exp.Table, name: str) -> exp.Select:
    """The most frequent values and, on each row, how many distinct ones there are."""
    value = _column(name)
    count = exp.Count(this=exp.Star())
    distinct = exp.Window(this=exp.Count(this=exp.Star()))
    query = exp.select(
        exp.alias_(value, "value"),
        exp.alias_(count, "count"),
        exp.alias_(distinct, "distinct", quoted=True),
    ).from_(table)
    present = exp.Is(this=value.copy(), expression=exp.Null()).not_()
    grouped = query.where(present).group_by(value.copy())
    return grouped.order_by(exp.column("count").desc(), value.copy()).limit(TOP)


def _column_profile(
    run: Run,
    table: exp.Table,
    found: _Column,
    *,
    rows: int,
    values: pa.ChunkedArray,
) -> ColumnProfile:
    top = _top_of(values) if found.kind not in {"time", "number"} else ()
    is_exact = found.distinct <= EXACT_DISTINCT * _SKETCH_MARGIN
    grouped = run(_group_query(table, found.name)) if is_exact else None
    if grouped is not None and found.kind != "time":
        top = _top_values(grouped["value"], grouped["count"])
    return ColumnProfile(
        name=found.name,
        type=found.kind,
        missing=rows - found.present,
        distinct=found.distinct if grouped is None else _distinct(grouped),
        is_approximate=not is_exact,
        low=found.low,
        high=found.high,
        mean=found.mean,
        top=top,
        top_rows=(rows if is_exact else len(values)) if top else 0,
        histogram=_histogram(values, found.kind) if found.kind in _RANGED else None,
    )


def _distinct(grouped: pa.Table) -> int:
    return int(grouped["distinct"][0].as_py()) if grouped.num_rows else 0


def _top_of(values: pa.ChunkedArray) -> tuple[TopValue, ...]:
    counted = pc.value_counts(values.drop_null().combine_chunks())
    often = counted.filter(pc.greater(counted.field("counts"), 1))
    order = pc.array_sort_indices(often.field("counts"), order="descending")[:TOP]
    best = often.take(order)
    return _top_values(best.field("values"), best.field("counts"))


def _top_values(values: pa.Array, counts: pa.Array) -> tuple[TopValue, ...]:
    pairs = zip(values.to_pylist(), counts.to_pylist(), strict=True)
    return tuple(TopValue(_shown(value), int(count)) for value, count in pairs)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _histogram(values: pa.ChunkedArray, kind: ColumnType) -> Histogram | None:
    present = values.drop_null()
    if not len(present):
        return None
    if kind in {"time", "date"}:
        numbers = present.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    else:
        numbers = present.cast(pa.float64()).to_numpy()
    counts, edges = np.histogram(numbers, bins=_bins(numbers, kind))
    return Histogram(
        edges=tuple(_edge(edge, kind) for edge in edges),
        counts=tuple(int(count) for count in counts),
        rows=len(values),
    )


def _bins(numbers: np.ndarray, kind: ColumnType) -> np.ndarray:
    low, high = float(numbers.min()), float(numbers.max())
    if kind == "integer":
        # Every bin holds as many integers, or the counts would rise and fall.
        width = math.ceil((high - low + 1) / BINS)
        return np.arange(low - 0.5, high + width + 0.5, width)[: BINS + 1]
    if low == high:
        high = low + 1.0
    return np.linspace(low, high, BINS + 1)


def _edge(edge: float, kind: ColumnType) -> str | float:
    if kind not in {"time", "date"}:
        return float(edge)
    moment = np.datetime64(round(edge), "us").astype("datetime64[s]")
    return str(moment)


def _select(columns: Sequence[str]) -> exp.Select:
    return exp.select(*(_column(name) for name in columns))


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _plain(value: Value) -> str | int | float | bool | None:
    return value.isoformat() if isinstance(value, date) else value
