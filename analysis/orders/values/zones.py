"""Wall clocks and UTC, exact over every change of the clocks and cheap.

A zone is a list of moments at which its distance to UTC changes. The trees below look
the distance up by halving that list (a nested CASE), which costs less than a fifth of
DuckDB's own time zone functions and needs no setting of the session.

A wall clock that stands twice (clocks set back) is taken as its first occurrence; one
that never stands (clocks set forward) is taken as if they had not been set forward
yet: the rule of Python's ``fold=0``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlglot import exp

from analysis.errors import InvalidInput
from analysis.orders.values.trees import cast_to, equals_any
from analysis.words import N_

#: Changes are listed for these years; before and after, the nearest distance holds.
FIRST_YEAR, LAST_YEAR = 1990, 2060

Zone = str | tuple[exp.Expr, Sequence[str]]
_Change = tuple[datetime, timedelta]
_STEP = timedelta(days=14)


def to_utc(column: exp.Expr, zone: Zone) -> exp.Expr:
    """UTC of a naive wall clock.

    Args:
        column: A naive TIMESTAMP. Give a plain column (of an inner SELECT): it is
            named at every change of the clocks, so an expression makes a huge query.
        zone: An IANA name (``America/Sao_Paulo``), or a column of names with the
            names that occur in it; a row with any other name becomes NULL.

    Raises:
        InvalidInput: if a name is no time zone.
    """
    return _moved(column, zone, exp.Sub, wall_clock=True)


def to_local(column: exp.Expr, zone: Zone) -> exp.Expr:
    """The wall clock of a naive UTC time; the arguments are those of ``to_utc``."""
    return _moved(column, zone, exp.Add, wall_clock=False)


def _moved(
    column: exp.Expr, zone: Zone, operation: type[exp.Binary], *, wall_clock: bool
) -> exp.Expr:
    if isinstance(zone, str):
        distance = _distance(column, zone, wall_clock=wall_clock)
    else:
        names, known = zone
        if not known:
            return cast_to(exp.Null(), "TIMESTAMP")
        distance = exp.Case(
            ifs=[
                exp.If(
                    this=equals_any(names, [name]),
                    true=_distance(column, name, wall_clock=wall_clock),
                )
                for name in known
            ]
        )
    # The parts share nodes until here: one copy is cheaper than one a branch.
    tree = operation(this=column, expression=distance)
    return exp.Paren(this=tree).copy()


def _distance(column: exp.Expr, zone: str, *, wall_clock: bool) -> exp.Expr:
    first, changes = _changes(zone)
    steps = _wall_clock_steps(first, changes) if wall_clock else changes
    return _halved(column, first, steps)


def _wall_clock_steps(first: timedelta, changes: Sequence[_Change]) -> list[_Change]:
    """The changes as the wall clock shows them: after it stood still or went back.

    Until a clock is set forward by an hour its old distance holds, and through the
    hour that does not exist; until one is set back, through the hour's first pass.
    Both end where the clock would have been without the change.
    """
    before = [first, *(distance for _, distance in changes)]
    return [
        (moment + max(old, new), new)
        for old, (moment, new) in zip(before, changes, strict=False)
    ]


def _halved(column: exp.Expr, first: timedelta, steps: Sequence[_Change]) -> exp.Expr:
    if not steps:
        return exp.Interval(
            this=exp.Literal.string(str(int(first.total_seconds()))),
            unit=exp.var("SECOND"),
        )
    middle = len(steps) // 2
    moment, distance = steps[middle]
    at = cast_to(moment.isoformat(sep=" "), "TIMESTAMP")
    branch = exp.If(
        this=exp.LT(this=column, expression=at),
        true=_halved(column, first, steps[:middle]),
    )
    later = _halved(column, distance, steps[middle + 1 :])
    return exp.Case(ifs=[branch], default=later)


@cache
def _changes(zone: str) -> tuple[timedelta, tuple[_Change, ...]]:
    """The first distance to UTC, and each change of it: naive UTC, new distance."""
    info = _zone_info(zone)
    moment, last = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 1, 1)  # noqa: DTZ001
    marks = []
    while moment < last:
        marks.append(moment)
        moment += _STEP
    found = [
        _change_between(info, one, other)
        for one, other in pairwise(marks)
        if _offset(info, one) != _offset(info, other)
    ]
    return _offset(info, marks[0]), tuple(found)


def _change_between(info: ZoneInfo, low: datetime, high: datetime) -> _Change:
    """The second at which the distance changes, by bisection."""
    before = _offset(info, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _offset(info, middle) == before:
            low = middle
        else:
            high = middle
    return high, _offset(info, high)


def _offset(info: ZoneInfo, moment: datetime) -> timedelta:
    return moment.replace(tzinfo=UTC).astimezone(info).utcoffset() or timedelta()


def _zone_info(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            N_("{zone} is no time zone."),
            hint=N_("Use a name such as Asia/Riyadh or America/Sao_Paulo."),
            zone=zone,
        ) from None
