"""Periods of local dates, and what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Self

from analysis.errors import InvalidInput
from analysis.words import N_

Grain = Literal["hour", "day", "week", "month"]
Comparison = Literal["previous", "same_weekdays", "last_year"]

WEEKS_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates from the first to the last, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidInput(
                N_("The period ends on {last}, before it starts on {first}."),
                hint=N_("Choose a last day that is not before the first."),
                first=self.first,
                last=self.last,
            )

    @classmethod
    def of(cls, days: Self | tuple[date, date] | None) -> Self | None:
        """A period from whatever a caller has: a pair of dates, a period or nothing.

        Raises:
            InvalidInput: if it is none of them.
        """
        if days is None or isinstance(days, cls):
            return days
        try:
            first, last = days  # type: ignore[misc]
        except (TypeError, ValueError) as error:
            raise _not_a_day(days) from error
        return cls(_day(first), _day(last))

    @property
    def days(self) -> int:
        """Number of days in it."""
        return (self.last - self.first).days + 1

    def moved(self, days: int) -> Period:
        """The same length, so many days later."""
        step = timedelta(days=days)
        try:
            return Period(self.first + step, self.last + step)
        except OverflowError as error:
            raise _not_a_day((self.first, days)) from error

    def overlaps(self, other: Period) -> bool:
        """Whether they share a day."""
        return self.first <= other.last and other.first <= self.last


def compared(
    period: Period, compare: Comparison | Period | tuple[date, date]
) -> Period:
    """The period that another is compared with.

    Args:
        period: The period looked at.
        compare: ``previous`` is the same number of days just before;
            ``same_weekdays`` the same days, earlier by the smallest number of whole
            weeks that clears the period; ``last_year`` the same days 52 weeks earlier,
            which keeps weekdays; or any other first and last day.

    Raises:
        InvalidInput: if it is none of these, or overlaps the period.
    """
    before = _before(period, compare)
    if before.overlaps(period):
        raise InvalidInput(
            N_("The comparison, {first} to {last}, overlaps the period."),
            hint=N_("Choose a shorter period or another comparison."),
            first=before.first,
            last=before.last,
        )
    return before


def _before(period: Period, compare: Comparison | Period | tuple[date, date]) -> Period:
    weeks = -(-period.days // 7)
    steps = {
        "previous": period.days,
        "same_weekdays": 7 * weeks,
        "last_year": 7 * WEEKS_A_YEAR,
    }
    if isinstance(compare, str):
        if compare not in steps:
            raise InvalidInput(
                N_("The comparison cannot be {value!r}."),
                hint=N_("Allowed: {allowed}, or a first and a last day."),
                value=compare,
                allowed=", ".join(steps),
            )
        return period.moved(-steps[compare])
    other = Period.of(compare)
    if other is None:
        raise _not_a_day(compare)
    return other


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise _not_a_day(value) from error


def _not_a_day(value: object) -> InvalidInput:
    return InvalidInput(
        N_("A period is a first and a last day, not {value}."),
        hint=N_("Write days like 2026-01-31."),
        value=repr(value)[:80],
    )
