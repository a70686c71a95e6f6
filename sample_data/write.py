"""Parquet files of the sample world: a folder a table, large ones by month."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

_WHOLE = (pa.types.is_integer, pa.types.is_timestamp)


def _encodings(table: pa.Table) -> tuple[list[str], dict[str, str]]:
    """Columns to keep as dictionaries, and encodings of the others."""
    by_dictionary, encoded = [], {}
    for column in table.schema:
        if pa.types.is_dictionary(column.type):
            by_dictionary.append(column.name)
        elif any(test(column.type) for test in _WHOLE):
            encoded[column.name] = "DELTA_BINARY_PACKED"
        elif pa.types.is_string(column.type):
            encoded[column.name] = "DELTA_BYTE_ARRAY"
    return by_dictionary, encoded


@dataclass(slots=True)
class Writer:
    """Writes tables under one folder and counts rows; safe to share by threads."""

    out: Path
    rows: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def part(self, name: str, table: pa.Table, *, month: str, part: str) -> None:
        """One part of a large table, under its month."""
        self._write(name, table, self.out / name / f"month={month}" / f"{part}.parquet")

    def whole(self, name: str, table: pa.Table, *, nth: int = 0) -> None:
        """A small table, or the nth part of one without months."""
        self._write(name, table, self.out / name / f"part-{nth}.parquet")

    def _write(self, name: str, table: pa.Table, path: Path) -> None:
        with self._lock:
            self.rows[name] = self.rows.get(name, 0) + table.num_rows
        if table.num_rows == 0:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        by_dictionary, encoded = _encodings(table)
        pq.write_table(
            table,
            path,
            compression="zstd",
            compression_level=1,
            use_dictionary=by_dictionary,
            column_encoding=encoded,
            store_schema=False,
        )
