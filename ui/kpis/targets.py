"""Targets on the page: whether they are met, setting one, taking one away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import streamlit as st

from analysis import records
from analysis.errors import InvalidInput
from analysis.metrics import Definition
from analysis.metrics.registry import parse_reference
from analysis.records import Target
from analysis.words import N_
from ui import cached, errors
from ui.guard import allowed, name_field, person, sign
from ui.kpis.axes import scope_of
from ui.kpis.figures import Figure, name_of, unit_of, write
from ui.kpis.view import Look, close
from ui.show import plain
from ui.texts import t

State = Literal["good", "near", "missed"]

STATE_NAMES: Final[Mapping[State, str]] = {
    "good": N_("target met"),
    "near": N_("near the target"),
    "missed": N_("target missed"),
}
STATE_ICONS: Final[Mapping[State, str]] = {
    "good": ":material/check_circle:",
    "near": ":material/adjust:",
    "missed": ":material/error:",
}
STATE_COLOURS: Final[Mapping[State, str]] = {
    "good": "blue",
    "near": "gray",
    "missed": "orange",
}
_KEY: Final = "kpis_target"
_UNDO: Final = "kpis_deleted_target"
_SEEN: Final = "kpis_seen_target"
#: Version of a target that was not there; the first one is 1.
_NONE_SEEN: Final = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pop-up showed when it was opened, until it is closed.

    Saving runs the page again, and the records may say something else by then.

    Attributes:
        metric: The metric it was opened for.
        scope: The orders it was opened for.
        target: The target in force then.
        versions: Versions of all targets that hold on, by their first day.
    """

    metric: str
    scope: str
    target: Target | None
    versions: Mapping[date, int]


def state_of(
    value: float, *, target: float, floor: float | None, direction: str
) -> State:
    """Whether a value reaches its target.

    Args:
        value: Value of the metric.
        target: Value to reach; at most this where lower is better, else at least.
        floor: What must not be missed; without one a missed target is missed.
        direction: Which way is better.

    >>> state_of(0.93, target=0.95, floor=0.9, direction="higher")
    'near'
    """
    sign_of = -1 if direction == "lower" else 1
    if sign_of * value >= sign_of * target:
        return "good"
    if floor is not None and sign_of * value >= sign_of * floor:
        return "near"
    return "missed"


def targets(look: Look) -> dict[str, Target]:
    """Targets in force on the last day looked at, for exactly these orders."""
    day = look.period.last if look.period else date.today()  # noqa: DTZ011 - local day
    found = records.targets_for(cached.records(), scope=_scope(look), day=day)
    return {target.metric: target for target in reversed(found)}


def badge(figure: Figure, target: Target) -> None:
    """The target beside a figure: its state in word, icon and colour."""
    state = state_of(
        figure.value, target=target.target, floor=target.floor,
        direction=figure.definition.direction,
    )  # fmt: skip
    st.badge(
        t(
            "{state} {target}",
            state=t(STATE_NAMES[state]),
            target=write(target.target, figure.definition),
        ),
        icon=STATE_ICONS[state],
        color=STATE_COLOURS[state],  # type: ignore[arg-type]
    )


def panel(look: Look, target: Target | None) -> None:
    """Pop-up of an owner to set, change or take away the chosen metric's target."""
    if not allowed("manage", person().role):
        return
    seen = _kept(look)
    shown = seen.target if seen else target
    pop_up = st.popover(
        t("Change target") if shown else t("Set target"),
        icon=":material/flag:",
        type="tertiary",
        key=_KEY,
        on_change="rerun",
    )
    if not pop_up.open:
        st.session_state.pop(_SEEN, None)
        return
    with pop_up, errors.boundary():
        _undo_offer()
        _form(look, seen or _seen(look, target))


def _kept(look: Look) -> Seen | None:
    """What the pop-up of these orders showed at first, if it is open."""
    seen = st.session_state.get(_SEEN)
    subject = (look.metric, _scope(look))
    known = isinstance(seen, Seen) and (seen.metric, seen.scope) == subject
    return seen if known else None


