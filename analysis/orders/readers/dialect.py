"""Find the dialect of a CSV text: delimiter, quotes, title lines, header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import NamedTuple

from analysis.orders.draft import Dialect

#: In the order of preference where several fit equally well.
DELIMITERS = (",", "\t", ";", "|", "\x01", "\x1f", "^", "~", ":", " ")
MAX_TITLE_ROWS = 30

#: What proper quotes add to the score of a dialect, whose best is about one.
WELL_FORMED = 0.05

#: A cell longer than this means that a quote was never closed.
FIELD_CHARACTERS = 64 * 1024**2

_NUMBER_OR_TIME = re.compile(r"(?!(?:19|20)\d\d$)[-+]?\d+(?:[.,:/\-T ]+\d+)*Z?")
_BLANK_LINE = re.compile(r"(?<=[\r\n])[ \t]+(?=[\r\n]|$)")
_BACKSLASH = re.compile(r'\\(["\\])')


class Parsed(NamedTuple):
    """One row of cells and the physical line on which it begins, from 1."""

    cells: list[str]
    line: int


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What was found in a sample of text.

    Attributes:
        dialect: How the text is written.
        header: The names as they stand; numbered ones where there is no header.
        width: Cells of most rows.
        spaced: Whether blanks stand between delimiter and quote.
        uneven: Whether rows of another width, or a header of another width, occur.
        rows: The rows below the header.
    """

    dialect: Dialect
    header: tuple[str, ...]
    width: int
    spaced: bool
    uneven: bool
    rows: tuple[Parsed, ...]


def sniff(text: str, *, complete: bool) -> Sniffed:
    r"""Find how a text is written.

    Args:
        text: The beginning of the file, without byte order mark.
        complete: Whether it is the whole file; otherwise its last row is ignored.

    >>> found = sniff("id;fee\n1;2,5\n2;3,5\n", complete=True)
    >>> found.dialect.delimiter, found.header
    (';', ('id', 'fee'))
    """
    dialect, rows, spaced = _best(text, complete=complete)
    width = _usual_width(rows)
    start = _header_row(rows, width)
    has_header = _has_header(rows[start:])
    dialect = replace(dialect, header=has_header, skip=rows[start].line - 1)
    below = rows[start + has_header :]
    header = rows[start].cells if has_header else [""] * width
    blank = width > 1 and _has_blank_lines(text, dialect.quote)
    odd = blank or any(len(row.cells) != len(header) for row in below)
    if all(not any(row.cells[len(header) :]) for row in below):
        width = len(header)
    return Sniffed(
        dialect=dialect,
        header=tuple(header) + ("",) * (width - len(header)),
        width=max(width, len(header)),
        spaced=spaced,
        uneven=odd or len(header) != width,
        rows=tuple(below),
    )


class UnclosedQuoteError(ValueError):
    """A quote is not closed as it should be.

    Attributes:
        line: Where its row begins.
        at_end: Whether it is open at the end of the text.
    """

    def __init__(self, line: int, *, at_end: bool) -> None:
        super().__init__(f"quote not closed in the row that begins on line {line}")
        self.line = line
        self.at_end = at_end


