"""The trend of the chosen metric, and its figure in words beside it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from analysis.metrics import Period
from analysis.metrics.periods import Grain
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Condition
from analysis.records import Target
from ui import cached, chart_frame, charts
from ui.format import day, moment
from ui.format import period as written_period
from ui.kpis import marks, periods, settings
from ui.kpis.behind import behind, measured, sql
from ui.kpis.figures import (
    Figure,
    axis_title,
    chart_unit,
    is_few,
    name_of,
    why_unknown,
    write,
)
from ui.kpis.numbers import table_of
from ui.kpis.view import Look, close, go, open_days
from ui.show import choice, plain
from ui.state import bound
from ui.texts import t

HEIGHT: Final = 380
#: Where the sentences at the top jump to.
ANCHOR: Final = "trend"
#: A trend that opens by itself shows at least so many steps, where any grain does.
ENOUGH_STEPS: Final = 2


def settled(look: Look) -> Look:
    """The look at the finest step that shows something, unless the address says one.

    Among day, week and month, as they suit the period; its usual step where none does.
    """
    if look.view.grain != "auto" or look.grain is None or look.locked(look.metric):
        return look
    steps = periods.grains(look.period)
    usual = steps.index(look.grain) if look.grain in steps else len(steps)
    shown: dict[Grain, int] = {}
    for step in steps[usual:]:
        frame = series(look, look.metric, step)
        shown[step] = int(frame.loc[~frame["few"], "value"].notna().sum())
        if shown[step] >= ENOUGH_STEPS:
            return replace(look, grain=step)
    some = next((step for step, count in shown.items() if count), look.grain)
    return replace(look, grain=some)


def head(look: Look) -> None:
    """Name of the chosen metric, its settings and the step of the trend."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(plain(name_of(look.metric)), anchor=ANCHOR, width="stretch")
        settings.row(look)
        steps = periods.grains(look.period)
        if len(steps) > 1:
            st.segmented_control(
                t("Time grain"),
                steps,
                format_func=lambda step: choice(t(periods.GRAIN_NAMES[step])),
                required=True,
                **bound(look.view, "grain", prefix="kpis", show=lambda _: look.grain),
            )


def chart(look: Look, figure: Figure, target: Target | None) -> list[pd.Timestamp]:
    """The metric over time with what was expected, comparison, target and marks.

    Returns:
        The steps that surely are not what was to be expected.
    """
    if look.grain is None or look.period is None:
        st.info(t("A trend needs the column `created_at`."), icon=":material/lock:")
        return []
    frame = series(look, look.metric, look.grain)
    if _is_empty(figure, frame):
        return []
    return _drawn(look, look.grain, figure, target, frame)


def _is_empty(figure: Figure, frame: pd.DataFrame) -> bool:
    """Whether nothing can be drawn, which is said in place of the chart."""
    if frame["value"].notna().sum() == 0:
        text = t("No orders in this period.")
        st.info(
            why_unknown(figure.definition) if figure.is_unknown else text,
            icon=":material/event_busy:",
        )
        return True
    if frame.loc[~frame["few"], "value"].notna().sum() == 0:
        st.info(
            t(
                "Too few orders in every step of the trend. Choose a coarser time "
                "grain, a longer period or fewer filters."
            ),
            icon=":material/blur_on:",
        )
        return True
    return False


def _drawn(
    look: Look,
    grain: Grain,
    figure: Figure,
    target: Target | None,
    frame: pd.DataFrame,
) -> list[pd.Timestamp]:
    """Draw the chart; gives back the steps that may be told in words."""
    found = marks.judged(look, grain)
    frame = marks.with_expected(frame, found)
    happened = marks.marks(look, found)
    title = f"{name_of(look.metric)}, {_days(look.period)}"
    key = f"kpis_trend_{look.mark}"
    drawn = cached.drawing(
        charts.trend,
        frame,
        time="period",
        value="value",
        low="low" if frame["low"].notna().any() else None,
        high="high" if frame["high"].notna().any() else None,
        expected=("least", "most") if frame["least"].notna().any() else None,
        unusual="unusual",
        without=("without", "expected") if frame["without"].any() else None,
        before="before" if look.before else None,
        events=marks.frame_of(happened),
        spans=marks.spans_of(happened),
        axis=axis_title(look.metric),
        sample="n",
        muted="few",
        target=target.target if target else None,
        names=(_days(look.period), _days(look.before)),
        unit=chart_unit(figure.definition),
        height=HEIGHT,
        pick=True,
    )
    query = sql(look, [look.metric], grain=grain)
    chart_frame.draw(
        drawn,
        behind(look, look.metric, table_of(look, frame), title=title, query=query),
        alt_text=takeaway(look, figure, frame),
        key=key,
        on_select=lambda: _clicked(look, frame, key),
    )
    _below(look, frame, marks.why_nothing(found), happened)
    return marks.clear_steps(found)


def _clicked(look: Look, frame: pd.DataFrame, key: str) -> None:
    """A point was clicked: look at its days alone."""
    picked = st.session_state[key]["selection"].get(charts.PICK) or [{}]
    place = picked[0].get("step")
    if isinstance(place, int | float) and 0 <= place < len(frame):
        _open_step(look, frame, int(place))


def _open_step(look: Look, frame: pd.DataFrame, place: int) -> None:
    """The days of a step; an hour becomes a filter of its day."""
    start = pd.Timestamp(frame["period"].iloc[place])
    if look.period is None or look.grain is None:
        return
    days = marks.days_of(look.period, start, look.grain)
    if look.grain != "hour":
        open_days(look, days)
        return
    others = [item for item in look.conditions if item.dimension != "hour"]
    chosen = Condition("hour", values=(start.hour,))
    selection = replace(look.view.selection, period=days, conditions=(*others, chosen))
    go(look, selection=selection, span="days", grain="auto")


