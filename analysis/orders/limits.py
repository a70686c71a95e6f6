"""What may be brought in, as data: every limit with its default and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple

from analysis.errors import DataProblem
from analysis.words import N_

MIB = 1024**2
GIB = 1024**3


class LimitEntry(NamedTuple):
    """One limit as a page lists it: its name, its value and what it bounds."""

    name: str
    value: int
    meaning: str


def _limit(default: int, meaning: str) -> int:
    value: int = field(default=default, metadata={"meaning": meaning})
    return value


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what staging accepts; an error about one names it.

    >>> Limits(max_sheets=3).max_sheets
    3
    """

    max_bytes: int = _limit(20 * GIB, N_("Bytes of one file, as it was brought in"))
    max_unpacked_bytes: int = _limit(
        40 * GIB, N_("Bytes of one .gz or .zst file after unpacking")
    )
    max_ratio: int = _limit(200, N_("How often a file may grow on unpacking"))
    max_workbook_bytes: int = _limit(
        600 * MIB, N_("Bytes of one workbook after unpacking")
    )
    max_columns: int = _limit(2_000, N_("Columns of one table"))
    max_rows: int = _limit(200_000_000, N_("Rows of one table"))
    max_cell_bytes: int = _limit(1_000_000, N_("Bytes of one cell"))
    max_sheets: int = _limit(50, N_("Sheets of one workbook"))
    max_sheet_cells: int = _limit(
        30_000_000, N_("Cells of one sheet, with the empty ones between others")
    )
    max_tables: int = _limit(100, N_("Tables of one draft or database file"))
    max_files: int = _limit(10_000, N_("Files in one folder of Parquet"))
    max_ragged_percent: int = _limit(
        20, N_("Percent of rows with too few or too many cells")
    )
    max_query_seconds: int = _limit(600, N_("Seconds a database may take"))
    draft_days: int = _limit(7, N_("Days until a draft that was not published goes"))

    def entries(self) -> tuple[LimitEntry, ...]:
        """All limits with their values and meanings, in the order above."""
        return tuple(
            LimitEntry(item.name, getattr(self, item.name), item.metadata["meaning"])
            for item in fields(self)
        )

    def check(self, name: str, seen: int, *, source: str) -> None:
        """Refuse what is beyond a limit.

        Args:
            name: Name of the limit.
            seen: The value found.
            source: File or table, as the user knows it.

        Raises:
            DataProblem: names the source, the value, the limit and its name.
        """
        if seen > getattr(self, name):
            raise self.exceeded(name, seen, source=source)

    def exceeded(self, name: str, seen: object, *, source: str) -> DataProblem:
        """The error for a limit that was passed; ``seen`` may be a lower bound."""
        entry = next(entry for entry in self.entries() if entry.name == name)
        return DataProblem(
            N_("{file} is beyond a limit: {meaning}: {seen}, at most {limit} allowed."),
            hint=N_("Bring in less of it, or raise {setting}."),
            file=source,
            meaning=entry.meaning,
            seen=f"{seen:,}" if isinstance(seen, int) else seen,
            limit=f"{entry.value:,}",
            setting=entry.name,
        )
