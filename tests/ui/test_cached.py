"""Results are kept by version and parameters; nothing without an exact key is."""

import gc
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sqlglot import exp

from analysis import orders
from analysis.engine.connect import builder
from analysis.errors import DataProblem
from analysis.metrics.selection import Selection
from analysis.orders.draft import remove_table
from analysis.orders.sources import Upload
from analysis.orders.staged import sample
from analysis.orders.versions import DATABASE
from tests.ui import kpi_world
from ui import cached

CALLS = []


def compute(dataset, *arguments, **options):
    CALLS.append((dataset.version, arguments, options))
    return len(CALLS)


@pytest.fixture
def dataset():
    CALLS.clear()
    return SimpleNamespace(id="demo", version="v001", path="/w/demo/v001")


def test_the_same_question_is_asked_once(dataset):
    where = {"city": ["Riyadh"], "zone": None}
    first = cached.result(compute, dataset, ["late_rate"], where=where, top=5)
    again = cached.result(
        compute, dataset, ["late_rate"], top=5, where={"zone": None, "city": ["Riyadh"]}
    )
    assert first == again
    assert len(CALLS) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"), (1, 1.5), (None, "None"), (("a", "b"), ("a,b",)), (True, "True"),
        (date(2026, 1, 1), "2026-01-01"),
        (date(2026, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 - naive on purpose
        ({"a": 1}, [["a", 1]]), ({1, 2}, [1, 2]),
        (Selection(), Selection(event="late")),
        (Selection.of({"a": ["x"]}), Selection.of({"a": ["y"]})),
    ],
)  # fmt: skip
def test_different_questions_are_different(dataset, one, other):
    assert cached.plain_key(one) != cached.plain_key(other)
    assert cached.result(compute, dataset, one) != cached.result(
        compute, dataset, other
    )


def test_another_version_is_another_question(dataset):
    newer = SimpleNamespace(id="demo", version="v002", path="/w/demo/v002")
    assert cached.result(compute, dataset) != cached.result(compute, newer)


def test_another_function_is_another_question(dataset):
    def compute_too(dataset):
        return "other"

    assert cached.result(compute, dataset) == 1
    assert cached.result(compute_too, dataset) == "other"


@pytest.mark.parametrize(
    "value",
    [pd.DataFrame({"a": [1]}), pd.Series([1]), np.array([1]), object(), [object()]],
)
def test_frames_and_strangers_never_become_a_key(dataset, value):
    with pytest.raises(TypeError, match="cannot be the key"):
        cached.result(compute, dataset, value)
    assert CALLS == []


def test_every_field_of_a_dataclass_counts():
    @dataclass(frozen=True)
    class Setting:
        a: int
        b: tuple[str, ...] = ()

    one = Setting(1, ("x",))
    assert cached.plain_key(one) == cached.plain_key(replace(one))
    assert cached.plain_key(one) != cached.plain_key(replace(one, b=("y",)))


def test_results_are_copies(dataset):
    def frame(dataset):
        return pd.DataFrame({"a": [1, 2]})

    first = cached.result(frame, dataset)
    first.loc[0, "a"] = 99
    assert cached.result(frame, dataset)["a"].tolist() == [1, 2]


@pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl"])
def test_a_corrected_file_of_the_same_name_and_size_is_read_again(workspace, name):
    def staged(status, draft=None):
        line = f'{{"order_id": "1", "status": "{status}"}}\n'
        text = line if name.endswith("jsonl") else f"order_id,status\n1,{status}\n"
        upload = Upload(name, io.BytesIO(text.encode()))
        return orders.stage(upload, workspace=workspace, draft=draft)

    def status(draft):
        found = cached.of_staged(sample, draft, draft.tables[1])
        return found["status"].iloc[0]

    more = orders.stage(Upload("a.csv", io.BytesIO(b"a\n1\n")), workspace=workspace)
    wrong = staged("open", more)
    assert status(wrong) == "open"
    right = staged("late", remove_table(wrong, wrong.tables[1].id))
    old, new = wrong.tables[1], right.tables[1]
    assert (new.id, new.title, new.bytes) == (old.id, old.title, old.bytes)
    assert status(right) == "late"


def test_the_workspace_is_the_one_named(workspace):
    assert cached.workspace().root == workspace
    assert cached.records() is cached.records()


def test_a_version_in_use_stays_open_when_others_push_it_out(workspace):
    names = [f"World {number}" for number in range(cached.MAX_OPEN_DATASETS + 1)]
    frame = kpi_world.orders().head(100)
    for name in names:
        kpi_world.publish(workspace, frame, name=name)
    count = exp.select(exp.Count(this=exp.Star())).from_("orders")
    asked, done = threading.Event(), threading.Event()

    def session(dataset):
        found = [dataset.engine.run(count)]
        asked.set()
        done.wait(30)
        return [*found, dataset.engine.run(count)]

    used = cached.opened(names[0], "v001")
    database = used.path / DATABASE
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(session, used)
        del used
        asked.wait(30)
        for name in names[1:]:
            cached.opened(name, "v001")
        with pytest.raises(DataProblem, match="cannot be opened"):
            builder(database, allowed=[])
        done.set()
        assert [table[0][0].as_py() for table in answers.result(30)] == [100, 100]
    del answers
    gc.collect()
    with builder(database, allowed=[]) as free:
        assert free.run(count).num_rows == 1
