"""A/A on a history: honest procedures pass, dishonest ones are caught."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import DoorstepError
from analysis.strategies import Strategy, evaluate
from analysis.strategies.calibration import share_of, share_of_few
from analysis.strategies.redraws import redraws
from analysis.strategies.splits import split_history
from analysis.strategies.study import read_study
from benchmarks.calibrate_list import CASES


def riders(seed: int = 0, *, size: int = 200, rows: int = 4) -> pd.DataFrame:
    """Riders with several rows each that are much alike."""
    rng = np.random.default_rng(seed)
    rider = np.repeat(np.arange(size), rows)
    y = rng.normal(size=size)[rider] * 3 + rng.normal(size=size * rows)
    return pd.DataFrame({"rider": rider, "y": y, "band": rider % 3})


def test_an_honest_procedure_keeps_its_promise():
    strategy = Strategy("ab", "y", treatment="arm", unit="rider")
    found = split_history(riders(), strategy, draws=200, seed=1)
    # 5 % of 200, and the 99.9 % bounds of chance about it.
    low, high = stats.binom.interval(0.999, 200, 0.05)
    assert low <= found.error.hits <= high
    assert found.coverage.hits == 200 - found.error.hits
    assert found.uniformity > 0.001
    assert found.light in ("green", "amber")
    assert found.draws == 200
    assert found.failed == 0


def test_rows_taken_for_units_are_caught():
    """The same rows without the rider as unit, arms still by rider."""
    data = riders(2, rows=20)
    study = read_study(
        data.assign(arm=0), Strategy("ab", "y", treatment="arm"), alpha=0.05, seed=0
    )
    wrong = redraws(study)
    study = wrong(np.random.default_rng(0))
    assert study.rows["treatment"].mean() == pytest.approx(0.5, abs=1e-9)
    by_rider = np.random.default_rng(1).integers(0, 2, 200)[data["rider"]]
    p_values = [
        evaluate(
            data.assign(arm=np.roll(by_rider, 20 * k)),
            Strategy("ab", "y", treatment="arm"),
        ).p_value
        for k in range(40)
    ]
    assert np.mean(np.array(p_values) < 0.05) > 0.3


def test_the_split_is_the_procedure_itself():
    data = riders(3)
    strategy = Strategy("ab", "y", treatment="arm", unit="rider", propensity=0.3)
    found = split_history(data, strategy, draws=20, seed=5)
    study = read_study(data.assign(arm=0), strategy, alpha=0.05, seed=5)
    rows = redraws(study)(np.random.default_rng([5, 7])).rows
    again = evaluate(
        data.assign(arm=rows["treatment"].to_numpy()),
        Strategy("ab", "y", treatment="arm", unit="rider"),
    )
    assert again.p_value == pytest.approx(found.p_values[7])
    assert again.effect == pytest.approx(found.effects[7])
    share = rows.drop_duplicates("unit")["treatment"].mean()
    assert share == pytest.approx(0.3, abs=0.01)


def test_arms_are_drawn_within_strata():
    data = riders(4)
    strategy = Strategy("ab", "y", treatment="arm", unit="rider", strata="band")
    study = read_study(data.assign(arm=0), strategy, alpha=0.05, seed=0)
    for seed in range(5):
        rows = redraws(study)(np.random.default_rng(seed)).rows
        units = rows.drop_duplicates("unit")
        shares = units.groupby("stratum")["treatment"].agg(["sum", "size"])
        assert (shares["sum"] - shares["size"] / 2).abs().max() <= 1


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.kind == "interval" and case.judged],
    ids=lambda case: case.name,
)
def test_every_design_can_be_split(case):
    drawn = case.draw(np.random.default_rng(5), 0.0)
    found = split_history(drawn.data, drawn.strategy, draws=20)
    assert found.draws + found.failed == 20
    assert np.all((found.p_values >= 0) & (found.p_values <= 1))


def test_the_same_seed_gives_the_same_splits():
    strategy = Strategy("ab", "y", treatment="arm", unit="rider")
    one, two = (split_history(riders(), strategy, draws=20, seed=3) for _ in range(2))
    assert (one.p_values == two.p_values).all()
    other = split_history(riders(), strategy, draws=20, seed=4)
    assert (one.p_values != other.p_values).any()


def test_progress_is_told_and_an_error_from_it_ends_the_work():
    strategy = Strategy("ab", "y", treatment="arm", unit="rider")
    told: list[float] = []
    split_history(riders(), strategy, draws=20, progress=told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)

    def stop(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        split_history(riders(), strategy, draws=20, progress=stop)


@pytest.mark.parametrize(
    ("data", "arguments", "draws", "seen"),
    [
        (riders(), {}, 5, "draws is 5"),
        (riders(size=3), {"unit": "rider"}, 20, "has 3 units"),
        (riders().assign(y=1.0), {"unit": "rider"}, 20, "is 1 in every row"),
        (riders().assign(y=np.nan), {}, 20, "None of 800 rows"),
    ],
)
def test_bad_input_is_said_in_a_sentence(data, arguments, draws, seen):
    strategy = Strategy("ab", "y", treatment="arm", **arguments)
    with pytest.raises(DoorstepError) as caught:
        split_history(data, strategy, draws=draws)
    assert seen in str(caught.value)
    assert caught.value.hint


def series(days: int, places: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    place, day = np.divmod(np.arange(days * places), days)
    return pd.DataFrame({"place": place, "day": day, "y": rng.normal(size=len(day))})


def test_starts_in_one_series_are_worth_few_splits():
    """68 days hold 8 to learn from and, a third of them each, 2 stretches after."""
    strategy = Strategy("its", "y", time="day", start=10)
    found = split_history(series(68, 1).drop(columns="place"), strategy, draws=40)
    # From day 10 on 58 days would be after: one such stretch fits.
    assert found.independent == 1
    assert found.light in ("amber", "red")
    assert "worth 1 independent" in str(found.notes[-1])
    few = share_of_few(found.error.hits, 40, 1, confidence=0.95)
    assert (found.error.low, found.error.high) == (few.low, few.high)


def test_two_places_turned_round_are_the_same_split():
    strategy = Strategy(
        "did", "y", unit="place", time="day", treated=0, start=60, cluster=("day",)
    )
    two = split_history(series(88, 2), strategy, draws=20)
    # 80 days after the first 8 hold 2 stretches of 28; either place may be treated.
    assert two.independent == 2


def test_places_drawn_among_many_are_worth_all_their_splits():
    strategy = Strategy("did", "y", unit="place", time="day", treated=0, start=60)
    many = split_history(series(88, 12), strategy, draws=20)
    assert many.independent == 20


@pytest.mark.parametrize("hits", [0, 3, 40])
def test_a_share_of_as_many_is_the_exact_one(hits):
    assert share_of_few(hits, 40, 40, confidence=0.95) == share_of(
        hits, 40, confidence=0.95
    )
