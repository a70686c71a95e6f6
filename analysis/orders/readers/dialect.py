"""Find the dialect of a CSV text: delimiter, quotes, title lines, header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.orders.draft import Dialect

#: In the order of preference where several fit equally well.
DELIMITERS = (",", "\t", ";", "|", "\x01", "\x1f", "^", "~", ":", " ")
MAX_TITLE_ROWS = 30

#: A cell longer than this means that a quote was never closed.
FIELD_CHARACTERS = 64 * 1024**2

_NUMBER_OR_TIME = re.compile(r"(?!(?:19|20)\d\d$)[-+]?\d+(?:[.,:/\-T ]+\d+)*Z?")
_BACKSLASH = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Parsed:
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
    dialect, rows = _best(text, complete=complete)
    width = _usual_width(rows)
    start = _header_row(rows, width)
    has_header = _has_header(rows[start:])
    dialect = replace(dialect, header=has_header, skip=rows[start].line - 1)
    below = rows[start + has_header :]
    header = rows[start].cells if has_header else [""] * width
    return Sniffed(
        dialect=dialect,
        header=tuple(header) + ("",) * (width - len(header)),
        width=max(width, len(header)),
        spaced=_is_spaced(rows, dialect),
        uneven=len(header) != width or any(len(row.cells) != width for row in below),
        rows=tuple(below),
    )


class UnclosedQuoteError(ValueError):
    """A quote is open at the end of the text; ``line`` is where its row begins."""

    def __init__(self, line: int) -> None:
        super().__init__(f"quote not closed in the row that begins on line {line}")
        self.line = line


class _Lines:
    """Passes lines on and knows when they are over."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.over = False

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.over = True


def parse(
    lines: Iterable[str], dialect: Dialect, *, spaced: bool = False, whole: bool = False
) -> Iterator[Parsed]:
    """Rows of cells, without blank lines; ``skip`` and ``header`` are left alone.

    Args:
        lines: Physical lines with their ends.
        dialect: How they are written.
        spaced: Drop blanks after a delimiter.
        whole: The lines are all there are, so that every quote must close.

    Raises:
        UnclosedQuoteError: if ``whole`` and a quote does not close.
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
    )
    line = 1
    try:
        for cells in reader:
            if whole and source.over:
                raise UnclosedQuoteError(line)
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield Parsed(cells, line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnclosedQuoteError(line) from error


def _doubled(line: str, quote: str) -> str:
    r"""Backslash escapes as doubled quotes; other backslashes (``\N``) stay."""
    return _BACKSLASH.sub(lambda found: quote * 2 if found[1] == quote else "\\", line)


def _best(text: str, *, complete: bool) -> tuple[Dialect, list[Parsed]]:
    quote, escape = _quoting(text)
    lines = split_lines(text)
    best: tuple[float, Dialect, list[Parsed]] | None = None
    for delimiter in DELIMITERS:
        if delimiter not in text and delimiter != DELIMITERS[0]:
            continue
        dialect = Dialect(delimiter, quote, escape)
        rows = _sample_rows(lines, dialect, complete=complete)
        score = _score(rows)
        if best is None or score > best[0]:
            best = score, dialect, rows
    assert best is not None  # noqa: S101 - the first delimiter is always tried
    return best[1], best[2]


def split_lines(text: str) -> list[str]:
    """Physical lines with their ends: LF, CR and CRLF alone end a line."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _sample_rows(lines: list[str], dialect: Dialect, *, complete: bool) -> list[Parsed]:
    rows = list(parse(lines, dialect))
    return rows if complete or len(rows) <= 1 else rows[:-1]


def _quoting(text: str) -> tuple[str, str]:
    if '\\"' in text and not re.search(r'[^"\\,;|\t\n]""[^"]', text):
        return '"', "\\"
    singles = len(re.findall(r"(?:^|[,;|\t])'[^'\n]*'(?=[,;|\t\r\n])", text))
    if singles and '"' not in text and singles >= text.count("\n"):
        return "'", "'"
    return '"', '"'


def _score(rows: Sequence[Parsed]) -> float:
    """How well a delimiter explains the rows: equal widths first, then many columns."""
    width = _usual_width(rows)
    if width == 1:
        return 0.0
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


def _is_spaced(rows: Sequence[Parsed], dialect: Dialect) -> bool:
    """Whether quotes follow blanks, so that they were taken for text."""
    return bool(dialect.quote) and any(
        cell.startswith(" ") and cell.lstrip(" ").startswith(dialect.quote)
        for row in rows
        for cell in row.cells
    )
