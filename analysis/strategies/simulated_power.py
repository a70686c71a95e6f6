"""Placebo treatments over a history in which nothing happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import NotEnoughData
from analysis.strategies import its_models, synthetic
from analysis.strategies.cohorts import read_cohorts
from analysis.strategies.donors import Donors
from analysis.strategies.imputation import impute, overall_imputed
from analysis.strategies.moments import Floats
from analysis.strategies.study import Study
from analysis.strategies.switchback import lag_model
from analysis.strategies.switches import Switches
from analysis.strategies.timeline import Timeline
from analysis.words import N_

_LEAST_UNITS = 4
_LEAST_BEFORE = 8
_LAGS = 2

Draw = Callable[[int, float, np.random.Generator], float]


def placebo_effects(study: Study, length: int, share: float, draws: int) -> Floats:
    """Effects of treatments that never were.

    Args:
        study: The history.
        length: Periods after the start.
        share: Share of treated units or blocks.
        draws: Number of treatments drawn.

    Raises:
        NotEnoughData: too few units or periods.
    """
    draw = _DESIGNS[study.strategy.design](study)
    rng = np.random.default_rng([study.seed, length])
    return np.array([draw(length, share, rng) for _ in range(draws)])


def _wide(study: Study) -> pd.DataFrame:
    rows = study.rows
    if "unit" not in rows:
        rows = rows.assign(unit=0)
    if "denominator" in rows:
        sums = rows.groupby(["time", "unit"])[["outcome", "denominator"]].sum()
        rate = sums["outcome"] / sums["denominator"].where(sums["denominator"] > 0)
        return (
            rate.rename("outcome")
            .reset_index()
            .pivot_table(index="time", columns="unit", values="outcome")
        )
    return rows.pivot_table(index="time", columns="unit", values="outcome")


def _need_units(wide: pd.DataFrame) -> None:
    if wide.shape[1] < _LEAST_UNITS:
        raise NotEnoughData(
            N_("The history has {seen} units without gaps."),
            hint=N_("At least {least} are needed to draw treated ones among them."),
            seen=wide.shape[1],
            least=_LEAST_UNITS,
        )


def _window(
    total: int, length: int, rng: np.random.Generator, *, before: int | None = None
) -> tuple[int, int]:
    """First period and start of a random stretch that ends ``length`` after it."""
    least = min(before or length, total - length)
    start = int(rng.integers(least, total - length + 1))
    return (0 if before is None else start - least), start


def _chosen(units: int, share: float, rng: np.random.Generator) -> np.ndarray:
    size = int(np.clip(round(units * share), 1, units - 1))
    return np.isin(np.arange(units), rng.permutation(units)[:size])


def _did(study: Study) -> Draw:
    wide = _wide(study).dropna(axis=1)
    _need_units(wide)
    table = wide.to_numpy()

    def draw(length: int, share: float, rng: np.random.Generator) -> float:
        first, start = _window(len(table), length, rng, before=length)
        change = table[start : start + length].mean(axis=0)
        change = change - table[first:start].mean(axis=0)
        treated = _chosen(table.shape[1], share, rng)
        return float(change[treated].mean() - change[~treated].mean())

    return draw


def _synthetic(study: Study) -> Draw:
    wide = _wide(study).dropna(axis=1)
    _need_units(wide)
    table = wide.to_numpy()
    models = {"demeaned": synthetic.demeaned_control, "sdid": synthetic.synthetic_did}
    model = models.get(study.strategy.method or "", synthetic.synthetic_control)

    def draw(length: int, _share: float, rng: np.random.Generator) -> float:
        _, start = _window(len(table), length, rng)
        place = int(rng.integers(table.shape[1]))
        end = start + length
        others = np.delete(table[:end], place, axis=1)
        names = tuple(range(others.shape[1]))
        donors = Donors(
            table[:end, place], others, names, tuple(wide.index[:end]), start, 1,
            np.arange(end) < start, np.zeros((0, 1 + len(names))), (), (),
        )  # fmt: skip
        return model(donors).effect

    return draw


def _staggered(study: Study) -> Draw:
    wide = _wide(study)
    _need_units(wide)
    long = wide.melt(ignore_index=False, value_name="outcome").dropna().reset_index()
    order = {period: place for place, period in enumerate(wide.index)}
    long["place"] = long["time"].map(order)
    units = list(wide.columns)

    def draw(length: int, share: float, rng: np.random.Generator) -> float:
        total = len(wide)
        treated = _chosen(len(units), share, rng)
        starts = rng.integers(total - length, total, size=len(units)).astype(float)
        first = dict(zip(units, np.where(treated, starts, np.nan), strict=True))
        rows = long.assign(treatment=long["unit"].map(first), time=long["place"] * 1.0)
        placebo = replace(study, rows=rows, covariates=())
        cohorts = read_cohorts(placebo)
        return float(overall_imputed(cohorts, impute(cohorts)).effect[0])

    return draw


def _its(study: Study) -> Draw:
    series = _wide(study).mean(axis=1)
    values = series.to_numpy()

    def draw(length: int, _share: float, rng: np.random.Generator) -> float:
        _, start = _window(len(values), length, rng)
        start = max(start, min(_LEAST_BEFORE, len(values) - length))
        end = start + length
        line = Timeline(
            tuple(series.index[:end]), values[:end], np.ones(end), values[:end],
            np.zeros((end, 0)), (), start, study.strategy.season, (),
        )  # fmt: skip
        return its_models.segmented(
            # Only the effect counts here, which does not hang on the errors' model.
            line,
            alpha=study.alpha,
            lags=1,
            trend=False,
        ).estimate.effect

    return draw


def _switchback(study: Study) -> Draw:
    wide = _wide(study)
    long = wide.melt(ignore_index=False, value_name="outcome").dropna().reset_index()
    long = long.sort_values(["unit", "time"], ignore_index=True)
    long["place"] = long.groupby("unit").cumcount()
    block = study.strategy.block or 1
    lags = _LAGS if study.strategy.lags is None else study.strategy.lags
    bare = replace(study, covariates=())

    def draw(length: int, share: float, rng: np.random.Generator) -> float:
        first = int(rng.integers(0, len(wide) - length + 1))
        part = long[long["place"].between(first, first + length - 1)]
        place = part["place"].to_numpy() - first
        key = pd.factorize(part["unit"])[0] * length + place // block
        on = (rng.random(int(key.max()) + 1) < share)[key].astype(float)
        cells = part.assign(on=on, weight=1.0, place=place).reset_index(drop=True)
        return lag_model(Switches(bare, cells, block, ()), lags)[1].effect

    return draw


_DESIGNS: dict[str, Callable[[Study], Draw]] = {
    "did": _did,
    "synthetic_control": _synthetic,
    "staggered": _staggered,
    "its": _its,
    "switchback": _switchback,
}
