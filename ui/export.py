"""Files to take away: CSV and XLSX that no spreadsheet runs, PNG and SVG of charts."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
import vl_convert
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

#: What a spreadsheet may read as the start of a formula, full-width forms included.
_STARTS: Final = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20\u2212")
#: Blanks, quotes and invisible letters that a spreadsheet skips before a formula.
_SKIPPED: Final = (
    " \"'\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff\u201c\u201d\u2018\u2019"
)
_NUMBER: Final = re.compile(r"[+-]?(\d[\d, ]*)?\.?\d+([eE][+-]?\d+)?\s?%?")
_SHEET_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
MAX_SHEET_NAME: Final = 31
MAX_XLSX_ROWS: Final = 1_048_575
MAX_CELL: Final = 32_767
PNG_SCALE: Final = 2.0


def defused(value: object) -> object:
    """A cell that no spreadsheet reads as a formula; other values stay as they are.

    Text that starts like a formula gets an apostrophe before it, text that is a number
    does not.

    >>> defused("=1+1"), defused("-10"), defused(-10), defused(" @cmd")
    ("'=1+1", '-10', -10, "' @cmd")
    """
    if not isinstance(value, str) or not value:
        return value
    if value[0] in "\t\r\n":
        return f"'{value}"
    core = value.lstrip(_SKIPPED)
    if not core or core[0] not in _STARTS | {"\t", "\r", "\n"}:
        return value
    return value if _NUMBER.fullmatch(value) else f"'{value}"


def defused_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with every text cell and every header defused; numbers are untouched."""
    copy = frame.copy(deep=False)
    for position in range(copy.shape[1]):
        column = copy.iloc[:, position]
        if not _is_plain(column):
            copy.isetitem(position, column.astype(object).map(defused))
    copy.columns = pd.Index([defused(str(name)) for name in frame.columns])
    return copy


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as CSV in UTF-8 with a mark, so that spreadsheets read accents."""
    return defused_frame(frame).to_csv(index=False, lineterminator="\r\n").encode(
        "utf-8-sig"
    )  # fmt: skip


def xlsx_bytes(
    frame: pd.DataFrame, *, sheet: str, notes: Mapping[str, str] | None = None
) -> bytes:
    """The frame as a workbook: values only, with a second sheet of notes.

    Args:
        frame: What to write; rows beyond a sheet's room are left out and counted.
        sheet: Name of the sheet.
        notes: What the numbers are and where they come from.
    """
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        _write_sheet(book, sheet_name(sheet), defused_frame(frame.head(MAX_XLSX_ROWS)))
        if notes:
            rows = pd.DataFrame({"": list(notes), " ": list(notes.values())})
            _write_sheet(book, "Notes", defused_frame(rows))
    return buffer.getvalue()


def sheet_name(name: str) -> str:
    """A name that a workbook accepts for a sheet.

    >>> sheet_name("=late/by [city]")
    'late by  city'
    """
    cleaned = _SHEET_FORBIDDEN.sub(" ", name).strip("'= +-@\t\r\n")
    return cleaned[:MAX_SHEET_NAME].strip() or "Sheet"


def file_name(*parts: str, suffix: str) -> str:
    """A plain file name from parts that may hold anything.

    >>> file_name("late rate", "../Demo", suffix="csv")
    'late_rate-Demo.csv'
    """
    cleaned = [re.sub(r"[^\w-]+", "_", part).strip("_")[:60] for part in parts]
    return ("-".join(part for part in cleaned if part) or "doorstep") + f".{suffix}"


def png_bytes(specification: Mapping[str, Any]) -> bytes:
    """A chart as a picture; nothing is fetched for it."""
    _require_local(specification)
    return vl_convert.vegalite_to_png(
        dict(specification), scale=PNG_SCALE, allowed_base_urls=[]
    )


def svg_bytes(specification: Mapping[str, Any]) -> bytes:
    """A chart as a drawing; nothing is fetched for it."""
    _require_local(specification)
    return vl_convert.vegalite_to_svg(
        dict(specification), allowed_base_urls=[]
    ).encode()


def _require_local(specification: object) -> None:
    """Refuse what would be fetched: the library loads images whatever it may load.

    Raises:
        ValueError: if the chart names an address or draws images.
    """
    if isinstance(specification, Mapping):
        names = {"url", "href"} & set(specification)
        if names or specification.get("type") == "image":
            message = "a chart for export names addresses or images"
            raise ValueError(message)
        for value in specification.values():
            _require_local(value)
    elif isinstance(specification, list):
        for value in specification:
            _require_local(value)


def _is_plain(column: pd.Series) -> bool:
    kinds = (
        pd.api.types.is_numeric_dtype,
        pd.api.types.is_bool_dtype,
        pd.api.types.is_datetime64_any_dtype,
        pd.api.types.is_timedelta64_dtype,
    )
    return any(kind(column) for kind in kinds)


def _write_sheet(book: xlsxwriter.Workbook, name: str, frame: pd.DataFrame) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for position, header in enumerate(frame.columns):
        sheet.write_string(0, position, str(header)[:MAX_CELL], bold)
    for position in range(frame.shape[1]):
        for row, value in enumerate(frame.iloc[:, position], start=1):
            _write_cell(sheet, row, position, value)


def _write_cell(sheet: Worksheet, row: int, column: int, value: object) -> None:
    """One cell by its type; a formula is never written."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif pd.isna(value):
        sheet.write_blank(row, column, None)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        text = value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
        sheet.write_string(row, column, text[:MAX_CELL])
