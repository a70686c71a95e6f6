"""The trend of the chosen metric, and its figure in words beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from analysis.metrics import Period
from analysis.metrics.periods import Grain
from analysis.metrics.registry import Setting, Value, parse_reference
from analysis.records import Target
from ui import chart_frame, charts
from ui.format import day, moment, number
from ui.format import period as written_period
from ui.kpis import periods, targets
from ui.kpis.behind import behind, definition_text, formula_text, measured, notes, sql
from ui.kpis.figures import (
    VERDICT_NAMES,
    Figure,
    chart_unit,
    is_few,
    name_of,
    setting_name,
    too_few,
    why_unknown,
)
from ui.kpis.numbers import row_of, table_of
from ui.kpis.view import Look, go
from ui.show import choice, plain
from ui.state import bound
from ui.texts import language, t

HEIGHT: Final = 300
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
        st.header(plain(name_of(look.metric)), anchor=False, width="stretch")
        for name, setting in _settings(look.metric).items():
            _setting(look, name, setting)
        steps = periods.grains(look.period)
        if len(steps) > 1:
            st.segmented_control(
                t("Time grain"),
                steps,
                format_func=lambda step: choice(t(periods.GRAIN_NAMES[step])),
                required=True,
                **bound(look.view, "grain", prefix="kpis", show=lambda _: look.grain),
            )


def chart(look: Look, figure: Figure, target: Target | None) -> None:
    """The metric over time with interval, comparison and target."""
    if look.grain is None or look.period is None:
        st.info(t("A trend needs the column `created_at`."), icon=":material/lock:")
        return
    grain = look.grain
    frame = series(look, look.metric, grain)
    if frame["value"].notna().sum() == 0:
        text = t("No orders in this period.")
        st.info(
            why_unknown(figure.definition) if figure.is_unknown else text,
            icon=":material/event_busy:",
        )
        return
    if frame.loc[~frame["few"], "value"].notna().sum() == 0:
        st.info(
            t(
                "Too few orders in every step of the trend. Choose a coarser time "
                "grain, a longer period or fewer filters."
            ),
            icon=":material/blur_on:",
        )
        return
    title = f"{name_of(look.metric)}, {_days(look.period)}"
    drawn = charts.trend(
        frame,
        time="period",
        value="value",
        low="low" if frame["low"].notna().any() else None,
        high="high" if frame["high"].notna().any() else None,
        before="before" if look.before else None,
        sample="n",
        muted="few",
        target=target.target if target else None,
        names=(_days(look.period), _days(look.before)),
        unit=chart_unit(figure.definition),
        height=HEIGHT,
    )
    query = sql(look, [look.metric], grain=grain)
    chart_frame.draw(
        drawn,
        behind(look, look.metric, table_of(look, frame), title=title, query=query),
        alt_text=takeaway(look, figure, frame),
        key=f"kpis_trend_{look.mark}",
    )


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


def figure_panel(look: Look, figure: Figure, target: Target | None) -> None:
    """The figure of the whole period, in words, with all that it rests on."""
    with st.container(border=True, gap="small"):
        _headline(look, figure)
        st.markdown("  \n".join(_lines(look, figure)))
        if target is not None and not (figure.is_few or figure.is_unknown):
            targets.badge(figure, target)
            st.caption(_target_line(figure, target))
        targets.panel(look, target)
        st.caption(plain(figure.definition.definition_in(language()), limit=400))
        chart_frame.row_under(
            chart_frame.Behind(
                name=name_of(look.metric),
                table=row_of(look, figure),
                sql=sql(look, [look.metric]),
                definition=definition_text(look, look.metric),
                formula=formula_text(look, look.metric),
                notes=notes(look),
                source=(look.dataset.name, look.dataset.version),
            ),
            key="kpis_figure",
        )


def _headline(look: Look, figure: Figure) -> None:
    """The figure with its days; in grey where it rests on too few."""
    days = _days(look.period) if look.period else t("All orders")
    value = figure.written(digits=2 if figure.definition.unit == "share" else None)
    if figure.is_few:
        st.caption(days)
        st.markdown(f"### :gray[{value}]")
        st.markdown(f":gray[{too_few(figure.n)}]")
    else:
        st.metric(days, value)


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


def _lines(look: Look, figure: Figure) -> list[str]:
    lines = [figure.grounds()]
    interval = figure.written_interval()
    if interval:
        lines.append(t("95 % interval {range}", range=interval))
    if look.before and not math.isnan(figure.before):
        lines.append(
            t(
                "{value} in {days}",
                value=Figure.of({look.metric: figure.before}, look.metric).written(),
                days=_days(look.before),
            )
        )
        lines.append(_change_line(figure))
    return lines


def _change_line(figure: Figure) -> str:
    change = t("Change {change}", change=figure.written_change())
    interval = figure.written_change_interval()
    told = f"{change} ({interval})" if interval else change
    return f"{told}: {t(VERDICT_NAMES[figure.verdict])}" if figure.verdict else told


def _target_line(figure: Figure, target: Target) -> str:
    floor = (
        Figure.of({figure.reference.text: target.floor}, figure.reference.text)
        if target.floor is not None
        else None
    )
    parts = [
        t("floor {value}", value=floor.written()) if floor else "",
        t("set by {name}", name=plain(target.owner)),
        t("since {day}", day=day(target.first_day)),
    ]
    return ", ".join(part for part in parts if part)


def _settings(metric: str) -> Mapping[str, Setting]:
    return parse_reference(metric).applicable


def _setting(look: Look, name: str, setting: Setting) -> None:
    """One setting of the chosen metric; changing it changes the metric's card too."""
    reference = parse_reference(look.metric)
    now = reference.settings[name]
    options = list(dict.fromkeys([*(setting.choices or setting.suggested), now]))
    key = f"kpis_setting_{name}"
    st.session_state[key] = now

    def changed() -> None:
        values = {**reference.settings, name: st.session_state[key]}
        _change_setting(look, values)

    st.selectbox(
        setting.label[language().startswith("zh")],
        options,
        format_func=lambda value: (
            setting_name(value) if isinstance(value, str) else number(value)
        ),
        key=key,
        on_change=changed,
        width=150,
    )


def _change_setting(look: Look, values: Mapping[str, Value]) -> None:
    """Put the metric with other settings in place of the one there is."""
    definition = parse_reference(look.metric).definition
    told = [
        f"{name}={values[name]}"
        for name, setting in definition.settings.items()
        if values[name] != setting.default and setting.applies(values)
    ]
    wanted = definition.name + (f"({','.join(told)})" if told else "")
    cards = tuple(wanted if card == look.metric else card for card in look.cards)
    selection = {**look.view.selection.to_json(), "metric": wanted}
    go(look, selection=selection, cards=tuple(dict.fromkeys(cards)))


def _days(days: Period | None) -> str:
    return written_period(days.first, days.last) if days else ""


def _when(time: pd.Timestamp, grain: Grain | None) -> str:
    moment_of = pd.Timestamp(time).to_pydatetime()
    return moment(moment_of) if grain == "hour" else day(moment_of.date())
