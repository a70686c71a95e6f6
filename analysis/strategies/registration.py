"""What a strategy's owner registers before anybody reads a result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Final, Literal, TypeVar, get_args

from analysis.errors import DoorstepError, InvalidInput, UnknownName
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection
from analysis.records import StoredStrategy
from analysis.records.strategy_parts import PLAN
from analysis.strategies.contract import DESIGNS, Better, Correction, Guardrail
from analysis.strategies.published.contract import UNITS
from analysis.words import N_

T = TypeVar("T")
AssignmentKind = Literal["column", "table", "places"]
Step = Literal["hour", "day", "week", "month"]

#: Designs in which places begin on a day of their own or a common one.
PLACE_DESIGNS: Final = ("did", "staggered", "its", "synthetic_control")
#: Those of them in which all places that begin do so on one day.
_ONE_START: Final = ("did", "its", "synthetic_control")
#: Usual step of a panel or series by design.
STEPS: Final[Mapping[str, Step]] = {
    "switchback": "hour", "did": "day", "staggered": "day", "its": "day",
    "synthetic_control": "day",
}  # fmt: skip


_VALID: Final[Mapping[str, tuple[str, ...]]] = {
    "ab": ("welch", "ols"),
    "switchback": ("lag", "horvitz_thompson", "hajek"),
    "did": ("did", "wild_bootstrap"),
    "staggered": ("callaway_santanna", "imputation"),
    "its": ("unobserved_components", "segmented", "arima"),
    "synthetic_control": ("synthetic_control", "demeaned", "sdid"),
}
_VALID_RATES: Final = ("proportions", "newcombe", "welch")
_VALID_CLUSTERED: Final = ("cluster_robust", "wild_bootstrap", "randomisation")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets the strategy.

    Attributes:
        kind: A ``column`` of the dataset, an uploaded ``table``, or ``places`` with
            their dates.
        column: Dimension that holds the arm.
        table: SHA-256 of the uploaded table in the workspace.
        starts: First treated day by place (a zone or city); None is never.
        control: Label of the control arm; guessed from usual words if empty.
        treated: Label of the arm that is judged; the other one if empty.
        share: Planned share of treated units, of two arms.
    """

    kind: AssignmentKind = "column"
    column: str = "variant"
    table: str = ""
    starts: Mapping[str, date | None] = field(default_factory=dict)
    control: str = ""
    treated: str = ""
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidInput(
                N_("The planned share of the treated is {seen}."),
                hint=N_("Give a share between 0 and 1, such as 0.5."),
                seen=self.share,
            )
        if self.kind not in get_args(AssignmentKind):
            raise UnknownName.of("assignment", self.kind, get_args(AssignmentKind))
        if self.kind == "column" and not self.column:
            raise InvalidInput(
                N_("No column of the arm is chosen yet."),
                hint=N_("Choose the column that says who is in which arm."),
            )
        if self.kind == "table" and not self.table:
            raise InvalidInput(
                N_("No assignment table is there yet."),
                hint=N_("Upload one with a column of units and one of variants."),
            )
        if self.kind == "places" and not any(self.starts.values()):
            raise InvalidInput(
                N_("No place has a first day."),
                hint=N_("Give at least one place the day on which it begins."),
            )

    @property
    def begun(self) -> tuple[str, ...]:
        """Places that begin at some time."""
        return tuple(place for place, first in self.starts.items() if first)

    @property
    def start(self) -> date | None:
        """The earliest first day of a place."""
        return min((first for first in self.starts.values() if first), default=None)


@dataclass(frozen=True, slots=True)
class Rule:
    """The decision rule, as data.

    Attributes:
        alpha: The interval covers with 1 - alpha.
        effect: Whether the ``estimate`` must reach the smallest effect that matters,
            or the whole ``interval``.
        guardrails: Whether they must be shown to have ``held``, or it is enough that
            they are ``not harmed``.
    """

    alpha: float = 0.05
    effect: Literal["estimate", "interval"] = "estimate"
    guardrails: Literal["held", "not harmed"] = "held"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise InvalidInput(
                N_("alpha is {seen}."),
                hint=N_("Give a share between 0 and 1, such as 0.05."),
                seen=self.alpha,
            )


