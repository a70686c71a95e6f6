"""A line over time: its interval or what was to be expected, and what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from ui.chart_axes import (
    Unit,
    from_zero,
    start_note,
    start_note_text,
    time_axis,
    value_axis,
)
from ui.chart_parts import (
    FITTED,
    PICK,
    WRITTEN,
    Chart,
    from_foot,
    renamed,
    tooltip,
    wall_clock,
    with_texts,
)
from ui.texts import t
from ui.tokens import Tokens, tokens

TREND_HEIGHT: Final = 260
FEW_POINTS: Final = 40
#: Pixels from one bar of what lasted to the next.
LANE: Final = 6


def trend(
    frame: pd.DataFrame,
    *,
    time: str,
    value: str,
    low: str | None = None,
    high: str | None = None,
    expected: tuple[str, str] | None = None,
    unusual: str | None = None,
    without: tuple[str, str] | None = None,
    before: str | None = None,
    sample: str | None = None,
    muted: str | None = None,
    target: float | None = None,
    events: pd.DataFrame | None = None,
    spans: pd.DataFrame | None = None,
    names: tuple[str, str] = ("", ""),
    axis: str = "",
    unit: Unit = "number",
    height: int = TREND_HEIGHT,
    pick: bool = False,
) -> Chart:
    """A line over time with a band.

    Args:
        frame: One row a point, in the order of time.
        time: Column of local times or dates, shown as they are in every browser.
        value: Column of the line.
        low: Column of the lower end of the interval.
        high: Column of the upper end.
        expected: Columns of the least and the most that was to be expected; they are
            the band where they are given, the interval is then in the tooltip.
        unusual: Column that is true where a value is not what was to be expected.
        without: Column that is true on steps of an incident, whose band is what was to
            be expected without it, and column of what was expected; both are drawn in
            their own colour.
        before: Column of the compared period, drawn in grey.
        sample: Column of the denominators, for the tooltip.
        muted: Column that is true where a value rests on too few: it becomes a grey
            mark at the foot of the chart, outside the line and the band.
        target: Value of the dashed target line.
        events: ``time`` and ``label`` of what happened, thin marks with a hover text;
            where ``holiday`` is true, fainter ones.
        spans: ``time``, ``until`` and ``label`` of what lasted, bars at the foot, each
            in its ``lane`` from 0 on.
        names: What the line and the grey line are, written above them.
        axis: What the axis counts: its unit and its denominator.
        unit: How values are written.
        height: Height of the chart in pixels, with its axis and the names above it.
        pick: Whether a click selects points; read their ``step`` from selection
            ``pick``, the place of the row in the frame.
    """
    look = tokens()
    least, most = expected or (None, None)
    inside, middle = without or (None, None)
    data = renamed(
        frame, time=time, value=value, low=low, high=high, before=before,
        sample=sample, muted=muted, least=least, most=most, unusual=unusual,
        without=inside, middle=middle,
    )  # fmt: skip
    times = time_axis(data["time"], look)
    data["time"] = wall_clock(data["time"])
    data["step"] = range(len(data))
    data = _without_muted(with_texts(data, unit=unit))
    base = alt.Chart(data).encode(x=alt.X("time:T", title=None, axis=times))
    zero = from_zero(data, target=target)
    y = value_axis(look, unit=unit, zero=zero)
    layers = _spans(look, spans)
    layers += _events(look, events)
    layers += _lines(base, look, y=y, data=data, pick=pick)
    if "muted" in data and data["muted"].any():
        layers.append(_feet(base, look, data=data))
    aim = ""
    if target is not None:
        layers.append(_target(look, target))
        aim = t("target {value}", value=WRITTEN[unit](target))
    note = axis if zero else start_note_text(axis)
    if note:
        layers.append(start_note(look, note))
    band = t("shaded: expected") if "least" in data else ""
    alone = t("shaded: expected without the incident") if without else ""
    layers.extend(_line_names(look, (*names, aim, band, alone)))
    return alt.layer(*layers).properties(height=height, autosize=FITTED)


def _lines(
    base: alt.Chart, look: Tokens, *, y: alt.Y, data: pd.DataFrame, pick: bool
) -> list[alt.Chart]:
    """The band, the line compared with and the line itself, from back to front."""
    layers: list[alt.Chart] = []
    if "least" in data:
        layers += _without(base, look, data, y=y)
        layers.append(_band(base, look.now, ("least", "most"), y=y))
    elif "low" in data and "high" in data:
        layers.append(_band(base, look.now, ("low", "high"), y=y))
    if "before" in data:
        earlier = base.mark_line(color=look.before, strokeWidth=1.5)
        layers.append(earlier.encode(y=alt.Y("before:Q", title=None, scale=y["scale"])))
    layers.append(base.mark_line(color=look.now, strokeWidth=2).encode(y=y))
    if "unusual" in data and data["unusual"].any():
        layers.append(_unusual(base, look, y=y))
    return [*layers, _points(base, look, y=y, data=data, pick=pick)]


def _without(
    base: alt.Chart, look: Tokens, data: pd.DataFrame, *, y: alt.Y
) -> list[alt.Chart]:
    """What was expected without an incident, from the step before it on."""
    if "without" not in data or not data["without"].any():
        return []
    inside = data["without"].astype(bool)
    shown = inside | inside.shift(-1, fill_value=False)
    usual = ~inside | ~inside.shift(-1, fill_value=True)
    for name in ("least", "most"):
        data[f"{name}_without"] = data[name].where(shown)
        data[name] = data[name].where(usual)
    data["middle"] = data["middle"].where(shown)
    band = _band(base, look.attention, ("least_without", "most_without"), y=y)
    line = base.mark_line(color=look.attention, strokeWidth=1.5, strokeDash=[4, 3])
    middle = alt.Y("middle:Q", title=None, scale=y["scale"])
    return [band, line.encode(y=middle)]


def _band(
    base: alt.Chart, colour: str, ends: tuple[str, str], *, y: alt.Y
) -> alt.Chart:
    area = base.mark_area(color=colour, opacity=0.14)
    low = alt.Y(f"{ends[0]}:Q", title=None, scale=y["scale"])
    return area.encode(y=low, y2=ends[1])


def _unusual(base: alt.Chart, look: Tokens, *, y: alt.Y) -> alt.Chart:
    """A ring around what was not to be expected; its shape tells it without colour."""
    rings = base.transform_filter("datum.unusual").mark_point(
        color=look.attention, shape="diamond", size=170, strokeWidth=2, filled=False
    )
    return rings.encode(y=y)


def _points(
    base: alt.Chart, look: Tokens, *, y: alt.Y, data: pd.DataFrame, pick: bool
) -> alt.Chart:
    """Points to hover and to click; seen only under the pointer, unless few."""
    opacity = 1.0 if len(data) <= FEW_POINTS else 0.0
    dots = base.mark_point(color=look.now, filled=True, size=36, opacity=opacity)
    dots = dots.encode(y=y, tooltip=tooltip(data))
    if not pick:
        return dots
    return dots.add_params(alt.selection_point(name=PICK, fields=["step"]))


def _events(look: Tokens, events: pd.DataFrame | None) -> list[alt.Chart]:
    """Thin marks behind the line, each with a small flag at the foot to hover."""
    if events is None or events.empty:
        return []
    data = renamed(events, time="time", label="label")
    data["time"] = wall_clock(data["time"])
    data["holiday"] = events["holiday"].to_numpy() if "holiday" in events else False
    base = alt.Chart(data).encode(
        x=alt.X("time:T", title=None), tooltip=[alt.Tooltip("label:N", title="")]
    )
    usual = alt.datum.holiday
    lines = base.mark_rule(color=look.muted, strokeWidth=1).encode(
        opacity=alt.condition(usual, alt.value(0.3), alt.value(0.55)),
        strokeDash=alt.condition(usual, alt.value([2, 3]), alt.value([1, 0])),
    )
    flags = base.mark_point(color=look.muted, filled=True, size=70, opacity=1).encode(
        y=alt.value("height"),
        shape=alt.condition(usual, alt.value("circle"), alt.value("triangle-up")),
    )
    return [lines, flags]


def _spans(look: Tokens, spans: pd.DataFrame | None) -> list[alt.Chart]:
    """How long things lasted: bars in lanes at the foot."""
    if spans is None or spans.empty:
        return []
    data = renamed(spans, time="time", until="until", label="label", lane="lane")
    for name in ("time", "until"):
        data[name] = wall_clock(data[name])
    rule = alt.Chart(data).mark_rule(color=look.attention, strokeWidth=3, opacity=0.5)
    told = [alt.Tooltip("label:N", title="")]
    times = {"x": alt.X("time:T", title=None), "x2": "until:T"}
    return [
        rule.transform_filter(alt.datum.lane == lane).encode(
            y=from_foot(3 + LANE * lane), tooltip=told, **times
        )
        for lane in sorted(set(data["lane"]))
    ]


def _target(look: Tokens, target: float) -> alt.Chart:
    base = alt.Chart(pd.DataFrame({"value": [target]}))
    line = base.mark_rule(color=look.muted, strokeDash=[5, 4])
    return line.encode(y=alt.Y("value:Q", title=None))


def _without_muted(data: pd.DataFrame) -> pd.DataFrame:
    """Values that rest on too few leave the line and the band."""
    if "muted" not in data:
        return data
    names = [name for name in ("value", "low", "high") if name in data]
    data[names] = data[names].mask(data["muted"].astype(bool), axis=0)
    return data


def _line_names(look: Tokens, names: Sequence[str]) -> list[alt.Chart]:
    """What the lines are, at the upper right, in their colours; the dashed one last."""
    now, before, target, band, alone = names
    told = [
        (text, colour)
        for text, colour in (
            (now, look.now),
            (before, look.before),
            (f"┄ {target}" if target else "", look.muted),
            (band, look.muted),
            (alone, look.attention),
        )
        if text
    ]
    return [
        alt.Chart(pd.DataFrame({"text": [text]}))
        .mark_text(color=colour, align="right", fontSize=11)
        .encode(x=alt.value("width"), y=alt.value(place), text="text:N")
        for (text, colour), place in zip(
            reversed(told), (-8, -22, -36, -50, -64), strict=False
        )
    ]


def _feet(base: alt.Chart, look: Tokens, *, data: pd.DataFrame) -> alt.Chart:
    """Grey marks at the foot where too few orders are."""
    few = base.transform_filter("datum.muted")
    marks = few.mark_point(color=look.before, filled=True, size=28, shape="square")
    return marks.encode(y=from_foot(5), tooltip=tooltip(data))
