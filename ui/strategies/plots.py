"""Plots of effects: intervals against 0 and the smallest effect that matters."""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from analysis.strategies.contract import Better
from ui.chart_axes import AXIS_FORMATS, Unit, quiet_axis, time_axis
from ui.show import shortened
from ui.texts import t
from ui.tokens import Tokens, tokens

MINI_HEIGHT: Final = 34
ROW_HEIGHT: Final = 34
#: Letters of a name in one line; Chinese ones are twice as wide.
LINE: Final = 27
#: Up to so many sizes of a power curve each has its mark.
FEW_SIZES: Final = 8
#: The small plots reach so many times the smallest effect that matters.
REACH: Final = 8.0


def mini(
    figures: Mapping[str, Any], *, smallest: float, better: Better
) -> alt.LayerChart:
    """An effect in units of the smallest one that matters, better to the right.

    Args:
        figures: ``effect``, ``low`` and ``high`` in the unit of the metric.
        smallest: Smallest effect that matters; the effect itself if 0.
        better: Which direction of the metric is good.
    """
    look = tokens()
    row = turned(figures, smallest=smallest, better=better)
    scale = alt.Scale(domain=[-REACH, REACH], clamp=True)
    x = alt.X("value:Q", scale=scale, axis=None)
    middle, ends = alt.value(MINI_HEIGHT / 2), {"y": alt.value(4), "y2": alt.value(30)}
    base = alt.Chart(pd.DataFrame([row])).encode(
        y=middle, color=alt.value(colour_of(row, look))
    )
    zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=look.muted)
    least = alt.Chart(pd.DataFrame({"value": [1.0]}))
    least = least.mark_rule(color=look.muted, strokeDash=[3, 3])
    low = alt.X("low:Q", scale=scale, axis=None)
    line = base.mark_rule(strokeWidth=2.5).encode(x=low, x2="high")
    dot = base.mark_point(filled=True, size=60, opacity=1).encode(x=x)
    layers = [zero.encode(x=x, **ends), least.encode(x=x, **ends), line, dot]
    return (
        alt.layer(*layers).properties(height=MINI_HEIGHT).configure_view(strokeWidth=0)
    )


def turned(
    figures: Mapping[str, Any], *, smallest: float, better: Better
) -> dict[str, float]:
    """Effect and interval so that up is good and 1 is the smallest that matters."""
    effect, low, high = (
        _number(figures.get(name)) for name in ("effect", "low", "high")
    )
    size = smallest or abs(effect) or 1.0
    sign = 1.0 if better == "higher" else -1.0
    ends = sorted((sign * low / size, sign * high / size))
    if math.isnan(low) or math.isnan(high):
        ends = [math.nan, math.nan]
    return {"value": sign * effect / size, "low": ends[0], "high": ends[1]}


def colour_of(row: Mapping[str, float], look: Tokens) -> str:
    """Blue wholly on the good side, orange wholly on the bad one, else grey."""
    if row["low"] > 0:
        return look.now
    return look.attention if row["high"] < 0 else look.before


def intervals(
    frame: pd.DataFrame,
    *,
    unit: Unit,
    better: Better,
    smallest: float = 0.0,
    baseline: float | None = None,
) -> alt.LayerChart:
    """Effects with their intervals, a row each, in the unit of the metric.

    Args:
        frame: ``label``, ``value``, ``low``, ``high``, ``shown`` (the text beside).
        unit: How values are written.
        better: Which direction is good.
        smallest: Smallest effect that matters, drawn dashed on the good side.
        baseline: A further thin line, such as the effect on all.
    """
    look = tokens()
    data = _rows(frame, look, better=better)
    base = alt.Chart(data).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=_names_axis(look)),
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("name:N", title=""), alt.Tooltip("shown:N", title=" ")],
    )
    axis = quiet_axis(look, grid=True, format=AXIS_FORMATS[unit])
    lines = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title=None, axis=axis, scale=alt.Scale(padding=14)),
        x2="high",
    )
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X("value:Q", title=None)
    )
    marks = _marks(look, better=better, smallest=smallest, baseline=baseline)
    layers = [*marks, lines, dots, _texts(base)]
    return alt.layer(*layers).properties(height=alt.Step(ROW_HEIGHT))


