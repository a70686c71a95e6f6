"""Texts that people write beside cases, and ids of what they write."""

from __future__ import annotations

import os
from typing import Final

from analysis.errors import InvalidInput
from analysis.words import N_

MAX_TEXT: Final = 20_000


def new_ids(count: int) -> list[str]:
    """Random ids of 32 hexadecimal digits."""
    digits = os.urandom(16 * count).hex()
    return [digits[place : place + 32] for place in range(0, 32 * count, 32)]


def text_of(text: str, *, empty: bool = False) -> str:
    """A text of people, trimmed.

    Raises:
        InvalidInput: if it is too long, or empty where it must not be.
    """
    cleaned = text.replace("\x00", "").strip()
    if len(cleaned) > MAX_TEXT:
        raise InvalidInput(
            N_("The text has {seen} characters, at most {limit} can be kept."),
            hint=N_("Write a shorter one."),
            seen=len(cleaned),
            limit=MAX_TEXT,
        )
    if not cleaned and not empty:
        raise InvalidInput(
            N_("A text is missing here."), hint=N_("Write at least a few words.")
        )
    return cleaned
