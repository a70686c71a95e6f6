"""Plans that cannot be evaluated: why, and what can still be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.records import record_decision
from analysis.strategies.registration import Registration
from analysis.strategies.registry import Entry
from ui import cached, errors
from ui.guard import allowed, name_field, person, sign
from ui.strategies import results
from ui.strategies.insist import need_reason
from ui.strategies.view import StrategyView, go
from ui.texts import t

WHOM: Final = 2


def reasons(dataset: Dataset, entries: Sequence[Entry]) -> Mapping[str, DoorstepError]:
    """Why strategies that should have figures have none, by id.

    To be asked for once the job that evaluates what waits has ended.
    """
    found = {
        entry.id: cached.result(_tried, dataset, entry.plan)
        for entry in results.waiting(dataset, entries)
    }
    return {name: error for name, error in found.items() if error is not None}


def _tried(dataset: Dataset, plan: Registration) -> DoorstepError | None:
    try:
        results.result(dataset, plan)
    except DoorstepError as error:
        return error
    return None


def panel(view: StrategyView, entry: Entry) -> None:
    """Change the plan with a reason, or withdraw it; nothing of it is deleted."""
    if not entry.stored.is_frozen or not allowed("manage", person().role):
        return
    st.caption(
        t(
            "A frozen plan cannot be deleted. Change it, with a reason that stays "
            "beside it, or withdraw it: that is kept as the decision to stop."
        )
    )
    st.button(
        t("Change the plan"), icon=":material/edit:",
        key=f"strategies_mend_{entry.id}", on_click=go, args=(view,),
        kwargs={"show": "plan", "step": WHOM},
    )  # fmt: skip
    if entry.status != "decided":
        with st.expander(
            t("Withdraw the strategy"), icon=":material/block:",
            key=f"strategies_withdrawing_{entry.id}",
        ):  # fmt: skip
            _withdrawal(entry)


def _withdrawal(entry: Entry) -> None:
    reason = st.text_area(
        t("Reason"), key=f"strategies_withdraw_reason_{entry.id}", max_chars=4_000,
        height=100, placeholder=t("Why, in a sentence or two"),
    )  # fmt: skip
    typed = name_field(f"strategies_withdrawer_{entry.id}")
    if st.button(
        t("Withdraw"), key=f"strategies_withdraw_{entry.id}", icon=":material/block:"
    ):
        with errors.boundary():
            need_reason(reason)
            who = sign("manage", typed)
            record_decision(
                cached.records(), entry.id, decision="stop", reason=reason,
                recommendation="cannot tell", figures={}, by=who.signature,
                version=entry.stored.version,
            )  # fmt: skip
            st.toast(t("Recorded"), icon=":material/block:")
            st.rerun()
