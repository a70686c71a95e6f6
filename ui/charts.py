"""A small vocabulary of charts: a trend with its band, bars with intervals, a spark.

Every function renames its columns to fixed ones, since Altair reads ``:`` and ``.`` in
a column name as syntax, and takes its colours from the tokens. The texts in tooltips
are written by ``ui.format``, so that they follow the language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from analysis.errors import InvalidInput
from analysis.words import N_
from ui import format as written
from ui.chart_axes import (
    AXIS_FORMATS,
    Unit,
    from_zero,
    quiet_axis,
    start_note,
    time_axis,
    value_axis,
)
from ui.show import shortened
from ui.texts import t
from ui.tokens import Tokens, tokens

Chart = alt.Chart | alt.LayerChart | alt.FacetChart

#: Name of the selection that a click on a bar makes, for ``on_select``.
PICK: Final = "pick"
MAX_BARS: Final = 12
TREND_HEIGHT: Final = 260
BAR_HEIGHT: Final = 24
SPARK_HEIGHT: Final = 40
EXPORT_WIDTH: Final = 900
FEW_POINTS: Final = 40
#: Minutes below this have a digit after the point.
HUNDRED: Final = 100
_WRITTEN: Final[dict[Unit, Callable[[Any], str]]] = {
    "number": written.number,
    "percent": written.percent,
    "minutes": lambda value: written.minutes(value, digits=int(abs(value) < HUNDRED)),
    "decimal": lambda value: written.number(value, digits=2),
}


def trend(
    frame: pd.DataFrame,
    *,
    time: str,
    value: str,
    low: str | None = None,
    high: str | None = None,
    before: str | None = None,
    sample: str | None = None,
    muted: str | None = None,
    target: float | None = None,
    names: tuple[str, str] = ("", ""),
    unit: Unit = "number",
    height: int = TREND_HEIGHT,
) -> Chart:
    """A line over time with its interval as a band.

    Args:
        frame: One row a point, in the order of time.
        time: Column of local times or dates, shown as they are in every browser.
        value: Column of the line.
        low: Column of the lower end of the interval.
        high: Column of the upper end.
        before: Column of the compared period, drawn in grey.
        sample: Column of the denominators, for the tooltip.
        muted: Column that is true where a value rests on too few: it becomes a grey
            mark at the foot of the chart, outside the line and the band.
        target: Value of the dashed target line.
        names: What the line and the grey line are, written above them.
        unit: How values are written.
        height: Height of the plot in pixels.
    """
    look = tokens()
    data = _renamed(
        frame, time=time, value=value, low=low, high=high, before=before,
        sample=sample, muted=muted,
    )  # fmt: skip
    times = time_axis(data["time"], look)
    data["time"] = _wall_clock(data["time"])
    data = _without_muted(_with_texts(data, unit=unit))
    base = alt.Chart(data).encode(x=alt.X("time:T", title=None, axis=times))
    zero = from_zero(data, target=target)
    y = value_axis(look, unit=unit, zero=zero)
    layers = _lines(base, look, y=y, data=data)
    if "muted" in data and data["muted"].any():
        layers.append(_feet(base, look, data=data, height=height))
    aim = ""
    if target is not None:
        layers.append(_target(look, target))
        aim = t("target {value}", value=_WRITTEN[unit](target))
    if not zero:
        layers.append(start_note(look))
    layers.extend(_line_names(look, (*names, aim)))
    # Only the width is fitted: the names above the plot would shrink its height.
    fitted = alt.AutoSizeParams(type="fit-x", contains="padding")
    return alt.layer(*layers).properties(height=height, autosize=fitted)


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
    reference: float | None = None,
    unit: Unit = "number",
    pick: bool = False,
    step: int = BAR_HEIGHT,
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
        reference: Value of a dashed line, such as that of all bars together.
        unit: How values are written.
        pick: Whether a click selects bars; read it as selection ``pick``.
        step: Height of a bar with its gap, in pixels.
    """
    look = tokens()
    data = _renamed(
        frame.head(MAX_BARS + 1), label=label, value=value, low=low, high=high,
        sample=sample, muted=muted, note=note,
    )  # fmt: skip
    data["name"] = data["label"].map(lambda name: shortened(name, limit=40))
    data = _with_texts(data, unit=unit)
    base = alt.Chart(data).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=quiet_axis(look, grid=False))
    )
    x = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=True),
        axis=quiet_axis(look, grid=True, format=AXIS_FORMATS[unit]),
    )
    layers = [_bar(base.encode(x=x), look, data=data, pick=pick)]
    if reference is not None:
        layers.extend(_reference(look, reference, unit=unit))
    if low and high:
        rule = base.mark_rule(color=look.text, strokeWidth=1.2, opacity=0.75)
        layers.append(rule.encode(x=alt.X("low:Q", title=None), x2="high"))
    layers.append(_bar_texts(base, look, data=data))
    return alt.layer(*layers).properties(height=alt.Step(step))


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
    data = _with_texts(data, unit=unit)
    if len(times):
        data["time"] = _wall_clock(pd.Series(times))
    base = alt.Chart(data).encode(
        x=alt.X("step:Q", axis=None),
        y=alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False)),
        tooltip=_tooltip(data),
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


