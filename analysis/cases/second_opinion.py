"""A second opinion learned from agreed decisions: a model, and said to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special
from statsmodels.discrete.discrete_model import MNLogit

from analysis.cases.decided import agreed
from analysis.cases.opinion_features import Encoder, told_of
from analysis.errors import InvalidInput
from analysis.stats.intervals import wilson
from analysis.words import N_

__all__ = [
    "ENOUGH", "ENOUGH_OF_PARTY", "Calibration", "Opinion", "SecondOpinion", "agreed",
    "learn",
]  # fmt: skip

Floats = NDArray[np.float64]
Labels = NDArray[np.integer]

#: Agreed decisions without which no second opinion is given.
ENOUGH: Final = 300
#: Of a party, without which that party is left out of it.
ENOUGH_OF_PARTY: Final = 30
FOLDS: Final = 5
BINS: Final = 10
REASONS: Final = 3
#: Strengths of the ridge that are tried; cross-validation chooses.
RIDGES: Final = (1.0, 5.0, 25.0)
_CLOSE: Final = 1e-7
_STEPS: Final = 300
_TINY: Final = 1e-12
#: Multiplications up to which a product of matrices is small.
_SMALL: Final = 150_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far predicted probabilities come true, on cases the model did not see.

    Attributes:
        table: Reliability of the likeliest party's probability, in ten groups of like
            size: n, predicted, observed, low, high (Wilson).
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
            value (None if missing), and weight: what it adds to the party's log-odds
            against the average case.
    """

    probabilities: dict[str, float]
    reasons: tuple[tuple[str, float | str | None, float], ...]


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """A multinomial logit with a ridge, fitted to agreed decisions.

    Attributes:
        parties: Parties it knows.
        features: Facts it uses.
        n: Agreed decisions it learned from.
        calibration: From cross-validation; None if not ready.
        is_ready: Whether there were enough; without, it gives no opinion.
        needed: Agreed decisions still missing; 0 if ready.
        encoder: How facts become numbers.
        weights: (columns + 1, parties), the first row the intercepts.
    """

    parties: tuple[str, ...]
    features: tuple[str, ...]
    n: int
    calibration: Calibration | None
    is_ready: bool
    needed: int
    encoder: Encoder | None = None
    weights: Floats | None = None

    def of(self, facts: pd.DataFrame) -> list[Opinion]:
        """The opinion on each row of facts; empty if not ready.

        Args:
            facts: As those it learned from.
        """
        if self.encoder is None or self.weights is None:
            return []
        columns = self.encoder.encode(facts)
        odds = _odds(columns, self.weights)
        told = told_of(facts)
        return [
            self._opinion(columns[row], special.softmax(odds[row]), told.iloc[row])
            for row in range(len(facts))
        ]

    def _opinion(self, columns: Floats, chances: Floats, told: pd.Series) -> Opinion:
        order = np.argsort(-chances)
        return Opinion(
            {self.parties[place]: float(chances[place]) for place in order},
            self._reasons(columns, int(order[0]), told),
        )

    def _reasons(
        self, columns: Floats, party: int, told: pd.Series
    ) -> tuple[tuple[str, float | str | None, float], ...]:
        if self.encoder is None or self.weights is None:
            return ()
        centred = self.weights[1:] - self.weights[1:].mean(axis=1, keepdims=True)
        parts = pd.Series(columns * centred[:, party])
        by_fact = parts.groupby(list(self.encoder.facts)).sum()
        heaviest = by_fact.abs().sort_values(ascending=False).index[:REASONS]
        return tuple(
            (str(name), _plain(told.get(name)), float(by_fact[name]))
            for name in heaviest
        )


def learn(
    facts: pd.DataFrame, parties: pd.Series | Sequence[str], *, seed: int = 0
) -> SecondOpinion:
    """Learn from agreed decisions.

    Args:
        facts: One row a case, from ``case_facts`` or alike: numbers, flags, texts and
            times; missing values are allowed. Ids, places, people and money are not
            used.
        parties: The agreed party of each row, in the same order.
        seed: Of the folds.

    Raises:
        InvalidInput: if the lengths differ.
    """
    if len(facts) != len(parties):
        raise InvalidInput(
            N_("There are facts of {facts} cases and {parties} parties."),
            hint=N_("Give one party for each row of facts."),
            facts=len(facts),
            parties=len(parties),
        )
    said = pd.Series(list(parties), dtype=object)
    counts = said.value_counts()
    known = tuple(sorted(counts.index[counts >= ENOUGH_OF_PARTY]))
    used = said.isin(known).to_numpy()
    n = int(used.sum())
    if n < ENOUGH or len(known) < len(("one", "another")):
        return SecondOpinion(known, (), n, None, is_ready=False, needed=_needed(n))
    rows = facts[used].reset_index(drop=True)
    labels = said[used].map(known.index).to_numpy(dtype=np.int64)
    ridge, chances = _validated(rows, labels, np.random.default_rng(seed))
    encoder = Encoder.of(rows)
    weights = _fit(encoder.encode(rows), labels, ridge=ridge)
    return SecondOpinion(
        parties=known,
        features=tuple(dict.fromkeys(encoder.facts)),
        n=n,
        calibration=_calibration(chances, labels),
        is_ready=True,
        needed=0,
        encoder=encoder,
        weights=weights,
    )


