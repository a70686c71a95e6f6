"""The explanation sheet for the rider: one printable page in plain words."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

import streamlit as st

from analysis.cases import Ruleset, explanation_sheet
from analysis.cases.sheet import Sheet
from analysis.records.cases_decisions import decisions_on
from analysis.words import N_, Text
from ui import cached, export
from ui.cases import words
from ui.cases.evidence import CaseFile
from ui.cases.versions import standing
from ui.cases.view import Desk
from ui.format import day as written_day
from ui.guard import guard
from ui.show import plain
from ui.state import write_view
from ui.texts import language, t

APPEAL_DAYS: Final = 7
MAX_WORDS: Final = 600
UNDECIDED: Final = N_(
    "Nobody has decided this case yet; this is what the rules suggest."
)
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;"
    "padding:0 1rem;color:#14171d}h1{font-size:1.5rem}h2{font-size:1.05rem;"
    "margin:1.4rem 0 .3rem}table{border-collapse:collapse}td{padding:.15rem 1rem "
    ".15rem 0}footer{margin-top:2rem;color:#5c6473;font-size:.85rem}"
)


def link(desk: Desk) -> None:
    """The way to the sheet of the case."""
    st.button(
        t("Explanation sheet for the rider"), key="cases_sheet", type="tertiary",
        icon=":material/print:", on_click=_show, args=(desk, True),
    )  # fmt: skip


def page(desk: Desk, file: CaseFile, ruleset: Ruleset) -> None:
    """The sheet alone, as it is printed, and its download."""
    guard("export")
    made = explanation_sheet(
        file.timeline, file.verdict, ruleset=ruleset, appeal_days=APPEAL_DAYS
    )
    decided = decision(desk)
    with st.container(horizontal=True, key="cases_sheet_bar"):
        st.button(
            t("Back to the case"), key="cases_sheet_back", icon=":material/arrow_back:",
            on_click=_show, args=(desk, False),
        )  # fmt: skip
        st.download_button(
            t("Download"), document(made, decided),
            file_name=export.file_name("explanation", made.order[-4:], suffix="html"),
            mime="text/html", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.caption(t("Print it with the browser: Ctrl+P."))
    with st.container(width=680, key="cases_sheet_page"):
        st.title(words.said(made.title), anchor=False)
        if not decided:
            st.warning(t(UNDECIDED), icon=":material/pending:")
        st.markdown(
            f"**{plain(decided, limit=MAX_WORDS) or words.said(made.summary)}**"
        )
        st.table(
            {t("Step"): [words.milestone(name) for name, _ in made.times],
             t("Time"): [time for _, time in made.times]},
            hide_index=True, border="horizontal", width="content",
        )  # fmt: skip
        for title, lines in _parts(made):
            st.markdown(
                f"**{title}**\n\n" + "\n".join(f"- {words.said(x)}" for x in lines)
            )
        st.caption(_foot(made))


def decision(desk: Desk) -> str:
    """What somebody decided on the case, in their words; empty while nobody has."""
    if desk.case is None:
        return ""
    found = standing(desk, decisions_on(cached.records(), desk.case.id))
    if found is None:
        return ""
    given = found.answer
    who = words.parties(given.shares or (given.party,))
    return t("Decided: {party}. {why}", party=who, why=given.explanation)


def document(made: Sheet, decided: str = "") -> str:
    """The sheet as a page of its own: no script, nothing fetched, all text escaped."""
    rows = "".join(
        f"<tr><td>{_safe(words.milestone(name))}</td><td>{_safe(time)}</td></tr>"
        for name, time in made.times
    )
    parts = "".join(
        f"<h2>{_safe(title)}</h2><ul>{_items(lines)}</ul>"
        for title, lines in _parts(made)
    )
    title = _safe(words.written(made.title))
    summary = _safe(decided or f"{t(UNDECIDED)} {words.written(made.summary)}")
    return (
        f'<!doctype html><html lang="{language()[:2]}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{title}</h1><p><strong>{summary}</strong></p>"
        f"<table>{rows}</table>{parts}<footer>{_safe(_foot(made))}</footer></body></html>"
    )


def _parts(made: Sheet) -> Sequence[tuple[str, Sequence[Text]]]:
    parts = (
        (t("What happened"), made.facts),
        (t("What counted"), made.rules),
        (t("What did not count"), made.not_counted),
        (t("If you disagree"), made.appeal),
    )
    return [(title, lines) for title, lines in parts if lines]


def _foot(made: Sheet) -> str:
    return t("Order {order} of {day} · times in {zone} · rules {version}",
        order=made.order, day=written_day(made.day), zone=made.timezone,
        version=made.ruleset_version)  # fmt: skip


def _items(lines: Sequence[Text]) -> str:
    return "".join(f"<li>{_safe(words.written(line))}</li>" for line in lines)


def _safe(text: str) -> str:
    return html.escape(text)


def _show(desk: Desk, shown: bool) -> None:  # noqa: FBT001 - a callback's argument
    write_view(desk.view.model_copy(update={"sheet": shown, "position": desk.position}))
