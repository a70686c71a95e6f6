"""The mark that makes a text translatable outside the user interface."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name every gettext tool knows
    """Mark a text for the catalogues; it is translated where it is shown.

    >>> N_("{name} is empty.")
    '{name} is empty.'
    """
    return text
