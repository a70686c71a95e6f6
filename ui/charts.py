"""A small vocabulary of charts: a trend with its band, bars with intervals, a spark.

Every function renames its columns to fixed ones, since Altair reads ``:`` and ``.`` in
a column name as syntax, and takes its colours from the tokens. The texts in tooltips
are written by ``ui.format``, so that they follow the language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from analysis.errors import InvalidInput
from analysis.words import N_
from ui.chart_axes import AXIS_FORMATS, Unit, quiet_axis
from ui.chart_parts import (
    FITTED,
    PICK,
    WRITTEN,
    Chart,
    renamed,
    tooltip,
    wall_clock,
    with_texts,
)
from ui.chart_trend import trend
from ui.show import shortened
from ui.texts import t
from ui.tokens import Tokens, tokens

__all__ = ["PICK", "Chart", "bars", "spark", "standalone", "trend"]

MAX_BARS: Final = 12
BAR_HEIGHT: Final = 24
#: Pixels that the axis, its title and a text above the plot take.
ROOM_BELOW: Final = 40
ROOM_TITLE: Final = 20
ROOM_ABOVE: Final = 16
SPARK_HEIGHT: Final = 40
#: Bars have about so many pixels where the page is narrow.
NARROW_PLOT: Final = 240
#: Lines of an axis of shares that has room beyond all of them for texts.
WHOLE_SHARES: Final = [0, 0.2, 0.4, 0.6, 0.8, 1]
EXPORT_WIDTH: Final = 900
#: Letters after this one are as wide as they are high.
_LAST_NARROW: Final = 0x1FFF
#: Before the names of bars that are part of the one above.
_INDENT: Final = "\N{EM SPACE}"


def bars(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    low: str | None = None,
    high: str | None = None,
    sample: str | None = None,
    muted: str | None = None,
    note: str | None = None,
    ring: str | None = None,
    reference: float | None = None,
    unit: Unit = "number",
    axis: str = "",
    pick: bool = False,
    step: int = BAR_HEIGHT,
    most: int = MAX_BARS + 1,
) -> Chart:
    """Horizontal bars from 0 with their value written beside and the interval on top.

    Args:
        frame: One row a bar, in the order in which they are drawn, ``MAX_BARS`` and
            one for the rest shown.
        label: Column of the names.
        value: Column of the lengths.
        low: Column of the lower end of the interval.
        high: Column of the upper end.
        sample: Column of the denominators, for the tooltip.
        muted: Column that is true where a bar is drawn in grey: too few, or the rest.
        note: Column of the texts beside the bars; their values if None.
        ring: Column of other values of the same bars, such as plans, drawn as rings.
        reference: Value of a dashed line, such as that of all bars together.
        unit: How values are written.
        axis: What the axis counts: its unit and its denominator.
        pick: Whether a click selects bars; read it as selection ``pick``.
        step: Height of a bar with its gap, in pixels.
        most: Rows of the frame that are drawn.
    """
    look = tokens()
    data = renamed(
        frame.head(most), label=label, value=value, low=low, high=high,
        sample=sample, muted=muted, note=note, ring=ring,
    )  # fmt: skip
    data["name"] = data["label"].map(_indented)
    data = with_texts(data, unit=unit)
    names = quiet_axis(look, grid=False)
    if data["name"].str.startswith(_INDENT).any():
        names.labelAlign = "left"
        names.labelPadding = max(text_width(name) for name in data["name"])
    base = alt.Chart(data).encode(y=alt.Y("name:N", title=None, sort=None, axis=names))
    head = axis or None
    end = _with_room(data, reference)
    lines = quiet_axis(look, grid=True, format=AXIS_FORMATS[unit])
    if unit == "percent" and data["end"].max() <= 1 < end:
        lines.values = WHOLE_SHARES
    scale = alt.Scale(zero=True, domainMax=end or alt.Undefined)
    x = alt.X("value:Q", title=head, scale=scale, axis=lines)
    layers = [_bar(base.encode(x=x), look, data=data, pick=pick)]
    if reference is not None:
        layers.extend(_reference(look, reference, unit=unit, head=head))
    if low and high:
        rule = base.mark_rule(color=look.text, strokeWidth=1.2, opacity=0.75)
        layers.append(rule.encode(x=alt.X("low:Q", title=head), x2="high"))
    if ring:
        rings = base.mark_point(color=look.text, size=46, filled=False, strokeWidth=1.4)
        layers.append(rings.encode(x=alt.X("ring:Q", title=head)))
    layers.append(_bar_texts(base, look, data=data, head=head))
    room = ROOM_BELOW + ROOM_TITLE * bool(head) + ROOM_ABOVE * (reference is not None)
    height = room + step * data["name"].nunique()
    return alt.layer(*layers).properties(height=height, autosize=FITTED)


def spark(
    values: Sequence[float | None], *, times: Sequence[Any] = (), unit: Unit = "number"
) -> alt.Chart:
    """A line without axes, for a card.

    Args:
        values: One a point; a gap where there is none.
        times: When each point is, for the tooltip.
        unit: How values are written.
    """
    look = tokens()
    data = pd.DataFrame({"step": range(len(values)), "value": list(values)})
    data = with_texts(data, unit=unit)
    if len(times):
        data["time"] = wall_clock(pd.Series(times))
    base = alt.Chart(data).encode(
        x=alt.X("step:Q", axis=None),
        y=alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False)),
        tooltip=tooltip(data),
    )
    line = base.mark_line(color=look.now, strokeWidth=1.5)
    tight = {"left": 0, "right": 0, "top": 3, "bottom": 3}
    return line.properties(height=SPARK_HEIGHT, padding=tight)


def standalone(chart: Chart, *, title: str) -> dict[str, Any]:
    """The specification of a chart with its own surface, fonts and title, for export.

    Raises:
        InvalidInput: if it has more points than a picture holds.
    """
    look = tokens()
    dressed = (
        chart.properties(width=EXPORT_WIDTH, title=shortened(title))
        .configure(background=look.surface, padding=16)
        .configure_view(strokeWidth=0)
        .configure_title(color=look.text, anchor="start", fontSize=14)
    )
    try:
        return dressed.to_dict()
    except alt.MaxRowsError as error:
        raise InvalidInput(
            N_("The chart has too many points for a picture."),
            hint=N_("Download its table instead."),
        ) from error


def text_width(text: str) -> int:
    """About how many pixels a label of an axis takes."""
    return 8 + round(
        sum(12.2 if ord(letter) > _LAST_NARROW else 6.1 for letter in text)
    )


def _indented(label: object) -> str:
    """A printable name that keeps the blanks before it, which show its level."""
    text = str(label)
    depth = len(text) - len(text.lstrip(_INDENT))
    return _INDENT * depth + shortened(text, limit=40)


def _bar(base: alt.Chart, look: Tokens, *, data: pd.DataFrame, pick: bool) -> alt.Chart:
    """The bars alone; a click picks one where that is asked for."""
    bar = base.mark_bar(color=look.now, height={"band": 0.62}, cornerRadiusEnd=2)
    bar = bar.encode(tooltip=tooltip(data))
    if "muted" in data:
        grey = alt.condition("datum.muted", alt.value(look.before), alt.value(look.now))
        bar = bar.encode(color=grey)
    if not pick:
        return bar
    chosen = alt.selection_point(name=PICK, fields=["label"])
    shade = alt.condition(chosen, alt.value(1.0), alt.value(0.35))
    return bar.encode(opacity=shade).add_params(chosen)


def _with_room(data: pd.DataFrame, reference: float | None) -> float:
    """Where the axis ends so that the text beside the longest bar is not cut off.

    0 where every bar is empty.
    """
    ends = [name for name in ("value", "high", "ring") if name in data]
    data["end"] = data[ends].max(axis=1).fillna(0)
    texts = data["note" if "note" in data else "shown"].map(text_width)
    room = 1 + texts / NARROW_PLOT
    return max(float((data["end"] * room).max()), reference or 0.0, 0.0)


def _bar_texts(
    base: alt.Chart, look: Tokens, *, data: pd.DataFrame, head: str | None
) -> alt.Chart:
    """Values beside the bars, behind the interval where there is one."""
    dx = 12 if "ring" in data else 6
    text = base.mark_text(color=look.text, align="left", dx=dx, fontSize=12)
    if "muted" in data:
        grey = alt.condition("datum.muted", alt.value(look.muted), alt.value(look.text))
        text = text.encode(color=grey)
    shown = "note" if "note" in data else "shown"
    return text.encode(x=alt.X("end:Q", title=head), text=f"{shown}:N")


def _reference(
    look: Tokens, value: float, *, unit: Unit, head: str | None
) -> list[alt.Chart]:
    text = t("all {value}", value=WRITTEN[unit](value))
    base = alt.Chart(pd.DataFrame({"value": [value], "text": [text]}))
    base = base.encode(x=alt.X("value:Q", title=head))
    note = base.mark_text(color=look.muted, fontSize=11)
    return [
        base.mark_rule(color=look.muted, strokeDash=[2, 3]),
        note.encode(y=alt.value(-8), text="text:N"),
    ]
