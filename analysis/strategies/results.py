"""What an evaluation gives back, whatever the design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import UnknownName

if TYPE_CHECKING:
    from analysis.strategies.published.contract import (
        DaysLeft,
        SecondOpinion,
        Segments,
        Source,
    )

Light = Literal["green", "amber", "red"]
Decision = Literal["roll out", "go on", "stop", "cannot tell"]
Pair = tuple[float, float]

NO_INTERVAL: Pair = (np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for the user: a template marked with ``N_`` and its values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


def text(template: str, **values: object) -> Text:
    """A sentence with its values beside it, so that it can be translated."""
    return Text(template, values)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One effect with an interval and a p-value of the same procedure.

    Attributes:
        effect: Point estimate, in the unit of the outcome.
        se: Standard error; NaN where the procedure has none.
        interval: Lower and upper bound.
        p_value: Two-sided, of no effect, unless the method says otherwise.
        df: Degrees of freedom of Student's t; infinite for the normal distribution.
    """

    effect: float
    se: float
    interval: Pair
    p_value: float
    df: float = np.inf

    def row(self) -> dict[str, float]:
        """The estimate as columns of a table."""
        low, high = self.interval
        return {
            "effect": self.effect,
            "se": self.se,
            "low": low,
            "high": high,
            "p_value": self.p_value,
        }


def student(
    effect: float, se: float, *, alpha: float, df: float = np.inf, null: float = 0.0
) -> Estimate:
    """Estimate with the interval and p-value of Student's t (normal if df infinite)."""
    if not np.isfinite(se):
        return Estimate(float(effect), np.nan, NO_INTERVAL, np.nan, df)
    half = float(stats.t.isf(alpha / 2, df)) * se
    return Estimate(
        float(effect),
        float(se),
        (float(effect - half), float(effect + half)),
        _p_value(effect - null, se, df),
        float(df),
    )


def as_share(estimate: Estimate, baseline: float) -> Estimate | None:
    """The estimate as a share of a baseline that is taken as known."""
    if not np.isfinite(baseline) or baseline == 0:
        return None
    low, high = sorted(bound / baseline for bound in estimate.interval)
    return Estimate(
        estimate.effect / baseline, estimate.se / abs(baseline), (low, high),
        estimate.p_value, estimate.df,
    )  # fmt: skip


def _p_value(distance: float, se: float, df: float) -> float:
    if se == 0:
        return 1.0 if distance == 0 else 0.0
    return float(2 * stats.t.sf(abs(distance) / se, df))


@dataclass(frozen=True, slots=True)
class Check:
    """A condition of a sound answer, with its figure.

    Attributes:
        name: What is checked, a key such as ``sample_ratio``.
        light: Red blocks "it worked".
        value: The figure that was judged.
        sentence: What was found and, unless green, what to do.
    """

    name: str
    light: Light
    value: float
    sentence: Text


@dataclass(frozen=True, slots=True)
class GuardrailResult:
    """Whether a guardrail held, by non-inferiority.

    Attributes:
        outcome: Column of the metric.
        margin: Largest loss accepted.
        estimate: Effect on the metric; the p-value is that of "worse by more than the
            margin", one-sided.
        state: ``held``, ``harmed`` or ``open`` (not enough data to say).
    """

    outcome: str
    margin: float
    estimate: Estimate
    state: Literal["held", "harmed", "open"]


