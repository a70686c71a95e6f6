"""One sentence for a verdict: "28 min late: 17 kitchen, 8 last leg, 3 dispatch"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.cases.verdicts import PARTY_LABELS, UNDETERMINED, Hit, Missing
from analysis.words import N_, Text, text

#: How a part of the delivery is called in a sentence.
CAUSE_LABELS: Mapping[str, str] = {
    "dispatch": N_("dispatch"),
    "to_merchant": N_("way to the merchant"),
    "kitchen": N_("kitchen"),
    "ride": N_("last leg"),
    "hand_over": N_("hand-over"),
    "promise": N_("promise too short"),
    UNDETERMINED: N_("not attributable"),
}
#: How a missing field is called in a sentence.
FIELD_LABELS: Mapping[str, str] = {
    "accepted_at": N_("when the rider accepted"),
    "arrived_merchant_at": N_("the arrival at the merchant"),
    "picked_up_at": N_("the pick-up"),
    "arrived_customer_at": N_("the arrival at the customer"),
    "promised_at": N_("the promise"),
    "promised_ready_at": N_("when the food was promised"),
    "planned_arrived_merchant_at": N_("plans or comparable orders"),
    "batch_id": N_("whether two orders were carried together"),
    "batch_detour_s": N_("the detour for the second order"),
    "weather": N_("the weather"),
    "cancel_reason": N_("the reason"),
    "complaint_reason": N_("the class of the complaint"),
    "tap_lat": N_("where delivered was tapped"),
    "drop_lat": N_("the pin"),
    "messages": N_("the chat"),
    "events.call_attempt": N_("a complete call log"),
    "events.address_change": N_("changes of the address"),
    "events.road_closure": N_("closed roads"),
    "events.building_delay": N_("delays in the building"),
    "events.damage_photo": N_("a photograph of the damage"),
    "events.merchant_closed_report": N_("reports that the merchant is closed"),
}
KIND_LABELS: Mapping[str, str] = {
    "cancelled": N_("Cancelled"),
    "undelivered": N_("Not delivered"),
    "early tap": N_("Tapped delivered too early"),
    "late": N_("Late"),
    "complained": N_("Complaint"),
    "none": N_("No problem"),
}
_LEAST = 0.5


def explanation_of(
    case_kind: str,
    parties: tuple[str, ...],
    *,
    late: float | None,
    causes: Mapping[str, float],
    hits: Sequence[Hit],
    missing: Sequence[Missing],
) -> Text:
    """The verdict in one sentence, as a template and its values."""
    if case_kind == "none":
        return text(N_("Neither late nor cancelled, undelivered or complained of."))
    decisive = tuple(field_label(item.field) for item in missing if item.is_decisive)
    if late is not None:
        return _late(late, causes, parties, decisive)
    kind = text(KIND_LABELS[case_kind])
    if parties:
        named = tuple(text(hit.name) for hit in hits if hit.party in parties)
        who = tuple(text(PARTY_LABELS[party]) for party in parties)
        return text(N_("{kind}: {rules} ({parties})."), kind=kind,
                    rules=named, parties=who)  # fmt: skip
    if decisive:
        return text(N_("{kind}: nobody can be held responsible without {fields}."),
                    kind=kind, fields=decisive)  # fmt: skip
    return text(N_("{kind}: no rule applies."), kind=kind)


def _late(
    late: float,
    causes: Mapping[str, float],
    parties: tuple[str, ...],
    decisive: tuple[Text, ...],
) -> Text:
    parts = tuple(
        text(N_("{minutes} {cause}"), minutes=f"{value:.0f}", cause=text(_label(name)))
        for name, value in causes.items()
        if value >= _LEAST
    )
    minutes = f"{late:.0f}" if late >= 1 else f"{late:.1f}"
    if decisive and not parties:
        return text(
            N_("{late} min late: {parts}. It cannot be told without {fields}."),
            late=minutes, parts=parts or (text(N_("cause unknown")),), fields=decisive,
        )  # fmt: skip
    if not parts:
        parts = tuple(text(_label(name)) for name in list(causes)[:1])
    return text(N_("{late} min late: {parts}."), late=minutes, parts=parts)


def field_label(field: str) -> Text:
    """A missing field in plain words; its name where there are none."""
    return text(FIELD_LABELS.get(field, "{field}"), field=field)


def _label(cause: str) -> str:
    return CAUSE_LABELS[cause]
