"""Supply against demand: orders to online riders, and what load does to lateness."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics.selection import Condition
from analysis.metrics.supply import HALF_HOUR, Supply, supply
from ui import cached, chart_frame, chart_grid
from ui.chart_frame import Behind
from ui.format import number, percent
from ui.kpis.axes import scalar
from ui.kpis.behind import notes
from ui.kpis.figures import Figure
from ui.kpis.picking import picked
from ui.kpis.view import Look, drill
from ui.show import plain, shortened
from ui.texts import t

_KEY: Final = "kpis_supply"
#: Half-hours with fewer orders over the days say little about their load.
MIN_ORDERS: Final = 30


def draw(look: Look, figure: Figure) -> None:
    """The response curve, and the load of every zone by half-hour of the day."""
    del figure  # lateness is looked at whatever the chosen metric
    found = cached.result(
        supply, look.dataset, selection=look.orders, period=look.period
    )
    if found.response.empty:
        st.info(t("No rider was online in these places on these days."))
        return
    st.markdown(summary(found))
    _curve(look, found)
    _grid(look, found)


def summary(found: Supply) -> str:
    """What load does to lateness in one sentence; nothing inside the noise."""
    known = found.response[found.response["n"] > 0]
    first, last = known.iloc[0], known.iloc[-1]
    values = {
        "low": percent(first["late_rate"]),
        "high": percent(last["late_rate"]),
        "few": _span(first),
        "many": _span(last),
    }
    if len(known) > 1 and last["low"] > first["high"]:
        return t(
            "The more orders a rider, the later: {low} late at {few} orders a rider "
            "in the half-hour, {high} at {many}.",
            **values,
        )
    return t("No clear effect of load: {low} late at {few} orders a rider, {high} at "
             "{many}.", **values)  # fmt: skip


def _curve(look: Look, found: Supply) -> None:
    frame = found.response.assign(
        name=[_span(row) for row in found.response.to_dict("records")],
    )
    frame = frame[frame["n"] > 0]
    chart_frame.draw(
        cached.drawing(
            chart_grid.curve, frame,
            x="load", value="late_rate", low="low", high="high", sample="n",
            name="name",
            x_title=t("orders a rider online, in the zone's half-hour"),
            y_title=t("late, % of delivered orders with a promise"),
        ),
        _behind(look, found, _response_table(found), title=t("Lateness by load")),
        alt_text=summary(found),
        key=f"{_KEY}_curve_{look.mark}",
    )  # fmt: skip
    if found.unstaffed:
        st.caption(
            t(
                "{count} orders came in half-hours without any rider online; they are "
                "not on the curve.",
                count=number(found.unstaffed),
            )
        )


def _grid(look: Look, found: Supply) -> None:
    hours = found.hours.dropna(subset=["zone"])
    levels = [name for name in ("city", "zone") if name in hours]
    keys = [tuple(row) for row in hours[levels].to_numpy().tolist()]
    places = list(dict.fromkeys(keys))
    if not places:
        return
    zones = _zone_names(places)
    slots = [_clock(place) for place in range(24 * 60 // HALF_HOUR)]
    frame = hours.assign(
        row=[places.index(key) for key in keys],
        column=hours["half_hour"].astype(int),
        few=hours["orders"] < MIN_ORDERS,
    )
    key = f"{_KEY}_grid_{look.mark}"
    narrowed = [_conditions(levels, place) for place in places]

    def clicked() -> None:
        place = picked(key).get("row")
        if place is not None:
            drill(look, *narrowed[int(place)])

    title = t("Orders a rider by zone and half-hour of the day")
    st.markdown(f"**{title}**")
    chart_frame.draw(
        cached.drawing(
            chart_grid.heat, frame,
            column="column", row="row", value="load", columns=slots, rows=zones,
            sample="orders", muted="few", unit="decimal", pick=True,
            title=t("orders a rider online"),
        ),
        _behind(look, found, _hours_table(found), title=title),
        alt_text=_busiest(frame, zones, slots),
        key=key,
        on_select=clicked,
    )  # fmt: skip
    st.caption(_busiest(frame, zones, slots))
    _zone_box(look, zones, narrowed)


def _zone_names(places: list[tuple[Any, ...]]) -> list[str]:
    """Names of zones, with their city where another city has one of that name."""
    alone = [str(place[-1]) for place in places]
    return [
        name if alone.count(name) == 1 else ", ".join(str(part) for part in place[::-1])
        for name, place in zip(alone, places, strict=True)
    ]


def _conditions(levels: list[str], place: tuple[Any, ...]) -> list[Condition]:
    """What narrows to a zone: itself, then the city that it lies in."""
    found = [
        Condition(name, values=(scalar(value),))
        for name, value in zip(levels, place, strict=True)
    ]
    return found[::-1]


def _zone_box(look: Look, zones: list[str], narrowed: list[list[Condition]]) -> None:
    """A box that does what a click on a row does."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        zone = st.selectbox(
            t("Zone"), range(len(zones)), key=f"{_KEY}_zone", width=240,
            format_func=lambda place: shortened(zones[place]),
        )  # fmt: skip
        st.button(
            t("Only this zone"), key=f"{_KEY}_open", icon=":material/filter_alt:",
            on_click=drill, args=(look, *narrowed[zone]),
        )  # fmt: skip


def _busiest(frame: pd.DataFrame, zones: list[str], slots: list[str]) -> str:
    known = frame[~frame["few"] & frame["load"].notna()]
    if known.empty:
        return t("Too few orders in every half-hour.")
    top = known.loc[known["load"].idxmax()]
    return t(
        "The highest load is in {zone} at {time}: {load} orders a rider.",
        zone=plain(zones[int(top["row"])]),
        time=slots[int(top["column"])],
        load=number(float(top["load"]), digits=2),
    )


def _span(row: Any) -> str:  # noqa: ANN401 - a row of a frame or a dict
    ends = (number(float(row[end]), digits=2) for end in ("load_low", "load_high"))
    return " – ".join(ends)


def _clock(place: int) -> str:
    minutes = place * HALF_HOUR
    return f"{minutes // 60}:{minutes % 60:02d}"


def _behind(look: Look, found: Supply, table: pd.DataFrame, *, title: str) -> Behind:
    return Behind(
        name=title,
        table=table,
        sql=found.sql,
        definition=t(
            "Load: all orders of a zone in a half-hour / its riders online in it, each "
            "counted once, over half-hours with orders. The curve: orders of the "
            "filters delivered later than promised / those delivered with a promise, "
            "by the load in which they were placed; steps with few orders are joined. "
            "Interval: 95 %, Wilson."
        ),
        notes=notes(look),
        source=(look.dataset.name, look.dataset.version),
    )


def _response_table(found: Supply) -> pd.DataFrame:
    names = {
        "load_low": t("Orders a rider, from"), "load_high": t("Orders a rider, to"),
        "orders": t("Orders"), "late": t("Late"), "n": "n", "late_rate": t("Late rate"),
        "low": t("95 % low"), "high": t("95 % high"),
    }  # fmt: skip
    return found.response[list(names)].rename(columns=names)


def _hours_table(found: Supply) -> pd.DataFrame:
    table = found.hours.copy()
    table["half_hour"] = [_clock(int(place)) for place in table["half_hour"]]
    names = {
        "city": t("City"), "zone": t("Zone"), "half_hour": t("Half-hour"),
        "orders": t("Orders"), "rider_half_hours": t("Riders online, half-hours"),
        "load": t("Orders a rider"),
    }  # fmt: skip
    return table.rename(columns=names)