class _Lines:
    """Passes lines on and knows when they are over."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.over = False

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.over = True


def parse(
    lines: Iterable[str],
    dialect: Dialect,
    *,
    spaced: bool = False,
    whole: bool = False,
    strict: bool = False,
    first_line: int = 1,
) -> Iterator[Parsed]:
    """Rows of cells, without blank lines; ``skip`` and ``header`` are left alone.

    Args:
        lines: Physical lines with their ends.
        dialect: How they are written.
        spaced: Drop blanks after a delimiter.
        whole: The lines are all there are, so that every quote must close.
        strict: A closing quote must end its cell.
        first_line: Number of the first line.

    Raises:
        UnclosedQuoteError: if a quote does not close where it must.
    """
    csv.field_size_limit(FIELD_CHARACTERS)
    if dialect.quote and dialect.escape != dialect.quote:
        lines = (_doubled(line, dialect.quote) for line in lines)
    source = _Lines(lines)
    reader = csv.reader(
        source,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        skipinitialspace=spaced,
        strict=strict,
    )
    line = first_line
    try:
        for cells in reader:
            if whole and source.over:
                raise UnclosedQuoteError(line, at_end=True)
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield Parsed(cells, line)
            line = reader.line_num + first_line
    except csv.Error as error:
        raise UnclosedQuoteError(line, at_end=source.over) from error


def _doubled(line: str, quote: str) -> str:
    r"""Backslash escapes as doubled quotes; other backslashes (``\N``) stay."""
    return _BACKSLASH.sub(lambda found: quote * 2 if found[1] == quote else "\\", line)


def _best(text: str, *, complete: bool) -> tuple[Dialect, list[Parsed], bool]:
    """The dialect that explains the text best, its rows, and whether it has blanks."""
    lines = split_lines(text)
    found = []
    for dialect in _candidates(text):
        rows = _sample_rows(lines, dialect, complete=complete)
        spaced = _is_spaced(rows, dialect)
        if spaced:
            rows = _sample_rows(lines, dialect, complete=complete, spaced=True)
        score = _score(rows) + WELL_FORMED * _is_well_formed(
            lines, dialect, spaced=spaced
        )
        found.append((score, dialect, rows, spaced))
    _, dialect, rows, spaced = max(found, key=itemgetter(0))
    return dialect, rows, spaced


def _candidates(text: str) -> Iterator[Dialect]:
    singles = re.findall(r"(?:^|[,;|\t])'[^'\n]*'(?=[,;|\t\r\n])", text, re.MULTILINE)
    if len(singles) > text.count("\n") and '"' not in text:
        quotings = [("'", "'")]
    else:
        quotings = [('"', '"'), *([('"', "\\")] if '\\"' in text else [])]
    for delimiter in DELIMITERS:
        if delimiter in text or delimiter == DELIMITERS[0]:
            yield from (Dialect(delimiter, *quoting) for quoting in quotings)


def _is_well_formed(lines: list[str], dialect: Dialect, *, spaced: bool) -> bool:
    """Whether a delimiter or line break follows every closing quote."""
    try:
        for _ in parse(lines, dialect, spaced=spaced, strict=True):
            pass
    except UnclosedQuoteError as error:
        return error.at_end
    return True


def split_lines(text: str) -> list[str]:
    """Physical lines with their ends: LF, CR and CRLF alone end a line."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _sample_rows(
    lines: list[str], dialect: Dialect, *, complete: bool, spaced: bool = False
) -> list[Parsed]:
    try:
        rows = list(parse(lines, dialect, spaced=spaced))
    except UnclosedQuoteError:
        return []
    return rows if complete or len(rows) <= 1 else rows[:-1]


def _score(rows: Sequence[Parsed]) -> float:
    """How well a delimiter explains the rows: equal widths first, then many columns."""
    width = _usual_width(rows)
    if width == 1:
        return 0.0 if rows else -1.0
    start = _header_row(rows, width)
    even = sum(len(row.cells) == width for row in rows[start:]) / len(rows[start:])
    return round(even, 1) + min(width, 1000) / 10_000 - start / 100


def _usual_width(rows: Sequence[Parsed]) -> int:
    widths = Counter(len(row.cells) for row in rows)
    return max(widths, key=lambda width: (widths[width], width), default=1)


def _header_row(rows: Sequence[Parsed], width: int) -> int:
    """Index of the first row that is no title: as wide as the table and filled."""
    for index, row in enumerate(rows[:MAX_TITLE_ROWS]):
        filled = sum(bool(cell.strip()) for cell in row.cells)
        wide = len(row.cells) == width or 2 * len(row.cells) > width > 1
        if wide and 2 * filled >= len(row.cells) and (width == 1 or filled > 1):
            return index
    return 0


def _has_header(rows: Sequence[Parsed]) -> bool:
    """Whether the first row names columns instead of being one more row.

    It is no header if a number or time stands in it above others of its kind, and
    nowhere a word stands above numbers.
    """
    first, below = rows[0].cells, rows[1:50]
    above_numbers = []
    for column, cell in enumerate(first):
        cells = [row.cells[column] for row in below if column < len(row.cells)]
        filled = [text for text in cells if text.strip()]
        if filled and all(_is_number_or_time(text) for text in filled):
            above_numbers.append(_is_number_or_time(cell))
    return not above_numbers or not all(above_numbers)


def _is_number_or_time(text: str) -> bool:
    return _NUMBER_OR_TIME.fullmatch(text.strip()) is not None


def _has_blank_lines(text: str, quote: str) -> bool:
    """Whether a line outside of quotes holds nothing but blanks."""
    found = _BLANK_LINE.finditer(text)
    return any(not quote or text.count(quote, 0, at.start()) % 2 == 0 for at in found)


def _is_spaced(rows: Sequence[Parsed], dialect: Dialect) -> bool:
    """Whether quotes follow blanks, so that they were taken for text."""
    return bool(dialect.quote) and any(
        cell.startswith(" ") and cell.lstrip(" ").startswith(dialect.quote)
        for row in rows
        for cell in row.cells
    )
