"""The profile of a published table: what each column holds, at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from ui.data import words
from ui.data.view import DataView, go
from ui.format import MISSING, number, percent
from ui.show import choice, plain, shortened
from ui.texts import t

Entry = Mapping[str, Any]

MAX_TOP: Final = 3
ROW_HEIGHT: Final = 36
MAX_HEIGHT: Final = 900


def show(view: DataView, dataset: Dataset) -> None:
    """One row a column of the chosen table."""
    tables = list(dataset.profile)
    if not tables:
        st.caption(t("This version has no profile."))
        return
    table = view.table if view.table in tables else tables[0]
    if len(tables) > 1:
        _switch(view, dataset, tables, table=table)
    entry = dataset.profile[table]
    frame = as_frame(entry["columns"], table=table, rows=int(entry["rows"]))
    st.dataframe(
        frame,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(ROW_HEIGHT * (len(frame) + 1) + 3, MAX_HEIGHT),
        column_config={
            t("Column"): st.column_config.TextColumn(pinned=True, width=150),
            t("Missing"): st.column_config.TextColumn(width=70),
            t("Distinct"): st.column_config.TextColumn(width=80),
            t("Range"): st.column_config.TextColumn(width=260),
            t("Distribution"): st.column_config.BarChartColumn(width="small", y_min=0),
        },
        alt=t("Type, missing share, distinct values, range and top values by column"),
        key="data_profile",
    )


def _switch(view: DataView, dataset: Dataset, tables: list[str], *, table: str) -> None:
    st.session_state["data_profile_table"] = table
    st.segmented_control(
        t("Table"),
        tables,
        format_func=lambda name: choice(
            f"{plain(t(words.TABLES.get(name, name)))} "
            f"{number(dataset.table(name).rows)}"
        ),
        key="data_profile_table",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: go(view, table=st.session_state["data_profile_table"]),
    )


def as_frame(columns: Sequence[Entry], *, table: str, rows: int) -> pd.DataFrame:
    """The profile as a table, its figures written in the user's language."""
    return pd.DataFrame(
        {
            t("Column"): [
                shortened(words.column_label(table, item["name"])) for item in columns
            ],
            t("Name"): [shortened(item["name"]) for item in columns],
            t("Type"): [
                t(words.TYPES.get(item["type"], item["type"])) for item in columns
            ],
            t("Missing"): [_missing(item, rows=rows) for item in columns],
            t("Distinct"): [_distinct(item) for item in columns],
            t("Range"): [_range(item) for item in columns],
            t("Top values"): [_top(item) for item in columns],
            t("Distribution"): [_histogram(item) for item in columns],
        }
    )


def _missing(item: Entry, *, rows: int) -> str:
    return percent(item["missing"] / rows) if rows else MISSING


def _distinct(item: Entry) -> str:
    count = number(item["distinct"])
    return t("about {count}", count=count) if item["is_approximate"] else count


def _range(item: Entry) -> str:
    low, high = item.get("low"), item.get("high")
    if low is None or high is None:
        return MISSING
    return f"{_value(low)} – {_value(high)}"


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return shortened(str(value).replace("T", " "), limit=24)
    return number(value, digits=0 if float(value).is_integer() else 2)


def _top(item: Entry) -> str:
    return t(", ").join(
        f"{shortened(entry['value'], limit=20)} ({number(entry['count'])})"
        for entry in item["top"][:MAX_TOP]
    )


def _histogram(item: Entry) -> list[float]:
    histogram = item["histogram"]
    return [float(count) for count in histogram["counts"]] if histogram else []
