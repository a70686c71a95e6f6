"""Parties, root causes, solutions and exemptions: the lists a decision chooses from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analysis.words import N_

#: Who can be responsible, with the text shown.
PARTIES: Final[Mapping[str, str]] = {
    "rider": N_("Rider"),
    "merchant": N_("Merchant"),
    "customer": N_("Customer"),
    "platform": N_("Platform"),
    "partner": N_("Delivery partner"),
    "force_majeure": N_("Force majeure"),
    "shared": N_("Shared"),
    "undetermined": N_("Undetermined, the platform bears"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list.

    Attributes:
        code: As it is stored.
        label: Text shown, marked for translation.
        parent: Code of the entry above it (a detail's cause); empty at the top.
        party: Party it points to; empty if to none.
        help: When to choose it, marked for translation.
    """

    code: str
    label: str
    parent: str = ""
    party: str = ""
    help: str = ""


def load_causes() -> tuple[Choice, ...]:
    """Root causes, first level, in the order shown."""
    raise NotImplementedError


def load_details(cause: str) -> tuple[Choice, ...]:
    """Root causes, second level, below one of the first."""
    raise NotImplementedError


def load_solutions() -> tuple[Choice, ...]:
    """What can be done about a case."""
    raise NotImplementedError


def load_exemptions() -> tuple[Choice, ...]:
    """Why a case does not count against the party."""
    raise NotImplementedError
