"""The evidence of a case, kept by version and order, neighbours read ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from analysis.cases import judge, timeline
from analysis.cases.moments import Timeline
from analysis.cases.rules import Ruleset
from analysis.cases.verdicts import Verdict
from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics import (
    Period,
    Selection,
    availability_of,
    case_facts,
    measure,
)
from analysis.words import N_
from ui import cached
from ui.cases import rulesets
from ui.cases.view import Desk

#: Whose history is told, over how many days: the column of the order and its days.
HISTORIES: Final[Mapping[str, int]] = {
    "rider_id": 30, "merchant_id": 30, "customer_id": 90,
}  # fmt: skip
HISTORY_NAMES: Final[Mapping[str, str]] = {
    "rider_id": N_("Rider"),
    "merchant_id": N_("Merchant"),
    "customer_id": N_("Customer"),
}
#: What is told of them; the first that the dataset has not is left out.
RATES: Final = ("late_rate", "cancellation_rate", "complaint_rate")


@dataclass(frozen=True, slots=True)
class Past:
    """The days before the order of one of those who took part.

    Attributes:
        who: Column of the order that names them.
        days: How many days before the order's own day.
        orders: Their orders in these days.
        rates: Rate, lower and upper end by metric; NaN where there is none.
    """

    who: str
    days: int
    orders: int
    rates: Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything that is shown of one order.

    Attributes:
        verdict: What the rules say.
        timeline: What happened.
        past: The days before of rider, merchant and customer.
    """

    verdict: Verdict
    timeline: Timeline
    past: tuple[Past, ...]


def case_file(desk: Desk, ruleset: Ruleset) -> CaseFile:
    """The evidence of the case on the desk."""
    return cached.result(
        read_case, desk.dataset, desk.order_no, rulesets.key_of(ruleset)
    )


def read_ahead(desk: Desk, orders: Sequence[int], ruleset: Ruleset) -> None:
    """Read neighbours of the case meanwhile, so that the next one is there at once."""
    key = rulesets.key_of(ruleset)
    for order in orders:
        cached.ahead(read_case, desk.dataset, order, key)


def read_case(dataset: Dataset, order_no: int, rules: str) -> CaseFile:
    """Judge one order and gather what is known of it.

    Args:
        dataset: A published version.
        order_no: The order.
        rules: Key of the rule set, see ``ui.cases.rulesets``.
    """
    facts = case_facts(dataset, [order_no])
    verdict = judge(facts, ruleset=rulesets.of(rules))[0]
    found = timeline(dataset, order_no, verdict=verdict, facts=facts)
    return CaseFile(verdict, found, tuple(_pasts(dataset, found.facts)))


def _pasts(dataset: Dataset, facts: Mapping[str, object]) -> list[Past]:
    day = facts.get("local_date")
    if not isinstance(day, date):
        return []
    metrics = [name for name in RATES if not availability_of(dataset, name).missing]
    found = []
    for column, days in HISTORIES.items():
        person = facts.get(column)
        if isinstance(person, str) and person and dataset.has("orders", column):
            period = _before(dataset, day, days=days)
            found.append(_past(dataset, column, person, period, metrics))
    return [past for past in found if past is not None]


def _before(dataset: Dataset, day: date, *, days: int) -> Period | None:
    """The days before a day, as far as the data reach back; None where they do not."""
    first = day - timedelta(days=days)
    if dataset.period is not None:
        first = max(first, dataset.period[0])
    last = day - timedelta(days=1)
    return Period(first, last) if first <= last else None


def _past(
    dataset: Dataset,
    column: str,
    person: str,
    period: Period | None,
    metrics: Sequence[str],
) -> Past | None:
    days = HISTORIES[column]
    if period is None:
        return Past(column, days, 0, {})
    try:
        row = measure(
            dataset,
            ["orders", *metrics],
            selection=Selection.of({column: person}),
            period=period,
        ).iloc[0]
    except DoorstepError:
        return None
    rates = {
        name: tuple(float(row[part]) for part in (name, f"{name}_low", f"{name}_high"))
        for name in metrics
    }
    return Past(column, days, int(row["orders"]), rates)  # type: ignore[arg-type]
