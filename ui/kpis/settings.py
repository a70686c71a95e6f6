"""Settings of the chosen metric, such as the minutes of grace."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from analysis.metrics.registry import Setting, Value, parse_reference
from ui.format import number
from ui.kpis.figures import setting_name
from ui.kpis.view import Look, go
from ui.texts import language


def row(look: Look) -> None:
    """A box for each setting that applies."""
    for name, setting in parse_reference(look.metric).applicable.items():
        _setting(look, name, setting)


def _setting(look: Look, name: str, setting: Setting) -> None:
    """One setting of the chosen metric; changing it changes the metric's card too."""
    reference = parse_reference(look.metric)
    now = reference.settings[name]
    options = list(dict.fromkeys([*(setting.choices or setting.suggested), now]))
    key = f"kpis_setting_{name}"
    st.session_state[key] = now

    def changed() -> None:
        values = {**reference.settings, name: st.session_state[key]}
        _change_setting(look, values)

    st.selectbox(
        setting.label[language().startswith("zh")],
        options,
        format_func=lambda value: (
            setting_name(value) if isinstance(value, str) else number(value)
        ),
        key=key,
        on_change=changed,
        width=150,
    )


def _change_setting(look: Look, values: Mapping[str, Value]) -> None:
    """Put the metric with other settings in place of the one there is."""
    definition = parse_reference(look.metric).definition
    told = [
        f"{name}={values[name]}"
        for name, setting in definition.settings.items()
        if values[name] != setting.default and setting.applies(values)
    ]
    wanted = definition.name + (f"({','.join(told)})" if told else "")
    cards = tuple(wanted if card == look.metric else card for card in look.cards)
    selection = {**look.view.selection.to_json(), "metric": wanted}
    go(look, selection=selection, cards=tuple(dict.fromkeys(cards)))