def _needed(n: int) -> int:
    return max(ENOUGH - n, 1)


@dataclass(frozen=True, slots=True)
class _Learned:
    """What one strength of the ridge gives: the chances of cases not seen, by fold."""

    ridge: float
    chances: Floats
    loss: float


def _validated(
    facts: pd.DataFrame, labels: Labels, rng: np.random.Generator
) -> tuple[float, Floats]:
    """The best ridge, and the chances of each case by a model that did not see it."""
    fold = rng.permutation(len(labels)) % FOLDS
    # One encoder for all folds: it knows means and spreads of facts, no party.
    columns = Encoder.of(facts).encode(facts)
    tried = [_held_out(columns, labels, fold, ridge) for ridge in RIDGES]
    best = min(tried, key=lambda learned: learned.loss)
    return best.ridge, best.chances


def _held_out(columns: Floats, labels: Labels, fold: Labels, ridge: float) -> _Learned:
    chances = np.zeros((len(labels), int(labels.max()) + 1))
    start: Floats | None = None
    for held in range(FOLDS):
        seen = fold != held
        start = _fit(columns[seen], labels[seen], ridge=ridge, start=start)
        chances[~seen] = special.softmax(_odds(columns[~seen], start), axis=1)
    right = chances[np.arange(len(labels)), labels]
    return _Learned(ridge, chances, float(-np.log(right + _TINY).mean()))


def _fit(
    columns: Floats, labels: Labels, *, ridge: float, start: Floats | None = None
) -> Floats:
    """Weights of all parties, those of the first being 0; intercepts are not drawn in.

    statsmodels' own multinomial logit has no ridge, and without one it does not
    converge where a fact decides a party; so its likelihood and score are used here.
    """
    design = np.column_stack([np.ones(len(columns)), columns])
    models = _in_pieces(design, labels)
    shape = (design.shape[1], int(labels.max()))
    strength = np.full(shape, ridge)
    strength[0] = 0.0
    drawn_in = strength.ravel(order="F")

    def loss(flat: Floats) -> tuple[float, Floats]:
        pieces = [model.loglike_and_score(flat) for model in models]
        value, score = sum(one for one, _ in pieces), sum(two for _, two in pieces)
        return 0.5 * float(drawn_in @ flat**2) - value, drawn_in * flat - score

    begin = np.zeros(shape) if start is None else start[:, 1:]
    found = optimize.minimize(
        loss, begin.ravel(order="F"), jac=True, method="L-BFGS-B",
        options={"ftol": _CLOSE, "maxiter": _STEPS},
    )  # fmt: skip
    return np.column_stack([np.zeros(shape[0]), found.x.reshape(shape, order="F")])


def _in_pieces(design: Floats, labels: Labels) -> list[MNLogit]:
    """The likelihood in pieces of few rows, which add up.

    Products of small matrices stay in one thread; larger ones wait for all cores at
    every step, which takes minutes where the cores have other work.
    """
    happened = np.eye(int(labels.max()) + 1)[labels]
    count = max(1, round(design.size * happened.shape[1] / _SMALL))
    return [
        MNLogit(happened[rows], design[rows], check_rank=False)
        for rows in np.array_split(np.arange(len(labels)), count)
    ]


def _odds(columns: Floats, weights: Floats) -> Floats:
    return weights[0] + columns @ weights[1:]


def _calibration(chances: Floats, labels: Labels) -> Calibration:
    happened = np.eye(chances.shape[1])[labels]
    common = happened.mean(axis=0)
    top = chances.argmax(axis=1)
    right, said = top == labels, chances.max(axis=1)
    table = _reliability(said, right)
    gaps = (table["predicted"] - table["observed"]).abs()
    return Calibration(
        table=table,
        brier=float(((chances - happened) ** 2).sum(axis=1).mean()),
        brier_base=float(((common - happened) ** 2).sum(axis=1).mean()),
        ece=float((gaps * table["n"]).sum() / len(labels)),
        accuracy=float(right.mean()),
        n=len(labels),
    )


def _reliability(said: Floats, right: NDArray[np.bool_]) -> pd.DataFrame:
    rank = np.argsort(np.argsort(said, kind="stable"), kind="stable")
    grouped = pd.DataFrame(
        {"bin": rank * BINS // len(said) + 1, "said": said, "right": right}
    ).groupby("bin")
    table = grouped.agg(
        n=("said", "size"), predicted=("said", "mean"), observed=("right", "mean")
    )
    bounds = wilson(table["observed"] * table["n"], table["n"])
    return table.assign(low=bounds.low, high=bounds.high).reset_index()


def _plain(value: object) -> float | str | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]
