"""Published versions on disk: where they lie, which is current, opening one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.engine.connect import reader
from analysis.engine.dataset import Column, Dataset, Table
from analysis.engine.duck import DuckEngine
from analysis.errors import DataProblem, InvalidInput, UnknownName
from analysis.words import N_
from analysis.workspace import Workspace

CURRENT = "current.json"
MANIFEST = "dataset.json"
PROFILE = "profile.json"
MAPPING = "mapping.yaml"
DATABASE = "data.duckdb"
ASIDE = "set_aside.parquet"
PARQUET = "parquet"

#: Folders of versions that are being built; one without a lock was killed.
BUILDING = ".building-"
LOCK = "lock"

MAX_NAME = 80

_VERSION = re.compile(r"v[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version as a list shows it.

    Attributes:
        dataset: Name of the dataset.
        version: Name of the version.
        published_at: In UTC.
        rows: Rows of the orders table.
        is_current: Whether readers get it by default.
        manifest: Everything ``dataset.json`` says of it.
    """

    dataset: str
    version: str
    published_at: datetime
    rows: int
    is_current: bool
    manifest: Mapping[str, Any]


def dataset_id(name: str) -> str:
    """Folder name of a dataset: readable, safe, and one for each name.

    Raises:
        InvalidInput: if the name is empty or too long.

    >>> dataset_id("Olist 2018")
    'olist-2018-' + 'd2a87f'
    """
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > MAX_NAME:
        raise InvalidInput(
            N_("{name!r} cannot name a dataset: it has {length} characters."),
            hint=N_("Use 1 to {limit} characters."),
            name=name[:MAX_NAME],
            length=len(cleaned),
            limit=MAX_NAME,
        )
    slug = re.sub(r"[^a-z0-9]+", "-", cleaned.lower()).strip("-")[:40]
    mark = hashlib.sha256(cleaned.encode()).hexdigest()[:6]
    return f"{slug}-{mark}" if slug else f"dataset-{mark}"


def open_dataset(
    workspace: Workspace | Path | str, name: str, version: str | None = None
) -> Dataset:
    """Open a version of a dataset for reading.

    Args:
        workspace: The workspace or its folder.
        name: Name of the dataset.
        version: Name of the version, the current one if None.

    Raises:
        UnknownName: if there is no such dataset or version.
        DataProblem: if its files are damaged.
    """
    place = dataset_folder(workspace, name)
    wanted = version or current_version(place)
    path = place / wanted
    if not _VERSION.fullmatch(wanted) or not (path / MANIFEST).is_file():
        raise UnknownName.of(N_("version"), wanted, _version_names(place))
    return _opened(path)


def dataset_folder(workspace: Workspace | Path | str, name: str) -> Path:
    """Folder of a published dataset.

    Raises:
        UnknownName: if there is none of this name.
    """
    workspace = Workspace.open(workspace)
    place = workspace.datasets / dataset_id(name)
    if not (place / CURRENT).is_file():
        raise UnknownName.of(N_("dataset"), name, list_datasets(workspace))
    return place


def list_datasets(workspace: Workspace | Path | str) -> tuple[str, ...]:
    """Names of all published datasets."""
    places = Workspace.open(workspace).datasets.glob(f"*/{CURRENT}")
    names = (_name_of(place) for place in places)
    return tuple(sorted(name for name in names if name))


def _name_of(pointer: Path) -> str:
    """Name of a dataset; empty where the pointer to its version is damaged."""
    try:
        return str(_read(pointer)["name"])
    except (DataProblem, KeyError):
        return ""


def list_versions(
    workspace: Workspace | Path | str, name: str
) -> tuple[VersionInfo, ...]:
    """All versions of a dataset that can be read, the newest first.

    Raises:
        UnknownName: if there is no such dataset.
    """
    place = dataset_folder(workspace, name)
    current = current_version(place)
    paths = (place / version for version in reversed(_version_names(place)))
    found = (_info(path, is_current=path.name == current) for path in paths)
    return tuple(info for info in found if info is not None)


def use_version(workspace: Workspace | Path | str, name: str, version: str) -> None:
    """Make another version the current one.

    Raises:
        UnknownName: if there is no such dataset or version.
    """
    place = dataset_folder(workspace, name)
    names = _version_names(place)
    if version not in names:
        raise UnknownName.of(N_("version"), version, names)
    set_current(place, name=name, version=version)