@dataclass(frozen=True, slots=True)
class Options:
    """Further settings of a design, see ``Strategy``.

    Attributes:
        method: Another valid method; None takes the usual one.
        time: Step of a panel or series; None takes the usual one of the design.
        cluster: Dimensions within which errors hang together.
        covariates: Metrics of before the start, or dimensions, to adjust for.
        strata: Dimensions within which units were assigned.
        washout: Periods dropped after each switch.
        lags: Periods of carry-over.
        block: Periods between two drawings.
        margin: Largest loss accepted of the primary metric, where the aim is to be no
            worse.
        anytime: Whether the interval holds however often it is looked at.
        before: Days before the start that covariates and balance are read from.
        definition: Version of the metric's definition when it was planned; 0 if nobody
            noted it.
        secondary: Metrics that are looked at besides; no decision rests on them.
        correction: How their p-values are corrected, see ``Strategy``; None is Holm's.
        holidays: Whether a series has public holidays as a term; plans from before
            there was one have none.
    """

    method: str | None = None
    time: Step | None = None
    cluster: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    washout: int = 0
    lags: int | None = None
    block: int | None = None
    margin: float | None = None
    anytime: bool = False
    before: int = 28
    definition: int = 0
    secondary: tuple[str, ...] = ()
    correction: Correction | None = None
    holidays: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """A strategy as it is registered.

    Attributes:
        name: What people call it.
        hypothesis: What it should bring about, and why.
        owner: Who answers for it.
        dataset: Name of the dataset it is judged on.
        design: One of ``DESIGNS``.
        unit: What is assigned, one of ``UNITS``.
        assignment: Who gets it.
        first_day: First local day looked at.
        last_day: Last local day looked at, included.
        metric: Primary metric with its settings.
        smallest_effect: Smallest effect that matters, in the unit of the metric.
        guardrails: Metrics that must not get worse.
        rule: Decision rule.
        scope: The orders it is about.
        options: Further settings of the design.
    """

    name: str
    hypothesis: str
    owner: str
    dataset: str
    design: str
    unit: str
    assignment: Assignment
    first_day: date
    last_day: date
    metric: str
    smallest_effect: float
    guardrails: tuple[Guardrail, ...] = ()
    rule: Rule = field(default_factory=Rule)
    scope: Selection = field(default_factory=Selection)
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise UnknownName.of("design", self.design, DESIGNS)
        if self.unit not in UNITS:
            raise UnknownName.of("unit", self.unit, UNITS)
        for name in (self.metric, *self.options.secondary):
            parse_reference(name)
        self._check_start()

    @property
    def days(self) -> int:
        """Days looked at."""
        return (self.last_day - self.first_day).days + 1

    @property
    def better(self) -> Better:
        """Which direction of the primary metric is good."""
        return better_of(self.metric)

    def _check_start(self) -> None:
        start = self.assignment.start
        if self.assignment.kind != "places" or start is None:
            return
        if not self.first_day <= start <= self.last_day:
            raise InvalidInput(
                N_("The first place begins on {seen}, outside {first} to {last}."),
                hint=N_("Look at days before it begins as well as after."),
                seen=start.isoformat(),
                first=self.first_day.isoformat(),
                last=self.last_day.isoformat(),
            )
        days = {first for first in self.assignment.starts.values() if first}
        if self.design in _ONE_START and len(days) > 1:
            raise InvalidInput(
                N_("Places begin on {count} different days, from {first} to {last}."),
                hint=N_("Give them the same day, or choose a staggered roll-out."),
                count=len(days),
                first=min(days).isoformat(),
                last=max(days).isoformat(),
            )


