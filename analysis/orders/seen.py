"""A look into a staged table: a sample of its values, and how they may be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.orders.draft import StagedTable
from analysis.orders.match import Fit, Wanted, fits
from analysis.orders.schema import Field, FieldType, fields_of, normalise_header
from analysis.orders.staged import sample
from analysis.orders.values.guess import guess
from analysis.orders.values.native import reading_of_native
from analysis.orders.values.reading import Note, Reading
from analysis.words import N_

SAMPLE_ROWS = 20_000

#: Share of different values that makes a key of a column with a few slips in it.
NEARLY_ALL = 0.9

_TIMES = ("time", "date")
_TEXTS = ("id", "text", "category", "free_text")

#: Words of a header that say kilometres.
KILOMETRES = {"km", "kms", "kilometers", "kilometres", "quilometros", "公里", "千米"}

#: Names of folders ``key=value`` that cut a table by time.
CALENDAR = ("year", "quarter", "month", "week", "day", "date", "dt", "hour")


@dataclass(frozen=True)
class Seen:
    """A staged table with a sample of its values and how they may be read.

    Attributes:
        table: The table.
        frame: Some of its rows.
    """

    table: StagedTable
    frame: pd.DataFrame

    @classmethod
    def of(cls, table: StagedTable) -> Self:
        """A table of a draft with its sample."""
        return cls(table, sample(table, rows=SAMPLE_ROWS))

    @cached_property
    def readings(self) -> dict[str, Readings]:
        """The readings of each column by what is wanted of it."""
        kinds = _kinds(self.table)
        return {
            name: Readings(self.frame[name], kinds.get(name))
            for name in self.table.columns
        }

    @cached_property
    def partitions(self) -> frozenset[str]:
        """Columns that are only names of folders by time; the times tell the same."""
        if not self.table.hive:
            return frozenset()
        in_files = pq.read_schema(self.table.paths[0]).names
        return frozenset(self.table.columns).intersection(CALENDAR) - set(in_files)

    def is_unique(self, column: str) -> bool:
        """Whether no value of the sample stands in it twice."""
        values = self.frame[column].dropna()
        return bool(len(values)) and values.is_unique

    def is_key(self, column: str) -> bool:
        """Whether it names rows: nearly all of its values stand there once."""
        values = self.frame[column].dropna()
        return bool(len(values)) and values.nunique() >= NEARLY_ALL * len(values)

    def fits(self, model: str) -> dict[str, Sequence[Fit]]:
        """The fields of a table of the order model that each column may hold."""
        fields = fields_of(model)
        return {
            name: fits(name, fields, self.readings[name]) for name in self.table.columns
        }


class Readings(dict[Wanted, Reading]):
    """Readings of one column by wanted field type and unit, guessed when asked for.

    Args:
        values: A sample of the column.
        kind: Its type where the file has types of its own; None for text.
    """

    def __init__(self, values: pd.Series, kind: pa.DataType | None) -> None:
        super().__init__()
        self._values = values
        self._kind = kind

    def __missing__(self, wanted: Wanted) -> Reading:
        reading = self._guess(*wanted)
        self[wanted] = reading
        return reading

    def _guess(self, wanted: str, unit: str) -> Reading:
        type_wanted = cast("FieldType | None", wanted or None)
        if self._kind is None or pa.types.is_string(self._kind):
            return guess(self._values, wanted=type_wanted, unit=unit)
        if wanted in _TIMES and _is_number(self._kind):
            text = self._values.dropna().astype("str")
            return replace(guess(text, wanted=type_wanted), native=True)
        if wanted in _TEXTS:
            return Reading("text", ("native",), native=True)
        return reading_of_native(self._kind, _arrow(self._values, self._kind))


def in_metres(reading: Reading, field: Field, header: str) -> Reading:
    """The reading of a distance whose header says that it is in kilometres."""
    words = set(normalise_header(header).split("_"))
    if field.unit != "m" or reading.scale != 1.0 or not words & KILOMETRES:
        return reading
    note = Note.of(N_("the header says kilometres: times 1,000"))
    return replace(reading, type="number", scale=1000.0).with_reasons(note)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _arrow(values: pd.Series, kind: pa.DataType) -> pa.Array | None:
    """The values as Arrow, for types whose values tell more than the type."""
    if not pa.types.is_timestamp(kind):
        return None
    return pa.Array.from_pandas(values.dropna(), type=kind)


def _kinds(table: StagedTable) -> dict[str, pa.DataType]:
    """Types of the columns of a Parquet table; text columns and CSV have none."""
    if table.format == "csv":
        return {}
    schema = pq.read_schema(table.paths[0])
    plain = (item for item in schema if item.name not in table.text)
    return {item.name: _plain_kind(item.type) for item in plain}


def _plain_kind(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.string() if pa.types.is_large_string(kind) else kind
