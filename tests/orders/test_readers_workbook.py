"""Workbooks: titles, merged headers, dates, numbers, formulas, several sheets."""

from __future__ import annotations

import io
from datetime import datetime, time, timedelta
from pathlib import Path

import xlsxwriter

from tests.orders.staging_help import notes_of, read_back, stage_bytes


def book(fill) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    fill(workbook)
    workbook.close()
    return buffer.getvalue()


def staged(fill, tmp_path: Path):
    return stage_bytes(tmp_path / "w", book(fill), "book.xlsx").tables


def test_values_come_as_text_that_can_be_read_back(tmp_path: Path) -> None:
    def fill(workbook) -> None:
        at = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        clock = workbook.add_format({"num_format": "hh:mm"})
        hours = workbook.add_format({"num_format": "[h]:mm:ss"})
        sheet = workbook.add_worksheet("Orders")
        sheet.write_row(0, 0, ["id", "at", "fee", "flag", "took", "clock", "sum", "e"])
        sheet.write_number(1, 0, 12345678901234)
        sheet.write_datetime(1, 1, datetime.fromisoformat("2024-01-02T03:04:05"), at)
        sheet.write_number(1, 2, 1.5)
        sheet.write_boolean(1, 3, True)
        sheet.write_datetime(1, 4, timedelta(hours=30, minutes=1), hours)
        sheet.write_datetime(1, 5, time(3, 4), clock)
        sheet.write_formula(1, 6, "=A2*2", None, 7)
        sheet.write_formula(1, 7, "=1/0", None, "#DIV/0!")

    (table,) = staged(fill, tmp_path)
    assert read_back(table) == [
        (
            "12345678901234",
            "2024-01-02 03:04:05",
            "1.5",
            "true",
            "30:01:00",
            "03:04:00",
            "7",
            None,
        )
    ]


def test_the_header_is_found_below_titles_and_merged_cells(tmp_path: Path) -> None:
    def fill(workbook) -> None:
        sheet = workbook.add_worksheet("May")
        sheet.merge_range("B2:E2", "Deliveries in May")
        sheet.write("B3", "exported 2024-06-01")
        sheet.merge_range("B4:C4", "Order")
        sheet.merge_range("D4:D5", "City")
        sheet.merge_range("E4:E5", "Fee")
        sheet.write_row("B5", ["id", "time"])
        sheet.write_row("B6", ["a", "2024-05-01", "Riyadh", 3])
        sheet.write_row("B8", ["b", "2024-05-02", "Jeddah", 4.25])

    (table,) = staged(fill, tmp_path)
    assert table.columns == ("Order id", "Order time", "City", "Fee")
    assert read_back(table) == [
        ("a", "2024-05-01", "Riyadh", "3"),
        ("b", "2024-05-02", "Jeddah", "4.25"),
    ]
    assert "row 5" in notes_of(table)


def test_every_sheet_with_rows_is_a_table(tmp_path: Path) -> None:
    def fill(workbook) -> None:
        for name, rows in {"A": 2, "empty": 0, "header": 1, "订单": 3}.items():
            sheet = workbook.add_worksheet(name)
            for row in range(rows):
                sheet.write_row(row, 0, ["id", "x"] if row == 0 else [row, "y"])
        workbook.add_chartsheet("chart")

    tables = staged(fill, tmp_path)
    assert [table.title for table in tables] == ["book.xlsx › A", "book.xlsx › 订单"]
    assert [table.rows for table in tables] == [1, 2]
    assert [table.id for table in tables] == ["t1", "t2"]


def test_text_stays_text(tmp_path: Path) -> None:
    def fill(workbook) -> None:
        sheet = workbook.add_worksheet("S")
        for row, cells in enumerate([["id", "t"], ["007", "=1+1"], ["1e5", " x "]]):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)

    (table,) = staged(fill, tmp_path)
    assert read_back(table) == [("007", "=1+1"), ("1e5", " x ")]
