"""Our one piece in the browser: drafts as they are typed, active time, further keys.

It is served as a file of its own from this server, so the content security policy
stays as strict as it is: no script is built from text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from streamlit.components.v2.get_bidi_component_manager import (
    get_bidi_component_manager,
)
from streamlit.components.v2.manifest_scanner import (
    ComponentConfig,
    ComponentManifest,
)

NAME: Final = "doorstep.keeper"
KEY: Final = "cases_keeper"
_HEARD: Final = "cases_heard"
MAX_TEXT: Final = 20_000
#: The browser reports at least this often while somebody is there.
BEAT_SECONDS: Final = 15.0
_HTML: Final = '<span class="doorstep-clock" role="timer"></span>'


class Report(BaseModel):
    """What the browser says of the case that is looked at; not to be trusted.

    Attributes:
        case: Case that it speaks of.
        texts: What stands in each text field, by name.
        active: Seconds spent on the case with the page in sight and somebody there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: str = Field(max_length=200)
    texts: dict[str, str] = Field(default_factory=dict, max_length=8)
    active: int = Field(0, ge=0, le=86_400)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the browser is to watch.

    Attributes:
        case: The case in sight.
        active: Active seconds that were spent on it before.
        fields: Key of the container of each text field, by name.
        focus: Key of the container to go to, by the letter that does it.
        label: What the clock is, for those who cannot see it.
        name: Name to remember in this browser; empty for none.
    """

    case: str
    active: int
    fields: Mapping[str, str]
    focus: Mapping[str, str]
    label: str
    name: str


def keep(
    watched: Watched,
    *,
    on_report: Callable[[Report], None],
    on_help: Callable[[], None],
) -> None:
    """Mount the piece; what it reports is handed on in this very run.

    Args:
        watched: What the browser is to watch.
        on_report: Called with each valid report on the watched case.
        on_help: Called when somebody pressed ``?``.
    """
    _provide()
    mount = st.components.v2.component(
        NAME, html=_HTML, js="keeper.js", css="keeper.css", isolate_styles=False
    )
    found: Any = mount(
        key=KEY,
        data={name: _plain(getattr(watched, name)) for name in watched.__slots__},
        width="content",
        on_report_change=_nothing,
        on_help_change=_nothing,
    )
    report = read(found.get("report"))
    if report is not None and report.case == watched.case and _is_new(report):
        on_report(report)
    if found.get("help"):
        on_help()


def read(content: object) -> Report | None:
    """A report as the browser sent it; None for anything else."""
    if not content:
        return None
    try:
        report = Report.model_validate(content)
    except ValidationError:
        return None
    texts = {name: text[:MAX_TEXT] for name, text in report.texts.items()}
    return report.model_copy(update={"texts": texts})


def last_report() -> Report | None:
    """The newest report of this browser, for callbacks, which run before the page."""
    state = st.session_state.get(KEY)
    return read(state.get("report")) if isinstance(state, Mapping) else None


def active_seconds(case: str) -> float:
    """Active seconds on a case as last reported, and what passed since, within a beat.

    The browser does not report just before a case is completed: Streamlit would join
    the report and the button into one run of the part that the report belongs to.
    """
    report = last_report()
    if report is None or report.case != case:
        return 0.0
    heard = st.session_state.get(_HEARD, {}).get("at", 0.0)
    return report.active + min(max(time.time() - heard, 0.0), BEAT_SECONDS)


def _is_new(report: Report) -> bool:
    """Whether this session hears the report for the first time: it stays in sight."""
    content = report.model_dump_json()
    is_new = st.session_state.get(_HEARD, {}).get("content") != content
    if is_new:
        st.session_state[_HEARD] = {"content": content, "at": time.time()}
    return is_new


def _provide() -> None:
    """Tell the server where the files of the piece lie, once."""
    manager = get_bidi_component_manager()
    if manager.get_component_path(NAME) is None:
        package, _, component = NAME.partition(".")
        manager.register_from_manifest(
            ComponentManifest(package, "1", [ComponentConfig(component, "browser")]),
            package_root=Path(__file__).parent,
        )


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _nothing() -> None:
    """Names the state and the trigger; what they bring is read after the mount."""
