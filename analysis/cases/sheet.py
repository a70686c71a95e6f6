"""The explanation sheet: what a rider is told of a verdict, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.words import Text


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printable page for the rider; every text is a template to translate.

    Attributes:
        title: What the page is.
        summary: The verdict in one sentence.
        facts: What happened, one sentence each.
        rules: The rules that counted, each with its value and what it had to pass.
        not_counted: What was looked at and did not count, or was missing.
        appeal: How to object, until when and to whom.
        order: The order's id, all but its last four signs masked.
        times: Local times by milestone, as text.
        timezone: The zone of these times.
        ruleset_version: The rules it was judged by.
    """

    title: Text
    summary: Text
    facts: tuple[Text, ...]
    rules: tuple[Text, ...]
    not_counted: tuple[Text, ...]
    appeal: tuple[Text, ...]
    order: str
    times: tuple[tuple[str, str], ...]
    timezone: str
    ruleset_version: str
