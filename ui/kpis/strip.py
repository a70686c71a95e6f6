"""The figure of the chosen metric over the whole period, in one strip of words."""

from __future__ import annotations

import math

import streamlit as st

from analysis.records import Target
from ui import chart_frame
from ui.format import day
from ui.format import period as written_period
from ui.guard import written_name
from ui.kpis import alerts, doubt, targets
from ui.kpis.behind import definition_text, formats_of, formula_text, notes, sql
from ui.kpis.figures import Figure, name_of, too_few
from ui.kpis.numbers import row_of
from ui.kpis.view import Look
from ui.show import plain
from ui.texts import t


def figure_strip(look: Look, figure: Figure, target: Target | None) -> None:
    """The figure of the whole period, in words, with all that it rests on."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="medium", key="kpis_figure"
    ):
        with st.container(width="content", gap=None):
            _headline(look, figure)
        st.markdown("  \n".join(_lines(look, figure)), width="content")
        with st.container(width="content", gap=None):
            if target is not None and not (figure.is_few or figure.is_unknown):
                targets.badge(figure, target)
                st.caption(_target_line(figure, target))
            targets.panel(look, target)
            alerts.panel(look)
        table = row_of(look, figure)
        chart_frame.row_under(
            chart_frame.Behind(
                name=name_of(look.metric),
                table=table,
                formats=formats_of(look.metric, table),
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
    days = look.period
    name = written_period(days.first, days.last) if days else t("All orders")
    value = figure.written(digits=2 if figure.definition.unit == "share" else None)
    if figure.is_few:
        st.caption(name)
        st.markdown(f"### :gray[{value}]")
        st.markdown(f":gray[{too_few(figure.n)}]")
    else:
        st.metric(name, value)


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
                days=written_period(look.before.first, look.before.last),
            )
        )
        lines.append(_change_line(look, figure))
    return lines


def _change_line(look: Look, figure: Figure) -> str:
    change = t("Change {change}", change=figure.written_change())
    interval = figure.written_change_interval()
    told = f"{change} ({interval})" if interval else change
    word, _ = doubt.verdict(figure, doubt.behind_change(look, figure))
    return f"{told}: {word}" if word else told


def _target_line(figure: Figure, target: Target) -> str:
    floor = (
        Figure.of({figure.reference.text: target.floor}, figure.reference.text)
        if target.floor is not None
        else None
    )
    parts = [
        t("floor {value}", value=floor.written()) if floor else "",
        t("set by {name}", name=plain(written_name(target.owner))),
        t("since {day}", day=day(target.first_day)),
    ]
    return ", ".join(part for part in parts if part)
