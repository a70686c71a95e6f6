"""XLSX workbooks through calamine: values, not formulas; a table for each sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
)

from analysis.errors import DataProblem
from analysis.orders.archives import check_workbook
from analysis.orders.draft import Note, StagedTable
from analysis.orders.readers.rewrite import cell_too_large
from analysis.orders.readers.target import (
    BATCH_ROWS,
    Row,
    SourceFile,
    Target,
    cell_text,
    name_columns,
    shorten,
    text_table,
)
from analysis.words import N_

#: A header is looked for in so many rows from the first that is used.
HEAD_ROWS = 40
MAX_HEADER_ROWS = 4


@dataclass(frozen=True, slots=True)
class _Header:
    """Names of a sheet's columns, and the number of rows down to the last of them."""

    names: list[str]
    rows: int


def read_workbook(file: SourceFile, target: Target) -> list[StagedTable]:
    """Stage every sheet of a workbook that has a header and rows.

    Raises:
        DataProblem: if it is protected, has macros, is damaged, is no workbook, or has
            no sheet with rows.
    """
    check_workbook(file.path, name=file.name, limits=target.limits)
    try:
        with CalamineWorkbook.from_path(file.path) as book:
            tables = _read_sheets(book, file, target)
    except CalamineError as error:
        raise DataProblem(
            N_("{file} is a damaged workbook: {reason}."),
            hint=N_("Open it, save it again as .xlsx and bring that in."),
            file=file.name,
            reason=shorten(str(error)),
        ) from error
    if not tables:
        raise DataProblem(
            N_("{file} has no sheet with a header and rows."),
            hint=N_("Put the names in one row and the orders below it."),
            file=file.name,
        )
    if file.owned:
        file.path.unlink()
    return tables


def _read_sheets(
    book: CalamineWorkbook, file: SourceFile, target: Target
) -> list[StagedTable]:
    sheets = [
        item.name
        for item in book.sheets_metadata
        if item.typ == SheetTypeEnum.WorkSheet
    ]
    target.limits.check("max_sheets", len(sheets), source=file.name)
    tables = [
        _read_sheet(book.get_sheet_by_name(name), file, target) for name in sheets
    ]
    return [table for table in tables if table]


def _read_sheet(
    sheet: CalamineSheet, file: SourceFile, target: Target
) -> StagedTable | None:
    title = f"{file.name} › {shorten(sheet.name)}"
    target.limits.check("max_rows", sheet.height, source=title)
    rows = (_texts(row) for row in sheet.iter_rows())
    top, left = sheet.start or (0, 0)
    head = list(islice(rows, top + HEAD_ROWS))
    header = _find_header(head, _Merged.of(sheet, left))
    below = _numbered(chain(head[header.rows :], rows), header.rows) if header else None
    first = next(below, None) if below else None
    if header is None or below is None or first is None:
        return None
    columns, naming = name_columns(header.names, limits=target.limits, source=title)
    cells = _checked(chain([first], below), columns, title, target)
    return text_table(
        target,
        title=title,
        columns=columns,
        batches=_batches(cells),
        notes=(*file.notes, *_header_note(header, top), *naming),
    )


def _texts(row: Sequence[object]) -> list[str | None]:
    return [cell_text(value) or None for value in row]


def _numbered(
    rows: Iterable[list[str | None]], above: int
) -> Iterator[tuple[int, list[str | None]]]:
    """Rows that have anything in them, with their numbers in the sheet."""
    for number, row in enumerate(rows, start=above + 1):
        if any(cell and cell.strip() for cell in row):
            yield number, row


def _checked(
    rows: Iterable[tuple[int, list[str | None]]],
    columns: Sequence[str],
    title: str,
    target: Target,
) -> Iterator[Row]:
    limit = target.limits.max_cell_bytes
    for number, row in rows:
        for name, cell in zip(columns, row, strict=True):
            if cell and len(cell) > limit:
                raise cell_too_large(title, number, name, len(cell), target.limits)
        yield row


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


@dataclass(frozen=True, slots=True)
class _Merged:
    """Merged ranges of a sheet: top, left, bottom, right; columns of the used area."""

    ranges: list[tuple[int, int, int, int]]

    @classmethod
    def of(cls, sheet: CalamineSheet, left: int) -> _Merged:
        """Those of one sheet, whose used area begins ``left`` columns in."""
        found = sheet.merged_cell_ranges or []
        return cls(
            [
                (top, start - left, end, stop - left)
                for (top, start), (end, stop) in found
            ]
        )

    def starting(self, row: int) -> list[tuple[int, int, int, int]]:
        """Ranges whose first row this is."""
        return [item for item in self.ranges if item[0] == row]

    def value(self, head: list[list[str | None]], row: int, column: int) -> str | None:
        """A cell, or the one that was merged over it."""
        for top, left, bottom, right in self.ranges:
            if top <= row <= bottom and left <= column <= right:
                return head[top][left] if top < len(head) and left >= 0 else None
        return head[row][column]


def _find_header(head: list[list[str | None]], merged: _Merged) -> _Header | None:
    """The first row at least half as full as the fullest; titles are emptier.

    Where cells of it are merged, the rows they span or head are part of the header, and
    a column's name is what stands above it from top to bottom.
    """
    filled = [sum(cell is not None for cell in row) for row in head]
    fullest = max(filled, default=0)
    start = next(
        (at for at, count in enumerate(filled) if 2 * count >= fullest > 0), None
    )
    if start is None:
        return None
    end = min(_last_header_row(start, merged), len(head) - 1)
    names = []
    for column in range(len(head[start])):
        parts = [merged.value(head, row, column) for row in range(start, end + 1)]
        names.append(" ".join(dict.fromkeys(part.strip() for part in parts if part)))
    return _Header(names, end + 1)


def _last_header_row(start: int, merged: _Merged) -> int:
    ranges = merged.starting(start)
    below = [bottom for _, _, bottom, _ in ranges]
    wide = [bottom + 1 for _, left, bottom, right in ranges if right > left]
    return min(max([start, *below, *wide]), start + MAX_HEADER_ROWS - 1)


def _header_note(header: _Header, top: int) -> tuple[Note, ...]:
    if header.rows <= top + 1:
        return ()
    text = N_("The names of the columns were found in row {row}.")
    return (Note("info", text, {"row": header.rows}),)
