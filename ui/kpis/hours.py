"""The chosen metric in every hour of the week."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd
import streamlit as st

from analysis.metrics.heat import ALL_DAYS, heat, heat_sql
from analysis.metrics.selection import Condition
from analysis.trends.words import stands_out
from ui import cached, chart_frame, chart_grid
from ui.counted import sentences
from ui.format import number
from ui.kpis.axes import value_label
from ui.kpis.behind import behind
from ui.kpis.figures import (
    Figure,
    chart_unit,
    is_few,
    legend_title,
    name_of,
    write,
)
from ui.kpis.numbers import whole
from ui.kpis.picking import picked
from ui.kpis.view import Look, drill
from ui.texts import t

_KEY: Final = "kpis_hours"


def draw(look: Look, figure: Figure) -> None:
    """The grid, and the two boxes that do what a click on a cell does.

    Where every hour of the week has too few orders, weekdays are taken together; where
    that does not do either, it says so in place of an empty grid.
    """
    pooled = False
    cells = _cells(look, pooled=pooled)
    frame = _frame(look, cells)
    if frame["few"].all():
        pooled = True
        cells = _cells(look, pooled=pooled)
        frame = _frame(look, cells)
    if frame["few"].all():
        _too_few(look, frame)
    else:
        _grid(look, figure, cells, frame, pooled=pooled)
    _boxes(look)


def _cells(look: Look, *, pooled: bool) -> pd.DataFrame:
    return cached.result(
        heat, look.dataset, look.metric, selection=look.orders, period=look.period,
        pooled=pooled,
    )  # fmt: skip


def _too_few(look: Look, frame: pd.DataFrame) -> None:
    text = t(
        "Too few orders in every hour of the day: the fullest has {most}, {least} are "
        "needed. Choose a longer period or fewer filters.",
        most=number(float(frame["n"].max())),
        least=number(look.definition.minimum_sample),
    )
    st.info(text, icon=":material/blur_on:")


def _grid(
    look: Look,
    figure: Figure,
    cells: pd.DataFrame,
    frame: pd.DataFrame,
    *,
    pooled: bool,
) -> None:
    key = f"{_KEY}_{look.mark}"

    def clicked() -> None:
        found = picked(key)
        if "row" in found:
            weekday = None if pooled else int(found["row"]) + 1
            _narrow(look, weekday, int(found["column"]))

    query = cached.result(
        heat_sql, look.dataset, look.metric, selection=look.orders, period=look.period,
        pooled=pooled,
    )  # fmt: skip
    title = t("{name} by hour of the week", name=name_of(look.metric))
    if pooled:
        title = t("{name} by hour of the day", name=name_of(look.metric))
    has_interval = frame["low"].notna().any()
    said = takeaway(look, figure, frame)
    chart_frame.draw(
        cached.drawing(
            chart_grid.heat, frame, column="column", row="row", value="value",
            columns=[str(hour) for hour in range(24)],
            rows=[t("All days")] if pooled else _weekdays(look),
            low="low" if has_interval else None,
            high="high" if has_interval else None,
            sample="n", muted="few", unit=chart_unit(figure.definition), pick=True,
            title=legend_title(look.metric),
        ),
        behind(look, look.metric, _table(look, cells), title=title, query=query),
        alt_text=said,
        key=key,
        on_select=clicked,
    )  # fmt: skip
    if pooled:
        few = t("Too few orders in the hours of one weekday: all weekdays together.")
        said = sentences(said, few)
    st.caption(said)


def takeaway(look: Look, figure: Figure, frame: pd.DataFrame) -> str:
    """The highest and the lowest hour in one sentence; nothing inside the noise.

    Without intervals, as of counts, the values are what they are.
    """
    known = frame[frame["value"].notna() & ~frame["few"]]
    name = name_of(look.metric)
    if known.empty:
        return t("{name}: too few orders in every hour.", name=name)
    top, bottom = (_farthest(known, figure, highest=side) for side in (True, False))
    if top is None and bottom is None:
        return t("No hour is surely unlike the others in {name}.", name=name)
    said = {
        "name": name,
        "top": _cell_name(look, top),
        "high": _written(look, top),
        "bottom": _cell_name(look, bottom),
        "low": _written(look, bottom),
    }
    if bottom is None:
        text = t("{name} is highest on {top} ({high}).", **said)
    elif top is None:
        text = t("{name} is lowest on {bottom} ({low}).", **said)
    else:
        text = t(
            "{name} is highest on {top} ({high}) and lowest on {bottom} ({low}).",
            **said,
        )
    return sentences(text, *_beyond(look, known, top, bottom))


def _beyond(
    look: Look, known: pd.DataFrame, top: pd.Series | None, bottom: pd.Series | None
) -> Iterator[str]:
    """What the picture shows beyond the hours that are named, and why it is not."""
    values = known["value"]
    for named, place in ((top, values.argmax()), (bottom, values.argmin())):
        cell = known.iloc[int(place)]
        if named is not None and _written(look, cell) != _written(look, named):
            yield t(
                "{cell} shows {value}, which may be chance.",
                cell=_cell_name(look, cell), value=_written(look, cell),
            )  # fmt: skip


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
    rows = (cells["weekday"] - 1).clip(lower=0)
    frame = cells.assign(row=rows, column=cells["hour"])
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


def _narrow(look: Look, weekday: int | None, hour: int) -> None:
    days = () if weekday is None else (Condition("weekday", values=(weekday,)),)
    drill(look, Condition("hour", values=(hour,)), *days)


def _weekdays(look: Look) -> list[str]:
    axis = look.axes.get("weekday")
    return [value_label(axis, day) for day in range(1, 8)]


def _cell_name(look: Look, cell: pd.Series | None) -> str:
    if cell is None:
        return ""
    return f"{_day_name(look, int(cell['weekday']))} {int(cell['hour'])}:00".lstrip()


def _day_name(look: Look, weekday: int) -> str:
    return "" if weekday == ALL_DAYS else _weekdays(look)[weekday - 1]


def _table(look: Look, cells: pd.DataFrame) -> pd.DataFrame:
    days = [_day_name(look, day) or t("All days") for day in cells["weekday"]]
    return pd.DataFrame(
        {
            t("Weekday"): days,
            t("Hour"): cells["hour"],
            name_of(look.metric): cells["value"],
            t("95 % low"): cells["low"],
            t("95 % high"): cells["high"],
            "n": whole(cells["n"]),
            t("Orders"): whole(cells["orders"]),
        }
    )
