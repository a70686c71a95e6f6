"""The workspace folder, its rights and its key."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analysis.errors import InvalidInput
from analysis.workspace import Workspace


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_for_the_owner_only(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "a" / "workspace")
    folders = [
        workspace.root,
        workspace.drafts,
        workspace.datasets,
        workspace.mappings,
    ]
    assert [mode(folder) for folder in folders] == [0o700] * 4
    assert workspace.records == workspace.root / "records.sqlite"


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    first = Workspace.open(str(tmp_path / "w"))
    (first.drafts / "kept").write_text("x")
    key = first.key()
    again = Workspace.open(tmp_path / "w")
    assert again == first
    assert again.key() == key
    assert (again.drafts / "kept").exists()
    assert Workspace.open(again) is again


def test_the_key_is_random_and_private(tmp_path: Path) -> None:
    one, two = Workspace.open(tmp_path / "1"), Workspace.open(tmp_path / "2")
    assert len(one.key()) == 32
    assert one.key() != two.key()
    assert mode(one.root / "key") == 0o600
    assert sorted(path.name for path in one.root.iterdir()) == [
        "datasets",
        "drafts",
        "key",
        "mappings",
    ]


def test_everybody_gets_the_same_key(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "w")
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: workspace.key(), range(64)))
    assert len(keys) == 1


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "w")
    (workspace.root / "key").write_bytes(b"short")
    with pytest.raises(InvalidInput, match="5 bytes instead of 32"):
        workspace.key()
    assert (workspace.root / "key").read_bytes() == b"short"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("")
    with pytest.raises(InvalidInput, match="cannot be used"):
        Workspace.open(tmp_path / "w")


def test_a_path_that_is_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="one of the marks"):
        Workspace.open(tmp_path / "[w]")
    assert list(tmp_path.iterdir()) == []
