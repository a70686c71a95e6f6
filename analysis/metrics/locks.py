"""What some metrics rest on that no file can bring: parts of Doorstep that write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from analysis.errors import MissingField
from analysis.words import N_

Lock = Literal[
    "", "verdicts", "sops", "surge_events", "attended_shifts", "inspections",
    "incidents",
]  # fmt: skip

#: What each lock waits for, in words.
LOCKS: Mapping[str, str] = {
    "verdicts": N_("verdicts of cases"),
    "sops": N_("the SOP library"),
    "surge_events": N_("surge windows"),
    "attended_shifts": N_("shifts"),
    "inspections": N_("inspections"),
    "incidents": N_("safety incidents"),
}


def locked_metric(metric: str, lock: Lock) -> MissingField:
    """The error for a metric that no column can unlock."""
    return MissingField(
        N_("{metric} needs {names}, which Doorstep does not have yet."),
        hint=N_("No column can be mapped to it; choose another metric."),
        metric=metric,
        names=LOCKS[lock],
        fields=(lock,),
    )
