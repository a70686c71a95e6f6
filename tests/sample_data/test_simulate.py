"""Same seed, same values; whatever the pieces; and bounded in what it leaves behind."""

from __future__ import annotations

import pandas as pd
import pytest

from sample_data.simulate import simulate

TABLES = [
    "orders",
    "offers",
    "events",
    "contacts",
    "messages",
    "complaints",
    "reviews",
    "shifts",
    "decisions",
    "riders",
    "merchants",
    "customers",
    "assignments",
]


def frames(folder):
    found = {}
    for name in TABLES:
        frame = pd.read_parquet(folder / name)
        found[name] = frame.sort_values(list(frame.columns[:2])).reset_index(drop=True)
    return found


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    world = simulate(folder, orders=12_000, weeks=9, seed=4)
    return world, frames(folder)


@pytest.mark.parametrize("options", [{}, {"chunk_orders": 300}])
def test_same_seed_same_values_in_pieces_of_any_size(first, tmp_path, options):
    simulate(tmp_path, orders=12_000, weeks=9, seed=4, **options)
    for name, frame in frames(tmp_path).items():
        pd.testing.assert_frame_equal(frame, first[1][name], check_categorical=False)


def test_another_seed_is_another_world(first, tmp_path):
    simulate(tmp_path, orders=12_000, weeks=9, seed=5)
    other = frames(tmp_path)["orders"]
    assert len(other) >= 12_000
    assert not other.equals(first[1]["orders"])


def test_known_values(first):
    """Values written down once: another machine must draw the same ones."""
    orders = first[1]["orders"]
    assert orders.order_id.nunique() == 12_000
    head = orders.loc[0, ["order_id", "rider_id", "distance_m", "basket_amount"]]
    assert head.tolist() == ["HK0000000000", "R0000066", 2398, 169.52]
    assert int(orders.distance_m.sum()) == 28_422_437
    seconds = (orders.delivered_at - orders.created_at).dt.total_seconds().sum()
    assert int(seconds) == 18_681_601


def test_rows_are_counted_and_months_are_folders(first, tmp_path):
    world = simulate(tmp_path, orders=12_000, weeks=9, seed=4)
    assert world.rows == first[0].rows
    assert world.rows["orders"] == len(first[1]["orders"])
    months = sorted(path.name for path in (tmp_path / "orders").iterdir())
    assert months == ["month=2026-04", "month=2026-05", "month=2026-06"]


def test_progress_goes_up_to_one(tmp_path):
    seen = []
    simulate(
        tmp_path, orders=2_000, weeks=3, progress=lambda part, _: seen.append(part)
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_stopping_in_the_middle_stops_the_rest(tmp_path):
    def stop(part: float, _: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path, orders=2_000, weeks=6, progress=stop)


def test_truth_lies_outside_the_tables(made):
    assert made.truth is not None
    assert not made.truth.is_relative_to(made.world.out)
    names = {path.name for path in made.world.out.iterdir()}
    assert not names & {"parties", "potential_outcomes", "truth.yaml"}
    assert {path.name for path in made.truth.iterdir()} == {
        "parties",
        "potential_outcomes",
        "truth.yaml",
    }
