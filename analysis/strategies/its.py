"""Before and after without a control: interrupted time series."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from statsmodels.stats.diagnostic import acorr_ljungbox

from analysis.errors import UnknownName
from analysis.strategies.checks import DOUBT
from analysis.strategies.its_components import unobserved_components
from analysis.strategies.its_counts import counts
from analysis.strategies.its_models import (
    Interrupted,
    arima,
    newey_west_lags,
    segmented,
)
from analysis.strategies.results import (
    Check,
    Estimate,
    Finding,
    Light,
    Text,
    as_share,
    text,
)
from analysis.strategies.study import Study
from analysis.strategies.timeline import Timeline, read_timeline
from analysis.words import N_

_ALIASES = {
    "uc": "unobserved_components",
    "structural": "unobserved_components",
    "local_level": "unobserved_components",
    "segmented_regression": "segmented",
    "arma": "arima",
    "regression_with_arma_errors": "arima",
    "quasi_poisson": "poisson",
    "binomial": "quasi_binomial",
    "step": "level",
}
_REFERENCES = {
    "unobserved_components": "Commandeur and Koopman 2007, chapters 6 and 7",
    "segmented": "Wagner et al. 2002; Turner et al. 2021 on its errors",
    "newey_west": "Wagner et al. 2002; Newey and West 1987",
    "level": "Turner et al. 2021",
    "arima": "Box and Tiao 1975",
    "poisson": "Bernal, Cummins and Gasparrini 2017",
    "quasi_binomial": "Bernal, Cummins and Gasparrini 2017",
}
_PLACEBOS = 4
_LEAST_PLACEBO = 6
_DAYS_IN_YEAR = 365
_HALF = 0.5


def evaluate_its(study: Study) -> Finding:
    """Compare the series after the start with what it would have been."""
    line = read_timeline(study)
    method = _method(study)
    model = _models(study)[method]
    found = model(line)
    baseline = float(found.without[line.before :].mean())
    relative = found.relative or as_share(found.estimate, baseline)
    return Finding(
        estimate=found.estimate,
        method=method,
        estimand=text(
            N_("Mean change of {what} after the start against its own course before."),
            what=study.strategy.outcome,
        ),
        reference=_REFERENCES[method],
        n=line.n,
        estimates=found.table,
        baseline=baseline,
        relative=relative,
        checks=_checks(study, line, found, model),
        why=text(N_("There is no control: the series is compared with its own past.")),
        notes=(*line.notes, _warning()),
        series=_series(line, found),
        extra={"level_before_after": _levels(line)},
    )


def estimate_its(study: Study) -> Estimate:
    """Only the effect, with the interval and p-value that `evaluate_its` gives it."""
    return _models(study)[_method(study)](read_timeline(study)).estimate


def _method(study: Study) -> str:
    asked = study.strategy.method
    name = "unobserved_components" if asked is None else _ALIASES.get(asked, asked)
    if name not in _REFERENCES:
        raise UnknownName.of("method", asked, (*_REFERENCES, *_ALIASES))
    return name


def _models(study: Study) -> dict[str, Callable[[Timeline], Interrupted]]:
    alpha, lags = study.alpha, study.strategy.lags

    def classic(line: Timeline) -> Interrupted:
        chosen = newey_west_lags(line.n) if lags is None else lags
        return segmented(line, alpha=alpha, lags=chosen)

    return {
        "unobserved_components": lambda line: unobserved_components(line, alpha=alpha),
        "segmented": lambda line: segmented(line, alpha=alpha, lags=lags),
        "newey_west": classic,
        "level": lambda line: segmented(line, alpha=alpha, lags=lags, trend=False),
        "arima": lambda line: arima(line, alpha=alpha),
        "poisson": lambda line: counts(line, alpha=alpha, lags=lags),
        "quasi_binomial": lambda line: counts(
            line, alpha=alpha, lags=lags, binomial=True
        ),
    }


def _warning() -> Text:
    return text(
        N_("Without a control, whatever else changed at the same time looks like an "
           "effect.")
    )  # fmt: skip


def _series(line: Timeline, found: Interrupted) -> pd.DataFrame:
    gap = line.outcome - found.without
    return pd.DataFrame(
        {
            "period": list(line.times),
            "actual": line.outcome,
            "counterfactual": found.without,
            "difference": gap,
            "cumulated": np.cumsum(np.where(line.step == 1, gap, 0.0)),
        }
    )


def _levels(line: Timeline) -> pd.DataFrame:
    before, after = line.outcome[: line.before], line.outcome[line.before :]
    return pd.DataFrame(
        {"when": ["before", "after"], "mean": [before.mean(), after.mean()],
         "n": [len(before), len(after)]}
    )  # fmt: skip


def _checks(
    study: Study,
    line: Timeline,
    found: Interrupted,
    model: Callable[[Timeline], Interrupted],
) -> tuple[Check, ...]:
    made = [_autocorrelation(found), _placebo_dates(study, line, model), _year(line)]
    return tuple(check for check in made if check is not None)


def _autocorrelation(found: Interrupted) -> Check:
    left = found.residuals[np.isfinite(found.residuals)]
    lags = max(1, min(10, len(left) // 5))
    p_value = float(acorr_ljungbox(left, lags=[lags])["lb_pvalue"].iloc[0])
    light: Light = "green" if not p_value < DOUBT else "amber"
    sentence = text(
        N_("What the model leaves over hangs together in time with p = {p:.2g}."),
        p=p_value,
    )
    return Check("autocorrelation", light, p_value, sentence)


def _placebo_dates(
    study: Study, line: Timeline, model: Callable[[Timeline], Interrupted]
) -> Check | None:
    """Whether starts that never were show an effect too, before the real one."""
    least = max(_LEAST_PLACEBO, 2 * (line.season or 0))
    places = np.unique(
        np.linspace(least, line.before - _LEAST_PLACEBO, _PLACEBOS).astype(int)
    )
    places = places[(places >= least) & (places <= line.before - _LEAST_PLACEBO)]
    if not len(places) or line.before < least + _LEAST_PLACEBO:
        return None
    p_values = [
        model(line.first(line.before, int(place))).estimate.p_value for place in places
    ]
    share = float(np.mean(np.array(p_values) < study.alpha))
    light: Light = "green" if share == 0 else "amber"
    if share > _HALF:
        light = "red"
    sentence = text(
        N_("{share:.0%} of {count} starts that never were show an effect too."),
        share=share,
        count=len(places),
    )
    return Check("placebo_dates", light, share, sentence)


def _year(line: Timeline) -> Check | None:
    """Whether a season of the year could be the effect."""
    first, start = line.times[0], line.times[line.before]
    if not isinstance(first, pd.Timestamp) or not isinstance(start, pd.Timestamp):
        return None
    days = (start - first).days
    light: Light = "green" if days >= _DAYS_IN_YEAR else "amber"
    sentence = text(
        N_("There are {days} days before the start; less than a year cannot tell a "
           "season of the year from the effect."),
        days=days,
    )  # fmt: skip
    return Check("season_overlap", light, float(days), sentence)