def _renamed(frame: pd.DataFrame, **columns: str | None) -> pd.DataFrame:
    """The columns asked for under fixed names: a file may call its columns anything."""
    return pd.DataFrame(
        {
            name: frame[column].to_numpy()
            for name, column in columns.items()
            if column is not None
        }
    )


def _wall_clock(times: pd.Series) -> pd.Series:
    """Local times as text without a zone, which every browser reads as written."""
    return pd.to_datetime(times).dt.strftime("%Y-%m-%dT%H:%M:%S")


def _with_texts(data: pd.DataFrame, *, unit: Unit) -> pd.DataFrame:
    """Columns with the values as the language writes them."""
    write = _WRITTEN[unit]
    data["shown"] = data["value"].map(write)
    if "low" in data and "high" in data:
        ends = zip(data["low"], data["high"], strict=True)
        data["range"] = [written.interval(write(a), write(b)) for a, b in ends]
    if "before" in data:
        data["earlier"] = data["before"].map(write)
    if "sample" in data:
        data["rows"] = data["sample"].map(written.number)
    return data


def _tooltip(data: pd.DataFrame) -> list[alt.Tooltip]:
    titles = {
        "name": "",
        "shown": t("Value"),
        "range": t("95 % interval"),
        "earlier": t("Before"),
        "rows": "n",
    }
    found = [alt.Tooltip(f"{c}:N", title=n) for c, n in titles.items() if c in data]
    if "time" in data:
        found.insert(0, alt.Tooltip("time:T", title=t("Time"), format="%Y-%m-%d %H:%M"))
    return found


def _points(
    base: alt.Chart, look: Tokens, *, y: alt.Y, data: pd.DataFrame
) -> alt.Chart:
    """Points to hover; drawn only under the pointer, unless there are few."""
    opacity = 1.0 if len(data) <= FEW_POINTS else 0.0
    dots = base.mark_point(color=look.now, filled=True, size=36, opacity=opacity)
    return dots.encode(y=y, tooltip=_tooltip(data))


def _lines(
    base: alt.Chart, look: Tokens, *, y: alt.Y, data: pd.DataFrame
) -> list[alt.Chart]:
    """The band, the line compared with and the line itself, from back to front."""
    layers: list[alt.Chart] = []
    if "low" in data and "high" in data:
        band = base.mark_area(color=look.now, opacity=0.14)
        ends = alt.Y("low:Q", title=None, scale=y["scale"])
        layers.append(band.encode(y=ends, y2="high"))
    if "before" in data:
        earlier = base.mark_line(color=look.before, strokeWidth=1.5)
        layers.append(earlier.encode(y=alt.Y("before:Q", title=None, scale=y["scale"])))
    layers.append(base.mark_line(color=look.now, strokeWidth=2).encode(y=y))
    return [*layers, _points(base, look, y=y, data=data)]


