"""What a user says about a strategy: its design, its columns, its rules.

A `Strategy` holds names only, never data, so that it can be frozen, hashed and
evaluated again on later data.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from analysis.errors import InvalidInput, UnknownName
from analysis.words import N_

Design = Literal["ab", "switchback", "did", "staggered", "its", "synthetic_control"]
Better = Literal["higher", "lower"]
Comparison = Literal["not_yet", "never"]
Correction = Literal["holm", "benjamini_hochberg"]
Aggregation = Literal["simple", "dynamic", "group", "calendar"]

DESIGNS: tuple[str, ...] = get_args(Design)

#: Columns without which a design cannot be evaluated.
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "ab": ("treatment",),
    "switchback": ("treatment", "time"),
    "did": ("time",),
    "staggered": ("treatment", "unit", "time"),
    "its": ("time", "start"),
    "synthetic_control": ("unit", "time"),
}


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric that must not get worse by more than a margin.

    Attributes:
        outcome: Column of the metric.
        margin: Largest loss that is accepted, in the unit of the metric, >= 0.
        better: Which direction is good.
        denominator: Column that makes the metric a ratio of sums.
    """

    outcome: str
    margin: float = 0.0
    better: Better = "higher"
    denominator: str | None = None

    def __post_init__(self) -> None:
        _one_of("better", self.better, get_args(Better))
        if not self.margin >= 0:
            raise InvalidInput(
                N_("The margin of guardrail {name} is {seen}."),
                hint=N_("Give the largest loss you accept, as a number of 0 or more."),
                name=self.outcome,
                seen=self.margin,
            )


@dataclass(frozen=True, slots=True)
class Secondary:
    """A metric that is looked at beside the primary one; no decision rests on it.

    Attributes:
        outcome: Column of the metric.
        better: Which direction is good.
        denominator: Column that makes the metric a ratio of sums.
    """

    outcome: str
    better: Better = "higher"
    denominator: str | None = None

    def __post_init__(self) -> None:
        _one_of("better", self.better, get_args(Better))


_Metric = TypeVar("_Metric", Guardrail, Secondary)
_REFUSED: Mapping[type, tuple[str, str]] = {
    Guardrail: (
        N_("{seen!r} is not a guardrail."),
        N_("Give Guardrail(outcome, margin=...) or the name of a column."),
    ),
    Secondary: (
        N_("{seen!r} is not a secondary metric."),
        N_("Give Secondary(outcome, better=...) or the name of a column."),
    ),
}


@dataclass(frozen=True, slots=True)
class Predictor:
    """Mean of a column over some periods, for synthetic control.

    Attributes:
        column: Column of the data.
        first: First period that counts; None is the first before the start.
        last: Last period that counts; None is the last before the start.
    """

    column: str
    first: Any = None
    last: Any = None


