"""The demo world, published once for all tests that ask it for its truth."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.orders.schema import load_fields
from analysis.workspace import Workspace
from sample_data.simulate import simulate

ORDERS = 400_000
NAME = "Demo"
#: A folder to keep the world in, so that it is made once for many runs.
KEPT_VARIABLE = "DOORSTEP_TEST_WORLD"


@dataclass(frozen=True)
class SampleWorld:
    """The demo world: as published, as simulated, and what was planted in it.

    Attributes:
        dataset: The published version.
        workspace: The workspace that it lies in.
        out: Folder of the simulated tables, also those that are not published.
        truth: Folder of ``truth.yaml``, ``parties`` and ``potential_outcomes``.
    """

    dataset: Dataset
    workspace: Workspace
    out: Path
    truth: Path

    def table(self, name: str) -> pd.DataFrame:
        """A simulated table, or one of the truth."""
        found = [folder / name for folder in (self.out, self.truth)]
        return pd.read_parquet(next(path for path in found if path.exists()))

    def document(self) -> dict:
        """What was planted, as ``truth.yaml`` says it."""
        text = (self.truth / "truth.yaml").read_text(encoding="utf-8")
        return yaml.safe_load(text)


@pytest.fixture(scope="session")
def sample_world(tmp_path_factory: pytest.TempPathFactory) -> SampleWorld:
    """The demo world: 400,000 orders of seed 1."""
    kept = os.environ.get(KEPT_VARIABLE)
    folder = Path(kept) if kept else tmp_path_factory.mktemp("demo")
    out, truth, root = (folder / name for name in ("out", "truth", "workspace"))
    workspace = Workspace.open(root)
    if not (folder / "made").exists():
        simulate(out, orders=ORDERS, seed=1, truth=truth)
        tables = sorted(path for path in out.iterdir() if path.name in load_fields())
        orders.publish(tables, workspace=workspace, name=NAME)
        (folder / "made").touch()
    return SampleWorld(orders.open_dataset(workspace, NAME), workspace, out, truth)
