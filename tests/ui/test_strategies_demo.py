"""The strategies of the demo world, registered and frozen at the first start."""

from datetime import date

import pytest

from analysis.records import list_strategies, open_records
from analysis.strategies.assignment_tables import load_assignment
from analysis.strategies.registration import from_stored
from analysis.workspace import Workspace
from sample_data.simulate import simulate
from ui.strategies.demo_plans import register_demo


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo_plans")
    simulate(folder / "out", orders=1_000)
    workspace = Workspace.open(folder / "workspace")
    records = open_records(workspace)
    first = register_demo(records, workspace, folder / "out", dataset="Demo")
    again = register_demo(records, workspace, folder / "out", dataset="Demo")
    stored = list_strategies(records, dataset="Demo")
    yield workspace, {item.name: item for item in stored}, (first, again)
    records.close()


def test_all_eight_are_frozen_once(registered):
    _, stored, counts = registered
    assert counts == (8, 0)
    assert len(stored) == 8
    assert all(item.is_frozen for item in stored.values())
    designs = sorted(item.design for item in stored.values())
    assert designs == ["ab"] * 5 + ["did", "staggered", "switchback"]


def test_riders_come_by_a_table_whose_ids_are_hashed(registered):
    workspace, stored, _ = registered
    plan = from_stored(stored["Route guide in the rider app"])
    table = load_assignment(workspace, plan.assignment.table)
    assert set(table["variant"]) == {"control", "treatment"}
    assert not table["unit"].str.startswith("R0").any()


def test_places_begin_on_their_own_local_day(registered):
    _, stored, _ = registered
    city = from_stored(stored["New 3PL partner in Riyadh"])
    assert city.assignment.starts == {"Kuwait City": None, "Riyadh": date(2026, 3, 24)}
    zones = from_stored(stored["Food lockers, zone by zone"])
    assert zones.assignment.starts["Mong Kok"] == date(2026, 3, 16)
    assert zones.assignment.starts["Moema"] == date(2026, 4, 13)
    assert zones.assignment.starts["Sha Tin"] is None


def test_nothing_of_the_truth_is_registered(registered):
    _, stored, _ = registered
    for item in stored.values():
        told = f"{item.frozen_plan} {item.hypothesis}".lower()
        assert "planted" not in told
        assert "right_decision" not in told
