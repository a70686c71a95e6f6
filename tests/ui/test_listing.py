"""The list of orders tells times as the clocks of the dataset do."""

from types import SimpleNamespace

import pandas as pd
import pytest

from ui.kpis import listing

UTC = pd.Timestamp("2026-06-03 19:47:59")


def look(zone, *, own=False):
    dataset = SimpleNamespace(timezone=zone, has=lambda *_: own)
    return SimpleNamespace(dataset=dataset)


@pytest.mark.parametrize(
    ("zone", "own", "told"),
    [
        ("Asia/Shanghai", False, "2026-06-04 03:47:59"),
        ("UTC", False, "2026-06-03 19:47:59"),
        ("Asia/Shanghai", True, "2026-06-03 19:47:59"),
    ],
)
def test_moments_are_told_in_the_one_zone_there_is(zone, own, told):
    frame = pd.DataFrame({
        "created_at": [UTC, pd.NaT], "local_date": [pd.Timestamp("2026-06-04")] * 2,
        "city": ["Linhai"] * 2,
    })  # fmt: skip
    found = listing.local(look(zone, own=own), frame)
    assert str(found["created_at"][0]) == told
    assert pd.isna(found["created_at"][1])
    assert found["local_date"].equals(frame["local_date"])
    assert listing.zone_of(look(zone, own=own).dataset) == ("UTC" if own else zone)
