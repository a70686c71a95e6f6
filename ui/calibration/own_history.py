"""A/A on the team's own history: the splits as a job, and what they showed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import Selection
from analysis.strategies.calibration import FALSE_POSITIVES
from analysis.strategies.contract import Strategy
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.history import history_period, history_study
from analysis.strategies.questions import question, scope_of
from analysis.strategies.registry import Entry
from analysis.strategies.splits import SPLITS, Splits, split_history
from analysis.words import N_
from ui import cached, chart_frame, jobs
from ui.calibration.plots import histogram
from ui.calibration.view import CalibrationView
from ui.chart_frame import Behind
from ui.format import interval, number, percent, period
from ui.jobs import Job
from ui.kpis.figures import name_of
from ui.show import shortened
from ui.state import update_view
from ui.strategies.form_what import metrics_of
from ui.strategies.words import UNITS, said
from ui.texts import t

KIND: Final = "splits"
BINS: Final = 20
_NO_PLAN: Final = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """The procedure that is tried.

    Attributes:
        strategy: Design, metric and method.
        selection: Which orders.
        title: Its name, as written by its owner or made up.
    """

    strategy: Strategy
    selection: Selection
    title: str


def section(
    dataset: Dataset, view: CalibrationView, entries: Sequence[Entry]
) -> Splits | None:
    """Choose a procedure, split the history, show what came out."""
    st.header(t("On your own history"), anchor=False)
    st.markdown(
        t(
            "Nothing was done before a strategy starts. Splitting that time at random, "
            "again and again, shows how often the procedure in use finds an effect "
            "that is not there."
        )
    )
    tried = _chosen(dataset, view, entries)
    if tried is None:
        return None
    subject = _subject(dataset, tried)
    job = cached.jobs().find(KIND, subject)
    if job is not None and job.state == "running":
        jobs.watch(job, label=t("Splitting the history"))
        return None
    _button(dataset, tried, subject, again=job is not None)
    if job is None:
        return None
    if not isinstance(job.result, Splits):
        jobs.show_end(job)
        return None
    _show(dataset, tried, job.result)
    return job.result


def _chosen(
    dataset: Dataset, view: CalibrationView, entries: Sequence[Entry]
) -> Tried | None:
    known = {entry.id: entry for entry in entries}
    chosen = view.strategy if view.strategy in known else _NO_PLAN
    names = {_NO_PLAN: t("An A/B test, to be planned")}
    names |= {entry.id: shortened(entry.plan.name) for entry in entries}
    left, middle, right = st.columns([3, 2, 1.5])
    st.session_state["calibration_strategy"] = chosen
    with left:
        st.selectbox(
            t("Procedure of"), list(names), format_func=lambda key: names.get(key, ""),
            key="calibration_strategy", on_change=_write, args=(view, "strategy"),
        )  # fmt: skip
    if chosen:
        plan = known[chosen].plan
        return Tried(question(plan), scope_of(plan), plan.name)
    with middle:
        metric = _metric(dataset, view)
    with right:
        unit = _unit(dataset, view)
    if metric is None or unit is None:
        st.info(t("No metric of this dataset can be split at random."))
        return None
    strategy = Strategy("ab", metric, treatment="variant", unit=unit)
    return Tried(strategy, Selection(), "")


def _write(view: CalibrationView, name: str) -> None:
    update_view(view, {name: st.session_state[f"calibration_{name}"]})


def _metric(dataset: Dataset, view: CalibrationView) -> str | None:
    metrics = metrics_of(dataset)
    if not metrics:
        return None
    usual = "late_rate" if "late_rate" in metrics else metrics[0]
    chosen = view.metric if view.metric in metrics else usual
    st.session_state["calibration_metric"] = chosen
    st.selectbox(
        t("Metric"), metrics, format_func=lambda name: shortened(name_of(name)),
        key="calibration_metric", on_change=_write, args=(view, "metric"),
    )  # fmt: skip
    return chosen


def _unit(dataset: Dataset, view: CalibrationView) -> str | None:
    there = [
        name
        for name in ("rider", "order", "merchant")
        if name == "order" or f"{name}_id" in dataset.fields
    ]
    chosen = view.unit if view.unit in there else there[0]
    st.session_state["calibration_unit"] = chosen
    st.selectbox(
        t("Assigned by"), there, format_func=lambda name: t(UNITS[name]),
        key="calibration_unit", on_change=_write, args=(view, "unit"),
    )  # fmt: skip
    return chosen


def _subject(dataset: Dataset, tried: Tried) -> str:
    about = f"{tried.strategy}{tried.selection.to_json()}"
    return f"{dataset.path}:{zlib.crc32(about.encode()):08x}"


def _button(dataset: Dataset, tried: Tried, subject: str, *, again: bool) -> None:
    clicked = st.button(
        t("Split {count} times", count=number(SPLITS)),
        type="secondary" if again else "primary",
        icon=":material/shuffle:",
        key="calibration_run",
    )
    if clicked:
        cached.jobs().start(KIND, subject, lambda job: _work(job, dataset, tried))
        st.rerun()


def _work(job: Job, dataset: Dataset, tried: Tried) -> Splits:
    job.progress(0.0, N_("Reading the history"))
    study = history_study(dataset, tried.strategy, Scope(tried.selection))
    job.progress(0.0, N_("Evaluating random splits"))
    return split_history(study, study.strategy, draws=SPLITS, progress=job.progress)


def _show(dataset: Dataset, tried: Tried, found: Splits) -> None:
    box = {"green": st.info, "amber": st.warning, "red": st.error}[found.light]
    icons = {
        "green": ":material/check_circle:", "amber": ":material/error:",
        "red": ":material/dangerous:",
    }  # fmt: skip
    box(said(found.sentence), icon=icons[found.light])
    first, second, third = st.columns(3)
    with first:
        st.metric(t("False positives"), percent(found.error.share), border=True)
        st.caption(
            t("{range} (95 %), should reach {low} to {high}",
              range=interval(percent(found.error.low), percent(found.error.high)),
              low=percent(FALSE_POSITIVES[0], digits=0),
              high=percent(FALSE_POSITIVES[1], digits=0))
        )  # fmt: skip
    with second:
        st.metric(
            t("Intervals that hold 0"), percent(found.coverage.share), border=True
        )
        st.caption(interval(percent(found.coverage.low), percent(found.coverage.high)))
    with third:
        st.metric(
            t("p-values spread evenly"), f"p = {found.uniformity:.2g}", border=True
        )
        st.caption(t("Kolmogorov-Smirnov; below 0.01 they are not"))
    _distribution(dataset, tried, found)
    for note in found.notes:
        st.caption(said(note))
    if found.failed:
        st.caption(
            t("{count} splits could not be evaluated.", count=number(found.failed))
        )


def _distribution(dataset: Dataset, tried: Tried, found: Splits) -> None:
    chart, table = histogram(found.p_values, bins=BINS, alpha=found.alpha)
    name = t("p-values of random splits")
    days = history_period(dataset, tried.strategy, Scope(tried.selection))
    behind = Behind(
        name,
        table,
        notes={
            t("Dataset"): dataset.name, t("Version"): dataset.version,
            t("Period"): period(days.first, days.last),
            t("Metric"): name_of(tried.strategy.outcome),
        },
        definition=t(
            "Each of {count} splits of the history, {period}, was evaluated like the "
            "strategy itself. Without any effect p-values are spread evenly.",
            count=number(found.draws), period=period(days.first, days.last),
        ),
        source=(dataset.name, dataset.version),
    )  # fmt: skip
    st.markdown(f"**{name}**")
    chart_frame.draw(
        chart, behind, key="calibration_p_values",
        alt_text=t(
            "{count} p-values; {share} of them below {alpha}",
            count=number(found.draws), share=percent(found.error.share),
            alpha=percent(found.alpha, digits=0),
        ),
    )  # fmt: skip