def _below(
    look: Look, frame: pd.DataFrame, silent: str, happened: list[marks.Mark]
) -> None:
    """What a click on a point does, from the keyboard; why there is no band."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _steps(look, frame)
        if happened:
            _marked(happened)
        if silent:
            st.caption(silent, width="stretch")
    without = marks.what_without(frame)
    if without:
        st.caption(without)


def _marked(happened: list[marks.Mark]) -> None:
    panel = st.popover(
        t("What is marked ({count})", count=len(happened)), icon=":material/flag:",
        type="tertiary", key="kpis_marks", on_change="rerun",
    )  # fmt: skip
    if panel.open:
        panel.markdown(marks.listed(happened))


def _steps(look: Look, frame: pd.DataFrame) -> None:
    panel = st.popover(
        t("Open one step"), icon=":material/zoom_in:", type="tertiary",
        key="kpis_steps", on_change="rerun",
    )  # fmt: skip
    if not panel.open:
        return
    known = [place for place in range(len(frame)) if frame["n"].iloc[place] > 0]
    chosen = panel.selectbox(
        t("Step of the trend"),
        known,
        index=None,
        format_func=lambda place: _step_name(look, frame.iloc[place]),
        key="kpis_step",
    )
    if chosen is not None:
        panel.button(
            t("Look at it alone"), type="primary", key="kpis_step_open",
            on_click=_open_listed, args=(look, frame, chosen),
        )  # fmt: skip


def _open_listed(look: Look, frame: pd.DataFrame, place: int) -> None:
    close("kpis_steps")
    st.session_state.pop("kpis_step", None)
    _open_step(look, frame, place)


def _step_name(look: Look, row: pd.Series) -> str:
    value = write(row["value"], look.definition)
    mark = f" ({t('not as expected')})" if row.get("unusual") else ""
    return f"{_when(row['period'], look.grain)}: {value}{mark}"


def series(look: Look, metric: str, grain: Grain) -> pd.DataFrame:
    """The metric by step: period, value, low, high, n, few, and before if compared.

    What rests on fewer than the minimum sample is marked as few; of the compared days
    it is left out.
    """
    if look.period is None:
        return pd.DataFrame(columns=["period", "value", "low", "high", "n", "few"])
    frame = measured(look, [metric], grain=grain).set_index("period")
    whole = frame.reindex(periods.steps(look.period, grain))
    definition = parse_reference(metric).definition
    found = pd.DataFrame(
        {
            "value": whole[metric],
            "low": whole[f"{metric}_low"],
            "high": whole[f"{metric}_high"],
            "n": whole[f"{metric}_n"],
        },
        dtype=float,
    )
    if look.before:
        found["before"] = _before(look, metric, grain, whole[f"{metric}_before"])
    if definition.kind == "count":
        found["value"] = found["value"].fillna(0)
    found["few"] = [
        not math.isnan(value) and is_few(definition, rows)
        for value, rows in zip(found["value"], found["n"].fillna(0), strict=True)
    ]
    return found.rename_axis("period").reset_index()


def _before(look: Look, metric: str, grain: Grain, values: pd.Series) -> pd.Series:
    """The compared values by step, without those that rest on too few."""
    definition = parse_reference(metric).definition
    counts = _counts_before(look, metric, grain).reindex(values.index, fill_value=0)
    few = [is_few(definition, rows) for rows in counts]
    return values.astype(float).mask(pd.Series(few, index=values.index))


def _counts_before(look: Look, metric: str, grain: Grain) -> pd.Series:
    """Denominators of the compared days, by the step that each day is compared with."""
    if look.period is None or look.before is None:
        return pd.Series(dtype=float)
    finer: Grain = "hour" if grain == "hour" else "day"
    counted = measured(look, [metric], grain=finer, period=look.before, compare=None)
    later = look.period.first - look.before.first
    times = pd.to_datetime(counted["period"]) + pd.Timedelta(later)
    starts = periods.steps(look.period, grain)
    places = starts.searchsorted(times, side="right") - 1
    rows = counted[f"{metric}_n"].astype(float).fillna(0)
    return rows.groupby(starts[places]).sum()


def takeaway(look: Look, figure: Figure, frame: pd.DataFrame) -> str:
    """The trend in one sentence, for those who cannot see it."""
    known = frame[frame["value"].notna() & ~frame["few"]]
    name = name_of(look.metric)
    if known.empty:
        return t("{name}: too few orders in every step.", name=name)
    highest = known.iloc[int(known["value"].argmax())]
    lowest = known.iloc[int(known["value"].argmin())]
    return t(
        "{name} over time: {value} in all, highest {high} at {when}, lowest {low} at "
        "{then}.",
        name=name,
        value=figure.written(),
        high=Figure.of({look.metric: highest["value"]}, look.metric).written(),
        when=_when(highest["period"], look.grain),
        low=Figure.of({look.metric: lowest["value"]}, look.metric).written(),
        then=_when(lowest["period"], look.grain),
    )


def _days(days: Period | None) -> str:
    return written_period(days.first, days.last) if days else ""


def _when(time: pd.Timestamp, grain: Grain | None) -> str:
    moment_of = pd.Timestamp(time).to_pydatetime()
    return moment(moment_of) if grain == "hour" else day(moment_of.date())
