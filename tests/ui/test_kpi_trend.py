"""The trend of the KPI page: its first step, and what rests on too few."""

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.registry import parse_reference
from tests.ui import kpi_world
from ui import cached
from ui.kpis import trend
from ui.kpis.view import KpiView, look_at

FEW = parse_reference("late_rate").definition.minimum_sample


def thinned(every):
    frame = kpi_world.orders().iloc[::every].reset_index(drop=True)
    return frame.assign(order_no=range(len(frame)))


def look(workspace, frame, **view):
    kpi_world.publish(workspace, frame)
    dataset = cached.opened(kpi_world.NAME, "v001")
    return look_at(dataset, KpiView(**view))[0]


@pytest.mark.parametrize(("every", "grain"), [(1, "day"), (7, "week"), (60, "day")])
def test_it_opens_on_the_finest_step_that_shows_something(workspace, every, grain):
    assert trend.settled(look(workspace, thinned(every), span="all")).grain == grain


def test_a_step_of_the_address_stays(workspace):
    asked = look(workspace, thinned(7), span="all", grain="day")
    assert trend.settled(asked) is asked


@pytest.mark.parametrize("grain", ["day", "week"])
def test_compared_steps_that_rest_on_too_few_are_left_out(workspace, grain):
    frame = kpi_world.orders()
    day = pd.to_datetime(frame["local_date"])
    thin = day.between("2026-01-29", "2026-02-04") & (np.arange(len(frame)) % 50 > 0)
    frame = frame[~thin].reset_index(drop=True)
    frame["order_no"] = range(len(frame))
    seen = look(workspace, frame, span="last_28")
    assert str(seen.before.first) == "2026-01-29"
    found = trend.series(seen, "late_rate", grain).set_index("period")["before"]
    delivered = frame[frame["status"] == "delivered"]
    later = pd.to_datetime(delivered["local_date"]) + pd.Timedelta(days=28)
    starts = (
        later if grain == "day" else later - pd.to_timedelta(later.dt.day_of_week, "D")
    )
    inside = later.between("2026-02-26", "2026-03-25")
    counts = starts[inside].value_counts().reindex(found.index, fill_value=0)
    assert (found.notna() == (counts >= FEW)).all()
    assert found.notna().any()
    assert found.isna().any()
