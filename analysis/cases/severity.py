"""Harsh and lenient reviewers, compared on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import special

from analysis.cases.decided import first_hand
from analysis.words import N_

Floats = NDArray[np.float64]
Places = NDArray[np.integer]

#: Discordant pairs below which the same cases say too little.
ENOUGH_PAIRS: Final = 40
#: Decisions below which a reviewer is not looked at.
ENOUGH_DECISIONS: Final = 20
#: Half a case won and lost against the average: keeps estimates finite, weighs little.
_PRIOR: Final = 0.5
_LEAST_REVIEWERS: Final = 3

SAME_CASES: Final = N_("Compared on cases that two people decided independently.")
SAME_SUGGESTION: Final = N_(
    "Compared on cases of the same severity for which the rules suggest the same party."
)
TOO_FEW: Final = N_(
    "Too few decisions of three reviewers or more to compare: let more cases be "
    "reviewed twice."
)
COLUMNS: Final = (
    "reviewer", "decisions", "compared", "rate", "expected", "difference",
    "difference_low", "difference_high", "odds_ratio", "p_value", "p_adjusted",
    "verdict",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Severity:
    """How often reviewers blame a party, other things equal.

    Attributes:
        table: One row a reviewer: reviewer, decisions, compared (decisions that could
            be compared), rate (share of these that blame the party), expected (the
            same share of the others on the same cases), difference, difference_low,
            difference_high (shrunk towards none), odds_ratio (against the reviewers
            who are not named), p_value, p_adjusted, verdict (``harsh``, ``lenient`` or
            empty).
        party: Party blamed.
        method: How the case mix was held equal, a text marked for translation.
        note: Why there is no comparison; empty if there is one.
    """

    table: pd.DataFrame
    party: str
    method: str
    note: str


@dataclass(frozen=True, slots=True)
class _Compared:
    """Decisions side by side.

    Attributes:
        reviewers: Names, in the order of the effects.
        effects: Log-odds of blaming, up to a constant.
        covariance: Of the effects.
        own: Index of the reviewer of each comparison.
        other: Index of whom they are compared with; -1 for all others together.
        blames: Whether the reviewer blames the party.
        others_blame: Whether the other does; a share where it is all others.
    """

    reviewers: tuple[str, ...]
    effects: Floats
    covariance: Floats
    own: Places
    other: Places
    blames: Floats
    others_blame: Floats


def severity(
    decisions: pd.DataFrame,
    *,
    party: str = "rider",
    alpha: float = 0.05,
    least: float = 0.03,
) -> Severity:
    """Find reviewers who blame a party more, or less, than others on the same cases.

    Two people on one case face the same facts, so only cases on which they differ tell
    of their severity: a logit on these pairs, the conditional likelihood of Rasch's
    model. Without double reviews, cases are held alike by what the rules suggest. The
    most extreme reviewer is tested against the mean of the rest, taken out if named,
    and so on with those left (Holm's steps); nobody is named because somebody else is
    extreme.

    Args:
        decisions: From ``decision_frame``.
        party: Party blamed.
        alpha: Chance of naming anybody where all judge alike.
        least: Smallest difference in the share of cases that is worth naming.

    Reference:
        Rasch 1960; Holm 1979; DerSimonian and Laird 1986,
        https://doi.org/10.1016/0197-2456(86)90046-2, for the shrinkage.
    """
    own = first_hand(decisions)[["case", "reviewer", "party", "suggested", "severity"]]
    counts = own["reviewer"].value_counts()
    own = own[own["reviewer"].isin(counts.index[counts >= ENOUGH_DECISIONS])]
    own = own.assign(blames=(own["party"] == party).astype(float))
    compared, method = _compare(own)
    if compared is None:
        return Severity(pd.DataFrame(columns=[*COLUMNS]), party, "", TOO_FEW)
    named, tests = _named(compared, alpha=alpha)
    table = _differences(compared, named).assign(**tests)
    table["decisions"] = counts.reindex(table["reviewer"]).to_numpy()
    stands_out = (table["p_adjusted"] <= alpha) & (table["difference"].abs() >= least)
    words = np.where(table["difference"] > 0, "harsh", "lenient")
    table["verdict"] = np.where(stands_out, words, "")
    ordered = table.sort_values("difference", ascending=False, ignore_index=True)
    return Severity(ordered[[*COLUMNS]], party, method, "")


def _compare(own: pd.DataFrame) -> tuple[_Compared | None, str]:
    reviewers = tuple(sorted(own["reviewer"].unique()))
    if len(reviewers) < _LEAST_REVIEWERS:
        return None, ""
    pairs = _pairs(own, reviewers)
    if int((pairs["one_blames"] != pairs["two_blames"]).sum()) >= ENOUGH_PAIRS:
        return _by_pairs(pairs, reviewers), SAME_CASES
    ruled = own[own["suggested"] != ""]
    if len(ruled) >= ENOUGH_DECISIONS * len(reviewers):
        return _by_suggestion(ruled, reviewers), SAME_SUGGESTION
    return None, ""


def _pairs(own: pd.DataFrame, reviewers: Sequence[str]) -> pd.DataFrame:
    """Every two decisions on a case; those of larger groups weigh less."""
    place = {name: number for number, name in enumerate(reviewers)}
    coded = own[["case", "blames"]].assign(
        who=own["reviewer"].map(place),
        row=np.arange(len(own)),
        weight=2 / own.groupby("case")["case"].transform("size"),
    )
    both = coded.merge(coded, on="case", suffixes=("_one", "_two"))
    both = both[both["row_one"] < both["row_two"]]
    return pd.DataFrame(
        {
            "one": both["who_one"],
            "two": both["who_two"],
            "one_blames": both["blames_one"],
            "two_blames": both["blames_two"],
            "weight": both["weight_one"],
        }
    )


def _by_pairs(pairs: pd.DataFrame, reviewers: tuple[str, ...]) -> _Compared:
    differs = pairs[pairs["one_blames"] != pairs["two_blames"]]
    unit = np.eye(len(reviewers))
    design = unit[differs["one"]] - unit[differs["two"]]
    effects, covariance = _logit(
        differs["one_blames"].to_numpy(), design, differs["weight"].to_numpy()
    )
    return _Compared(
        reviewers, effects, covariance,
        own=pairs[["one", "two"]].to_numpy().T.ravel(),
        other=pairs[["two", "one"]].to_numpy().T.ravel(),
        blames=np.concatenate([pairs["one_blames"], pairs["two_blames"]]),
        others_blame=np.concatenate([pairs["two_blames"], pairs["one_blames"]]),
    )  # fmt: skip


def _by_suggestion(ruled: pd.DataFrame, reviewers: tuple[str, ...]) -> _Compared:
    place = {name: number for number, name in enumerate(reviewers)}
    who = ruled["reviewer"].map(place).to_numpy()
    stratum, names = pd.factorize(
        ruled["suggested"] + "/" + ruled["severity"].astype(str)
    )
    design = np.hstack([np.eye(len(reviewers))[who], np.eye(len(names))[stratum]])
    blames = ruled["blames"].to_numpy(dtype=float)
    effects, covariance = _logit(blames, design, np.ones(len(ruled)))
    k = len(reviewers)
    return _Compared(
        reviewers, effects[:k], covariance[:k, :k],
        own=who, other=np.full(len(ruled), -1), blames=blames,
        others_blame=_rates_of_others(who, stratum, blames),
    )  # fmt: skip


def _rates_of_others(who: Places, stratum: Places, blames: Floats) -> Floats:
    """Share of blame in the stratum among everybody else; missing where nobody is."""
    frame = pd.DataFrame({"who": who, "stratum": stratum, "blames": blames})
    everybody = frame.groupby("stratum")["blames"].transform("sum")
    people = frame.groupby("stratum")["blames"].transform("size")
    mine = frame.groupby(["stratum", "who"])["blames"].transform("sum")
    times = frame.groupby(["stratum", "who"])["blames"].transform("size")
    others = (people - times).to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (everybody - mine).to_numpy(dtype=float) / others


def _logit(happened: Floats, design: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """A logit whose every effect also won and lost half a case against the average."""
    terms = design.shape[1]
    prior = np.vstack([np.eye(terms), np.eye(terms)])
    fitted = sm.GLM(
        np.concatenate([happened, np.ones(terms), np.zeros(terms)]),
        np.vstack([design, prior]),
        family=sm.families.Binomial(),
        freq_weights=np.concatenate([weights, np.full(2 * terms, _PRIOR)]),
    ).fit()
    return np.asarray(fitted.params), np.asarray(fitted.cov_params())


def _named(compared: _Compared, *, alpha: float) -> tuple[set[int], dict[str, Floats]]:
    """Test the most extreme against the mean of the rest, step by step."""
    k = len(compared.reviewers)
    left, named, reached = set(range(k)), set(), 0.0
    effect, p_value, adjusted = np.zeros(k), np.ones(k), np.ones(k)
    while len(left) >= _LEAST_REVIEWERS - 1:
        tested = {one: _against(compared, one, left - {one}) for one in left}
        extreme = min(tested, key=lambda one: (tested[one][1], one))
        reached = max(reached, min(1.0, tested[extreme][1] * len(left)))
        if reached > alpha:
            break
        effect[extreme], p_value[extreme] = tested[extreme]
        adjusted[extreme] = reached
        named.add(extreme)
        left.discard(extreme)
    for one in left:
        effect[one], p_value[one] = _against(compared, one, left - {one})
        adjusted[one] = max(reached, min(1.0, p_value[one] * len(left)))
    tests = {
        "odds_ratio": np.exp(effect), "p_value": p_value, "p_adjusted": adjusted
    }  # fmt: skip
    return named, tests


def _against(compared: _Compared, one: int, rest: set[int]) -> tuple[float, float]:
    """Log-odds of one against the mean of the rest, and its p-value."""
    contrast = np.zeros(len(compared.reviewers))
    contrast[sorted(rest)] = -1 / max(len(rest), 1)
    contrast[one] = 1.0
    effect = float(contrast @ compared.effects)
    error = float(np.sqrt(contrast @ compared.covariance @ contrast))
    return effect, float(2 * special.ndtr(-abs(effect) / error))


def _differences(compared: _Compared, named: set[int]) -> pd.DataFrame:
    """Shares against those of reviewers who are not named, on the same cases."""
    usual = ~np.isin(compared.other, list(named)) & ~np.isnan(compared.others_blame)
    rows = []
    for place, reviewer in enumerate(compared.reviewers):
        mine = usual & (compared.own == place)
        gap = compared.blames[mine] - compared.others_blame[mine]
        n = int(mine.sum())
        rows.append(
            {
                "reviewer": reviewer,
                "compared": n,
                "rate": compared.blames[mine].mean() if n else np.nan,
                "expected": compared.others_blame[mine].mean() if n else np.nan,
                "raw": gap.mean() if n else 0.0,
                "error": gap.std(ddof=1) / np.sqrt(n) if n > 1 else np.inf,
            }
        )
    return _shrunk(pd.DataFrame(rows))


def _shrunk(table: pd.DataFrame) -> pd.DataFrame:
    """Differences drawn towards none, the more the less is known of them."""
    raw, error = table["raw"].to_numpy(), table["error"].to_numpy()
    known = np.isfinite(error) & (error > 0)
    weights = np.where(known, 1 / np.where(known, error, 1.0) ** 2, 0.0)
    total = weights.sum()
    spread = 0.0
    if known.sum() > 1:
        surplus = (weights * raw**2).sum() - known.sum()
        spread = max(0.0, surplus / total)
    kept = np.where(known, spread / (spread + np.where(known, error, 1.0) ** 2), 0.0)
    half = -special.ndtri(0.025) * np.sqrt(kept) * np.where(known, error, 0.0)
    return table.assign(
        difference=kept * raw,
        difference_low=kept * raw - half,
        difference_high=kept * raw + half,
    ).drop(columns=["raw", "error"])
