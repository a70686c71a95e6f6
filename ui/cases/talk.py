"""What was said and done on an order: a list with the numbers of the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import streamlit as st

from analysis.cases.moments import Mark, Timeline
from analysis.words import N_
from ui.cases import words
from ui.format import number
from ui.show import plain
from ui.texts import t

HEIGHT: Final = 216
MAX_TEXT: Final = 600
_KINDS: Final = {
    "event": (":material/bolt:", N_("event")),
    "message": (":material/chat_bubble:", N_("message")),
    "contact": (":material/support_agent:", N_("contact")),
    "complaint": (":material/report:", N_("complaint")),
    "review": (":material/star:", N_("review")),
    "offer": (":material/campaign:", N_("offer")),
}


def numbers(found: Timeline) -> list[tuple[int, datetime]]:
    """Numbers of what was said and done, with their moments."""
    return [
        (place, mark.at)
        for place, mark in enumerate(found.marks, start=1)
        if mark.at is not None
    ]


def listing(found: Timeline) -> None:
    """Everything said and done, in time, with its number on the timeline."""
    if not found.marks:
        st.caption(t("Nothing was said or reported on this order."))
        return
    with st.container(height=HEIGHT, border=False, gap="small", key="cases_talk"):
        for place, mark in enumerate(found.marks, start=1):
            _entry(place, mark, found.timezone)


def _entry(place: int, mark: Mark, zone: str) -> None:
    icon, kind = _KINDS[mark.kind]
    who = f"{words.code(mark.who)} · " if mark.who else ""
    what = words.code(mark.what) or t(kind)
    figure = f" {number(mark.figure)}" if mark.figure is not None else ""
    head = f"**{place}**\u2002{icon} {words.clock(mark.at, zone)} · {who}{what}{figure}"
    lines = [f":small[{head}]"]
    if mark.text:
        lines.append(f":small[“{plain(mark.text, limit=MAX_TEXT)}”]")
    if mark.translated and mark.translated != mark.text:
        lines.append(f":small[:gray[{plain(mark.translated, limit=MAX_TEXT)}]]")
    st.markdown("  \n".join(lines))
