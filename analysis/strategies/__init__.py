"""Strategies: did what we did work?"""

from __future__ import annotations

from analysis.strategies.contract import Guardrail, Predictor, Strategy
from analysis.strategies.evaluating import evaluate
from analysis.strategies.results import Evaluation

__all__ = [
    "Evaluation",
    "Guardrail",
    "Predictor",
    "Strategy",
    "evaluate",
]
