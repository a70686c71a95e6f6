"""From orders anywhere to their first case: the link that other pages call."""

from __future__ import annotations

from dataclasses import replace

from analysis.metrics import Selection
from analysis.metrics.registry import load_registry, parse_reference
from ui import frame
from ui.cases.view import CasesView
from ui.texts import language, t


def review_link(
    selection: Selection, label: str, *, text: str = "", icon: str | None = None
) -> None:
    """A link from orders to the first of their cases; the browser's Back leads back.

    Args:
        selection: Which orders; what happened to them follows from its metric where it
            names none, so that a bar of the late rate leads to late orders.
        label: What these orders are called, plain text.
        text: Text of the link, translated; the usual one if empty.
        icon: Material icon.
    """
    chosen = problems(selection)
    frame.link(
        "cases",
        label=text or t("Review these cases"),
        icon=icon or ":material/fact_check:",
        view=CasesView(
            selection=chosen, position=1, label=named(chosen.event, label)[:200]
        ),
    )


def named(event: str, label: str) -> str:
    """What orders are called, with what happened to them in front."""
    known = load_registry().events.get(event)
    if known is None:
        return label
    what = known.label[1 if language().startswith("zh") else 0]
    if label in ("", t("All orders")):
        return what
    return label if label.startswith(what) else f"{what}, {label}"


def problems(selection: Selection) -> Selection:
    """The orders of a selection that are cases: those its metric counts."""
    return replace(selection, event=selection.event or event_of(selection.metric))


def event_of(reference: str) -> str:
    """The event that a metric counts; empty where it counts none."""
    if not reference:
        return ""
    metric = parse_reference(reference).definition.name
    events = load_registry().events
    return next((name for name, item in events.items() if item.metric == metric), "")
