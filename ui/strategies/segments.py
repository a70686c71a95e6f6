"""For whom it worked: effects by segment, as hypotheses."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import dimensions_of
from analysis.metrics.registry import parse_reference
from analysis.strategies import Evaluation
from analysis.strategies.published.contract import SEGMENTS, Segments
from analysis.strategies.registry import Entry
from ui import cached, chart_frame
from ui.format import number
from ui.kpis.axes import axes_of, value_label
from ui.kpis.figures import chart_unit, name_of
from ui.show import choice, plain
from ui.strategies import plots, results
from ui.strategies.effect import behind
from ui.strategies.words import effect_text, p_text, said
from ui.texts import t

MAX_ROWS = 13
SKELETON = 260


def usual_segments(dataset: Dataset) -> list[str]:
    """The usual dimensions of "for whom" that the dataset has."""
    known = dimensions_of(dataset)
    return [name for name in SEGMENTS if name in known]


def section(dataset: Dataset, entry: Entry, found: Evaluation) -> None:
    """Effects by dimension with the test of whether they differ; reversals aloud."""
    if found.segments is None:
        _ask(dataset, entry)
        return
    if found.segments.table.empty:
        return
    st.space("small")
    st.header(t("For whom"), anchor=False)
    _segments(dataset, entry, found, found.segments)


def _ask(dataset: Dataset, entry: Entry) -> None:
    """Segments of panels are evaluations of their own, made when they are asked for."""
    names = usual_segments(dataset)
    if not names:
        return
    st.space("small")
    st.header(t("For whom"), anchor=False)
    segment = st.segmented_control(
        t("Evaluate every segment by itself, by"), names,
        format_func=lambda name: choice(plain(_dimension(dataset, name))),
        key="strategies_segment_asked",
    )  # fmt: skip
    if not isinstance(segment, str):
        st.caption(t("Choose one; it takes as long as the strategy itself, or longer."))
        return
    with st.skeleton(SKELETON):
        found = results.result(dataset, entry.plan, segment=segment)
    if found.segments is None or found.segments.table.empty:
        st.info(
            t("No two of these segments have enough data for the design."),
            icon=":material/groups:",
        )
        return
    _segments(dataset, entry, found, found.segments)


def _segments(
    dataset: Dataset, entry: Entry, found: Evaluation, segments: Segments
) -> None:
    if segments.reversed:
        st.warning(
            " ".join(
                said(sentence, metric=entry.plan.metric)
                for sentence in segments.sentences
            ),
            title=t("The effect is the other way round for some"),
            icon=":material/swap_vert:",
        )
    else:
        st.markdown(
            " ".join(
                said(sentence, metric=entry.plan.metric)
                for sentence in segments.sentences
            )
        )
    st.caption(
        t(
            "These are hypotheses for a next trial: many segments are looked at, so p "
            "is corrected over all of them (Holm)."
        )
    )
    if segments.adjusted:
        st.caption(
            t(
                "Adjusted for the same things as the effect on all, by the same slopes "
                "in every segment."
            )
        )
    names = list(dict.fromkeys(segments.table["dimension"]))
    dimension = st.segmented_control(
        t("By"), names, default=names[0], required=True,
        format_func=lambda name: choice(plain(_dimension(dataset, name))),
        key="strategies_segment",
    )  # fmt: skip
    _chart(dataset, entry, found, segments, str(dimension))


def _chart(
    dataset: Dataset,
    entry: Entry,
    found: Evaluation,
    segments: Segments,
    dimension: str,
) -> None:
    metric = entry.plan.metric
    table = segments.table[segments.table["dimension"] == dimension]
    shown = table.sort_values("n", ascending=False).head(MAX_ROWS)
    axis = cached.result(axes_of, dataset).get(dimension)
    rows = pd.DataFrame(
        {
            "label": [value_label(axis, value) for value in shown["value"]],
            "value": shown["effect"],
            "low": shown["low"],
            "high": shown["high"],
            "shown": [
                _shown(effect, n, metric)
                for effect, n in zip(shown["effect"], shown["n"], strict=True)
            ],
        }
    )
    name = _dimension(dataset, dimension)
    chart_frame.draw(
        plots.intervals(
            rows, unit=chart_unit(parse_reference(metric).definition),
            better=entry.plan.better, smallest=entry.plan.smallest_effect,
            baseline=found.effect,
        ),
        behind(dataset, entry, found, table, name=name),
        alt_text=t(
            "Effect on {metric} by {name}", metric=name_of(metric), name=name
        ),
        key=f"strategies_segments_{dimension}",
    )  # fmt: skip
    _test(segments, dimension)


def _shown(effect: float, n: float, metric: str) -> str:
    return f"{effect_text(effect, metric)}  n {number(n)}"


def _test(segments: Segments, dimension: str) -> None:
    tests = segments.heterogeneity
    row = tests[tests["dimension"] == dimension]
    if row.empty:
        return
    found = row.iloc[0]
    st.caption(
        t(
            "That all of these are the same effect: {p}, corrected {adjusted}.",
            p=p_text(float(found["p_value"])),
            adjusted=p_text(float(found["p_adjusted"])),
        )
    )


def _dimension(dataset: Dataset, name: str) -> str:
    axis = cached.result(axes_of, dataset).get(name)
    return axis.label if axis else name
