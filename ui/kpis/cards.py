"""The row of cards: each a figure with its change, its target and a small line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics.registry import parse_reference
from analysis.records import Target
from analysis.words import N_
from ui import cached, charts
from ui.chart_frame import written_formula
from ui.format import sample
from ui.kpis import choose, doubt, periods
from ui.kpis.behind import definition_text, formula_text, measured, sql
from ui.kpis.figures import (
    VERDICT_COLOURS,
    Figure,
    Verdict,
    chart_unit,
    is_few,
    name_of,
    too_few,
    why_unknown,
)
from ui.kpis.locks import lock_note, rule_badge
from ui.kpis.targets import badge
from ui.kpis.view import Look, choose_metric
from ui.show import plain
from ui.texts import t

#: Narrowest that figure, change and interval have room in: six stand in a row at 1280
#: pixels, two on a telephone.
CARD_WIDTH: Final = 140
#: Longest change that its chip has room for.
CHIP: Final = 16
#: Verdicts on a card, where a word has little room; counts show theirs by the arrow.
SHORT_NAMES: Final[dict[Verdict, str]] = {
    "better": N_("better"),
    "worse": N_("worse"),
    "unclear": N_("unclear"),
}


def figures(look: Look) -> dict[str, Figure]:
    """Figures of all cards, the chosen metric and the orders, from one query."""
    wanted = ["orders", *look.cards, look.metric]
    metrics = [metric for metric in wanted if not look.locked(metric)]
    cells = measured(look, metrics).to_dict("records")[0]
    row = {str(name): cell for name, cell in cells.items()}
    return {metric: Figure.of(row, metric) for metric in metrics}


def row_of_cards(
    look: Look, found: Mapping[str, Figure], targets: Mapping[str, Target]
) -> None:
    """Draw the cards beside each other, wrapped on narrow screens, and what else."""
    lines = _lines(look)
    # One flat row that wraps: a row within a row is stretched over its neighbours.
    with st.container(horizontal=True, gap="xsmall", key="kpis_cards"):
        for place in range(len(look.cards)):
            _framed(look, found, targets, lines, place=place)
        choose.more(look)


def _framed(
    look: Look,
    found: Mapping[str, Figure],
    targets: Mapping[str, Target],
    lines: Mapping[str, pd.Series],
    *,
    place: int,
) -> None:
    """One card in its frame; a locked metric says what would unlock it."""
    metric = look.cards[place]
    with st.container(
        border=True, width=CARD_WIDTH, height="stretch", gap=None,
        key=f"kpis_frame_{place}",
    ):  # fmt: skip
        if metric in found:
            _card(
                look, found[metric], line=lines.get(metric), place=place,
                target=targets.get(metric),
            )  # fmt: skip
        else:
            _title(look, metric, place=place)
            lock_note(look.locked(metric))


def _card(
    look: Look,
    figure: Figure,
    *,
    line: pd.Series | None,
    target: Target | None,
    place: int,
) -> None:
    metric = figure.reference.text
    _title(look, metric, place=place)
    if figure.is_few:
        st.markdown(f"### :gray[{figure.written()}]")
        st.caption(too_few(figure.n))
    elif figure.is_unknown:
        st.markdown(f"### :gray[{figure.written()}]")
        st.caption(why_unknown(figure.definition))
    else:
        fault = doubt.behind_change(look, figure)
        _value(figure, in_doubt=fault is not None)
        _spark(figure, line, place=place)
        st.caption(_range(figure, in_doubt=fault is not None))
        if target is not None:
            badge(figure, target)
    if look.assumed(metric):
        rule_badge()
    _details(look, metric, place=place)


def _title(look: Look, metric: str, *, place: int) -> None:
    """The metric's name; pressing it makes it the metric of the page."""
    chosen = metric == look.metric
    st.button(
        f"**{plain(name_of(metric))}**",
        key=f"kpis_card_{place}",
        type="tertiary",
        icon=":material/radio_button_checked:" if chosen else None,
        help=t("Looked at below") if chosen else t("Look at it below"),
        on_click=choose_metric,
        args=(look, metric),
    )


def _value(figure: Figure, *, in_doubt: bool) -> None:
    colour = VERDICT_COLOURS["unclear" if in_doubt else figure.verdict]
    st.metric(
        name_of(figure.reference.text),
        figure.written(),
        delta=None if math.isnan(figure.change) else _chip(figure),
        delta_color=colour,  # type: ignore[arg-type]
        delta_arrow=_arrow(figure),
        label_visibility="collapsed",
    )


def _chip(figure: Figure) -> str:
    """The change; a long one of a count as its share alone."""
    text = figure.written_change()
    _, opened, share = text.partition(" (")
    return share.rstrip(")") if opened and len(text) > CHIP else text


def _arrow(figure: Figure) -> Any:  # noqa: ANN401 - a literal of Streamlit's
    if math.isnan(figure.change) or not figure.change or figure.verdict == "unclear":
        return "off"
    return "up" if figure.change > 0 else "down"


def _range(figure: Figure, *, in_doubt: bool) -> str:
    """Interval and sample, and the verdict on the change with its interval."""
    parts = [figure.written_interval()]
    if figure.definition.kind != "count":
        parts.append(sample(figure.n))
    change = figure.written_change_interval()
    if change:
        name = SHORT_NAMES.get(figure.verdict, N_("change"))
        word = t(doubt.NAME if in_doubt else name)
        parts.append(t("{verdict}: {range}", verdict=word, range=change))
    return "  \n".join(part for part in parts if part)


def _details(look: Look, metric: str, *, place: int) -> None:
    """Definition and SQL of one card."""
    panel = st.popover(
        t("Definition, SQL"),
        type="tertiary",
        key=f"kpis_details_{place}",
        on_change="rerun",
    )
    if panel.open:
        panel.code(definition_text(look, metric), language=None, wrap_lines=True)
        panel.code(sql(look, [metric]), language="sql")
        written_formula(panel, formula_text(look, metric))


def _lines(look: Look) -> dict[str, pd.Series]:
    """The small lines by metric; a step with too few orders is a gap."""
    grain = periods.spark_grain(look.period)
    metrics = [metric for metric in look.cards if not look.locked(metric)]
    if grain is None or look.period is None or not metrics:
        return {}
    frame = measured(look, metrics, grain=grain, compare=None).set_index("period")
    whole = frame.reindex(periods.steps(look.period, grain))
    return {metric: _line(whole, metric) for metric in metrics}


def _line(frame: pd.DataFrame, metric: str) -> pd.Series:
    definition = parse_reference(metric).definition
    values = frame[metric].astype(float)
    if definition.kind == "count":
        return values.fillna(0)
    few = [is_few(definition, rows) for rows in frame[f"{metric}_n"].fillna(0)]
    return values.mask(pd.Series(few, index=values.index))


def _spark(figure: Figure, line: pd.Series | None, *, place: int) -> None:
    """The small line, unless fewer than two points are known."""
    if line is None or line.notna().sum() <= 1:
        return
    metric = figure.reference.text
    first, last = (
        Figure.of({metric: value}, metric).written()
        for value in line.dropna().iloc[[0, -1]]
    )
    drawn = cached.drawing(
        charts.spark, line.to_list(), times=line.index.to_list(),
        unit=chart_unit(figure.definition),
    )  # fmt: skip
    st.vega_lite_chart(
        None,
        drawn.to_vega_lite(),
        height=charts.SPARK_HEIGHT,
        alt=t(
            "{name} over the period: {first} at first, {last} at last.",
            name=name_of(metric),
            first=first,
            last=last,
        ),
        key=f"kpis_spark_{place}",
    )
