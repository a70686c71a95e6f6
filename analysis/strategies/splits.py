"""A/A on a team's own history: how often the procedure in use is wrong there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import DoorstepError, InvalidInput, NotEnoughData
from analysis.strategies.calibration import FALSE_POSITIVES, Share, share_of_few
from analysis.strategies.contract import Strategy
from analysis.strategies.designs import estimate
from analysis.strategies.moments import Floats
from analysis.strategies.redraws import places_drawn, redraws, stretches
from analysis.strategies.results import Light, Text, text
from analysis.strategies.study import Study, read_study
from analysis.words import N_

SPLITS = 500
_LEAST_SPLITS = 20
_CONFIDENCE = 0.95
_MOST_FAILED = 0.2
#: Below this a distribution of p-values is called uneven.
_UNEVEN = 0.01
#: Designs whose starts are drawn in one history.
_OVERLAPPING = ("its", "did", "synthetic_control")

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Splits:
    """What random splits of an untreated history showed.

    Attributes:
        draws: Splits that gave an answer.
        failed: Splits that could not be evaluated.
        alpha: Level of the tests.
        p_values: One per split, (draws,).
        effects: One per split; all of them chance, (draws,).
        error: Share of splits called an effect, with its 95 % interval.
        coverage: Share of intervals that hold 0, with its 95 % interval.
        uniformity: p-value of the p-values being spread evenly.
        light: Green where the error reaches 4 to 6 %, red where it is surely above.
        sentence: What that means.
        notes: What the reader must know of the history and the splits.
        independent: How many independent splits they are worth; their interval and
            verdict rest on it.
    """

    draws: int
    failed: int
    alpha: float
    p_values: Floats
    effects: Floats
    error: Share
    coverage: Share
    uniformity: float
    light: Light
    sentence: Text
    notes: tuple[Text, ...] = ()
    independent: int = 0


def split_history(
    history: pd.DataFrame | Study,
    strategy: Strategy,
    *,
    draws: int = SPLITS,
    alpha: float = 0.05,
    seed: int = 0,
    progress: Progress | None = None,
) -> Splits:
    """Split a history at random, again and again, and evaluate every split.

    Nothing happened in it, so every effect that is found is false. For A/B tests the
    units are put in arms anew; other designs draw treated units, starts or calendars.
    The history is read once.

    Args:
        history: Rows as `evaluate` takes them, from before the strategy, with or
            without the treatment column; or a study of them.
        strategy: What is to be evaluated; its margin is left out.
        draws: Number of splits.
        alpha: Level of the tests.
        seed: Of the splits.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        NotEnoughData: too few units or periods, or most splits cannot be evaluated.
        InvalidInput: fewer than 20 splits.
    """
    if draws < _LEAST_SPLITS:
        raise InvalidInput(
            N_("draws is {seen}."),
            hint=N_("Give {least} or more."),
            seen=draws,
            least=_LEAST_SPLITS,
        )
    study = _blank(history, strategy, alpha, seed)
    draw = redraws(study)
    found, failed = [], 0
    for number in range(draws):
        rng = np.random.default_rng([seed, number])
        try:
            found.append(estimate(draw(rng)))
        except NotEnoughData as error:
            failed += 1
            _give_up(failed, draws, error)
        if progress is not None:
            progress((number + 1) / draws)
    p_values = np.array([one.p_value for one in found])
    held = [one.interval[0] <= 0 <= one.interval[1] for one in found]
    effects = np.array([one.effect for one in found])
    worth = min(worth_of(study), len(found))
    judged = _judged(
        p_values, effects, int(np.sum(held)), failed=failed, alpha=alpha, worth=worth
    )
    return replace(judged, notes=(*study.notes, *_overlap(study, worth, len(found))))


def worth_of(study: Study) -> int:
    """Independent splits that a history holds, at most.

    Starts drawn in one series overlap: it holds as many as stretches of their length
    that do not. Where treated places are drawn as well, each set of them counts, once
    where the others are as many: they then are the same split with its sign turned.
    """
    if study.strategy.design not in _OVERLAPPING:
        return SPLITS * SPLITS
    windows = stretches(study)
    if study.strategy.design == "its":
        return windows
    units, treated = places_drawn(study)
    sets = comb(units, treated)
    return windows * (sets // 2 if 2 * treated == units else sets)


def _overlap(study: Study, worth: int, draws: int) -> tuple[Text, ...]:
    """Starts drawn in one stretch of time share most of it."""
    if study.strategy.design not in _OVERLAPPING or worth >= draws:
        return ()
    note = text(
        N_("Starts drawn in one history share most of their periods: {draws} splits "
           "are worth {worth} independent ones here, and the interval of the share is "
           "that of so many."),
        draws=draws, worth=worth,
    )  # fmt: skip
    return (note,)


def _blank(
    history: pd.DataFrame | Study, strategy: Strategy, alpha: float, seed: int
) -> Study:
    own = replace(
        strategy, guardrails=(), secondary=(), margin=None, smallest_effect=None
    )
    if isinstance(history, Study):
        return replace(history, strategy=own, alpha=alpha, seed=seed)
    blank = history
    if own.treatment is not None and isinstance(history, pd.DataFrame):
        blank = history.assign(**{own.treatment: 0})
    return read_study(blank, own, alpha=alpha, seed=seed)


def _give_up(failed: int, draws: int, error: DoorstepError) -> None:
    """Raise the error once it is the rule and no exception."""
    if failed > max(_MOST_FAILED * draws, 1):
        raise error


def _judged(
    p_values: Floats,
    effects: Floats,
    held: int,
    *,
    failed: int,
    alpha: float,
    worth: int,
) -> Splits:
    draws = len(p_values)
    hits = int((p_values < alpha).sum())
    error = share_of_few(hits, draws, worth, confidence=_CONFIDENCE)
    uniformity = float(stats.kstest(p_values, "uniform").pvalue)
    band = (FALSE_POSITIVES[0] * alpha / 0.05, FALSE_POSITIVES[1] * alpha / 0.05)
    # p-values that hang together are uneven without any fault of the procedure.
    light, sentence = _said(error, band, uniformity if worth >= draws else 1.0)
    if worth < _LEAST_SPLITS and light != "red":
        light, sentence = "amber", _too_few(error, worth)
    return Splits(
        draws, failed, alpha, p_values, effects, error,
        share_of_few(held, draws, worth, confidence=_CONFIDENCE), uniformity, light,
        sentence, independent=worth,
    )  # fmt: skip


def _too_few(error: Share, worth: int) -> Text:
    return text(
        N_("{hits} of {draws} splits without any effect were called one, {share:.1%}; "
           "the history is worth {worth} independent ones only, too few to say whether "
           "that is as often as promised."),
        hits=error.hits, draws=error.draws, share=error.share, worth=worth,
    )  # fmt: skip


def _said(
    error: Share, band: tuple[float, float], uniformity: float
) -> tuple[Light, Text]:
    values = {
        "hits": error.hits, "draws": error.draws, "share": error.share,
        "low": error.low, "high": error.high,
    }  # fmt: skip
    if error.low > band[1]:
        found = N_(
            "{hits} of {draws} splits without any effect were called one, {share:.1%} "
            "({low:.1%} to {high:.1%}): the procedure finds effects too easily here."
        )
        return "red", text(found, **values)
    if error.high < band[0]:
        found = N_(
            "{hits} of {draws} splits without any effect were called one, {share:.1%} "
            "({low:.1%} to {high:.1%}): the procedure is more careful than it need be."
        )
        return "amber", text(found, **values)
    found = N_(
        "{hits} of {draws} splits without any effect were called one, {share:.1%} "
        "({low:.1%} to {high:.1%}): as often as promised."
    )
    light: Light = "green" if uniformity >= _UNEVEN else "amber"
    return light, text(found, **values)
