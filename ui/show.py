"""Showing text that users or their files wrote, and the head of a page."""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

MAX_LABEL: Final = 120
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
#: Places where Streamlit makes links and arrows out of text that is already escaped.
_JOINED: Final = re.compile(
    r"(?<=:)(?=//)|(?<=@)|(?<=www)(?=\.)|(?<=-)(?=[->])|(?<=<)(?=[-=])|(?<=>)(?==)",
    re.IGNORECASE,
)
#: Invisible, and without a width: it only keeps two letters from being read as one.
_WORD_JOINER: Final = "\N{WORD JOINER}"


def plain(text: object, *, limit: int = MAX_LABEL) -> str:
    r"""A text for places that render Markdown, so that it shows as written.

    Use it for every name, value or note that came from a file or a person, in labels,
    titles, metrics, captions and messages: Markdown images would call other servers.
    Options of radios, pills and segmented controls render it too; those of select boxes
    and multiselects do not, and take ``shortened``.

    Args:
        text: What to show.
        limit: Longest text in characters; a longer one ends in an ellipsis.

    >>> plain("*a* & ![b](c)")
    '\\*a\\* \\& \\!\\[b\\]\\(c\\)'
    """
    line = _JOINED.sub(_WORD_JOINER, shortened(text, limit=limit))
    return _PUNCTUATION.sub(r"\\\1", line)


def shortened(text: object, *, limit: int = MAX_LABEL) -> str:
    r"""One printable line of at most ``limit`` characters, not escaped.

    >>> shortened("two\nlines", limit=6)
    'two l…'
    """
    line = " ".join(str(text).encode(errors="replace").decode().split())
    line = "".join(letter for letter in line if letter.isprintable())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def choice(label: str) -> str:
    """A translated label of a segmented control, readable when it is chosen.

    Streamlit writes the chosen one in the primary colour, and in the dark no colour is
    both light enough for that and dark enough for the white label of a button.
    """
    return f":gray[{label}]"


def page_head(title: str, *, answer: str = "", grounds: str = "") -> None:
    """The first lines of a page: its question, the answer, what it rests on.

    Args:
        title: The question, translated.
        answer: One sentence from the data, translated; names in it made ``plain``.
        grounds: "As of", period and number of orders, translated.
    """
    st.title(title, anchor=False)
    if answer:
        st.markdown(answer)
    if grounds:
        st.caption(grounds)
