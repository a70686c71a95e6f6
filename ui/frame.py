"""The frame of all pages: the menu, the dataset chip, the language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import streamlit as st

from analysis.errors import InvalidInput
from analysis.metrics.address import from_address
from analysis.words import N_
from ui import datasets
from ui.format import number
from ui.show import choice, plain, shortened
from ui.state import PARAMETER, View, link_to
from ui.texts import LANGUAGES, choose_language, language, t

ROOT: Final = Path(__file__).resolve().parent.parent
#: A file of ours: Streamlit would fetch named icons and emoji from another server.
ICON: Final = str(Path(__file__).with_name("doorstep.svg"))


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page of the menu.

    Attributes:
        path: Script, relative to the root: ``pages/<section>/<page>.py``.
        title: Its name in the menu, marked with ``N_``.
        icon: Material icon.
        address: Last part of its address.
    """

    path: str
    title: str
    icon: str
    address: str


HOME: Final = PageEntry(
    "pages/start/home.py", N_("Home"), ":material/home:", "home"
)  # fmt: skip

#: The menu: a section is a folder of ``pages/``, a page a script in it.
MENU: Final[dict[str, tuple[PageEntry, ...]]] = {
    N_("Start"): (
        HOME,
        PageEntry("pages/start/data.py", N_("Data"), ":material/database:", "data"),
    ),
    N_("Explore"): (
        PageEntry("pages/explore/kpis.py", N_("KPIs"), ":material/monitoring:", "kpis"),
    ),
    N_("Evaluate"): (
        PageEntry(
            "pages/evaluate/strategies.py",
            N_("Strategies"),
            ":material/science:",
            "strategies",
        ),
        PageEntry(
            "pages/evaluate/calibration.py",
            N_("Calibration"),
            ":material/rule:",
            "calibration",
        ),
    ),
    N_("Review"): (
        PageEntry(
            "pages/review/cases.py", N_("Cases"), ":material/fact_check:", "cases"
        ),
        PageEntry(
            "pages/review/quality.py", N_("Quality"), ":material/balance:", "quality"
        ),
    ),
}


def pages() -> dict[str, list[st.Page]]:
    """All pages for ``st.navigation``, titled in the session's language."""
    return {
        t(section): [
            st.Page(
                ROOT / entry.path,
                title=t(entry.title),
                icon=entry.icon,
                url_path=entry.address,
                default=entry is HOME,
            )
            for entry in entries
        ]
        for section, entries in MENU.items()
    }


def entry(address: str) -> PageEntry | None:
    """The page of that address; None while there is no such page."""
    every = (item for entries in MENU.values() for item in entries)
    return next((item for item in every if item.address == address), None)


def link(
    address: str, *, label: str, icon: str | None = None, view: View | None = None
) -> None:
    """A link to a page and a view of it, in the language of the session.

    Args:
        address: Last part of the page's address, such as ``kpis``.
        label: Its text, translated, names in it made ``plain``.
        icon: Material icon.
        view: What the page is to look at, the dataset of the address where it names
            none; that page's default if None.
    """
    target = entry(address)
    if target is not None:
        st.page_link(
            str(ROOT / target.path),
            label=label,
            icon=icon,
            query_params=link_to(datasets.carried(view or View())),
        )


def sidebar_state() -> Literal["auto", "collapsed"]:
    """Whether the sidebar starts folded: a case on the desk needs the width."""
    text = st.query_params.get(PARAMETER)
    try:
        is_case = bool(text) and "position" in from_address(str(text))
    except InvalidInput:
        is_case = False
    return "collapsed" if is_case else "auto"


def sidebar(menu: dict[str, list[st.Page]]) -> None:
    """Draw the sidebar: sections, dataset and version, language, theme."""
    st.logo(ICON, size="medium")
    parameters = link_to(datasets.carried(View()))
    with st.sidebar:
        for section, entries in menu.items():
            st.caption(section)
            for entry in entries:
                st.page_link(entry, query_params=parameters)
        _dataset_chip()
        _language_switch()
        st.caption(t("Light or dark: in the menu at the top right"))


def _dataset_chip() -> None:
    known = datasets.listing()
    item = datasets.chosen(known)
    if item is None:
        st.caption(t("No data yet"))
        return
    names = {info.dataset: shortened(info.dataset) for info in known}
    st.session_state["dataset_chip"] = item.dataset
    st.selectbox(
        t("Dataset"),
        list(names),
        format_func=lambda name: names.get(name, ""),
        key="dataset_chip",
        on_change=lambda: datasets.switch(st.session_state["dataset_chip"]),
    )
    st.caption(
        t(
            "Version {version}, {orders} orders",
            version=plain(item.version),
            orders=number(item.rows),
        )
    )


def _language_switch() -> None:
    st.session_state["language_switch"] = language()
    st.segmented_control(
        t("Language"),
        list(LANGUAGES),
        format_func=lambda code: choice(LANGUAGES[code]),
        key="language_switch",
        required=True,
        on_change=lambda: choose_language(st.session_state["language_switch"]),
    )
