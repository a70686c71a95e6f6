"""What a file is, decided by its first bytes and never by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from analysis.errors import DataProblem
from analysis.words import N_

Kind = Literal[
    "text", "json_lines", "gzip", "zstd", "zip", "parquet", "sqlite", "duckdb"
]

HEAD_BYTES = 64 * 1024

_READABLE: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PAR1", "parquet"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (8, b"DUCK", "duckdb"),
)

_CSV_HINT = N_("Export the table as CSV, Parquet or XLSX and bring that in.")
_UNPACK_HINT = N_("Unpack it and bring in the files inside.")
_OLE_HINT = N_(
    "If it has a password, take it off; if it is an old .xls, save it as .xlsx."
)

_REFUSED: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x89PNG", N_("a picture (PNG)"), _CSV_HINT),
    (0, b"\xff\xd8\xff", N_("a picture (JPEG)"), _CSV_HINT),
    (0, b"GIF8", N_("a picture (GIF)"), _CSV_HINT),
    (8, b"WEBP", N_("a picture (WebP)"), _CSV_HINT),
    (0, b"BM", N_("a picture (BMP)"), _CSV_HINT),
    (0, b"%PDF", N_("a PDF document"), _CSV_HINT),
    (0, b"\xd0\xcf\x11\xe0", N_("a protected or old Office file"), _OLE_HINT),
    (0, b"PARE", N_("an encrypted Parquet file"), N_("Bring it in without a key.")),
    (0, b"ARROW1", N_("an Arrow file"), _CSV_HINT),
    (0, b"ORC", N_("an ORC file"), _CSV_HINT),
    (0, b"Obj\x01", N_("an Avro file"), _CSV_HINT),
    (0, b"7z\xbc\xaf", N_("a 7z archive"), _UNPACK_HINT),
    (0, b"Rar!", N_("a RAR archive"), _UNPACK_HINT),
    (0, b"BZh", N_("a bzip2 file"), _UNPACK_HINT),
    (0, b"\xfd7zXZ", N_("an xz file"), _UNPACK_HINT),
    (257, b"ustar", N_("a tar archive"), _UNPACK_HINT),
    (0, b"\x7fELF", N_("a program"), _CSV_HINT),
    (0, b"MZ", N_("a program"), _CSV_HINT),
)

_MARKUP = (b"<!doctype", b"<html", b"<?xml")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_MAX_CONTROL_SHARE = 0.02

#: Shorter signatures are also beginnings of words.
_TELLING_BYTES = 4


def read_head(path: Path) -> bytes:
    """The first bytes of a file, enough to tell what it is."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def kind_of(head: bytes, *, file: str) -> Kind:
    """What a file is by its first bytes.

    Args:
        head: The first ``HEAD_BYTES`` bytes.
        file: The file as the user knows it.

    Raises:
        DataProblem: if it is empty or nothing that holds a table.

    >>> kind_of(b"PAR1", file="orders.csv")
    'parquet'
    """
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise DataProblem(
            N_("{file} is empty."),
            hint=N_("Export it again and check that it has rows."),
            file=file,
        )
    for offset, magic, kind in _READABLE:
        if head.startswith(magic, offset):
            return kind
    _refuse(head, file=file)
    return "json_lines" if _is_json(head, file=file) else "text"


def _refuse(head: bytes, *, file: str) -> None:
    for offset, magic, what, hint in _REFUSED:
        telling = len(magic) >= _TELLING_BYTES or _is_binary(head)
        if telling and head.startswith(magic, offset):
            raise _not_a_table(file, what, hint)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP):
        raise _not_a_table(file, N_("a web page or XML document"), _CSV_HINT)
    if _is_binary(head):
        raise _not_a_table(file, N_("no text and no format known here"), _CSV_HINT)


def _not_a_table(file: str, what: str, hint: str) -> DataProblem:
    return DataProblem(
        N_("{file} is {what}, not a table."), hint=hint, file=file, what=what
    )


def _is_binary(head: bytes) -> bool:
    """Whether control bytes other than blanks abound (UTF-16 is told by its NULs)."""
    if head.startswith(_BYTE_ORDER_MARKS) or looks_like_utf16(head):
        return False
    control = sum(
        head.count(byte)
        for byte in range(32)
        if byte not in b"\x00\x01\x09\x0a\x0d\x1c\x1d\x1e\x1f"
    )
    return control > _MAX_CONTROL_SHARE * len(head)


def looks_like_utf16(head: bytes) -> bool:
    """Whether every other byte of a text without a mark is mostly NUL."""
    even, odd = head[0::2], head[1::2]
    few, many = sorted((even.count(0), odd.count(0)))
    return many > 0.3 * len(odd) and few < 0.05 * len(odd)


def _is_json(head: bytes, *, file: str) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"[{", b"[\n", b"[\r", b"[ ")):
        raise DataProblem(
            N_("{file} is one JSON list, which cannot be read line by line."),
            hint=N_("Export it as JSON lines: one object on each line."),
            file=file,
        )
    if not start.startswith(b"{"):
        return False
    line = start.split(b"\n", 1)[0]
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return len(line) == len(start) or b'":' in line
    return True
