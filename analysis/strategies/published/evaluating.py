"""Evaluate a strategy on a published dataset."""

from __future__ import annotations

from analysis.engine.dataset import Dataset
from analysis.strategies.contract import Strategy
from analysis.strategies.published.contract import Scope
from analysis.strategies.results import Evaluation


def evaluate_published(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope,
    *,
    alpha: float,
    seed: int,
) -> Evaluation:
    """Say whether a strategy worked, from a published dataset.

    Args:
        dataset: The version that is read.
        strategy: Its names mean metrics and dimensions, see the contract.
        scope: Which orders, and who was in which arm.
        alpha: The interval covers with 1 - alpha.
        seed: Of everything drawn.
    """
    raise NotImplementedError
