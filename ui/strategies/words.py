"""Words of strategies as users read them: designs, decisions, lights, methods."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Real
from typing import Final

from analysis.metrics.dimensions import load_catalogue
from analysis.metrics.registry import load_registry, parse_reference
from analysis.orders.schema import load_fields
from analysis.strategies.registry import Entry
from analysis.strategies.results import Text
from analysis.words import N_
from ui.format import MISSING, number
from ui.kpis.figures import name_of, write, write_change
from ui.show import plain
from ui.texts import fill, language, t, translate

DESIGNS: Final[Mapping[str, str]] = {
    "ab": N_("A/B test"),
    "switchback": N_("Switchback"),
    "did": N_("Before and after with a control"),
    "staggered": N_("Staggered roll-out"),
    "its": N_("Before and after without a control"),
    "synthetic_control": N_("One or few places"),
}
DESIGN_HINTS: Final[Mapping[str, str]] = {
    "ab": N_("Orders, riders or merchants are drawn into arms."),
    "switchback": N_("The same zones are on and off in turns, drawn block by block."),
    "did": N_("Some places start on one day; others never do and stand for the rest."),
    "staggered": N_("Places start on different days, until most of them have."),
    "its": N_("Everybody starts on one day. It rules out the least: choose it last."),
    "synthetic_control": N_("One place starts; a mix of others stands for it."),
}
UNITS: Final[Mapping[str, str]] = {
    "order": N_("order"),
    "rider": N_("rider"),
    "merchant": N_("merchant"),
    "zone-hour": N_("zone and hour"),
    "city-day": N_("city and day"),
    "zone": N_("zone"),
    "city": N_("city"),
}
UNITS_MANY: Final[Mapping[str, str]] = {
    "order": N_("orders"),
    "rider": N_("riders"),
    "merchant": N_("merchants"),
}
STATUSES: Final[Mapping[str, str]] = {
    "draft": N_("Draft"),
    "frozen": N_("Frozen, not begun"),
    "running": N_("Running"),
    "ended": N_("Ended, to be decided"),
    "decided": N_("Decided"),
}
STATUS_ICONS: Final[Mapping[str, str]] = {
    "draft": ":material/edit_note:",
    "frozen": ":material/lock:",
    "running": ":material/play_circle:",
    "ended": ":material/flag:",
    "decided": ":material/task_alt:",
}
DECISIONS: Final[Mapping[str, str]] = {
    "roll out": N_("Roll out"),
    "go on": N_("Go on"),
    "stop": N_("Stop"),
    "cannot tell": N_("Cannot tell"),
}
DECISION_ICONS: Final[Mapping[str, str]] = {
    "roll out": ":material/rocket_launch:",
    "go on": ":material/hourglass_top:",
    "stop": ":material/block:",
    "cannot tell": ":material/help:",
}
#: Blue is good, orange asks for attention, grey says neither.
DECISION_COLOURS: Final[Mapping[str, str]] = {
    "roll out": "blue", "go on": "gray", "stop": "orange", "cannot tell": "violet",
}  # fmt: skip
LIGHTS: Final[Mapping[str, str]] = {
    "green": N_("in order"),
    "amber": N_("look at it"),
    "red": N_("blocks the verdict"),
}
LIGHT_ICONS: Final[Mapping[str, str]] = {
    "green": ":material/check_circle:",
    "amber": ":material/warning:",
    "red": ":material/dangerous:",
}
LIGHT_COLOURS: Final[Mapping[str, str]] = {
    "green": "blue", "amber": "gray", "red": "orange",
}  # fmt: skip
CHECKS: Final[Mapping[str, str]] = {
    "sample_ratio": N_("Sample ratio"),
    "sample_ratio_by_segment": N_("Sample ratio by segment"),
    "missing_outcome": N_("Missing outcomes"),
    "balance": N_("Balance before the start"),
    "enough_data": N_("Enough data"),
    "few_events": N_("Enough events"),
    "two_arms": N_("Units in two arms"),
    "pre_trend": N_("Trend before the start"),
    "pre_trend_sensitivity": N_("If the trends had parted"),
    "second_opinion": N_("Other method"),
    "carry_over": N_("Carry-over"),
    "longer_carry_over": N_("Longer carry-over"),
    "switches": N_("Switches"),
    "spill_over": N_("Spill-over to neighbours"),
    "novelty": N_("Novelty"),
    "season_overlap": N_("Season"),
    "special_days": N_("Special days"),
    "holidays": N_("Public holidays"),
    "outliers": N_("Outliers"),
    "definition": N_("Metric definition"),
    "definition_since_plan": N_("Metric definition since the plan"),
    "reversal": N_("Reversal"),
    "whole_weeks": N_("Whole weeks"),
    "autocorrelation": N_("Errors over time"),
    "placebo_dates": N_("Placebo dates"),
    "placebo_in_time": N_("Placebo in time"),
    "placebo_in_space": N_("Placebo in space"),
    "fit_before": N_("Fit before the start"),
    "leave_one_out": N_("Leave one out"),
    "twfe_bias": N_("Bias of two-way fixed effects"),
    "clusters": N_("Number of clusters"),
    "few_places": N_("Few places"),
}
CORRECTIONS: Final[Mapping[str, str]] = {
    "holm": N_("Holm"),
    "benjamini_hochberg": N_("Benjamini-Hochberg"),
}
CORRECTION_HINTS: Final[Mapping[str, str]] = {
    "holm": N_("In 95 of 100 trials nothing is called an effect that is none."),
    "benjamini_hochberg": N_(
        "Of what is called an effect, 1 in 20 is none; finds more."
    ),
}
SECONDARY_STATES: Final[Mapping[str, str]] = {
    "better": N_("better"),
    "worse": N_("worse"),
    "open": N_("not told from chance"),
}
SECONDARY_COLOURS: Final[Mapping[str, str]] = {
    "better": "blue", "worse": "orange", "open": "gray",
}  # fmt: skip
GUARDRAIL_STATES: Final[Mapping[str, str]] = {
    "held": N_("held"),
    "harmed": N_("harmed"),
    "open": N_("not shown yet"),
}
GUARDRAIL_ICONS: Final[Mapping[str, str]] = {
    "held": ":material/shield:",
    "harmed": ":material/heart_broken:",
    "open": ":material/pending:",
}
GUARDRAIL_COLOURS: Final[Mapping[str, str]] = {
    "held": "blue", "harmed": "orange", "open": "gray",
}  # fmt: skip
METHODS: Final[Mapping[str, str]] = {
    "welch": N_("Welch's test of means"),
    "student": N_("Student's test of means"),
    "ols": N_("Regression"),
    "cuped": N_("Means adjusted for the time before (CUPED)"),
    "lin": N_("Regression of each arm (Lin)"),
    "delta": N_("Ratio of sums (delta method)"),
    "delta by unit": N_("Ratio of sums by unit (delta method)"),
    "stratified by day": N_("Means within days"),
    "stratified": N_("Means within strata"),
    "proportions": N_("Difference of proportions"),
    "score": N_("Score test of proportions"),
    "mee": N_("Score test of proportions (Mee)"),
    "newcombe": N_("Joined Wilson intervals (Newcombe)"),
    "quantile": N_("Quantiles"),
    "weighted": N_("Weighted by the chance of treatment"),
    "cluster_robust": N_("Cluster-robust regression"),
    "wild_bootstrap": N_("Wild cluster bootstrap"),
    "randomisation": N_("Randomisation inference"),
    "did": N_("Difference in differences"),
    "robust": N_("Difference in differences, robust errors"),
    "twfe": N_("Two-way fixed effects"),
    "doubly_robust": N_("Doubly robust difference in differences"),
    "lag": N_("Lag model"),
    "washout": N_("Means after a washout"),
    "horvitz_thompson": N_("Horvitz-Thompson"),
    "hajek": N_("Horvitz-Thompson, weights normalised"),
    "naive": N_("Naive difference"),
    "callaway_santanna": N_("Group-time effects (Callaway and Sant'Anna)"),
    "imputation": N_("Imputation"),
    "segmented": N_("Segmented regression"),
    "newey_west": N_("Segmented regression (Newey-West)"),
    "arima": N_("Regression with ARIMA errors"),
    "unobserved_components": N_("Unobserved components"),
    "poisson": N_("Poisson regression"),
    "quasi_binomial": N_("Quasi-binomial regression"),
    "synthetic_control": N_("Synthetic control"),
    "demeaned": N_("Demeaned synthetic control"),
    "sdid": N_("Synthetic difference in differences"),
}
SMALL_P: Final = 0.001
#: Values of sentences that are effects on the metric, and those that are sizes.
_EFFECTS: Final = frozenset(
    ("effect", "overall", "low", "high", "change", "slope", "naive", "bias", "twfe",
     "sum")
)  # fmt: skip
_SIZES: Final = frozenset(("smallest", "margin", "worst", "fit"))
_BARE: Final = re.compile(r"\{(\w+):(?:\.\d)?g\}")
_P_VALUE: Final = "p = {p:.2g}"


def word(names: Mapping[str, str], name: str) -> str:
    """A translated word; a name that has none reads as it is, made harmless."""
    return t(names[name]) if name in names else plain(name.replace("_", " "))


def recommended(entry: Entry, decision: str) -> str:
    """What to decide: of one that is over, "go on" is of no use, it cannot tell."""
    is_over = entry.status in ("ended", "decided")
    return "cannot tell" if is_over and decision == "go on" else decision


def method_name(name: str) -> str:
    """A method in words."""
    return word(METHODS, name)


def said(text: Text, *, metric: str = "") -> str:
    """A sentence of the analysis in the user's language, harmless in Markdown.

    Args:
        text: The sentence.
        metric: The metric it speaks of, whose unit effects in it are written with.
    """
    values = {name: _value(value, metric) for name, value in text.values.items()}
    template = translate(text.template, language())
    if _P_VALUE in template:
        template = template.replace(_P_VALUE, "{p}")
        values["p"] = p_text(float(str(text.values["p"])))
    for name in _BARE.findall(template) if metric else ():
        written = _amount(name, text.values.get(name), metric)
        if written:
            template = re.sub(rf"\{{{name}:[^}}]*\}}", f"{{{name}}}", template)
            values[name] = written
    return fill(template, values)


def p_text(p_value: float) -> str:
    """A p-value as it is written: ``p 0.03`` or ``p < 0.001``."""
    if math.isnan(p_value):
        return MISSING
    if p_value < SMALL_P:
        return f"p < {number(SMALL_P, digits=3)}"
    return f"p {number(p_value, digits=3 if p_value < 10 * SMALL_P else 2)}"


def effect_text(effect: float, metric: str, *, unit: bool = True) -> str:
    """An effect with its sign and unit, such as ``-1.8 min`` or ``+0.4 pp``."""
    return write_change(effect, parse_reference(metric).definition, unit=unit)


def range_text(low: float, high: float, metric: str) -> str:
    """An interval of effects with one unit."""
    return t(
        "{low} to {high}",
        low=effect_text(low, metric, unit=False),
        high=effect_text(high, metric),
    )


def confidence_text(alpha: float) -> str:
    """How much an interval covers, such as ``95 %`` or ``99.9 %``."""
    return f"{round(100 * (1 - alpha), 3):g} %"


def size_text(size: float, metric: str) -> str:
    """The size of an effect, without a sign: ``0.5 min`` or ``1.0 pp``."""
    return effect_text(abs(size), metric).removeprefix("+")


def value_text(value: float, metric: str) -> str:
    """A value of a metric with its unit."""
    return write(value, parse_reference(metric).definition)


def _amount(name: str, value: object, metric: str) -> str:
    """A value in the unit of the metric; empty where it is something else."""
    if not isinstance(value, int | float):
        return ""
    if name in _SIZES:
        return size_text(value, metric)
    return effect_text(value, metric) if name in _EFFECTS else ""


def _value(value: object, metric: str) -> object:
    if isinstance(value, Text):
        return said(value, metric=metric)
    if isinstance(value, tuple):
        return t(", ").join(str(_value(item, metric)) for item in value)
    if isinstance(value, Real):
        return value
    return plain(_label(str(value)), limit=400)


def _dimension(name: str) -> str:
    """A dimension in words; empty where it is none."""
    field = load_fields()["orders"].get(name)
    if field is not None:
        return field.label(language())
    derived = load_catalogue().derived.get(name)
    return derived.label[language().startswith("zh")] if derived else ""


def _label(text: str) -> str:
    """Names of metrics and dimensions in words, also several in one text."""
    own = CHECKS.get(text) or METHODS.get(text)
    if own or _dimension(text):
        return t(own) if own else _dimension(text)
    parts = [part.strip() for part in text.split(",")]
    known = load_registry().metrics
    if all(part.partition("(")[0] in known for part in parts):
        return t(", ").join(name_of(part) for part in parts)
    return translate(text, language())
