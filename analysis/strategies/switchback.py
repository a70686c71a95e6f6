"""Switchback experiments: on and off in turns, with carry-over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.linear_model import RegressionResults

from analysis.errors import InvalidInput, NotEnoughData, UnknownName
from analysis.strategies.checks import DOUBT
from analysis.strategies.few_clusters import FEW
from analysis.strategies.moments import Floats
from analysis.strategies.results import (
    Check,
    Estimate,
    Finding,
    Light,
    as_share,
    student,
    text,
)
from analysis.strategies.study import Study
from analysis.strategies.switches import Switches, read_switches
from analysis.strategies.twfe import without_two_ways
from analysis.words import N_

_ALIASES = {
    "distributed_lag": "lag",
    "lags": "lag",
    "ht": "horvitz_thompson",
    "difference": "naive",
}
_REFERENCES = {
    "lag": "Distributed lags; Bojinov, Simchi-Levi and Zhao 2023 on carry-over",
    "washout": "Difference of means without the periods after a switch",
    "naive": "Difference of means",
    "horvitz_thompson": "Bojinov, Simchi-Levi and Zhao 2023",
    "hajek": "Bojinov, Simchi-Levi and Zhao 2023, weights normalised",
}
_LAGS = 2
_FEW_SWITCHES = 20
_BOTH_ARMS = 0.5
_SURE = 0.001
_BLOCKS_IN_STRETCH = 4
_LEAST_STRETCHES = 12


Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Coefficients of a regression, the treatment's first.

    Attributes:
        coef: (terms,)
        covariance: (terms, terms)
        df: Degrees of freedom.
    """

    coef: Floats
    covariance: Floats
    df: float


def evaluate_switchback(study: Study) -> Finding:
    """Effect of always on against always off."""
    switches = read_switches(study)
    method = _method(study)
    lags = _LAGS if study.strategy.lags is None else study.strategy.lags
    table, _ = lag_model(switches, lags)
    naive = _naive(switches)
    estimate = _estimated(switches, method, lags)
    cells = switches.cells
    mean = float(np.average(cells["outcome"], weights=cells["weight"]))
    share = float(np.average(cells["on"], weights=cells["weight"]))
    baseline = mean - share * estimate.effect
    bias = naive.effect - estimate.effect
    return Finding(
        estimate=estimate,
        method=method,
        estimand=text(
            N_("Mean of {what}: always on minus always off, carry-over of {lags} "
               "periods included."),
            what=study.strategy.outcome, lags=lags,
        ),
        reference=_REFERENCES[method],
        n=len(cells),
        estimates=table,
        baseline=baseline,
        relative=as_share(estimate, baseline),
        checks=_checks(switches, lags, bias),
        why=text(N_("The same places were on and off in turns.")),
        notes=(
            *switches.notes,
            text(N_("The naive difference is {naive:.4g}, off by {bias:.4g}."),
                 naive=naive.effect, bias=bias),
        ),
        raw=naive,
        extra={"naive": naive, "bias": bias, "block": switches.block},
    )  # fmt: skip


def estimate_switchback(study: Study) -> Estimate:
    """Only the effect, as `evaluate_switchback` gives it."""
    lags = _LAGS if study.strategy.lags is None else study.strategy.lags
    return _estimated(read_switches(study), _method(study), lags)


def _estimated(switches: Switches, method: str, lags: int) -> Estimate:
    made: dict[str, Callable[[], Estimate]] = {
        "lag": lambda: lag_model(switches, lags)[1],
        "naive": lambda: _naive(switches),
        "washout": lambda: _washed(switches),
        "horvitz_thompson": lambda: weighted_by_chance(switches, lags),
        "hajek": lambda: weighted_by_chance(switches, lags, normalised=True),
    }
    return made[method]()


def _method(study: Study) -> str:
    strategy = study.strategy
    usual = "washout" if strategy.washout and strategy.lags is None else "lag"
    name = usual if strategy.method is None else strategy.method
    name = _ALIASES.get(name, name)
    if name not in _REFERENCES:
        raise UnknownName.of("method", strategy.method, (*_REFERENCES, *_ALIASES))
    if name == "washout" and not strategy.washout:
        raise InvalidInput(
            N_("Method {seen} needs the number of periods to drop after a switch."),
            hint=N_("Give it with washout=."),
            seen=name,
        )
    return name


