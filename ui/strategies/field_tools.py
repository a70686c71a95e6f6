"""What a plan hands to the field: calendars, assignments, likely control places."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import Selection
from analysis.metrics.registry import parse_reference
from analysis.strategies import matched_assignment, switchback_calendar
from analysis.strategies.matching import (
    match_controls,
    stratified_assignment,
    unit_history,
)
from ui import cached, export
from ui.format import number
from ui.guard import guard
from ui.kpis.figures import name_of, write
from ui.show import choice, plain
from ui.strategies.form_fields import get
from ui.strategies.form_state import PLACE_OF, orders_around, scope
from ui.strategies.words import size_text
from ui.texts import t

MOST_UNITS = 60
FEW_ROWS = 6
TABLE_HEIGHT = 250


def calendar(dataset: Dataset) -> None:
    """The calendar of a switchback, to download."""
    st.subheader(t("Switchback calendar"), anchor=False)
    days = (get("last_day") - get("first_day")).days + 1
    zones = _units(dataset, "zone")["unit"].astype(str).tolist()
    seed = _seed()
    table = switchback_calendar(
        zones, start=pd.Timestamp(get("first_day")), days=days,
        block_hours=int(get("block") or 1), chance=float(get("share") or 50) / 100,
        seed=seed,
    )  # fmt: skip
    st.caption(
        t(
            "{zones} zones, {blocks} blocks of {hours} h, each drawn by chance.",
            zones=number(len(zones)),
            blocks=number(len(table)),
            hours=number(int(get("block") or 1)),
        )
    )
    _download(table, t("Switchback calendar"), key="plan_calendar")


def matched(dataset: Dataset) -> None:
    """An assignment of a few dozen units, matched or stratified by their past."""
    st.subheader(t("Assignment of few units"), anchor=False)
    dimension = "merchant_id" if get("unit") == "merchant" else PLACE_OF[get("unit")]
    units = _units(dataset, dimension).head(MOST_UNITS)
    way = st.segmented_control(
        t("How"), ["matched", "stratified"], default="matched", required=True,
        format_func=lambda name: choice(
            t("Matched pairs") if name == "matched" else t("Stratified")
        ),
        key="plan_way", label_visibility="collapsed",
    )  # fmt: skip
    by = ["orders", "metric"]
    make = matched_assignment if way == "matched" else None
    seed = _seed()
    drawn = (
        make(units, unit="unit", by=by, seed=seed)
        if make
        else stratified_assignment(units, unit="unit", strata=by, seed=seed)
    )
    st.caption(
        t(
            "{count} units, alike in orders and {metric} over the last weeks.",
            count=number(len(units)),
            metric=plain(name_of(get("metric"))),
        )
    )
    table = drawn.merge(units, on="unit")
    st.dataframe(
        _named(table), hide_index=True, alt=t("Assignment of few units"),
        height=TABLE_HEIGHT if len(table) > FEW_ROWS else "content",
    )  # fmt: skip
    _download(table, t("Assignment of few units"), key="plan_assignment")


def controls(dataset: Dataset) -> None:
    """Places whose past weeks moved most like those of the treated one."""
    begun = [place for place, first in (get("starts") or {}).items() if first]
    if not begun:
        return
    st.subheader(t("Which places could be controls"), anchor=False)
    metric = get("metric")
    place = PLACE_OF[get("unit")]
    table = cached.result(
        match_controls, dataset, dimension=place, metric=metric, treated=begun[0],
        selection=orders_around(),
    )  # fmt: skip
    st.caption(
        t(
            "Weeks of the past half year: the smaller the gap to {place}, once the "
            "usual distance is taken out, the better.",
            place=plain(begun[0]),
        )
    )
    rows = pd.DataFrame(
        {
            t("Place"): table["place"],
            t("Gap"): [size_text(gap, metric) for gap in table["gap"]],
            t("Correlation"): [
                number(value, digits=2) for value in table["correlation"]
            ],
            t("Drift per week"): [size_text(gap, metric) for gap in table["trend_gap"]],
        }
    )
    st.dataframe(rows, hide_index=True, alt=t("Which places could be controls"))


def _units(dataset: Dataset, dimension: str) -> pd.DataFrame:
    found: pd.DataFrame = cached.result(
        unit_history, dataset, dimension=dimension, metric=get("metric"),
        selection=Selection.of(scope()),
    )  # fmt: skip
    return found.sort_values("orders", ascending=False, ignore_index=True)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    definition = parse_reference(get("metric")).definition
    shown = table.assign(metric=[write(value, definition) for value in table["metric"]])
    if "group" in shown:
        shown["group"] += 1
    names = {
        "unit": t("Unit"), "group": t("Pair"), "stratum": t("Stratum"), "arm": t("Arm"),
        "orders": t("Orders"), "metric": name_of(get("metric")),
    }  # fmt: skip
    return shown.rename(columns=names)


def _seed() -> int:
    return int(
        st.number_input(
            t("Seed of the draw"), min_value=0, max_value=999_999, value=1, step=1,
            width=200,
            help=t("The same seed gives the same draw again."), key="plan_seed",
        )
    )  # fmt: skip


def _download(table: pd.DataFrame, name: str, *, key: str) -> None:
    guard("export")
    st.download_button(
        t("Download CSV"), lambda: export.csv_bytes(table),
        file_name=export.file_name(name, suffix="csv"), mime="text/csv", key=key,
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
