"""Treatments that never were, drawn over a history in which nothing happened.

Each draw gives back the same rows with another treatment, so that the very procedure
that judges the strategy can be run on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import NotEnoughData
from analysis.strategies.contract import Strategy
from analysis.strategies.study import Study
from analysis.words import N_

Codes = NDArray[np.int64]
Redraw = Callable[[np.random.Generator], Study]

_LEAST_UNITS = 4
#: With starts drawn as well, two places tell chance from effect already.
_LEAST_PLACES = 2
_LEAST_BEFORE = 8
_LEAST_AFTER = 4
_HALF = 0.5
#: Share of a history that lies after a start, where the strategy does not say.
_AFTER = 1 / 3


def redraws(study: Study) -> Redraw:
    """A function that draws one treatment after the other.

    Args:
        study: The history; its treatment is not read.

    Raises:
        NotEnoughData: too few units or periods to draw among.
    """
    return _DESIGNS[study.strategy.design](study)


def _share(strategy: Strategy) -> float:
    given = strategy.propensity
    return float(given) if isinstance(given, int | float) and 0 < given < 1 else _HALF


def _treated_count(study: Study, units: int) -> int:
    """As many as were named, else the planned share of them."""
    asked = study.strategy.treated
    if isinstance(asked, tuple | list | set):
        return int(np.clip(len(asked), 1, units - 1))
    if asked is not None and study.strategy.design != "ab":
        return 1
    return int(np.clip(round(units * _share(study.strategy)), 1, units - 1))


def _need_units(units: int, least: int = _LEAST_UNITS) -> None:
    if units < least:
        raise NotEnoughData(
            N_("The history has {seen} units."),
            hint=N_("At least {least} are needed to draw treated ones among them."),
            seen=units,
            least=least,
        )


def _arms(study: Study) -> Redraw:
    """Units (clusters where no unit is named, else rows) in two arms, by stratum."""
    rows = study.rows
    codes, units = _assigned(rows)
    _need_units(units)
    stratum = _first_of(rows, "stratum", codes, units)
    share = _share(study.strategy)
    strategy = replace(study.strategy, control=0, treated=1)
    bare = replace(study, strategy=strategy, missing=_no_missing())

    def draw(rng: np.random.Generator) -> Study:
        arm = _split(stratum, share, rng)[codes]
        return replace(bare, rows=rows.assign(treatment=arm))

    return draw


def _no_missing() -> pd.DataFrame:
    return pd.DataFrame({"missing": [], "n": []})


def _assigned(rows: pd.DataFrame) -> tuple[Codes, int]:
    name = next((name for name in ("unit", "cluster_1") if name in rows), None)
    if name is None:
        return np.arange(len(rows)), len(rows)
    codes, levels = pd.factorize(rows[name])
    return codes.astype(np.int64), len(levels)


def _first_of(rows: pd.DataFrame, name: str, codes: Codes, units: int) -> Codes:
    found = np.zeros(units, dtype=np.int64)
    if name in rows:
        found[codes] = pd.factorize(rows[name])[0]
    return found


def _split(stratum: Codes, share: float, rng: np.random.Generator) -> Codes:
    """0 or 1 by unit, the share of 1 kept within each stratum."""
    order = np.lexsort((rng.random(len(stratum)), stratum))
    size = np.bincount(stratum)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    place = np.empty(len(stratum), dtype=np.int64)
    place[order] = np.arange(len(stratum)) - np.repeat(first, size)
    # A stratum of odd size gives its odd unit to an arm at random.
    quota = np.floor(size * share + rng.random(len(size)))
    return (place < quota[stratum]).astype(np.int64)


def stretches(study: Study) -> int:
    """Stretches of the length after a start that a history holds side by side."""
    periods = _periods(study)
    return max((len(periods) - _LEAST_BEFORE) // _length(study, periods), 1)


def places_drawn(study: Study) -> tuple[int, int]:
    """Number of places, and of those that are drawn as treated."""
    units = int(study.rows["unit"].nunique())
    alone = study.strategy.design == "synthetic_control" and not study.strategy.treated
    return units, 1 if alone else _treated_count(study, units)


def _periods(study: Study) -> list:
    return sorted(study.rows["time"].unique())


def _start(study: Study, rng: np.random.Generator) -> tuple[object, object]:
    """A start and the last period of a stretch of the history."""
    periods = _periods(study)
    after = _length(study, periods)
    if len(periods) < _LEAST_BEFORE + after:
        raise NotEnoughData(
            N_("The history has {seen} periods."),
            hint=N_("At least {least} are needed to draw starts in it."),
            seen=len(periods),
            least=_LEAST_BEFORE + after,
        )
    place = int(rng.integers(max(_LEAST_BEFORE, 1), len(periods) - after + 1))
    return periods[place], periods[place + after - 1]


def _length(study: Study, periods: list) -> int:
    start = study.strategy.start
    if start is not None:
        late = study.moment(start, name="start")
        planned = sum(period >= late for period in periods)
        if 0 < planned < len(periods):
            return max(int(planned), 1)
    return max(_LEAST_AFTER, round(len(periods) * _AFTER))


def _cut(rows: pd.DataFrame, last: object) -> pd.DataFrame:
    return rows[rows["time"] <= last].reset_index(drop=True)


def _did(study: Study) -> Redraw:
    units = study.rows["unit"].unique()
    _need_units(len(units), _LEAST_PLACES)
    count = _treated_count(study, len(units))
    strategy = replace(study.strategy, treatment="treatment", treated=None, control=0)

    def draw(rng: np.random.Generator) -> Study:
        start, last = _start(study, rng)
        chosen = set(rng.permutation(units)[:count])
        rows = _cut(study.rows, last)
        rows = rows.assign(treatment=rows["unit"].isin(chosen).astype(int))
        return replace(study, rows=rows, strategy=replace(strategy, start=start))

    return draw


def _synthetic(study: Study) -> Redraw:
    units = study.rows["unit"].unique()
    _need_units(len(units))
    strategy = replace(study.strategy, treatment=None, fit_period=None)
    count = _treated_count(study, len(units)) if study.strategy.treated else 1

    def draw(rng: np.random.Generator) -> Study:
        start, last = _start(study, rng)
        chosen = tuple(rng.permutation(units)[:count])
        own = replace(strategy, start=start, treated=chosen)
        return replace(study, rows=_cut(study.rows, last), strategy=own)

    return draw


def _staggered(study: Study) -> Redraw:
    units = study.rows["unit"].unique()
    _need_units(len(units))
    count = _treated_count(study, len(units))
    periods = pd.Series(_periods(study))
    late = periods.iloc[-_length(study, list(periods)) :].to_numpy()

    def draw(rng: np.random.Generator) -> Study:
        chosen = rng.permutation(units)[:count]
        starts = pd.Series(rng.choice(late, size=count), index=chosen)
        first = study.rows["unit"].map(starts)
        return replace(study, rows=study.rows.assign(treatment=first.to_numpy()))

    return draw


def _its(study: Study) -> Redraw:
    def draw(rng: np.random.Generator) -> Study:
        start, last = _start(study, rng)
        own = replace(study.strategy, start=start)
        return replace(study, rows=_cut(study.rows, last), strategy=own)

    return draw


def _switchback(study: Study) -> Redraw:
    rows = study.rows
    if "unit" not in rows:
        rows = rows.assign(unit=0)
    unit, units = pd.factorize(rows["unit"])
    place = pd.factorize(rows["time"], sort=True)[0]
    block = place // (study.strategy.block or 1)
    key = unit * (int(block.max()) + 1) + block
    size, share = len(units) * (int(block.max()) + 1), _share(study.strategy)
    strategy = replace(study.strategy, control=0, treatment="treatment")
    bare = replace(study, strategy=strategy)

    def draw(rng: np.random.Generator) -> Study:
        on = (rng.random(size) < share)[key].astype(int)
        return replace(bare, rows=rows.assign(treatment=on))

    return draw


_DESIGNS: dict[str, Callable[[Study], Redraw]] = {
    "ab": _arms,
    "did": _did,
    "synthetic_control": _synthetic,
    "staggered": _staggered,
    "its": _its,
    "switchback": _switchback,
}