def current_version(place: Path) -> str:
    """The version that readers get by default."""
    return str(_read(place / CURRENT).get("version"))


def set_current(place: Path, *, name: str, version: str) -> None:
    """Say which version is current: one small file, replaced in one step."""
    with _alone(place):
        _point_at(place, name, version)


def _point_at(place: Path, name: str, version: str) -> None:
    beside = place / f".{CURRENT}"
    with beside.open("w", encoding="utf-8") as file:
        json.dump({"name": name, "version": version}, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place / CURRENT)
    sync_folder(place)


def land(place: Path, built: Path, *, name: str) -> str:
    """Give a finished folder the next version name, and make it the current version.

    Returns:
        The name of the version.
    """
    with _alone(place):
        number = max(map(_number, _version_names(place)), default=0) + 1
        version = f"v{number:03d}"
        _renumber(built / MANIFEST, version)
        (built / LOCK).unlink()
        built.rename(place / version)
        sync_folder(place)
        _point_at(place, name, version)
    return version


@contextmanager
def building_folder(place: Path, token: str) -> Iterator[Path]:
    """A folder to build a version in, locked; gone afterwards unless it was renamed."""
    folder = place / f"{BUILDING}{token}"
    with _alone(place):
        sweep(place)
        folder.mkdir(mode=0o700, parents=True)
        lock = (folder / LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield folder
        finally:
            _remove(place, folder)


def _remove(place: Path, folder: Path) -> None:
    """Take the folder away, and that of the dataset if nothing else is in it."""
    if folder.exists():
        shutil.rmtree(folder)
    with _alone(place):
        if place.exists() and not any(place.iterdir()):
            place.rmdir()


def sweep(place: Path) -> None:
    """Delete what a killed process left of versions that it was building."""
    for folder in place.glob(f"{BUILDING}*"):
        if not _is_locked(folder / LOCK):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """One process at a time changes which folders a dataset has."""
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_locked(path: Path) -> bool:
    try:
        with path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _renumber(manifest: Path, version: str) -> None:
    content = {**_read(manifest), "version": version}
    with manifest.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _version_names(place: Path) -> list[str]:
    names = (path.parent.name for path in place.glob(f"v*/{MANIFEST}"))
    return sorted(filter(_VERSION.fullmatch, names), key=_number)


def _number(version: str) -> int:
    return int(version[1:])


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(found, dict):
        raise _damaged(path, TypeError())
    return found


def _damaged(path: Path, error: Exception) -> DataProblem:
    return DataProblem(
        N_("{path} cannot be read: {reason}."),
        hint=N_("Switch to another version, or publish the data again."),
        path=f"{path.parent.name}/{path.name}",
        reason=type(error).__name__,
    )


def _opened(path: Path) -> Dataset:
    try:
        return _dataset(path, _read(path / MANIFEST))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _damaged(path / MANIFEST, error) from error


def _dataset(path: Path, manifest: dict[str, Any]) -> Dataset:
    period = manifest["period"]
    return Dataset(
        name=manifest["name"],
        id=manifest["id"],
        version=manifest["version"],
        path=path,
        engine=DuckEngine(reader(path / DATABASE)),
        tables=MappingProxyType(
            {name: _table(name, entry) for name, entry in manifest["tables"].items()}
        ),
        period=period
        and (date.fromisoformat(period[0]), date.fromisoformat(period[1])),
        timezone=manifest["timezone"],
        manifest=MappingProxyType(manifest),
        profile=MappingProxyType(_read(path / PROFILE)),
    )


def _table(name: str, entry: Mapping[str, Any]) -> Table:
    columns = {item["name"]: Column(**item) for item in entry["columns"]}
    return Table(name, entry["rows"], MappingProxyType(columns))


def _info(path: Path, *, is_current: bool) -> VersionInfo | None:
    """One version; None if its manifest is damaged."""
    try:
        manifest = _read(path / MANIFEST)
        return VersionInfo(
            dataset=manifest["name"],
            version=manifest["version"],
            published_at=datetime.fromisoformat(manifest["published_at"]),
            rows=manifest["tables"]["orders"]["rows"],
            is_current=is_current,
            manifest=manifest,
        )
    except (DataProblem, KeyError, TypeError, ValueError):
        return None
