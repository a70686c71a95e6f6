"""Days left are spoken of while days may come."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from analysis.strategies.published.contract import DaysLeft
from analysis.strategies.results import text
from ui.strategies.verdict_box import _days_left, _why
from ui.strategies.words import recommended


def said(status: str, days: float, decision: str = "go on") -> str:
    left = DaysLeft(days, 1.0, 0.5, text("as it was reckoned"))
    plan = SimpleNamespace(metric="late_rate", smallest_effect=0.01)
    entry = SimpleNamespace(status=status, plan=plan)
    verdict = SimpleNamespace(decision=decision)
    return _days_left(entry, SimpleNamespace(days_left=left, verdict=verdict))


def test_a_strategy_that_runs_has_days_left() -> None:
    assert said("running", 9.0) == "as it was reckoned"


@pytest.mark.parametrize("status", ["ended", "decided"])
def test_one_that_is_over_would_have_needed_them(status: str) -> None:
    found = said(status, 9.0)
    assert "about 9 days longer" in found


@pytest.mark.parametrize(
    ("status", "decision", "advised"),
    [
        ("running", "go on", "go on"),
        ("ended", "go on", "cannot tell"),
        ("decided", "go on", "cannot tell"),
        ("ended", "stop", "stop"),
        ("ended", "roll out", "roll out"),
    ],
)
def test_one_that_is_over_cannot_go_on(status, decision, advised) -> None:
    assert recommended(SimpleNamespace(status=status), decision) == advised
    verdict = SimpleNamespace(decision=decision, reason=text("because"))
    plan = SimpleNamespace(metric="late_rate", smallest_effect=0.01)
    found = SimpleNamespace(verdict=verdict, days_left=None)
    told = list(_why(SimpleNamespace(status=status, plan=plan), found))
    assert ("It is over and cannot tell." in told) == (advised != decision)


def test_what_needs_no_more_days_or_too_many_is_said_as_it_is() -> None:
    assert said("ended", 0.0) == said("ended", math.inf) == "as it was reckoned"
    assert said("ended", 9.0, decision="stop") == ""
