"""The metric registry (``definitions.yaml``), validated when it is first read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from analysis.errors import InvalidInput, UnknownName
from analysis.files import read_yaml
from analysis.metrics.locks import Lock
from analysis.words import N_

Kind = Literal["count", "rate", "mean", "percentile", "ratio", "per"]
Direction = Literal["higher", "lower", "neutral"]
Pair = tuple[str, str]
Value = str | int

_REFERENCE = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(?:\(([^()]*)\))?\s*")
_SETTING = re.compile(r"\s*([a-z_]+)\s*=\s*([\w.+-]+)\s*")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(_Model):
    """One setting of a metric: a choice, or a whole number within bounds.

    ``when`` names other settings with the values under which it means anything.
    """

    default: Value
    label: Pair
    choices: tuple[Value, ...] = ()
    minimum: int = 0
    maximum: int = 0
    suggested: tuple[int, ...] = ()
    when: dict[str, Value] = Field(default_factory=dict)

    def applies(self, settings: Mapping[str, Value]) -> bool:
        """Whether it means anything beside these settings."""
        return all(settings[name] == value for name, value in self.when.items())

    def parse(self, name: str, text: str) -> Value:
        """The value written in a reference.

        Raises:
            InvalidInput: if it is none of the choices, or out of bounds.
        """
        for choice in self.choices:
            if str(choice) == text:
                return choice
        if self.choices:
            raise _bad_setting(name, text, ", ".join(map(str, self.choices)))
        if not re.fullmatch(r"\d{1,6}", text) or not (
            self.minimum <= int(text) <= self.maximum
        ):
            raise _bad_setting(name, text, f"{self.minimum}-{self.maximum}")
        return int(text)


class Source(_Model):
    """One way to compute a metric; the first whose columns are there is used.

    Attributes:
        table: Table whose rows are the denominator, or carry the measure.
        when: Settings for which it holds; empty for all.
        numerator_table: Table of the numerator, if another. A rate counts orders
            with at least one such row, a ``per`` counts the rows.
        numerator: Predicate; a number where ``summed``.
        denominator: Predicate; a number for a ratio or where ``summed``.
        measure: Number of a mean, percentile or ratio; NULL rows do not count.
        where: Rows that count at all, for ``summed``.
        summed: Numerator and denominator are numbers to add up.
        optional: Columns that count as missing values where they are absent.
        kinds: Column of the numerator's rows that must tell kinds apart: one that says
            only whether there was something is no evidence.
    """

    table: str
    when: dict[str, Value] = Field(default_factory=dict)
    numerator_table: str = ""
    numerator: str = ""
    denominator: str = ""
    measure: str = ""
    where: str = ""
    summed: bool = False
    optional: tuple[str, ...] = ()
    kinds: str = ""

    def holds(self, settings: Mapping[str, Value]) -> bool:
        """Whether it computes the metric under these settings."""
        return all(settings[name] == value for name, value in self.when.items())


class Definition(_Model):
    """What a metric means.

    Attributes:
        name: Its public name.
        label: Its name in English and Chinese.
        definition: Its meaning in English and Chinese.
        group: Where it is listed.
        kind: How it is computed and what its interval is: a ``count`` has none, a
            ``rate`` Wilson's, a ``mean`` Student's, a ``percentile`` that of the
            order statistics, a ``ratio`` the delta method's, a ``per`` Garwood's.
        unit: Of its value: ``share`` (0 to 1), ``min``, ``orders``, ``money``, ...
        direction: Which way is better.
        settings: By name, see ``Setting``.
        sources: Ways to compute it, best first.
        percentile: Which, for a percentile.
        parts: Metrics that add up to it.
        minimum_sample: Below this denominator the number is shown as too few.
        time: The time a period means.
        owner: Who answers for the definition.
        version: Raised with every change of meaning.
        reference: What shaped it.
        locked: What it needs that no dataset has yet, see ``locks``; empty if it can
            be computed.
    """

    name: str
    label: Pair
    definition: Pair
    group: str
    kind: Kind
    unit: str
    direction: Direction
    settings: dict[str, Setting] = Field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    percentile: float = 0.0
    parts: tuple[str, ...] = ()
    minimum_sample: int = 30
    time: str = "orders.local_date"
    owner: str = "Delivery experience"
    version: int = 1
    reference: str = ""
    locked: Lock = ""

    def label_in(self, language: str = "en") -> str:
        """Its name in the language asked for (``en`` or ``zh_CN``)."""
        return self.label[language.startswith("zh")]

    def definition_in(self, language: str = "en") -> str:
        """Its meaning in the language asked for."""
        return self.definition[language.startswith("zh")]


class Event(_Model):
    """Something that happens to an order: the numerator of a metric."""

    metric: str
    label: Pair


class Registry(_Model):
    """Everything ``definitions.yaml`` says.

    Attributes:
        terms: By table and name: alternatives of a named expression.
        metrics: By name.
        events: By name.
    """

    terms: dict[str, dict[str, tuple[str, ...]]]
    metrics: dict[str, Definition]
    events: dict[str, Event]


@dataclass(frozen=True, slots=True)
class Reference:
    """A metric as somebody asked for it.

    Attributes:
        text: As it was written; results name their columns by it.
        definition: What it means.
        settings: Value of every setting, defaults included.
    """

    text: str
    definition: Definition
    settings: Mapping[str, Value]

    @property
    def applicable(self) -> dict[str, Setting]:
        """The settings that mean anything beside the others, by name."""
        every = self.definition.settings
        return {name: one for name, one in every.items() if one.applies(self.settings)}


@cache
def load_registry() -> Registry:
    """Read and validate ``definitions.yaml``."""
    path = Path(__file__).with_name("definitions.yaml")
    content = read_yaml(path)
    metrics = {
        name: {"name": name, **entry} for name, entry in content["metrics"].items()
    }
    return Registry.model_validate({**content, "metrics": metrics})


def load_definitions() -> dict[str, Definition]:
    """All metrics by name, in the order in which they are listed.

    >>> load_definitions()["late_rate"].direction
    'lower'
    """
    return dict(load_registry().metrics)


def parse_reference(text: str) -> Reference:
    """Read a metric's name, with settings where given.

    Raises:
        UnknownName: if there is no such metric or setting.
        InvalidInput: if it is not written as one, a value is out of bounds, or a
            setting would have no effect beside the others.

    >>> parse_reference("late_rate(by=day)").settings["by"]
    'day'
    """
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    metrics = load_registry().metrics
    name = match[1] if match else text
    if match is None or name not in metrics:
        raise UnknownName.of("metric", name, metrics)
    definition = metrics[match[1]]
    given = dict(_pairs(definition, match[2] or ""))
    defaults = {name: setting.default for name, setting in definition.settings.items()}
    reference = Reference(text, definition, {**defaults, **given})
    _require_effect(reference)
    return reference


def _require_effect(reference: Reference) -> None:
    """Refuse settings that would be ignored."""
    for name, setting in reference.definition.settings.items():
        value = reference.settings[name]
        if value != setting.default and name not in reference.applicable:
            pairs = [f"{other}={only}" for other, only in setting.when.items()]
            raise InvalidInput(
                N_("The setting {name}={value} has no effect in {metric}."),
                hint=N_("Leave it out, or set {needed}."),
                name=name,
                value=value,
                metric=reference.text.strip(),
                needed=", ".join(pairs),
            )


def _pairs(definition: Definition, text: str) -> Iterator[tuple[str, Value]]:
    for pair in filter(str.strip, text.split(",")):
        match = _SETTING.fullmatch(pair)
        if match is None:
            raise _bad_setting(pair.strip(), "", "name=value")
        name, value = match.groups()
        if name not in definition.settings:
            kind = f"setting of {definition.name}"
            raise UnknownName.of(kind, name, definition.settings)
        yield name, definition.settings[name].parse(name, value)


def _bad_setting(name: str, value: str, allowed: str) -> InvalidInput:
    return InvalidInput(
        N_("The setting {name} cannot be {value!r}."),
        hint=N_("Allowed: {allowed}."),
        name=name,
        value=value,
        allowed=allowed,
    )
