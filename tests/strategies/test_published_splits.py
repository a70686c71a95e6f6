"""A/A on the history of a published dataset."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DoorstepError, NotEnoughData
from analysis.metrics import measure
from analysis.orders import open_dataset
from analysis.strategies import Strategy
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.history import history_period, history_study
from analysis.strategies.splits import split_history
from tests.ui import kpi_world

ZONES = {"unit": "city", "time": "day"}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("splits") / "workspace"
    orders = kpi_world.orders()
    orders["rider_id"] = [f"r{place % 90}" for place in range(len(orders))]
    kpi_world.publish(root, orders)
    return open_dataset(root, kpi_world.NAME)


@pytest.mark.parametrize("unit", ["rider", "order"])
def test_the_history_holds_the_metric(dataset, unit):
    strategy = Strategy(
        "ab", "late_rate", treatment="variant", unit=unit, start="2026-03-01"
    )
    study = history_study(dataset, strategy)
    days = history_period(dataset, strategy, Scope())
    assert days.last == pd.Timestamp("2026-02-28").date()
    table = measure(dataset, ["late_rate"], period=(days.first, days.last))
    rows = study.rows
    weight = rows["weight"] if "weight" in rows else np.ones(len(rows))
    assert np.average(rows["outcome"], weights=weight) == pytest.approx(
        table["late_rate"].iloc[0]
    )
    assert weight.sum() == table["late_rate_n"].iloc[0]
    found = split_history(study, study.strategy, draws=20)
    assert found.draws == 20


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy("its", "late_rate", time="day", start="2026-03-10"),
        Strategy(
            "switchback", "late_rate", treatment="variant", **ZONES, lags=1,
            period=("2026-03-10", "2026-03-20"),
        ),
    ],
    ids=lambda strategy: strategy.design,
)  # fmt: skip
def test_other_designs_read_periods(dataset, strategy):
    study = history_study(dataset, strategy)
    assert study.rows["time"].max() == pd.Timestamp("2026-03-09")
    found = split_history(study, study.strategy, draws=20)
    assert found.draws + found.failed == 20
    if strategy.design == "its":
        assert "share most of their periods" in str(found.notes[-1])


def test_a_handful_of_places_is_split_by_place_and_start(dataset):
    strategy = Strategy(
        "did", "late_rate", treated="Riyadh", start="2026-03-10", **ZONES
    )
    study = history_study(dataset, strategy)
    found = split_history(study, study.strategy, draws=20)
    assert found.draws == 20
    assert len(set(found.effects)) > 3


def test_days_after_the_end_serve_where_there_are_few_before(dataset):
    strategy = Strategy(
        "ab", "late_rate", treatment="variant", unit="rider",
        covariates=("late_rate",), period=("2026-01-10", "2026-02-01"),
    )  # fmt: skip
    days = history_period(dataset, strategy, Scope(before=14))
    assert str(days.first) == "2026-02-16"
    study = history_study(dataset, strategy, Scope(before=14))
    assert "after the end" in str(study.notes[-1])
    assert split_history(study, study.strategy, draws=20).draws == 20


def test_too_few_places_are_said_in_a_sentence(dataset):
    strategy = Strategy(
        "synthetic_control", "late_rate", treated="Riyadh", start="2026-03-10", **ZONES
    )
    study = history_study(dataset, strategy)
    with pytest.raises(DoorstepError) as caught:
        split_history(study, study.strategy, draws=20)
    assert "has 3 units" in str(caught.value)


def test_a_short_history_is_said_in_a_sentence(dataset):
    strategy = Strategy("ab", "late_rate", treatment="variant", start="2026-01-04")
    with pytest.raises(NotEnoughData) as caught:
        history_study(dataset, strategy)
    assert "has 3 days" in str(caught.value)
