"""CSV and its relatives: read in place where clean, rewritten where not.

Clean means: DuckDB's strict parser reads the file exactly as it stands. What one fast
pass and a sample cannot show (a ragged row in the middle of a large file) makes that
parser fail at publishing; ``rewrite`` then makes a private copy that it can read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.errors import DataProblem
from analysis.orders.draft import Dialect, Note, StagedTable, modified
from analysis.orders.encoding import Scan, detect, scan, transcode
from analysis.orders.readers.dialect import Sniffed, sniff
from analysis.orders.readers.rewrite import rewrite
from analysis.orders.readers.target import (
    SourceFile,
    Target,
    is_pattern,
    name_columns,
    no_rows,
)
from analysis.words import N_

SAMPLE_BYTES = 512 * 1024
MAX_SAMPLE_BYTES = 8 * 1024**2

#: A physical line beyond this cannot be part of a table.
MAX_LINE_BYTES = 64 * 1024**2

#: DuckDB reads rows up to this size with its usual buffers.
FAST_LINE_BYTES = 1_000_000

_BREAK = re.compile(rb"\r\n|\r|\n")

UTF8 = frozenset({"utf-8", "utf-8-sig"})

_DELIMITER_NAMES = {
    ",": N_("comma"), "\t": N_("tab"), ";": N_("semicolon"), "|": N_("bar"),
    " ": N_("blank"), ":": N_("colon"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Text:
    """A text file in UTF-8, with what its bytes and its beginning show."""

    file: SourceFile
    scan: Scan
    sniffed: Sniffed


def read_delimited(file: SourceFile, target: Target) -> list[StagedTable]:
    """Stage one CSV file.

    Args:
        file: The file; it is not changed, and not copied if it can be read as it is.
        target: Where copies go.

    Raises:
        DataProblem: if it holds no table, names the line where there is one.
    """
    file, found = _as_utf8(file, target)
    _check_lines(file, found, target)
    text = _Text(file, found, _sniff(file.path))
    _check_rows(text)
    names, naming = name_columns(
        text.sniffed.header, limits=target.limits, source=file.name
    )
    notes = (*file.notes, *_dialect_notes(text.sniffed), *naming)
    if _is_clean(text):
        return [_in_place(text, target, names, notes)]
    table = rewrite(
        file.path,
        target=target,
        title=file.name,
        dialect=text.sniffed.dialect,
        columns=names,
        spaced=text.sniffed.spaced,
        notes=notes,
    )
    if file.owned:
        file.path.unlink()
    return [table]


def _as_utf8(file: SourceFile, target: Target) -> tuple[SourceFile, Scan]:
    found = scan(file.path)
    encoding = detect(file.path, utf8=found.valid)
    notes = (*file.notes, encoding.note)
    readable = found.valid and not found.nul and encoding.codec in UTF8
    if readable and not _has_quoted_mark(file.path) and not is_pattern(file.path):
        return replace(file, notes=notes), found
    copy = target.folder / f"utf8-{target.taken + 1}.csv"
    losses = transcode(file.path, copy, encoding)
    if file.owned:
        file.path.unlink()
    file = replace(file, path=copy, owned=True, notes=(*notes, *losses))
    return file, scan(copy)


def _has_quoted_mark(path: Path) -> bool:
    """Whether a quote follows the byte order mark, which DuckDB then takes for text."""
    with path.open("rb") as file:
        return file.read(4) in {codecs.BOM_UTF8 + b'"', codecs.BOM_UTF8 + b"'"}


def _check_lines(file: SourceFile, found: Scan, target: Target) -> None:
    if found.longest_line > MAX_LINE_BYTES:
        raise DataProblem(
            N_("{file}: line {line} has {seen:,} bytes, which is no row of a table."),
            hint=N_("Cells of a table have at most {limit:,} bytes ({setting})."),
            file=file.name,
            line=found.longest_at,
            seen=found.longest_line,
            limit=target.limits.max_cell_bytes,
            setting="max_cell_bytes",
        )


def _sniff(path: Path) -> Sniffed:
    """Sniff the beginning, more of it if that holds less than a few rows."""
    size = SAMPLE_BYTES
    while True:
        text, complete = _head(path, size)
        sniffed = sniff(text, complete=complete)
        if complete or sniffed.rows or size >= MAX_SAMPLE_BYTES:
            return sniffed
        size *= 4


def _head(path: Path, size: int) -> tuple[str, bool]:
    with path.open("rb") as file:
        data = file.read(size + 1)
    text = data[:size].decode("utf-8-sig", errors="ignore")
    return text, len(data) <= size


def _check_rows(text: _Text) -> None:
    cut = text.scan.quotes % 2 == 1
    if not text.sniffed.rows and not cut and text.scan.size <= MAX_SAMPLE_BYTES:
        raise no_rows(text.file.name)


def _is_clean(text: _Text) -> bool:
    found, sniffed = text.scan, text.sniffed
    return (
        sniffed.width > 1
        and not sniffed.uneven
        and not sniffed.spaced
        and found.longest_line <= FAST_LINE_BYTES
        and not found.long_quote
        and found.quotes % 2 == 0
        and bool(sniffed.rows)
        and (
            found.breaks <= 1
            or (
                _has_one_break(text.file.path, sniffed.dialect.delimiter)
                and not _breaks_in_first_quotes(text)
            )
        )
    )


def _breaks_in_first_quotes(text: _Text) -> bool:
    """Whether the first line break of the file stands inside quotes.

    DuckDB takes the first one for the end of every line: where the others are of
    another kind it then finds a header, and no row.
    """
    head, _ = _head(text.file.path, SAMPLE_BYTES)
    first = re.split(r"[\r\n]", head, maxsplit=1)[0]
    return first.count(text.sniffed.dialect.quote or '"') % 2 == 1


def _has_one_break(path: Path, delimiter: str) -> bool:
    """Whether one kind of line break occurs outside of quotes, by counting quotes.

    Counting is right only if quotes enclose whole cells: elsewhere the answer is no.
    """
    kinds: set[bytes] = set()
    around = (delimiter.encode(), b"\r", b"\n")
    for outside, after, before in _outside_quotes(path):
        if not all(text.startswith(around) for text in after if text):
            return False
        if not all(text.endswith(around) for text in before if text):
            return False
        kinds.update(_BREAK.findall(b'"'.join(outside)))
    return len(kinds) <= 1


def _outside_quotes(
    path: Path,
) -> Iterator[tuple[list[bytes], list[bytes], list[bytes]]]:
    """Pieces of text outside of quotes, a block at a time: all, after and before one.

    A carriage return that ends a block goes to the next, to stay with its line feed.
    """
    inside, rest = False, b""
    with path.open("rb") as file:
        while block := file.read(1024**2):
            text = rest + block
            rest = b"\r" if text.endswith(b"\r") else b""
            pieces = text.removesuffix(rest).split(b'"')
            outside = pieces[int(inside) :: 2]
            after = outside if inside else outside[1:]
            inside ^= len(pieces) % 2 == 0
            yield outside, after, outside if inside else outside[:-1]
    yield [b"" if inside else rest], [], []


def _in_place(
    text: _Text, target: Target, names: tuple[str, ...], notes: tuple[Note, ...]
) -> StagedTable:
    table_id = target.next_id()
    path = text.file.path
    if text.file.owned:
        path = path.replace(target.folder / f"{table_id}.csv")
    return StagedTable(
        id=table_id,
        title=text.file.name,
        format="csv",
        paths=(path,),
        dialect=text.sniffed.dialect,
        columns=names,
        rows=None,
        bytes=text.scan.size,
        notes=notes,
        owned=text.file.owned,
        modified=modified([path]),
    )


def _dialect_notes(sniffed: Sniffed) -> tuple[Note, ...]:
    dialect = sniffed.dialect
    notes = [_delimiter_note(dialect, sniffed.width)]
    if dialect.skip:
        text = N_("{count} lines before the header were passed over.")
        notes.append(Note("info", text, {"count": dialect.skip}))
    if not dialect.header:
        text = N_("There is no header; columns are numbered.")
        notes.append(Note("warning", text))
    return tuple(notes)


def _delimiter_note(dialect: Dialect, width: int) -> Note:
    if width == 1:
        return Note("warning", N_("Only one column was found."))
    name = _DELIMITER_NAMES.get(dialect.delimiter, repr(dialect.delimiter))
    return Note(
        "info", N_("Columns are separated by: {delimiter}."), {"delimiter": name}
    )
