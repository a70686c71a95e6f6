"""Parties, stages and sentences of a case as users see them: words and colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from numbers import Real
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from analysis.cases.taxonomy import PARTIES
from analysis.words import N_, Text
from ui.format import minutes, number
from ui.show import plain, shortened
from ui.texts import fill, language, t, translate

UNDETERMINED: Final = "undetermined"
SHARED: Final = "shared"

#: Parties that a decision is made of, in the order of their keys.
SINGLE: Final = tuple(name for name in PARTIES if name != SHARED)

#: Short names, for charts, chips and keys.
SHORT: Final[Mapping[str, str]] = {
    "rider": N_("Rider"),
    "merchant": N_("Merchant"),
    "customer": N_("Customer"),
    "platform": N_("Platform"),
    "partner": N_("Partner"),
    "force_majeure": N_("Force majeure"),
    SHARED: N_("Shared"),
    UNDETERMINED: N_("Undetermined"),
}

#: What the rules call a party, where decisions have another code for it.
_CODES: Final[Mapping[str, str]] = {"3PL": "partner", "force majeure": "force_majeure"}

_LIGHT: Final[Mapping[str, str]] = {
    "rider": "#1f5fd6",
    "merchant": "#c2570c",
    "customer": "#8a5fbf",
    "platform": "#0f8a7e",
    "partner": "#2f8fc7",
    "force_majeure": "#b08400",
    UNDETERMINED: "#6b7280",
}
_DARK: Final[Mapping[str, str]] = {
    "rider": "#5b93f5",
    "merchant": "#f0913f",
    "customer": "#b695e6",
    "platform": "#3fb8a9",
    "partner": "#6cc3ee",
    "force_majeure": "#d9b23c",
    UNDETERMINED: "#9aa2b1",
}

STAGES: Final[Mapping[str, str]] = {
    "dispatch": N_("Dispatch"),
    "to_merchant": N_("To merchant"),
    "kitchen_wait": N_("Kitchen"),
    "ride": N_("Ride"),
    "hand_over": N_("Hand-over"),
}
MILESTONES: Final[Mapping[str, str]] = {
    "created_at": N_("created"),
    "accepted_at": N_("accepted by rider"),
    "arrived_merchant_at": N_("at merchant"),
    "picked_up_at": N_("picked up"),
    "arrived_customer_at": N_("at customer"),
    "delivered_at": N_("delivered"),
    "promised_at": N_("promised"),
}
#: Codes of events, offers, contacts and parties as sources write them.
CODES: Final[Mapping[str, str]] = {
    "accepted": N_("accepted"),
    "refused": N_("refused"),
    "rejected": N_("refused"),
    "expired": N_("expired"),
    "assigned": N_("assigned"),
    "unassigned": N_("unassigned"),
    "reassigned": N_("reassigned"),
    "agent": N_("agent"),
    "system": N_("system"),
    "support": N_("support"),
    "customer": N_("customer"),
    "merchant": N_("merchant"),
    "rider": N_("rider"),
    "platform": N_("platform"),
    "too far": N_("too far"),
    "weather": N_("weather"),
    "low pay": N_("low pay"),
    "end of shift": N_("end of shift"),
    "waiting at merchant": N_("waiting at merchant"),
    "call attempt": N_("call attempt"),
    "address change": N_("address change"),
    "weather alert": N_("weather alert"),
    "road closure": N_("road closure"),
    "building delay": N_("building delay"),
    "lift failure": N_("lift failure"),
    "merchant closed report": N_("merchant reported closed"),
    "damage photo": N_("photo of damage"),
    "proof photo": N_("photo as proof"),
    "proof of delivery": N_("proof of delivery"),
    "chat": N_("chat"),
    "phone": N_("phone"),
    "app": N_("app"),
    "late": N_("late"),
    "damaged": N_("damaged"),
    "missing item": N_("missing item"),
    "wrong item": N_("wrong item"),
    "cold food": N_("cold food"),
    "not delivered": N_("not delivered"),
    "spilled": N_("spilled"),
    "early tap": N_("early tap"),
    "attitude": N_("attitude"),
    "social": N_("social media"),
    "self-service": N_("self-service"),
    "timeout": N_("no answer in time"),
    "return started": N_("return started"),
    "returned": N_("returned"),
}
#: Units of the rules' figures, after their number.
_UNITS: Final[Mapping[str, str]] = {
    "min": N_("{figure} min"),
    "m": N_("{figure} m"),
    "calls": N_("{figure} calls"),
}


def party_code(name: str) -> str:
    """The code of a party as decisions have it."""
    return _CODES.get(name, name)


def party(name: str) -> str:
    """The name of a party in the session's language."""
    code = party_code(name)
    return t(SHORT[code]) if code in SHORT else plain(name)


