"""What can be brought in: paths, uploads and database queries."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeAlias

from analysis.errors import DataProblem, NotAllowed
from analysis.orders.limits import Limits
from analysis.orders.readers.target import SourceFile, Target, shorten
from analysis.words import N_

BLOCK_BYTES = 1024**2


class Readable(Protocol):
    """A binary stream, such as an open file or an upload."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came through the browser.

    Attributes:
        name: What the user's machine calls it; shown, never used as a path.
        stream: Its content.
    """

    name: str
    stream: Readable


@dataclass(frozen=True, slots=True)
class DatabaseQuery:
    """One SELECT on a database that the administrator has named.

    Attributes:
        connection: Name of the connection.
        sql: The query, in PostgreSQL's SQL.
        name: What the table is called.
    """

    connection: str
    sql: str
    name: str


Source: TypeAlias = Path | str | Upload | DatabaseQuery


def resolve(path: Path | str, allowed_roots: Sequence[Path] | None) -> Path:
    """The real place of a path, which must be a file or a folder.

    Args:
        path: As given.
        allowed_roots: Folders inside which it must lie, links followed; None where
            the caller may read what the process may.

    Raises:
        NotAllowed: if it leads out of the allowed folders.
        DataProblem: if it is not there or neither file nor folder.
    """
    given = Path(path).expanduser()
    try:
        real = given.resolve()
        inside = _is_inside(real, allowed_roots)
        mode = real.stat().st_mode if inside else 0
    except (OSError, RuntimeError, ValueError) as error:
        raise DataProblem(
            N_("{file} cannot be found or opened."),
            hint=N_("Check the path and its rights."),
            file=shorten(str(path)),
        ) from error
    if not inside:
        raise NotAllowed(
            N_("{file} lies outside of the folders that may be read."),
            hint=N_("Move it into one of them, or ask the administrator to allow it."),
            file=shorten(str(path)),
        )
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise DataProblem(
            N_("{file} is neither a file nor a folder."),
            hint=N_("Choose a file, or a folder of Parquet files."),
            file=shorten(str(path)),
        )
    return real


def _is_inside(real: Path, allowed_roots: Sequence[Path] | None) -> bool:
    if allowed_roots is None:
        return True
    return any(real.is_relative_to(Path(root).resolve()) for root in allowed_roots)


def open_path(path: Path, *, limits: Limits) -> SourceFile:
    """A file that is read where it lies.

    Raises:
        DataProblem: if it is larger than the limit or may not be read.
    """
    name = display_name(path.name)
    limits.check("max_bytes", path.stat().st_size, source=name)
    try:
        path.open("rb").close()
    except OSError as error:
        raise DataProblem(
            N_("{file} cannot be read: {reason}."),
            hint=N_("Check the rights of the file."),
            file=name,
            reason=error.strerror or type(error).__name__,
        ) from error
    return SourceFile(path, name, owned=False)


def receive(upload: Upload, target: Target) -> SourceFile:
    """Copy an upload into the draft, under a name of our own.

    Raises:
        DataProblem: if it is larger than the limit.
    """
    name = display_name(upload.name)
    path = target.folder / f"upload-{target.taken + 1}"
    size = 0
    with path.open("xb") as file:
        while block := upload.stream.read(BLOCK_BYTES):
            size += len(block)
            target.limits.check("max_bytes", size, source=name)
            file.write(block)
    return SourceFile(path, name, owned=True)


def display_name(name: str) -> str:
    r"""The last part of a file name, on one line and of a bounded length.

    >>> display_name("C:\\Users\\me\\orders.csv")
    'orders.csv'
    """
    return shorten(PurePosixPath(name.replace("\\", "/")).name) or "-"
