"""The answer that is being given on a case: in the session, and kept as a draft."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st
from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.errors import DoorstepError
from analysis.records.cases_drafts import draft_of, save_draft
from ui import cached
from ui.cases import keeper
from ui.cases.view import Desk
from ui.cases.words import SHARED, UNDETERMINED

#: Text fields of the form, each in a container of its own key.
FIELDS: Final[Mapping[str, str]] = {
    "explanation": "cases_explanation",
    "note": "cases_note",
}
_KEY: Final = "cases_answer"


class Given(BaseModel):
    """What is chosen so far; the texts stand in their own fields.

    Attributes:
        parties: Who is responsible; several share it.
        shares: Share by party in percent, where they were set by hand.
        cause: Root cause, first level.
        detail: Root cause, second level.
        solution: What is done about it.
        exemption: Why it does not count.
        taken_over: Whether the suggestion was taken over.
        proposed: Explanation that was taken over with it, until somebody edits it: the
            browser may ask to complete a case before it has heard of the text.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    parties: tuple[str, ...] = ()
    shares: dict[str, float] = {}
    cause: str = ""
    detail: str = ""
    solution: str = ""
    exemption: str = ""
    taken_over: bool = False
    proposed: str = ""

    @property
    def party(self) -> str:
        """The party as a decision names it; empty while none is chosen."""
        if len(self.parties) > 1:
            return SHARED
        return self.parties[0] if self.parties else ""

    def toggled(self, party: str) -> tuple[str, ...]:
        """The parties with this one chosen or dropped; undetermined stands alone."""
        if party in self.parties:
            return tuple(name for name in self.parties if name != party)
        if party == UNDETERMINED:
            return (UNDETERMINED,)
        return (*(name for name in self.parties if name != UNDETERMINED), party)


def shares_of(given: Given, *, suggested: Mapping[str, float]) -> dict[str, float]:
    """Shares of several parties, summing to 1: as set, as suggested, else alike.

    Args:
        given: With the parties.
        suggested: Minutes by party, from the rules.
    """
    if len(given.parties) < 2:  # noqa: PLR2004 - one party has no shares
        return {}
    for source in (given.shares, suggested):
        parts = {name: max(source.get(name, 0.0), 0.0) for name in given.parties}
        total = sum(parts.values())
        if all(parts.values()) and total > 0:
            return {name: part / total for name, part in parts.items()}
    return {name: 1 / len(given.parties) for name in given.parties}


def begin(desk: Desk) -> Given:
    """The answer of the case on the desk: of this session, else of its draft."""
    kept = st.session_state.get(_KEY)
    if isinstance(kept, dict) and kept.get("case") == desk.id:
        return _read(kept)
    return _opened(desk)


def _opened(desk: Desk) -> Given:
    """The answer of a case that was not on the desk before: out of its draft."""
    content: Mapping[str, Any] = {}
    active = 0.0
    if desk.case is not None and desk.is_mine:
        draft = draft_of(cached.records(), desk.case.id, by=desk.reviewer)
        if draft is None:
            save_draft(cached.records(), desk.case.id, by=desk.reviewer, content={})
        else:
            content, active = draft.content, draft.active_seconds
    for name in FIELDS:
        st.session_state[text_key(desk, name)] = str(content.get(name, ""))
    given = _read(content)
    _keep(desk, given, active=active)
    return given


def text_key(desk: Desk, name: str) -> str:
    """Key of one text field of the form."""
    return f"{FIELDS[name]}_{desk.id}"


def text(desk: Desk, name: str) -> str:
    """What stands in a text field, or what was put there a moment ago."""
    written = str(st.session_state.get(text_key(desk, name), "")).strip()
    return written or (begin(desk).proposed if name == "explanation" else "")


def active_before(desk: Desk) -> int:
    """Active seconds that were spent on the case before this session."""
    kept = st.session_state.get(_KEY, {})
    return int(kept.get("active", 0)) if kept.get("case") == desk.id else 0


def active_seconds(desk: Desk) -> float:
    """Active seconds spent on the case, as the browser counted them."""
    kept = st.session_state.get(_KEY, {})
    before = float(active_before(desk))
    if kept.get("case") != desk.id or "opened" not in kept:
        return max(keeper.active_seconds(desk.id), before)
    passed = max(time.time() - kept["opened"], 0.0)
    since = min(passed, keeper.BEAT_SECONDS)
    return max(keeper.active_seconds(desk.id), before + since)


def change(desk: Desk, **changes: object) -> None:
    """Change the answer and keep it; for callbacks."""
    given = begin(desk).model_copy(update=changes)
    _keep(desk, given, active=active_before(desk))
    save(desk, {name: text(desk, name) for name in FIELDS})


def save(desk: Desk, texts: Mapping[str, str]) -> None:
    """Keep the answer with these texts as a draft."""
    if desk.case is None or not desk.is_mine:
        return
    content = begin(desk).model_dump(mode="json") | dict(texts)
    try:
        save_draft(
            cached.records(), desk.case.id, by=desk.reviewer, content=content,
            active_seconds=active_seconds(desk),
        )  # fmt: skip
    except DoorstepError as error:
        st.toast(str(error), icon=":material/error:")


def _keep(desk: Desk, given: Given, *, active: float) -> None:
    values = given.model_dump(mode="json")
    kept = st.session_state.get(_KEY, {})
    opened = kept.get("opened") if kept.get("case") == desk.id else None
    st.session_state[_KEY] = {
        "case": desk.id, "active": active, "opened": opened or time.time(), **values,
    }  # fmt: skip


def _read(content: Mapping[str, Any]) -> Given:
    try:
        return Given.model_validate(dict(content))
    except ValidationError:
        return Given()
