"""A figure of a metric: its value, how sure it is, what changed for good or bad."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from analysis.metrics import Definition
from analysis.metrics.registry import Reference, parse_reference
from analysis.words import N_
from ui import format as written
from ui.chart_axes import Unit
from ui.texts import language, t

Verdict = Literal["", "better", "worse", "higher", "lower", "unclear"]

#: A share below this is written with one digit more.
SMALL_SHARE: Final = 0.01
#: From here on minutes are written without a digit after the point.
MANY_MINUTES: Final = 100
VERDICT_NAMES: Final[Mapping[Verdict, str]] = {
    "": "",
    "better": N_("better"),
    "worse": N_("worse"),
    "higher": N_("higher"),
    "lower": N_("lower"),
    "unclear": N_("no clear change"),
}
#: Blue is ours and good, orange asks for attention, grey says nothing.
VERDICT_COLOURS: Final[Mapping[Verdict, str]] = {
    "": "gray",
    "better": "blue",
    "worse": "orange",
    "higher": "gray",
    "lower": "gray",
    "unclear": "gray",
}
#: Settings of metrics, in words.
SETTING_NAMES: Final[Mapping[str, str]] = {
    "timestamp": N_("by the minute"),
    "day": N_("by day"),
    "late": N_("late orders"),
    "all": N_("all delivered orders"),
    "completed": N_("completed orders"),
    "created": N_("created orders"),
    "any": N_("anyone"),
    "customer": N_("customer"),
    "merchant": N_("merchant"),
    "rider": N_("rider"),
    "platform": N_("platform"),
    "unknown": N_("unknown"),
}
_CHART_UNITS: Final[Mapping[str, Unit]] = {
    "share": "percent",
    "min": "minutes",
    "orders": "number",
    "m": "number",
    "s": "number",
}
#: What the excess of a metric is counted in.
_EXCESS_UNITS: Final[dict[str, str]] = {
    "late_rate": N_("late orders"),
    "on_time_rate": N_("late orders"),
    "cancellation_rate": N_("cancelled orders"),
    "complaint_rate": N_("orders complained of"),
    "low_rating_rate": N_("low ratings"),
    "refusal_rate": N_("refusals"),
    "contact_rate": N_("contacts"),
    "undelivered_rate": N_("undelivered orders"),
    "mean_rating": N_("stars"),
    "offers_per_order": N_("offers"),
}
#: Kinds whose excess is in the unit of their values.
_IN_THEIR_UNIT: Final = ("mean", "ratio")
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric in one group, from a row of ``measure``; NaN where there is none.

    Attributes:
        reference: The metric as it was asked for.
        value: Its value.
        low: Lower end of the interval of 95 %.
        high: Upper end.
        numerator: What was counted or added up.
        n: Denominator: how many it rests on.
        before: Value in the period compared with.
        change: Value minus the one before.
        change_low: Lower end of the interval of the change.
        change_high: Upper end.
    """

    reference: Reference
    value: float
    low: float
    high: float
    numerator: float
    n: float
    before: float = math.nan
    change: float = math.nan
    change_low: float = math.nan
    change_high: float = math.nan

    @classmethod
    def of(cls, row: Mapping[str, Any], metric: str) -> Figure:
        """The figure of a metric in a row of ``measure``."""
        names = {
            "value": "", "low": "_low", "high": "_high", "numerator": "_num",
            "n": "_n", "before": "_before", "change": "_change",
            "change_low": "_change_low", "change_high": "_change_high",
        }  # fmt: skip
        cells = {name: row.get(f"{metric}{end}") for name, end in names.items()}
        numbers = {name: _number(cell) for name, cell in cells.items()}
        return cls(parse_reference(metric), **numbers)

    @property
    def definition(self) -> Definition:
        """What the metric means."""
        return self.reference.definition

    @property
    def is_few(self) -> bool:
        """Whether it rests on fewer than the metric's minimum sample."""
        return is_few(self.definition, self.n)

    @property
    def is_unknown(self) -> bool:
        """Whether there is no value although there are rows: currencies mix."""
        return math.isnan(self.value) and not self.is_few

    @property
    def verdict(self) -> Verdict:
        """Which way it changed, by the metric's direction; empty without a change."""
        if math.isnan(self.change) or self.is_few:
            return ""
        if not math.isnan(self.change_low) and self.change_low <= 0 <= self.change_high:
            return "unclear"
        if not self.change:
            return ""
        rose = self.change > 0
        # A count has no interval: without one it is not called good or bad.
        if self.definition.direction == "neutral" or math.isnan(self.change_low):
            return "higher" if rose else "lower"
        return "better" if rose == (self.definition.direction == "higher") else "worse"

    def written(self, *, digits: int | None = None) -> str:
        """The value with its unit."""
        return write(self.value, self.definition, digits=digits)

    def written_interval(self) -> str:
        """The interval with its unit; empty where there is none."""
        if math.isnan(self.low) or math.isnan(self.high):
            return ""
        digits = digits_of(self.definition, self.value)
        ends = (
            write(end, self.definition, digits=digits, unit=False)
            for end in (self.low, self.high)
        )
        return written.interval(*ends) + unit_of(self.definition)

    def written_change(self) -> str:
        """The change with its sign and unit; that of a count beside its share."""
        text = write_change(self.change, self.definition)
        if self.definition.kind == "count" and self.before > 0:
            share = written.percent(self.change / self.before)
            sign = "+" if self.change > 0 else ""
            return f"{text} ({sign}{share})"
        return text

    def written_change_interval(self) -> str:
        """The interval of the change; empty where there is none."""
        if math.isnan(self.change_low) or math.isnan(self.change_high):
            return ""
        digits = digits_of(self.definition, self.change)
        low, high = (
            write_change(end, self.definition, digits=digits, unit=False)
            for end in (self.change_low, self.change_high)
        )
        return t("{low} to {high}", low=low, high=high)

    def grounds(self) -> str:
        """Numerator of denominator where it is a share, else the denominator."""
        if self.definition.kind in ("rate", "per") and not math.isnan(self.numerator):
            return t(
                "{count} of {rows}",
                count=written.number(self.numerator),
                rows=written.number(self.n),
            )
        return written.sample(self.n)


