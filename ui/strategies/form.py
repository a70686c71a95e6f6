"""Plan and register: four short steps, with what they need beside them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.records import StoredStrategy, freeze_strategy
from analysis.strategies.registry import Entry, amend, register
from analysis.words import N_
from ui import cached, errors
from ui.guard import name_field, sign
from ui.show import choice, page_head
from ui.strategies import form_state, form_summary, form_what, form_when, form_whom
from ui.strategies.insist import need_reason, need_workable
from ui.strategies.view import StrategyView, go, open_list, open_one
from ui.texts import t

STEPS: Final = (
    N_("1 What for"), N_("2 To whom"), N_("3 How long"), N_("4 Rule and check"),
)  # fmt: skip
WHOM: Final = 2
LAST: Final = len(STEPS)


def page(dataset: Dataset, view: StrategyView, entry: Entry | None) -> None:
    """The form at the step of the address."""
    form_state.prepare(dataset, entry)
    _head(view, entry)
    _steps(view)
    if view.step != WHOM:
        form_state.put("places_key", None)
    if view.step > WHOM:
        form_state.propose_days(dataset)
    with errors.boundary():
        if view.step == 1:
            form_what.step(dataset)
        elif view.step == WHOM:
            form_whom.step(dataset)
        elif view.step == LAST:
            form_summary.step(dataset)
        else:
            form_when.step(dataset)
    _foot(dataset, view, entry)


def _head(view: StrategyView, entry: Entry | None) -> None:
    st.button(
        t("All strategies") if entry is None else t("Back to the strategy"),
        icon=":material/arrow_back:", type="tertiary", key="plan_leave",
        on_click=open_list if entry is None else open_one,
        args=(view,) if entry is None else (view, entry.id),
    )  # fmt: skip
    page_head(
        t("Plan a strategy") if entry is None else t("Change the plan"),
        answer=t(
            "Say what it should bring and what will be decided by which figures, "
            "before there are any."
        ),
    )


def _steps(view: StrategyView) -> None:
    key = "plan_step"
    st.session_state[key] = view.step
    st.segmented_control(
        t("Step"), range(1, LAST + 1), key=key, required=True,
        format_func=lambda number: choice(t(STEPS[number - 1])),
        on_change=lambda: go(view, step=st.session_state[key]),
        label_visibility="collapsed",
    )  # fmt: skip


def _foot(dataset: Dataset, view: StrategyView, entry: Entry | None) -> None:
    """Back, next, and saving at the last step."""
    st.space("small")
    if view.step == LAST:
        _save_panel(dataset, view, entry)
    with st.container(horizontal=True):
        if view.step > 1:
            st.button(
                t("Back"), key="plan_back", icon=":material/arrow_back:",
                on_click=go, args=(view,), kwargs={"step": view.step - 1},
            )  # fmt: skip
        if view.step < LAST:
            st.button(
                t("Next"), key="plan_next", type="primary",
                icon=":material/arrow_forward:", on_click=go, args=(view,),
                kwargs={"step": view.step + 1},
            )  # fmt: skip


def _save_panel(dataset: Dataset, view: StrategyView, entry: Entry | None) -> None:
    frozen = entry is not None and entry.stored.is_frozen
    reason = ""
    if frozen:
        reason = st.text_area(
            t("Why is the frozen plan changed?"), key="deviation_reason", height=80
        )
    typed = name_field("plan_author")
    with st.container(horizontal=True):
        label = t("Record the deviation") if frozen else t("Save the draft")
        save = st.button(
            label, key="plan_save", type="primary" if frozen else "secondary"
        )
        freeze = not frozen and st.button(
            t("Save and freeze"), key="plan_freeze", type="primary",
            icon=":material/lock:",
        )  # fmt: skip
    if save or freeze:
        _save(dataset, view, entry, typed=typed, reason=reason, freeze=bool(freeze))


def _save(
    dataset: Dataset,
    view: StrategyView,
    entry: Entry | None,
    *,
    typed: str,
    reason: str,
    freeze: bool,
) -> None:
    with errors.boundary():
        if not form_state.get("name"):
            raise InvalidInput(
                N_("The strategy has no name yet."), hint=N_("Give it one in step 1.")
            )
        frozen = entry is not None and entry.stored.is_frozen
        if frozen:
            need_reason(reason)
        who = sign("manage", typed)
        if freeze or frozen:
            need_workable(dataset, form_state.registration(dataset))
        stored = _written(dataset, entry, by=who.signature, reason=reason)
        if freeze:
            freeze_strategy(
                cached.records(), stored.id, by=who.signature, version=stored.version
            )
        form_state.clear()
        open_one(view, stored.id)
        st.rerun()


def _written(
    dataset: Dataset, entry: Entry | None, *, by: str, reason: str
) -> StoredStrategy:
    if not form_state.get("owner"):
        form_state.put("owner", by)
    plan = form_state.registration(dataset)
    if entry is None:
        return register(cached.records(), plan, by=by)
    return amend(cached.records(), entry.stored, plan, by=by, reason=reason)
