"""`evaluate`: one door to every design."""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.metrics.selection import Selection
from analysis.strategies.contract import Strategy
from analysis.strategies.designs import estimate, found
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.evaluating import evaluate_published
from analysis.strategies.results import Evaluation, Finding
from analysis.strategies.secondary import asked_alone, secondary_results
from analysis.strategies.study import read_study
from analysis.strategies.verdict import decide, guard

__all__ = ["estimate", "evaluate"]


def evaluate(
    data: pd.DataFrame | Dataset,
    strategy: Strategy,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    selection: Selection | None = None,
    assignment: pd.DataFrame | None = None,
    key: bytes | None = None,
    before: int = 28,
    segments: tuple[str, ...] | None = None,
) -> Evaluation:
    """Say whether a strategy worked.

    Rows without a value in a column that is used are left out and counted in the notes.

    Args:
        data: A published dataset, for which the names of the strategy mean metrics and
            dimensions, see ``analysis.strategies.published.contract``; or a frame with
            one row per unit ("ab"), per unit and period (panels), or per period
            ("its").
        strategy: Design, columns and rules.
        alpha: The interval covers with 1 - alpha.
        seed: Of everything drawn; the same seed gives the same answer.
        selection: Which orders of a dataset, see ``Scope`` for this and what follows.
        assignment: Who was in which arm, where no column of a dataset says so.
        key: Key of the workspace, to hash the ids of an assignment table.
        before: Days before the start that covariates and balance are read from.
        segments: Dimensions to ask "for whom"; None takes the usual ones.

    Raises:
        UnknownName: a column, arm or method that is not there.
        DataProblem: a column cannot be used as it is.
        InvalidInput: an argument is out of its range.
        NotEnoughData: too few rows, clusters, units or periods.
    """
    if isinstance(data, Dataset):
        scope = Scope(
            selection or Selection(), assignment, key, before=before, segments=segments
        )
        return evaluate_published(data, strategy, scope, alpha=alpha, seed=seed)
    find = partial(_found, data, alpha=alpha, seed=seed)
    finding = find(strategy)
    guardrails = tuple(
        guard(one, find(asked_alone(strategy, one)).estimate)
        for one in strategy.guardrails
    )
    return Evaluation(
        strategy.design, alpha, finding, guardrails,
        decide(strategy, finding, guardrails),
        secondary=secondary_results(strategy, find, alpha=alpha),
        correction=strategy.correction,
    )  # fmt: skip


def _found(
    data: pd.DataFrame, strategy: Strategy, *, alpha: float, seed: int
) -> Finding:
    return found(read_study(data, strategy, alpha=alpha, seed=seed))
