"""The map of a case: points in metres around the pin and a scale bar, no tiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from analysis.cases.moments import Place
from analysis.words import N_
from ui import charts
from ui.cases.evidence import CaseFile
from ui.format import number
from ui.show import plain
from ui.texts import t
from ui.tokens import Tokens, tokens

SIDE: Final = 178
#: Points farther from the pin than this many metres are told, not drawn.
NEAR_M: Final = 600.0
MIN_REACH_M: Final = 60.0
_NAMES: Final = {
    "pickup": N_("pick-up"),
    "drop": N_("pin"),
    "tap": N_("tap"),
    "event": N_("event"),
}
_PADDING: Final = {"left": 4, "right": 4, "top": 4, "bottom": 4}
_SHAPES: Final = {"pickup": "square", "drop": "diamond", "tap": "triangle-up"}


def name(place: Place) -> str:
    """What a point is, in the session's language; not made safe for Markdown."""
    if place.kind == "event":
        return place.label.replace("_", " ")
    return t(_NAMES[place.kind])


def distance(place: Place) -> float:
    """Metres from the pin."""
    return math.hypot(place.x_m, place.y_m)


def near(places: Sequence[Place]) -> tuple[Place, ...]:
    """Points that the picture shows: all, if none of them is close to the pin."""
    close = tuple(place for place in places if distance(place) <= NEAR_M)
    return close if len(close) > 1 else tuple(places)


def told(places: Sequence[Place]) -> str:
    """Distances from the pin in one line."""
    others = [place for place in places if place.kind != "drop"]
    return " · ".join(f"{name(place)} {metres(distance(place))}" for place in others)


def metres(value: float) -> str:
    """A distance as people say it."""
    if value >= 1_000:  # noqa: PLR2004 - a kilometre
        return t("{figure} km", figure=number(value / 1_000, digits=1))
    return t("{figure} m", figure=number(value))


def scatter(places: Sequence[Place]) -> charts.Chart:
    """The points near the pin, north up, both axes alike."""
    look = tokens()
    shown = near(places)
    middle = _middle(shown)
    reach = max([MIN_REACH_M, *(_far(place, middle) for place in shown)]) * 1.25
    rows = [_row(place) for place in shown]
    data = pd.DataFrame(rows)
    # Points lie close together: their names take turns at both sides.
    data["is_right"] = [place % 2 == 0 for place in range(len(rows))]
    x = _axis("x", middle[0], reach)
    y = _axis("y", middle[1], reach)
    colour, shape = _looks(look)
    tip = [
        alt.Tooltip("name:N", title=""),
        alt.Tooltip("far:N", title=t("from the pin")),
    ]
    base = alt.Chart(data).encode(
        x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y), color=colour, tooltip=tip
    )
    points = base.mark_point(filled=True, size=80, opacity=1).encode(shape=shape)
    text = base.encode(text="name:N")
    right = text.mark_text(align="left", dx=8, fontSize=11, limit=100)
    left = text.mark_text(align="right", dx=-8, fontSize=11, limit=100)
    layers = [
        *_circles(shown, x, y, colour),
        points,
        right.transform_filter("datum.is_right"),
        left.transform_filter("!datum.is_right"),
        *_scale_bar(middle, reach, x, y),
    ]
    square = alt.AutoSizeParams(type="none")
    frame = alt.ViewBackground(stroke=look.grid, strokeWidth=1, cornerRadius=6)
    return alt.layer(*layers).properties(
        width=SIDE + 30, height=SIDE, autosize=square, padding=_PADDING, view=frame
    )


def _looks(look: Tokens) -> tuple[alt.Color, alt.Shape]:
    """Colour and shape by kind of point."""
    kinds = list(_NAMES)
    colours = {"pickup": look.before, "drop": look.text, "tap": look.attention}
    colour = alt.Scale(
        domain=kinds, range=[colours.get(kind, look.now) for kind in kinds]
    )
    shape = alt.Scale(
        domain=kinds, range=[_SHAPES.get(kind, "circle") for kind in kinds]
    )
    return (
        alt.Color("kind:N", legend=None, scale=colour),
        alt.Shape("kind:N", legend=None, scale=shape),
    )


def _row(place: Place) -> dict[str, object]:
    return {
        "x": place.x_m,
        "y": place.y_m,
        "kind": place.kind,
        "name": name(place),
        "far": metres(distance(place)),
    }


def _middle(places: Sequence[Place]) -> tuple[float, float]:
    xs, ys = [place.x_m for place in places], [place.y_m for place in places]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _far(place: Place, middle: tuple[float, float]) -> float:
    return max(abs(place.x_m - middle[0]), abs(place.y_m - middle[1]))


def _axis(side: str, middle: float, reach: float) -> dict[str, object]:
    wide = reach * (SIDE + 30) / SIDE if side == "x" else reach
    domain = [middle - wide, middle + wide]
    return {"axis": None, "scale": alt.Scale(domain=domain, nice=False, zero=False)}


def _circles(
    places: Sequence[Place], x: dict, y: dict, colour: alt.Color
) -> list[alt.Chart]:
    """How sure each point is, as a circle of its accuracy."""
    rows = [
        {
            "x": place.x_m + place.accuracy_m * math.cos(step * math.pi / 24),
            "y": place.y_m + place.accuracy_m * math.sin(step * math.pi / 24),
            "kind": place.kind,
            "circle": count,
            "step": step,
        }
        for count, place in enumerate(places)
        if place.accuracy_m
        for step in range(49)
    ]
    if not rows:
        return []
    line = alt.Chart(pd.DataFrame(rows)).mark_line(
        strokeWidth=1, opacity=0.5, clip=True
    )
    return [
        line.encode(
            x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y), color=colour,
            detail="circle:N", order="step:Q",
        )
    ]  # fmt: skip


def _scale_bar(
    middle: tuple[float, float], reach: float, x: dict, y: dict
) -> list[alt.Chart]:
    """A bar of a round length at the lower left."""
    look = tokens()
    length = _round(reach * 0.6)
    start = middle[0] - reach * 1.05
    level = middle[1] - reach * 0.9
    data = pd.DataFrame(
        [{"x": start, "end": start + length, "y": level, "text": metres(length)}]
    )
    base = alt.Chart(data).encode(x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y))
    rule = base.mark_rule(color=look.muted, strokeWidth=2).encode(x2="end")
    text = base.mark_text(color=look.muted, align="left", dy=-8, fontSize=11)
    return [rule, text.encode(text="text:N")]


def _round(value: float) -> float:
    """The next 1, 2 or 5 below, with as many zeros as it takes.

    >>> _round(340), _round(70)
    (200.0, 50.0)
    """
    size = 10.0 ** math.floor(math.log10(value))
    return max(step * size for step in (1, 2, 5) if step * size <= value)


def panel(file: CaseFile) -> None:
    """The map with the distances; nothing where there are no coordinates."""
    places = file.timeline.places
    if not places:
        return
    told_all = told(places)
    st.altair_chart(
        scatter(places), width="content", alt=told_all or t("The pin"), key="cases_map"
    )
    st.markdown(f":small[:gray[{plain(told_all)}]]")
