"""Minutes of lateness by rule, party and cause, in every way the facts can be read.

A rule whose facts are not known may have fired or not; a missing milestone may have
been early or late. Every combination is one scenario. A party is named only if all
scenarios name the same; minutes are certain as far as all scenarios agree, and the rest
cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis.cases.attribution import (
    Floats,
    Plan,
    Reading,
    plan_of,
    readings,
    times_of,
    until_the_end,
)
from analysis.cases.conditions import Facts, Flags, Known, evaluate
from analysis.cases.rules import CAUSES, LARGEST, Rule, Ruleset
from analysis.cases.verdicts import PARTIES
from analysis.metrics.stages import STAGE_MILESTONES

Bits = NDArray[np.int64]

#: Place of what no party can be charged with, after the parties.
NOBODY = len(PARTIES)

#: Causes whose time a milestone separates.
BESIDE: Mapping[str, tuple[str, str]] = {
    "accepted_at": ("dispatch", "to_merchant"),
    "arrived_merchant_at": ("to_merchant", "kitchen"),
    "picked_up_at": ("kitchen", "ride"),
    "arrived_customer_at": ("ride", "hand_over"),
}


@dataclass(slots=True)
class Shares:
    """What all scenarios of the late cases have in common; arrays, one row a case.

    Attributes:
        label: Parties as bits, as the first scenario names them.
        is_same: Where every scenario names the same.
        by_party: Least minutes of each party, shape (cases, parties).
        by_cause: Least minutes charged of each cause, shape (cases, causes).
        most_by_cause: Most minutes of each cause.
        by_rule: Least minutes of each rule, shape (cases, rules).
        most_by_rule: Most minutes of each rule, as far as it is not known to fire.
        over: Least minutes over plan by cause.
        seen: How many scenarios were read.
    """

    label: Bits
    is_same: Flags
    by_party: Floats
    by_cause: Floats
    most_by_cause: Floats
    by_rule: Floats
    most_by_rule: Floats
    over: Floats
    seen: NDArray[np.int64]

    @classmethod
    def empty(cls, cases: int, rules: int) -> Shares:
        """Before the first scenario."""

        def least(width: int) -> Floats:
            return np.full((cases, width), np.inf)

        return cls(
            label=np.zeros(cases, dtype=np.int64),
            is_same=np.ones(cases, dtype=bool),
            by_party=least(len(PARTIES)),
            by_cause=least(len(CAUSES)),
            most_by_cause=np.zeros((cases, len(CAUSES))),
            by_rule=least(rules),
            most_by_rule=np.zeros((cases, rules)),
            over=least(len(CAUSES)),
            seen=np.zeros(cases, dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What one rule takes of its cause, by case.

    Attributes:
        place: Place of the rule in the rule set.
        party: Place of its party.
        state: Where it fires, and where that is not known.
        amount: The most it takes, minutes over plan; inf for all that is left.
    """

    place: int
    party: NDArray[np.int64]
    state: Known
    amount: Floats


def share_out(facts: Facts, late: Floats, ruleset: Ruleset) -> Shares:
    """Share the lateness of cases out, in every scenario.

    Args:
        facts: Of late, delivered orders.
        late: Minutes late.
        ruleset: Whose rules about minutes are read.
    """
    shares = Shares.empty(len(facts), len(ruleset.rules))
    faster = ruleset.number("faster_unseen")
    times, plan = times_of(facts.frame), plan_of(facts.frame)
    for reading in readings(times, plan, faster=faster):
        _read(shares, reading, facts, late, ruleset)
    return shares


def _read(
    shares: Shares, reading: Reading, facts: Facts, late: Floats, ruleset: Ruleset
) -> None:
    rows, over = reading.rows, reading.over
    here = facts.take(rows, figures_of(over))
    claims = claims_of(here, ruleset)
    _keep(shares.over, rows, over)
    total = over.sum(axis=1)
    scale = np.divide(late[rows], total, out=np.zeros(len(rows)), where=total > 0)
    options = [list(_options(claims[cause])) for cause in CAUSES]
    for choice in product(*options):
        taken = _taken(claims, over, dict(zip(CAUSES, choice, strict=True)))
        _compare(
            shares, rows, claims=claims, taken=taken * scale[:, None],
            late=late[rows], ruleset=ruleset,
        )  # fmt: skip
        _note_causes(shares, rows, over * scale[:, None])