def _bar(base: alt.Chart, look: Tokens, *, data: pd.DataFrame, pick: bool) -> alt.Chart:
    """The bars alone; a click picks one where that is asked for."""
    bar = base.mark_bar(color=look.now, height={"band": 0.62}, cornerRadiusEnd=2)
    bar = bar.encode(tooltip=_tooltip(data))
    if "muted" in data:
        grey = alt.condition("datum.muted", alt.value(look.before), alt.value(look.now))
        bar = bar.encode(color=grey)
    if not pick:
        return bar
    chosen = alt.selection_point(name=PICK, fields=["label"])
    shade = alt.condition(chosen, alt.value(1.0), alt.value(0.35))
    return bar.encode(opacity=shade).add_params(chosen)


def _target(look: Tokens, target: float) -> alt.Chart:
    base = alt.Chart(pd.DataFrame({"value": [target]}))
    line = base.mark_rule(color=look.muted, strokeDash=[5, 4])
    return line.encode(y=alt.Y("value:Q", title=None))


def _bar_texts(base: alt.Chart, look: Tokens, *, data: pd.DataFrame) -> alt.Chart:
    """Values beside the bars, behind the interval where there is one."""
    ends = [name for name in ("value", "high") if name in data]
    data["end"] = data[ends].max(axis=1).fillna(0)
    text = base.mark_text(color=look.text, align="left", dx=6, fontSize=12)
    if "muted" in data:
        grey = alt.condition("datum.muted", alt.value(look.muted), alt.value(look.text))
        text = text.encode(color=grey)
    shown = "note" if "note" in data else "shown"
    return text.encode(x=alt.X("end:Q", title=None), text=f"{shown}:N")


def _reference(look: Tokens, value: float, *, unit: Unit) -> list[alt.Chart]:
    text = t("all {value}", value=_WRITTEN[unit](value))
    base = alt.Chart(pd.DataFrame({"value": [value], "text": [text]}))
    base = base.encode(x=alt.X("value:Q", title=None))
    note = base.mark_text(color=look.muted, fontSize=11)
    return [
        base.mark_rule(color=look.muted, strokeDash=[2, 3]),
        note.encode(y=alt.value(-8), text="text:N"),
    ]


def _without_muted(data: pd.DataFrame) -> pd.DataFrame:
    """Values that rest on too few leave the line and the band."""
    if "muted" not in data:
        return data
    names = [name for name in ("value", "low", "high") if name in data]
    data[names] = data[names].mask(data["muted"].astype(bool), axis=0)
    return data


def _line_names(look: Tokens, names: tuple[str, str, str]) -> list[alt.Chart]:
    """What the lines are, at the upper right, in their colours; the dashed one last."""
    now, before, target = names
    told = [
        (text, colour)
        for text, colour in (
            (now, look.now),
            (before, look.before),
            (f"┄ {target}" if target else "", look.muted),
        )
        if text
    ]
    return [
        alt.Chart(pd.DataFrame({"text": [text]}))
        .mark_text(color=colour, align="right", fontSize=11)
        .encode(x=alt.value("width"), y=alt.value(place), text="text:N")
        for (text, colour), place in zip(reversed(told), (-8, -22, -36), strict=False)
    ]


def _feet(
    base: alt.Chart, look: Tokens, *, data: pd.DataFrame, height: int
) -> alt.Chart:
    """Grey marks at the foot where too few orders are."""
    few = base.transform_filter("datum.muted")
    marks = few.mark_point(color=look.before, filled=True, size=28, shape="square")
    return marks.encode(y=alt.value(height - 5), tooltip=_tooltip(data))
