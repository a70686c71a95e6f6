"""Riders by the number that publishing gives them: the same figures as by their ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem
from analysis.strategies import Evaluation, Strategy, evaluate
from tests.orders.publish_help import csv_text, publish_files
from tests.strategies.published_world import START, opened, orders_of
from tests.worlds import published

TRIAL = Strategy(
    "ab", "mean_basket", treatment="variant", unit="rider",
    covariates=("mean_basket",), start=str(START.date()),
)  # fmt: skip


def some_orders(seed: int) -> pd.DataFrame:
    """Orders of a trial, some of them of no rider."""
    frame = orders_of(seed, riders=90, orders=4000)
    frame["rider_id"] = frame["rider_id"].where(frame.index % 50 > 0)
    return frame


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    ids = sorted(frame["rider_id"].dropna().unique())
    number = frame["rider_id"].map({rider: i for i, rider in enumerate(ids, start=1)})
    return frame.assign(rider_no=number.astype("Int32"))


def figures(found: Evaluation) -> dict[str, float]:
    checks = {check.name: check.value for check in found.finding.checks}
    segments = found.segments.table.set_index(["dimension", "value"])["effect"]
    return {
        "effect": found.effect, "se": found.se, "df": found.df, "p": found.p_value,
        "raw": found.raw.effect if found.raw else 0.0, **checks,
        **{str(key): value for key, value in segments.items()},
    }  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [TRIAL, replace(TRIAL, unit="order", covariates=(), cluster=("rider", "day"))],
    ids=["riders", "clusters"],
)
def test_numbers_change_nothing(asked: Strategy) -> None:
    frame = some_orders(3)
    with opened(frame) as plain, opened(numbered(frame)) as other:
        expected, found = evaluate(plain, asked), evaluate(other, asked)
    assert "rider_no" in str(found.source)
    assert "rider_no" not in str(expected.source)
    assert figures(found) == pytest.approx(figures(expected), rel=1e-9, nan_ok=True)
    assert found.finding.notes == expected.finding.notes


def refusal(dataset: Dataset) -> str:
    with pytest.raises(DataProblem) as caught:
        evaluate(dataset, TRIAL)
    return str(caught.value)


def test_a_rider_in_two_arms_is_told_by_the_id() -> None:
    frame = some_orders(4)
    frame["variant"] = ["treatment" if i % 2 else "control" for i in range(len(frame))]
    with opened(frame) as plain, opened(numbered(frame)) as other:
        assert refusal(plain) == refusal(other)
        assert "such as r" in refusal(other)


def test_a_column_of_the_file_is_not_taken_for_the_number(tmp_path: Path) -> None:
    frame = some_orders(3)
    rosters = frame["rider_id"].str[1:].astype("Int32") // 2 % 20
    dataset = published(
        tmp_path,
        {"orders": frame.assign(rider_no=rosters)},
        dimensions=("rider_no",),
    )
    with opened(frame) as plain:
        expected = evaluate(plain, TRIAL)
    found = evaluate(dataset, TRIAL)
    dataset.engine.close()
    assert "rider_no" not in str(found.source)
    assert figures(found) == pytest.approx(figures(expected), nan_ok=True)


def test_publishing_numbers_riders_in_the_order_of_their_ids(tmp_path: Path) -> None:
    riders = ["R7", "R1", "", "R30", "R7", "R2"] * 5
    rows = [
        (f"A{place}", f"2024-03-{1 + place % 20:02d} 10:00:00", rider)
        for place, rider in enumerate(riders)
    ]
    text = csv_text(("order_id", "created_at", "rider_id"), rows)
    dataset = publish_files(tmp_path, {"orders.csv": text})
    kept = pd.read_parquet(dataset.path / "parquet" / "orders.parquet")
    assert dataset.fields["rider_no"].kind == "derived"
    pairs = kept[["rider_id", "rider_no"]].drop_duplicates().sort_values("rider_id")
    assert pairs["rider_no"].dropna().tolist() == [1, 2, 3, 4]
    assert (kept["rider_id"].isna() == kept["rider_no"].isna()).all()
    assert kept["rider_id"].isna().sum() == 5