def over_years(frame: pd.DataFrame) -> alt.LayerChart:
    """What was decided, over time: effects in units of the smallest that matters.

    Args:
        frame: ``day``, ``name``, ``value``, ``low``, ``high``, ``decision``.
    """
    look = tokens()
    data = frame.sort_values("day", ignore_index=True)
    data["day"] = pd.to_datetime(data["day"]).dt.strftime("%Y-%m-%dT00:00:00")
    data["colour"] = [colour_of(row, look) for row in data.to_dict("records")]
    base = alt.Chart(data).encode(
        x=alt.X("day:T", title=None, axis=time_axis(data["day"], look)),
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("name:N", title=""), alt.Tooltip("decision:N", title=" ")],
    )
    scale = alt.Scale(domain=[-REACH, REACH], clamp=True)
    axis = quiet_axis(look, grid=True, format=",.1~f")
    lines = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("low:Q", title=None, scale=scale, axis=axis), y2="high"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("value:Q", scale=scale)
    )
    rules = alt.Chart(pd.DataFrame({"value": [0.0, 1.0]})).mark_rule(
        color=look.muted, strokeDash=[4, 4]
    )
    return alt.layer(rules.encode(y="value:Q"), lines, dots).properties(height=200)


def power_curve(
    curve: pd.DataFrame, *, size: str, target: float, here: float | None
) -> alt.LayerChart:
    """Power by size, with the power asked for and the size that reaches it.

    Args:
        curve: Columns ``size`` and ``power``.
        size: What the size counts, translated.
        target: Power asked for.
        here: Size that reaches it; None where none does.
    """
    look = tokens()
    axis = quiet_axis(look, grid=False, format=",~s")
    scale = alt.Scale(zero=True, nice=False)
    x = alt.X("size:Q", title=size, axis=axis, scale=scale)
    y = alt.Y(
        "power:Q", title=None, scale=alt.Scale(domain=[0, 1]),
        axis=quiet_axis(look, grid=True, format=".0%"),
    )  # fmt: skip
    few = {"filled": True, "size": 50} if len(curve) <= FEW_SIZES else False
    line = alt.Chart(curve).mark_line(color=look.now, strokeWidth=2.5, point=few)
    layers = [line.encode(x=x, y=y)]
    aim = alt.Chart(pd.DataFrame({"power": [target]}))
    layers.append(aim.mark_rule(color=look.muted, strokeDash=[5, 4]).encode(y=y))
    if here is not None and math.isfinite(here):
        spot = alt.Chart(pd.DataFrame({"size": [here], "power": [target]}))
        layers.append(
            spot.mark_point(color=look.now, filled=True, size=110, opacity=1).encode(
                x=x, y=y
            )
        )
    return alt.layer(*layers).properties(height=230)


def _rows(frame: pd.DataFrame, look: Tokens, *, better: Better) -> pd.DataFrame:
    data = frame.copy()
    data["name"] = [_in_lines(shortened(label, limit=48)) for label in data["label"]]
    sign = 1.0 if better == "higher" else -1.0
    turned_rows = [
        dict(zip(("low", "high"), sorted((sign * low, sign * high)), strict=True))
        for low, high in zip(data["low"], data["high"], strict=True)
    ]
    data["colour"] = [colour_of(row, look) for row in turned_rows]
    return data


def _in_lines(name: str) -> str:
    """A name in two lines where it is long, so that the axis cuts nothing off."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in name)
    return "\n".join(textwrap.wrap(name, LINE if wide < len(name) / 2 else LINE // 2))


def _names_axis(look: Tokens) -> alt.Axis:
    axis = quiet_axis(look, grid=False)
    axis.labelExpr = "split(datum.label, '\\n')"
    return axis


def _marks(
    look: Tokens, *, better: Better, smallest: float, baseline: float | None
) -> Sequence[alt.Chart]:
    zero = alt.Chart(pd.DataFrame({"value": [0.0]}))
    found = [zero.mark_rule(color=look.muted).encode(x="value:Q")]
    if smallest:
        sign = 1.0 if better == "higher" else -1.0
        text = t("smallest that matters")
        mark = alt.Chart(pd.DataFrame({"value": [sign * smallest], "text": [text]}))
        mark = mark.encode(x="value:Q")
        found.append(mark.mark_rule(color=look.muted, strokeDash=[5, 4]))
        note = mark.mark_text(color=look.muted, fontSize=11)
        found.append(note.encode(y=alt.value(-8), text="text:N"))
    if baseline is not None and math.isfinite(baseline):
        line = alt.Chart(pd.DataFrame({"value": [baseline]}))
        found.append(
            line.mark_rule(color=look.before, strokeDash=[2, 3]).encode(x="value:Q")
        )
    return found


def _texts(base: alt.Chart) -> alt.Chart:
    text = base.mark_text(align="left", dx=8, dy=-9, fontSize=12)
    return text.encode(x=alt.X("value:Q"), text="shown:N")


def _number(value: object) -> float:
    return math.nan if value is None else float(value)  # type: ignore[arg-type]
