"""The only place that caches: opened datasets, records and results.

A result is kept by dataset id, version and parameters, never by a frame: Streamlit
hashes large frames by a sample and would give back another frame's result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

import pandas as pd
import streamlit as st

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.orders.draft import Draft, StagedTable, modified
from analysis.records import Records, open_records
from analysis.workspace import Workspace
from ui.chart_finished import Drawing, Finished, content, finish
from ui.chart_parts import Chart
from ui.jobs import Jobs
from ui.texts import language
from ui.tokens import tokens

WORKSPACE_VARIABLE: Final = "DOORSTEP_WORKSPACE"
MAX_OPEN_DATASETS: Final = 8
MAX_RESULTS: Final = 1_000
MAX_DRAWINGS: Final = 1_000
MAX_DRAFT_TABLES: Final = 500
RESULT_SECONDS: Final = 24 * 3600

R = TypeVar("R")
_PLAIN: Final = (str, int, float, bool, date, type(None))


@st.cache_resource(max_entries=4, show_spinner=False)
def _workspace(folder: str) -> Workspace:
    return Workspace.open(folder)


def workspace() -> Workspace:
    """The workspace that this process serves."""
    folder = os.environ.get(WORKSPACE_VARIABLE) or str(Path.cwd() / "workspace")
    return _workspace(folder)


@st.cache_resource(max_entries=4, show_spinner=False)
def _records(location: str) -> Records:
    return open_records(location)


def records() -> Records:
    """What people wrote: the database in secrets, else the file in the workspace."""
    url = _secret("records", "url")
    return _records(url or str(workspace().root))


def _secret(section: str, name: str) -> str:
    """One value of ``secrets.toml``; empty where there is no such file or entry."""
    if not st.secrets.load_if_toml_exists():
        return ""
    return str(st.secrets.get(section, {}).get(name, ""))


# A version that leaves the cache is not closed: another session may be reading it.
# DuckDB lets go of its file with the last reference to the connection.
@st.cache_resource(max_entries=MAX_OPEN_DATASETS, show_spinner=False)
def _opened(root: str, name: str, version: str) -> Dataset:
    return orders.open_dataset(root, name, version)


def opened(name: str, version: str) -> Dataset:
    """One version of a dataset, opened once in the process.

    Raises:
        UnknownName: if there is no such dataset or version.
    """
    return _opened(str(workspace().root), name, version)


@st.cache_data(max_entries=MAX_RESULTS, ttl=RESULT_SECONDS, show_spinner=False)
def _result(dataset: str, version: str, key: str, _compute: Callable[[], R]) -> R:
    del dataset, version, key  # they are what the result is kept by
    return _compute()


def result(
    compute: Callable[..., R], dataset: Dataset, *arguments: object, **options: object
) -> R:
    """``compute(dataset, *arguments, **options)``, computed once for a version.

    Args:
        compute: A function of the analysis, such as ``measure``.
        dataset: An opened version; its id and version are part of the key.
        *arguments: Plain values: text, numbers, dates, tuples, mappings of them, and
            frozen dataclasses such as ``Selection``.
        **options: The same.

    Raises:
        TypeError: for an argument that has no exact key, such as a frame.
    """
    key = json.dumps(
        [compute.__module__, compute.__qualname__, plain_key((arguments, options))]
    )
    return _result(
        str(dataset.path), dataset.version, key,
        lambda: compute(dataset, *arguments, **options),
    )  # fmt: skip


@st.cache_resource(show_spinner=False)
def _reader() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")


def ahead(
    compute: Callable[..., R], dataset: Dataset, *arguments: object, **options: object
) -> None:
    """Compute a result meanwhile, in a thread of its own, so that it is kept by then.

    Nobody waits for it and nobody hears of its errors: whoever asks for the result
    later computes it and is told.
    """
    _reader().submit(_quietly, compute, dataset, *arguments, **options)


def _quietly(
    compute: Callable[..., R], dataset: Dataset, *arguments: object, **options: object
) -> None:
    with suppress(DoorstepError):
        result(compute, dataset, *arguments, **options)


@st.cache_data(max_entries=MAX_DRAWINGS, ttl=RESULT_SECONDS, show_spinner=False)
def _finished(key: str, _make: Callable[[], Chart]) -> Finished:
    del key  # it is what the chart is kept by
    return finish(_make)


def drawing(
    make: Callable[..., Chart], *arguments: object, **options: object
) -> Drawing:
    """``make(*arguments, **options)`` finished, built once for what is in it.

    Args:
        make: A function of ``ui.charts`` or ``ui.chart_grid``.
        *arguments: Frames, which are read to the last cell, and plain values as
            ``result`` takes them.
        **options: The same. Language and theme are part of the key as well.
    """
    asked = [
        make.__module__, make.__qualname__, language(), plain_key(tokens()),
        [_chart_key(item) for item in arguments],
        {name: _chart_key(item) for name, item in options.items()},
    ]  # fmt: skip
    text = json.dumps(asked, sort_keys=True, default=str)
    key = hashlib.sha256(text.encode()).hexdigest()

    def made() -> Chart:
        return make(*arguments, **options)

    return Drawing(made, _finished(key, made))


def _chart_key(value: object) -> object:
    return content(value) if isinstance(value, pd.DataFrame) else plain_key(value)


@st.cache_data(max_entries=MAX_DRAFT_TABLES, ttl=RESULT_SECONDS, show_spinner=False)
def _of_staged(draft: str, table: str, key: str, _compute: Callable[[], R]) -> R:
    del draft, table, key  # they are what the result is kept by
    return _compute()


def of_staged(
    compute: Callable[..., R], draft: Draft, table: StagedTable, *arguments: object
) -> R:
    """``compute(table, *arguments)``, computed once for a staged table.

    Args:
        compute: A function of a staged table.
        draft: The draft that the table belongs to; once a table is removed, another
            may get its id, so the time of its files is part of the key.
        table: The table.
        *arguments: Plain values, as ``result`` takes them.
    """
    stamp = [
        compute.__qualname__, table.title, table.bytes, _written_at(table),
        plain_key(arguments),
    ]  # fmt: skip
    return _of_staged(
        draft.id, table.id, json.dumps(stamp), lambda: compute(table, *arguments)
    )


def _written_at(table: StagedTable) -> int:
    """When the files of a table were written; 0 where they are gone."""
    try:
        return table.modified or modified(table.paths)
    except OSError:
        return 0


def plain_key(value: object) -> object:
    """A value as JSON that differs whenever the value differs.

    >>> plain_key({"b": (1, 2), "a": None})
    ['Mapping', [['a', None], ['b', ['list', [1, 2]]]]]

    Raises:
        TypeError: for anything without an exact key.
    """
    if isinstance(value, date):
        return [type(value).__name__, value.isoformat()]
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Mapping):
        items = sorted(value.items(), key=lambda item: str(item[0]))
        return ["Mapping", [[plain_key(name), plain_key(item)] for name, item in items]]
    if isinstance(value, AbstractSet):
        return ["Set", sorted(json.dumps(plain_key(item)) for item in value)]
    if isinstance(value, list | tuple):
        return ["list", [plain_key(item) for item in value]]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [
            [field.name, plain_key(getattr(value, field.name))]
            for field in dataclasses.fields(value)
        ]
        return [type(value).__qualname__, fields]
    message = f"a {type(value).__name__} cannot be the key of a cached result"
    raise TypeError(message)


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The long work of this process."""
    return Jobs()
