"""Rule sets of responsibility: data that is read, validated and dated.

A rule set is a YAML file; ``ruleset.yaml`` is the default one. Conditions are data over
the facts of a case, never code:

- ``{fact: f, above | at_least | below | at_most: number or parameter}``
- ``{fact: f, one_of: [words]}``, words of the section ``words`` or plain ones
- ``{fact: f, is: yes | no}`` for a flag, ``{fact: f, present: yes | no}`` for a value
  that a column may hold (unknown without the column), ``{fact: f, known: yes | no}``,
  ``{fact: f, recorded: yes}`` for a value without which nothing can be said
- ``{any: [...]}``, ``{all: [...]}``; a list of conditions holds when all of it does

A fact that is not known makes a condition neither true nor false, unless it says
``if_unknown: no``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.cases.verdicts import CASE_KINDS, PARTIES
from analysis.errors import DataProblem, UnknownName
from analysis.words import N_

#: Parts of the delivery whose time over plan has a cause.
CAUSES = ("dispatch", "to_merchant", "kitchen", "ride", "hand_over", "promise")

#: Instead of a party: the one with most time over plan until the order ended.
LARGEST = "largest"

#: Parameters that judging itself reads.
REQUIRED = ("sole_share", "shared_share", "faster_unseen")

NUMERIC = ("above", "at_least", "below", "at_most")
DEFAULT = Path(__file__).with_name("ruleset.yaml")

Status = Literal["draft", "live", "retired"]
Pair = tuple[str, str]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Condition(_Model):
    """One test of a fact, or several tests joined."""

    fact: str = ""
    above: float | str | None = None
    at_least: float | str | None = None
    below: float | str | None = None
    at_most: float | str | None = None
    one_of: tuple[str, ...] = ()
    is_: bool | None = Field(default=None, alias="is")
    present: bool | None = None
    known: bool | None = None
    recorded: Literal[True] | None = None
    any_: tuple[Condition, ...] = Field(default=(), alias="any")
    all_: tuple[Condition, ...] = Field(default=(), alias="all")
    if_unknown: bool | None = None

    @model_validator(mode="after")
    def _is_one_test(self) -> Condition:
        tests = [name for name in NUMERIC if getattr(self, name) is not None]
        tests += [
            name
            for name in ("is_", "present", "known", "recorded")
            if getattr(self, name) is not None
        ]
        tests += [name for name in ("one_of", "any_", "all_") if getattr(self, name)]
        if len(tests) != 1 or bool(self.fact) == (tests[0] in ("any_", "all_")):
            message = f"a condition is one test of one fact, not {tests or 'none'}"
            raise ValueError(message)
        return self

    @property
    def bound(self) -> tuple[str, float | str] | None:
        """The kind of a numeric test and what it compares with; None for others."""
        found = [(name, getattr(self, name)) for name in NUMERIC]
        return next(((name, value) for name, value in found if value is not None), None)

    def parts(self) -> Iterator[Condition]:
        """The tests of single facts in it."""
        nested = (*self.any_, *self.all_)
        if not nested:
            yield self
        for part in nested:
            yield from part.parts()


class Parameter(_Model):
    """A number that rules refer to by name, with the reason for its value."""

    value: float
    unit: str = ""
    label: Pair
    reason: str


class Exemption(_Model):
    """When a rule that fires shall not be held against its party.

    ``to`` names the party it goes to instead; without it the party stays responsible
    and the exemption's code stands beside it.
    """

    code: str
    name: str
    when: tuple[Condition, ...]
    to: str = ""


class Rule(_Model):
    """One rule: what it judges, when it fires, and whom it names.

    Attributes:
        id: Short and stable, such as ``M1``.
        name: Its name in English; those of the default rules are in the catalogues.
        party: Whom it names; ``largest`` for the one with most time over plan.
        judges: Causes whose time it takes, or kinds of case that it decides.
        when: All of these hold.
        takes: Fact with the minutes it takes of a cause; empty for all that is left.
        needs: Columns without which it is silent.
        unproven_when: Conditions under which its "no" is not proof, but unknown.
        exempt: Exemptions, the first that holds.
        reason: Why it is as it is.
    """

    id: str
    name: str
    party: str
    judges: tuple[str, ...]
    when: tuple[Condition, ...]
    takes: str = ""
    needs: tuple[str, ...] = ()
    unproven_when: tuple[Condition, ...] = ()
    exempt: tuple[Exemption, ...] = ()
    reason: str

    @property
    def causes(self) -> tuple[str, ...]:
        """Parts of the delivery it judges; empty for a rule about events."""
        return tuple(name for name in self.judges if name in CAUSES)

    def conditions(self) -> Iterator[Condition]:
        """Every test of a single fact in it."""
        nested = (item for exemption in self.exempt for item in exemption.when)
        for condition in (*self.when, *self.unproven_when, *nested):
            yield from condition.parts()


class Ruleset(_Model):
    """A dated set of rules with its parameters and words.

    Attributes:
        name: What it is called.
        version: Verdicts keep it.
        author: Who wrote it.
        status: ``draft``, ``live`` or ``retired``.
        effective_from: First day it applies to; None for always.
        parameters: Numbers by name.
        words: What words in files mean, by fact and meaning.
        rules: In the order in which they take minutes.
    """

    name: str
    version: str
    author: str
    status: Status = "draft"
    effective_from: date | None = None
    parameters: dict[str, Parameter]
    words: dict[str, dict[str, tuple[str, ...]] | tuple[str, ...]] = Field(
        default_factory=dict
    )
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _is_consistent(self) -> Ruleset:
        lost = [name for name in REQUIRED if name not in self.parameters]
        _insist(not lost, f"parameters are missing: {lost}")
        ids = [rule.id for rule in self.rules]
        _insist(len(set(ids)) == len(ids), f"rule ids are not unique: {ids}")
        for rule in self.rules:
            self._check(rule)
        return self

    def _check(self, rule: Rule) -> None:
        known = {*CAUSES, *CASE_KINDS}
        _insist(rule.party in {*PARTIES, LARGEST}, f"{rule.id}: party {rule.party!r}")
        _insist(set(rule.judges) <= known, f"{rule.id}: judges {rule.judges}")
        mixed = bool(rule.causes) and rule.causes != rule.judges
        _insist(not mixed, f"{rule.id}: judges both minutes and events")
        for item in rule.exempt:
            _insist(item.to in {"", *PARTIES}, f"{rule.id}: exempts to {item.to!r}")
        for condition in rule.conditions():
            bound = condition.bound
            if bound is not None and isinstance(bound[1], str):
                named = bound[1] in self.parameters
                _insist(named, f"{rule.id}: there is no parameter {bound[1]!r}")

    def number(self, value: float | str) -> float:
        """A number, or the value of the parameter of that name."""
        return self.parameters[value].value if isinstance(value, str) else float(value)

    def rule(self, name: str) -> Rule:
        """One rule by its id.

        Raises:
            UnknownName: if there is none.
        """
        for rule in self.rules:
            if rule.id == name:
                return rule
        raise UnknownName.of("rule", name, [rule.id for rule in self.rules])

    def with_parameters(self, version: str, **values: float) -> Ruleset:
        """A draft with other values of parameters, to be tried on past cases.

        Raises:
            UnknownName: if there is no such parameter.
        """
        for name in values:
            if name not in self.parameters:
                raise UnknownName.of("parameter", name, self.parameters)
        changed = {
            name: item.model_copy(update={"value": values.get(name, item.value)})
            for name, item in self.parameters.items()
        }
        update = {"parameters": changed, "version": version, "status": "draft"}
        return self.model_copy(update=update)

    def without(self, *ids: str, version: str) -> Ruleset:
        """A draft without some rules."""
        for name in ids:
            self.rule(name)
        kept = tuple(rule for rule in self.rules if rule.id not in ids)
        return self.model_copy(
            update={"rules": kept, "version": version, "status": "draft"}
        )

    def to_yaml(self) -> str:
        """As a file that ``read_ruleset`` reads."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


