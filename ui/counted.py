"""Texts that name a number, and texts of several sentences."""

from __future__ import annotations

from ui.format import number
from ui.texts import language, t


def counted(one: str, many: str, count: int, **values: object) -> str:
    """The text for one, or the text for any other number with ``{count}`` in it.

    Args:
        one: English text for the number 1, marked with ``N_``.
        many: English text for every other number, marked with ``N_``.
        count: The number, written as the language writes it.
        **values: What else the texts name in braces.
    """
    return t(one if count == 1 else many, count=number(count), **values)


def sentences(*parts: str) -> str:
    """Whole sentences one after the other; Chinese has no blank between them."""
    blank = "" if language().startswith("zh") else " "
    return blank.join(part for part in parts if part)