def party_label(name: str) -> str:
    """The same for charts, fields and files, where nothing is escaped."""
    code = party_code(name)
    return t(SHORT[code]) if code in SHORT else shortened(name)


def verdict_label(text: str) -> str:
    """Parties that the rules name together, ``rider + 3PL``, for charts and tables."""
    return " + ".join(party_label(name) for name in text.split(" + "))


def parties(names: Iterable[str]) -> str:
    """Several parties in one line; undetermined where there is none."""
    return " + ".join(party(name) for name in names) or t(SHORT[UNDETERMINED])


def colour(name: str) -> str:
    """The colour of a party in the theme that the user sees."""
    known = _DARK if st.context.theme.get("type") == "dark" else _LIGHT
    return known.get(party_code(name), known[UNDETERMINED])


def stage(name: str) -> str:
    """The name of a stage, of several joined ones the first and the last."""
    parts = [t(STAGES[part]) for part in name.split("+") if part in STAGES]
    return parts[0] if len(parts) == 1 else t("{first} to {last}",
        first=parts[0], last=parts[-1]) if parts else plain(name)  # fmt: skip


def milestone(name: str) -> str:
    """The name of a milestone, or of any other column, as it is."""
    return t(MILESTONES[name]) if name in MILESTONES else plain(name)


def figure(value: float | None, unit: str) -> str:
    """A figure of a rule with its unit."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{number(value * 100)}\N{NO-BREAK SPACE}%"
    digits = 1 if unit == "min" else 0
    return t(_UNITS[unit], figure=number(value, digits=digits)).replace(
        " ", "\N{NO-BREAK SPACE}"
    ) if unit in _UNITS else number(value, digits=digits)  # fmt: skip


def said(text: Text) -> str:
    """A sentence of the analysis in the session's language, safe for Markdown."""
    return _filled(text, plain)


def written(text: Text) -> str:
    """The same as plain text, for fields and files."""
    return _filled(text, str)


def _filled(text: Text, safe: Callable[[object], str]) -> str:
    values = {name: _value(value, safe) for name, value in text.values.items()}
    return fill(translate(text.template, language()), values)


def _value(value: object, safe: Callable[[object], str]) -> object:
    if isinstance(value, Text):
        return _filled(value, safe)
    if isinstance(value, tuple | list):
        return t(", ").join(str(_value(item, safe)) for item in value)
    if isinstance(value, bool) or not isinstance(value, Real):
        return safe(translate(str(value), language()))
    return value


def local(moment: datetime, zone: str) -> datetime:
    """A naive UTC moment as a naive local one, for charts and clocks."""
    there = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone or "UTC"))
    return there.replace(tzinfo=None)


def clock(moment: datetime | None, zone: str) -> str:
    """Hours and minutes of a naive UTC moment in a zone."""
    return "–" if moment is None else local(moment, zone).strftime("%H:%M")


def code(name: str) -> str:
    """Codes of a timeline in the session's language, safe for Markdown."""
    known = (part.strip().replace("_", " ") for part in name.split(","))
    return plain(t(", ").join(_code(part) for part in known if part))


def _code(name: str) -> str:
    found = CODES.get(name.casefold())
    if found:
        return t(found)
    return t(SHORT[party_code(name)]) if party_code(name) in SHORT else name


def late_by(value: float | None) -> str:
    """Minutes late or early, in words."""
    if value is None:
        return "–"
    text = minutes(abs(value))
    return t("{minutes} late", minutes=text) if value > 0 else t(
        "{minutes} early", minutes=text)  # fmt: skip
