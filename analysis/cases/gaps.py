"""Which evidence a case lacks, and what it might have changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.cases.attribution import Floats, times_of, unseen
from analysis.cases.conditions import Facts, Flags, Known
from analysis.cases.hits import SOURCES
from analysis.cases.minutes import (
    BESIDE,
    Shares,
    claims_of,
    excusing,
    figures_of,
    missing_milestones,
)
from analysis.cases.rules import CAUSES, Rule, Ruleset
from analysis.metrics.stages import STAGE_MILESTONES

#: The fact that tells whether what a rule needs is there, where it has another name.
FACT_OF: Mapping[str, str] = {
    "events.call_attempt": "calls_n",
    "events.address_change": "address_changes_n",
    "events.road_closure": "road_closures_n",
    "events.building_delay": "building_delays_n",
    "events.damage_photo": "damage",
    "events.merchant_closed_report": "closed_reporters_n",
    "messages": "rider_messages_n",
    "weather": "severe_weather",
    "cancel_reason": "end_reason",
    "complaint_reason": "complaint",
    "batch_detour_s": "batch_detour_minutes",
    "tap_lat": "tap_pin_m",
    "drop_lat": "tap_pin_m",
}


def gaps_of_minutes(
    facts: Facts, shares: Shares, ruleset: Ruleset
) -> dict[str, Floats]:
    """Minutes that each missing field might move, by field; 0 where it is there."""
    gaps = _of_milestones(facts, shares)
    figures = figures_of(shares.most_by_cause)
    claims = claims_of(Facts(facts.frame, figures), ruleset)
    for claim in {c.place: c for some in claims.values() for c in some}.values():
        rule = ruleset.rules[claim.place]
        free = shares.most_by_rule[:, claim.place] - shares.by_rule[:, claim.place]
        minutes = np.where(claim.state.unknown, free, 0.0)
        for name, lacks in lacking(rule, facts, claim.state).items():
            gaps[name] = np.maximum(gaps.get(name, 0.0), np.where(lacks, minutes, 0.0))
    return gaps


def _of_milestones(facts: Facts, shares: Shares) -> dict[str, Floats]:
    free = shares.most_by_cause - shares.by_cause
    gaps = {}
    for name, gone in missing_milestones(facts).items():
        beside = [CAUSES.index(cause) for cause in BESIDE[name]]
        gaps[name] = np.where(gone, free[:, beside].max(axis=1), 0.0)
    return gaps


def gaps_of_events(
    facts: Facts, states: Mapping[int, Known], is_open: Flags, ruleset: Ruleset
) -> dict[str, Floats]:
    """1 for each field that leaves a case open, by field; 0 where it does not."""
    gaps: dict[str, Floats] = {}
    for place, state in states.items():
        rule = ruleset.rules[place]
        for name, lacks in lacking(rule, facts, state).items():
            found = np.where(lacks & is_open, 1.0, 0.0)
            gaps[name] = np.maximum(gaps.get(name, 0.0), found)
        for _, fact in excusing(rule, facts):
            columns = SOURCES.get(fact, ("orders", (fact,)))[1]
            found = np.where(state.true & is_open, 1.0, 0.0)
            for name in (column for column in columns if not facts.has(column)):
                gaps[name] = np.maximum(gaps.get(name, 0.0), found)
    return gaps


def gaps_of_waiting(facts: Facts, is_open: Flags) -> dict[str, Floats]:
    """1 for what nobody saw of a wait, where it leaves open who was slowest."""
    gone = unseen(facts.frame, times_of(facts.frame))
    gaps = {
        name: np.where(is_open & gone[:, STAGE_MILESTONES.index(name)], 1.0, 0.0)
        for name in ("accepted_at", "arrived_merchant_at", "picked_up_at")
    }
    promised = facts.there("promised_ready_at")
    return gaps | {"promised_ready_at": np.where(is_open & ~promised, 1.0, 0.0)}


def lacking(rule: Rule, facts: Facts, state: Known) -> dict[str, Flags]:
    """Which of its needs silence a rule, case by case.

    Where all of them are there and its "no" is still no proof, it is the last one: the
    log that has no entry.
    """
    needs = [name for name in rule.needs if name not in STAGE_MILESTONES[1:-1]]
    gone = {
        name: state.unknown & ~facts.there(FACT_OF.get(name, name)) for name in needs
    }
    if needs and rule.unproven_when:
        any_gone = np.any(list(gone.values()), axis=0)
        gone[needs[-1]] = gone[needs[-1]] | (state.unknown & ~any_gone)
    return gone


def silenced(name: str, ruleset: Ruleset) -> tuple[str, ...]:
    """Ids of the rules that a missing field silences."""
    return tuple(rule.id for rule in ruleset.rules if name in rule.needs)
