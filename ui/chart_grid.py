"""Charts of two axes: cells of a grid, places on a plane, a curve over a quantity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from ui import format as written
from ui.chart_axes import AXIS_FORMATS, Unit, from_zero, quiet_axis, value_axis
from ui.chart_parts import FITTED, PICK, Chart, renamed, tooltip, with_texts
from ui.show import shortened
from ui.texts import t
from ui.tokens import Tokens, tokens

CELL_HEIGHT: Final = 26
#: Pixels that the legend above a grid and the axis below it take.
ROOM_OF_GRID: Final = 112
MAP_WIDTH: Final = 520
MAP_HEIGHT: Final = 400
CURVE_HEIGHT: Final = 260
#: Share of a map that stays free around the places, for their names.
MARGIN: Final = 0.22
#: Lengths of a scale bar in kilometres.
_LENGTHS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
#: Beyond this share of the values few and far ones would leave all others alike.
ALMOST_HIGHEST: Final = 0.98
#: They do where the others have less than so much of the scale.
MOST_OF_IT: Final = 0.75
MIN_SHADES: Final = 3
_LARGEST_CIRCLE: Final = 900


def heat(
    frame: pd.DataFrame,
    *,
    column: str,
    row: str,
    value: str,
    columns: Sequence[str],
    rows: Sequence[str],
    low: str | None = None,
    high: str | None = None,
    sample: str | None = None,
    muted: str | None = None,
    title: str = "",
    unit: Unit = "number",
    pick: bool = False,
) -> Chart:
    """A grid of cells, darker where the value is higher; grey where too few.

    Args:
        frame: One row a cell.
        column: Column of places from 0 on in ``columns``.
        row: Column of places from 0 on in ``rows``.
        value: Column of the values.
        columns: Names of the columns, left to right.
        rows: Names of the rows, top to bottom.
        low: Column of the lower end of the interval.
        high: Column of the upper end.
        sample: Column of the denominators, for the tooltip.
        muted: Column that is true where a value rests on too few.
        title: What the colours mean, for the legend.
        unit: How values are written.
        pick: Whether a click selects cells; read ``column`` and ``row`` from selection
            ``pick``.
    """
    look = tokens()
    data = renamed(
        frame, column=column, row=row, value=value, low=low, high=high,
        sample=sample, muted=muted,
    )  # fmt: skip
    across = [shortened(columns[place], limit=20) for place in data["column"]]
    down = [shortened(rows[place], limit=30) for place in data["row"]]
    data["across"], data["down"] = across, down
    data["name"] = [f"{one}, {other}" for one, other in zip(down, across, strict=True)]
    data = with_texts(data, unit=unit)
    axis = quiet_axis(look, grid=False)
    axis.labelAngle, axis.labelOverlap = 0, True
    base = alt.Chart(data).encode(
        x=alt.X("across:N", sort=_unlike(columns, 20), title=None, axis=axis),
        y=alt.Y(
            "down:N", sort=_unlike(rows, 30), title=None,
            axis=quiet_axis(look, grid=False),
        ),
    )  # fmt: skip
    cells = base.mark_rect(stroke=look.surface, strokeWidth=1.5, cornerRadius=2)
    cells = cells.encode(color=_shade(look, data, title, unit), tooltip=tooltip(data))
    if pick:
        chosen = alt.selection_point(name=PICK, fields=["column", "row"])
        cells = cells.add_params(chosen)
    return cells.properties(
        height=ROOM_OF_GRID + CELL_HEIGHT * data["down"].nunique(), autosize=FITTED
    )


def places(
    frame: pd.DataFrame,
    *,
    label: str,
    east: str,
    north: str,
    value: str,
    size: str,
    low: str | None = None,
    high: str | None = None,
    sample: str | None = None,
    muted: str | None = None,
    worse: str | None = None,
    title: str = "",
    unit: Unit = "number",
) -> Chart:
    """Places on a plane with a scale bar, the larger the more orders.

    Args:
        frame: One row a place.
        label: Column of the names; a click selects ``label`` as selection ``pick``.
        east: Column of kilometres to the east of the middle.
        north: Column of kilometres to the north of it.
        value: Column of the values, darker where higher.
        size: Column of the numbers of orders.
        low: Column of the lower end of the interval.
        high: Column of the upper end.
        sample: Column of the denominators, for the tooltip.
        muted: Column that is true where a value rests on too few.
        worse: Column that is true where a value is surely worse than the whole.
        title: What the colours mean, for the legend.
        unit: How values are written.
    """
    look = tokens()
    data = renamed(
        frame, label=label, east=east, north=north, value=value, size=size, low=low,
        high=high, sample=sample, muted=muted, worse=worse,
    )  # fmt: skip
    data["name"] = data["label"].map(lambda name: shortened(name, limit=30))
    data = with_texts(data, unit=unit)
    half = _half_width(data)
    base = alt.Chart(data).encode(
        x=_plane("east", half), y=_plane("north", half * MAP_HEIGHT / MAP_WIDTH)
    )
    circles = base.mark_circle(opacity=0.95, stroke=look.text, strokeWidth=0.8)
    chosen = alt.selection_point(name=PICK, fields=["label"])
    circles = circles.encode(
        size=alt.Size(
            "size:Q",
            legend=None,
            scale=alt.Scale(range=[60, _LARGEST_CIRCLE], zero=True),
        ),
        color=_shade(look, data, title, unit),
        tooltip=tooltip(data),
    ).add_params(chosen)
    names = base.mark_text(color=look.text, dy=-20, fontSize=11)
    layers: list[alt.Chart] = [circles, names.encode(text="name:N")]
    if worse:
        rings = base.transform_filter("datum.worse").mark_point(
            color=look.attention, shape="diamond", size=1500, strokeWidth=2
        )
        layers.insert(0, rings)
    layers += _scale_bar(look, half)
    return alt.layer(*layers).properties(width=MAP_WIDTH, height=MAP_HEIGHT)


def curve(
    frame: pd.DataFrame,
    *,
    x: str,
    value: str,
    low: str,
    high: str,
    sample: str,
    name: str,
    x_title: str,
    y_title: str,
    unit: Unit = "percent",
) -> Chart:
    """A value over a quantity, with its interval.

    Args:
        frame: One row a point, in the order of ``x``.
        x: Column of the quantity.
        value: Column of the values.
        low: Column of the lower end of the interval.
        high: Column of the upper end.
        sample: Column of the denominators, for the tooltip.
        name: Column of what the point is called in the tooltip.
        x_title: The quantity with its unit.
        y_title: The value with its unit.
        unit: How values are written.
    """
    look = tokens()
    data = renamed(
        frame, x=x, value=value, low=low, high=high, sample=sample, name=name
    )
    data = with_texts(data, unit=unit)
    axis = quiet_axis(look, grid=False, format=AXIS_FORMATS["decimal"])
    axis.titleColor, axis.titleFontWeight = look.muted, "normal"
    base = alt.Chart(data).encode(x=alt.X("x:Q", title=x_title, axis=axis))
    y = value_axis(look, unit=unit, zero=from_zero(data, target=None))
    band = base.mark_area(color=look.now, opacity=0.14)
    ends = alt.Y("low:Q", title=None, scale=y["scale"])
    head = alt.Chart(pd.DataFrame({"text": [y_title]})).mark_text(
        color=look.muted, align="left", fontSize=11
    )
    layers = [
        band.encode(y=ends, y2="high"),
        base.mark_line(color=look.now, strokeWidth=2).encode(y=y),
        base.mark_point(color=look.now, filled=True, size=40).encode(
            y=y, tooltip=tooltip(data)
        ),
        head.encode(x=alt.value(0), y=alt.value(-8), text="text:N"),
    ]
    return alt.layer(*layers).properties(height=CURVE_HEIGHT, autosize=FITTED)


def _shade(look: Tokens, data: pd.DataFrame, title: str, unit: Unit) -> Any:  # noqa: ANN401
    """From the surface to our colour, and on to that of texts where few are far off.

    The scale has every value in it; grey is where nothing can be told.
    """
    legend = alt.Legend(
        orient="top", direction="horizontal", gradientLength=180, gradientThickness=9,
        format=AXIS_FORMATS[unit], title=title or None, titleColor=look.muted,
        labelColor=look.muted, titleFontWeight="normal", titleLimit=420,
    )  # fmt: skip
    known = data["value"].notna()
    if "muted" in data:
        known &= ~data["muted"].astype(bool)
    data["known"] = known
    ends = _ends(data.loc[known, "value"])
    if ends:
        legend.values = ends
    scale = alt.Scale(
        range=[look.faint, look.now, look.text][: max(len(ends), 2)],
        interpolate="lab",
        domain=ends or alt.Undefined,
    )
    shade = alt.Color("value:Q", scale=scale, legend=legend)
    return alt.condition("datum.known", shade, alt.value(look.grid))


def _ends(values: pd.Series) -> list[float]:
    """Lowest and highest value; between them where a few extremes begin, if far off."""
    if values.nunique() < MIN_SHADES:
        return []
    low, most, high = (
        float(values.quantile(share)) for share in (0, ALMOST_HIGHEST, 1)
    )
    if most - low < MOST_OF_IT * (high - low):
        return [low, most, high]
    return [low, high]


def _plane(name: str, half: float) -> Any:  # noqa: ANN401 - an X or a Y
    channel = alt.X if name == "east" else alt.Y
    return channel(
        f"{name}:Q",
        axis=None,
        scale=alt.Scale(domain=[-half, half], zero=False, nice=False),
    )


def _half_width(data: pd.DataFrame) -> float:
    """Half of the kilometres that the map is wide, so that all places fit."""
    wide = float(data["east"].abs().max())
    high = float(data["north"].abs().max()) * MAP_WIDTH / MAP_HEIGHT
    found = max(wide, high) / (1 - MARGIN)
    return found if found > 0 and math.isfinite(found) else 1.0


def _scale_bar(look: Tokens, half: float) -> list[alt.Chart]:
    """A bar at the lower left, about a fifth of the map long."""
    length = max((item for item in _LENGTHS if item <= half / 2), default=_LENGTHS[0])
    low = -half * MAP_HEIGHT / MAP_WIDTH * 0.92
    start = -half * 0.95
    digits = 0 if length >= 1 else 1
    text = t("{count} km", count=written.number(length, digits=digits))
    data = pd.DataFrame(
        {"start": [start], "end": [start + length], "low": [low], "text": [text]}
    )
    base = alt.Chart(data).encode(y=alt.Y("low:Q", axis=None))
    return [
        base.mark_rule(color=look.muted, strokeWidth=2).encode(
            x=alt.X("start:Q", axis=None), x2="end"
        ),
        base.mark_text(color=look.muted, align="left", dy=-8, fontSize=11).encode(
            x=alt.X("start:Q", axis=None), text="text:N"
        ),
    ]


def _unlike(names: Sequence[str], limit: int) -> list[str]:
    return list(dict.fromkeys(shortened(name, limit=limit) for name in names))
