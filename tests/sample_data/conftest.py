"""Two small worlds, simulated once: one to look at, one to take plants out of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from sample_data.simulate import World, simulate

ORDERS = 70_000
SMALL = 16_000
SEED = 20


@dataclass(frozen=True)
class Place:
    world: World
    truth: Path | None

    def table(self, name: str) -> str:
        return f"read_parquet('{self.world.out}/{name}/**/*.parquet')"

    def sql(self, text: str) -> pd.DataFrame:
        """Run SQL in which {orders} and the like stand for tables."""
        names = [path.name for path in self.world.out.iterdir()]
        tables = {name: self.table(name) for name in names}
        if self.truth is not None:
            for name in ("parties", "potential_outcomes"):
                tables[name] = f"read_parquet('{self.truth}/{name}/**/*.parquet')"
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.sql(text.format(**tables)).df()

    def document(self) -> dict:
        assert self.truth is not None
        text = (self.truth / "truth.yaml").read_text(encoding="utf-8")
        return yaml.safe_load(text)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A world with every plant, and its truth outside of it."""
    folder = tmp_path_factory.mktemp("world")
    world = simulate(folder / "out", orders=ORDERS, seed=SEED, truth=folder / "truth")
    return Place(world, folder / "truth")


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same world without any plant."""
    folder = tmp_path_factory.mktemp("bare")
    return Place(simulate(folder, orders=ORDERS, seed=SEED, plants=False), None)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A smaller world with every plant, and its truth."""
    folder = tmp_path_factory.mktemp("small")
    world = simulate(folder / "out", orders=SMALL, seed=SEED, truth=folder / "truth")
    return Place(world, folder / "truth")


@pytest.fixture
def small_without(small: Place, tmp_path: Path) -> Callable[[list[str]], Place]:
    """The smaller world with some plants taken out."""

    def simulated(plants: list[str]) -> Place:
        others = [name for name in small.world.plants if name not in plants]
        world = simulate(tmp_path, orders=SMALL, seed=SEED, plants=others)
        return Place(world, None)

    return simulated
