"""The chosen metric in every hour of the week."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics.heat import heat, heat_sql
from analysis.metrics.selection import Condition
from analysis.trends.words import stands_out
from ui import cached, chart_frame, chart_grid
from ui.kpis.axes import value_label
from ui.kpis.behind import behind
from ui.kpis.figures import (
    Figure,
    axis_title,
    chart_unit,
    is_few,
    name_of,
    write,
)
from ui.kpis.numbers import whole
from ui.kpis.picking import picked
from ui.kpis.view import Look, drill
from ui.texts import t

_KEY: Final = "kpis_hours"


def draw(look: Look, figure: Figure) -> None:
    """The grid, and the two boxes that do what a click on a cell does."""
    arguments: dict[str, Any] = {"selection": look.orders, "period": look.period}
    cells = cached.result(heat, look.dataset, look.metric, **arguments)
    frame = _frame(look, cells)
    key = f"{_KEY}_{look.mark}"

    def clicked() -> None:
        found = picked(key)
        if "row" in found:
            _narrow(look, int(found["row"]) + 1, int(found["column"]))

    query = cached.result(heat_sql, look.dataset, look.metric, **arguments)
    title = t("{name} by hour of the week", name=name_of(look.metric))
    has_interval = frame["low"].notna().any()
    chart_frame.draw(
        cached.drawing(
            chart_grid.heat, frame, column="column", row="row", value="value",
            columns=[str(hour) for hour in range(24)], rows=_weekdays(look),
            low="low" if has_interval else None,
            high="high" if has_interval else None,
            sample="n", muted="few", unit=chart_unit(figure.definition), pick=True,
            title=f"{name_of(look.metric)}, {axis_title(look.metric)}",
        ),
        behind(look, look.metric, _table(look, cells), title=title, query=query),
        alt_text=takeaway(look, figure, frame),
        key=key,
        on_select=clicked,
    )  # fmt: skip
    st.caption(takeaway(look, figure, frame))
    _boxes(look)


def takeaway(look: Look, figure: Figure, frame: pd.DataFrame) -> str:
    """The highest and the lowest hour in one sentence; nothing inside the noise.

    Without intervals, as of counts, the values are what they are.
    """
    known = frame[frame["value"].notna() & ~frame["few"]]
    name = name_of(look.metric)
    if known.empty:
        return t("{name}: too few orders in every hour of the week.", name=name)
    top, bottom = (_farthest(known, figure, highest=side) for side in (True, False))
    if top is None and bottom is None:
        return t(
            "No hour of the week is surely unlike the others in {name}.", name=name
        )
    said = {
        "name": name,
        "top": _cell_name(look, top),
        "high": _written(look, top),
        "bottom": _cell_name(look, bottom),
        "low": _written(look, bottom),
    }
    if bottom is None:
        return t("{name} is highest on {top} ({high}).", **said)
    if top is None:
        return t("{name} is lowest on {bottom} ({low}).", **said)
    return t(
        "{name} is highest on {top} ({high}) and lowest on {bottom} ({low}).", **said
    )


def _farthest(
    known: pd.DataFrame, figure: Figure, *, highest: bool
) -> pd.Series | None:
    """The highest or lowest of the hours that surely are off the whole."""
    if known["low"].isna().all():
        place = known["value"].argmax() if highest else known["value"].argmin()
        return known.iloc[int(place)]
    found = stands_out(
        known["value"].to_list(),
        list(zip(known["low"], known["high"], strict=True)),
        figure.value,
        is_lower_better=highest,
    )
    return None if found is None else known.iloc[found]


def _written(look: Look, cell: pd.Series | None) -> str:
    return "" if cell is None else write(float(cell["value"]), look.definition)


def _frame(look: Look, cells: pd.DataFrame) -> pd.DataFrame:
    frame = cells.assign(row=cells["weekday"] - 1, column=cells["hour"])
    frame["few"] = [is_few(look.definition, n) for n in frame["n"]]
    return frame


def _boxes(look: Look) -> None:
    """Weekday and hour to choose from, for those who do not click on cells."""
    names = _weekdays(look)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        weekday = st.selectbox(
            t("Weekday"), range(1, 8), key=f"{_KEY}_weekday", width=140,
            format_func=lambda item: names[item - 1],
        )  # fmt: skip
        hour = st.selectbox(
            t("Hour"), range(24), key=f"{_KEY}_hour", width=110,
            format_func=lambda item: f"{item}:00",
        )  # fmt: skip
        st.button(
            t("Only this hour of the week"), key=f"{_KEY}_open",
            icon=":material/filter_alt:", on_click=_narrow, args=(look, weekday, hour),
        )  # fmt: skip


def _narrow(look: Look, weekday: int, hour: int) -> None:
    drill(
        look,
        Condition("hour", values=(hour,)),
        Condition("weekday", values=(weekday,)),
    )


def _weekdays(look: Look) -> list[str]:
    axis = look.axes.get("weekday")
    return [value_label(axis, day) for day in range(1, 8)]


def _cell_name(look: Look, cell: pd.Series | None) -> str:
    if cell is None:
        return ""
    return f"{_weekdays(look)[int(cell['weekday']) - 1]} {int(cell['hour'])}:00"


def _table(look: Look, cells: pd.DataFrame) -> pd.DataFrame:
    names = _weekdays(look)
    return pd.DataFrame(
        {
            t("Weekday"): [names[day - 1] for day in cells["weekday"]],
            t("Hour"): cells["hour"],
            name_of(look.metric): cells["value"],
            t("95 % low"): cells["low"],
            t("95 % high"): cells["high"],
            "n": whole(cells["n"]),
            t("Orders"): whole(cells["orders"]),
        }
    )
