"""Whether a local day lies on the weekend of its place, as an expression."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from analysis.calendars import USUAL_WEEKEND, names_of, weekends, zones_of


def weekend_in_zone(zone: exp.Expr, weekday: exp.Expr, day: exp.Expr) -> exp.Expr:
    """By the place's time zone.

    Args:
        zone: Its IANA name.
        weekday: The ISO day of the week.
        day: The local date: weekends have changed.
    """
    return _weekend(zone, weekday, day, zones_of)


def weekend_in_country(country: exp.Expr, weekday: exp.Expr, day: exp.Expr) -> exp.Expr:
    """The same by the code or name of the place's country."""
    written = exp.Lower(this=exp.Trim(this=country))
    return _weekend(written, weekday, day, names_of)


def _weekend(
    place: exp.Expr,
    weekday: exp.Expr,
    day: exp.Expr,
    names: Callable[[str], Iterable[str]],
) -> exp.Expr:
    branches: list[exp.If] = []
    for item in weekends():
        there = [name for code in item.territories for name in names(code)]
        here: exp.Expr = exp.In(
            this=place.copy(), expressions=[exp.Literal.string(name) for name in there]
        )
        if item.until:
            until = exp.cast(exp.Literal.string(item.until.isoformat()), "DATE")
            here = exp.and_(here, exp.LT(this=day.copy(), expression=until))
        branches.append(exp.If(this=here, true=_falls_on(weekday, item.days)))
    return exp.Case(ifs=branches, default=_falls_on(weekday, USUAL_WEEKEND))


def _falls_on(weekday: exp.Expr, days: tuple[int, ...]) -> exp.Expr:
    numbers = [exp.Literal.number(number) for number in days]
    return exp.In(this=weekday.copy(), expressions=numbers)