def valid_methods(plan: Registration) -> tuple[str, ...]:
    """Methods that are valid for a plan's design, unit and metric.

    Methods for independent rows are not among those for riders or merchants, whose
    orders hang together: they would call chance an effect.
    """
    if plan.design != "ab":
        return _VALID[plan.design]
    if plan.unit != "order":
        return _VALID_CLUSTERED
    is_rate = parse_reference(plan.metric).definition.kind == "rate"
    return _VALID_RATES if is_rate else _VALID[plan.design]


def better_of(metric: str) -> Better:
    """Which direction of a metric is good.

    Raises:
        UnknownName: there is no such metric.
    """
    direction = parse_reference(metric).definition.direction
    return "lower" if direction == "lower" else "higher"


def to_values(plan: Registration) -> dict[str, Any]:
    """The parts of a plan as the records keep them."""
    values = {name: getattr(plan, name) for name in PLAN}
    guardrails = [_without_defaults(item) for item in plan.guardrails]
    return values | {
        "assignment": _dump(_without_defaults(plan.assignment)),
        "guardrails": _dump(guardrails),
        "rule": _dump(asdict(plan.rule)),
        "scope": _dump(plan.scope.to_json()),
        "options": _dump(_without_defaults(plan.options)),
    }


def from_stored(stored: StoredStrategy) -> Registration:
    """The plan that is in force.

    Raises:
        InvalidInput: if a part of it is not as ``to_values`` writes it.
    """
    values = {name: getattr(stored, name) for name in PLAN}
    try:
        return _registration(values)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(
            N_("The plan of {name} cannot be read: {seen}."),
            hint=N_("Bring the records back from a backup, or update Doorstep."),
            name=stored.name,
            seen=str(error)[:80],
        ) from error


def is_readable(stored: StoredStrategy) -> bool:
    """Whether this version can read a plan."""
    try:
        from_stored(stored)
    except DoorstepError:
        return False
    return True


def from_plan(text: str) -> Registration:
    """A plan from its canonical JSON, such as ``StoredStrategy.frozen_plan``."""
    content = json.loads(text)
    for name in ("first_day", "last_day"):
        content[name] = date.fromisoformat(content[name])
    for name in ("assignment", "guardrails", "rule", "scope", "options"):
        content[name] = _dump(content[name])
    return _registration(content)


def _registration(values: Mapping[str, Any]) -> Registration:
    parts = {
        "assignment": _assignment(json.loads(values["assignment"])),
        "guardrails": tuple(
            Guardrail(**item) for item in json.loads(values["guardrails"])
        ),
        "rule": _read(Rule, json.loads(values["rule"])),
        "scope": Selection.from_json(json.loads(values["scope"])),
        "options": _read(Options, json.loads(values["options"])),
    }
    return Registration(**{**values, **parts})


def _assignment(content: Mapping[str, Any]) -> Assignment:
    starts = {
        place: date.fromisoformat(first) if first else None
        for place, first in content.get("starts", {}).items()
    }
    return _read(Assignment, {**content, "starts": starts})


def _read(kind: type[T], content: Mapping[str, Any]) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    if not set(content) <= known:
        raise InvalidInput(
            N_("The plan holds {seen}, which this version does not know."),
            hint=N_("Update Doorstep."),
            seen=", ".join(sorted(set(content) - known)),
        )
    lists = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content.items()
    }
    return kind(**lists)


def _without_defaults(part: Any) -> dict[str, Any]:  # noqa: ANN401 - one of three
    empty: tuple[object, ...] = (None, "", (), {}, False)
    return {
        name: value
        for name, value in asdict(part).items()
        if not any(
            value == nothing and type(value) is type(nothing) for nothing in empty
        )
    }


def _dump(content: object) -> str:
    return json.dumps(content, default=date.isoformat, ensure_ascii=False)
