"""A list of order ids that somebody typed or brought in: which column, which are here.

The first sheet of a workbook, or lines of text in UTF-8 or GBK.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics.members import Listed, members
from analysis.orders.archives import check_workbook
from analysis.orders.limits import Limits
from analysis.orders.readers.target import cell_text
from analysis.orders.schema import fields_of, normalise_header
from analysis.words import N_

Row = Sequence[str]

DELIMITERS: Final = (",", ";", "\t", "|")
#: A workbook is a zip archive, whatever it is called.
ZIP: Final = b"PK\x03\x04"
#: So many rows tell which column holds the ids.
SAMPLE: Final = 200


@dataclass(frozen=True, slots=True)
class IdList:
    """What a list of ids comes to.

    Attributes:
        lines: Ids read, repeated ones counted every time.
        found: Those of the dataset, each once, in their order.
        unknown: Those that it does not have, each once.
        repeated: Lines that say again what an earlier one said.
    """

    lines: int
    found: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: int


def looked_up(dataset: Dataset, ids: tuple[str, ...]) -> IdList:
    """Which of the ids are orders of the dataset."""
    once = tuple(dict.fromkeys(ids))
    known = known_ids(dataset, once)
    return IdList(
        lines=len(ids),
        found=tuple(item for item in once if item in known),
        unknown=tuple(item for item in once if item not in known),
        repeated=len(ids) - len(once),
    )


def known_ids(dataset: Dataset, ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that the dataset has."""
    if not ids:
        return frozenset()
    return frozenset(members(dataset, Listed("order_id", list(ids)))["order_id"])


def read_ids(content: bytes, *, dataset: Dataset | None = None) -> list[str]:
    r"""Ids out of a file: of the column whose header says so, else that fits best.

    Args:
        content: A workbook (its first sheet) or text with one row a line.
        dataset: Where no header says which column it is, the one with most orders of
            this dataset counts; without a dataset the first.

    >>> read_ids(b"late;order_id\n2;A1\n3;A2")
    ['A1', 'A2']

    Raises:
        InvalidInput: if the file is neither.
        DataProblem: if it is a workbook with macros, a password or too large.
    """
    rows = _sheet(content) if content.startswith(ZIP) else _lines(content)
    if not rows:
        raise _unreadable()
    known = fields_of("orders")["order_id"].synonyms
    for place, header in enumerate(rows[0]):
        if normalise_header(header) in known:
            return _column(rows[1:], place)
    place, is_headed = _fitting(rows, dataset)
    return _column(rows[1:] if is_headed else rows, place)


def _column(rows: Sequence[Row], place: int) -> list[str]:
    cells = (row[place].strip() for row in rows if place < len(row))
    return [cell for cell in cells if cell]


def _fitting(rows: Sequence[Row], dataset: Dataset | None) -> tuple[int, bool]:
    """The column with most orders of the dataset, and whether a header is above it."""
    if dataset is None:
        return 0, False
    wide = max(map(len, rows))
    tried = [_column(rows[:SAMPLE], place) for place in range(wide)]
    every = dict.fromkeys(cell for column in tried for cell in column)
    known = known_ids(dataset, list(every))
    hits = [sum(cell in known for cell in column) for column in tried]
    place = hits.index(max(hits))
    is_headed = max(hits) > 0 and rows[0][place : place + 1] != [] and (
        rows[0][place].strip() not in known
        and not any(letter.isdigit() for letter in rows[0][place])
    )  # fmt: skip
    return place, is_headed


def _lines(content: bytes) -> list[Row]:
    text = _text(content)
    mark = max(DELIMITERS, key=text.partition("\n")[0].count)
    return [row for row in csv.reader(text.splitlines(), delimiter=mark) if any(row)]


def _text(content: bytes) -> str:
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    raise _unreadable()


def _sheet(content: bytes) -> list[Row]:
    """The first sheet; checked as a file, since archives are read from the disk."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as kept:
        kept.write(content)
        kept.flush()
        check_workbook(Path(kept.name), name="xlsx", limits=Limits())
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            found = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except CalamineError as bad:
        raise _unreadable() from bad
    rows = [[cell_text(cell) or "" for cell in row] for row in found]
    return [row for row in rows if any(row)]


def _unreadable() -> InvalidInput:
    return InvalidInput(
        N_("The file cannot be read as a list of order IDs."),
        hint=N_("Save it as .xlsx, or as CSV in UTF-8 or GBK."),
    )
