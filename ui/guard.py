"""Who may do what: one call that every page and every write makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

import streamlit as st

from analysis.errors import InvalidInput, NotAllowed
from analysis.records import label
from analysis.words import N_
from ui.texts import t

Role = Literal["viewer", "reviewer", "owner"]
Action = Literal["view", "export", "annotate", "review", "publish", "manage"]

#: The lowest role that may do each action; an action not listed is nobody's.
LOWEST_ROLE: Final[Mapping[str, Role]] = {
    "view": "viewer",
    "export": "viewer",
    "annotate": "reviewer",
    "review": "reviewer",
    "publish": "owner",
    "manage": "owner",
}
ROLES: Final[tuple[str, ...]] = ("viewer", "reviewer", "owner")

#: Cookie in which the browser remembers the name; it proves nothing.
NAME_COOKIE: Final = "doorstep_name"
#: How records mark a name that no sign-in vouches for.
_UNVERIFIED: Final = " (unverified)"
_NAME_KEY: Final = "person_name"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is using the session.

    Attributes:
        name: Verified mail, or a name of their own choice; empty if not asked yet.
        verified: Whether a sign-in vouches for the name.
        role: What they may do.
    """

    name: str
    verified: bool
    role: Role

    @property
    def signature(self) -> str:
        """The name as it is written beside their work."""
        return self.name if self.verified else f"{self.name}{_UNVERIFIED}"


def person() -> Person:
    """The person of this session.

    Without sign-in everyone is owner, under a name they choose themselves.
    """
    name = str(st.session_state.get(_NAME_KEY) or _remembered())
    return Person(name=name, verified=False, role="owner")


def _remembered() -> str:
    """The name that this browser remembers, see ``ui/cases/browser/keeper.js``."""
    kept = st.context.cookies.get(NAME_COOKIE)
    try:
        return label(unquote(kept)) if isinstance(kept, str) else ""
    except InvalidInput:
        return ""


def allowed(action: str, role: str) -> bool:
    """Whether a role may do an action; unknown roles and actions may not."""
    lowest = LOWEST_ROLE.get(action)
    if lowest is None or role not in ROLES:
        return False
    return ROLES.index(role) >= ROLES.index(lowest)


def guard(action: Action) -> Person:
    """Insist that the person may do the action.

    Raises:
        NotAllowed: if their role may not.
    """
    who = person()
    if not allowed(action, who.role):
        raise NotAllowed(
            N_("The role {role} may not do this ({action})."),
            hint=N_("Ask an owner of this workspace."),
            role=who.role,
            action=action,
        )
    return who


def sign(action: Action, name: str = "") -> Person:
    """Insist that the person may write, and that their work bears a name.

    Args:
        action: What they are about to do.
        name: What they typed into ``name_field``; empty if they have a name already.

    Raises:
        NotAllowed: if their role may not.
        InvalidInput: if they have no name yet and typed none.
    """
    who = guard(action)
    if who.name:
        return who
    set_name(name)
    return person()


def name_field(key: str) -> str:
    """Ask for a name where none is known yet; belongs into the form of a write."""
    who = person()
    if who.name:
        return ""
    return st.text_input(
        t("Your name"),
        key=key,
        help=t("It stands beside what you write, marked as unverified."),
    )


def written_name(signature: str) -> str:
    """A signature as the records keep it, in the user's language."""
    name = signature.removesuffix(_UNVERIFIED)
    return signature if name == signature else t("{name} (unverified)", name=name)


def set_name(name: str) -> None:
    """Keep the name a person chose for this session.

    Raises:
        InvalidInput: if it is empty, too long or not printable.
    """
    if not name.strip():
        raise InvalidInput(
            N_("Enter your name."),
            hint=N_("It stands beside what you write, marked as unverified."),
        )
    st.session_state[_NAME_KEY] = label(name)
