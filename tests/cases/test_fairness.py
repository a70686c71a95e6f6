"""Fairness: planted differences are found, differences of the mix are not."""

import numpy as np
import pandas as pd
import pytest

from analysis.cases.fairness import AS_DECIDED, SAME_SUGGESTION, fairness
from analysis.errors import InvalidInput
from analysis.stats.intervals import newcombe, wilson
from tests.worlds import published

N = 3_000


def orders():
    rng = np.random.default_rng(3)
    created = pd.Timestamp("2026-06-01") + pd.to_timedelta(np.arange(N), unit="m")
    return pd.DataFrame(
        {
            "order_no": np.arange(N),
            "order_id": [f"o{number}" for number in range(N)],
            "rider_id": np.where(rng.random(N) < 0.3, "new", "old"),
            "created_at": created,
            "local_hour": rng.integers(0, 24, N),
            "capacity_type": rng.choice(["own", "crowd", "3PL"], N),
            "weather": rng.choice(["clear", "storm"], N),
            "local_date": created.date,
        }
    )


RIDERS = pd.DataFrame(
    {
        "rider_id": ["new", "old"],
        "joined_at": pd.to_datetime(["2026-05-20", "2024-01-01"]),
    }
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    tables = {"orders": orders(), "riders": RIDERS}
    found = published(tmp_path_factory.mktemp("fairness"), tables)
    yield found
    found.engine.close()


def decided(blamed, *, suggested=None, outcome=""):
    """One decision an order of the world."""
    return pd.DataFrame(
        {
            "case": [f"c{number}" for number in range(N)],
            "dataset": "world",
            "order_id": [f"o{number}" for number in range(N)],
            "version": 1,
            "is_first": True,
            "party": np.where(blamed, "rider", "merchant"),
            "suggested": ""
            if suggested is None
            else np.where(suggested, "rider", "merchant"),
            "appeal_outcome": outcome,
        }
    )


def row(found, dimension, group):
    table = found.table
    return table[(table["dimension"] == dimension) & (table["group"] == group)].iloc[0]


def test_a_planted_bias_is_found_with_its_size(dataset):
    rng = np.random.default_rng(1)
    crowd = (orders()["capacity_type"] == "crowd").to_numpy()
    blamed = rng.random(N) < np.where(crowd, 0.5, 0.3)
    found = fairness(dataset, decided(blamed))
    crowds = row(found, "capacity_type", "crowd")
    n, count = crowd.sum(), blamed[crowd].sum()
    assert (crowds["n"], crowds["count"]) == (n, count)
    assert crowds["low"] == pytest.approx(float(wilson(count, n).low))
    bounds = newcombe(count, n, blamed[~crowd].sum(), (~crowd).sum())
    assert crowds["difference_low"] == pytest.approx(float(bounds.low))
    assert crowds["difference"] == pytest.approx(
        blamed[crowd].mean() - blamed[~crowd].mean()
    )
    assert crowds["stands_out"]
    others = found.table[found.table["dimension"] != "capacity_type"]
    assert not others["stands_out"].any()
    assert found.method == AS_DECIDED


def test_of_two_groups_one_is_listed_and_tenure_and_night_are_two(dataset):
    found = fairness(dataset, decided(np.arange(N) % 3 == 0))
    per = found.table.groupby("dimension")["group"].apply(list).to_dict()
    assert per["tenure"] == ["0-30 days"]
    assert per["night"] == ["22-06"]
    assert len(per["weather"]) == 1
    assert sorted(per["capacity_type"]) == ["3PL", "crowd", "own"]
    late = orders()["local_hour"].isin([22, 23, 0, 1, 2, 3, 4, 5]).sum()
    assert row(found, "night", "22-06")["n"] == late
    assert set(found.locked) == {"vehicle", "zone_type", "zone"}
    assert found.locked["zone_type"] == ("zone_type",)


def test_what_the_facts_explain_is_no_bias_once_suggestions_are_known(dataset):
    """Newcomers cause more, reviewers follow the rules: other rates, no bias."""
    rng = np.random.default_rng(2)
    new = (orders()["rider_id"] == "new").to_numpy()
    suggested = rng.random(N) < np.where(new, 0.6, 0.25)
    blamed = np.where(rng.random(N) < 0.9, suggested, rng.random(N) < 0.3)
    raw = row(fairness(dataset, decided(blamed)), "tenure", "0-30 days")
    assert raw["stands_out"]
    held = fairness(dataset, decided(blamed, suggested=suggested))
    newcomers = row(held, "tenure", "0-30 days")
    assert held.method == SAME_SUGGESTION
    assert not newcomers["stands_out"]
    assert abs(newcomers["difference"]) < 0.05 < newcomers["raw_difference"]


def test_a_bias_beyond_the_facts_stands_out(dataset):
    rng = np.random.default_rng(6)
    suggested = rng.random(N) < 0.3
    night = (orders()["local_hour"] < 6).to_numpy()
    blamed = suggested | (night & (rng.random(N) < 0.25))
    found = fairness(dataset, decided(blamed, suggested=suggested))
    assert row(found, "night", "22-06")["stands_out"]


def test_nobody_is_accused_where_chance_decides(dataset):
    """Holm's level is 0.05 a world: more than 4 of 20 happen once in 400 such tests."""
    accused = 0
    for seed in range(20):
        blamed = np.random.default_rng(seed).random(N) < 0.35
        accused += fairness(dataset, decided(blamed)).table["stands_out"].any()
    assert accused <= 4


def test_overturned_counts_only_decisions_against_the_party(dataset):
    blamed = np.arange(N) % 2 == 0
    upset = np.where(np.arange(N) % 10 == 0, "overturned", "upheld")
    found = fairness(dataset, decided(blamed, outcome=upset), outcome="overturned")
    assert found.table.groupby("dimension")["n"].sum()["capacity_type"] == N / 2
    own = row(found, "capacity_type", "own")
    assert own["rate"] == pytest.approx(0.2, abs=0.05)
    upset[:] = ""
    unheard = fairness(dataset, decided(blamed, outcome=upset), outcome="overturned")
    assert unheard.table.empty
    with pytest.raises(InvalidInput, match="no outcome"):
        fairness(dataset, decided(blamed), outcome="mood")


def test_small_groups_are_shown_and_not_tested(dataset):
    few = decided(np.arange(N) % 2 == 0).head(60)
    found = fairness(dataset, few)
    small = found.table[found.table["n"] < 30]
    assert len(small)
    assert small["p_adjusted"].isna().all()
    assert not small["stands_out"].any()


def test_without_decisions_the_table_is_empty(dataset):
    assert fairness(dataset, decided(np.zeros(N)).head(0)).table.empty
