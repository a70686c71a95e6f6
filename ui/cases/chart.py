"""The timeline of a case: its stages on one clock, beside plan and peers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from analysis.cases.moments import StageLine, Timeline
from analysis.orders.schema import load_fields
from ui import cached, charts
from ui.cases import place, talk, words
from ui.cases.evidence import CaseFile
from ui.cases.view import Desk
from ui.chart_axes import quiet_axis
from ui.format import day as written_day
from ui.format import minutes, number
from ui.kpis.axes import axes_of
from ui.show import plain
from ui.texts import language, t
from ui.tokens import Tokens, tokens

ROW: Final = 36
TOP: Final = 30
LABEL_WIDTH: Final = 190
#: Room to both sides of what happened, as a share of it.
MARGIN: Final = 0.04
#: Marks closer than this share of the axis share one sign.
CLOSE: Final = 0.045
MAX_ADDS: Final = 4
#: What kind of order it is, in the line above the chart.
_FACTS: Final = (
    "city", "zone", "merchant_type", "category", "capacity_type", "vehicle", "weather",
)  # fmt: skip
_CLOCK: Final = "%Y-%m-%dT%H:%M:%S"


def timeline(
    found: Timeline, *, numbers: Sequence[tuple[int, datetime]]
) -> charts.Chart:
    """The stages as bars on one clock, the time over plan in the colour of its party.

    Args:
        found: The order; it needs two milestones at least.
        numbers: Numbers of what was said and done, with their moments (naive UTC), as
            the list beside the chart gives them.
    """
    look = tokens()
    axis = _Axis(found, [moment for _, moment in numbers])
    order = [words.stage(line.name) for line in found.stages]
    bars = _bars(found, axis)
    y = alt.Y("stage:N", sort=order, title=None, axis=_stage_axis(found, look),
        scale=alt.Scale(domain=[*order, *([_SAID()] if numbers else [])]))  # fmt: skip
    layers = [
        _promise(found, axis, look),
        _peers(found, axis, look, y),
        _stages(bars, axis, y),
        _plans(found, axis, look, y),
        _said(numbers, axis, look, y),
    ]
    height = ROW * (len(order) + bool(numbers))
    drawn = alt.layer(*(item for layer in layers for item in layer))
    fitted = alt.AutoSizeParams(type="fit-x", contains="padding")
    return drawn.properties(height=height, autosize=fitted)


class _Axis:
    """The clock: local times of the place, from just before to just after."""

    def __init__(self, found: Timeline, marks: Sequence[datetime]) -> None:
        self._zone = found.timezone
        ends = [line.end for line in found.stages]
        known = [found.promised_at, found.delivered_at, found.cancelled_at, *ends]
        first = found.stages[0].start
        last = max(moment for moment in [first, *known] if moment is not None)
        near = [mark for mark in marks if mark <= last + (last - first) / 4]
        last = max([last, *near])
        room = max((last - first) * MARGIN, timedelta(minutes=1))
        self.first, self.last = first - room, last + room

    def at(self, moment: datetime) -> str:
        """A moment as local time, inside the picture."""
        inside = min(max(moment, self.first), self.last)
        return words.local(inside, self._zone).strftime(_CLOCK)

    def x(self, field: str, look: Tokens | None = None) -> alt.X:
        """The channel of one end of a mark."""
        ends = [self.at(self.first), self.at(self.last)]
        axis = quiet_axis(look or tokens(), grid=True, format="%H:%M")
        axis.tickCount = 6
        scale = alt.Scale(domain=ends, nice=False)
        return alt.X(f"{field}:T", title=None, axis=axis, scale=scale)


def _SAID() -> str:  # noqa: N802 - a text that is only known in a session
    return t("Said and done")


def _stage_axis(found: Timeline, look: Tokens) -> alt.Axis:
    """Stage names with their minutes, plan and peers in a second line."""
    axis = quiet_axis(look, grid=False)
    second = {words.stage(line.name): told(line) for line in found.stages}
    cases = "".join(
        f"datum.value === {_quoted(name)} ? [{_quoted(name)}, {_quoted(text)}] : "
        for name, text in second.items()
    )
    axis.labelExpr = f"{cases}datum.value"
    axis.labelAlign = "left"
    axis.labelPadding = LABEL_WIDTH
    axis.labelLimit = LABEL_WIDTH
    axis.labelFontSize = 11
    axis.minExtent = LABEL_WIDTH
    axis.domain = False
    return axis


def told(line: StageLine) -> str:
    """A stage in one line: minutes, plan, and what peers take."""
    parts = [minutes(line.minutes, digits=_digits(line.minutes))]
    if line.planned is not None:
        parts.append(t("plan {minutes}", minutes=number(line.planned)))
    if line.p10 is not None and line.p90 is not None:
        parts.append(
            t("usual {low}–{high}, n {n}", low=number(line.p10),
                high=number(line.p90), n=number(line.n))
        )  # fmt: skip
    return " · ".join(parts)


def _digits(value: float) -> int:
    return int(abs(value) < 9.95)  # noqa: PLR2004 - two figures are enough


def _bars(found: Timeline, axis: _Axis) -> pd.DataFrame:
    """Each stage as its time in plan, then its time over plan by party."""
    rows = []
    for line in found.stages:
        gaps = {name: gap for name, gap in line.gap_by_party.items() if gap > 0}
        end = line.end - timedelta(minutes=sum(gaps.values()))
        rows.append(_piece(line, line.start, max(end, line.start), "", axis))
        for name, gap in gaps.items():
            begin, end = end, end + timedelta(minutes=gap)
            rows.append(_piece(line, begin, end, name, axis, gap=gap))
    return pd.DataFrame(rows)


def _piece(
    line: StageLine,
    start: datetime,
    end: datetime,
    party: str,
    axis: _Axis,
    *,
    gap: float = 0.0,
) -> dict[str, object]:
    over = t("{minutes} over plan: {party}", minutes=minutes(gap, digits=1),
        party=words.party(party)) if party else ""  # fmt: skip
    return {
        "stage": words.stage(line.name),
        "start": axis.at(start),
        "end": axis.at(end),
        "colour": words.colour(party) if party else tokens().before,
        "note": over or told(line),
        "text": f"{words.party(party)} +{number(gap)}" if party and gap >= 1 else "",
        "is_gap": bool(party),
    }


def _stages(bars: pd.DataFrame, axis: _Axis, y: alt.Y) -> list[alt.Chart]:
    base = alt.Chart(bars).encode(
        y=y,
        x=axis.x("start"),
        x2="end",
        tooltip=[
            alt.Tooltip("stage:N", title=""),
            alt.Tooltip("note:N", title=""),
            alt.Tooltip("start:T", title=t("from"), format="%H:%M:%S"),
            alt.Tooltip("end:T", title=t("to"), format="%H:%M:%S"),
        ],
    )
    colour = alt.Color("colour:N", scale=None, legend=None)
    opacity = alt.condition("datum.is_gap", alt.value(1.0), alt.value(0.45))
    bar = base.mark_bar(size=13, yOffset=-6, cornerRadius=2)
    text = alt.Chart(bars).mark_text(align="left", dx=4, dy=-6, fontSize=11)
    return [
        bar.encode(color=colour, opacity=opacity),
        text.encode(y=y, x=axis.x("end"), text="text:N", color=colour),
    ]


def _peers(found: Timeline, axis: _Axis, look: Tokens, y: alt.Y) -> list[alt.Chart]:
    """What comparable orders took, from the same start, as a thin band."""
    rows = [
        {
            "stage": words.stage(line.name),
            "low": axis.at(line.start + timedelta(minutes=line.p10)),
            "high": axis.at(line.start + timedelta(minutes=line.p90)),
            "note": told(line),
        }
        for line in found.stages
        if line.p10 is not None and line.p90 is not None
    ]
    if not rows:
        return []
    base = alt.Chart(pd.DataFrame(rows)).encode(y=y)
    band = base.mark_bar(size=4, yOffset=8, color=look.muted, opacity=0.55)
    tip = alt.Tooltip("note:N", title=t("Comparable orders"))
    return [band.encode(x=axis.x("low"), x2="high", tooltip=tip)]


def _plans(found: Timeline, axis: _Axis, look: Tokens, y: alt.Y) -> list[alt.Chart]:
    """Where each milestone was planned to be, as a short dark stroke."""
    planned = {item.name: item.planned for item in found.milestones}
    ends = {line.name: _end_of(found, line) for line in found.stages}
    rows = [
        {"stage": words.stage(line.name), "at": axis.at(moment)}
        for line in found.stages
        if (moment := planned.get(ends[line.name])) is not None
    ]
    if not rows:
        return []
    tick = alt.Chart(pd.DataFrame(rows)).mark_tick(
        color=look.text, thickness=2, size=20, yOffset=-6
    )
    tip = alt.Tooltip("at:T", title=t("Planned end"), format="%H:%M")
    return [tick.encode(y=y, x=axis.x("at"), tooltip=tip)]


def _end_of(found: Timeline, line: StageLine) -> str:
    """The milestone that a stage ends at."""
    return next((item.name for item in found.milestones if item.at == line.end), "")


def _promise(found: Timeline, axis: _Axis, look: Tokens) -> list[alt.Chart]:
    """The promise and what came of it, as lines through all stages."""
    rows = [
        (found.promised_at, t("promised"), look.text, [5, 3]),
        (found.cancelled_at, t("cancelled"), look.attention, [1, 0]),
    ]
    drawn: list[alt.Chart] = []
    for moment, name, colour, dash in rows:
        if moment is not None:
            text = f"{name} {words.clock(moment, found.timezone)}"
            base = alt.Chart(pd.DataFrame([{"at": axis.at(moment), "text": text}]))
            rule = base.mark_rule(color=colour, strokeDash=dash, strokeWidth=1.5)
            label = base.mark_text(color=colour, align="center", fontSize=11, dy=-8)
            x = axis.x("at")
            drawn += [
                rule.encode(x=x),
                label.encode(x=x, y=alt.value(0), text="text:N"),
            ]
    return drawn


def _said(
    numbers: Sequence[tuple[int, datetime]], axis: _Axis, look: Tokens, y: alt.Y
) -> list[alt.Chart]:
    """Numbers of what was said and done, as the list gives them."""
    if not numbers:
        return []
    rows = [
        {"stage": _SAID(), "at": axis.at(at), "text": text}
        for at, text in together(numbers, axis.first, axis.last)
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(y=y, x=axis.x("at"))
    dot = base.mark_point(
        filled=True, size=320, color=look.surface, stroke=look.now, strokeWidth=1.5
    )
    return [dot, base.mark_text(fontSize=10, color=look.text).encode(text="text:N")]


def together(
    numbers: Sequence[tuple[int, datetime]], first: datetime, last: datetime
) -> list[tuple[datetime, str]]:
    """Numbers that would lie on one another, as one: moment and text, such as 2–4."""
    near = (last - first) * CLOSE
    groups: list[list[tuple[int, datetime]]] = []
    for name, at in sorted(numbers, key=lambda item: item[1]):
        inside = min(max(at, first), last)
        if groups and inside - groups[-1][0][1] < near:
            groups[-1].append((name, inside))
        else:
            groups.append([(name, inside)])
    return [(group[0][1], _range([place for place, _ in group])) for group in groups]


def _range(places: Sequence[int]) -> str:
    return str(places[0]) if len(places) == 1 else f"{min(places)}–{max(places)}"


def _quoted(text: str) -> str:
    """A text as a literal of the expression language of charts."""
    safe = text.replace("\\", " ").replace('"', "'")
    return f'"{safe}"'


def panel(desk: Desk, file: CaseFile) -> None:
    """The timeline with its grounds; where little is known, what would add to it."""
    found = file.timeline
    st.markdown(f":small[{facts(found)}]")
    if found.stages:
        st.altair_chart(
            timeline(found, numbers=talk.numbers(found)),
            width="stretch",
            alt=takeaway(file),
            key=f"cases_timeline_{desk.id}",
        )
        st.markdown(f":small[:gray[{_legend(desk, found)}]]")
    else:
        st.info(
            t("Fewer than two milestones are known of this order."),
            icon=":material/timeline:",
        )
    if found.would_add:
        names = t(", ").join(
            plain(_field(name), limit=40) for name in list(found.would_add)[:MAX_ADDS]
        )
        st.caption(
            t("These columns would add to this: {names}.", names=names),
            help="  \n".join(
                f"{plain(_field(name))}: {plain(t(text))}"
                for name, text in found.would_add.items()
            ),
        )


def _legend(desk: Desk, found: Timeline) -> str:
    """What bars and strokes are, and who the comparable orders are."""
    parts = [t("Colour: time over plan, by party"), t("stroke: planned end")]
    if found.peers_n:
        axes = cached.result(axes_of, desk.dataset)
        names = (axes[name].label if name in axes else name for name in found.peers_by)
        same = t(", ").join(plain(name) for name in names)
        parts.append(
            t("thin bar: P10–P90 of comparable orders ({same}; n {count})",
                same=same or t("all"), count=number(found.peers_n))
        )  # fmt: skip
    return " · ".join(parts)


def facts(found: Timeline) -> str:
    """What kind of order it is, in one line."""
    kept = [found.facts.get(name) for name in _FACTS]
    parts = [
        plain(found.order_id, limit=24),
        *(plain(v, limit=32) for v in kept if _known(v)),
    ]
    metres = found.facts.get("distance_m")
    if isinstance(metres, int | float) and _known(metres):
        parts.append(place.metres(float(metres)))
    day = words.local(found.stages[0].start, found.timezone) if found.stages else None
    if day is not None:
        parts.insert(1, written_day(day.date()))
    return " · ".join(parts)


def takeaway(file: CaseFile) -> str:
    """The timeline in one sentence, for those who cannot see it."""
    stages = t(", ").join(
        f"{words.stage(line.name)} {told(line)}" for line in file.timeline.stages
    )
    return f"{words.written(file.verdict.explanation)} {stages}"


def _known(value: object) -> bool:
    return value is not None and value == value and value != ""  # noqa: PLR0124 - NaN


def _field(name: str) -> str:
    table, _, column = name.rpartition(".")
    field = load_fields().get(table or "orders", {}).get(column)
    return field.label(language()) if field else name
