"""Which function evaluates which design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analysis.strategies.ab import estimate_ab, evaluate_ab
from analysis.strategies.did import estimate_did, evaluate_did
from analysis.strategies.its import estimate_its, evaluate_its
from analysis.strategies.paths import path_of
from analysis.strategies.results import Estimate, Finding
from analysis.strategies.staggered import estimate_staggered, evaluate_staggered
from analysis.strategies.study import Study
from analysis.strategies.switchback import estimate_switchback, evaluate_switchback
from analysis.strategies.synthetic_control import estimate_synthetic, evaluate_synthetic
from analysis.strategies.verdict import against_margin

_DESIGNS: dict[str, Callable[[Study], Finding]] = {
    "ab": evaluate_ab,
    "did": evaluate_did,
    "staggered": evaluate_staggered,
    "its": evaluate_its,
    "switchback": evaluate_switchback,
    "synthetic_control": evaluate_synthetic,
}

_ESTIMATES: dict[str, Callable[[Study], Estimate]] = {
    "ab": estimate_ab,
    "did": estimate_did,
    "staggered": estimate_staggered,
    "its": estimate_its,
    "switchback": estimate_switchback,
    "synthetic_control": estimate_synthetic,
}


def estimate(study: Study) -> Estimate:
    """Only the effect: what `found` says of it, without checks and tables."""
    if study.strategy.margin is not None:
        return found(study).estimate
    return _ESTIMATES[study.strategy.design](study)


def found(study: Study) -> Finding:
    """What the design of a study finds, its p-value against the margin."""
    strategy = study.strategy
    finding = _DESIGNS[strategy.design](study)
    if strategy.design == "ab":  # every arm is held against the margin there
        return finding
    path = path_of(study, finding)
    tested = against_margin(finding.estimate, strategy, finding.method)
    return replace(finding, estimate=tested, series=path)
