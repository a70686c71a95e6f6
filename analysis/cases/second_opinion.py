"""A second opinion learned from agreed decisions: a model, and said to be one."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

#: Agreed decisions without which no second opinion is given.
ENOUGH = 300
#: Of a party, without which that party is left out of it.
ENOUGH_OF_PARTY = 30


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far predicted probabilities come true, on cases the model did not see.

    Attributes:
        table: Reliability: bin, n, predicted, observed, low, high.
        brier: Brier score of all parties together, 0 (perfect) to 2.
        brier_base: The same for a model that knows only how common each party is.
        ece: Expected calibration error of the likeliest party.
        accuracy: Share of cases where the likeliest party is the agreed one.
        n: Cases.
    """

    table: pd.DataFrame
    brier: float
    brier_base: float
    ece: float
    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model says of one case.

    Attributes:
        probabilities: By party, summing to 1, the likeliest first.
        reasons: Facts that speak most for and against the likeliest party: name,
            value, weight (change of its log-odds against the average case).
    """

    probabilities: dict[str, float]
    reasons: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """A fitted model.

    Attributes:
        parties: Parties it knows.
        features: Facts it uses.
        n: Agreed decisions it learned from.
        calibration: From cross-validation.
        is_ready: Whether there were enough; without, it gives no opinion.
        needed: Agreed decisions still missing; 0 if ready.
    """

    parties: tuple[str, ...]
    features: tuple[str, ...]
    n: int
    calibration: Calibration | None
    is_ready: bool
    needed: int

    def of(self, facts: pd.DataFrame) -> list[Opinion]:
        """The opinion on each row of facts; empty if not ready."""
        raise NotImplementedError


def learn(facts: pd.DataFrame, parties: pd.Series, *, seed: int = 0) -> SecondOpinion:
    """Learn from agreed decisions.

    Args:
        facts: One row a case: numbers, flags and texts; missing values are allowed.
        parties: The agreed party of each row, on the same index.
        seed: Of the folds.
    """
    raise NotImplementedError


def agreed(decisions: pd.DataFrame) -> pd.DataFrame:
    """Cases with an agreed party: order_no, order_id, party.

    Gold where there is one, else where at least two first-hand decisions are alike
    and none differs, and no appeal overturned them.
    """
    raise NotImplementedError
