"""One or few treated places: synthetic control and its placebos."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from analysis.errors import InvalidInput, UnknownName
from analysis.strategies import synthetic
from analysis.strategies.donors import Donors, read_donors
from analysis.strategies.results import (
    Check,
    Estimate,
    Finding,
    Light,
    Text,
    as_share,
    student,
    text,
)
from analysis.strategies.study import Study
from analysis.strategies.synthetic import Synthetic
from analysis.words import N_

_ALIASES = {
    "sc": "synthetic_control",
    "synthetic": "synthetic_control",
    "demeaned_synthetic_control": "demeaned",
    "synthetic_did": "sdid",
    "synthetic_difference_in_differences": "sdid",
}
_REFERENCES = {
    "synthetic_control": "Abadie, Diamond and Hainmueller 2010",
    "demeaned": "Ferman and Pinto 2021",
    "sdid": "Arkhangelsky et al. 2021",
    "did": "Difference in differences",
}
_POOR_FIT = 0.5
_BAD_FIT = 1.0
_FAR = 2.0
_LEAST_BEFORE = 6
_FEW_DONORS = 10
_TINY = 1e-300

Model = Callable[[Donors], Synthetic]


def evaluate_synthetic(study: Study) -> Finding:
    """Compare the treated with a mix of the untreated."""
    donors = read_donors(study)
    method = _method(study)
    found, placebos, estimate = _estimated(study, donors, method)
    again = _models(found)[method]
    baseline = float(found.synthetic[donors.before :].mean())
    return Finding(
        estimate=estimate,
        method=method,
        estimand=text(
            N_("Mean effect on {what} of the treated after the start."),
            what=study.strategy.outcome,
        ),
        reference=_REFERENCES[method],
        n=int(donors.outcome.size + donors.treated.size),
        estimates=_by_period(donors, found),
        baseline=baseline,
        relative=as_share(estimate, baseline),
        checks=_checks(donors, found, estimate, placebos, again),
        why=text(
            N_("One or few places were treated: a mix of others stands for them.")
        ),
        notes=(*donors.notes, _note()),
        series=_series(donors, found),
        extra=_extra(donors, found, placebos),
    )


def estimate_synthetic(study: Study) -> Estimate:
    """Only the effect, as `evaluate_synthetic` gives it."""
    return _estimated(study, read_donors(study), _method(study))[2]


def _estimated(
    study: Study, donors: Donors, method: str
) -> tuple[Synthetic, pd.DataFrame, Estimate]:
    found = _first(study, donors, method)
    placebos = _placebos(donors, _models(found)[method])
    return found, placebos, _estimate(donors, found, placebos, method, study.alpha)


def _method(study: Study) -> str:
    asked = study.strategy.method
    name = "synthetic_control" if asked is None else _ALIASES.get(asked, asked)
    if name not in _REFERENCES:
        raise UnknownName.of("method", asked, (*_REFERENCES, *_ALIASES))
    if study.strategy.predictors and name != "synthetic_control":
        raise InvalidInput(
            N_("Method {seen} takes no predictors."),
            hint=N_("Leave predictors out, or use the method synthetic_control."),
            seen=name,
        )
    return name


def _first(study: Study, donors: Donors, method: str) -> Synthetic:
    if method == "synthetic_control":
        return synthetic.synthetic_control(donors, rng=study.rng)
    return _models(None)[method](donors)


def _models(found: Synthetic | None) -> Mapping[str, Model]:
    """Methods by name; predictors keep the importance found for the treated."""
    importance = None if found is None else found.importance
    return {
        "synthetic_control": lambda donors: synthetic.synthetic_control(
            donors, importance=importance
        ),
        "demeaned": synthetic.demeaned_control,
        "sdid": synthetic.synthetic_did,
        "did": synthetic.did,
    }


def _placebos(donors: Donors, model: Model) -> pd.DataFrame:
    """The same analysis with every donor in the place of the treated."""
    rows = []
    for place, name in enumerate(donors.names):
        one = donors.placebo(place)
        if len(one.names) < 2:  # noqa: PLR2004 - a mix takes two
            continue
        found = model(one)
        gap = one.treated - found.synthetic
        late = float(np.sqrt(np.mean(gap[one.before :] ** 2)))
        rows.append((name, found.effect, found.fit, late))
    return pd.DataFrame(rows, columns=["unit", "effect", "fit", "after"])


def _estimate(
    donors: Donors, found: Synthetic, placebos: pd.DataFrame, method: str, alpha: float
) -> Estimate:
    """Error from the spread of placebo effects.

    For the matching methods each placebo effect is first brought to the fit of the
    treated, as in the ratio of errors after and before; the noise of a single period is
    added to both fits, for a fit without error says nothing of the time after it. For
    the difference methods it is taken as it is (Arkhangelsky et al. 2021, algorithm 4).
    """
    effects = placebos["effect"].to_numpy(dtype=float)
    if method in ("synthetic_control", "demeaned"):
        fits = placebos["fit"].to_numpy(dtype=float)
        noise = float(np.diff(donors.outcome[: donors.before], axis=0).var()) / 2
        if found.fit > 0 or noise > 0:
            effects = effects * np.sqrt(
                (found.fit**2 + noise) / np.maximum(fits**2 + noise, _TINY)
            )
        spread = float(np.mean(effects**2)) if len(effects) else np.nan
    else:
        spread = float(effects.var(ddof=1)) if len(effects) > 1 else np.nan
    df = float(max(len(effects) - 1, 1))
    se = float(np.sqrt(spread / donors.treated_units))
    return student(found.effect, se, alpha=alpha, df=df)


def _note() -> Text:
    return text(
        N_("The error comes from placebos in space: untreated units analysed as if "
           "they had been treated.")
    )  # fmt: skip


def _by_period(donors: Donors, found: Synthetic) -> pd.DataFrame:
    gap = donors.treated - found.synthetic
    return pd.DataFrame(
        {"period": list(donors.periods),
         "event_time": np.arange(len(gap)) - donors.before, "effect": gap,
         "actual": donors.treated, "counterfactual": found.synthetic}
    )  # fmt: skip


def _series(donors: Donors, found: Synthetic) -> pd.DataFrame:
    table = _by_period(donors, found).rename(columns={"effect": "difference"})
    late = np.where(table["event_time"] >= 0, table["difference"], 0.0)
    return table.assign(cumulated=np.cumsum(late))


def _extra(
    donors: Donors, found: Synthetic, placebos: pd.DataFrame
) -> dict[str, object]:
    weights = pd.DataFrame({"unit": list(donors.names), "weight": found.weights})
    ratio = _ratio(donors, found)
    own = placebos["after"] / placebos["fit"].where(placebos["fit"] > 0)
    rank = (1 + int((own >= ratio).sum())) / (1 + len(own))
    extra: dict[str, object] = {
        "weights": weights.sort_values("weight", ascending=False, ignore_index=True),
        "placebos": placebos,
        "placebo_rank": rank,
    }
    if len(donors.predictor_names):
        extra["importance"] = pd.DataFrame(
            {"predictor": donors.predictor_names, "weight": found.importance,
             "treated": donors.predictors[:, 0],
             "synthetic": donors.predictors[:, 1:] @ found.weights}
        )  # fmt: skip
    return extra


def _ratio(donors: Donors, found: Synthetic) -> float:
    gap = (donors.treated - found.synthetic)[donors.before :]
    return float(np.sqrt(np.mean(gap**2))) / found.fit if found.fit else np.inf


def _checks(
    donors: Donors,
    found: Synthetic,
    estimate: Estimate,
    placebos: pd.DataFrame,
    model: Model,
) -> tuple[Check, ...]:
    made = [
        _fit(donors, found),
        _rank(donors, found, placebos),
        _leave_one_out(donors, found, estimate, model),
        _placebo_in_time(donors, estimate, model),
    ]
    return tuple(check for check in made if check is not None)


def _fit(donors: Donors, found: Synthetic) -> Check:
    """Whether the mix follows the treated before the start."""
    spread = float(donors.treated[donors.fit].std())
    share = found.fit / spread if spread else np.inf
    light: Light = "green"
    if share > _POOR_FIT:
        light = "red" if share > _BAD_FIT else "amber"
    sentence = text(
        N_("Before the start the mix is off by {fit:.3g}, {share:.0%} of the spread."),
        fit=found.fit,
        share=share,
    )
    return Check("fit_before", light, share, sentence)


def _rank(donors: Donors, found: Synthetic, placebos: pd.DataFrame) -> Check:
    """Place of the treated among placebos by the ratio of errors after and before."""
    rank = float(_extra(donors, found, placebos)["placebo_rank"])  # type: ignore[arg-type]
    light: Light = "green" if len(placebos) >= _FEW_DONORS else "amber"
    sentence = text(
        N_("Among {count} units the change of the fit is exceeded with p = {p:.2g}."),
        count=len(placebos) + 1,
        p=rank,
    )
    return Check("placebo_in_space", light, rank, sentence)


def _leave_one_out(
    donors: Donors, found: Synthetic, estimate: Estimate, model: Model
) -> Check | None:
    """Whether the effect hangs on a single donor."""
    used = np.nonzero(found.weights > 0.01)[0]  # noqa: PLR2004 - one per cent
    if len(donors.names) <= 2:  # noqa: PLR2004 - a mix takes two
        return None
    effects = [model(donors.without(int(place))).effect for place in used]
    low, high = min(effects), max(effects)
    far = max(abs(low - estimate.effect), abs(high - estimate.effect))
    turned = low * estimate.effect < 0 or high * estimate.effect < 0
    light: Light = "amber" if turned or not far < _FAR * estimate.se else "green"
    sentence = text(
        N_("Without one of its units the effect is {low:.4g} to {high:.4g}."),
        low=low,
        high=high,
    )
    return Check("leave_one_out", light, far, sentence)


def _placebo_in_time(donors: Donors, estimate: Estimate, model: Model) -> Check | None:
    """Whether a start halfway before the real one shows an effect."""
    before = donors.before // 2
    if donors.before < _LEAST_BEFORE or len(donors.predictors):
        return None
    effect = model(donors.earlier(before)).effect
    light: Light = "green" if abs(effect) < _FAR * estimate.se else "amber"
    sentence = text(
        N_("A start halfway before the real one shows {effect:.4g}."), effect=effect
    )
    return Check("placebo_in_time", light, effect, sentence)
