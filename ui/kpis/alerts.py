"""Alert rules of the page: a small form, the list with edit, delete and undo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import streamlit as st

from analysis import records
from analysis.metrics import Selection
from analysis.metrics.registry import Definition, parse_reference
from analysis.records.alerts import (
    AlertRule,
    RuleGrain,
    RuleKind,
    Side,
    alert_rules,
    delete_alert_rule,
    save_alert_rule,
)
from analysis.words import N_
from ui import cached, errors, fired
from ui.guard import allowed, name_field, person, sign
from ui.kpis import periods
from ui.kpis.axes import filter_names
from ui.kpis.figures import name_of, unit_of, write
from ui.kpis.view import Look
from ui.show import choice, plain, shortened
from ui.texts import t

_KEY: Final = "kpis_alerts"
_EDITED: Final = "kpis_alert_edited"
_UNDO: Final = "kpis_alert_deleted"
MAX_NAME: Final = 120
KIND_NAMES: Final[Mapping[RuleKind, str]] = {
    "anomaly": N_("is not as expected"),
    "threshold": N_("passes a limit"),
    "target": N_("misses its target"),
}
SIDE_NAMES: Final[Mapping[Side, str]] = {
    "above": N_("above"),
    "below": N_("below"),
    "either": N_("either side"),
}
_GRAINS: Final[tuple[RuleGrain, ...]] = ("day", "week", "hour")


def panel(look: Look) -> None:
    """The pop-up: what is watched, and a form for one rule more."""
    if not allowed("annotate", person().role):
        return
    pop_up = st.popover(
        t("Alert me when"), icon=":material/notifications:", type="tertiary",
        key=_KEY, on_change="rerun",
    )  # fmt: skip
    if not pop_up.open:
        st.session_state.pop(_EDITED, None)
        return
    with pop_up, errors.boundary():
        _undo_offer()
        known = alert_rules(cached.records(), dataset=look.dataset.id)
        edited = next((rule for rule in known if rule.id == _edited()), None)
        _form(look, edited)
        _list(look, known)


def scope_text(look: Look) -> str:
    """The orders of a rule as it is kept: filters without days and version."""
    chosen = Selection(conditions=look.conditions, event=look.view.selection.event)
    return json.dumps(chosen.to_json())


def _edited() -> str:
    return str(st.session_state.get(_EDITED, ""))


def _form(look: Look, rule: AlertRule | None) -> None:
    """For the metric and the orders looked at, or for those of the rule edited."""
    metric = rule.metric if rule else look.metric
    definition = parse_reference(metric).definition
    key = f"kpis_alert_{rule.id if rule else 'new'}"
    st.markdown(_whom(look, rule))
    kinds = list(KIND_NAMES)
    # Outside of the form, since the limit is asked for only where there is one.
    kind = st.selectbox(
        t("Alert when it"), kinds, key=f"{key}_kind",
        index=kinds.index(rule.kind) if rule else 0,
        format_func=lambda item: t(KIND_NAMES[item]),
    )  # fmt: skip
    with st.form(f"{key}_form", border=False):
        sides = list(SIDE_NAMES)
        usual: Side = "below" if definition.direction == "higher" else "above"
        side = st.segmented_control(
            t("Side"), sides, key=f"{key}_side", required=True,
            default=rule.side if rule else usual,
            format_func=lambda item: choice(t(SIDE_NAMES[item])),
        )  # fmt: skip
        limit = _limit(rule, definition, key=key) if kind == "threshold" else None
        grain = st.segmented_control(
            t("Time grain"), list(_GRAINS), key=f"{key}_grain", required=True,
            default=rule.grain if rule and rule.grain in _GRAINS else "day",
            format_func=lambda item: choice(t(periods.GRAIN_NAMES[item])),
        )  # fmt: skip
        name = st.text_input(
            t("Name of the alert"), key=f"{key}_name", max_chars=MAX_NAME,
            value=rule.name if rule else _usual_name(look),
        )  # fmt: skip
        typed = name_field(f"{key}_author")
        if st.form_submit_button(t("Save the alert"), type="primary"):
            _save(
                look, rule, kind=kind, side=side, grain=grain, name=name, typed=typed,
                limit=limit,
            )  # fmt: skip


def _limit(rule: AlertRule | None, definition: Definition, *, key: str) -> float | None:
    """The limit asked for, in the metric's own unit; a share is typed in percent."""
    scale = 100 if definition.unit == "share" else 1
    typed = st.number_input(
        t("Limit{unit}", unit=unit_of(definition)),
        value=rule.limit * scale if rule and rule.limit is not None else None,
        format="%.6g", key=f"{key}_limit",
    )  # fmt: skip
    return None if typed is None else typed / scale


