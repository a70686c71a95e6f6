"""The trial that `make bench` measures: by numbers, and right."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlglot
import statsmodels.api as sm

from analysis.engine import connect
from analysis.strategies import evaluate
from benchmarks.bench_strategies import LOADED, TRIAL, open_world, write_world

ROWS = 20_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("bench"), ROWS)


def test_it_adds_up_by_the_numbers_of_riders(world: Path) -> None:
    dataset = open_world(world, ROWS)
    found = evaluate(dataset, TRIAL, segments=())
    dataset.engine.close()
    assert "rider_no" in str(found.source)
    assert "rider_id" not in str(found.source)


def test_it_is_the_regression_on_the_rows(world: Path) -> None:
    dataset = open_world(world, ROWS)
    found = evaluate(dataset, TRIAL, segments=())
    dataset.engine.close()
    with connect.reader(world) as connection:
        rows = connection.run(sqlglot.parse_one(LOADED, read="duckdb")).to_pandas()
    past = rows[~rows["late"]].groupby("rider_id")["minutes"].mean()
    late = rows[rows["late"]].copy()
    own = late["rider_id"].map(past)
    x = pd.DataFrame(
        {
            "treated": (late["variant"] == "treatment").astype(float),
            "past": own.fillna(own.mean()),
            "missing": own.isna().astype(float),
        }
    )
    fitted = sm.OLS(late["minutes"], sm.add_constant(x)).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(late["rider_id"])[0]},
        use_t=True,
    )
    assert found.effect == pytest.approx(fitted.params["treated"], rel=1e-9)
    assert found.se == pytest.approx(fitted.bse["treated"], rel=1e-9)
