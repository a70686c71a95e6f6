"""Judgement: who is responsible for each case, by rules, in one pass over many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cases.attribution import Floats, plan_of
from analysis.cases.conditions import Facts, Flags, with_derived
from analysis.cases.gaps import gaps_of_events, gaps_of_minutes, gaps_of_waiting
from analysis.cases.judged import Judged, Verdicts
from analysis.cases.minutes import (
    NOBODY,
    Bits,
    excusing,
    largest_over,
    party_of,
    share_out,
    state_of,
    unplanned,
)
from analysis.cases.rules import LARGEST, Rule, Ruleset, load_ruleset
from analysis.cases.verdicts import CASE_KINDS, PARTIES
from analysis.engine.dataset import Dataset
from analysis.metrics.facts import case_facts

_CANCELLED, _UNDELIVERED, _EARLY_TAP, _LATE, _COMPLAINED, _NONE = range(len(CASE_KINDS))
_NOT_DELIVERED = ("returned", "failed")


@dataclass(frozen=True, slots=True)
class Cases:
    """Orders to judge.

    Attributes:
        dataset: A published version.
        orders: Numbers (``order_no``) of orders, each once.
    """

    dataset: Dataset
    orders: Sequence[int]

    def facts(self) -> pd.DataFrame:
        """Their facts, see ``metrics.case_facts``."""
        return case_facts(self.dataset, self.orders)


def judge(cases: Cases | pd.DataFrame, *, ruleset: Ruleset | None = None) -> Verdicts:
    """Judge cases by rules.

    Late orders are judged by minutes: time over plan belongs to its cause, and the
    lateness is shared in proportion. Cancelled, undelivered, early-tapped and
    complained ones are judged by events. Where evidence is missing that may change who
    is responsible, the verdict is undetermined and the platform bears the case.

    Args:
        cases: Orders of a dataset, or a frame of ``metrics.case_facts``; what the frame
            has no column for is not known.
        ruleset: The rules; the default set if None.

    Returns:
        Verdicts in the order of the cases.
    """
    frame = cases.facts() if isinstance(cases, Cases) else cases
    rules = ruleset or load_ruleset()
    facts = Facts(with_derived(frame.reset_index(drop=True), rules))
    kinds = kinds_of(facts, rules)
    judged = Judged.empty(facts.frame, kinds, rules)
    _by_minutes(judged, facts, rules)
    for kind in (_CANCELLED, _UNDELIVERED, _EARLY_TAP, _COMPLAINED):
        _by_events(judged, facts, rules, kind)
    return Verdicts(judged, rules)


def kinds_of(facts: Facts, ruleset: Ruleset) -> NDArray[np.int64]:
    """Why each order is a case, as places in ``CASE_KINDS``."""
    delivered = facts.there("delivered_at")
    status = facts.frame.get("status", pd.Series(index=facts.frame.index, dtype=object))
    cancelled = (status == "cancelled").to_numpy()
    cancelled = cancelled | (facts.there("cancelled_at") & ~delivered)
    failed = status.isin(_NOT_DELIVERED).to_numpy()
    unknown = not facts.has("status") and facts.has("delivered_at")
    failed = failed | (~delivered & unknown)
    late = np.nan_to_num(facts.numbers("minutes_late"), nan=0.0) > 0
    return np.select(
        [
            cancelled,
            failed,
            delivered & _fires("early tap", facts, ruleset),
            delivered & late,
            facts.there("complaint"),
        ],
        [_CANCELLED, _UNDELIVERED, _EARLY_TAP, _LATE, _COMPLAINED],
        default=_NONE,
    )


def _fires(kind: str, facts: Facts, ruleset: Ruleset) -> Flags:
    rules = [rule for rule in ruleset.rules if kind in rule.judges]
    found = np.zeros(len(facts), dtype=bool)
    for rule in rules:
        found |= state_of(rule, facts, ruleset).true
    return found


def _by_minutes(judged: Judged, facts: Facts, ruleset: Ruleset) -> None:
    """Judge the late cases."""
    rows = np.flatnonzero(judged.kind == _LATE)
    if not len(rows):
        return
    here = facts.take(rows, {})
    late = here.numbers("minutes_late")
    judged.minutes_late[rows] = late
    plan = plan_of(here.frame)
    planless = unplanned(plan)
    known = np.flatnonzero(~planless)
    judged.is_open[rows[planless]] = True
    judged.minutes[rows] = 0.0
    judged.causes[rows] = 0.0
    for name, minutes in _plan_gaps(planless, late).items():
        judged.note_gap(name, rows, minutes)
    sure = facts.take(rows[known], {})
    shares = share_out(sure, late[known], ruleset)
    places = rows[known]
    judged.label[places] = np.where(shares.is_same, shares.label, 0)
    judged.is_open[places] = ~shares.is_same
    judged.minutes[places] = shares.by_party
    judged.causes[places] = shares.by_cause
    judged.rules[places] = shares.by_rule
    judged.over[places] = shares.over
    for name, minutes in gaps_of_minutes(sure, shares, ruleset).items():
        judged.note_gap(name, places, minutes)


def _plan_gaps(planless: Flags, late: Floats) -> dict[str, Floats]:
    if not planless.any():
        return {}
    return {"planned_arrived_merchant_at": np.where(planless, late, 0.0)}


def _by_events(judged: Judged, facts: Facts, ruleset: Ruleset, kind: int) -> None:
    """Judge the cases of a kind by the rules about its events."""
    rows = np.flatnonzero(judged.kind == kind)
    rules = [
        (place, rule)
        for place, rule in enumerate(ruleset.rules)
        if CASE_KINDS[kind] in rule.judges
    ]
    if not len(rows) or not rules:
        return
    here = facts.take(rows, {})
    nobody = 1 << NOBODY
    fired, possible = (np.zeros(len(rows), dtype=np.int64) for _ in range(2))
    waits = np.zeros(len(rows), dtype=bool)
    states = {}
    for place, rule in rules:
        states[place] = state_of(rule, here, ruleset)
        party = 1 << _named(rule, here, ruleset, ~states[place].false)
        fired |= np.where(states[place].true, party, 0)
        possible |= np.where(states[place].unknown, party, 0)
        for name, _ in excusing(rule, here):
            other = 1 << PARTIES.index(name)
            possible |= np.where(states[place].true, other, 0)
        if rule.party == LARGEST:
            waits |= states[place].true & (party == nobody)
        judged.rules[rows, place] = states[place].true
    fired, possible = fired & ~nobody, possible & ~nobody
    waits &= fired == 0
    is_open = ((possible & ~fired) > 0) | waits
    judged.label[rows] = np.where(is_open, 0, fired)
    judged.is_open[rows] = is_open
    gaps = (
        gaps_of_events(here, states, is_open, ruleset),
        gaps_of_waiting(here, waits),
    )
    for name, minutes in (item for part in gaps for item in part.items()):
        judged.note_gap(name, rows, minutes)


def _named(rule: Rule, facts: Facts, ruleset: Ruleset, may_fire: Flags) -> Bits:
    """Places of the party a rule about events names, case by case."""
    if rule.party != LARGEST:
        return party_of(rule, facts, ruleset)
    party = np.full(len(facts), NOBODY)
    rows = np.flatnonzero(may_fire)
    if len(rows):
        party[rows] = largest_over(facts.take(rows, {}), ruleset)
    return party
