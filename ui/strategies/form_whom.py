"""Step 2: how the treatment comes about, which orders, and who gets it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import measure
from analysis.metrics.place_names import BETWEEN, place_names
from analysis.strategies.arm_names import arms_in
from analysis.strategies.assignment_tables import (
    check_variants,
    read_assignment,
    read_table,
    store_assignment,
    units_found,
)
from analysis.strategies.contract import DESIGNS
from analysis.strategies.registration import PLACE_DESIGNS
from ui import cached, errors
from ui.format import day, number
from ui.guard import guard
from ui.kpis.axes import axes_of, value_label
from ui.show import plain, shortened
from ui.strategies.form_fields import field, get, put
from ui.strategies.form_state import PLACE_OF, orders_around, scope, units_of
from ui.strategies.words import DESIGN_HINTS, UNITS
from ui.strategies.words import DESIGNS as DESIGN_NAMES
from ui.texts import t

SCOPES: Final = (
    "city", "zone", "merchant_type", "capacity_type", "category", "scenario",
    "zone_type", "strategy_id",
)  # fmt: skip
FEWEST_ARMS: Final = 2
ARM_COLUMNS: Final = 40
#: A column that is taken to hold arms without being asked for has no more of them.
FEW_ARMS: Final = 6
_ARM_NAME: Final = re.compile(
    r"(?:^|[^a-z])(?:arm|group|variant|treat|treated|treatment|bucket|cohort|cell|ab|"
    r"experiment|test|grupo|variante)(?:[^a-z]|$)|分组|组别|实验|对照"
)
MOST_VALUES: Final = 200


def step(dataset: Dataset) -> None:
    """Draw the step."""
    left, right = st.columns(2, gap="large")
    with left:
        _design(dataset)
        _orders(dataset)
    with right:
        st.subheader(t("Who gets it"), anchor=False)
        if get("design") in PLACE_DESIGNS:
            _places(dataset)
        else:
            _drawn(dataset)


def _design(dataset: Dataset) -> None:
    st.radio(
        t("How does it come about?"), DESIGNS,
        format_func=lambda name: t(DESIGN_NAMES[name]),
        captions=[t(DESIGN_HINTS[name]) for name in DESIGNS],
        **field("design"),
    )  # fmt: skip
    units = units_of(dataset, get("design"))
    if not units:
        st.info(
            t("The dataset has no column for the units of this design."),
            icon=":material/lock:",
        )
        return
    if get("unit") not in units:
        put("unit", units[0])
    st.selectbox(
        t("What is assigned"), units,
        format_func=lambda name: t(UNITS[name]), **field("unit"),
    )  # fmt: skip


def _orders(dataset: Dataset) -> None:
    axes = cached.result(axes_of, dataset)
    names = [name for name in SCOPES if name in axes]
    put("scope_by", [name for name in get("scope_by") or [] if name in names])
    st.multiselect(
        t("Which orders; all of them if empty"), names,
        format_func=lambda name: shortened(axes[name].label),
        placeholder=t("Narrow by"), **field("scope_by"),
    )  # fmt: skip
    for name in get("scope_by"):
        values = cached.result(_values, dataset, name)
        put(f"scope_{name}", [v for v in get(f"scope_{name}") or [] if v in values])
        st.multiselect(
            plain(axes[name].label), values,
            format_func=lambda value, axis=axes[name]: shortened(
                value_label(axis, value)
            ),
            placeholder=t("Choose values"), **field(f"scope_{name}"),
        )  # fmt: skip


def _values(dataset: Dataset, name: str) -> list[str]:
    """Values of a dimension of texts, those with the most orders first."""
    table = measure(dataset, ["orders"], by=[name]).dropna(subset=[name])
    ordered = table.sort_values("orders", ascending=False)[name].astype(str)
    return ordered.head(MOST_VALUES).tolist()


def _drawn(dataset: Dataset) -> None:
    """Arms by a column of the orders or by an uploaded table."""
    if get("kind") not in ("column", "table"):
        put("kind", "column")
    st.radio(
        t("Where does it say who is in which arm?"), ["column", "table"],
        horizontal=True,
        format_func=lambda name: t("In a column of the orders")
        if name == "column"
        else t("In a table of my own"),
        **field("kind"),
    )  # fmt: skip
    if get("kind") == "table":
        _upload(dataset)
    else:
        _column(dataset)


def _column(dataset: Dataset) -> None:
    # What is made at publishing, such as the hour, is nobody's draw.
    names = [
        name
        for name, column in dataset.fields.items()
        if column.type in ("text", "integer", "flag")
        and column.kind != "derived"
        and FEWEST_ARMS <= column.distinct <= ARM_COLUMNS
    ]
    if not names:
        st.info(t("No column holds arms: upload a table."), icon=":material/lock:")
        return
    if get("column") not in names:
        put("column", usual_arm_column(dataset, names))
    st.selectbox(
        t("Column of the arm"), names, format_func=shortened,
        placeholder=t("Choose the column"), **field("column"),
    )  # fmt: skip
    if get("column") is None:
        return
    known = cached.result(arms_in, dataset, get("column"))
    _arms(known, of=f"column {get('column')}")


def usual_arm_column(dataset: Dataset, names: Sequence[str]) -> str | None:
    """The column that looks like one of arms; None where none does."""
    likely = [
        name
        for name in names
        if dataset.fields[name].type in ("text", "flag")
        and dataset.fields[name].distinct <= FEW_ARMS
        and _ARM_NAME.search(name.lower())
    ]
    return "variant" if "variant" in names else next(iter(likely), None)


def _arms(known: Sequence[str], *, of: str) -> None:
    """The two arms, from those there are; others can be typed for later data."""
    if known and get("arms_of") != of:
        put("arms_of", of)
        _usual_arms(known)
    one, two, three = st.columns(3)
    for cell, label, name in (
        (one, t("Control arm"), "control"), (two, t("Arm to judge"), "treated"),
    ):  # fmt: skip
        options = list(dict.fromkeys([*known, *filter(None, [get(name)])]))
        cell.selectbox(
            label, options, format_func=shortened, accept_new_options=True,
            **field(name),
        )  # fmt: skip
    three.number_input(
        t("Its planned share (%)"), min_value=1, max_value=99, step=1, **field("share")
    )


def _usual_arms(known: Sequence[str]) -> None:
    """Arms that are there, where those of the form are not."""
    if get("control") not in known:
        put("control", "control" if "control" in known else known[0])
    if get("treated") not in known or get("treated") == get("control"):
        others = [name for name in known if name != get("control")]
        put("treated", "treatment" if "treatment" in others else (others or known)[0])


def _upload(dataset: Dataset) -> None:
    kept = get("table")
    if kept:
        st.caption(
            t(
                ":material/check_circle: A table is kept ({hash}). Upload another one "
                "to replace it.",
                hash=f"`{kept[:12]}`",
            )
        )
    file = st.file_uploader(
        t("Table of the assignment: CSV or Parquet, a row per unit"),
        type=["csv", "tsv", "txt", "parquet"], key="plan_upload",
    )  # fmt: skip
    if file is None:
        st.caption(t("Ids of people are hashed before the table is kept."))
        _arms((), of="")
        return
    with errors.boundary():
        frame = read_table(file.getvalue())
        _columns_of_table(dataset, frame)


def _columns_of_table(dataset: Dataset, frame: pd.DataFrame) -> None:
    names = [str(name) for name in frame.columns]
    timed = get("unit") == "zone-hour"
    cells = st.columns(4 if timed else 2)
    unit = cells[0].selectbox(
        t("Column of the unit"), names, key="plan_table_unit", format_func=shortened
    )
    variant = cells[1].selectbox(
        t("Column of the arm"), names, index=min(1, len(names) - 1),
        key="plan_table_variant", format_func=shortened,
    )  # fmt: skip
    first = last = None
    if timed:
        options = ["", *names]
        first = cells[2].selectbox(t("From"), options, key="plan_table_first")
        last = cells[3].selectbox(t("To"), options, key="plan_table_last")
    arms = sorted(frame[variant].dropna().astype(str).str.strip().unique())
    _arms(arms[:ARM_COLUMNS], of=f"table {variant}")
    if st.button(t("Check and keep the table"), key="plan_table_keep"):
        _keep(dataset, frame, unit=unit, variant=variant, first=first, last=last)


def _keep(dataset: Dataset, frame: pd.DataFrame, **columns: Any) -> None:  # noqa: ANN401
    guard("manage")
    workspace = cached.workspace()
    kind = get("unit")
    table = read_assignment(
        frame, kind=kind, unit=columns["unit"], variant=columns["variant"],
        first=columns["first"] or None, last=columns["last"] or None,
        key=workspace.key(),
    )  # fmt: skip
    check_variants(table, [get("control"), get("treated")])
    found = units_found(dataset, table, kind=kind)
    put("table", store_assignment(workspace, table))
    arms = table["variant"].value_counts()
    st.success(
        t(
            "{found} of {count} units are in the data. {arms}.",
            found=number(found),
            count=number(table["unit"].nunique()),
            arms=t(", ").join(
                f"{plain(name)}: {number(int(rows))}" for name, rows in arms.items()
            ),
        ),
        icon=":material/check_circle:",
    )


def _places(dataset: Dataset) -> None:
    """Places with the day on which each begins; without one a place is a control."""
    put("kind", "places")
    place = PLACE_OF[get("unit")]
    known = cached.result(place_names, dataset, place, orders_around())
    chosen = scope().get(place)
    names = [
        name for name in known if not chosen or name.rpartition(BETWEEN)[2] in chosen
    ][:MOST_VALUES]
    key, rows = _rows_of_places(place, names)
    st.caption(t("Give a day to each place that begins; the others stay controls."))
    if dataset.period is not None:
        st.caption(
            t(
                "Leave four weeks of data before it: they run from {first} to {last}.",
                first=day(dataset.period[0]),
                last=day(dataset.period[1]),
            )
        )
    edited = st.data_editor(
        rows, hide_index=True, key=f"plan_{key}",
        disabled=["place"], height=min(420, 38 + 35 * max(len(rows), 1)),
        column_config={
            "place": st.column_config.TextColumn(t("Place")),
            "first": st.column_config.DateColumn(t("First day"), format="YYYY-MM-DD"),
        },
        alt=t("Places and their first days"),
    )  # fmt: skip
    put("starts", _starts(edited))
    begun = sum(1 for first in get("starts").values() if first)
    st.caption(
        t(
            "{begun} of {count} places begin.",
            begun=number(begun),
            count=number(len(names)),
        )
    )


def _rows_of_places(place: str, names: Sequence[str]) -> tuple[str, pd.DataFrame]:
    """The key of the table and the rows it starts from, the same from run to run.

    Edits are kept by row, so what was typed is never fed back into the rows; other
    places are another table, which starts from the days typed so far.
    """
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]
    key = f"places_{place}_{digest}"
    if get("places_key") != key:
        starts = get("starts") or {}
        rows = {"place": names, "first": [starts.get(name) for name in names]}
        put("places_rows", pd.DataFrame(rows).astype({"first": "datetime64[ns]"}))
        put("places_key", key)
    return key, get("places_rows")


def _starts(edited: pd.DataFrame) -> dict[str, date | None]:
    return {
        str(place): None if pd.isna(first) else pd.Timestamp(first).date()
        for place, first in zip(edited["place"], edited["first"], strict=True)
    }
