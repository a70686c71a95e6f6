"""The orders themselves: a paged table of chosen columns, its export, their review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import Selection, rows, rows_sql
from analysis.metrics.registry import load_registry
from analysis.metrics.rows import MAX_ROWS, USUAL
from analysis.orders.schema import load_fields
from analysis.words import N_
from ui import cached, export
from ui.cases.start import review_link
from ui.format import number
from ui.guard import guard
from ui.kpis.axes import filter_names
from ui.kpis.view import MAX_COLUMNS, Look, go
from ui.show import plain
from ui.texts import language, t

ANCHOR: Final = "orders"
PAGE_ROWS: Final = 50
_KEY: Final = "kpis_rows"
#: Figures of an order that are no columns of the file.
FIGURES: Final[Mapping[str, str]] = {
    "minutes_late": N_("Minutes late"),
    "delivery_minutes": N_("Delivery minutes"),
}


def section(look: Look, orders: float) -> None:
    """The head with its button; the table once it is asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(t("Orders"), anchor=ANCHOR, width="stretch")
        st.button(
            t("Hide the orders") if look.view.listed
            else t("Show the {count} orders", count=number(orders)),
            key=f"{_KEY}_listed",
            icon=":material/list:",
            on_click=go,
            args=(look,),
            kwargs={"listed": not look.view.listed, "page": 0},
        )  # fmt: skip
        review(look)
    if look.view.listed:
        _table(look, int(orders))


def review(look: Look) -> None:
    """The way to the cases among these orders."""
    named = filter_names(look.axes, look.orders)
    chosen = replace(selection_of(look), metric=look.metric)
    review_link(chosen, ", ".join(named) or t("All orders"))


def selection_of(look: Look) -> Selection:
    """The orders looked at with their days, whatever span the view names."""
    return replace(look.view.selection, period=look.period)


def columns_of(look: Look) -> tuple[str, ...]:
    """Columns of the table: the chosen ones that are there, else the usual ones."""
    known = choices(look)
    chosen = tuple(name for name in look.view.columns if name in known)
    return chosen or tuple(name for name in USUAL if name in known)


def choices(look: Look) -> dict[str, str]:
    """Columns that can be shown, with their names."""
    terms = load_registry().terms["orders"]
    figures = {
        name: t(label)
        for name, label in FIGURES.items()
        if name in terms and _has_figure(look, name)
    }
    fields = load_fields()["orders"]
    named = {
        name: fields[name].label(language()) if name in fields else name
        for name in look.dataset.fields
        if name != "order_no"
    }
    derived = {
        name: axis.label
        for name, axis in look.axes.items()
        if name not in named and axis.is_own
    }
    return {**figures, **named, **derived}


def _has_figure(look: Look, name: str) -> bool:
    needed = {"minutes_late": ("promised_at", "delivered_at")}
    return look.dataset.has("orders", *needed.get(name, ("created_at", "delivered_at")))


