"""The rules that fired on one case: values, thresholds, margins, where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.cases.attribution import Floats
from analysis.cases.conditions import Facts, evaluate
from analysis.cases.minutes import NOBODY, largest_over, party_of
from analysis.cases.rules import LARGEST, Condition, Exemption, Rule, Ruleset
from analysis.cases.verdicts import PARTIES, UNDETERMINED, Evidence, Hit

#: Where facts are read that are no columns of orders under their own names.
SOURCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "dispatch_over": ("orders", ("accepted_at", "planned_accepted_at")),
    "to_merchant_over": (
        "orders",
        ("accepted_at", "arrived_merchant_at", "planned_arrived_merchant_at"),
    ),
    "kitchen_over": (
        "orders",
        ("arrived_merchant_at", "picked_up_at", "promised_ready_at"),
    ),
    "ride_over": (
        "orders",
        ("picked_up_at", "arrived_customer_at", "planned_arrived_customer_at"),
    ),
    "hand_over_over": (
        "orders",
        ("arrived_customer_at", "delivered_at", "planned_delivered_at"),
    ),
    "promise_over": ("orders", ("promised_at", "planned_delivered_at")),
    "batch_detour_minutes": ("orders", ("batch_detour_s",)),
    "tap_ahead_minutes": ("orders", ("delivered_at", "arrived_customer_at")),
    "tap_pin_m": ("orders", ("tap_lat", "tap_lng", "drop_lat", "drop_lng")),
    "wait_at_merchant": ("orders", ("arrived_merchant_at", "picked_up_at")),
    "end_reason": ("orders", ("cancel_reason", "cancel_source")),
    "severe_weather": ("orders", ("weather",)),
    "complaint": ("complaints", ("class",)),
    "damage": ("events", ("detail",)),
    "pin_door_m": ("events", ("lat", "lng")),
    "rider_messages_n": ("messages", ("sender_kind",)),
    "promise_minus_fast": ("orders", ("promised_at", "delivered_at")),
}
_EVENTS = {
    "calls_n": "call_attempt",
    "address_changes_n": "address_change",
    "weather_alerts_n": "weather_alert",
    "road_closures_n": "road_closure",
    "building_delays_n": "building_delay",
    "closed_reporters_n": "merchant_closed_report",
}
_UNITS = {"_over": "min", "_minutes": "min", "_m": "m", "_fast": "min"}


def hits_of(
    facts: Facts, minutes: Floats, ruleset: Ruleset, *, least: float
) -> tuple[Hit, ...]:
    """The rules that fired on one case, the one with most minutes first.

    Args:
        facts: Of this case alone, with its minutes over plan.
        minutes: What each rule gives to its party; 1 for rules about events that fired.
        ruleset: The rules.
        least: From where on a rule counts as fired.
    """
    fired = [at for at in range(len(ruleset.rules)) if minutes[at] > least]
    fired.sort(key=lambda at: -minutes[at])
    return tuple(_hit(ruleset.rules[at], facts, minutes[at], ruleset) for at in fired)


def _hit(rule: Rule, facts: Facts, minutes: float, ruleset: Ruleset) -> Hit:
    measured = _measured(rule, facts, ruleset)
    value = threshold = None
    unit = ""
    if measured is not None:
        value = float(facts.numbers(measured.fact)[0])
        threshold = ruleset.number((measured.bound or ("", 0.0))[1])
        unit = unit_of(measured, ruleset)
    exemption = _exemption(rule, facts, ruleset)
    return Hit(
        rule=rule.id,
        name=rule.name,
        party=_party(rule, facts, ruleset),
        cause=rule.causes[0] if rule.causes else "",
        value=value,
        threshold=threshold,
        margin=None if value is None or threshold is None else value - threshold,
        unit=unit,
        minutes=float(minutes) if rule.causes else 0.0,
        evidence=_evidence(rule, facts),
        exemption="" if exemption is None else exemption.code,
        fact=_fact(rule, facts),
    )


def _measured(rule: Rule, facts: Facts, ruleset: Ruleset) -> Condition | None:
    """The first figure of the rule that passed its threshold."""
    for condition in rule.when:
        for part in condition.parts():
            if part.bound and evaluate([part], facts, ruleset).true[0]:
                return part
    return None


def unit_of(condition: Condition, ruleset: Ruleset) -> str:
    """Unit of what a condition measures: its parameter's, else by the fact's name."""
    bound = condition.bound
    if bound is not None and isinstance(bound[1], str):
        return ruleset.parameters[bound[1]].unit
    ends = (unit for end, unit in _UNITS.items() if condition.fact.endswith(end))
    return next(ends, "")


def _party(rule: Rule, facts: Facts, ruleset: Ruleset) -> str:
    if rule.party == LARGEST:
        place = int(largest_over(facts, ruleset)[0])
    else:
        place = int(party_of(rule, facts, ruleset)[0])
    return UNDETERMINED if place == NOBODY else PARTIES[place]


def _exemption(rule: Rule, facts: Facts, ruleset: Ruleset) -> Exemption | None:
    for exemption in rule.exempt:
        if evaluate(exemption.when, facts, ruleset).true[0]:
            return exemption
    return None


def _fact(rule: Rule, facts: Facts) -> str:
    """The word that was found, where the rule is about one."""
    for condition in rule.when:
        for part in condition.parts():
            if part.one_of and facts.there(part.fact)[0]:
                return str(facts.frame[part.fact].iloc[0])
    return ""


def _evidence(rule: Rule, facts: Facts) -> tuple[Evidence, ...]:
    """Rows and columns that the rule read and that are there."""
    row = facts.frame.iloc[0]
    read = dict.fromkeys(part.fact for item in rule.when for part in item.parts())
    found = []
    for fact in read:
        table, columns = _source(fact)
        there = [name for name in columns if table != "orders" or name in row.index]
        key: dict[str, object] = {"order_no": int(row["order_no"])}
        if fact in _EVENTS:
            key["event_type"] = _EVENTS[fact]
        if there and facts.has(fact):
            found.append(Evidence(table, ", ".join(there), key))
    return tuple(found)


def _source(fact: str) -> tuple[str, tuple[str, ...]]:
    if fact in _EVENTS:
        return "events", ("event_type",)
    return SOURCES.get(fact, ("orders", (fact,)))
