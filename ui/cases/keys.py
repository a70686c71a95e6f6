"""The table of keys: what binds them is what the sheet of keys shows.

Keys with a button are bound by ``shortcut=``; the others by our piece in the browser.
Streamlit keeps C and R to itself, and no key acts while somebody types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from analysis.words import N_
from ui.texts import t

Group = Literal["move", "party", "cause", "solution", "write"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        action: What it is for, as the page calls it.
        shortcut: The key, as ``shortcut=`` and the browser name it.
        label: What it does, marked for translation; of a list, what all of them do.
        group: Where it stands on the sheet.
        is_button: Whether a button binds it; else our piece in the browser.
    """

    action: str
    shortcut: str
    label: str
    group: Group
    is_button: bool = True


#: Keys for the entries of the lists, in their order; what is beyond them has no key.
PARTY_KEYS: Final = tuple("1234567")
CAUSE_KEYS: Final = tuple("QWETYUIOP")
SOLUTION_KEYS: Final = tuple("DFGHJKLZX")

GROUPS: Final[dict[Group, str]] = {
    "move": N_("Move"),
    "party": N_("Party"),
    "cause": N_("Cause"),
    "solution": N_("What to do"),
    "write": N_("Write"),
}

KEYS: Final[tuple[Key, ...]] = (
    Key("complete", "Shift+Enter", N_("Complete, and on to the next case"), "move"),
    Key("next", "Right", N_("Next case"), "move"),
    Key("previous", "Left", N_("Previous case"), "move"),
    Key("skip", "S", N_("Skip for now"), "move"),
    Key("accept", "A", N_("Take over the suggestion"), "party"),
    *(
        Key(f"party_{place}", key, N_("Choose or drop a party"), "party")
        for place, key in enumerate(PARTY_KEYS)
    ),
    *(
        Key(f"cause_{place}", key, N_("Choose a root cause"), "cause")
        for place, key in enumerate(CAUSE_KEYS)
    ),
    *(
        Key(f"solution_{place}", key, N_("Choose a solution"), "solution")
        for place, key in enumerate(SOLUTION_KEYS)
    ),
    Key("explain", "/", N_("Write the explanation"), "write", is_button=False),
    Key("note", "N", N_("Write a note"), "write", is_button=False),
    Key("leave", "Escape", N_("Leave the text; keys act again"), "write",
        is_button=False),
    Key("help", "?", N_("Show this sheet"), "move", is_button=False),
)  # fmt: skip

_BY_ACTION: Final = {key.action: key for key in KEYS}
_SHOWN: Final = {
    "Shift+Enter": "⇧ Enter", "Right": "→", "Left": "←", "Escape": "Esc",
}  # fmt: skip


def shortcut(action: str) -> str | None:
    """The key of an action, for ``shortcut=``; None where it has none."""
    found = _BY_ACTION.get(action)
    return found.shortcut if found is not None and found.is_button else None


def in_browser(action: str) -> str:
    """The key of an action that our piece in the browser binds, in small letters."""
    return _BY_ACTION[action].shortcut.lower()


def sheet(lists: dict[Group, Sequence[str]]) -> None:
    """Open the sheet of keys.

    Args:
        lists: What the numbered keys stand for on this case, by group, in their order.
    """
    st.dialog(t("Keys"), width="large")(_draw)(lists)


def _draw(lists: dict[Group, Sequence[str]]) -> None:
    left, right = st.columns(2)
    for group in GROUPS:
        with left if group in ("move", "write") else right:
            st.markdown(
                f"**{t(GROUPS[group])}**  \n" + "  \n".join(lines(group, lists))
            )
    st.caption(t("No key acts while you type."))


def lines(group: Group, lists: dict[Group, Sequence[str]]) -> list[str]:
    """One line a key of a group; a key without an entry on this case is left out."""
    found = []
    for key in (key for key in KEYS if key.group == group):
        _, _, place = key.action.partition("_")
        names = lists.get(group, ())
        if place.isdecimal():
            if int(place) >= len(names):
                continue
            found.append(f"`{shown(key)}`\u2002{names[int(place)]}")
        else:
            found.append(f"`{shown(key)}`\u2002{t(key.label)}")
    return found


def shown(key: Key) -> str:
    """The key as keyboards show it."""
    return _SHOWN.get(key.shortcut, key.shortcut)
