"""The arms of a plan are those of its column."""

from datetime import timedelta

import pytest

from analysis.errors import InvalidInput
from analysis.orders import open_dataset
from analysis.strategies.arm_names import arms_in, need_arms
from analysis.strategies.registration import Assignment
from tests.ui import strategy_world


@pytest.fixture
def dataset(tmp_path):
    strategy_world.publish(tmp_path)
    return open_dataset(tmp_path, strategy_world.kpi_world.NAME)


def test_arms_that_no_order_has_are_refused_once_there_are_data(dataset):
    assert arms_in(dataset, "variant") == ("control", "treatment")
    need_arms(dataset, strategy_world.plan())
    arms = Assignment("column", "variant", control="nobody", treated="treatment")
    with pytest.raises(InvalidInput, match="nobody"):
        need_arms(dataset, strategy_world.plan(assignment=arms))
    later = strategy_world.LAST + timedelta(days=900)
    need_arms(
        dataset,
        strategy_world.plan(assignment=arms, first_day=later, last_day=later),
    )
