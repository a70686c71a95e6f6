"""Panels and series that are calibrated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from analysis.strategies import Strategy, evaluate
from benchmarks import calibrate_world as world
from benchmarks.calibrate_cases import DRAWS, Drawn

DAYS, START = 40, 26


def _long(values: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    day, zone = (
        part.ravel() for part in np.mgrid[: values.shape[0], : values.shape[1]]
    )
    table = pd.DataFrame({"day": day, "zone": zone, "minutes": values.ravel()})
    return table.assign(**{name: one[zone] for name, one in columns.items()})


def _did(rng: np.random.Generator, effect: float, *, size: int, treated: int) -> Drawn:
    values = world.zones(rng, DAYS, size)
    group = rng.permutation(np.arange(size) < treated).astype(int)
    change = -1.0 + rng.normal(scale=0.3, size=size) * (size >= 40)
    values[START:] += effect * group * change
    strategy = Strategy(
        "did", "minutes", treatment="group", unit="zone", time="day", start=START,
        draws=DRAWS,
    )  # fmt: skip
    return Drawn(_long(values, group=group), strategy, -1.0 * effect)


def did(rng: np.random.Generator, effect: float) -> Drawn:
    return _did(rng, effect, size=60, treated=24)


def did_few(rng: np.random.Generator, effect: float) -> Drawn:
    return _did(rng, effect, size=16, treated=8)


def _staggered(rng: np.random.Generator, effect: float, method: str) -> Drawn:
    periods, size = 16, 60
    values = world.zones(rng, periods, size)
    starts = rng.permutation(np.repeat([4, 7, 10, 99], size // 4))
    since = np.arange(periods)[:, None] - starts
    change = _course(since) * effect
    treated = since >= 0
    strategy = Strategy(
        "staggered", "minutes", treatment="first", unit="zone", time="day",
        method=method,
    )  # fmt: skip
    truth = float(change[treated].mean()) if effect else 0.0
    return Drawn(_long(values + change, first=starts), strategy, truth)


def _course(since: np.ndarray) -> np.ndarray:
    """Effect by periods since the start: it grows for five of them."""
    return np.where(since >= 0, -0.5 - 0.2 * np.minimum(since, 5), 0.0)


def callaway(rng: np.random.Generator, effect: float) -> Drawn:
    return _staggered(rng, effect, "callaway_santanna")


def imputation(rng: np.random.Generator, effect: float) -> Drawn:
    return _staggered(rng, effect, "imputation")


def bands(rng: np.random.Generator, effect: float, method: str) -> Drawn:
    """The same roll-out; the truth is how much of the course is put in."""
    drawn = _staggered(rng, effect, method)
    return replace(drawn, truth=effect, seed=int(rng.integers(2**31)))


def bands_rare(rng: np.random.Generator, effect: float) -> Drawn:
    """Whether something rare happened in a zone on a day, of shares of its own."""
    drawn = bands(rng, 0.0, "callaway_santanna")
    scale = -0.05 * effect
    starts = drawn.data["first"].to_numpy()
    course = _course(drawn.data["day"].to_numpy() - starts)
    share = rng.beta(2.0, 38.0, size=60)[drawn.data["zone"]] + scale * course
    happened = rng.random(len(share)) < share
    data = drawn.data.assign(minutes=happened.astype(float))
    return replace(drawn, data=data, truth=scale)


def outside_bands(drawn: Drawn) -> bool:
    """Whether any band by periods since the start misses the course."""
    found = evaluate(drawn.data, drawn.strategy, seed=drawn.seed).extra["dynamic"]
    truth = drawn.truth * _course(found["event_time"].to_numpy())
    inside = (found["band_low"] <= truth) & (truth <= found["band_high"])
    return not inside.all()


def series(rng: np.random.Generator, effect: float, method: str | None) -> Drawn:
    """Daily minutes of a city: a week, a shock that fades, noise of the orders."""
    days, start = 120, 80
    noise = world.fading(rng, days, 1)[:, 0] + 0.6 * rng.normal(size=days)
    y = world.MINUTES + world.weekly(days) + noise
    y[start:] -= 1.5 * effect
    table = pd.DataFrame({"day": np.arange(days), "minutes": y})
    strategy = Strategy(
        "its", "minutes", time="day", start=start, season=7, method=method
    )
    return Drawn(table, strategy, -1.5 * effect)


def rates(rng: np.random.Generator, effect: float, method: str) -> Drawn:
    """Daily late orders of a city whose odds have a week and a shock that fades."""
    days, start, spread = 120, 80, 0.2
    orders = rng.poisson(500, days)
    base = world.LATE + 0.2 * world.weekly(days)
    shock = spread * world.fading(rng, days, 1)[:, 0]
    step = np.where(np.arange(days) >= start, -0.2 * effect, 0.0)
    table = pd.DataFrame({"day": np.arange(days), "orders": orders})
    if method == "poisson":
        # The mean of a rate over the shocks is what it is at their mean, times this.
        level = np.exp(base + spread**2 / 2)
        table["late"] = rng.poisson(orders * np.exp(base + shock + step))
        truth = float((level * np.expm1(step))[start:].mean())
    else:
        chance = special.expit(base + shock + step)
        table["late"] = rng.binomial(orders, chance)
        truth = float((_mean(base + step) - _mean(base))[start:].mean())
    strategy = Strategy(
        "its", "late", denominator="orders", time="day", start=start, season=7,
        method=method,
    )  # fmt: skip
    return Drawn(table, strategy, truth)


def _mean(odds: np.ndarray, spread: float = 0.2) -> np.ndarray:
    """Mean share over shocks of the log odds."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    shares = special.expit(odds[:, None] + spread * nodes)
    return shares @ weights / weights.sum()


def synthetic(rng: np.random.Generator, effect: float, method: str) -> Drawn:
    """Zones that follow two courses to different degrees, one of them treated."""
    days, start, size = 60, 45, 25
    courses = world.fading(rng, days, 2, left=0.9) * 2
    values = world.MINUTES + courses @ rng.uniform(0, 1, (2, size))
    values = values + 0.5 * world.fading(rng, days, size, left=0.3)
    values[start:, 0] -= 1.0 * effect
    strategy = Strategy(
        "synthetic_control", "minutes", unit="zone", time="day", treated=0,
        start=start, method=method,
    )  # fmt: skip
    return Drawn(_long(values), strategy, -1.0 * effect)