def lag_model(switches: Switches, lags: int) -> tuple[pd.DataFrame, Estimate]:
    """Effects by lag, and their sum with its own error.

    A regression of the outcome on the treatment now and some periods before, with unit
    effects, period effects where both arms share periods, and the season where one is
    given. Errors are clustered by unit from 40 units on (or as asked), else by
    stretches of time within units.
    """
    columns = [switches.lagged(lag) for lag in range(lags + 1)]
    usable = _known(columns)
    _need_rows(usable, lags)
    fitted = _regress(switches, usable, columns)
    alpha = switches.study.alpha
    k = lags + 1
    covariance, effect, df = fitted.covariance[:k, :k], fitted.coef[:k], fitted.df
    rows = [
        {"lag": lag, **student(float(effect[lag]), float(np.sqrt(covariance[lag, lag])),
                               alpha=alpha, df=df).row()}
        for lag in range(k)
    ]  # fmt: skip
    se = float(np.sqrt(max(float(covariance.sum()), 0.0)))
    return pd.DataFrame(rows), student(float(effect.sum()), se, alpha=alpha, df=df)


def _known(columns: list[Floats]) -> Flags:
    """Rows without a missing value."""
    # A row is known when the sum of its values is.
    return np.isfinite(np.column_stack(columns).sum(axis=1))


def _need_rows(usable: Flags, lags: int) -> None:
    if usable.sum() < 3 * (lags + 2):
        raise NotEnoughData(
            N_("{seen} periods are left once {lags} before each are known."),
            hint=N_("Widen the period, or give fewer lags."),
            seen=int(usable.sum()),
            lags=lags,
        )


def _regress(switches: Switches, usable: Flags, columns: list[Floats]) -> Fitted:
    cells = switches.cells[usable].reset_index(drop=True)
    names = list(switches.study.covariates)
    parts = [np.column_stack(columns)[usable], cells[names].to_numpy(dtype=float)]
    parts.append(_season(switches, cells))
    x = np.column_stack(parts)
    y = cells["outcome"].to_numpy(dtype=float)
    left = _without_effects(np.column_stack([y, x]), cells)
    kept = np.abs(left[:, 1:]).max(axis=0) > 1e-9 * max(1.0, float(np.abs(x).max()))
    root = np.sqrt(cells["weight"].to_numpy(dtype=float))
    root = root / root.mean()
    model = sm.OLS(left[:, 0] * root, left[:, 1:][:, kept] * root[:, None])
    return _with_errors(switches, model, cells)


def _season(switches: Switches, cells: pd.DataFrame) -> Floats:
    season = switches.study.strategy.season
    if season is None:
        return np.zeros((len(cells), 0))
    return np.eye(season)[cells["place"].to_numpy() % season][:, 1:]


def _shares_periods(cells: pd.DataFrame) -> bool:
    """Whether most periods have units that are on and units that are off."""
    grouped = cells.groupby("time")["on"]
    return float((grouped.min() != grouped.max()).mean()) > _BOTH_ARMS


def _without_effects(values: Floats, cells: pd.DataFrame) -> Floats:
    """Unit effects out; period effects too where both arms share most periods."""
    if _shares_periods(cells):
        return without_two_ways(values, cells, cells["weight"].to_numpy(dtype=float))
    frame = pd.DataFrame(values)
    weight = cells["weight"]
    total = weight.groupby(cells["unit"]).transform("sum")
    sums = frame.mul(weight, axis=0).groupby(cells["unit"]).transform("sum")
    return (frame - sums.div(total, axis=0)).to_numpy()


def _with_errors(switches: Switches, model: sm.OLS, cells: pd.DataFrame) -> Fitted:
    by = switches.study.clusters
    units = cells["unit"].nunique()
    if by or units >= FEW:
        labels = pd.factorize(cells[by[0] if by else "unit"])[0]
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": labels}, use_t=True)
        return _fitted(fitted, float(labels.max()))
    labels = stretches(switches, cells)
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": labels}, use_t=True)
    found = _fitted(fitted, float(labels.max()))
    # Effects that were taken out beforehand cost degrees of freedom all the same.
    taken = units + (cells["time"].nunique() - 1 if _shares_periods(cells) else 0)
    left = len(cells) - model.exog.shape[1]
    factor = left / max(left - taken, 1)
    return replace(found, covariance=found.covariance * factor)