@dataclass(frozen=True, slots=True)
class Strategy:
    """What was done, to whom, when, and how it is to be judged.

    Attributes:
        design: How the treatment came about, one of `DESIGNS`.
        outcome: Column of the metric.
        denominator: Column that makes the metric sum(outcome) / sum(denominator).
        treatment: Column of arm labels ("ab"), of 0/1 exposure by unit and time, of a
            0/1 group (with ``start``), or of each unit's first treated time.
        control: Label of the control arm; guessed from usual words where None.
        unit: Column of the unit that was assigned or observed again and again.
        time: Column of periods: integers, dates, or texts such as 2024-05 or 2024Q1.
        start: First treated period.
        period: First and last period to use, both included.
        cluster: One or two columns within which errors hang together.
        covariates: Numeric columns from before the start to adjust for.
        propensity: Chance of treatment: a share, shares by arm, or a column.
        guardrails: Metrics that must not get worse.
        secondary: Further metrics, their p-values corrected for their number. The
            primary one is never corrected for them.
        correction: ``holm`` holds down the chance of any false one among them,
            ``benjamini_hochberg`` the share of false ones.
        method: A method valid for the design; None takes the usual one.
        margin: With a margin the primary metric is tested for being no worse than
            control by more than this, instead of for a difference.
        treated: The arm to judge, or the treated unit or units.
        better: Which direction of the outcome is good.
        smallest_effect: Smallest effect that matters, in the unit of the outcome.
        strata: Columns within which units were assigned.
        quantile: Compare this quantile instead of the mean, such as 0.9.
        season: Periods in a cycle, such as 7 or 12.
        lags: Newey-West lags ("its") or periods of carry-over ("switchback").
        washout: Periods dropped after each switch.
        block: Periods between two drawings of the treatment ("switchback").
        comparison: Whom staggered units are compared with; None is "not_yet".
        aggregate: How group-time effects become one effect.
        anticipation: Periods before the start in which units may react already.
        predictors: What a synthetic control must match besides the outcome.
        fit_period: First and last period over which its fit is judged.
        anytime: Use an interval that holds however often it is looked at.
        planned: Rows at which such an interval is to be tightest; fix it beforehand.
        draws: Draws of a bootstrap or permutation.
        holidays: Whether a series of a dataset has public holidays as a term.
    """

    design: str
    outcome: str
    denominator: str | None = None
    treatment: str | None = None
    control: Hashable = None
    unit: str | None = None
    time: str | None = None
    start: Any = None
    period: tuple[Any, Any] | None = None
    cluster: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    propensity: float | str | Mapping[Hashable, float] | None = None
    guardrails: tuple[Guardrail, ...] = ()
    secondary: tuple[Secondary, ...] = ()
    correction: Correction = "holm"
    method: str | None = None
    margin: float | None = None
    treated: Any = None
    better: Better = "higher"
    smallest_effect: float | None = None
    strata: tuple[str, ...] = ()
    quantile: float | None = None
    season: int | None = None
    lags: int | None = None
    washout: int = 0
    block: int | None = None
    comparison: Comparison | None = None
    aggregate: Aggregation = "simple"
    anticipation: int = 0
    predictors: tuple[str | Predictor, ...] = ()
    fit_period: tuple[Any, Any] | None = None
    anytime: bool = False
    planned: float = 10_000
    draws: int = 999
    holidays: bool = True

    def __post_init__(self) -> None:
        _one_of("design", self.design, DESIGNS)
        _one_of("better", self.better, get_args(Better))
        if self.comparison is not None:
            _one_of("comparison", self.comparison, get_args(Comparison))
        _one_of("aggregate", self.aggregate, get_args(Aggregation))
        for name in ("cluster", "covariates", "strata", "predictors"):
            object.__setattr__(self, name, _tuple(getattr(self, name)))
        _one_of("correction", self.correction, get_args(Correction))
        object.__setattr__(self, "guardrails", _metrics(self.guardrails, Guardrail))
        object.__setattr__(self, "secondary", _metrics(self.secondary, Secondary))
        if self.method is not None:
            object.__setattr__(self, "method", _plain(self.method))
        self._check_required()
        self._check_ranges()
        self._check_together()

    @property
    def null(self) -> float:
        """Effect that is tested: 0, or the margin on the bad side of it."""
        if self.margin is None:
            return 0.0
        return -self.margin if self.better == "higher" else self.margin

    def _check_required(self) -> None:
        required = _REQUIRED[self.design]
        missing = [name for name in required if getattr(self, name) is None]
        if missing:
            raise InvalidInput(
                N_("A strategy of design {design} needs {missing}."),
                hint=N_("Name it, as in Strategy({design!r}, ..., {example}=...)."),
                design=self.design,
                missing=", ".join(missing),
                example=missing[0],
            )
        if self.design in ("synthetic_control", "did"):
            self._check_treated()

    def _check_treated(self) -> None:
        by_name = None not in (self.treated, self.start, self.unit)
        if self.treatment is None and not by_name:
            raise InvalidInput(
                N_("It is not said which unit was treated, or since when."),
                hint=N_("Give treatment=, or treated=, unit= and start=."),
            )

    def _check_together(self) -> None:
        names = [self.outcome, *(one.outcome for one in self.secondary)]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise InvalidInput(
                N_("{seen} is named more than once among the metrics."),
                hint=N_("Name the primary metric and each secondary one once."),
                seen=twice[0],
            )
        if self.anytime and self.design != "ab":
            raise InvalidInput(
                N_("An always-valid interval is not there for design {seen}."),
                hint=N_("Leave anytime out, and look at the end only."),
                seen=self.design,
            )

    def _check_ranges(self) -> None:
        _at_least("margin", self.margin, 0)
        _at_least("smallest_effect", self.smallest_effect, 0)
        _at_least("season", self.season, 2)
        _at_least("lags", self.lags, 0)
        _at_least("washout", self.washout, 0)
        _at_least("block", self.block, 1)
        _at_least("anticipation", self.anticipation, 0)
        _at_least("draws", self.draws, 99)
        _at_least("planned", self.planned, 1)
        if self.quantile is not None and not 0 < self.quantile < 1:
            raise InvalidInput(
                N_("quantile is {seen}."),
                hint=N_("Give a number between 0 and 1, such as 0.9."),
                seen=self.quantile,
            )
        if len(self.cluster) > 2:  # noqa: PLR2004 - one- and two-way is what there is
            raise InvalidInput(
                N_("{count} cluster columns are given: {seen}."),
                hint=N_("Give one or two."),
                count=len(self.cluster),
                seen=", ".join(self.cluster),
            )


def _plain(method: str) -> str:
    return method.strip().lower().replace("-", "_").replace(" ", "_")


def _tuple(value: object) -> tuple[Any, ...]:
    if value is None:
        return ()
    if isinstance(value, str | Predictor):
        return (value,)
    return tuple(value)  # type: ignore[arg-type]


def _metrics(value: object, kind: type[_Metric]) -> tuple[_Metric, ...]:
    """Metrics, each given as what it is, by its fields or by its name alone."""
    items = (value,) if isinstance(value, kind | Mapping) else _tuple(value)
    return tuple(_metric(item, kind) for item in items)


def _metric(item: object, kind: type[_Metric]) -> _Metric:
    if isinstance(item, kind):
        return item
    if isinstance(item, str):
        return kind(item)
    if isinstance(item, Mapping):
        return kind(**item)
    refusal, hint = _REFUSED[kind]
    raise InvalidInput(refusal, hint=hint, seen=item)


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UnknownName.of(name, value, choices)


def _at_least(name: str, value: float | None, least: float) -> None:
    if value is not None and not value >= least:
        raise InvalidInput(
            N_("{name} is {seen}."),
            hint=N_("Give {least} or more."),
            name=name,
            seen=value,
            least=least,
        )
