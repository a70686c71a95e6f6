"""Checks that a published dataset allows: calendar, definition, days covered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
from sqlglot import exp

from analysis.calendars.islamic import OBSERVING, eid, ramadan
from analysis.errors import InvalidInput
from analysis.metrics.availability import availability_of
from analysis.metrics.chosen import distinct
from analysis.metrics.figures import currencies_of
from analysis.metrics.periods import Period
from analysis.metrics.registry import parse_reference
from analysis.metrics.territories import territories
from analysis.strategies.published.binding import Bound
from analysis.strategies.results import Check, Light, text
from analysis.words import N_

_WEEK = 7
#: Shares of special days that differ by more than this are not alike.
_UNLIKE = 0.1
_CONTROLLED = ("did", "staggered", "synthetic_control")


def definition(bound: Bound) -> Check:
    """What the metric meant, and whether a rule stands in for data."""
    metric = bound.strategy.outcome
    version = parse_reference(metric).definition.version
    assumed = availability_of(bound.dataset, metric).assumed
    if assumed:
        sentence = text(
            N_("{metric} rests on assumed {fields}: an effect on them cannot be seen."),
            metric=metric, fields=", ".join(assumed),
        )  # fmt: skip
        return Check("definition", "amber", float(version), sentence)
    sentence = text(
        N_("{metric} means the same on all days: version {version} of its definition, "
           "version {dataset} of the dataset."),
        metric=metric, version=version, dataset=bound.dataset.version,
    )  # fmt: skip
    return Check("definition", "green", float(version), sentence)


def definition_since(bound_version: int, frozen_version: int, metric: str) -> Check:
    """Whether the definition changed since the plan was frozen.

    Args:
        bound_version: Version of the definition now.
        frozen_version: Version when the plan was frozen.
        metric: Name of the metric.
    """
    same = bound_version == frozen_version
    light: Light = "green" if same else "red"
    sentence = text(
        N_("The definition of {metric} was version {frozen} in the plan and is version "
           "{now} now."),
        metric=metric, frozen=frozen_version, now=bound_version,
    )  # fmt: skip
    return Check("definition_since_plan", light, float(bound_version), sentence)


def whole_weeks(days: Sequence[date]) -> Check:
    """Whether every day of the week is in it, and equally often."""
    counts = np.bincount([day.weekday() for day in days], minlength=_WEEK)
    unequal = float(counts.max() / max(counts.mean(), 1e-9) - 1)
    light: Light = "green"
    if counts.min() == 0 or unequal > 1 / 3:
        light = "amber"
    sentence = text(
        N_("{days} days count; each day of the week is there {least} to {most} times."),
        days=len(days), least=int(counts.min()), most=int(counts.max()),
    )  # fmt: skip
    return Check("whole_weeks", light, float(len(days)), sentence)


def days_of(period: Period) -> list[date]:
    """All days of a period."""
    return [period.first + timedelta(days=step) for step in range(period.days)]


def season(bound: Bound, period: Period, start: date | None) -> Check | None:
    """Whether Ramadan or an Eid lies on one side of the start only.

    Red where nothing is compared with that lives through it too.
    """
    if start is None or bound.strategy.design not in (*_CONTROLLED, "its"):
        return None
    before = [day for day in days_of(period) if day < start]
    after = [day for day in days_of(period) if day >= start]
    if not before or not after or not _observes(bound, period):
        return None
    shares = [
        (abs(_share(before, special) - _share(after, special)), special)
        for special in (ramadan, eid)
    ]
    apart, special = max(shares, key=lambda pair: pair[0])
    return _season_check(bound, (before, after), special, apart)


def _season_check(
    bound: Bound,
    sides: tuple[list[date], list[date]],
    special: Callable[[date], bool],
    apart: float,
) -> Check:
    before, after = (_share(side, special) for side in sides)
    name = N_("Ramadan") if special is ramadan else N_("Eid")
    if apart <= _UNLIKE:
        sentence = text(N_("Ramadan and Eid weigh alike before and after the start."))
        return Check("special_days", "green", apart, sentence)
    if bound.strategy.design == "its":
        sentence = text(
            N_("{name} is {before:.0%} of the days before the start and {after:.0%} "
               "after it: the change may be its doing. Compare with places that live "
               "through it too."),
            name=name, before=before, after=after,
        )  # fmt: skip
        return Check("special_days", "red", apart, sentence)
    sentence = text(
        N_("{name} is {before:.0%} of the days before the start and {after:.0%} after "
           "it. The places compared share it, but may feel it more or less: repeat it "
           "with other days before."),
        name=name, before=before, after=after,
    )  # fmt: skip
    return Check("special_days", "amber", apart, sentence)


def _share(days: Sequence[date], special: Callable[[date], bool]) -> float:
    return float(np.mean([special(day) for day in days]))


def _observes(bound: Bound, period: Period) -> bool:
    """Whether any place selected follows Ramadan."""
    orders = bound.scope.selection
    known = territories(bound.dataset, selection=orders, period=period)
    return any(territory in OBSERVING for territory in known)


class SeveralCurrencies(InvalidInput):
    """Amounts of money that cannot be added up."""


def need_one_currency(bound: Bound, period: Period) -> None:
    """Insist on one currency where amounts of money are added up.

    Raises:
        SeveralCurrencies: the orders selected are in several.
    """
    column = currencies_of(bound.dataset, bound.figure)
    found = [] if column is None else _currencies(bound, column, period)
    if len(found) > 1:
        raise SeveralCurrencies(
            N_("{metric} is in {count} currencies: {seen}."),
            hint=N_("Select one country or city, or the orders of one currency."),
            metric=bound.strategy.outcome,
            count=len(found),
            seen=", ".join(found),
        )


def _currencies(bound: Bound, column: exp.Expr, period: Period) -> list[str]:
    read = {"currency": column}
    found = distinct(bound.dataset, read, period=period, filters=bound.filters)
    return sorted(found["currency"].dropna().astype(str))
