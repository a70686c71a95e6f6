"""Plans from a published history, against closed forms and by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import InvalidInput, NotEnoughData, UnknownName
from analysis.metrics import Selection
from analysis.orders import open_dataset
from analysis.strategies import history
from analysis.strategies.guarded import guarded, power_at, size_of
from analysis.strategies.history import (
    Wish,
    _days_of_people,
    compare_designs,
    plan_from_history,
)
from analysis.strategies.matching import (
    match_controls,
    stratified_assignment,
    unit_history,
)
from tests.ui import kpi_world

RATE, MEAN = "late_rate", "delivery_minutes"
DAYS = 56


@pytest.fixture(scope="module")
def orders():
    frame = kpi_world.orders()
    frame["zone"] = [f"zone {number}" for number in np.arange(len(frame)) // 3 % 6]
    frame["rider_id"] = [f"r{number:02d}" for number in np.arange(len(frame)) % 40]
    # Riders differ, so that orders of one hang together and their past foretells them.
    slow = pd.to_timedelta((np.arange(len(frame)) % 40) / 4, unit="m").round("s")
    frame["delivered_at"] = frame["delivered_at"] + slow
    return frame


@pytest.fixture(scope="module")
def dataset(orders, tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    kpi_world.publish(folder, orders)
    return open_dataset(folder, kpi_world.NAME)


def recent(frame):
    last = max(frame["local_date"])
    days = pd.to_datetime(frame["local_date"])
    return frame[days > pd.Timestamp(last) - pd.Timedelta(days=DAYS)]


def minutes(frame):
    done = frame[frame["status"] == "delivered"]
    return (done["delivered_at"] - done["created_at"]).dt.total_seconds() / 60


def rows_needed(variance, effect, power=0.8, alpha=0.05):
    """Two equal arms, normal approximation (both tails)."""
    reach = stats.norm.isf(alpha / 2) + stats.norm.ppf(power)
    return 4 * variance * reach**2 / effect**2


def test_orders_need_what_the_variance_of_a_rate_says(dataset, orders):
    done = recent(orders)[recent(orders)["status"] == "delivered"]
    share = (done["delivered_at"] > done["promised_at"]).mean()
    found = plan_from_history(dataset, Wish("ab", "order", RATE, 0.02))
    assert found.variance == pytest.approx(share * (1 - share), rel=1e-9)
    assert found.n == pytest.approx(rows_needed(share * (1 - share), 0.02), rel=0.01)
    assert found.days == np.ceil(found.n * DAYS / len(done))


def test_orders_need_what_the_variance_of_a_mean_says(dataset, orders):
    variance = minutes(recent(orders)).var()
    found = plan_from_history(dataset, Wish("ab", "order", MEAN, 0.5))
    assert found.variance == pytest.approx(variance, rel=1e-6)
    assert found.n == pytest.approx(rows_needed(variance, 0.5), rel=0.01)
    reach = stats.norm.isf(0.025) + stats.norm.ppf(0.8)
    seen = reach * np.sqrt(4 * variance / found.available)
    assert found.detectable == pytest.approx(seen, rel=1e-6)


def test_riders_gain_by_their_own_past(dataset):
    plain = plan_from_history(dataset, Wish("ab", "rider", MEAN, 0.5, adjusted=False))
    adjusted = plan_from_history(dataset, Wish("ab", "rider", MEAN, 0.5))
    assert adjusted.gain > 0.5
    assert adjusted.n < plain.n / 2
    assert adjusted.available == 40


def test_a_smaller_effect_needs_more_and_more_power_too(dataset):
    sizes = [
        plan_from_history(dataset, Wish("ab", "order", RATE, effect, power=power)).n
        for effect, power in ((0.04, 0.8), (0.02, 0.8), (0.02, 0.9))
    ]
    assert sizes == sorted(sizes)
    assert sizes[1] == pytest.approx(4 * sizes[0], rel=0.02)


@pytest.mark.parametrize(
    ("design", "unit"), [("did", "zone"), ("switchback", "zone-hour"), ("its", "city")]
)
def test_places_are_simulated_in_days(dataset, design, unit):
    wish = Wish(design, unit, RATE, 0.9, block=12, draws=20)
    found = plan_from_history(dataset, wish)
    assert found.method == "simulation"
    assert found.days <= 28
    assert found.curve["periods"].max() <= 57
    assert 0 < found.detectable < 1


def test_designs_are_laid_side_by_side_without_those_that_cannot_be(
    dataset, monkeypatch
):
    real = history.plan_from_history

    def without_places(dataset, wish, **more):
        if wish.design != "ab":
            raise NotEnoughData("No place.")
        return real(dataset, wish, **more)

    monkeypatch.setattr(history, "plan_from_history", without_places)
    table = compare_designs(dataset, Wish("ab", "order", RATE, 0.05))
    assert list(zip(table["design"], table["unit"], strict=True)) == [
        ("ab", "order"), ("ab", "rider"),
    ]  # fmt: skip
    assert (table["detectable"] > 0).all()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"effect": 0.0}, "effect to find is 0"),
        ({"power": 1.0}, "power is 1"),
        ({"share": 0.0}, "share is 0"),
    ],
)
def test_bad_wishes_get_a_sentence(wish, sentence):
    options = {"design": "ab", "unit": "order", "metric": RATE, "effect": 0.1} | wish
    with pytest.raises(InvalidInput, match=sentence):
        Wish(**options)


def test_an_unknown_design_is_named():
    with pytest.raises(UnknownName):
        Wish("magic", "order", RATE, 0.1)


def test_orders_that_never_vary_are_told(dataset):
    never = Selection.of({"fleet": ["nobody"]})
    with pytest.raises(NotEnoughData):
        plan_from_history(dataset, Wish("ab", "order", MEAN, 1.0), selection=never)


def test_controls_are_ranked_by_how_alike_their_weeks_moved(dataset):
    table = match_controls(dataset, dimension="city", metric=RATE, treated="Riyadh")
    assert set(table["place"]) == {"Jeddah", kpi_world.HOSTILE}
    assert table["gap"].is_monotonic_increasing
    with pytest.raises(UnknownName, match="Atlantis"):
        match_controls(dataset, dimension="city", metric=RATE, treated="Atlantis")


def test_units_come_with_their_past(dataset, orders):
    table = unit_history(dataset, dimension="city", metric=RATE)
    counts = recent(orders)["city"].value_counts()
    assert dict(zip(table["unit"], table["orders"], strict=True)) == counts.to_dict()


@settings(max_examples=30, deadline=None)
@given(st.integers(6, 60), st.integers(0, 1_000))
def test_strata_are_split_evenly(count, seed):
    units = pd.DataFrame(
        {
            "unit": [f"u{number}" for number in range(count)],
            "orders": np.random.default_rng(seed).random(count),
            "kind": ["a", "b"] * (count // 2) + ["a"] * (count % 2),
        }
    )
    drawn = stratified_assignment(
        units, unit="unit", strata=["orders", "kind"], seed=seed
    )
    treated = (drawn["arm"] == "treatment").groupby(drawn["stratum"])
    assert (2 * treated.sum() - treated.size()).abs().max() <= 1
    again = stratified_assignment(
        units, unit="unit", strata=["orders", "kind"], seed=seed
    )
    assert drawn.equals(again)


def test_a_unit_that_is_there_twice_is_told():
    units = pd.DataFrame({"unit": ["a", "a"], "kind": ["x", "y"]})
    with pytest.raises(InvalidInput, match="name a unit twice"):
        stratified_assignment(units, unit="unit", strata=["kind"])


def test_people_are_a_fixed_pool_that_more_days_do_not_widen(dataset):
    days = [
        plan_from_history(dataset, Wish("ab", "rider", MEAN, effect)).days
        for effect in (2.0, 1.0, 0.5)
    ]
    assert days == sorted(days)
    lasting = plan_from_history(
        dataset, Wish("ab", "rider", MEAN, 0.05, adjusted=False)
    )
    assert lasting.days == np.inf


def test_days_of_people_solve_the_variance_of_a_mean(dataset):
    """By hand: what lasts + what passes / days is the variance that is allowed."""
    rng = np.random.default_rng(3)
    people, days, lasting, passing = 4_000, 10, 0.3, 7.0
    skill = rng.normal(0, np.sqrt(lasting), people)
    noise = rng.normal(0, np.sqrt(passing / days), (2, people))
    table = pd.DataFrame(
        {"num": skill + noise[0], "n": 1.0, "before": skill + noise[1]}
    )
    variance = lasting + passing / days
    found = SimpleNamespace(n=people / 0.8 * variance, variance=variance, gain=0.0)
    by_hand = passing / (0.8 - lasting)
    assert _days_of_people(found, table, days) == pytest.approx(by_hand, abs=1.5)


def test_a_guardrail_has_the_power_of_the_size_that_the_primary_metric_needs(
    dataset, orders
):
    done = recent(orders)[recent(orders)["status"] == "delivered"]
    share = (done["delivered_at"] > done["promised_at"]).mean()
    wish = Wish("ab", "order", MEAN, 0.5)
    n = rows_needed(minutes(recent(orders)).var(), 0.5)
    (found,) = guarded(dataset, wish, [(RATE, 0.03)])
    far = 0.03 / np.sqrt(4 * share * (1 - share) / n)
    reach = stats.norm.isf(0.025)
    expected = stats.norm.sf(reach - far) + stats.norm.cdf(-reach - far)
    assert found.power == pytest.approx(expected, abs=0.005)
    own = plan_from_history(dataset, Wish("ab", "order", RATE, 0.03))
    assert found.days == own.days
    assert (found.metric, found.margin) == (RATE, 0.03)


def test_the_primary_metric_as_a_guardrail_has_the_power_asked_for(dataset):
    wish = Wish("ab", "order", RATE, 0.02)
    (found,) = guarded(dataset, wish, [(RATE, 0.02)])
    assert found.power == pytest.approx(0.8, abs=0.001)


def test_a_guardrail_without_margin_or_history_has_no_power_to_tell(dataset):
    wish = Wish("ab", "order", RATE, 0.02)
    found = guarded(dataset, wish, [(RATE, 0.0), ("refusal_rate", 0.01)])
    assert all(np.isnan(item.power) and np.isnan(item.days) for item in found)


def test_the_power_of_places_is_read_between_the_lengths_simulated(dataset):
    wish = Wish("did", "zone", RATE, 0.9, draws=20)
    plan = plan_from_history(dataset, wish)
    curve = plan.curve
    assert power_at(plan, wish, curve["periods"].iloc[0]) == curve["power"].iloc[0]
    (found,) = guarded(dataset, wish, [(RATE, 0.9)])
    assert found.power == power_at(plan, wish, size_of(plan))


def test_where_nothing_is_enough_the_guardrails_have_what_there_is(dataset):
    wish = Wish("ab", "rider", MEAN, 1e-3)
    plan = plan_from_history(dataset, wish)
    assert np.isinf(plan.days)
    assert size_of(plan) == plan.available == 40
