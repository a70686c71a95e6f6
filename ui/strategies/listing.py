"""The list of all strategies, and what was learnt from those that are decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.strategies.registry import STATUSES, Entry, is_fresh
from analysis.words import N_
from ui import chart_frame, errors, jobs
from ui.chart_frame import Behind
from ui.counted import counted, sentences
from ui.format import day, number
from ui.format import period as written_period
from ui.guard import written_name
from ui.kpis.figures import name_of
from ui.show import choice, page_head, plain, shortened
from ui.state import bound
from ui.strategies import plots, results, unevaluated
from ui.strategies.view import StrategyView, go, open_one
from ui.strategies.words import (
    DECISION_COLOURS,
    DECISION_ICONS,
    DECISIONS,
    DESIGNS,
    STATUS_ICONS,
    effect_text,
    range_text,
    recommended,
    word,
)
from ui.strategies.words import (
    STATUSES as STATUS_NAMES,
)
from ui.texts import t

WIDTHS: Final = (3.2, 2, 3, 2)
FEW: Final = 3
_FAILED: Final = "failed"


def page(dataset: Dataset, view: StrategyView, entries: Sequence[Entry]) -> None:
    """The whole list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        page_head(t("Did what we did work?"))
        _new(view)
    job = results.bring_up_to_date(dataset, entries)
    ended = job is not None and job.state != "running"
    failed = unevaluated.reasons(dataset, entries) if ended else {}
    st.markdown(_answer(entries, failed))
    st.caption(_grounds(dataset))
    if job is not None and job.state == "running":
        jobs.watch(job, label=t("Evaluating strategies"))
    elif job is not None:
        jobs.show_end(job)
    if not entries:
        _nothing()
        return
    _filters(view, entries)
    shown = _chosen(view, entries)
    if not shown:
        st.info(
            t("No strategy is left with these filters."), icon=":material/filter_alt:"
        )
    if view.status == "decided" and len(shown) > 1:
        _learnings(dataset, shown)
    if shown:
        st.caption(
            t(
                "In the small plots better is at the right, whichever way the metric "
                "goes; the lines are no effect and the smallest that matters."
            )
        )
    for entry in shown:
        _row(dataset, view, entry, failed.get(entry.id))


def _answer(entries: Sequence[Entry], failed: Mapping[str, DoorstepError]) -> str:
    """One sentence: how many there are and what waits for a decision."""
    if not entries:
        return t("No strategy is registered for this dataset yet.")
    counts = Counter(
        _FAILED if entry.id in failed else entry.status for entry in entries
    )
    parts = [
        counted(N_("One strategy"), N_("{count} strategies"), len(entries)),
        *[
            t("{count} {status}", count=number(counts[status]), status=_lower(status))
            for status in (*STATUSES, _FAILED)
            if counts[status]
        ],
    ]
    return t("{all}: {parts}.", all=parts[0], parts=t(", ").join(parts[1:]))


def _lower(status: str) -> str:
    names = {
        "draft": N_("being planned"),
        "frozen": N_("not begun"),
        "running": N_("running"),
        "ended": N_("waiting for a decision"),
        "decided": N_("decided"),
        _FAILED: N_("that cannot be evaluated"),
    }
    return t(names[status])


def _grounds(dataset: Dataset) -> str:
    return t(
        "{dataset}, version {version}, {days}. Effects with their plans' intervals.",
        dataset=plain(dataset.name),
        version=plain(dataset.version),
        days=written_period(*dataset.period) if dataset.period else "–",
    )


def _new(view: StrategyView) -> None:
    st.button(
        t("Plan a strategy"), icon=":material/add:", type="primary",
        key="strategies_new", on_click=go, args=(view,),
        kwargs={"show": "plan", "strategy": "", "step": 1},
    )  # fmt: skip


def _nothing() -> None:
    st.info(
        t(
            "Plan one: what it should bring, to whom it goes and when, and what is "
            "decided by which figures. The demo data have eight to look at."
        ),
        icon=":material/science:",
    )


def _filters(view: StrategyView, entries: Sequence[Entry]) -> None:
    there = [name for name in STATUSES if any(e.status == name for e in entries)]
    designs = sorted({entry.plan.design for entry in entries})
    metrics = sorted({entry.plan.metric for entry in entries})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            t("Status"), ["all", *there],
            format_func=lambda name: choice(
                t("All") if name == "all" else t(STATUS_NAMES[name])
            ),
            required=True, **bound(view, "status", prefix="strategies"),
        )  # fmt: skip
        if len(designs) > 1:
            st.selectbox(
                t("Design"), ["", *designs], width=260,
                format_func=lambda name: t(DESIGNS[name]) if name else t("All designs"),
                **bound(view, "design", prefix="strategies"),
            )  # fmt: skip
        if len(metrics) > 1:
            st.selectbox(
                t("Primary metric"), ["", *metrics], width=220,
                format_func=_metric,
                **bound(view, "metric", prefix="strategies"),
            )  # fmt: skip


def _metric(name: str) -> str:
    return shortened(name_of(name)) if name else t("All metrics")


def _chosen(view: StrategyView, entries: Sequence[Entry]) -> list[Entry]:
    return [
        entry
        for entry in entries
        if view.status in ("all", entry.status)
        and view.design in ("", entry.plan.design)
        and view.metric in ("", entry.plan.metric)
    ]