def is_few(definition: Definition, n: float) -> bool:
    """Whether a denominator is below the metric's minimum sample."""
    return definition.kind != "count" and not n >= definition.minimum_sample


def too_few(n: float) -> str:
    """What stands beside a number below the minimum sample."""
    return t("too few (n {rows})", rows=written.number(0 if math.isnan(n) else n))


def why_unknown(definition: Definition) -> str:
    """Why there is no value although there are rows."""
    if definition.unit == "money":
        return t("Several currencies: filter to one of them.")
    return t("No value can be computed here.")


def name_of(reference: str) -> str:
    """A metric's name, with the settings that are not the usual ones."""
    found = parse_reference(reference)
    label = found.definition.label_in(language())
    told = [
        setting_name(setting)
        if isinstance(setting, str)
        else f"{found.definition.settings[name].label[language().startswith('zh')]} "
        f"{setting}"
        for name, setting in found.settings.items()
        if setting != found.definition.settings[name].default
    ]
    return f"{label} ({', '.join(told)})" if told else label


def setting_name(value: object) -> str:
    """One value of a setting in words."""
    return t(SETTING_NAMES.get(str(value), str(value)))


def chart_unit(definition: Definition) -> Unit:
    """How charts write the metric."""
    return _CHART_UNITS.get(definition.unit, "decimal")


def write(
    value: float,
    definition: Definition,
    *,
    digits: int | None = None,
    unit: bool = True,
) -> str:
    """A value as the language writes it.

    Args:
        value: Value of the metric; a share from 0 to 1.
        definition: The metric.
        digits: Digits after the point; as many as suit it if None.
        unit: Whether the unit stands behind.
    """
    if math.isnan(value):
        return written.MISSING
    places = digits_of(definition, value) if digits is None else digits
    scale = 100 if definition.unit == "share" else 1
    end = unit_of(definition) if unit else ""
    return written.number(value * scale, digits=places) + end


def write_change(
    change: float,
    definition: Definition,
    *,
    digits: int | None = None,
    unit: bool = True,
) -> str:
    """A change as the language writes it, with its sign; of a share in points."""
    if math.isnan(change):
        return written.MISSING
    places = digits_of(definition, change) if digits is None else digits
    if definition.unit == "share":
        end = _NO_BREAK + t("pp") if unit else ""
        return written.number(change * 100, digits=places, sign=True) + end
    end = unit_of(definition) if unit else ""
    return written.number(change, digits=places, sign=True) + end


def excess_text(metric: str, excess: float) -> str:
    """An excess with its sign and what it is counted in."""
    found = parse_reference(metric).definition
    unit = t(_EXCESS_UNITS.get(found.name, "")) if found.name in _EXCESS_UNITS else ""
    if not unit:
        unit = unit_of(found).strip() if found.kind in _IN_THEIR_UNIT else ""
    return f"{written.number(excess, sign=True)} {unit}".strip()


def digits_of(definition: Definition, value: float) -> int:
    """Digits after the point that suit a value; one more for a small share."""
    if definition.unit == "share":
        return 2 if 0 < abs(value) < SMALL_SHARE else 1
    if definition.unit == "min":
        return 0 if abs(value) >= MANY_MINUTES else 1
    return {"orders": 0, "m": 0, "s": 0}.get(definition.unit, 2)


def unit_of(definition: Definition) -> str:
    """The unit behind a value, with the blank before it; empty for bare numbers."""
    names = {"share": "%", "min": t("min"), "s": t("s"), "m": t("m")}
    name = names.get(definition.unit, "")
    return f"{_NO_BREAK}{name}" if name else ""


def axis_title(reference: str) -> str:
    """What an axis of the metric counts: its unit and its denominator."""
    definition = parse_reference(reference).definition
    units = {"share": "%", "min": t("min"), "s": t("s"), "m": t("m"), "orders": ""}
    unit = units.get(definition.unit, "")
    if definition.kind != "rate":
        return unit or name_of(reference)
    sentence = definition.definition_in(language())
    _, slash, below = re.split(r"[.;。；]", sentence)[0].partition(
        " ÷ " if " ÷ " in sentence else " / "
    )
    return t("{unit} of {what}", unit=unit, what=below.strip()) if slash else unit


def legend_title(reference: str) -> str:
    """A metric's name and what it counts, each once."""
    return ", ".join(dict.fromkeys([name_of(reference), axis_title(reference)]))


def _number(cell: object) -> float:
    try:
        return math.nan if cell is None else float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
