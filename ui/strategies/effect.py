"""The effect against the smallest that matters, and how it came about over time."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics.registry import parse_reference
from analysis.strategies import Evaluation
from analysis.strategies.registry import Entry
from analysis.strategies.results import Estimate
from ui import chart_frame, charts
from ui.chart_frame import Behind
from ui.format import number, percent
from ui.kpis.figures import chart_unit, name_of
from ui.show import plain
from ui.strategies import plots
from ui.strategies.verdict_box import effect_sentence
from ui.strategies.words import (
    confidence_text,
    effect_text,
    method_name,
    p_text,
    range_text,
    said,
    value_text,
)
from ui.texts import language, t


def section(
    dataset: Dataset, entry: Entry, found: Evaluation, *, other: Evaluation | None
) -> None:
    """The effect with its interval, beside what other readings of it say."""
    st.header(t("Effect"), anchor=False)
    metric = entry.plan.metric
    rows = _rows(entry, found, other)
    chart_frame.draw(
        plots.intervals(
            pd.DataFrame(rows), unit=chart_unit(parse_reference(metric).definition),
            better=entry.plan.better, smallest=entry.plan.smallest_effect,
        ),
        behind(dataset, entry, found, _table(rows, found.alpha), name=t("Effect")),
        alt_text=effect_sentence(entry, found).replace("*", ""),
        key="strategies_effect",
    )  # fmt: skip
    st.markdown(_in_words(entry, found))
    _arms(entry, found)


def behind(
    dataset: Dataset, entry: Entry, found: Evaluation, table: pd.DataFrame, *, name: str
) -> Behind:
    """What the row under a chart of a strategy shows."""
    definition = parse_reference(entry.plan.metric).definition
    source = found.source
    return Behind(
        name=f"{entry.plan.name}: {name}",
        table=table,
        sql="\n\n".join(f"{query};" for query in source.sql) if source else "",
        definition=f"{name_of(entry.plan.metric)}\n{definition.definition_in(language())}",
        notes={
            t("Dataset"): dataset.name,
            t("Version"): dataset.version,
            t("Method"): method_name(found.method).replace("\\", ""),
            t("Plan"): str(entry.stored.frozen_hash or ""),
        },
        source=(dataset.name, dataset.version),
    )


def over_time(dataset: Dataset, entry: Entry, found: Evaluation) -> None:
    """Actual, without it, difference and cumulated, where there is a series."""
    series = found.series
    if series is None or series.empty:
        return
    st.space("small")
    st.header(t("Over time"), anchor=False)
    time = next(name for name in ("period", "time", "day", "date") if name in series)
    frame = series.copy()
    frame[time] = pd.to_datetime(frame[time].astype("str"))
    unit = chart_unit(parse_reference(entry.plan.metric).definition)
    view = st.segmented_control(
        t("What is shown"),
        ["actual", "difference", "cumulated"],
        default="actual",
        required=True,
        format_func=lambda name: _views()[name],
        key="strategies_series",
    )
    value = str(view)
    ends = _ends(frame, value)
    before = "counterfactual" if value == "actual" else None
    chart_frame.draw(
        charts.trend(
            frame, time=time, value=value, before=before, unit=unit, **ends,
            names=(t("actual"), t("without it")) if before else (_views()[value], ""),
            target=None if before else 0.0,
        ),
        behind(dataset, entry, found, frame, name=_views()[value]),
        alt_text=t(
            "{view} of {metric} over time", view=_views()[value],
            metric=name_of(entry.plan.metric),
        ),
        key=f"strategies_over_time_{value}",
    )  # fmt: skip


def _views() -> dict[str, str]:
    return {
        "actual": t("Actual and without it"),
        "difference": t("Difference"),
        "cumulated": t("Cumulated difference"),
    }


def _ends(frame: pd.DataFrame, value: str) -> dict[str, str | None]:
    """Columns of the interval, where the series has one for the value."""
    for low, high in ((f"{value}_low", f"{value}_high"), ("low", "high")):
        if value != "actual" and low in frame and high in frame:
            is_own = low != "low" or value == "difference"
            return {"low": low, "high": high} if is_own else {}
    return {}


def _rows(
    entry: Entry, found: Evaluation, other: Evaluation | None
) -> list[dict[str, object]]:
    metric = entry.plan.metric
    told = [(method_name(found.method), found.finding.estimate)]
    if found.raw is not None:
        naive = entry.plan.design == "switchback"
        label = t("Naive difference") if naive else t("Before adjustment")
        told.append((label, found.raw))
    if found.second is not None:
        told.append((method_name(found.second.method), found.second.estimate))
    if other is not None:
        told.append((method_name(other.method), other.finding.estimate))
    return [_row(label, estimate, metric) for label, estimate in told]


def _row(label: str, estimate: Estimate, metric: str) -> dict[str, object]:
    low, high = estimate.interval
    return {
        "label": label.replace("\\", ""),
        "value": estimate.effect,
        "low": low,
        "high": high,
        "p_value": estimate.p_value,
        "shown": effect_text(estimate.effect, metric),
    }


def _table(rows: list[dict[str, object]], alpha: float) -> pd.DataFrame:
    share = confidence_text(alpha)
    return pd.DataFrame(rows)[["label", "value", "low", "high", "p_value"]].rename(
        columns={
            "label": t("Method"),
            "value": t("Effect"),
            "low": t("{share} low", share=share),
            "high": t("{share} high", share=share),
            "p_value": "p",
        }
    )  # fmt: skip


def _in_words(entry: Entry, found: Evaluation) -> str:
    metric = entry.plan.metric
    parts = [
        t(
            "{effect}, {range}, {p}.",
            effect=f"**{effect_text(found.effect, metric)}**",
            range=range_text(*found.interval, metric),
            p=p_text(found.p_value),
        )
    ]
    if found.baseline == found.baseline:
        parts.append(
            t("Without it: {value}.", value=value_text(found.baseline, metric))
        )
    low, high = found.relative_interval
    if found.relative == found.relative:
        parts.append(
            t(
                "As a share: {share} ({low} to {high}).",
                share=_signed(found.relative), low=_signed(low), high=_signed(high),
            )
        )  # fmt: skip
    return " ".join([*parts, said(found.finding.estimand)])


def _signed(share: float) -> str:
    text = percent(share)
    return f"+{text}" if share > 0 else text


def _arms(entry: Entry, found: Evaluation) -> None:
    """Effects by arm, group or time, where there are several."""
    estimates = found.estimates
    if len(estimates) < 2:  # noqa: PLR2004 - one row is the effect itself
        return
    with st.expander(
        t("All estimates ({count})", count=number(len(estimates))),
        icon=":material/table_rows:",
    ):
        st.dataframe(
            estimates, hide_index=True,
            alt=t("All estimates of {name}", name=plain(entry.plan.name)),
        )  # fmt: skip
