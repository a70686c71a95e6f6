"""Unpack .gz and .zst within bounds, and look into zip files before they are read."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from analysis.errors import DataProblem
from analysis.orders.content import Kind
from analysis.orders.limits import Limits
from analysis.words import N_

BLOCK_BYTES = 1024**2

#: Small files may grow more than ``max_ratio``: repeated lines pack well.
FREE_BYTES = 16 * 1024**2

MAX_ENTRIES = 10_000

_ARCHIVES = (".zip", ".xlsx", ".xlsm", ".gz", ".zst", ".7z", ".rar", ".tar", ".bz2")
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)

#: Where a row or cell of a sheet says it lies; a reader allots all up to there.
_CELL_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")

#: Longer than any mark or place above, which may lie across two blocks.
MARK_BYTES = 32
_SAVE_AS_XLSX = N_("Open it, save it as a plain .xlsx workbook and bring that in.")


def unpack(path: Path, target: Path, *, kind: Kind, name: str, limits: Limits) -> None:
    """Unpack a gzip or Zstandard file, never beyond the limits.

    Args:
        path: The packed file.
        target: The file to write; the caller deletes it on an error.
        kind: ``gzip`` or ``zstd``.
        name: The file as the user knows it.
        limits: What is accepted.

    Raises:
        DataProblem: if it is damaged or too large when unpacked.
    """
    packed = path.stat().st_size
    most = min(limits.max_unpacked_bytes, max(FREE_BYTES, packed * limits.max_ratio))
    size = 0
    with pa.OSFile(str(path)) as file, target.open("xb") as sink:
        for block in _unpacked(file, kind, name):
            size += len(block)
            if size > most:
                raise _bomb(name, packed, size, limits)
            sink.write(block)


def _unpacked(file: pa.NativeFile, kind: Kind, name: str) -> Iterator[bytes]:
    try:
        with pa.CompressedInputStream(file, kind) as source:
            while block := source.read(BLOCK_BYTES):
                yield block
    except OSError as error:
        raise DataProblem(
            N_("{file} is damaged or cut off and cannot be unpacked."),
            hint=N_("Copy or export it again."),
            file=name,
        ) from error


def _bomb(name: str, packed: int, size: int, limits: Limits) -> DataProblem:
    beyond = size > limits.max_unpacked_bytes
    setting = "max_unpacked_bytes" if beyond else "max_ratio"
    return DataProblem(
        N_("{file} grows from {packed:,} to more than {size:,} bytes on unpacking."),
        hint=N_("Unpack it yourself and check it, or raise {setting} ({limit:,})."),
        file=name,
        packed=packed,
        size=size,
        setting=setting,
        limit=getattr(limits, setting),
    )


def check_workbook(path: Path, *, name: str, limits: Limits) -> None:
    """Look into a zip file and refuse all that is no plain workbook.

    Sizes are checked as declared, and again while every part is read once.

    Raises:
        DataProblem: says what it is instead.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(entries, name, limits)
            for entry in entries:
                _check_part(archive, entry, name, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged(name) from error


def _check_entries(entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise _refused(N_("{file} is protected by a password."), name, _SAVE_AS_XLSX)
    if any(Path(part).name == "vbaProject.bin" for part in names):
        raise _refused(N_("{file} is a workbook with macros."), name, _SAVE_AS_XLSX)
    if any(part.lower().endswith(_ARCHIVES) or _escapes(part) for part in names) or any(
        stat.S_ISLNK(entry.external_attr >> 16) for entry in entries
    ):
        raise _refused(
            N_("{file} is an archive with other archives or links in it."),
            name,
            N_("Unpack it and bring in the files inside."),
        )
    if "xl/workbook.xml" not in names:
        raise _refused(
            N_("{file} is a zip archive and no .xlsx workbook."),
            name,
            N_("Unpack it and bring in the files inside."),
        )
    _check_sizes(entries, name, limits)


def _check_sizes(entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    limits.check("max_workbook_bytes", size, source=name)
    if size > max(FREE_BYTES, packed * limits.max_ratio):
        raise _bomb(name, packed, size, limits)
    if len(entries) > MAX_ENTRIES:
        raise _damaged(name)


def _escapes(part: str) -> bool:
    return part.startswith(("/", "\\")) or ".." in Path(part).parts


def _check_part(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limits: Limits
) -> None:
    """Read one part to its end; XML must not define entities nor span a huge area."""
    if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        _read_through(archive, entry)
        return
    tail, rows, columns = b"", 0, 0
    with archive.open(entry) as part:
        while block := part.read(BLOCK_BYTES):
            text = tail + block
            if b"\x00" in text or _ENTITIES.search(text):
                raise _refused(
                    N_("{file} defines entities in its XML, which no workbook needs."),
                    name,
                    _SAVE_AS_XLSX,
                )
            places = set(_CELL_PLACE.findall(text))
            rows = max([rows, *(int(row) for _, row in places)])
            columns = max(
                [columns, *(_column_number(letters) for letters, _ in places)]
            )
            limits.check("max_sheet_cells", rows * columns, source=name)
            tail = block[-MARK_BYTES:]


def _read_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as part:
        while part.read(BLOCK_BYTES):
            pass


def _column_number(letters: bytes) -> int:
    """1 for A, 27 for AA; 0 for a row, which has no letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _refused(problem: str, name: str, hint: str) -> DataProblem:
    return DataProblem(problem, hint=hint, file=name)


def _damaged(name: str) -> DataProblem:
    return _refused(
        N_("{file} is a damaged or cut off workbook."), name, N_("Save it again.")
    )