def figures_of(over: Floats) -> dict[str, Floats]:
    """Minutes over plan as facts that conditions name."""
    return {f"{cause}_over": over[:, place] for place, cause in enumerate(CAUSES)}


def claims_of(facts: Facts, ruleset: Ruleset) -> dict[str, list[Claim]]:
    """What each rule about minutes would take, by cause, in the order of the rules."""
    claims: dict[str, list[Claim]] = {cause: [] for cause in CAUSES}
    for place, rule in enumerate(ruleset.rules):
        if rule.causes:
            claim = _claim(place, rule, facts, ruleset)
            for cause in rule.causes:
                claims[cause].append(claim)
    return claims


def _claim(place: int, rule: Rule, facts: Facts, ruleset: Ruleset) -> Claim:
    amount = np.full(len(facts), np.inf)
    if rule.takes:
        known = facts.numbers(rule.takes)
        amount = np.where(np.isnan(known), np.inf, known)
    return Claim(
        place, party_of(rule, facts, ruleset), state_of(rule, facts, ruleset), amount
    )


def state_of(rule: Rule, facts: Facts, ruleset: Ruleset) -> Known:
    """Where a rule fires; not known where its "no" would be no proof."""
    if not rule.unproven_when:
        return evaluate(rule.when, facts, ruleset)
    doubted = {part.fact for item in rule.unproven_when for part in item.parts()}
    firm = [item for item in rule.when if not doubted & {p.fact for p in item.parts()}]
    rest = [item for item in rule.when if item not in firm]
    open_ = evaluate(rule.unproven_when, facts, ruleset).true
    sure = evaluate(firm, facts, ruleset)
    told = evaluate(rest, facts, ruleset)
    told = Known(told.true & ~open_, told.false & ~open_)
    return Known(sure.true & told.true, sure.false | told.false)


def party_of(rule: Rule, facts: Facts, ruleset: Ruleset) -> NDArray[np.int64]:
    """Places of the party that a rule names, case by case, after its exemptions."""
    own = NOBODY if rule.party == LARGEST else PARTIES.index(rule.party)
    party = np.full(len(facts), own)
    for exemption in reversed(rule.exempt):
        if exemption.to:
            holds = evaluate(exemption.when, facts, ruleset).true
            party = np.where(holds, PARTIES.index(exemption.to), party)
    return party


def excusing(rule: Rule, facts: Facts) -> list[tuple[str, str]]:
    """Parties that a rule's exemptions might name, and the facts they would read.

    Only where nobody records such a fact at all: a value that is missing in one case
    says that it did not come to that.
    """
    return [
        (exemption.to, part.fact)
        for exemption in rule.exempt
        for condition in exemption.when
        for part in condition.parts()
        if exemption.to and not facts.has(part.fact)
    ]


def _options(claims: list[Claim]) -> Iterator[int | None]:
    """Which rule that is not known to fire is taken to fire: none, or one of them.

    One at a time is enough: it takes what is left, and those after it nothing.
    """
    yield None
    for claim in claims:
        if claim.state.unknown.any():
            yield claim.place


def _taken(
    claims: Mapping[str, list[Claim]], over: Floats, fires: Mapping[str, int | None]
) -> Floats:
    """Minutes over plan that each claim takes, shape (cases, claims in order)."""
    columns: list[Floats] = []
    for cause, place in zip(CAUSES, range(len(CAUSES)), strict=True):
        left = over[:, place].copy()
        for claim in claims[cause]:
            fired = claim.state.true
            if fires[cause] == claim.place:
                fired = fired | claim.state.unknown
            take = np.where(fired, np.minimum(claim.amount, left), 0.0)
            left = left - take
            columns.append(take)
    return np.stack(columns, axis=1) if columns else np.zeros((len(over), 0))


