"""What a verdict is: parties, minutes, the rules that fired, the evidence missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.words import N_, Text

#: Who may be responsible, in the order in which they are named.
PARTIES = ("rider", "merchant", "customer", "platform", "3PL", "force majeure")

#: Nobody can be held responsible; the platform bears what it costs.
UNDETERMINED = "undetermined"

#: Why an order is a case; the first that holds, in this order. ``none`` for no case.
CASE_KINDS = (
    "cancelled", "undelivered", "early tap", "late", "complained", "none",
)  # fmt: skip

#: Names of the parties as they are shown.
PARTY_LABELS: Mapping[str, str] = {
    "rider": N_("rider"),
    "merchant": N_("merchant"),
    "customer": N_("customer"),
    "platform": N_("platform"),
    "3PL": N_("3PL"),
    "force majeure": N_("force majeure"),
    UNDETERMINED: N_("undetermined (platform bears)"),
}

CaseKind = Literal[
    "cancelled", "undelivered", "early tap", "late", "complained", "none"
]  # fmt: skip
VerdictKind = Literal["sole", "shared", "undetermined"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value was read.

    Attributes:
        table: Published table.
        column: Its column; several are joined by commas.
        row: What tells the row: ``order_no``, and the type of an event and the like.
    """

    table: str
    column: str
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired on a case.

    Attributes:
        rule: Its id, such as ``M1``.
        name: Its name, a template to translate.
        party: Whom it names.
        cause: The part of the delivery it is about, such as ``kitchen``.
        value: What was measured; None where the rule is about a fact, not a figure.
        threshold: What the value had to pass; None as above.
        margin: ``value - threshold``; None as above.
        unit: Of the three: ``min``, ``m``, ``share``, ``calls``, or empty.
        minutes: Of the lateness, what this rule gives to its party.
        evidence: Rows and columns it was read from.
        exemption: Code of an exemption that applies, such as ``vehicle_failure``: the
            party stays, but it shall not be held against them; empty for none.
        fact: What was found where the rule is about a fact, such as a cancel reason.
    """

    rule: str
    name: str
    party: str
    cause: str
    value: float | None
    threshold: float | None
    margin: float | None
    unit: str
    minutes: float
    evidence: tuple[Evidence, ...]
    exemption: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Evidence that a case lacks.

    Attributes:
        field: ``column`` of orders, or ``table.column``.
        rules: Ids of the rules that it silences.
        minutes: The most of the lateness that they could have claimed; None for cases
            that events decide.
        is_decisive: Whether it may have changed who is responsible.
    """

    field: str
    rules: tuple[str, ...]
    minutes: float | None
    is_decisive: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one case.

    Attributes:
        order_no: The order.
        case_kind: Why it is a case.
        kind: ``sole``, ``shared`` or ``undetermined``.
        parties: Who is responsible, in the order of ``PARTIES``; empty if undetermined.
        minutes_late: Lateness; None where the case is not one of minutes.
        minutes_by_party: Sums to the lateness within 0.1; ``undetermined`` among them
            where nobody can be charged. Empty where the case is not one of minutes.
        minutes_by_cause: The same by part of the delivery.
        hits: Rules that fired, the one with most minutes first.
        missing: Evidence that the case lacks and a rule would have read.
        explanation: One sentence: "28 min late: 17 kitchen, 8 last leg, 3 dispatch".
        signature: Root-cause key, such as ``late/merchant/M1``: cases of the same are
            alike.
        ruleset: Name of the rule set.
        version: Version of the rule set.
    """

    order_no: int
    case_kind: CaseKind
    kind: VerdictKind
    parties: tuple[str, ...]
    minutes_late: float | None
    minutes_by_party: Mapping[str, float]
    minutes_by_cause: Mapping[str, float]
    hits: tuple[Hit, ...]
    missing: tuple[Missing, ...]
    explanation: Text
    signature: str
    ruleset: str
    version: str

    @property
    def party(self) -> str:
        """The parties joined by `` + ``, or ``undetermined``."""
        return " + ".join(self.parties) or UNDETERMINED

    @property
    def missing_evidence(self) -> tuple[str, ...]:
        """Fields that may have changed who is responsible."""
        return tuple(item.field for item in self.missing if item.is_decisive)

    @property
    def exemptions(self) -> tuple[str, ...]:
        """Codes of exemptions that apply."""
        return tuple(dict.fromkeys(hit.exemption for hit in self.hits if hit.exemption))
