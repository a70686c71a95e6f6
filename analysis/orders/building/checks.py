"""The named checks of publishing, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlglot import exp

from analysis.orders.building import trees
from analysis.orders.mapping import Action
from analysis.orders.schema import SEQUENCES, STATUSES
from analysis.words import N_

#: A time this far after the moment of publishing is a fault of the source.
FUTURE = timedelta(days=1)

#: A delivery that takes longer than this many days cannot be meant.
LONGEST_DAYS = 365

#: What stands in place of an order ID in a row of totals.
TOTALS = r"(?i)\s*(?:grand |sub)?totals?(?: geral)?\s*:?|sum|合计|总计|小计|总和"

#: Degrees around (0, 0) that stand for "no position".
NEAR_ZERO = 0.01

#: Share of missing values above which a column is reported.
MUCH_MISSING = 0.5

#: Days without any order that are reported as a gap.
GAP_DAYS = 1

#: Days since the last order after which a dataset is called stale.
STALE_DAYS = 7


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found.

    Attributes:
        name: Name of the check; the key of its action in a mapping.
        text: What it looks for, as a template marked for translation.
        values: What the template names.
        table: Table it looked at.
        column: Column it looked at; empty for whole rows.
        count: Rows (or days) that it found.
        of: Rows that it looked at.
        action: What was done with them.
        samples: Up to three of them, protected like the published data.
    """

    name: str
    text: str
    values: Mapping[str, Any]
    table: str
    column: str
    count: int
    of: int
    action: Action
    samples: Sequence[Mapping[str, Any]] = ()

    @property
    def share(self) -> float:
        """Count over rows looked at; 0 where nothing was looked at."""
        return self.count / self.of if self.of else 0.0

    @property
    def sentence(self) -> str:
        """What it looks for, in English."""
        return self.text.format(**self.values)


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A condition on single rows of a typed table.

    Attributes:
        name: Name of the check; the key of its action in a mapping.
        text: What it looks for.
        columns: Columns it needs, shown in its samples.
        clears: Columns that the action ``missing`` empties.
        condition: True for a row that is at fault.
        action: What it does by default.
        values: What the text names.
        is_of_words: Its samples are the different words, not single rows.
    """

    name: str
    text: str
    columns: tuple[str, ...]
    clears: tuple[str, ...]
    condition: exp.Expr
    action: Action
    values: Mapping[str, Any]
    is_of_words: bool = False


def row_checks(
    columns: Collection[str],
    *,
    now: datetime,
    rating_top: float = 5.0,
    actions: Mapping[str, Action] | None = None,
) -> tuple[RowCheck, ...]:
    """The checks that orders with these columns can be put to.

    Args:
        columns: Published names of the typed orders table.
        now: The moment of publishing, in UTC without a zone.
        rating_top: Upper end of the rating scale.
        actions: Actions by name of check, where not the default.
    """
    makers: Sequence[Callable[[], Iterator[RowCheck]]] = (
        _totals,
        _delivered_first,
        lambda: _time_order(columns),
        lambda: _future(now),
        _too_long,
        lambda: _rating(rating_top),
        lambda: _positions(columns),
        _contradictions,
        _unknown_status,
    )
    found = (check for make in makers for check in make())
    chosen = actions or {}
    return tuple(
        _acting(check, chosen.get(check.name, check.action))
        for check in found
        if set(check.columns) <= set(columns)
    )


def _acting(check: RowCheck, action: Action) -> RowCheck:
    return replace(check, action=action)


def _check(
    name: str,
    text: str,
    columns: tuple[str, ...],
    condition: exp.Expr,
    action: Action,
    *,
    clears: tuple[str, ...] | None = None,
    **values: object,
) -> RowCheck:
    clears = columns if clears is None else clears
    return RowCheck(name, text, columns, clears, condition, action, values)


def _totals() -> Iterator[RowCheck]:
    """A last row that sums the file up is no order."""
    yield _check(
        "total_row",
        N_("Rows that sum up the file"),
        ("order_id",),
        exp.Anonymous(
            this="regexp_full_match",
            expressions=[trees.column("order_id"), exp.Literal.string(TOTALS)],
        ),
        "set_aside",
        clears=(),
    )


def _delivered_first() -> Iterator[RowCheck]:
    yield _check(
        "delivered_before_created",
        N_("Delivered before it was created"),
        ("created_at", "delivered_at"),
        _before("delivered_at", "created_at"),
        "set_aside",
        clears=("delivered_at",),
    )


def _time_order(columns: Collection[str]) -> Iterator[RowCheck]:
    pairs = dict.fromkeys(
        pair
        for sequence in SEQUENCES
        for pair in pairwise(name for name in sequence if name in columns)
    )
    pairs.pop(("created_at", "delivered_at"), None)
    for first, second in pairs:
        yield _check(
            f"time_order_{first}_{second}",
            N_("{second} before {first}"),
            (first, second),
            _before(second, first),
            "keep",
            clears=(second,),
            first=first,
            second=second,
        )


def _future(now: datetime) -> Iterator[RowCheck]:
    latest = exp.cast(
        exp.Literal.string((now + FUTURE).isoformat(sep=" ")), "TIMESTAMP"
    )
    for name in ("created_at", "delivered_at"):
        yield _check(
            f"future_{name}",
            N_("{column} lies in the future"),
            (name,),
            exp.GT(this=trees.column(name), expression=latest.copy()),
            "keep",
            column=name,
        )


def _too_long() -> Iterator[RowCheck]:
    limit = exp.Literal.number(LONGEST_DAYS * 24 * 60)
    minutes = trees.minutes_between("created_at", "delivered_at")
    yield _check(
        "impossible_duration",
        N_("More than {days} days from creation to delivery"),
        ("created_at", "delivered_at"),
        exp.GT(this=minutes, expression=limit),
        "missing",
        clears=("delivered_at",),
        days=LONGEST_DAYS,
    )


def _rating(top: float) -> Iterator[RowCheck]:
    yield _check(
        "rating_outside_scale",
        N_("Rating outside 0 to {top}"),
        ("rating",),
        _outside("rating", 0, top),
        "missing",
        top=int(top),
    )


def _positions(columns: Collection[str]) -> Iterator[RowCheck]:
    for place in ("pickup", "drop", "tap"):
        names = (f"{place}_lat", f"{place}_lng")
        if not set(names) <= set(columns):
            continue
        zero = trees.all_of(_near_zero(name) for name in names)
        yield _check(
            f"{place}_near_zero", N_("{place} position at 0, 0"), names, zero,
            "missing", place=place,
        )  # fmt: skip
        outside = exp.or_(_outside(names[0], -90, 90), _outside(names[1], -180, 180))
        yield _check(
            f"{place}_off_earth", N_("{place} position outside the earth"), names,
            outside, "missing", place=place,
        )  # fmt: skip


def _contradictions() -> Iterator[RowCheck]:
    delivered = exp.EQ(
        this=trees.column("status"), expression=exp.Literal.string("delivered")
    )
    yield _check(
        "delivered_without_time",
        N_("Status delivered, but no delivery time"),
        ("status", "delivered_at"),
        exp.and_(delivered, trees.missing("delivered_at")),
        "keep",
        clears=(),
    )


def _unknown_status() -> Iterator[RowCheck]:
    """A status in no word of the order model would silently be no delivery."""
    status = trees.column("status")
    known = exp.In(this=status, expressions=[exp.convert(word) for word in STATUSES])
    yield RowCheck(
        name="unknown_status",
        text=N_("Status in words that Doorstep does not know"),
        columns=("status",),
        clears=(),
        condition=exp.and_(trees.present("status"), exp.not_(known)),
        action="keep",
        values={},
        is_of_words=True,
    )


def _before(second: str, first: str) -> exp.Expr:
    return exp.LT(this=trees.column(second), expression=trees.column(first))


def _outside(name: str, low: float, high: float) -> exp.Expr:
    return exp.or_(
        exp.LT(this=trees.column(name), expression=exp.convert(low)),
        exp.GT(this=trees.column(name), expression=exp.convert(high)),
    )


def _near_zero(name: str) -> exp.Expr:
    size = exp.Abs(this=trees.column(name))
    return exp.LT(this=size, expression=exp.convert(NEAR_ZERO))


def counts_query(checks: Sequence[RowCheck], source: exp.Table) -> exp.Select:
    """One scan that counts the rows at fault, a column a check."""
    counts = [
        trees.aliased(trees.count_if(check.condition.copy()), check.name)
        for check in checks
    ]
    return exp.select(*counts).from_(source)


def samples_query(
    check: RowCheck, source: exp.Table, *, key: str, rows: int = 3
) -> exp.Select:
    """A few of the rows at fault: their key and the columns looked at, or the words."""
    names = check.columns if check.is_of_words else (key, *check.columns)
    columns = [trees.column(name) for name in dict.fromkeys(names)]
    found = exp.select(*columns).from_(source).where(check.condition.copy())
    if check.is_of_words:
        found = found.group_by(*(item.copy() for item in columns))
        found = found.order_by(exp.Count(this=exp.Star()).desc(), columns[0].copy())
    return found.limit(rows)