@dataclass(frozen=True, slots=True)
class SecondaryResult:
    """The effect on a secondary metric.

    Attributes:
        outcome: Column of the metric.
        better: Which direction is good.
        estimate: Effect; interval and p-value are of one procedure and not corrected.
        p_adjusted: p-value corrected for all secondary metrics; NaN without a test.
        method: Name of the method used.
        state: ``better`` or ``worse`` where the corrected p-value is below the level,
            else ``open``.
        baseline: Mean or rate without the treatment.
        problem: Why there is no effect, where the data gives none.
    """

    outcome: str
    better: str
    estimate: Estimate
    p_adjusted: float
    method: str
    state: Literal["better", "worse", "open"]
    baseline: float = np.nan
    problem: Text | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why.

    Attributes:
        decision: One of four words.
        reason: One sentence.
    """

    decision: Decision
    reason: Text

    def __str__(self) -> str:
        return f"{self.decision}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a design hands to the verdict.

    Attributes:
        estimate: The effect that is judged.
        method: Name of the method used.
        estimand: What the effect is the effect of, on whom.
        reference: Source of the method.
        n: Observations used.
        estimates: Effects by arm, time or group.
        baseline: Mean or rate without the treatment, NaN where there is none.
        relative: Effect as a share of the baseline.
        checks: What was checked.
        why: Why this method follows from the design.
        notes: What the reader must know: rows left out, biases, limits.
        raw: The effect before adjustment, where there was one.
        series: Actual, counterfactual and difference over time, where there is one.
        extra: Further tables and figures by name.
    """

    estimate: Estimate
    method: str
    estimand: Text
    reference: str
    n: int
    estimates: pd.DataFrame
    baseline: float = np.nan
    relative: Estimate | None = None
    checks: tuple[Check, ...] = ()
    why: Text = field(default_factory=lambda: text(""))
    notes: tuple[Text, ...] = ()
    raw: Estimate | None = None
    series: pd.DataFrame | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer: effect, uncertainty, checks and verdict.

    Attributes:
        design: Design of the strategy.
        alpha: The interval covers with 1 - alpha.
        finding: Everything the method found.
        guardrails: One result per guardrail.
        verdict: What to do, and why.
        source: What it was read from, for a published dataset.
        segments: For whom it worked, for a published dataset.
        second: What another valid method says.
        days_left: How long until the smallest effect that matters can be told.
        secondary: One result per secondary metric.
        correction: How their p-values are corrected.
    """

    design: str
    alpha: float
    finding: Finding
    guardrails: tuple[GuardrailResult, ...]
    verdict: Verdict
    source: Source | None = None
    segments: Segments | None = None
    second: SecondOpinion | None = None
    days_left: DaysLeft | None = None
    secondary: tuple[SecondaryResult, ...] = ()
    correction: str = "holm"

    @property
    def effect(self) -> float:
        """Point estimate, in the unit of the outcome."""
        return self.finding.estimate.effect

    @property
    def se(self) -> float:
        """Standard error of the effect."""
        return self.finding.estimate.se

    @property
    def df(self) -> float:
        """Degrees of freedom of the interval; infinite for the normal one."""
        return self.finding.estimate.df

    @property
    def interval(self) -> Pair:
        """Bounds of the effect at 1 - alpha."""
        return self.finding.estimate.interval

    @property
    def p_value(self) -> float:
        """From the same procedure as the interval."""
        return self.finding.estimate.p_value

    @property
    def relative(self) -> float:
        """Effect as a share of the baseline (0.1 is 10 %)."""
        relative = self.finding.relative
        return np.nan if relative is None else relative.effect

    @property
    def relative_interval(self) -> Pair:
        """Bounds of the relative effect."""
        relative = self.finding.relative
        return NO_INTERVAL if relative is None else relative.interval

    @property
    def method(self) -> str:
        """Name of the method used."""
        return self.finding.method

    @property
    def estimand(self) -> str:
        """What the effect is the effect of, on whom, in English."""
        return str(self.finding.estimand)

    @property
    def n(self) -> int:
        """Observations used."""
        return self.finding.n

    @property
    def estimates(self) -> pd.DataFrame:
        """Effects by arm, time or group."""
        return self.finding.estimates

    @property
    def checks(self) -> tuple[Check, ...]:
        """What was checked, with lights and figures."""
        return self.finding.checks

    @property
    def notes(self) -> tuple[Text, ...]:
        """What the reader must know besides."""
        return self.finding.notes

    @property
    def raw(self) -> Estimate | None:
        """The effect before adjustment, where there was one."""
        return self.finding.raw

    @property
    def baseline(self) -> float:
        """Mean or rate without the treatment."""
        return self.finding.baseline

    @property
    def series(self) -> pd.DataFrame | None:
        """Actual, counterfactual and difference over time."""
        return self.finding.series

    @property
    def extra(self) -> Mapping[str, object]:
        """Further tables and figures by name."""
        return self.finding.extra

    @property
    def reference(self) -> str:
        """Source of the method."""
        return self.finding.reference

    @property
    def why(self) -> str:
        """Why this method follows from the design, in English."""
        return str(self.finding.why)

    def check(self, name: str) -> Check:
        """One check by its name.

        Raises:
            UnknownName: it was not made.
        """
        for found in self.checks:
            if found.name == name:
                return found
        raise UnknownName.of("check", name, [found.name for found in self.checks])