def _seen(look: Look, target: Target | None) -> Seen:
    """What the pop-up shows now, kept until it is closed."""
    scope = _scope(look)
    known = records.targets_for(cached.records(), metric=look.metric, scope=scope)
    versions = {item.first_day: item.version for item in known if not item.last_day}
    seen = Seen(look.metric, scope, target, versions)
    st.session_state[_SEEN] = seen
    return seen


def _form(look: Look, seen: Seen) -> None:
    target = seen.target
    definition = parse_reference(look.metric).definition
    scale = 100 if definition.unit == "share" else 1
    with st.form("kpis_target_form", border=False):
        st.markdown(_for_whom(look))
        wanted = st.number_input(
            t("Target{unit}", unit=unit_of(definition)),
            value=target.target * scale if target else None,
            format="%.6g",
        )
        floor = st.number_input(
            t("Floor{unit}", unit=unit_of(definition)),
            value=target.floor * scale if target and target.floor is not None else None,
            format="%.6g",
            help=t("Between target and floor is near; beyond the floor is missed."),
        )
        first = st.date_input(
            t("Holds from"), value=_first_day(look, target), format="YYYY-MM-DD"
        )
        typed = name_field("kpis_target_author")
        if st.form_submit_button(t("Save target"), type="primary"):
            _save(
                look, seen, target=wanted, floor=floor, scale=scale, first=first,
                typed=typed,
            )  # fmt: skip
    if target and st.button(t("Take the target away"), icon=":material/delete:"):
        _delete(target, typed=typed)


def _for_whom(look: Look) -> str:
    name = plain(name_of(look.metric))
    if not look.conditions:
        return t("For {metric}, all orders.", metric=name)
    return t(
        "For {metric}, the orders of {count} filters.",
        metric=name,
        count=len(look.conditions),
    )


def _save(
    look: Look,
    seen: Seen,
    *,
    target: float | None,
    floor: float | None,
    scale: int,
    first: date,
    typed: str,
) -> None:
    definition = parse_reference(look.metric).definition
    if target is None:
        raise InvalidInput(
            N_("A target needs a value."), hint=N_("Type one, then save.")
        )
    _require_order(definition, target, floor)
    who = sign("manage", typed)
    records.set_target(
        cached.records(), look.metric, scope=seen.scope, by=who.signature,
        target=target / scale, floor=None if floor is None else floor / scale,
        first_day=first, version=seen.versions.get(first, _NONE_SEEN),
    )  # fmt: skip
    st.session_state.pop(_SEEN, None)
    st.toast(t("Saved"), icon=":material/flag:")
    st.rerun()


def _require_order(definition: Definition, target: float, floor: float | None) -> None:
    lower = definition.direction == "lower"
    if floor is not None and (floor < target if lower else floor > target):
        raise InvalidInput(
            N_("The floor {floor} is better than the target {target}."),
            hint=N_("The floor is the worst that is still acceptable: swap the two."),
            floor=floor,
            target=target,
        )


def _delete(target: Target, *, typed: str) -> None:
    who = sign("manage", typed)
    records.delete_target(
        cached.records(), target.id, by=who.signature, version=target.version
    )
    st.session_state[_UNDO] = target.id
    st.session_state.pop(_SEEN, None)
    st.rerun()


def _undo_offer() -> None:
    identifier = st.session_state.get(_UNDO)
    if identifier is None:
        return
    st.caption(t("The target is taken away."))
    st.button(t("Undo"), key="kpis_undo_target", on_click=_undo, args=(identifier,))


def _undo(identifier: str) -> None:
    with errors.boundary():
        st.session_state.pop(_UNDO, None)
        st.session_state.pop(_SEEN, None)
        who = sign("manage")
        records.undo_delete(cached.records(), "target", identifier, by=who.signature)
        close(_KEY)


def _first_day(look: Look, target: Target | None) -> date:
    if target:
        return target.first_day
    days = look.whole or look.period
    return days.first if days else date.today()  # noqa: DTZ011 - local day


def _scope(look: Look) -> str:
    """The orders of a target: dataset and filters, without days and version."""
    return json.dumps(scope_of(look.dataset, look.orders).to_json())
