"""Selections: the only way to say "these orders"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, Self, cast, get_args

from analysis.errors import InvalidInput
from analysis.metrics.address import from_address, to_address
from analysis.metrics.periods import Period
from analysis.words import N_

Scalar = str | int | float | bool | None
ConditionKind = Literal["in", "not_in", "missing", "range", "rest"]
Where = Mapping[str, "Scalar | Iterable[Scalar]"]

MAX_VALUES = 1_000
MAX_TEXT = 20_000
MAX_CONDITIONS = 50


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a dimension of the order.

    Attributes:
        dimension: Name of the dimension.
        kind: ``in`` one of the values (None among them means missing), ``not_in`` none
            of them (missing stays unless None is among them), ``missing``, ``range``
            from ``low`` to ``high``, both included and either open with None, or
            ``rest``: the rest of a chart, everything but the values it names.
        values: For ``in``, ``not_in`` and ``rest``.
        low: Lower end of a range.
        high: Upper end of a range.
    """

    dimension: str
    kind: ConditionKind = "in"
    values: tuple[Scalar, ...] = ()
    low: Scalar = None
    high: Scalar = None

    def __post_init__(self) -> None:
        _text(self.dimension, "dimension", empty=False)
        _require(self.kind in get_args(ConditionKind), "kind", self.kind)
        for value in (*self.values, self.low, self.high):
            _scalar(value)
        _require(len(self.values) <= MAX_VALUES, "values", len(self.values))
        listed = self.kind in ("in", "not_in", "rest")
        _require(listed == bool(self.values), "values", self.values)
        ends = (self.low, self.high) != (None, None)
        _require(ends == (self.kind == "range"), "range", (self.low, self.high))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders, of which dataset, seen through which metric.

    Attributes:
        dataset: Name of the dataset; empty for the one at hand.
        version: Version of it; empty for the current one.
        period: First and last local date of creation, both included.
        conditions: All of them hold.
        metric: What it is looked at for; does not narrow it.
        event: What happened to the orders, such as ``late``; narrows it.
    """

    dataset: str = ""
    version: str = ""
    period: Period | None = None
    conditions: tuple[Condition, ...] = ()
    metric: str = ""
    event: str = ""

    def __post_init__(self) -> None:
        for name in ("dataset", "version", "metric", "event"):
            _text(getattr(self, name), name)
        _require(
            self.period is None or isinstance(self.period, Period),
            "period",
            self.period,
        )
        _require(len(self.conditions) <= MAX_CONDITIONS, "conditions", "too many")
        for condition in self.conditions:
            _require(isinstance(condition, Condition), "conditions", condition)

    @classmethod
    def of(
        cls,
        where: Where | None = None,
        *,
        period: Period | tuple[date, date] | None = None,
    ) -> Self:
        """The short form.

        Args:
            where: Values by dimension; None among them means missing.
            period: First and last day, both included.

        >>> Selection.of({"city": ["Riyadh"]}).conditions[0].values
        ('Riyadh',)
        """
        conditions = tuple(
            Condition(dimension, values=_values(values))
            for dimension, values in (where or {}).items()
        )
        return cls(period=Period.of(period), conditions=conditions)

    def narrow(self, *conditions: Condition) -> Self:
        """The same with further conditions."""
        return replace(self, conditions=(*self.conditions, *conditions))

    def without(self, dimension: str) -> Self:
        """The same without the conditions on a dimension."""
        kept = tuple(item for item in self.conditions if item.dimension != dimension)
        return replace(self, conditions=kept)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data, without what is empty."""
        period = self.period
        content = {
            "dataset": self.dataset,
            "version": self.version,
            "period": [str(period.first), str(period.last)] if period else None,
            "conditions": [_condition_json(item) for item in self.conditions],
            "metric": self.metric,
            "event": self.event,
        }
        return {name: value for name, value in content.items() if value}

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            InvalidInput: if anything in it is not as ``to_json`` writes it.
        """
        known = _known(content, set(cls.__dataclass_fields__), "selection")
        conditions = known.pop("conditions", [])
        _require(isinstance(conditions, list), "conditions", conditions)
        period = known.pop("period", None)
        return cls(
            **known,
            period=None if period is None else _period(period),
            conditions=tuple(_condition(item) for item in conditions),
        )

    def to_address(self) -> str:
        """As a short text for the address, see ``analysis.metrics.address``."""
        return to_address(self.to_json())

    @classmethod
    def from_address(cls, text: str) -> Self:
        """Read what ``to_address`` wrote.

        Raises:
            InvalidInput: if it is damaged, too long or from a newer version.
        """
        return cls.from_json(from_address(text))


def _values(values: Scalar | Iterable[Scalar]) -> tuple[Scalar, ...]:
    if values is None or isinstance(values, str | int | float):
        return (values,)
    return tuple(values)


def _condition_json(condition: Condition) -> dict[str, Any]:
    content = asdict(condition) | {"values": list(condition.values)}
    return {name: value for name, value in content.items() if value not in (None, [])}


def _condition(content: object) -> Condition:
    known = _known(content, set(Condition.__dataclass_fields__), "condition")
    values = known.pop("values", [])
    _require(isinstance(values, list), "values", values)
    _require("dimension" in known, "condition", content)
    return Condition(**known, values=tuple(values))


def _period(content: object) -> Period:
    pair = cast("list[object]", content)
    _require(isinstance(content, list) and len(pair) == len(("first", "last")),
             "period", content)  # fmt: skip
    return Period(_date(pair[0]), _date(pair[1]))


def _date(text: object) -> date:
    try:
        return date.fromisoformat(cast("str", text))
    except (TypeError, ValueError) as error:
        raise _invalid("date", text) from error


def _known(content: object, names: set[str], what: str) -> dict[str, Any]:
    _require(isinstance(content, dict), what, content)
    found = cast("dict[str, Any]", content)
    _require(set(found) <= names, what, sorted(map(str, set(found) - names)))
    return dict(found)


def _text(value: object, name: str, *, empty: bool = True) -> None:
    _require(isinstance(value, str) and len(value) <= MAX_TEXT, name, value)
    _require(empty or bool(value), name, value)


def _scalar(value: object) -> None:
    _require(value is None or isinstance(value, str | int | float), "value", value)
    _require(not isinstance(value, str) or len(value) <= MAX_TEXT, "value", value)
    _require(not isinstance(value, float) or math.isfinite(value), "value", value)


def _require(valid: bool, name: str, value: object) -> None:  # noqa: FBT001 - an assertion
    if not valid:
        raise _invalid(name, value)


def _invalid(name: str, value: object) -> InvalidInput:
    return InvalidInput(
        N_("The selection's {name} cannot be {value}."),
        hint=N_("Start again from the page, or open a link that was copied whole."),
        name=name,
        value=repr(value)[:80],
    )
