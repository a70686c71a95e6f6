"""The parts of a strategy's plan: what they may hold, and their canonical form."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from analysis.errors import InvalidInput
from analysis.records import trail
from analysis.words import N_

MAX_TEXT: Final = 4_000
MAX_JSON: Final = 100_000
#: What a plan says; all of it is in the hash.
PLAN: Final = (
    "dataset", "name", "hypothesis", "owner", "design", "unit", "assignment",
    "first_day", "last_day", "metric", "guardrails", "smallest_effect", "rule",
    "scope", "options",
)  # fmt: skip
_JSON: Final = ("assignment", "guardrails", "rule", "scope", "options")


def canonical_plan(values: Mapping[str, Any]) -> str:
    """The plan as canonical JSON: the same plan gives the same bytes.

    Args:
        values: At least every part of ``PLAN``.

    >>> canonical_plan(dict.fromkeys(PLAN, None))[:40]
    '{"assignment":null,"dataset":null,"desig'
    """
    plan = {
        name: json.loads(values[name])
        if name in _JSON and values[name] is not None
        else values[name]
        for name in PLAN
    }
    return _canonical(plan)


def plan_hash(plan: str) -> str:
    """SHA-256 of a canonical plan, as hexadecimal digits."""
    return hashlib.sha256(plan.encode()).hexdigest()


def clean_text(text: str, *, what: str, empty: bool = False) -> str:
    """A longer text that somebody wrote, trimmed.

    Raises:
        InvalidInput: if it is missing or too long.
    """
    cleaned = "".join(
        letter for letter in text.strip() if letter.isprintable() or letter == "\n"
    )
    if (not cleaned and not empty) or len(cleaned) > MAX_TEXT:
        raise InvalidInput(
            N_("The {what} has {seen} characters."),
            hint=N_("Write 1 to {limit}."),
            what=what,
            seen=len(cleaned),
            limit=MAX_TEXT,
        )
    return cleaned


def _canonical(content: object) -> str:
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False,
        allow_nan=False, default=date.isoformat,
    )  # fmt: skip


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a plan, checked one by one.

    Raises:
        InvalidInput: one of them is unknown or out of its range.
    """
    unknown = set(values) - set(PLAN)
    if unknown:
        raise InvalidInput(
            N_("A plan has no part {seen}."),
            hint=N_("Known: {known}."),
            seen=", ".join(sorted(unknown)),
            known=", ".join(PLAN),
        )
    return {name: _part(name, value) for name, value in values.items()}


def _part(name: str, value: Any) -> Any:  # noqa: ANN401 - texts, dates and numbers
    if name in _JSON:
        return _json(name, value)
    if name == "hypothesis":
        return clean_text(value, what=N_("hypothesis"), empty=True)
    if name == "smallest_effect":
        return _effect(value)
    if name in ("first_day", "last_day"):
        return value
    return trail.label(str(value))


def _json(name: str, text: str) -> str:
    try:
        content = json.loads(text)
        written = _canonical(content)
    except (TypeError, ValueError):
        written = ""
    if not written or len(written) > MAX_JSON:
        raise InvalidInput(
            N_("The {part} of the plan cannot be kept: {seen}."),
            hint=N_("Choose it again on the page."),
            part=name,
            seen=str(text)[:80],
        )
    return written


def _effect(value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise InvalidInput(
            N_("The smallest effect that matters is {seen}."),
            hint=N_("Give a number of 0 or more, in the unit of the metric."),
            seen=value,
        )
    return float(value)


def check_days(row: Mapping[str, Any]) -> None:
    """Insist that a plan ends no sooner than it begins."""
    first, last = row["first_day"], row["last_day"]
    if last < first:
        raise InvalidInput(
            N_("The strategy ends on {last}, before it begins on {first}."),
            hint=N_("Choose a last day after the first."),
            first=first.isoformat(),
            last=last.isoformat(),
        )
