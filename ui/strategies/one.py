"""One strategy: from the sentence and the decision down to the method."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.records import delete_strategy, freeze_strategy
from analysis.strategies import Evaluation
from analysis.strategies.registration import valid_methods
from analysis.strategies.registry import Entry, note_result
from ui import cached, errors
from ui.format import day, moment, number
from ui.format import period as written_period
from ui.guard import name_field, sign
from ui.kpis.figures import name_of
from ui.show import page_head, plain
from ui.strategies import (
    checks,
    deciding,
    effect,
    history,
    method,
    results,
    secondary,
    segments,
    unevaluated,
    verdict_box,
    worth,
)
from ui.strategies.insist import need_workable
from ui.strategies.view import StrategyView, go, open_list
from ui.strategies.words import DESIGNS, UNITS, method_name, size_text
from ui.texts import t

SKELETON: Final = 320


def page(dataset: Dataset, view: StrategyView, entry: Entry) -> None:
    """Everything about one strategy."""
    _head(view, entry)
    view = _with_valid_method(view, entry)
    if not entry.stored.is_frozen:
        _draft(dataset, view, entry)
        if not view.explore:
            return
    if not entry.days_done:
        st.info(
            t("It begins on {day}.", day=day(entry.plan.first_day)),
            icon=":material/event_upcoming:",
        )
        _without_figures(view, entry)
        return
    found = _found(dataset, entry)
    if found is None:
        _without_figures(view, entry)
        return
    _answer(dataset, view, entry, found)


def _without_figures(view: StrategyView, entry: Entry) -> None:
    """What can be done with a plan that has no figures, or none yet."""
    unevaluated.panel(view, entry)
    if entry.decision is not None:
        deciding.newest(entry)
    history.panel(entry)


def _with_valid_method(view: StrategyView, entry: Entry) -> StrategyView:
    """The view without a method of the address that is not valid for the plan."""
    if not view.method or view.method in valid_methods(entry.plan):
        return view
    st.warning(
        t(
            "The method {name} is not valid for this design and unit, so the planned "
            "one is shown.",
            name=method_name(view.method),
        ),
        icon=":material/rule:",
    )
    return view.model_copy(update={"method": ""})


def _answer(
    dataset: Dataset, view: StrategyView, entry: Entry, found: Evaluation
) -> None:
    """The answer first, then what it rests on, then what is done with it."""
    verdict_box.box(entry, found)
    other = _other(dataset, view, entry)
    left, right = st.columns([2, 1], gap="large")
    with left, errors.boundary():
        effect.section(dataset, entry, found, other=other)
    with right, errors.boundary():
        deciding.panel(entry, found)
    with errors.boundary():
        effect.over_time(dataset, entry, found)
    checks.lights(entry, found)
    checks.guardrails(entry, found)
    secondary.section(found)
    with errors.boundary():
        segments.section(dataset, entry, found)
    with errors.boundary():
        worth.section(dataset, entry, found)
    method.second_opinion(entry, found)
    method.section(view, entry, found, other=other)
    history.panel(entry)


def _found(dataset: Dataset, entry: Entry) -> Evaluation | None:
    """The evaluation, noted as read; None with its reason where there is none."""
    with errors.boundary(), st.skeleton(SKELETON):
        found = results.result(dataset, entry.plan)
        note_result(cached.records(), entry, dataset, found)
        return found
    return None


def _other(dataset: Dataset, view: StrategyView, entry: Entry) -> Evaluation | None:
    """What the chosen other method says; the decision stays with the planned one."""
    if not view.method:
        return None
    with errors.boundary():
        return results.result(dataset, entry.plan, method=view.method)
    return None


def _head(view: StrategyView, entry: Entry) -> None:
    plan = entry.plan
    st.button(
        t("All strategies"), icon=":material/arrow_back:", type="tertiary",
        key="strategies_back", on_click=open_list, args=(view,),
    )  # fmt: skip
    page_head(plain(plan.name))
    if plan.hypothesis:
        st.markdown(plain(plan.hypothesis, limit=600))
    st.caption(
        t(
            "{design}, by {unit} · {metric}, smallest effect that matters {size} · "
            "{days} ({count} days) · {owner}",
            design=t(DESIGNS[plan.design]),
            unit=t(UNITS[plan.unit]),
            metric=plain(name_of(plan.metric)),
            size=size_text(plan.smallest_effect, plan.metric),
            days=written_period(plan.first_day, plan.last_day),
            count=number(plan.days),
            owner=plain(plan.owner, limit=60),
        )
    )
    if entry.stored.is_frozen and entry.stored.frozen_at is not None:
        st.caption(_frozen(entry))
        history.frozen_late(entry)
        history.changed(entry)


def _frozen(entry: Entry) -> str:
    stored = entry.stored
    assert stored.frozen_at is not None  # noqa: S101 - told by the caller
    text = t(
        ":material/lock: Plan frozen {when} UTC by {who}, {hash}.",
        when=moment(stored.frozen_at),
        who=plain(stored.frozen_by, limit=60),
        hash=f"`{str(stored.frozen_hash)[:12]}`",
    )
    if entry.read_early is not None:
        text += " " + t(
            "Results were read before, on {day}.", day=day(entry.read_early.at.date())
        )
    return text


def _draft(dataset: Dataset, view: StrategyView, entry: Entry) -> None:
    """What can be done with a plan that is not frozen yet."""
    st.info(
        t(
            "Freeze the plan before anybody reads a result: then it cannot be bent to "
            "fit. Later changes are kept beside it with their reason."
        ),
        title=t("This is a draft"),
        icon=":material/edit_note:",
    )
    typed = name_field("strategies_author")
    with st.container(horizontal=True):
        if st.button(
            t("Freeze the plan"), type="primary", icon=":material/lock:",
            key="strategies_freeze",
        ):  # fmt: skip
            _freeze(dataset, entry, typed)
        st.button(
            t("Edit the plan"), icon=":material/edit:", key="strategies_edit",
            on_click=go, args=(view,), kwargs={"show": "plan", "step": 1},
        )  # fmt: skip
        if not view.explore:
            st.button(
                t("Look at results without a frozen plan"), type="tertiary",
                icon=":material/visibility:", key="strategies_explore",
                help=t("They are marked as exploratory; that they were read is kept."),
                on_click=go, args=(view,), kwargs={"explore": True},
            )  # fmt: skip
        if st.button(
            t("Delete the draft"), type="tertiary", icon=":material/delete:",
            key="strategies_delete",
        ):  # fmt: skip
            _delete(view, entry, typed)
    if view.explore:
        st.warning(
            t("Exploratory: the plan is not frozen, so nothing here proves anything."),
            icon=":material/science:",
        )


def _freeze(dataset: Dataset, entry: Entry, typed: str) -> None:
    with errors.boundary():
        who = sign("manage", typed)
        need_workable(dataset, entry.plan)
        freeze_strategy(
            cached.records(), entry.id, by=who.signature, version=entry.stored.version
        )
        st.toast(t("The plan is frozen."), icon=":material/lock:")
        st.rerun()


def _delete(view: StrategyView, entry: Entry, typed: str) -> None:
    with errors.boundary():
        who = sign("manage", typed)
        delete_strategy(
            cached.records(), entry.id, by=who.signature, version=entry.stored.version
        )
        open_list(view)
        st.rerun()
