"""From effect, checks and guardrails to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy import stats

from analysis.strategies.contract import Guardrail, Strategy
from analysis.strategies.results import (
    Check,
    Estimate,
    Finding,
    GuardrailResult,
    Text,
    Verdict,
    text,
)
from analysis.words import N_

State = Literal["held", "harmed", "open"]

#: Methods that test the margin themselves.
_TESTED = ("score", "mee")
#: Methods whose two-sided p-value is already that of the margin.
_REDRAWN = ("wild_bootstrap", "randomisation")

#: Checks that say nothing against the guardrails.
_OF_PRIMARY = ("missing_outcome",)


def guard(guardrail: Guardrail, estimate: Estimate) -> GuardrailResult:
    """Whether a guardrail held: no worse than control by more than its margin.

    ``held`` when the whole interval is on the good side of the margin; ``harmed`` when
    it is not and lies wholly on the bad side of 0; else ``open``.

    Args:
        guardrail: Its margin and good direction.
        estimate: Effect, with the p-value against the margin.
    """
    low, high = good_side(estimate, guardrail.better)
    state: State = "open"
    if low > -guardrail.margin:
        state = "held"
    elif high < 0:
        state = "harmed"
    return GuardrailResult(guardrail.outcome, guardrail.margin, estimate, state)


def against_margin(estimate: Estimate, strategy: Strategy, method: str) -> Estimate:
    """The estimate with the one-sided p-value of "worse by more than the margin".

    Not worse at level alpha / 2 is the interval wholly on the good side of the margin.
    Without a margin the estimate stays as it is.
    """
    if strategy.margin is None or method in _TESTED:
        return estimate
    sign = 1.0 if strategy.better == "higher" else -1.0
    distance = sign * (estimate.effect - strategy.null)
    if method in _REDRAWN or strategy.anytime:
        half = estimate.p_value / 2
        p_value = half if distance > 0 else 1 - half
    elif estimate.se > 0:
        p_value = float(stats.t.sf(distance / estimate.se, estimate.df))
    else:
        p_value = float(distance <= 0)
    return replace(estimate, p_value=p_value)


def good_side(estimate: Estimate, better: str) -> tuple[float, float]:
    """The interval turned so that up is good."""
    low, high = estimate.interval
    return (low, high) if better == "higher" else (-high, -low)


def decide(
    strategy: Strategy, finding: Finding, guardrails: Sequence[GuardrailResult]
) -> Verdict:
    """Roll out, go on, stop or cannot tell, with the reason.

    The rule, first match: a red check -> cannot tell, unless it speaks of the primary
    metric alone and a guardrail is harmed; no interval -> cannot tell; a guardrail
    harmed -> stop; the interval wholly below 0 -> stop; wholly below the
    smallest effect that matters -> stop; wholly above 0, the estimate mattering ->
    roll out, once every guardrail held; else go on.
    """
    red = [check for check in finding.checks if check.light == "red"]
    harmed = [
        guardrail.outcome for guardrail in guardrails if guardrail.state == "harmed"
    ]
    if red and not (harmed and all(check.name in _OF_PRIMARY for check in red)):
        return _blocked(red)
    low, high = good_side(finding.estimate, strategy.better)
    if not np.isfinite([low, high]).any():
        return Verdict("cannot tell", text(N_("The data gives no interval.")))
    if harmed:
        return Verdict("stop", _harm(strategy, guardrails, got_worse=bool(high < 0)))
    if strategy.margin is not None:
        return _no_worse(strategy.margin, low, high, guardrails)
    return _by_effect(strategy, finding.estimate, low, high, guardrails)


def is_beyond(result: GuardrailResult, better: str) -> bool:
    """Whether a guardrail lost more than was accepted, by its whole interval."""
    return bool(good_side(result.estimate, better)[1] < -result.margin)


def _harm(
    strategy: Strategy, guardrails: Sequence[GuardrailResult], *, got_worse: bool
) -> Text:
    """What got worse, the primary metric first.

    A guardrail that got worse, though perhaps by no more than was accepted, is not
    called harmed.
    """
    better = {item.outcome: item.better for item in strategy.guardrails}
    harmed = [result for result in guardrails if result.state == "harmed"]
    beyond = [
        result.outcome
        for result in harmed
        if is_beyond(result, better.get(result.outcome, "higher"))
    ]
    names = ", ".join(beyond or [result.outcome for result in harmed])
    if beyond and got_worse:
        template = N_("{metric} got worse, and it harms {names}.")
    elif beyond:
        template = N_("It harms {names}.")
    elif got_worse:
        template = N_("{metric} got worse, and so did {names}, perhaps within the "
                      "accepted loss.")  # fmt: skip
    else:
        template = N_("{names} got worse, and that it stays within the accepted loss "
                      "is not shown.")  # fmt: skip
    return text(template, names=names, metric=strategy.outcome)


def _blocked(red: Sequence[Check]) -> Verdict:
    reason = text(
        N_("The check {name} failed: {sentence}"),
        name=red[0].name,
        sentence=red[0].sentence,
    )
    return Verdict("cannot tell", reason)


def _no_worse(
    margin: float, low: float, high: float, guardrails: Sequence[GuardrailResult]
) -> Verdict:
    if low > -margin:
        reason = text(
            N_("It is not worse by more than the margin of {margin:g}."), margin=margin
        )
        return _unless_open(Verdict("roll out", reason), guardrails)
    if high < -margin:
        reason = text(
            N_("It is worse by more than the margin of {margin:g}."), margin=margin
        )
        return Verdict("stop", reason)
    reason = text(N_("The interval holds the margin of {margin:g}."), margin=margin)
    return Verdict("go on", reason)


def _by_effect(
    strategy: Strategy,
    estimate: Estimate,
    low: float,
    high: float,
    guardrails: Sequence[GuardrailResult],
) -> Verdict:
    smallest = strategy.smallest_effect or 0.0
    if high < 0:
        reason = text(N_("It got worse: the whole interval is on the bad side of 0."))
        return Verdict("stop", reason)
    if smallest and high < smallest:
        reason = text(
            N_(
                "At best it is {effect:.4g}, less than the smallest effect that "
                "matters, {smallest:g}."
            ),
            effect=high if strategy.better == "higher" else -high, smallest=smallest,
        )  # fmt: skip
        return Verdict("stop", reason)
    good = estimate.effect if strategy.better == "higher" else -estimate.effect
    if low > 0 and good >= smallest:
        reason = text(N_("It got better: the whole interval is on the good side of 0."))
        return _unless_open(Verdict("roll out", reason), guardrails)
    if low > 0:
        reason = text(
            N_(
                "It works, but whether by the smallest effect that matters, "
                "{smallest:g}, is open."
            ),
            smallest=smallest,
        )  # fmt: skip
        return Verdict("go on", reason)
    return Verdict("go on", text(N_("The interval holds 0: there may be no effect.")))


def _unless_open(verdict: Verdict, guardrails: Sequence[GuardrailResult]) -> Verdict:
    names = [guardrail.outcome for guardrail in guardrails if guardrail.state == "open"]
    if not names:
        return verdict
    reason = text(
        N_("The effect is there, but {names} is not yet shown to be unharmed."),
        names=", ".join(names),
    )
    return Verdict("go on", reason)
