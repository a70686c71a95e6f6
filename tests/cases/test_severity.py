"""Harsh reviewers: found where there is one, nobody named where there is none."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.conditional_models import ConditionalLogit

from analysis.cases.severity import (
    SAME_CASES,
    SAME_SUGGESTION,
    TOO_FEW,
    severity,
)

WORLDS = 40


def decided(seed, *, bent=None, cases=600, reviewers=6, twice=True, sorted_out=False):
    """Decisions of people with a known bent, on cases of a known difficulty.

    Args:
        seed: Of everything.
        bent: Log-odds that a reviewer adds, by number.
        cases: How many.
        reviewers: How many.
        twice: Two people a case, or one.
        sorted_out: Give rider cases mostly to reviewer 0, as a team may do.
    """
    rng = np.random.default_rng(seed)
    add = np.zeros(reviewers)
    for place, value in (bent or {}).items():
        add[place] = value
    suggested = rng.random(cases) < 0.4
    base = np.where(suggested, 1.2, -1.8) + rng.normal(0, 0.7, cases)
    draw = rng.random((cases, reviewers))
    if sorted_out:
        draw[:, 0] -= 0.45 * suggested
    people = draw.argsort(axis=1)[:, : 1 + twice]
    odds = base[:, None] + add[people]
    blames = rng.random(people.shape) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame(
        {
            "case": np.repeat([f"c{n}" for n in range(cases)], people.shape[1]),
            "reviewer": [f"V{place}" for place in people.ravel()],
            "party": np.where(blames.ravel(), "rider", "merchant"),
            "suggested": np.repeat(
                np.where(suggested, "rider", "merchant"), people.shape[1]
            ),
            "severity": 1,
            "is_first": True,
        }
    )


def verdicts(found):
    return {
        row.reviewer: row.verdict for row in found.table.itertuples() if row.verdict
    }


def test_a_harsh_and_a_lenient_reviewer_are_named_and_nobody_else():
    found = severity(decided(1, bent={2: 1.5, 4: -1.5}, cases=1_200))
    assert verdicts(found) == {"V2": "harsh", "V4": "lenient"}
    assert (found.method, found.note) == (SAME_CASES, "")
    harsh = found.table.set_index("reviewer").loc["V2"]
    assert harsh["odds_ratio"] == pytest.approx(np.exp(1.5), rel=0.4)
    assert harsh["difference_low"] > 0
    assert harsh["difference"] == pytest.approx(
        harsh["rate"] - harsh["expected"], abs=0.03
    )


def test_chance_of_naming_anybody_is_kept_where_all_judge_alike():
    """0.05 a world: of 40 more than 6 would happen once in 50 such tests."""
    named = sum(bool(verdicts(severity(decided(seed)))) for seed in range(WORLDS))
    assert named <= 6


def test_power_where_one_is_clearly_harsh():
    found = [
        verdicts(severity(decided(seed, bent={0: 1.2}, cases=1_000)))
        for seed in range(20)
    ]
    assert sum(item.get("V0") == "harsh" for item in found) >= 18
    assert sum(len(item) > 1 for item in found) <= 3


def test_who_is_given_the_riders_cases_is_not_called_harsh():
    """Rate alone would name V0, who has most of the cases that riders caused."""
    for twice, method in ((True, SAME_CASES), (False, SAME_SUGGESTION)):
        frame = decided(5, cases=1_500, twice=twice, sorted_out=True)
        rates = (frame["party"] == "rider").groupby(frame["reviewer"]).mean()
        assert rates["V0"] > rates.drop("V0").max() + 0.1
        found = severity(frame)
        assert found.method == method
        assert verdicts(found) == {}


def test_single_reviews_are_held_alike_by_the_suggestion():
    frame = decided(3, bent={1: 1.5}, cases=1_500, twice=False)
    assert verdicts(severity(frame)) == {"V1": "harsh"}


def test_effects_are_those_of_a_conditional_logit():
    frame = decided(7, bent={2: 1.0}, cases=1_500, reviewers=4)
    found = severity(frame).table.set_index("reviewer")
    dummies = pd.get_dummies(frame["reviewer"], dtype=float)[["V1", "V2", "V3"]]
    blames = (frame["party"] == "rider").to_numpy(dtype=float)
    groups = pd.factorize(frame["case"])[0]
    known = ConditionalLogit(blames, dummies.to_numpy(), groups=groups).fit(disp=False)
    effects = np.concatenate([[0.0], known.params])
    against = effects[2] - effects[[0, 1, 3]].mean()
    assert np.log(found.loc["V2", "odds_ratio"]) == pytest.approx(against, abs=0.03)


def test_the_demo_world_has_one_harsh_reviewer(sample_world):
    past = sample_world.table("decisions")
    people = past[past["kind"] == "HUMAN"].rename(columns={"order_id": "case"})
    frame = people.assign(
        reviewer=people["reviewer_id"].astype(str), suggested="", severity=1,
        is_first=True,
    )  # fmt: skip
    assert verdicts(severity(frame)) == {"V04": "harsh"}


def test_too_few_decisions_say_so():
    found = severity(decided(1, cases=30))
    assert found.note == TOO_FEW
    assert found.table.empty
    single = decided(1, twice=False).assign(suggested="")
    assert severity(single).note == TOO_FEW


def test_reviewers_with_a_handful_of_decisions_are_left_out():
    frame = decided(1, bent={2: 1.5}, cases=1_200)
    rare = frame.tail(4).assign(reviewer="Newcomer", case=["c1", "c2", "c3", "c4"])
    found = severity(pd.concat([frame, rare]))
    assert "Newcomer" not in set(found.table["reviewer"])


def test_small_differences_are_not_worth_naming():
    frame = decided(2, bent={0: 0.35}, cases=20_000, reviewers=3)
    found = severity(frame, least=0.2)
    top = found.table.iloc[0]
    assert top["p_adjusted"] < 0.05
    assert verdicts(found) == {}
