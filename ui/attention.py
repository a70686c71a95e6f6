"""What needs a look today: stale data, checks that found something, rows set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.engine.dataset import Dataset
from analysis.words import N_
from ui.format import day, number, percent
from ui.show import plain
from ui.texts import fill, language, t, translate

#: Checks beyond the most frequent ones are a click away on the Data page.
MAX_CHECKS: Final = 4
#: Data older than this many days are called stale.
STALE_DAYS: Final = 7
_ACTIONS: Final[Mapping[str, str]] = {
    "keep": N_("kept as they are"),
    "missing": N_("set to missing"),
    "set_aside": N_("set aside"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at.

    Attributes:
        icon: Material icon.
        text: One sentence, translated and safe for Markdown.
        detail: Its figures.
    """

    icon: str
    text: str
    detail: str = ""


def notices(dataset: Dataset, *, today: date) -> tuple[Notice, ...]:
    """Everything about a dataset that asks for a look, the most urgent first."""
    return (*_freshness(dataset, today=today), *_checks(dataset))


def _freshness(dataset: Dataset, *, today: date) -> Iterator[Notice]:
    if dataset.period is None or dataset.manifest.get("demo"):
        return
    last = dataset.period[1]
    days = (today - last).days
    if days > STALE_DAYS:
        yield Notice(
            icon=":material/history:",
            text=t("The last order is {days} days old.", days=number(days)),
            detail=t("Data end on {day}", day=day(last)),
        )


def _checks(dataset: Dataset) -> Iterator[Notice]:
    found = [check for check in dataset.manifest.get("checks", ()) if _asks(check)]
    found.sort(key=lambda check: check["count"] / max(check["of"], 1), reverse=True)
    for check in found[:MAX_CHECKS]:
        yield Notice(
            icon=":material/rule:",
            text=_sentence(check),
            detail=_figures(check),
        )


def _asks(check: Mapping[str, Any]) -> bool:
    return bool(check.get("count")) and bool(check.get("of"))


def _sentence(check: Mapping[str, Any]) -> str:
    values = {name: plain(value) for name, value in check.get("values", {}).items()}
    return fill(translate(str(check.get("text", "")), language()), values)


def _figures(check: Mapping[str, Any]) -> str:
    counted = t(
        "{count} of {rows} ({share})",
        count=number(check["count"]),
        rows=number(check["of"]),
        share=percent(check["count"] / check["of"], digits=2),
    )
    action = _ACTIONS.get(str(check.get("action", "")))
    return f"{counted}, {t(action)}" if action else counted
