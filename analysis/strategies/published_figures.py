"""What published results are computed from: restated figures and bundled data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from statsmodels.datasets import grunfeld as grunfeld_data
from statsmodels.datasets import longley as longley_data
from statsmodels.datasets import nile as nile_data
from statsmodels.datasets import spector as spector_data

from analysis.stats.intervals import newcombe
from analysis.stats.multiplicity import benjamini_hochberg, bonferroni
from analysis.strategies.arm_means import plain_means
from analysis.strategies.checks import sample_ratio
from analysis.strategies.contract import Strategy
from analysis.strategies.designs import found
from analysis.strategies.least_squares import Term, fit
from analysis.strategies.moments import Moments, moments_of
from analysis.strategies.planning import rule_of_thumb
from analysis.strategies.proportions import Counts, score_difference
from analysis.strategies.results import Finding
from analysis.strategies.study import read_study
from analysis.strategies.twfe import two_way

_ALPHA = 0.05
_BOTH = Counts(56, 70, 48, 80)
#: Hours of sleep gained by two soporifics (Student 1908).
_FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
_SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
#: Dried weights of plants under control and treatment (Dobson 1990).
_CONTROL = (4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14)
_TREATED = (4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69)
#: p-values of 15 hypotheses (Benjamini and Hochberg 1995, section 4.1).
_P_VALUES = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
    0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
)  # fmt: skip


def _evaluated(data: pd.DataFrame, strategy: Strategy) -> Finding:
    return found(read_study(data, strategy, alpha=_ALPHA, seed=0))


def _arms(control: Sequence[float], treated: Sequence[float]) -> pd.DataFrame:
    arm = np.repeat([0, 1], [len(control), len(treated)])
    return pd.DataFrame({"arm": arm, "y": [*control, *treated]})


def soporifics() -> list[float]:
    """Effect, bounds and p-value of one soporific against the other."""
    one = _evaluated(_arms(_FIRST, _SECOND), Strategy("ab", "y", treatment="arm"))
    estimate = one.estimate
    return [estimate.effect, *estimate.interval, estimate.p_value]


def plants() -> list[float]:
    """Effect, error and p-value with one variance for both groups."""
    strategy = Strategy("ab", "y", treatment="arm", method="student")
    estimate = _evaluated(_arms(_CONTROL, _TREATED), strategy).estimate
    return [estimate.effect, estimate.se, estimate.p_value]


def _sums() -> Moments:
    n = np.array([3407.0, 3461.0])
    total, squares = np.array([1396.87, 2422.7]), np.array([52377.98, 134698.29])
    return Moments(
        ("revenue",), pd.DataFrame({"treatment": [0, 1]}), n, n, np.zeros(1),
        total[:, None], squares[:, None, None],
    )  # fmt: skip


def revenue() -> list[float]:
    """Bounds and p-value from n, sums and sums of squares."""
    estimate = plain_means(_sums(), "revenue").difference(1, 0, alpha=_ALPHA)
    return [*estimate.interval, estimate.p_value]


def revenue_in_per_cent() -> list[float]:
    """The same as a share of the control mean."""
    means = plain_means(_sums(), "revenue")
    estimate = means.relative_by_delta(1, 0, alpha=_ALPHA)
    return [estimate.effect, *estimate.interval]


def miettinen_nurminen() -> list[float]:
    """Bounds of a difference of proportions."""
    return list(score_difference(_BOTH).interval)


def mee() -> list[float]:
    """Bounds without the factor N / (N - 1)."""
    return list(score_difference(_BOTH, corrected=False).interval)


def newcombe_of_both() -> list[float]:
    """Bounds from two Wilson intervals."""
    both = newcombe(56, 70, 48, 80)
    return [float(both.low), float(both.high)]


def aspirin() -> list[float]:
    """Effect, error and bounds: heart attacks under placebo less under aspirin."""
    hits = np.repeat([1, 0, 1, 0], [189, 11_034 - 189, 104, 11_037 - 104])
    arm = np.repeat(["placebo", "aspirin"], [11_034, 11_037])
    strategy = Strategy("ab", "hit", treatment="arm", control="aspirin")
    data = pd.DataFrame({"arm": arm, "hit": hits})
    estimate = _evaluated(data, strategy).estimate
    return [estimate.effect, estimate.se, *estimate.interval]


def teaching() -> list[float]:
    """Effect and error of a teaching method, least squares with two covariates."""
    data = spector_data.load_pandas().data
    strategy = Strategy(
        "ab", "GRADE", treatment="PSI", covariates=("GPA", "TUCE"), method="ols"
    )
    estimate = _evaluated(data, strategy).estimate
    return [estimate.effect, estimate.se]


def longley() -> list[float]:
    """Coefficient and error of the year among six series that hang together."""
    data = longley_data.load_pandas().data
    names = ["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]
    moments = moments_of(data, ["TOTEMP", *names], by=[])
    one = np.ones(1)
    terms = [Term("constant", one), *[Term(name, one, name) for name in names]]
    fitted = fit(moments, "TOTEMP", terms)
    place = fitted.index("YEAR")
    error = np.sqrt(fitted.classical()[place, place])
    return [float(fitted.coef[place]), float(error)]


def tea() -> list[float]:
    """One-sided p-value of all eight cups named right."""
    kind = np.arange(8) % 2
    data = pd.DataFrame({"arm": kind, "cup": np.arange(8), "said": kind})
    strategy = Strategy(
        "ab", "said", treatment="arm", cluster=("cup",), method="randomisation"
    )
    return [_evaluated(data, strategy).estimate.p_value / 2]


def mismatch() -> list[float]:
    """p-value of a sample-ratio mismatch."""
    return [sample_ratio({"a": 821_588, "b": 815_482}).value]


def sample_size() -> list[float]:
    """16 times the variance over the squared effect."""
    return [rule_of_thumb(0.05 * 0.95, 0.05 * 0.05)]


def thrombolysis() -> list[float]:
    """Hypotheses rejected by two corrections."""
    return [
        float((correct(_P_VALUES) <= _ALPHA).sum())
        for correct in (benjamini_hochberg, bonferroni)
    ]


def grunfeld() -> list[float]:
    """Coefficients of value and capital with firms and years taken out."""
    data = grunfeld_data.load_pandas().data
    data = data[data["firm"] != "American Steel"]
    rows = data.rename(columns={"invest": "outcome", "firm": "unit", "year": "time"})
    rows = rows.assign(weight=1.0)
    names = ("value", "capital")
    return [
        two_way(rows, rows[name].to_numpy(), covariates=[other]).effect
        for name, other in (names, names[::-1])
    ]


def wrong_sign() -> list[float]:
    """Two groups by three periods; effects of 1, and of 4 in the last period."""
    table = {1: (0.0, 0.0, 1.0), 2: (0.0, 1.0, 4.0)}
    start = {1: 3, 2: 2}
    data = pd.DataFrame(
        [
            {"unit": 10 * group + copy, "period": place + 1, "y": value,
             "first": start[group]}
            for group, values in table.items()
            for copy in range(2)
            for place, value in enumerate(values)
        ]
    )  # fmt: skip
    usual = Strategy("staggered", "y", treatment="first", unit="unit", time="period")
    twfe = _evaluated(data, replace(usual, method="twfe"))
    first = _evaluated(data, usual)
    return [twfe.estimate.effect, first.estimate.effect]


def nile() -> list[float]:
    """Step of the level in 1899, and the level before."""
    data = nile_data.load_pandas().data
    strategy = Strategy("its", "volume", time="year", start=1899, method="level")
    one = _evaluated(data, strategy)
    return [one.estimate.effect, one.baseline]


def carried() -> list[float]:
    """Effect and carry-over of a switchback without noise."""
    on = np.random.default_rng(0).integers(0, 2, 200).astype(float)
    before = np.concatenate([[0.0], on[:-1]])
    data = pd.DataFrame(
        {"t": np.arange(200), "on": on, "y": 5 + 0.6 * on + 0.4 * before}
    )
    strategy = Strategy("switchback", "y", treatment="on", time="t", lags=1)
    one = _evaluated(data, strategy)
    return [one.estimate.effect, float(one.estimates["effect"].iloc[1])]


def mixed() -> list[float]:
    """Effect and largest weight of a mix of two places out of six."""
    courses = np.random.default_rng(0).normal(size=(30, 6)).cumsum(axis=0)
    treated = 0.3 * courses[:, 0] + 0.7 * courses[:, 1]
    treated[20:] += 2.0
    wide = np.column_stack([treated, courses])
    time, place = (part.ravel() for part in np.mgrid[0:30, 0:7])
    data = pd.DataFrame({"t": time, "place": place, "y": wide.ravel()})
    strategy = Strategy(
        "synthetic_control", "y", unit="place", time="t", treated=0, start=20
    )
    one = _evaluated(data, strategy)
    weights = one.extra["weights"]
    return [one.estimate.effect, float(weights["weight"].max())]  # type: ignore[index]