def _compare(
    shares: Shares,
    rows: NDArray[np.intp],
    *,
    claims: Mapping[str, list[Claim]],
    taken: Floats,
    late: Floats,
    ruleset: Ruleset,
) -> None:
    """Hold a scenario against those before it."""
    by_party = np.zeros((len(rows), len(PARTIES) + 1))
    by_rule = np.zeros((len(rows), shares.by_rule.shape[1]))
    by_cause = np.zeros((len(rows), len(CAUSES)))
    listed = [(cause, claim) for cause in CAUSES for claim in claims[cause]]
    every = np.arange(len(rows))
    for column, (cause, claim) in zip(taken.T, listed, strict=True):
        by_party[every, claim.party] += column
        by_rule[:, claim.place] += column
        by_cause[:, CAUSES.index(cause)] += column
    label = label_of(by_party[:, :NOBODY], late, ruleset)
    first = shares.seen[rows] == 0
    shares.is_same[rows] &= first | (label == shares.label[rows])
    shares.label[rows] = np.where(first, label, shares.label[rows])
    shares.seen[rows] += 1
    _keep(shares.by_party, rows, by_party[:, :NOBODY])
    _keep(shares.by_rule, rows, by_rule)
    _keep(shares.by_cause, rows, by_cause)
    most = np.maximum(shares.most_by_rule[rows], by_rule)
    shares.most_by_rule[rows] = most


def _note_causes(shares: Shares, rows: NDArray[np.intp], minutes: Floats) -> None:
    most = np.maximum(shares.most_by_cause[rows], minutes)
    shares.most_by_cause[rows] = most


def _keep(least: Floats, rows: NDArray[np.intp], found: Floats) -> None:
    least[rows] = np.minimum(least[rows], found)


def label_of(by_party: Floats, late: Floats, ruleset: Ruleset) -> Bits:
    """Parties as bits: one with the share of sole responsibility, else all that share.

    Args:
        by_party: Minutes, shape (cases, parties).
        late: What the shares are of.
        ruleset: Its ``sole_share`` and ``shared_share``.
    """
    tiny = 1e-9
    share = by_party / np.maximum(late, tiny)[:, None]
    bits = 1 << np.arange(by_party.shape[1])
    sole = (share >= ruleset.number("sole_share") - tiny) @ bits
    several = (share >= ruleset.number("shared_share") - tiny) @ bits
    return np.where(sole > 0, sole, several)


def largest_over(facts: Facts, ruleset: Ruleset) -> NDArray[np.int64]:
    """Places of the party with most time over plan until the order was cancelled.

    ``NOBODY`` where there is none, no plan, or where what nobody saw might make it
    another one.
    """
    plan = plan_of(facts.frame)
    named = [
        party
        for over in until_the_end(facts.frame, plan)
        for party in _largest(facts, over, ruleset)
    ]
    same = np.all([party == named[0] for party in named], axis=0)
    return np.where(same, named[0], NOBODY)


def _largest(
    facts: Facts, over: Floats, ruleset: Ruleset
) -> Iterator[NDArray[np.int64]]:
    """The party with most time, for every way to read the rules that are silent."""
    over = np.where(np.isnan(over.sum(axis=1))[:, None], 0.0, over)
    claims = claims_of(Facts(facts.frame, figures_of(over)), ruleset)
    listed = [claim for cause in CAUSES for claim in claims[cause]]
    every = np.arange(len(over))
    for choice in product(*(_options(claims[cause]) for cause in CAUSES)):
        taken = _taken(claims, over, dict(zip(CAUSES, choice, strict=True)))
        by_party = np.zeros((len(over), len(PARTIES) + 1))
        for column, claim in zip(taken.T, listed, strict=True):
            by_party[every, claim.party] += column
        best = by_party[:, :NOBODY].argmax(axis=1)
        yield np.where(by_party[:, :NOBODY].max(axis=1) > 0, best, NOBODY)


def missing_milestones(facts: Facts) -> dict[str, Flags]:
    """Where each of the four milestones between creation and delivery is missing."""
    return {name: ~facts.there(name) for name in STAGE_MILESTONES[1:-1]}


def unplanned(plan: Plan) -> Flags:
    """Cases of which neither a plan nor comparable orders are known."""
    parts = (plan.dispatch, plan.leg, plan.counter, plan.ride, plan.door, plan.promise)
    known: Flags = np.logical_and.reduce(np.isfinite(np.stack(parts)))
    return ~known
