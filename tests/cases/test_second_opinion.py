"""The second opinion: right, calibrated, and silent while it knows too little."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import MNLogit

from analysis.cases import second_opinion
from analysis.cases.opinion_features import Encoder
from analysis.cases.second_opinion import ENOUGH, ENOUGH_OF_PARTY, learn
from analysis.errors import InvalidInput
from analysis.metrics.facts import case_facts
from analysis.metrics.members import Listed, members

PARTIES = ("merchant", "platform", "rider")


def world(n=900, *, seed=0, noise=1.0):
    """Facts of cases and a party drawn from a known logit on two of them."""
    rng = np.random.default_rng(seed)
    wait, ride = rng.normal(5, 3, n), rng.normal(10, 4, n)
    created = pd.Timestamp("2026-06-01") + pd.to_timedelta(np.arange(n), unit="m")
    odds = np.column_stack([(wait - 5), np.full(n, -0.5), (ride - 10) * 0.8]) / noise
    chance = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    drawn = (chance.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    facts = pd.DataFrame(
        {
            "order_no": np.arange(n),
            "rider_id": [f"r{number % 7}" for number in range(n)],
            "capacity_type": np.array(["own", "crowd"])[rng.integers(0, 2, n)],
            "wait_minutes": np.where(rng.random(n) < 0.1, np.nan, wait),
            "created_at": created,
            "picked_up_at": created + pd.to_timedelta(5, unit="m"),
            "arrived_customer_at": created + pd.to_timedelta(5 + ride, unit="m"),
            "cancel_reason": np.where(rng.random(n) < 0.05, "weather", None),
            "is_surge": rng.random(n) < 0.3,
        }
    )
    return facts, pd.Series(np.take(PARTIES, drawn)), chance


def test_too_few_agreed_decisions_give_no_opinion():
    facts, parties, _ = world(200)
    model = learn(facts, parties)
    assert (model.is_ready, model.needed, model.n) == (False, ENOUGH - 200, 200)
    assert model.calibration is None
    assert model.of(facts) == []
    alone = learn(facts.head(0), [])
    assert (alone.n, alone.needed) == (0, ENOUGH)
    with pytest.raises(InvalidInput, match="199 parties"):
        learn(facts, parties.head(199))


def test_parties_that_are_too_rare_are_left_out():
    facts, parties, _ = world()
    parties.iloc[: ENOUGH_OF_PARTY - 1] = "customer"
    model = learn(facts, parties)
    assert model.parties == PARTIES
    assert model.n == len(facts) - (ENOUGH_OF_PARTY - 1)


def test_probabilities_are_near_those_that_made_the_decisions():
    facts, parties, _ = world(2_000)
    fresh, _, chance = world(500, seed=9)
    known = fresh["wait_minutes"].notna().to_numpy()
    model = learn(facts, parties)
    said = np.array(
        [
            [opinion.probabilities[name] for name in PARTIES]
            for opinion in model.of(fresh)
        ]
    )
    assert said.sum(axis=1) == pytest.approx(1)
    assert np.abs(said - chance)[known].mean() < 0.04
    assert model.calibration.ece < 0.05
    assert model.calibration.brier < 0.8 * model.calibration.brier_base
    table = model.calibration.table
    assert table["n"].sum() == model.n == model.calibration.n
    inside = table["predicted"].between(table["low"], table["high"])
    assert inside.mean() >= 0.7


def test_without_a_ridge_it_is_the_multinomial_logit_of_statsmodels():
    facts, parties, _ = world(600, noise=3.0)
    columns = facts[["wait_minutes"]].fillna(5).to_numpy()
    labels = pd.factorize(parties, sort=True)[0]
    ours = second_opinion._fit(columns, labels, ridge=1e-9)
    design = np.column_stack([np.ones(600), columns])
    known = MNLogit(labels, design).fit(disp=False).params
    assert ours[:, 0] == pytest.approx(0)
    assert ours[:, 1:] == pytest.approx(np.asarray(known), abs=2e-3)


def test_a_fact_that_decides_a_party_does_not_break_it():
    facts, parties, _ = world()
    facts["sure"] = (parties == "rider") * 1.0
    model = learn(facts, parties)
    assert np.isfinite(model.weights).all()
    right = [
        next(iter(opinion.probabilities)) == party
        for opinion, party in zip(model.of(facts), parties, strict=True)
        if party == "rider"
    ]
    assert np.mean(right) > 0.99


def test_nothing_is_learned_from_noise():
    facts, parties, _ = world()
    shuffled = parties.sample(frac=1, random_state=1).reset_index(drop=True)
    found = learn(facts, shuffled).calibration
    assert found.brier > 0.97 * found.brier_base
    assert found.ece < 0.1


def test_reasons_name_the_facts_that_weigh_most():
    facts, parties, _ = world(1_500)
    model = learn(facts, parties)
    case = facts.head(1).assign(wait_minutes=25.0)
    (opinion,) = model.of(case)
    assert next(iter(opinion.probabilities)) == "merchant"
    name, value, weight = opinion.reasons[0]
    assert (name, value) == ("wait_minutes", 25.0)
    assert weight > 0
    absent = model.of(facts.head(1).assign(wait_minutes=np.nan))[0]
    assert all(
        value is None for name, value, _ in absent.reasons if name == "wait_minutes"
    )


def test_people_and_places_are_no_facts_and_times_become_minutes():
    facts, parties, _ = world()
    used = learn(facts, parties).features
    assert {"wait_minutes", "ride_minutes", "is_surge", "cancel_reason"} == set(used)


def test_unknown_values_and_absent_columns_are_taken():
    facts, parties, _ = world()
    model = learn(facts, parties)
    odd = facts.head(3).drop(columns="wait_minutes").assign(cancel_reason="never seen")
    found = model.of(odd)
    assert len(found) == 3
    assert sum(found[0].probabilities.values()) == pytest.approx(1)


def test_columns_have_mean_zero_and_spread_one():
    facts, _, _ = world()
    columns = Encoder.of(facts).encode(facts)
    assert columns.mean(axis=0) == pytest.approx(0, abs=1e-9)
    spread = columns.std(axis=0)
    assert np.all((np.abs(spread - 1) < 1e-9) | (spread == 0))


def test_the_same_seed_gives_the_same_model():
    facts, parties, _ = world(400)
    once, again = learn(facts, parties), learn(facts, parties)
    assert once.calibration.brier == again.calibration.brier


def test_it_learns_from_the_past_decisions_of_the_demo_world(sample_world):
    """Gold answers alone: enough to name the party far better than by chance."""
    past = sample_world.table("decisions")
    gold = past[past["kind"] == "GOLD"].drop_duplicates("order_id").head(700)
    numbers = order_numbers(sample_world.dataset, gold["order_id"].tolist())
    facts = case_facts(sample_world.dataset, numbers.tolist())
    model = learn(facts, gold["party"].astype(str))
    assert model.is_ready
    assert model.calibration.accuracy > 0.8
    assert model.calibration.brier < 0.5 * model.calibration.brier_base


def order_numbers(dataset, ids):
    found = members(dataset, Listed("order_id", ids))
    return found.set_index("order_id")["order_no"].reindex(ids).to_numpy()
