"""Published data that tests read at run time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "experiments"


def published_data(name: str) -> pd.DataFrame:
    """A published data set; the test is skipped where it is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the published data {name} is not on this machine")
    return pd.read_stata(path) if path.suffix == ".dta" else pd.read_csv(path)
