"""Drafts: kept on disk, added to, taken from, expired, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.errors import DataProblem, UnknownName
from analysis.orders.draft import (
    UNFINISHED,
    discard_draft,
    expire_drafts,
    from_json,
    list_drafts,
    load_draft,
    remove_table,
    to_json,
)
from analysis.orders.limits import Limits
from analysis.orders.staging import relation, sample, stage
from analysis.workspace import Workspace
from tests.orders.staging_help import read_back, tree, upload

GOOD = "order_id,city\n1,Riyadh\n2,Jeddah\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def test_a_draft_survives_a_reload(workspace: Workspace) -> None:
    ragged = GOOD + "3\n" + "4,x\n" * 9
    draft = stage([upload("a.csv", GOOD), upload("b.csv", ragged)], workspace=workspace)
    assert load_draft(workspace, draft.id) == draft
    assert load_draft(workspace.root, draft.id).tables[1].ragged_rows == 1
    assert list_drafts(workspace) == (draft,)
    assert from_json(to_json(draft), draft.path) == draft
    assert draft.expires_at - draft.created_at == timedelta(days=Limits().draft_days)
    assert stat.S_IMODE(draft.path.stat().st_mode) == 0o700


def test_a_workspace_may_move(workspace: Workspace) -> None:
    draft = stage(upload("a.csv", GOOD), workspace=workspace)
    moved = workspace.root.rename(workspace.root.with_name("moved"))
    (table,) = load_draft(moved, draft.id).tables
    assert read_back(table) == [("1", "Riyadh"), ("2", "Jeddah")]


def test_adding_to_a_draft(workspace: Workspace) -> None:
    first = stage(upload("a.csv", GOOD), workspace=workspace)
    both = stage(upload("b.csv", GOOD), workspace=workspace, draft=first)
    assert (both.id, [table.id for table in both.tables]) == (first.id, ["t1", "t2"])
    assert load_draft(workspace, first.id) == both
    assert all(len(read_back(table)) == 2 for table in both.tables)
    before = tree(workspace.root)
    with pytest.raises(DataProblem):
        stage(upload("c.csv", ""), workspace=workspace, draft=both)
    assert tree(workspace.root) == before


def test_removing_a_table(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(GOOD)
    draft = stage([path, upload("b.csv", GOOD)], workspace=workspace)
    kept = remove_table(draft, "t1")
    assert path.exists()
    assert [table.title for table in kept.tables] == ["b.csv"]
    empty = remove_table(kept, "t2")
    assert [item.name for item in empty.path.iterdir()] == ["draft.json"]
    assert load_draft(workspace, draft.id) == empty
    with pytest.raises(UnknownName):
        remove_table(empty, "t2")


def test_discarding(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(GOOD)
    before = tree(workspace.root)
    draft = stage([path, upload("b.csv", GOOD)], workspace=workspace)
    discard_draft(workspace, draft.id)
    assert tree(workspace.root) == before
    assert path.exists()
    with pytest.raises(UnknownName, match="no draft"):
        discard_draft(workspace, draft.id)


@pytest.mark.parametrize("draft_id", ["", "..", "../datasets", "a/b", "0" * 16])
def test_a_draft_id_is_no_path(draft_id: str, workspace: Workspace) -> None:
    (workspace.datasets / "draft.json").write_text("{}")
    with pytest.raises(UnknownName):
        load_draft(workspace, draft_id)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: {**content, "version": 0},
        lambda content: {**content, "tables": [{"id": "t1"}]},
        lambda content: [content],
        lambda content: {**content, "created_at": "yesterday"},
    ],
)
def test_a_draft_of_another_format_is_skipped_and_goes(spoil, workspace) -> None:
    good = stage(upload("a.csv", GOOD), workspace=workspace)
    other = stage(upload("b.csv", GOOD), workspace=workspace)
    manifest = other.path / "draft.json"
    manifest.write_text(json.dumps(spoil(json.loads(manifest.read_text()))))
    assert list_drafts(workspace) == (good,)
    with pytest.raises(DataProblem, match="cannot be read by this version"):
        load_draft(workspace, other.id)
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert expire_drafts(workspace, now=soon) == ()
    later = datetime.now(UTC) + timedelta(days=Limits().draft_days, hours=1)
    assert set(expire_drafts(workspace, now=later)) == {good.id, other.id}
    assert not other.path.exists()


def test_old_drafts_and_remains_go(workspace: Workspace) -> None:
    old = stage(upload("a.csv", GOOD), workspace=workspace, limits=Limits(draft_days=1))
    new = stage(upload("b.csv", GOOD), workspace=workspace)
    remains = workspace.drafts / f"{UNFINISHED}killed"
    remains.mkdir()
    assert expire_drafts(workspace) == ()
    assert remains.exists()
    assert expire_drafts(workspace, now=datetime.now(UTC) + timedelta(days=2)) == (
        old.id,
    )
    assert list_drafts(workspace) == (new,)
    assert not remains.exists()


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_a_file_that_changed_or_is_gone(name, workspace, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text(GOOD)
    else:
        pq.write_table(pa.table({"order_id": ["1"]}), path)
    draft = stage(path, workspace=workspace)
    (table,) = load_draft(workspace, draft.id).tables
    assert len(sample(table)) == len(read_back(table))
    os.utime(path, ns=(1, 1))
    for use in (sample, relation):
        with pytest.raises(DataProblem, match=r"mine\.\w+ was changed"):
            use(table)
    path.unlink()
    for use in (sample, relation):
        with pytest.raises(DataProblem, match=r"mine\.\w+ is no longer there"):
            use(table)


def test_a_hidden_partition_is_not_guessed(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "city=Riyadh"
    folder.mkdir()
    (folder / "a.csv").write_text("order_id,n\n1,2\n")
    (table,) = stage(folder / "a.csv", workspace=workspace).tables
    assert read_back(table) == [("1", "2")]


def test_columns_are_chosen_and_ordered(workspace: Workspace) -> None:
    (table,) = stage(upload("a.csv", GOOD), workspace=workspace).tables
    assert read_back(table, ["city", "order_id"])[0] == ("Riyadh", "1")
    assert replace(table, rows=2).rows == 2
