"""Texts in the user's language, from the gettext catalogues in ``locales/``.

Pages write ``t("Rows: {count}", count=rows)``; the analysis marks its texts with
``analysis.words.N_`` and they are translated here. The catalogues are read straight
from the ``.po`` files, so a read-only checkout and a missing ``.mo`` are no problem.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st
from babel.messages.pofile import read_po

from analysis.words import N_

LOCALES: Final = Path(__file__).resolve().parent.parent / "locales"
DOMAIN: Final = "doorstep"
DEFAULT: Final = "en"
#: A value right before a Chinese character, and one that ends in a Latin word.
_BEFORE_CHINESE: Final = re.compile(r"\{(?P<name>\w+)\}(?=[\u4e00-\u9fff])")
_LATIN_END: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*$")
#: Languages by code, each under its own name.
LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}

__all__ = [
    "LANGUAGES", "N_", "choose_language", "fill", "language", "t", "translate",
]  # fmt: skip


def match_language(tag: str | None) -> str | None:
    """The language we have for a tag such as ``zh-Hans-CN``; None if we have none.

    >>> match_language("zh-Hans"), match_language("en-GB"), match_language("fr")
    ('zh_CN', 'en', None)
    """
    if not isinstance(tag, str):
        return None
    family = tag.strip().replace("-", "_").split("_")[0].lower()
    return next((code for code in LANGUAGES if code.split("_")[0] == family), None)


def language() -> str:
    """The language of the page: the address, else the browser, else English.

    Every link of ours carries it (``ui.state.link_to``), and nothing else remembers it,
    so that the browser's Back undoes a change of it.
    """
    return (
        match_language(st.query_params.get("lang"))
        or match_language(st.context.locale)
        or DEFAULT
    )


def choose_language(code: str) -> None:
    """Write a language into the address."""
    st.query_params["lang"] = code


@cache
def catalogue(code: str) -> dict[str, str]:
    """Translations by English text; empty for a language without a catalogue."""
    path = LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        messages = read_po(file, locale=code)
    return {
        str(message.id): str(message.string)
        for message in messages
        if message.id and message.string and not message.fuzzy
    }


def translate(text: str, code: str) -> str:
    """One text in a language; the English itself where there is no translation."""
    return catalogue(code).get(text, text)


def t(text: str, **values: object) -> str:
    """A text in the session's language, with its values filled in.

    Args:
        text: English text, a literal, so that the extraction finds it.
        **values: What the text names in braces.
    """
    code = language()
    template = translate(text, code)
    return fill(spaced(template, values) if code == "zh_CN" else template, values)


def spaced(template: str, values: dict[str, object]) -> str:
    """A Chinese template with a blank where a value in Latin letters meets Chinese.

    >>> spaced("{metric}变差：{value}", {"metric": "超时分钟 P90", "value": "6.2 分钟"})
    '{metric} 变差：{value}'
    >>> spaced("{metric}变差", {"metric": "超时率"})
    '{metric}变差'
    """

    def parted(found: re.Match[str]) -> str:
        value = str(values.get(found["name"], ""))
        return found[0] + " " * bool(_LATIN_END.search(value))

    return _BEFORE_CHINESE.sub(parted, template)


def fill(template: str, values: dict[str, object]) -> str:
    """Fill a template; where a value is missing, show it as it is.

    >>> fill("{rows} rows in {file}", {"rows": 3, "file": "a.csv"})
    '3 rows in a.csv'
    >>> fill("{rows} rows in {file}", {"rows": 3})
    '{rows} rows in {file}'
    """
    if not values:
        return template
    try:
        return template.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError):
        return template
