"""Alert rules: kept, evaluated once for each version, a failing one fails alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.metrics import Selection
from analysis.records import open_records, set_target, undo_delete
from analysis.records.alerts import (
    alert_results,
    alert_rules,
    delete_alert_rule,
    save_alert_rule,
)
from analysis.trends import alerts, evaluate_alerts
from tests.trends.watch_world import ENDED, world

GRILLS = json.dumps(
    Selection.of({"city": ["east"], "merchant_type": ["grill"]}).to_json()
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """The small world up to the last day of what goes wrong in it."""
    return world(tmp_path_factory.mktemp("alerts"), days=ENDED + 1)


@pytest.fixture
def records(tmp_path):
    opened = open_records(tmp_path / "workspace")
    yield opened
    opened.close()


def rule(records, name="Grills", **options):
    values = {
        "kind": "threshold", "metric": "late_rate", "dataset": "world", "by": "Ana",
        "scope": GRILLS, "limit": 0.3,
    }  # fmt: skip
    return save_alert_rule(records, name=name, **{**values, **options})


def test_a_threshold_is_raised_since_the_first_day_beyond_it(dataset, records):
    rule(records)
    (found,) = evaluate_alerts(dataset, records)
    assert found.state == "raised"
    assert found.period == datetime.fromisoformat("2026-03-15")
    assert found.began is not None
    assert found.began >= datetime.fromisoformat("2026-03-09")
    assert found.limit == 0.3
    assert found.value > 0.3


def test_a_threshold_that_is_kept_is_quiet(dataset, records):
    rule(records, limit=0.99)
    (found,) = evaluate_alerts(dataset, records)
    assert (found.state, found.began) == ("quiet", None)


def test_a_target_is_missed_by_the_metrics_direction(dataset, records):
    set_target(records, "late_rate", target=0.2, first_day=date(2026, 1, 1), by="Ana",
               scope=GRILLS)  # fmt: skip
    rule(records, kind="target", limit=None)
    rule(records, "Everything", kind="target", limit=None, scope="{}")
    everything, grills = evaluate_alerts(dataset, records)
    assert (grills.state, grills.limit) == ("raised", 0.2)
    assert (everything.state, everything.limit) == ("too_few", None)


def test_an_anomaly_is_raised_where_detect_calls_the_last_day(dataset, records):
    rule(records, kind="anomaly", limit=None, scope="{}", side="either")
    rule(records, "Weekly", kind="anomaly", limit=None, grain="week", scope="{}")
    daily, weekly = evaluate_alerts(dataset, records)
    assert daily.state in ("raised", "quiet")
    assert daily.expected == pytest.approx(0.12, abs=0.05)
    assert weekly.state == "too_few"


def test_a_rule_is_evaluated_once_for_each_version(dataset, records, monkeypatch):
    rule(records)
    seen = []
    evaluate = alerts.evaluate_rule

    def counted(*given):
        seen.append(given)
        return evaluate(*given)

    monkeypatch.setattr(alerts, "evaluate_rule", counted)
    first = evaluate_alerts(dataset, records)
    assert evaluate_alerts(dataset, records) == first
    assert len(seen) == 1
    evaluate_alerts(replace(dataset, version="2"), records)
    assert len(seen) == 2
    assert alert_results(records, dataset="world", dataset_version="1") == first


def test_a_changed_rule_is_evaluated_anew(dataset, records):
    old = rule(records)
    evaluate_alerts(dataset, records)
    new = rule(records, limit=0.99, identifier=old.id, version=old.version)
    (found,) = evaluate_alerts(dataset, records)
    assert (found.rule_version, found.state) == (new.version, "quiet")


def test_a_rule_that_fails_says_why_and_the_others_go_on(dataset, records):
    rule(records, "Gone", metric="refusal_rate")
    rule(records, "Here")
    gone, here = evaluate_alerts(dataset, records)
    assert gone.state == "failed"
    assert "refused_count" in gone.reason
    assert here.state == "raised"


@pytest.fixture(scope="module")
def unsent(tmp_path_factory):
    """A world whose east sends no orders in the last week of it."""
    folder = tmp_path_factory.mktemp("unsent")
    return world(folder, days=ENDED + 1, wrong=False, unsent=True)


@pytest.fixture(scope="module")
def untimed(tmp_path_factory):
    """A world in whose last week deliveries of the east have no times."""
    folder = tmp_path_factory.mktemp("untimed")
    return world(folder, days=ENDED + 1, wrong=False, lost=True)


EAST, WEST = (
    json.dumps(Selection.of({"city": [city]}).to_json()) for city in ("east", "west")
)


@pytest.mark.parametrize("kind", ["threshold", "anomaly"])
@pytest.mark.parametrize("grain", ["day", "week"])
def test_no_rule_fires_on_orders_that_did_not_arrive(unsent, records, kind, grain):
    limit = 1e6 if kind == "threshold" else None
    options = {"metric": "orders", "kind": kind, "limit": limit, "side": "below"}
    rule(records, scope=EAST, grain=grain, **options)
    rule(records, "West", scope=WEST, grain=grain, **options)
    east, west = evaluate_alerts(unsent, records)
    assert (east.state, east.value, east.began) == ("missing", None, None)
    assert east.period <= datetime.fromisoformat("2026-03-15")
    assert west.state != "missing"
    assert west.state == "raised" or kind == "anomaly"


@pytest.mark.parametrize(
    ("metric", "state"), [("late_rate", "missing"), ("orders", "quiet")]
)
def test_what_is_missing_silences_what_needs_it(untimed, records, metric, state):
    rule(records, metric=metric, scope=EAST, limit=1e6 if metric == "orders" else 1e-6)
    (found,) = evaluate_alerts(untimed, records)
    assert found.state == state


def test_days_without_their_data_are_neither_judged_nor_learned_from(records, tmp_path):
    dataset = world(tmp_path, wrong=False, unsent=True)
    rule(records, metric="orders", scope=EAST, kind="anomaly", limit=None,
         side="either")  # fmt: skip
    (found,) = evaluate_alerts(dataset, records)
    assert found.state == "quiet"
    assert found.expected == pytest.approx(120, rel=0.15)
    steps = alerts._steps(
        dataset, records, alert_rules(records, dataset="world")[0],
        Selection.of({"city": ["east"]}),
        alerts.missing_days(
            dataset, "orders", selection=Selection.of({"city": ["east"]})
        ),
    )  # fmt: skip
    assert not steps["period"].between("2026-03-09", "2026-03-15").any()


def test_rules_are_listed_deleted_and_brought_back(records):
    first = rule(records)
    rule(records, "Other", dataset="elsewhere")
    assert [item.name for item in alert_rules(records, dataset="world")] == ["Grills"]
    delete_alert_rule(records, first.id, by="Ana")
    assert alert_rules(records, dataset="world") == ()
    undo_delete(records, "alert_rule", first.id, by="Ana")
    assert alert_rules(records, dataset="world")[0].limit == 0.3


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"limit": None}, InvalidInput),
        ({"limit": float("nan")}, InvalidInput),
        ({"kind": "mood"}, InvalidInput),
        ({"grain": "decade"}, InvalidInput),
        ({"side": "left"}, InvalidInput),
        ({"scope": "[]"}, InvalidInput),
        ({"metric": ""}, InvalidInput),
        ({"name": "Grills"}, Conflict),
        ({"identifier": "nobody"}, UnknownName),
    ],
)
def test_bad_rules_are_refused(records, options, error):
    rule(records)
    with pytest.raises(error):
        rule(records, **{"name": "New", **options})


def test_somebody_elses_change_is_not_overwritten(records):
    old = rule(records)
    rule(records, limit=0.5, identifier=old.id, version=old.version)
    with pytest.raises(Conflict):
        rule(records, limit=0.6, identifier=old.id, version=old.version)
