"""Conditions of a sound answer: green, amber or red, each with its figure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import InvalidInput
from analysis.stats.multiplicity import holm
from analysis.strategies.results import Check, Light, text
from analysis.words import N_

#: Chance of a false alarm below which a mismatch is called (Fabijan and others 2019).
MISMATCH = 0.001
DOUBT = 0.05
#: Shares this near to equal ones were meant to be equal, relative to the share.
_MEANT_EQUAL = 0.1
_FEW_ROWS = 30
_FEW_EVENTS = 10
HEAVY_ROW = 0.1
_LEAST_PERIODS = 5


def sample_ratio(
    counts: Mapping[Hashable, float], planned: Mapping[Hashable, float] | None = None
) -> Check:
    """Whether the arms have the sizes that were planned (sample-ratio mismatch).

    Args:
        counts: Units by arm.
        planned: Shares by arm; None takes equal ones.

    Reference:
        Fabijan and others 2019, https://doi.org/10.1145/3292500.3330722

    >>> check = sample_ratio({"a": 821_588, "b": 815_482})
    >>> check.light, f"{check.value:.1e}"
    ('red', '1.8e-06')
    """
    seen = np.array(list(counts.values()), dtype=float)
    shares = _planned_shares(list(counts), planned)
    expected = shares * seen.sum()
    p_value = float(stats.chisquare(seen, expected).pvalue)
    parts = ", ".join(f"{arm}: {count:,.0f}" for arm, count in counts.items())
    if p_value >= MISMATCH:
        sentence = text(
            N_("The arms are as large as planned ({parts}; p = {p:.2g})."),
            parts=parts, p=p_value,
        )  # fmt: skip
        return Check("sample_ratio", "green", p_value, sentence)
    far = np.abs(seen / expected - 1).max() > _MEANT_EQUAL
    if planned is None and far:
        sentence = text(
            N_("The arms differ in size ({parts}). Give the planned shares to check."),
            parts=parts,
        )
        return Check("sample_ratio", "amber", p_value, sentence)
    sentence = text(
        N_(
            "The arms are not as large as planned ({parts}; p = {p:.2g}): units were "
            "lost or assigned wrongly. Find out where before you read the effect."
        ),
        parts=parts,
        p=p_value,
    )
    return Check("sample_ratio", "red", p_value, sentence)


def _planned_shares(
    arms: Sequence[Hashable], planned: Mapping[Hashable, float] | None
) -> np.ndarray:
    if planned is None:
        return np.full(len(arms), 1 / len(arms))
    lookup = {str(arm): share for arm, share in planned.items()}
    shares = np.array([lookup.get(str(arm), np.nan) for arm in arms], dtype=float)
    if np.isnan(shares).any() or not (shares > 0).all():
        raise InvalidInput(
            N_("The planned shares name {seen}, the arms are {arms}."),
            hint=N_("Give a share above 0 for every arm."),
            seen=", ".join(lookup),
            arms=", ".join(str(arm) for arm in arms),
        )
    return shares / shares.sum()


def missing_outcome(missing: pd.DataFrame) -> Check | None:
    """Whether outcomes are missing more often in one arm."""
    if len(missing) < 2 or missing["missing"].sum() == 0:  # noqa: PLR2004 - a pair
        return None
    lacking = missing["missing"].to_numpy(dtype=float)
    total = missing["n"].to_numpy(dtype=float)
    table = np.array([lacking, total - lacking])
    if (table.sum(axis=1) == 0).any():
        return None
    p_value = float(stats.chi2_contingency(table, correction=False).pvalue)
    shares = ", ".join(
        f"{arm}: {share:.1%}"
        for arm, share in zip(missing.index, lacking / total, strict=True)
    )
    sentence = text(
        N_("Outcomes are missing by arm: {shares} (p = {p:.2g})."),
        shares=shares,
        p=p_value,
    )
    return Check("missing_outcome", by_p_value(p_value), p_value, sentence)


def missing_change(rows: pd.DataFrame, treated: pd.Series, post: pd.Series) -> Check:
    """Whether the share without an outcome moved otherwise for treated units.

    Amber at most: such a share moves for many reasons that are not the treatment's.

    Args:
        rows: ``size`` with an outcome out of ``total``.
        treated: Whether a row's unit is treated, by row.
        post: Whether a row lies after the start, by row.
    """
    sums = rows.groupby([treated.to_numpy(), post.to_numpy()])[["size", "total"]].sum()
    share = 1 - sums["size"] / sums["total"]
    spread = share * (1 - share) / sums["total"]
    signs = np.array([1.0 if one == two else -1.0 for one, two in sums.index])
    change = float((signs * share).sum())
    se = float(np.sqrt(spread.sum()))
    p_value = float(2 * stats.norm.sf(abs(change) / se)) if se > 0 else 1.0
    light: Light = "amber" if p_value < MISMATCH else "green"
    sentence = text(
        N_("The share of orders without an outcome moved by {change:+.2%} more for "
           "treated units (p = {p:.2g})."),
        change=change, p=p_value,
    )  # fmt: skip
    return Check("missing_outcome", light, p_value, sentence)


def by_p_value(p_value: float) -> Light:
    """Red below 0.001, amber below 0.05."""
    if p_value < MISMATCH:
        return "red"
    return "amber" if p_value < DOUBT else "green"


def balance(rows: pd.DataFrame, covariates: Sequence[str]) -> Check | None:
    """Whether the arms were alike before the start (Welch tests, Holm)."""
    arms = [part for _, part in rows.groupby("treatment", sort=True)]
    found = {
        name: _least_alike([part[name].to_numpy() for part in arms])
        for name in covariates
    }
    return worst_balance(found)


def worst_balance(found: Mapping[str, float]) -> Check | None:
    """The covariate that is least alike, by p-values that Holm corrects."""
    found = {name: p for name, p in found.items() if np.isfinite(p)}
    if not found:
        return None
    adjusted = holm(list(found.values()))
    worst = int(np.argmin(adjusted))
    p_value = float(adjusted[worst])
    sentence = text(
        N_("Before the start the arms differ most in {name} (p = {p:.2g})."),
        name=list(found)[worst].removeprefix("x: "),
        p=p_value,
    )
    return Check("balance", by_p_value(p_value), p_value, sentence)


def _least_alike(parts: list[np.ndarray]) -> float:
    if any(len(part) < 2 for part in parts) or all(np.ptp(p) == 0 for p in parts):  # noqa: PLR2004
        return np.nan
    pairs = [
        float(stats.ttest_ind(parts[0], other, equal_var=False).pvalue)
        for other in parts[1:]
    ]
    return float(np.nanmin(pairs)) if np.isfinite(pairs).any() else np.nan


def enough(counts: Mapping[Hashable, float], *, least: int = _FEW_ROWS) -> Check:
    """Whether every arm has enough rows for its mean to be near normal."""
    arm, smallest = min(counts.items(), key=lambda item: item[1])
    light: Light = "green" if smallest >= least else "amber"
    sentence = text(
        N_("The smallest arm, {arm}, has {n:,.0f} rows."), arm=arm, n=smallest
    )
    return Check("enough_data", light, float(smallest), sentence)


def few_events(rows: pd.DataFrame) -> Check:
    """Whether a 0/1 outcome happened, and failed to happen, often enough."""
    grouped = rows.groupby("treatment")["outcome"]
    return events(
        float(min(grouped.sum().min(), (grouped.size() - grouped.sum()).min()))
    )


def events(least: float) -> Check:
    """Whether the arm with fewest events, or fewest rows without one, has enough."""
    if least >= _FEW_EVENTS:
        sentence = text(N_("Every arm has {n:.0f} events or more."), n=least)
        return Check("few_events", "green", least, sentence)
    sentence = text(
        N_("An arm has only {n:.0f} events: look at method='score' too."),
        n=least,
    )
    return Check("few_events", "amber", least, sentence)


def outliers(values: np.ndarray) -> Check:
    """Whether a single row carries much of the spread."""
    squares = (values - values.mean()) ** 2
    total = float(squares.sum())
    share = float(squares.max()) / total if total else 0.0
    light: Light = "amber" if share > HEAVY_ROW and len(values) > _FEW_ROWS else "green"
    sentence = text(
        N_("The most extreme row carries {share:.1%} of the spread."), share=share
    )
    return Check("outliers", light, share, sentence)


def cluster_count(clusters: int, *, few: int, procedure: str = "") -> Check:
    """Whether there are enough clusters for the usual cluster-robust error.

    Args:
        clusters: Number of clusters.
        few: Clusters from which on it is trusted.
        procedure: Method used; what it does about few clusters is said.
    """
    light: Light = "green" if clusters >= few else "amber"
    template = N_("There are {n} clusters.")
    if light == "amber":
        template = _OF_FEW.get(procedure, template)
    return Check("clusters", light, float(clusters), text(template, n=clusters))


_OF_FEW: Mapping[str, str] = {
    "imputation": N_(
        "There are {n} clusters: errors and degrees of freedom are those for few of "
        "them. Try it on your own history on the page Calibration."
    ),
    "imputation_plain": N_(
        "There are {n} clusters, too few or too large for the errors for few of them: "
        "the usual errors call chance an effect more often than promised. Try it on "
        "your own history on the page Calibration."
    ),
    "callaway_santanna": N_(
        "There are {n} clusters: with so few, group-time effects call chance an effect "
        "more often than promised. Prefer imputation, and try both on your own history "
        "on the page Calibration."
    ),
    "wild_bootstrap": N_(
        "There are {n} clusters, so interval and p-value are drawn (wild bootstrap)."
    ),
    "randomisation": N_(
        "There are {n} clusters, so interval and p-value are drawn (randomisation)."
    ),
}


def contamination(both: int, units: int) -> Check:
    """Whether units were in two arms; such units were left out."""
    light: Light = "green" if both == 0 else "amber"
    sentence = text(
        N_("{both} of {units} units were in two arms and are left out."),
        both=both,
        units=units,
    )
    return Check("two_arms", light, both / units, sentence)


def trend_of_effects(effect: np.ndarray, weight: np.ndarray) -> Check | None:
    """Whether effects by period have a slope, known variances (novelty, learning).

    Args:
        effect: Effects in time order.
        weight: One over their variances.
    """
    if len(effect) < _LEAST_PERIODS:
        return None
    step = np.arange(len(effect)) - np.average(np.arange(len(effect)), weights=weight)
    information = float((weight * step**2).sum())
    slope = float((weight * step * effect).sum()) / information
    p_value = float(2 * stats.norm.sf(abs(slope) * np.sqrt(information)))
    light: Light = "amber" if p_value < DOUBT else "green"
    sentence = text(
        N_("The effect changes by {slope:.3g} a period (p = {p:.2g})."),
        slope=slope,
        p=p_value,
    )
    return Check("novelty", light, p_value, sentence)
