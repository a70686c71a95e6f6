"""The versions of a dataset: when, how many rows, what changed; and switching."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.orders.compare import Difference
from analysis.orders.versions import MAPPING, VersionInfo
from analysis.words import N_
from ui import cached, datasets, export
from ui.counted import counted
from ui.data import words
from ui.data.results import found_something
from ui.data.view import joined, leave
from ui.format import ago, moment, number
from ui.guard import guard
from ui.show import plain, shortened
from ui.texts import t


def show(dataset: Dataset) -> None:
    """All versions of the dataset, the newest first, then the other datasets."""
    found = orders.list_versions(cached.workspace(), dataset.name)
    before: Sequence[VersionInfo | None] = [*found[1:], None]
    with st.container(border=True, gap="small"):
        for info, earlier in zip(found, before, strict=True):
            _line(info, earlier, shown=dataset.version)
    _mapping(dataset)
    _others(dataset)


def _line(info: VersionInfo, earlier: VersionInfo | None, *, shown: str) -> None:
    name, figures, change, tools = st.columns(
        [2.2, 2, 3.2, 2], vertical_alignment="center", gap="small"
    )
    badge = f" :blue-badge[{t('current')}]" if info.is_current else ""
    age = ago(info.published_at, now=datetime.now(UTC))
    name.markdown(f"**{plain(info.version)}**{badge}")
    name.caption(f"{moment(info.published_at)} UTC · {age}")
    flagged = sum(map(found_something, info.manifest["checks"]))
    aside = sum(int(item["set_aside"]) for item in info.manifest["sources"])
    figures.markdown(t("{count} orders", count=number(info.rows)))
    figures.caption(
        t("{checks} checks found something, {rows} rows set aside",
          checks=number(flagged), rows=number(aside))
    )  # fmt: skip
    with change:
        _change(info, earlier)
    with tools.container(horizontal=True, gap="small"):
        _tools(info, shown=shown)


def _change(info: VersionInfo, earlier: VersionInfo | None) -> None:
    """What is different from the version before."""
    if earlier is None:
        st.caption(t("the first version"))
        return
    found = orders.compare_versions(earlier, info)
    st.caption(
        t("Since {version}: {changes}", version=plain(earlier.version),
          changes=told(found) or t("nothing changed"))
    )  # fmt: skip
    if not found:
        return
    panel = st.popover(
        t("Compare"), icon=":material/difference:", type="tertiary",
        key=f"data_compare_{info.version}", on_change="rerun",
    )  # fmt: skip
    if panel.open:
        panel.dataframe(
            differences(found, before=earlier.version, after=info.version),
            hide_index=True,
            alt=t("Rows, columns and checks that differ between two versions"),
        )


def told(found: Sequence[Difference]) -> str:
    """Differences in a few words."""
    rows = [item for item in found if item.kind == "rows" and item.table == "orders"]
    more = [_number(item.after) - _number(item.before) for item in rows]
    parts = [t("{change} orders", change=number(item, sign=True)) for item in more]
    added = sum(item.kind == "column" and item.before is None for item in found)
    gone = sum(item.kind == "column" and item.after is None for item in found)
    checks = sum(item.kind == "check" for item in found)
    if added:
        parts.append(counted(N_("1 column more"), N_("{count} columns more"), added))
    if gone:
        parts.append(counted(N_("1 column fewer"), N_("{count} columns fewer"), gone))
    if checks:
        parts.append(
            counted(N_("1 check differs"), N_("{count} checks differ"), checks)
        )
    return joined(parts, most=4)


def _number(value: str | int | None) -> int:
    return value if isinstance(value, int) else 0


def differences(
    found: Sequence[Difference], *, before: str, after: str
) -> pd.DataFrame:
    """Differences as a table, a row each."""
    kinds = {"rows": t("rows"), "column": t("column"), "check": t("check")}
    return pd.DataFrame(
        {
            t("What"): [kinds.get(item.kind, item.kind) for item in found],
            t("Table"): [t(words.TABLES.get(item.table, item.table)) for item in found],
            t("Name"): [shortened(_name(item)) for item in found],
            before: [_cell(item.before) for item in found],
            after: [_cell(item.after) for item in found],
        }
    )


def _name(item: Difference) -> str:
    is_column = item.kind == "column"
    return words.column_label(item.table, item.name) if is_column else item.name


def _cell(value: str | int | None) -> str:
    if value is None:
        return "–"
    return number(value) if isinstance(value, int) else t(words.TYPES.get(value, value))


def _tools(info: VersionInfo, *, shown: str) -> None:
    if info.version != shown:
        st.button(
            t("Look at it"), icon=":material/visibility:", type="tertiary",
            key=f"data_look_{info.version}", on_click=leave,
            kwargs={"dataset": info.dataset, "version": info.version},
        )  # fmt: skip
    if not info.is_current:
        st.button(
            t("Make it current"), icon=":material/swap_horiz:",
            key=f"data_use_{info.version}", on_click=_use, args=(info,),
        )  # fmt: skip


def _use(info: VersionInfo) -> None:
    guard("publish")
    orders.use_version(cached.workspace(), info.dataset, info.version)
    leave(dataset=info.dataset)
    st.toast(
        t("{version} is current.", version=plain(info.version)),
        icon=":material/check_circle:",
    )


def _mapping(dataset: Dataset) -> None:
    """The mapping of this version, to keep or to change elsewhere."""
    path = dataset.path / MAPPING
    if not path.is_file():
        return
    guard("export")
    st.download_button(
        t("Download mapping.yaml of {version}", version=plain(dataset.version)),
        path.read_bytes,
        file_name=export.file_name(
            dataset.name, dataset.version, "mapping", suffix="yaml"
        ),
        mime="application/yaml",
        icon=":material/download:",
        type="tertiary",
        key="data_version_mapping",
        on_click="ignore",
    )


def _others(dataset: Dataset) -> None:
    """The other datasets of the workspace, a line each."""
    found = [info for info in datasets.listing() if info.dataset != dataset.name]
    if not found:
        return
    st.subheader(t("Other datasets"), anchor=False)
    with st.container(border=True, gap="small"):
        for place, info in enumerate(found):
            name, figures, button = st.columns([3, 4, 1.4], vertical_alignment="center")
            name.markdown(f"**{plain(info.dataset)}**")
            figures.caption(
                t(
                    "{version}, {moment} UTC, {count} orders",
                    version=plain(info.version),
                    moment=moment(info.published_at),
                    count=number(info.rows),
                )
            )
            button.button(
                t("Open"), type="tertiary", key=f"data_other_{place}", on_click=leave,
                kwargs={"dataset": info.dataset},
            )  # fmt: skip
