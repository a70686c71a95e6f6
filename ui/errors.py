"""Errors as a user sees them: what is wrong, what to do, and an id to ask about."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from numbers import Real
from typing import Final

import streamlit as st

from analysis.errors import DoorstepError
from analysis.words import N_
from ui.counted import sentences
from ui.format import moment
from ui.show import plain
from ui.texts import fill, language, t, translate

#: Values that users and their files gave, by their names in the templates.
GIVEN: Final = frozenset({
    "column", "columns", "dataset", "file", "files", "header", "headers", "known",
    "name", "names", "path", "title", "value", "values", "who",
})  # fmt: skip
#: Words that ``UnknownName.of`` is given where they are not marked.
KINDS: Final = (
    N_("arm"), N_("assignment"), N_("check"), N_("decision"), N_("design"),
    N_("dimension"), N_("event"), N_("method"), N_("metric"), N_("place"),
    N_("unit"),
)  # fmt: skip

log = logging.getLogger("doorstep")


@contextmanager
def boundary() -> Iterator[None]:
    """Show a Doorstep error where it happens, and go on after the block."""
    try:
        yield
    except DoorstepError as error:
        show_error(error)


def show_error(error: DoorstepError) -> str:
    """Show an error in the user's language and log it; gives back its id."""
    identifier = log_error(error)
    problem, *hints = safe_sentences(error)
    st.error(
        sentences(*hints, id_note(identifier)),
        title=problem,
        icon=":material/error:",
    )
    return identifier


def safe_sentences(error: DoorstepError) -> tuple[str, ...]:
    """The sentences of an error with its values made harmless for Markdown."""
    code = language()
    values = safe_values(error.values)
    return tuple(fill(translate(text, code), values) for text in error.sentences())


def safe_values(values: Mapping[str, object]) -> dict[str, object]:
    """Values of a template: Doorstep's own words translated, harmless in Markdown.

    What users and their files gave stays as they wrote it, though it may look like a
    word of ours.
    """
    code = language()
    return {
        name: value
        if isinstance(value, Real)
        else f"{moment(value)} UTC"
        if isinstance(value, datetime)
        else plain(value if name in GIVEN else translate(str(value), code))
        for name, value in values.items()
    }


def unexpected(error: Exception) -> bool:
    """Handler of ``st.App`` for errors nobody foresaw: an id instead of the details."""
    identifier = log_error(error)
    st.error(
        f"{t('Your data are unchanged. Try again, or go back one step.')} "
        f"{id_note(identifier)}",
        title=t("Something went wrong on this page."),
        icon=":material/error:",
    )
    return True


def log_error(error: Exception) -> str:
    """Log type, template and place of an error, without any value of the data."""
    identifier = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "-"
    template = error.problem if isinstance(error, DoorstepError) else ""
    log.error(
        "error %s: %s at %s %s", identifier, type(error).__name__, place, template
    )
    return identifier


def id_note(identifier: str) -> str:
    """The id of a logged error, for whoever asks about it."""
    return t("(id {identifier})", identifier=identifier)