def _save(
    look: Look,
    rule: AlertRule | None,
    *,
    kind: RuleKind,
    side: Side | None,
    grain: RuleGrain | None,
    name: str,
    limit: float | None,
    typed: str,
) -> None:
    who = sign("annotate", typed)
    save_alert_rule(
        cached.records(),
        name=name,
        kind=kind,
        metric=rule.metric if rule else look.metric,
        dataset=look.dataset.id,
        by=who.signature,
        scope=rule.scope if rule else scope_text(look),
        grain=grain or "day",
        side=side or "above",
        limit=limit,
        owner=rule.owner if rule else who.signature,
        identifier=rule.id if rule else None,
        version=rule.version if rule else None,
    )
    st.session_state.pop(_EDITED, None)
    fired.evaluate(look.dataset, again=True)
    st.toast(t("The alert is saved."), icon=":material/notifications:")
    st.rerun()


def _whom(look: Look, rule: AlertRule | None) -> str:
    if rule is not None:
        return t("Change **{name}**", name=plain(rule.name))
    name = plain(name_of(look.metric))
    named = filter_names(look.axes, look.orders)
    orders = plain(", ".join(named)) if named else t("all orders")
    return t("**{metric}** of {orders}", metric=name, orders=orders)


def _usual_name(look: Look) -> str:
    named = filter_names(look.axes, look.orders)
    return shortened(" · ".join([name_of(look.metric), *named]), limit=MAX_NAME)


def _list(look: Look, known: tuple[AlertRule, ...]) -> None:
    if not known:
        return
    st.divider()
    st.caption(t("Alerts of this dataset"))
    for rule in known:
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False
        ):
            st.markdown(
                f"**{plain(rule.name)}**  \n:gray[{_told(rule)}]", width="stretch"
            )
            st.button(
                t("Edit"), key=f"kpis_alert_edit_{rule.id}", type="tertiary",
                help=plain(rule.name), on_click=_edit, args=(rule.id,),
            )  # fmt: skip
            st.button(
                t("Delete"), key=f"kpis_alert_delete_{rule.id}", type="tertiary",
                help=plain(rule.name), on_click=_delete, args=(look, rule),
            )  # fmt: skip


def _told(rule: AlertRule) -> str:
    definition = parse_reference(rule.metric).definition
    parts = [t(KIND_NAMES[rule.kind]), t(periods.GRAIN_NAMES[rule.grain])]
    if rule.limit is not None:
        parts.insert(1, f"{t(SIDE_NAMES[rule.side])} {write(rule.limit, definition)}")
    return t(", ").join([*parts, plain(rule.changed_by)])


def _edit(identifier: str) -> None:
    st.session_state[_EDITED] = identifier


def _delete(look: Look, rule: AlertRule) -> None:
    with errors.boundary():
        who = sign("annotate")
        delete_alert_rule(
            cached.records(), rule.id, by=who.signature, version=rule.version
        )
        st.session_state[_UNDO] = rule.id
        fired.evaluate(look.dataset, again=True)


def _undo_offer() -> None:
    identifier = st.session_state.get(_UNDO)
    if identifier is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("The alert is deleted."))
        st.button(t("Undo"), key="kpis_undo_alert", on_click=_undo, args=(identifier,))


def _undo(identifier: str) -> None:
    with errors.boundary():
        st.session_state.pop(_UNDO, None)
        who = sign("annotate")
        records.undo_delete(
            cached.records(), "alert_rule", identifier, by=who.signature
        )