def stretches(switches: Switches, cells: pd.DataFrame) -> Codes:
    """Codes of stretches of time within units, several blocks long.

    Stretches much longer than the carry-over and the blocks hardly know of each other,
    so that errors can be clustered by them.
    """
    lags = switches.study.strategy.lags
    reach = max(switches.block, 1 + (_LAGS if lags is None else lags))
    place = cells["place"].to_numpy()
    for times in (_BLOCKS_IN_STRETCH, 2, 1):
        codes = cells.groupby(["unit", place // (times * reach)]).ngroup()
        if codes.max() + 1 >= _LEAST_STRETCHES:
            break
    return np.asarray(codes, dtype=np.int64)


def _fitted(results: RegressionResults, df: float) -> Fitted:
    return Fitted(np.asarray(results.params), np.asarray(results.cov_params()), df)


def _naive(switches: Switches) -> Estimate:
    return lag_model(switches, 0)[1]


def _washed(switches: Switches) -> Estimate:
    """Difference without the first periods after each switch."""
    usable = switches.since >= switches.study.strategy.washout
    on = switches.cells["on"].to_numpy(dtype=float)
    if len(np.unique(on[usable])) < 2:  # noqa: PLR2004 - on and off
        raise NotEnoughData(
            N_("No period is left of one arm once {seen} after a switch are dropped."),
            hint=N_("Drop fewer, or switch less often."),
            seen=switches.study.strategy.washout,
        )
    fitted = _regress(switches, usable, [on])
    se = float(np.sqrt(fitted.covariance[0, 0]))
    return student(float(fitted.coef[0]), se, alpha=switches.study.alpha, df=fitted.df)


def weighted_by_chance(
    switches: Switches, lags: int, *, normalised: bool = False
) -> Estimate:
    """Periods that were on (or off) all through the carry-over, by one over the chance.

    The treatment is drawn once a block; a window of 1 + lags periods that touches b
    blocks was all on with chance p^b. Errors are clustered by stretches of time.

    Args:
        switches: The data.
        lags: Periods of carry-over.
        normalised: Divide by the sum of weights instead of the number of periods.

    Reference:
        Bojinov, Simchi-Levi and Zhao 2023, https://doi.org/10.1287/mnsc.2022.4583
    """
    columns = [switches.lagged(lag) for lag in range(lags + 1)]
    usable, window = _known(columns), np.column_stack(columns)
    _need_rows(usable, lags)
    cells = switches.cells.loc[usable]
    place = cells["place"].to_numpy()
    drawn = place // switches.block - (place - lags) // switches.block + 1
    chance = _chance(switches)
    y = cells["outcome"].to_numpy(dtype=float)
    all_on = (window[usable] == 1).all(axis=1) / chance**drawn
    all_off = (window[usable] == 0).all(axis=1) / (1 - chance) ** drawn
    if normalised:
        on, off = all_on / all_on.mean(), all_off / all_off.mean()
        level_on, level_off = float(np.mean(on * y)), float(np.mean(off * y))
        effect = level_on - level_off
        scores = on * (y - level_on) - off * (y - level_off)
    else:
        parts = y * (all_on - all_off)
        effect = float(parts.mean())
        scores = parts - effect
    labels = stretches(switches, cells)
    sums = np.bincount(labels, scores)
    size = len(sums)
    se = float(np.sqrt(sums @ sums * size / (size - 1))) / len(scores)
    return student(effect, se, alpha=switches.study.alpha, df=float(size - 1))


def _chance(switches: Switches) -> float:
    given = switches.study.strategy.propensity
    if given is None:
        return 0.5
    if isinstance(given, int | float) and 0 < given < 1:
        return float(given)
    raise InvalidInput(
        N_("propensity is {seen}."),
        hint=N_("Give the chance of a block being on, such as 0.5."),
        seen=given,
    )


def _checks(switches: Switches, lags: int, bias: float) -> tuple[Check, ...]:
    made = [_carry_over(switches, lags, bias), _longer(switches, lags)]
    changes = switches.cells.groupby("unit")["on"].diff().abs().sum()
    light: Light = "green" if changes >= _FEW_SWITCHES else "amber"
    sentence = text(N_("There were {count:.0f} switches."), count=changes)
    made.append(Check("switches", light, float(changes), sentence))
    return tuple(check for check in made if check is not None)


def _carry_over(switches: Switches, lags: int, bias: float) -> Check | None:
    """Whether what was on before still counts."""
    if lags == 0:
        return None
    columns = [switches.lagged(lag) for lag in range(lags + 1)]
    fitted = _regress(switches, _known(columns), columns)
    effect = fitted.coef[1 : lags + 1]
    covariance = fitted.covariance[1 : lags + 1, 1 : lags + 1]
    wald = float(effect @ np.linalg.pinv(covariance) @ effect) / lags
    p_value = float(stats.f.sf(wald, lags, fitted.df))
    light: Light = "amber" if p_value < DOUBT else "green"
    sentence = text(
        N_("Carry-over from earlier periods is {sum:.4g} (p = {p:.2g}); the naive "
           "difference is off by {bias:.4g}."),
        sum=float(effect.sum()), p=p_value, bias=bias,
    )  # fmt: skip
    return Check("carry_over", light, p_value, sentence)


def _longer(switches: Switches, lags: int) -> Check | None:
    """Whether carry-over reaches farther back than was allowed for."""
    try:
        table, _ = lag_model(switches, lags + 1)
    except NotEnoughData:
        return None
    p_value = float(table["p_value"].iloc[-1])
    light: Light = "green"
    if p_value < DOUBT:
        light = "red" if p_value < _SURE else "amber"
    sentence = text(
        N_("One period farther back counts with p = {p:.2g}; if it does, give more "
           "lags."),
        p=p_value,
    )  # fmt: skip
    return Check("longer_carry_over", light, p_value, sentence)
