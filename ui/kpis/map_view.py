"""The zones of a city where they lie, sized by orders and shaded by the metric."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from analysis.metrics.places import kilometres, places
from analysis.metrics.selection import Condition, Scalar
from analysis.trends.words import margin
from ui import cached, chart_frame, chart_grid
from ui.format import number
from ui.kpis.axes import scalar, value_label
from ui.kpis.behind import behind, measured, sql
from ui.kpis.figures import Figure, chart_unit, is_few, legend_title, name_of, too_few
from ui.kpis.numbers import whole as whole_numbers
from ui.kpis.picking import narrowing_list, on_label
from ui.kpis.view import Look
from ui.state import bound
from ui.texts import t

_KEY: Final = "kpis_map"


def draw(look: Look, figure: Figure) -> None:
    """One city at a time; the list does what a click on a circle does."""
    by = _levels(look)
    found = _places(look, by)
    city = _city(look, found) if "city" in by else ""
    shown = found[found["city"].map(str) == city] if city else found
    shown = shown.dropna(subset=["lat", "lng"]).reset_index(drop=True)
    if shown.empty:
        st.info(t("No order here has coordinates."), icon=":material/wrong_location:")
        return
    frame = _frame(look, shown, figure)
    conditions: dict[str, Condition] = {
        str(row["label"]): Condition("zone", values=(row["value_of"],))
        for row in frame.to_dict("records")
    }
    # Zones of two cities may share a name.
    cities = [scalar(shown["city"].iloc[0])] if city else []
    inside = [Condition("city", values=(name,)) for name in cities]
    key = f"{_KEY}_{look.mark}"
    title = t("{name} by zone, {city}", name=name_of(look.metric), city=city or "-")
    query = sql(look, [look.metric, "orders"], by=by)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart_frame.draw(
            cached.drawing(
                chart_grid.places, frame,
                label="label", east="east", north="north", value="value",
                size="orders", low="low", high="high", sample="n", muted="few",
                worse="worse", unit=chart_unit(figure.definition),
                title=legend_title(look.metric),
            ),
            behind(look, look.metric, _table(look, frame), title=title, query=query),
            alt_text=takeaway(look, frame),
            key=key,
            on_select=on_label(look, key, conditions, *inside),
            width=chart_grid.MAP_WIDTH,
        )  # fmt: skip
        st.caption(
            t(
                "Circles: the middle of the orders' coordinates, larger with more "
                "orders. Diamonds: surely worse than all."
            )
        )
    with right:
        told = [
            (str(row["label"]), conditions[str(row["label"])], _told(look, row))
            for row in frame.sort_values("orders", ascending=False).to_dict("records")
        ]
        narrowing_list(look, told, key=_KEY, more=inside)


def takeaway(look: Look, frame: pd.DataFrame) -> str:
    """The worst and the best zone in one sentence."""
    known = frame[~frame["few"]]
    if known.empty:
        return t("{name}: too few orders in every zone.", name=name_of(look.metric))
    top, bottom = (
        known.loc[known["value"].idxmax()], known.loc[known["value"].idxmin()]
    )  # fmt: skip
    return t(
        "{name} by {by}: highest in {top} ({high}), lowest in {bottom} ({low}).",
        name=name_of(look.metric),
        by=look.axes["zone"].label if "zone" in look.axes else t("Zone"),
        top=top["label"],
        high=_written(look, top),
        bottom=bottom["label"],
        low=_written(look, bottom),
    )


def _levels(look: Look) -> tuple[str, ...]:
    return ("city", "zone") if look.dataset.has("orders", "city") else ("zone",)


def _places(look: Look, by: tuple[str, ...]) -> pd.DataFrame:
    """Where the places are, beside the metric in them."""
    look.dataset.require("zone")
    where = cached.result(
        places, look.dataset, by=by, selection=look.orders, period=look.period
    )
    figures = measured(look, [look.metric, "orders"], by=by)
    return figures.merge(where, how="left", on=list(by)).dropna(subset=["zone"])


def _city(look: Look, found: pd.DataFrame) -> str:
    """The city that is shown: the one of the address, else the one with most orders."""
    sizes = found.groupby(found["city"].map(str))["orders"].sum()
    names = list(sizes.sort_values(ascending=False).index)
    if not names:
        return ""
    city = look.view.place if look.view.place in names else names[0]
    if len(names) > 1:
        axis = look.axes.get("city")
        st.selectbox(
            t("City"), names, width=240,
            format_func=lambda name: value_label(axis, name),
            **bound(look.view, "place", prefix="kpis", show=lambda _: city),
        )  # fmt: skip
    return city


def _frame(look: Look, shown: pd.DataFrame, whole: Figure) -> pd.DataFrame:
    metric, axis = look.metric, look.axes.get("zone")
    values: list[Scalar] = [scalar(item) for item in shown["zone"]]
    east, north = kilometres(
        shown["lat"].to_numpy(dtype=float), shown["lng"].to_numpy(dtype=float)
    )
    frame = pd.DataFrame(
        {
            "label": [value_label(axis, value) for value in values],
            "value_of": values,
            "east": east,
            "north": north,
            "value": shown[metric].astype(float),
            "low": shown[f"{metric}_low"].astype(float),
            "high": shown[f"{metric}_high"].astype(float),
            "n": shown[f"{metric}_n"],
            "orders": shown["orders"],
            "located": shown["located"],
        }
    )
    frame["few"] = [is_few(whole.definition, n) for n in frame["n"]]
    frame["worse"] = _worse(frame, whole)
    return frame


def _worse(frame: pd.DataFrame, whole: Figure) -> pd.Series:
    """Where a zone is surely worse than the whole."""
    sure = margin(len(frame))
    if whole.definition.direction == "lower":
        off, half = frame["value"] - whole.value, frame["value"] - frame["low"]
    elif whole.definition.direction == "higher":
        off, half = whole.value - frame["value"], frame["high"] - frame["value"]
    else:
        return pd.Series(data=False, index=frame.index)
    return (off > sure * half) & ~frame["few"]


def _written(look: Look, row: pd.Series) -> str:
    return Figure.of({look.metric: row["value"]}, look.metric).written()


def _told(look: Look, row: dict) -> str:
    if row["few"]:
        return f":gray[{too_few(row['n'])}]"
    value = Figure.of({look.metric: row["value"]}, look.metric).written()
    mark = f":orange[◆ {value}]" if row["worse"] else value
    return f"{mark} :gray[n {number(row['n'])}]"


def _table(look: Look, frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            t("Zone"): frame["label"],
            name_of(look.metric): frame["value"],
            t("95 % low"): frame["low"],
            t("95 % high"): frame["high"],
            "n": whole_numbers(frame["n"]),
            t("Orders"): whole_numbers(frame["orders"]),
            t("Orders with coordinates"): whole_numbers(frame["located"]),
            t("Kilometres east"): frame["east"].round(2),
            t("Kilometres north"): frame["north"].round(2),
        }
    )