@cache
def _default() -> Ruleset:
    return read_ruleset(DEFAULT.read_text(encoding="utf-8"), name=DEFAULT.name)


def load_ruleset(path: Path | str | None = None) -> Ruleset:
    """A rule set from a file; Doorstep's own if None.

    Raises:
        DataProblem: if the file is no valid rule set; names the rule that is wrong.
    """
    if path is None:
        return _default()
    found = Path(path)
    return read_ruleset(found.read_text(encoding="utf-8"), name=found.name)


def read_ruleset(text: str, *, name: str = "ruleset") -> Ruleset:
    """A rule set from YAML text.

    Raises:
        DataProblem: if it is no valid rule set.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _invalid(name, str(error)) from error
    try:
        return Ruleset.model_validate(content)
    except ValidationError as error:
        raise _invalid(name, _first(error, content)) from error


def _first(error: ValidationError, content: object) -> str:
    """The first thing that is wrong, with the rule it is in."""
    found = error.errors()[0]
    place = list(found["loc"])
    if place[:1] == ["rules"] and len(place) > 1:
        place[:2] = [_rule_id(content, place[1])]
    where = " > ".join(str(item) for item in place)
    return f"{where}: {found['msg']}" if where else str(found["msg"])


def _rule_id(content: object, place: int | str) -> str:
    rules = content["rules"] if isinstance(content, dict) else ()
    rule = rules[place] if isinstance(place, int) else None
    return str(rule.get("id", place)) if isinstance(rule, Mapping) else str(place)


def _invalid(name: str, reason: str) -> DataProblem:
    return DataProblem(
        N_("{file} is not a rule set: {reason}"),
        hint=N_("Compare it with the default rule set and correct that place."),
        file=name,
        reason=reason,
    )


def _insist(holds: bool, message: str) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        raise ValueError(message)