def _table(look: Look, orders: int) -> None:
    known = choices(look)
    columns = columns_of(look)
    sort = look.view.sort if look.view.sort.removeprefix("-") in known else ""
    last = max((orders - 1) // PAGE_ROWS, 0)
    page = min(look.view.page, last)
    _controls(look, known, columns, sort)
    arguments: dict[str, Any] = {
        "columns": columns, "order": (sort,) if sort else (), "limit": PAGE_ROWS,
        "offset": page * PAGE_ROWS,
    }  # fmt: skip
    chosen = selection_of(look)
    found = cached.result(rows, look.dataset, chosen, **arguments)
    headers = _headers(known, columns)
    st.dataframe(
        local(look, found.drop(columns="order_no")).rename(columns=headers),
        hide_index=True,
        column_config={
            headers[name]: st.column_config.NumberColumn(format="%.1f")
            for name in columns
            if name in FIGURES
        },
        alt=t("Orders {first} to {last} of {count}.", **_range(page, orders)),
        key=f"{_KEY}_table",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _pager(look, page, last, orders)
        _sql(look, chosen, arguments)
        _download(look, chosen, columns, sort)


def zone_of(dataset: Dataset) -> str:
    """The time zone that orders are told in: that of the dataset if they have one."""
    if dataset.has("orders", "timezone") or not dataset.timezone:
        return "UTC"
    return dataset.timezone


def local(look: Look, found: pd.DataFrame) -> pd.DataFrame:
    """Orders with their times as the clocks there show them, as on the pages."""
    zone = zone_of(look.dataset)
    return found.assign(**{
        name: found[name].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
        for name in _times(found)
    })  # fmt: skip


def _times(found: pd.DataFrame) -> list[str]:
    """Columns of moments; days have no time of the day."""
    return [str(name) for name in found.select_dtypes("datetime").columns
            if str(name) != "local_date"]  # fmt: skip


def _controls(
    look: Look, known: Mapping[str, str], columns: Sequence[str], sort: str
) -> None:
    """Columns and their order; both are written into the address."""
    key, sort_key = f"{_KEY}_columns", f"{_KEY}_sort"
    st.session_state[key] = list(columns)
    orders = ["", *(f"{sign}{name}" for name in columns for sign in ("-", ""))]
    orders += [sort] if sort and sort not in orders else []
    st.session_state[sort_key] = sort

    def changed() -> None:
        go(look, columns=tuple(st.session_state[key]), page=0)

    def sorted_by() -> None:
        go(look, sort=st.session_state[sort_key], page=0)

    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.multiselect(
        t("Columns"), list(known), key=key, on_change=changed,
        format_func=lambda name: known[name], max_selections=MAX_COLUMNS,
        select_all=False,
    )  # fmt: skip
    right.selectbox(
        t("Sorted by"), orders, key=sort_key, on_change=sorted_by,
        format_func=lambda name: _sort_name(known, name),
    )  # fmt: skip


def _sort_name(known: Mapping[str, str], name: str) -> str:
    if not name:
        return t("Time, first to last")
    label = known[name.removeprefix("-")]
    if name.startswith("-"):
        return t("{name}, highest first", name=label)
    return t("{name}, lowest first", name=label)


def _headers(known: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Names in the language; two alike keep the column's own name behind."""
    labels = [known[name] for name in columns]
    return {
        name: f"{label} ({name})" if labels.count(label) > 1 else label
        for name, label in zip(columns, labels, strict=True)
    }


def _range(page: int, orders: int) -> dict[str, str]:
    first = page * PAGE_ROWS
    last = min(first + PAGE_ROWS, orders)
    return {"first": number(first + 1), "last": number(last), "count": number(orders)}


def _pager(look: Look, page: int, last: int, orders: int) -> None:
    for name, icon, target in (
        (t("Earlier orders"), "chevron_left", page - 1),
        (t("Later orders"), "chevron_right", page + 1),
    ):
        st.button(
            name, key=f"{_KEY}_{icon}", icon=f":material/{icon}:", type="tertiary",
            disabled=not 0 <= target <= last, on_click=go, args=(look,),
            kwargs={"page": target},
        )  # fmt: skip
    told = t("{first} to {last} of {count}, times in {zone}",
             zone=zone_of(look.dataset), **_range(page, orders))  # fmt: skip
    st.caption(told, width="content")


def _sql(look: Look, chosen: Selection, arguments: Mapping[str, Any]) -> None:
    panel = st.popover(
        t("SQL"), icon=":material/code:", type="tertiary", key=f"{_KEY}_sql",
        on_change="rerun",
    )  # fmt: skip
    if panel.open:
        text = cached.result(rows_sql, look.dataset, chosen, **arguments)
        panel.code(text, language="sql")


def _download(look: Look, chosen: Selection, columns: Sequence[str], sort: str) -> None:
    panel = st.popover(
        t("Download"), icon=":material/download:", type="tertiary",
        key=f"{_KEY}_download", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    guard("export")

    def everything() -> pd.DataFrame:
        found = rows(
            look.dataset, chosen, columns=columns, order=(sort,) if sort else (),
            limit=MAX_ROWS,
        )  # fmt: skip
        found = local(look, found.drop(columns="order_no"))
        return found.rename(columns={
            name: f"{name} ({zone_of(look.dataset)})" for name in _times(found)
        })  # fmt: skip

    panel.caption(t("At most {count} orders, the first ones.", count=number(MAX_ROWS)))
    for suffix, make, kind in (
        ("csv", lambda: export.csv_bytes(everything()), "text/csv"),
        ("xlsx", lambda: export.xlsx_bytes(everything(), sheet=plain(t("Orders"))),
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ):  # fmt: skip
        panel.download_button(
            suffix.upper(), make, mime=kind, key=f"{_KEY}_{suffix}", on_click="ignore",
            width="stretch",
            file_name=export.file_name(
                t("Orders"), look.dataset.name, look.dataset.version, suffix=suffix
            ),
        )  # fmt: skip
