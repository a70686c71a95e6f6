"""The mark that makes a text translatable outside the user interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(text: str) -> str:  # noqa: N802 - the name every gettext tool knows
    """Mark a text for the catalogues; it is translated where it is shown.

    >>> N_("{name} is empty.")
    '{name} is empty.'
    """
    return text


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for the user: a template marked with ``N_`` and its values.

    Values may be texts themselves, or tuples of them, which are joined as the language
    joins a list.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**{k: plain(v) for k, v in self.values.items()})


def text(template: str, **values: object) -> Text:
    """A template and its values, to be translated where it is shown."""
    return Text(template, values)


def plain(value: object) -> object:
    """A value as English shows it: texts filled in, lists joined by commas."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, tuple):
        return ", ".join(str(plain(item)) for item in value)
    return value
