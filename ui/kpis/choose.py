"""Which metrics are on cards: the list behind "more", with what is still locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final

import streamlit as st

from analysis.metrics import Availability
from analysis.metrics.registry import parse_reference
from analysis.words import N_
from ui import frame
from ui.kpis.figures import name_of
from ui.kpis.locks import lock_text
from ui.kpis.view import MAX_CARDS, Look, choose_metric, close, go
from ui.show import plain
from ui.texts import language, t

GROUP_NAMES: Final[Mapping[str, str]] = {
    "volume": N_("Volume"),
    "punctuality": N_("Punctuality"),
    "stages": N_("Stages"),
    "outcome": N_("Outcome"),
    "riders": N_("Riders"),
    "merchants": N_("Merchants"),
    "voice": N_("Customers' voice"),
    "cost": N_("Cost"),
    "verdicts": N_("Verdicts"),
    "governance": N_("Governance"),
}

COLUMNS: Final = 3
_KEY: Final = "kpis_more"


def more(look: Look) -> None:
    """The pop-up with every metric: on a card, not on one, or locked."""
    open_ones = [item for item in look.known.values() if item.is_available]
    locked = [item for item in look.known.values() if not item.is_available]
    panel = st.popover(
        t("More metrics ({count})", count=len(look.known) - len(look.cards)),
        icon=":material/tune:",
        type="tertiary",
        key=_KEY,
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        st.caption(
            t(
                "{count} of at most {limit} cards. A tick puts a metric on a card, its "
                "name opens it below.",
                count=len(look.cards),
                limit=MAX_CARDS,
            )
        )
        columns = st.columns(COLUMNS, gap="medium")
        for place, (group, items) in enumerate(_grouped(open_ones)):
            with columns[place % COLUMNS].container(gap=None):
                st.markdown(f"**{group}**")
                for item in items:
                    _entry(look, item)
        if locked:
            _locked(locked)


def _grouped(items: Iterable[Availability]) -> Iterable[tuple[str, list[Availability]]]:
    order = list(GROUP_NAMES)
    ranked = sorted(items, key=lambda item: order.index(item.definition.group))
    for group, members in groupby(ranked, key=lambda item: item.definition.group):
        yield t(GROUP_NAMES[group]), list(members)


def _entry(look: Look, item: Availability) -> None:
    name = item.definition.name
    cards = {parse_reference(card).definition.name: card for card in look.cards}
    key = f"kpis_on_{name}"
    st.session_state[key] = name in cards

    def changed() -> None:
        kept = [card for card in look.cards if card != cards.get(name)]
        go(look, cards=(*kept, name) if st.session_state[key] else tuple(kept))

    full = len(look.cards) >= MAX_CARDS and name not in cards
    last = len(look.cards) == 1 and name in cards
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False
    ):
        st.checkbox(
            t("Card for {metric}", metric=plain(name_of(name))),
            key=key,
            on_change=changed,
            disabled=full or last,
            label_visibility="collapsed",
            width="content",
        )
        st.button(
            plain(item.definition.label_in(language())),
            key=f"kpis_open_{name}",
            type="tertiary",
            help=plain(item.definition.definition_in(language()), limit=300),
            on_click=_open,
            args=(look, cards.get(name, name)),
        )


def _open(look: Look, reference: str) -> None:
    close(_KEY)
    choose_metric(look, reference)


def _locked(items: list[Availability]) -> None:
    title = t("Locked ({count})", count=len(items))
    st.markdown(f"**{title}**")
    lines = [
        t(
            ":material/lock: {metric}. {needs}",
            metric=plain(item.definition.label_in(language())),
            needs=lock_text(item.missing),
        )
        for item in items
    ]
    st.caption("  \n".join(lines))
    frame.link("data", label=t("Map columns on Data"), icon=":material/arrow_forward:")
