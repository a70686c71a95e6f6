"""Strategies: did what we did work?"""

from __future__ import annotations

from analysis.strategies.assignment import matched_assignment, switchback_calendar
from analysis.strategies.contract import Guardrail, Predictor, Secondary, Strategy
from analysis.strategies.evaluating import evaluate
from analysis.strategies.planning import Plan, plan
from analysis.strategies.published.contract import Assumptions, Worth
from analysis.strategies.published.worth import worth
from analysis.strategies.results import Evaluation

__all__ = [
    "Assumptions",
    "Evaluation",
    "Guardrail",
    "Plan",
    "Predictor",
    "Secondary",
    "Strategy",
    "Worth",
    "evaluate",
    "matched_assignment",
    "plan",
    "switchback_calendar",
    "worth",
]
