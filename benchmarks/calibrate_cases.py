"""The designs that are calibrated: what is drawn, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.strategies import Strategy
from analysis.strategies.contract import Guardrail
from analysis.strategies.evaluating import estimate
from analysis.strategies.study import read_study
from analysis.strategies.verdict import guard
from benchmarks import calibrate_world as world

#: Draws of a bootstrap within a draw; enough for a level of 5 %.
DRAWS = 399


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw.

    Attributes:
        data: As `evaluate` takes it.
        strategy: What is asked.
        truth: Effect that was put in.
        seed: Of what is drawn in the evaluation.
    """

    data: pd.DataFrame
    strategy: Strategy
    truth: float
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table.

    Attributes:
        name: Key, for ``--only``.
        design: Design of the strategy.
        label: What stands in the table.
        draw: Data with the effect (1.0) or without it (0.0).
        judge: From a draw to "the truth is outside the interval", or to what else the
            line counts.
        kind: What is counted: ``interval``, ``always`` or ``guardrail``.
        judged: Whether it must keep its band; else it is there to compare.
    """

    name: str
    design: str
    label: str
    draw: Callable[[np.random.Generator, float], Drawn]
    judge: Callable[[Drawn], bool] | None = None
    kind: str = "interval"
    judged: bool = True

    def outside(self, drawn: Drawn) -> bool:
        """Whether the procedure misses the truth; with no effect, a false positive."""
        if self.judge is not None:
            return self.judge(drawn)
        study = read_study(drawn.data, drawn.strategy, alpha=0.05, seed=0)
        found = estimate(study)
        if drawn.truth == 0:
            return bool(found.p_value < study.alpha)
        low, high = found.interval
        return not low <= drawn.truth <= high


def _arms(rng: np.random.Generator, size: int) -> np.ndarray:
    return rng.integers(0, 2, size)


def _ab(**options: object) -> Strategy:
    return Strategy("ab", treatment="arm", **options)  # type: ignore[arg-type]


def _minutes(
    rng: np.random.Generator, effect: float, *, size: int = 300
) -> tuple[pd.DataFrame, float]:
    drawn = world.riders(rng, size)
    arm = _arms(rng, size)
    before = world.minutes(rng, drawn.skill, drawn.orders_before)
    after = world.minutes(rng, drawn.skill, drawn.orders)
    change = (-1.0 + rng.normal(scale=0.5, size=size)) * arm * effect
    table = pd.DataFrame({"arm": arm, "minutes": after + change, "before": before})
    return table, -1.0 * effect


def means(rng: np.random.Generator, effect: float) -> Drawn:
    table, truth = _minutes(rng, effect)
    return Drawn(table, _ab(outcome="minutes"), truth)


def cuped(rng: np.random.Generator, effect: float) -> Drawn:
    table, truth = _minutes(rng, effect)
    return Drawn(table, _ab(outcome="minutes", covariates="before"), truth)


def stratified(rng: np.random.Generator, effect: float) -> Drawn:
    table, truth = _minutes(rng, effect)
    table["band"] = pd.qcut(table["before"], 4, labels=False)
    return Drawn(table, _ab(outcome="minutes", strata="band"), truth)


def proportions(rng: np.random.Generator, effect: float) -> Drawn:
    size, shift = 3000, -0.3 * effect
    arm = _arms(rng, size)
    ones = np.ones(size, dtype=np.int64)
    hit = world.late(rng, rng.normal(size=size), ones, shift * arm)
    truth = world.late_rate(shift) - world.late_rate(0.0)
    table = pd.DataFrame({"arm": arm, "late": hit})
    return Drawn(table, _ab(outcome="late"), truth)


def ratio(rng: np.random.Generator, effect: float) -> Drawn:
    size, shift = 300, -0.3 * effect
    drawn, arm = world.riders(rng, size), _arms(rng, size)
    hits = world.late(rng, drawn.skill, drawn.orders, shift * arm)
    table = pd.DataFrame({"arm": arm, "late": hits, "orders": drawn.orders})
    truth = world.late_rate(shift) - world.late_rate(0.0)
    return Drawn(table, _ab(outcome="late", denominator="orders"), truth)


def _clustered(
    rng: np.random.Generator, effect: float, *, clusters: int, treated: int
) -> Drawn:
    sizes = 5 + rng.poisson(rng.gamma(4.0, 5.0, clusters))
    code = np.repeat(np.arange(clusters), sizes)
    arm = rng.permutation(np.arange(clusters) < treated).astype(int)[code]
    noise = rng.normal(scale=2.0, size=clusters)[code]
    noise = noise + rng.normal(scale=5.0, size=len(code))
    table = pd.DataFrame(
        {"arm": arm, "cluster": code, "minutes": 28 + noise - 1.5 * arm * effect}
    )
    strategy = _ab(outcome="minutes", cluster="cluster", draws=DRAWS)
    return Drawn(table, strategy, -1.5 * effect)


def many_clusters(rng: np.random.Generator, effect: float) -> Drawn:
    return _clustered(rng, effect, clusters=60, treated=30)


def few_clusters(rng: np.random.Generator, effect: float) -> Drawn:
    return _clustered(rng, effect, clusters=14, treated=7)


def fewest_clusters(rng: np.random.Generator, effect: float) -> Drawn:
    return _clustered(rng, effect, clusters=10, treated=5)


def two_way(rng: np.random.Generator, effect: float) -> Drawn:
    riders = days = 50
    rider, day = (part.ravel() for part in np.mgrid[0:riders, 0:days])
    pull = rng.normal(size=riders)[rider] + rng.normal(size=days)[day]
    arm = (pull + rng.normal(size=len(rider)) > 0).astype(int)
    noise = rng.normal(scale=2.0, size=riders)[rider]
    noise = noise + rng.normal(scale=2.0, size=days)[day]
    noise = noise + rng.normal(scale=5.0, size=len(rider))
    table = pd.DataFrame(
        {"arm": arm, "rider": rider, "day": day, "minutes": 28 + noise - arm * effect}
    )
    strategy = _ab(outcome="minutes", cluster=("rider", "day"))
    return Drawn(table, strategy, -1.0 * effect)


def switchback(rng: np.random.Generator, effect: float) -> Drawn:
    hours, size = 14 * 24, 6
    noise = world.fading(rng, hours, size) + world.fading(rng, hours, 1)
    noise = noise + rng.normal(size=(hours, size))
    on = rng.integers(0, 2, (hours, size)).astype(float)
    before = np.vstack([np.zeros(size), on[:-1]])
    y = 28 + noise - effect * (0.6 * on + 0.4 * before)
    hour, zone = (part.ravel() for part in np.mgrid[0:hours, 0:size])
    table = pd.DataFrame(
        {"hour": hour, "zone": zone, "on": on.ravel().astype(int), "y": y.ravel()}
    )
    strategy = Strategy("switchback", "y", treatment="on", unit="zone", time="hour")
    return Drawn(table, strategy, -1.0 * effect)


def guardrail(rng: np.random.Generator, effect: float) -> Drawn:
    """A guardrail that loses just as much as its margin allows."""
    table, _ = _minutes(rng, effect=0.0)
    margin = 1.0
    table["minutes"] += margin * table["arm"]
    return Drawn(table, _ab(outcome="minutes", margin=margin, better="lower"), effect)


def held(drawn: Drawn) -> bool:
    """Whether a guardrail at its margin is said to have held."""
    strategy = drawn.strategy
    found = estimate(read_study(drawn.data, strategy, alpha=0.05, seed=0))
    limit = Guardrail(strategy.outcome, strategy.margin or 0.0, better="lower")
    return guard(limit, found).state == "held"


LOOKS = 28


def sequence(rng: np.random.Generator, effect: float) -> Drawn:
    """Riders who come day by day."""
    table, truth = _minutes(rng, effect, size=1400)
    table["day"] = np.sort(rng.integers(0, LOOKS, len(table)))
    strategy = _ab(outcome="minutes", anytime=True, planned=700)
    return Drawn(table, strategy, truth)


def ever_outside(drawn: Drawn) -> bool:
    """Whether any of the daily looks misses the truth."""
    study = read_study(drawn.data, drawn.strategy, alpha=0.05, seed=0)
    days = drawn.data["day"].to_numpy()
    for day in range(LOOKS):
        seen = replace(study, rows=study.rows[days <= day])
        low, high = estimate(seen).interval
        if not low <= drawn.truth <= high:
            return True
    return False
