"""What the page Data looks at, and the small things that its parts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import streamlit as st
from pydantic import Field

from analysis.errors import DataProblem, UnknownName
from analysis.metrics.selection import Selection
from analysis.orders.draft import Draft, load_draft
from analysis.words import N_
from ui import cached, datasets, errors
from ui.state import View, update_view, write_view
from ui.texts import fill, language, t, translate

Step = Literal["", "files", "meaning", "check"]
Shown = Literal["checks", "profile", "versions"]

STEPS: Final[Mapping[Step, str]] = {
    "files": N_("1  Files"),
    "meaning": N_("2  Meaning"),
    "check": N_("3  Check and publish"),
}


class DataView(View):
    """What the page Data looks at.

    Attributes:
        draft: Id of the draft that is being brought in.
        step: Where in bringing in; empty for the overview of what is here.
        file: Id of the staged table whose columns are shown.
        page: Page of its columns.
        show: What the overview shows of a version.
        table: Published table whose profile is shown.
    """

    draft: str = Field("", max_length=32, pattern=r"^[a-z0-9]*$")
    step: Step = ""
    file: str = Field("", max_length=20, pattern=r"^\w*$")
    page: int = Field(1, ge=1, le=1_000)
    show: Shown = "checks"
    table: str = Field("orders", max_length=40)


def draft_of(view: DataView) -> Draft | None:
    """The draft that the address names; says so where it is gone."""
    if not view.draft:
        return None
    try:
        return load_draft(cached.workspace(), view.draft)
    except UnknownName:
        st.warning(
            t("The draft of this link is gone: published, discarded or out of time."),
            icon=":material/link_off:",
        )
    except DataProblem as error:
        errors.show_error(error)
    return None


def go(view: DataView, **changes: Any) -> None:  # noqa: ANN401 - fields of the view
    """Look at something else; for callbacks of buttons."""
    update_view(view, changes)


def leave(*, dataset: str = "", version: str = "") -> None:
    """Back to the overview, of one dataset if named, else of that of the address."""
    selection = Selection(dataset=dataset, version=version)
    write_view(datasets.carried(DataView(selection=selection)))


def say(text: str, values: Mapping[str, object]) -> str:
    """A template of the analysis in the user's language, harmless in Markdown."""
    return fill(translate(text, language()), errors.safe_values(values))


def joined(names: list[str], *, most: int = 3) -> str:
    """Some names, and how many more there are."""
    shown = t(", ").join(names[:most])
    more = len(names) - most
    return t("{names} and {count} more", names=shown, count=more) if more > 0 else shown
