"""The explanation sheet: what a rider is told of a verdict, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from analysis.cases.explain import CAUSE_LABELS, KIND_LABELS, field_label
from analysis.cases.moments import Timeline
from analysis.cases.rules import Ruleset, load_ruleset
from analysis.cases.verdicts import PARTY_LABELS, UNDETERMINED, Hit, Verdict
from analysis.words import N_, Text, text

APPEAL_DAYS = 7
#: Signs of an order's id that stay readable.
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printable page for the rider; every text is a template to translate.

    Attributes:
        title: What the page is.
        order: The order's id, all but its last signs masked.
        day: Local day of the order; None without a time.
        timezone: The zone of the times.
        summary: The verdict in one sentence.
        times: Local time as ``HH:MM`` by milestone, those that are known; the promise
            last.
        facts: What was measured, one sentence each.
        rules: The rules that counted, each with its value and what it had to pass.
        not_counted: What does not count against the rider, and what was missing.
        appeal: How to object, and until when.
        ruleset_version: Version of the rules it was judged by.
    """

    title: Text
    order: str
    day: date | None
    timezone: str
    summary: Text
    times: tuple[tuple[str, str], ...]
    facts: tuple[Text, ...]
    rules: tuple[Text, ...]
    not_counted: tuple[Text, ...]
    appeal: tuple[Text, ...]
    ruleset_version: str


def explanation_sheet(
    timeline: Timeline,
    verdict: Verdict,
    *,
    told_on: date | None = None,
    ruleset: Ruleset | None = None,
    appeal_days: int = APPEAL_DAYS,
) -> Sheet:
    """What a rider is told of a verdict: facts, rules, and how to object.

    Nothing of the customer is on it: no name, place, message or id; the order's id is
    masked but for its last signs.

    Args:
        timeline: Of the order.
        verdict: Of the order.
        told_on: Day from which the time to object runs, to name the last day.
        ruleset: The rules the verdict was made by, for their reasons; the default set
            if None.
        appeal_days: Days to object.
    """
    rules = ruleset or load_ruleset()
    return Sheet(
        title=text(N_("Why this order was decided as it was")),
        order=masked(timeline.order_id),
        day=_local_day(timeline),
        timezone=timeline.timezone,
        summary=_summary(verdict),
        times=_times(timeline),
        facts=_facts(verdict),
        rules=tuple(_rule(hit, rules) for hit in verdict.hits),
        not_counted=_not_counted(verdict),
        appeal=_appeal(told_on, appeal_days),
        ruleset_version=verdict.version,
    )


def masked(order_id: str) -> str:
    """An id with all but its last signs hidden.

    >>> masked("HK0020000409")
    '********0409'
    """
    hidden = len(order_id) - min(_SHOWN, len(order_id) // 2)
    return "*" * hidden + order_id[hidden:]


def _summary(verdict: Verdict) -> Text:
    kind = text(KIND_LABELS[verdict.case_kind])
    if not verdict.parties:
        return text(
            N_("{kind}. Nobody is held responsible; the platform bears it."), kind=kind
        )
    who = tuple(text(PARTY_LABELS[party]) for party in verdict.parties)
    if "rider" not in verdict.parties:
        return text(N_("{kind}. This is not held against you. Responsible: {parties}."),
                    kind=kind, parties=who)  # fmt: skip
    if verdict.exemptions:
        return text(N_("{kind}. It was on your side, but nobody holds it against you."),
                    kind=kind)  # fmt: skip
    return text(N_("{kind}. Responsible: {parties}."), kind=kind, parties=who)


def _times(timeline: Timeline) -> tuple[tuple[str, str], ...]:
    zone = ZoneInfo(timeline.timezone)
    times = {item.name: item.at for item in timeline.milestones}
    times["promised_at"] = timeline.promised_at
    return tuple((name, _clock(at, zone)) for name, at in times.items() if at)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.replace(tzinfo=UTC).astimezone(zone).strftime("%H:%M")


def _local_day(timeline: Timeline) -> date | None:
    created = timeline.milestones[0].at
    if created is None:
        return None
    return created.replace(tzinfo=UTC).astimezone(ZoneInfo(timeline.timezone)).date()


def _facts(verdict: Verdict) -> tuple[Text, ...]:
    if verdict.minutes_late is None:
        return (text(KIND_LABELS[verdict.case_kind]),)
    late = text(
        N_("The order was {minutes} min late."), minutes=f"{verdict.minutes_late:.1f}"
    )
    parts = [
        text(N_("{cause}: {minutes} min of it."),
             cause=text(CAUSE_LABELS[name]), minutes=f"{minutes:.1f}")
        for name, minutes in verdict.minutes_by_cause.items()
    ]  # fmt: skip
    return (late, *parts)


def _rule(hit: Hit, ruleset: Ruleset) -> Text:
    known = {rule.id: rule.reason for rule in ruleset.rules}
    values = {
        "rule": text(hit.name),
        "party": text(PARTY_LABELS[hit.party]),
        "reason": text(known.get(hit.rule, "")),
    }
    if hit.value is None or hit.threshold is None:
        return text(N_("{rule} ({party}). {reason}"), **values)
    figures = {
        "value": f"{hit.value:.1f}",
        "threshold": f"{hit.threshold:g}",
        "unit": hit.unit,
    }
    return text(
        N_("{rule} ({party}): {value} {unit}, counts above {threshold}. {reason}"),
        **values, **figures,
    )  # fmt: skip


def _not_counted(verdict: Verdict) -> tuple[Text, ...]:
    found = [
        text(N_("Not held against you: {minutes} min of {party}."),
             minutes=f"{minutes:.1f}", party=text(PARTY_LABELS[party]))
        for party, minutes in verdict.minutes_by_party.items()
        if party not in ("rider", UNDETERMINED)
    ]  # fmt: skip
    rest = verdict.minutes_by_party.get(UNDETERMINED, 0.0)
    if rest:
        found.append(
            text(N_("Nobody can be charged with {minutes} min."),
                 minutes=f"{rest:.1f}")
        )  # fmt: skip
    found += [
        text(
            N_("Missing, and might have changed it: {field}."), field=field_label(name)
        )
        for name in verdict.missing_evidence
    ]
    return tuple(found)


def _appeal(told_on: date | None, days: int) -> tuple[Text, ...]:
    if told_on is None:
        when = text(N_("You may object within {days} days of being told."), days=days)
    else:
        until = (told_on + timedelta(days=days)).isoformat()
        when = text(N_("You may object until {date}."), date=until)
    return (
        when,
        text(N_("Say what happened and add what shows it, such as a photograph.")),
        text(N_("Somebody who did not decide this case will look at it again.")),
        text(N_("Until that is decided, nothing follows from this verdict.")),
    )