def _row(
    dataset: Dataset, view: StrategyView, entry: Entry, failure: DoorstepError | None
) -> None:
    """One strategy: name, design and status, effect, decision."""
    with st.container(border=True, key=f"strategy_row_{entry.id}"):
        name, where, effect, decision = st.columns(WIDTHS, vertical_alignment="center")
        with name, st.container(gap="xxsmall"):
            st.button(
                plain(entry.plan.name), key=f"strategy_open_{entry.id}",
                type="tertiary", icon=":material/arrow_forward:", on_click=open_one,
                args=(view, entry.id),
            )  # fmt: skip
            st.caption(
                t(
                    "{design} by {owner}",
                    design=t(DESIGNS[entry.plan.design]),
                    owner=plain(entry.plan.owner, limit=40),
                )
            )
        with where:
            st.markdown(
                f"{STATUS_ICONS[entry.status]} {t(STATUS_NAMES[entry.status])}"
                if failure is None
                else f":material/error: {t('Cannot be evaluated')}"
            )
            st.caption(_days(entry))
        with effect:
            _effect(dataset, entry)
        with decision:
            if failure is None or entry.decision is not None:
                _decision(entry)
            else:
                st.caption(sentences(*errors.safe_sentences(failure)))


def _days(entry: Entry) -> str:
    plan = entry.plan
    if entry.status in ("draft", "frozen"):
        return written_period(plan.first_day, plan.last_day)
    done, days = days_run(entry)
    if not done:
        return t("It begins on {day}.", day=day(plan.assignment.start))
    return t(
        "day {done} of {days}, until {last}",
        done=number(done),
        days=number(days),
        last=day(plan.last_day),
    )


def days_run(entry: Entry) -> tuple[int, int]:
    """Days that a strategy has run, and those it runs for, from its start on.

    Days looked at before the start of a place are history.
    """
    plan = entry.plan
    start = plan.assignment.start or plan.first_day
    history = (start - plan.first_day).days
    return max(0, entry.days_done - history), plan.days - history


def _effect(dataset: Dataset, entry: Entry) -> None:
    metric = plain(name_of(entry.plan.metric))
    figures = _figures(entry)
    if figures is None or figures.get("effect") is None:
        st.caption(t("{metric}: no effect read yet", metric=metric))
        return
    st.markdown(f"{metric} **{_shown(entry, figures)}**")
    st.altair_chart(
        plots.mini(
            figures, smallest=entry.plan.smallest_effect, better=entry.plan.better
        ),
        width="stretch", key=f"strategy_mini_{entry.id}",
        alt=f"{name_of(entry.plan.metric)}: {_shown(entry, figures)}",
    )  # fmt: skip
    if not is_fresh(entry, dataset) and entry.status != "decided":
        st.caption(t(":material/history: of an earlier version of data or plan"))


def _figures(entry: Entry) -> Mapping[str, Any] | None:
    """Figures of the decision where there is one, else the newest that were read."""
    if entry.status == "decided" and entry.decision is not None:
        return entry.decision.figures
    return entry.look.figures if entry.look is not None else None


def _shown(entry: Entry, figures: Mapping[str, Any]) -> str:
    metric = entry.plan.metric
    effect = effect_text(figures["effect"], metric)
    if figures.get("low") is None or figures.get("high") is None:
        return effect
    return f"{effect} ({range_text(figures['low'], figures['high'], metric)})"


def _decision(entry: Entry) -> None:
    if entry.decision is not None:
        _badge(entry.decision.decision)
        st.caption(
            t(
                "decided {day} by {who}",
                day=day(entry.decision.at.date()),
                who=plain(written_name(entry.decision.by), limit=60),
            )
        )
        return
    look = entry.look
    if look is None or entry.status in ("draft", "frozen"):
        waits = entry.status in ("running", "ended")
        st.caption(t("not evaluated yet") if waits else t("nothing to decide yet"))
        return
    rule = str(look.figures["decision"])
    advised = recommended(entry, rule)
    _badge(advised)
    st.caption(
        t("recommended by the frozen rule")
        if advised == rule
        else t("it is over and shows too little")
    )


def _badge(decision: str) -> None:
    st.badge(
        word(DECISIONS, decision),
        icon=DECISION_ICONS.get(decision, ":material/help:"),
        color=DECISION_COLOURS.get(decision, "gray"),  # type: ignore[arg-type]
    )


def _learnings(dataset: Dataset, shown: Sequence[Entry]) -> None:
    """Effects of what was decided, over time."""
    rows = [_learnt(entry) for entry in shown]
    table = pd.DataFrame([row for row in rows if row["value"] is not None])
    if len(table) < FEW:
        return
    st.subheader(t("What we learnt"), anchor=False)
    st.caption(
        t(
            "Effects in units of the smallest that matters, better is up; the dashed "
            "lines are none and just enough."
        )
    )
    counts = Counter(table["decision"])
    told = t(", ").join(f"{name} {number(count)}" for name, count in counts.items())
    chart_frame.draw(
        plots.over_years(table),
        Behind(
            name=t("What we learnt"),
            table=table.drop(columns=["value", "low", "high"]),
            source=(dataset.name, dataset.version),
        ),
        alt_text=told,
        key="strategies_learnt",
    )


def _learnt(entry: Entry) -> dict[str, Any]:
    figures = _figures(entry) or {}
    row: dict[str, Any] = {
        "day": entry.plan.last_day,
        "name": entry.plan.name,
        "metric": name_of(entry.plan.metric),
        "effect": figures.get("effect"),
        "effect_low": figures.get("low"),
        "effect_high": figures.get("high"),
        "decision": word(DECISIONS, entry.decision.decision) if entry.decision else "",
        "value": None,
    }
    if figures.get("effect") is None:
        return row
    turned = plots.turned(
        figures, smallest=entry.plan.smallest_effect, better=entry.plan.better
    )
    return row | turned
