"""The decision of a frozen rule on an evaluation."""

from __future__ import annotations

from analysis.strategies.contract import Better
from analysis.strategies.registration import Rule
from analysis.strategies.results import Evaluation, Verdict, text
from analysis.strategies.verdict import good_side
from analysis.words import N_


def decide_by(
    rule: Rule, found: Evaluation, *, better: Better, smallest: float
) -> Verdict:
    """What the frozen rule recommends.

    The usual order holds: a red check, a harmed guardrail and a loss come before
    everything. The rule may ask more of an effect, and less of guardrails.

    Args:
        rule: As it was frozen.
        found: Evaluated at the rule's alpha.
        better: Which direction is good.
        smallest: Smallest effect that matters.
    """
    verdict = found.verdict
    low, _ = good_side(found.finding.estimate, better)
    if verdict.decision == "roll out" and rule.effect == "interval" and low < smallest:
        reason = text(
            N_(
                "It works, but the rule asks that the whole interval reaches the "
                "smallest effect that matters, {smallest:g}."
            ),
            smallest=smallest,
        )
        return Verdict("go on", reason)
    if rule.guardrails == "not harmed" and _waits_for_guardrails(
        found, low, better=better, smallest=smallest, rule=rule
    ):
        reason = text(
            N_("It got better, and no guardrail is harmed: that is what the rule asks.")
        )
        return Verdict("roll out", reason)
    return verdict


def _waits_for_guardrails(
    found: Evaluation, low: float, *, better: Better, smallest: float, rule: Rule
) -> bool:
    """Whether nothing but guardrails not yet shown to hold is in the way."""
    states = {guardrail.state for guardrail in found.guardrails}
    if found.verdict.decision != "go on" or "open" not in states or _reverses(found):
        return False
    reached = found.effect if better == "higher" else -found.effect
    least = low if rule.effect == "interval" else reached
    return low > 0 and least >= smallest and "harmed" not in states


def _reverses(found: Evaluation) -> bool:
    """Whether the effect is the other way round for some."""
    return any(
        check.name == "reversal" and check.light != "green" for check in found.checks
    )
