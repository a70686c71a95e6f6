"""How an order went for the customer: one word an order, so that leaves add up.

The words are the values of the dimension ``experience``: a tree's leaves that exclude
each other. What a dataset cannot tell (who cancelled, who complained) leaves its
branch out, and its orders are in the branch beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import MissingField
from analysis.metrics.events import event_predicate
from analysis.metrics.expressions import Scope, missing_field

EXPERIENCE: Final = "experience"
LABEL: Final = ("How it went", "履约结果")

#: Each leaf with the branches above it, from the root on.
BRANCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "cancelled by customer": ("not delivered", "cancelled"),
    "cancelled by merchant": ("not delivered", "cancelled"),
    "cancelled by rider": ("not delivered", "cancelled"),
    "cancelled by platform": ("not delivered", "cancelled"),
    "cancelled, party unknown": ("not delivered", "cancelled"),
    "failed or returned": ("not delivered",),
    "still open": ("not delivered",),
    "late, complained": ("delivered late",),
    "late, rated low": ("delivered late",),
    "late, nothing said": ("delivered late",),
    "not late, complained": ("delivered, not late",),
    "not late, rated low": ("delivered, not late",),
    "nothing bad": ("delivered, not late",),
}
LEAVES: Final = tuple(BRANCHES)
#: Leaves that are no bad experience.
GOOD: Final = ("nothing bad", "still open")

_PARTIES: Final = ("customer", "merchant", "rider", "platform")
_LATE: Final = "has_known_punctuality AND minutes_late > 0"
_UNDELIVERED: Final = "status IN ('failed', 'returned')"


def is_told(dataset: Dataset) -> bool:
    """Whether a dataset can tell how its orders went."""
    return not Scope(dataset).missing("is_delivered")


def experience(dataset: Dataset) -> exp.Expr:
    """The leaf of each order, as an expression over the orders table.

    Raises:
        MissingField: if the dataset cannot tell what was delivered.
    """
    scope = Scope(dataset)
    missing = scope.missing("is_delivered")
    if missing:
        raise missing_field(dataset, missing)
    branches = [
        *_when(scope, "is_cancelled", _cancelled(scope)),
        *_when(scope, _UNDELIVERED, _word("failed or returned")),
        exp.If(this=exp.Not(this=_surely(scope, "is_delivered")), true=_word(
            "still open"
        )),
        *_when(scope, _LATE, _voiced(dataset, "late", "late, nothing said")),
    ]  # fmt: skip
    return exp.Case(ifs=branches, default=_voiced(dataset, "not late", "nothing bad"))


def _cancelled(scope: Scope) -> exp.Expr:
    unknown = _word("cancelled, party unknown")
    if scope.missing("cancel_party"):
        return unknown
    party = scope.bind("cancel_party")
    cases = [
        exp.If(this=exp.Literal.string(name), true=_word(f"cancelled by {name}"))
        for name in _PARTIES
    ]
    return exp.Case(this=party, ifs=cases, default=unknown)


def _voiced(dataset: Dataset, prefix: str, silent: str) -> exp.Expr:
    """What the customer said of a delivered order, as far as it can be known."""
    cases = [
        exp.If(this=happened, true=_word(f"{prefix}, {word}"))
        for event, word in (("complained", "complained"), ("low_rated", "rated low"))
        if (happened := _event(dataset, event)) is not None
    ]
    return exp.Case(ifs=cases, default=_word(silent)) if cases else _word(silent)


def _event(dataset: Dataset, name: str) -> exp.Expr | None:
    try:
        return event_predicate(dataset, name)
    except MissingField:
        return None


def _when(scope: Scope, text: str, then: exp.Expr) -> list[exp.If]:
    if scope.missing(text):
        return []
    return [exp.If(this=_surely(scope, text), true=then)]


def _surely(scope: Scope, text: str) -> exp.Expr:
    """A condition that is false where it is not known."""
    return exp.func("COALESCE", scope.bind(text), exp.false())


def _word(text: str) -> exp.Expr:
    return exp.Literal.string(text)
