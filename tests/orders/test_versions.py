"""Versions are immutable, listed, compared, switched, and never half there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from analysis.errors import Cancelled, DataProblem, InvalidInput, UnknownName
from analysis.orders import (
    compare_versions,
    list_datasets,
    list_versions,
    open_dataset,
    use_version,
)
from analysis.orders.versions import BUILDING, dataset_id
from tests.orders.publish_help import bring, csv_text, frame, publish_files
from tests.orders.staging_help import tree

ROOT = Path(__file__).parents[2]


def orders(count: int, *extra: str) -> dict[str, str]:
    header = ("order_id", "created_at", *extra)
    rows = [
        (f"A{n}", f"2024-03-01 {n % 24:02d}:00:00", *("x" for _ in extra))
        for n in range(count)
    ]
    return {"orders.csv": csv_text(header, rows)}


def test_every_publishing_is_a_version_of_its_own(tmp_path):
    first = publish_files(tmp_path, orders(5), name="Gulf")
    before = tree(first.path)
    second = publish_files(tmp_path, orders(7, "lane"), name="Gulf")
    assert (first.version, second.version) == ("v001", "v002")
    assert tree(first.path) == before
    assert len(frame(open_dataset(tmp_path, "Gulf", "v001"))) == 5
    assert open_dataset(tmp_path, "Gulf").version == "v002"
    found = list_versions(tmp_path, "Gulf")
    assert [(info.version, info.rows, info.is_current) for info in found] == [
        ("v002", 7, True), ("v001", 5, False),
    ]  # fmt: skip
    assert list_datasets(tmp_path) == ("Gulf",)


def test_versions_are_compared_and_switched(tmp_path):
    publish_files(tmp_path, orders(5), name="Gulf")
    publish_files(tmp_path, orders(7, "lane"), name="Gulf")
    after, before = list_versions(tmp_path, "Gulf")
    lines = {
        (line.kind, line.table, line.name): (line.before, line.after)
        for line in compare_versions(before, after)
    }
    assert lines["rows", "orders", ""] == (5, 7)
    assert lines["column", "orders", "lane"] == (None, "text")
    assert lines["check", "orders", "column_lane"] == (None, 7)
    assert compare_versions(after, after) == []
    use_version(tmp_path, "Gulf", "v001")
    assert open_dataset(tmp_path, "Gulf").version == "v001"
    third = publish_files(tmp_path, orders(9), name="Gulf")
    assert third.version == "v003"
    assert open_dataset(tmp_path, "Gulf").version == "v003"


def test_the_thousandth_version_is_the_newest(tmp_path):
    dataset = publish_files(tmp_path, orders(3), name="Gulf")
    manifest = dataset.path / "dataset.json"
    manifest.write_text(manifest.read_text().replace('"v001"', '"v999"'))
    dataset.path.rename(dataset.path.with_name("v999"))
    versions = [publish_files(tmp_path, orders(3), name="Gulf").version for _ in "ab"]
    assert versions == ["v1000", "v1001"]
    found = [info.version for info in list_versions(tmp_path, "Gulf")]
    assert found == ["v1001", "v1000", "v999"]


@pytest.mark.parametrize(
    "version", ["v9", "../v001", "", "v001/../v001", ".building-x"]
)
def test_unknown_versions_have_a_sentence(tmp_path, version):
    publish_files(tmp_path, orders(3), name="Gulf")
    with pytest.raises(UnknownName, match="v001"):
        use_version(tmp_path, "Gulf", version)
    if version:
        with pytest.raises(UnknownName, match="v001"):
            open_dataset(tmp_path, "Gulf", version)


def test_unknown_datasets_have_a_sentence(tmp_path):
    with pytest.raises(UnknownName, match="no dataset named 'Gulf'"):
        open_dataset(tmp_path, "Gulf")
    with pytest.raises(UnknownName):
        list_versions(tmp_path, "Gulf")
    with pytest.raises(InvalidInput, match="cannot name a dataset"):
        publish_files(tmp_path, orders(3), name="  ")


@pytest.mark.parametrize(
    "name",
    ["Gulf", "gulf", "海湾", "a/b", "..", "a" * 80, "😀", "; drop table", "a  b"],
)
def test_any_name_has_a_safe_folder(tmp_path, name):
    dataset = publish_files(tmp_path, orders(3), name=name)
    assert dataset.path.parent.parent == tmp_path / "datasets"
    assert dataset.path.parent.name == dataset_id(name)
    assert open_dataset(tmp_path, name).version == "v001"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("dataset.json", b"{"), ("dataset.json", b"{}"), ("dataset.json", b"[1]"),
        ("dataset.json", b"\xff"), ("profile.json", b"nothing"),
        ("data.duckdb", b"not a database"), ("data.duckdb", b""),
    ],
)  # fmt: skip
def test_a_damaged_version_has_a_sentence_and_others_work(tmp_path, file, content):
    publish_files(tmp_path, orders(3), name="Gulf")
    dataset = publish_files(tmp_path, orders(4), name="Gulf")
    dataset.engine.close()
    (dataset.path / file).write_bytes(content)
    with pytest.raises(DataProblem):
        open_dataset(tmp_path, "Gulf")
    assert "v001" in [info.version for info in list_versions(tmp_path, "Gulf")]
    use_version(tmp_path, "Gulf", "v001")
    assert len(frame(open_dataset(tmp_path, "Gulf"))) == 3


def test_a_damaged_pointer_harms_its_own_dataset_only(tmp_path):
    publish_files(tmp_path, orders(3), name="Gulf")
    harmed = publish_files(tmp_path, orders(3), name="Nile")
    (harmed.path.parent / "current.json").write_bytes(b"")
    assert list_datasets(tmp_path) == ("Gulf",)
    with pytest.raises(DataProblem, match=r"current\.json cannot be read"):
        open_dataset(tmp_path, "Nile")
    publish_files(tmp_path, orders(4), name="Nile")
    assert open_dataset(tmp_path, "Nile").version == "v002"


# Cancelling


def steps_of(tmp_path: Path) -> list[float]:
    seen: list[float] = []
    publish_files(
        tmp_path, orders(50, "lane"), progress=lambda share, _: seen.append(share)
    )
    return seen


def test_progress_only_grows(tmp_path):
    seen = steps_of(tmp_path)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert len(seen) > 6


@pytest.mark.parametrize("step", range(7))
def test_a_cancel_leaves_nothing_behind(tmp_path, step):
    publish_files(tmp_path, orders(5), name="Gulf")
    draft = bring(tmp_path, orders(50, "lane"))
    before = tree(tmp_path)
    cancel = threading.Event()
    count = 0

    def progress(share: float, text: str) -> None:
        nonlocal count
        count += 1
        if count > step:
            cancel.set()

    from analysis.orders import publish  # noqa: PLC0415

    with pytest.raises(Cancelled):
        publish(
            draft, workspace=tmp_path, name="Gulf", progress=progress, cancel=cancel
        )
    assert tree(tmp_path) == before
    assert open_dataset(tmp_path, "Gulf").version == "v001"


def test_a_cancel_of_the_first_version_leaves_no_dataset(tmp_path):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        publish_files(tmp_path, orders(5), cancel=cancel)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_a_cancel_after_the_end_changes_nothing(tmp_path):
    cancel = threading.Event()

    def progress(share: float, text: str) -> None:
        if share == 1.0:
            cancel.set()

    dataset = publish_files(tmp_path, orders(5), progress=progress, cancel=cancel)
    assert dataset.version == "v001"


def test_an_error_while_building_leaves_nothing(tmp_path, monkeypatch):
    from analysis.orders.building import outcome  # noqa: PLC0415

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outcome, "write_parquet", full)
    with pytest.raises(OSError, match="No space"):
        publish_files(tmp_path, orders(5))
    assert list((tmp_path / "datasets").iterdir()) == []


# Several at once


PUBLISH = """
import sys
from analysis.orders import publish
dataset = publish([sys.argv[1]], workspace=sys.argv[2], name="Gulf")
print(dataset.version)
"""


def start(path: Path, workspace: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(path), str(workspace)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_two_processes_publish_at_once(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(orders(300)["orders.csv"])
    workspace = tmp_path / "workspace"
    running = [start(file, workspace) for _ in range(2)]
    found = sorted(process.communicate(timeout=120)[0].strip() for process in running)
    assert found == ["v001", "v002"]
    assert open_dataset(workspace, "Gulf").version == "v002"
    for version in found:
        assert len(frame(open_dataset(workspace, "Gulf", version))) == 300


def test_threads_publish_at_once(tmp_path):
    found: list[str] = []

    def publish_one(count: int) -> None:
        found.append(publish_files(tmp_path, orders(count), name="Gulf").version)

    threads = [threading.Thread(target=publish_one, args=(n + 3,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["v001", "v002", "v003"]
    place = tmp_path / "datasets" / dataset_id("Gulf")
    assert not list(place.glob(f"{BUILDING}*"))


def test_what_is_being_built_is_not_swept(tmp_path):
    from analysis.orders.versions import building_folder, sweep  # noqa: PLC0415

    (tmp_path / "datasets").mkdir()
    place = tmp_path / "datasets" / "gulf"
    with building_folder(place, "one") as folder:
        (place / f"{BUILDING}dead").mkdir()
        sweep(place)
        assert folder.is_dir()
        assert [path.name for path in place.iterdir()] == [folder.name]
    assert not place.exists()
