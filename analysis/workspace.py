"""The workspace: the one folder in which Doorstep keeps what it writes."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import InvalidInput
from analysis.words import N_

KEY_BYTES = 32

#: DuckDB takes a path with one of these for a pattern of paths.
PATTERN_MARKS = "*?["

FOLDERS = ("drafts", "datasets", "mappings")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths inside one workspace; ``Workspace.open`` creates what is missing.

    Attributes:
        root: The folder itself, absolute; only its owner may look into it.
    """

    root: Path

    @classmethod
    def open(cls, folder: Workspace | Path | str) -> Workspace:
        """The workspace in a folder, created with owner-only rights if need be.

        Args:
            folder: Its path; a workspace is given back as it is.

        Raises:
            InvalidInput: if the folder cannot be made or written.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     workspace = Workspace.open(Path(folder) / "workspace")
        ...     (workspace.drafts.is_dir(), len(workspace.key()))
        (True, 32)
        """
        if isinstance(folder, Workspace):
            return folder
        workspace = cls(Path(folder).expanduser().absolute())
        if any(mark in str(workspace.root) for mark in PATTERN_MARKS):
            raise InvalidInput(
                N_("The workspace {folder} has one of the marks * ? [ in its path."),
                hint=N_("Choose a folder without them: they stand for patterns."),
                folder=str(folder),
            )
        try:
            workspace._create()
        except OSError as error:
            raise InvalidInput(
                N_("The workspace {folder} cannot be used: {reason}."),
                hint=N_("Choose a folder that you may write to."),
                folder=str(folder),
                reason=error.strerror or type(error).__name__,
            ) from error
        return workspace

    @property
    def drafts(self) -> Path:
        """Folder of the drafts, one folder each."""
        return self.root / "drafts"

    @property
    def datasets(self) -> Path:
        """Folder of the published datasets, one folder each."""
        return self.root / "datasets"

    @property
    def mappings(self) -> Path:
        """Folder of the remembered mappings, one YAML file for a set of headers."""
        return self.root / "mappings"

    @property
    def records(self) -> Path:
        """The SQLite file of what people write."""
        return self.root / "records.sqlite"

    def key(self) -> bytes:
        """The key of all hashes: 32 random bytes, made at the first call.

        Raises:
            InvalidInput: if the key file is damaged; hashes made with another key
                would no longer join.
        """
        path = self.root / "key"
        if not path.exists():
            _create_key(path)
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise InvalidInput(
                N_("The workspace key {path} has {seen} bytes instead of {expected}."),
                hint=N_("Bring the file back from a backup."),
                path=str(path),
                seen=len(key),
                expected=KEY_BYTES,
            )
        return key

    def _create(self) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)


def _create_key(path: Path) -> None:
    """Write a key beside ``path`` and link it there: the first process wins."""
    candidate = path.with_name(f".key-{secrets.token_hex(8)}")
    handle = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(candidate)
    except FileExistsError:
        return
    finally:
        candidate.unlink()
