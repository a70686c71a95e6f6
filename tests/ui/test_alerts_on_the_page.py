"""Alert rules from the KPI page to Home: saved, fired, deleted, undone."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from analysis.metrics.selection import Condition
from analysis.records.alerts import alert_rules, save_alert_rule
from tests.ui import kpi_world
from tests.ui.test_kpi_page import ROOT, button, on, opened, said
from ui import cached, fired
from ui.kpis.view import KpiView

TWO_CITIES = Condition("city", values=("Jeddah", "Riyadh"))


@pytest.fixture
def world(workspace):
    return kpi_world.publish(workspace)


def with_form(view=None):
    at = opened(view or KpiView(selection=on()))
    at.session_state["kpis_alerts"] = True
    return at.run()


def rules():
    return alert_rules(cached.records(), dataset=dataset().id)


def saved(at, *, kind="threshold", limit=5.0):
    next(box for box in at.selectbox if box.label == "Alert when it").select(kind)
    at.run()
    next(item for item in at.number_input if "Limit" in item.label).set_value(limit)
    names = [item for item in at.text_input if item.label == "Your name"]
    for item in names:
        item.set_value("Ana")
    next(item for item in at.button if item.label == "Save the alert").click()
    at.run()
    assert not at.exception
    return at


def home():
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = "en"
    at.run()
    assert not at.exception
    return at


def until(found):
    """Wait for work beside the page."""
    for _ in range(100):
        if found():
            return
        time.sleep(0.1)


def dataset():
    return cached.opened(kpi_world.NAME, "v001")


def test_a_rule_is_saved_for_the_orders_looked_at_and_fires_on_home(world):
    at = saved(with_form(KpiView(selection=on(conditions=(TWO_CITIES,)))))
    (rule,) = rules()
    assert (rule.kind, rule.metric, rule.limit) == ("threshold", "late_rate", 0.05)
    assert "Jeddah" in rule.scope
    until(lambda: fired.evaluate(dataset()).state != "running")
    (alert,) = fired.alerts(dataset())
    assert alert.view.selection.conditions == (TWO_CITIES,)
    text = said(home())
    assert "Alert: Late rate" in text
    assert "the limit is 5.0" in text.replace("\\", "").replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert not at.error


def test_a_rule_that_is_not_passed_is_quiet(world):
    saved(with_form(), limit=99.0)
    until(lambda: fired.evaluate(dataset()).state != "running")
    assert fired.alerts(dataset()) == []
    assert "Alert:" not in said(home())


def test_a_limit_is_asked_for_only_where_there_is_one(world):
    at = with_form()

    def limits():
        return [item.label for item in at.number_input if "Limit" in item.label]

    kind = next(box for box in at.selectbox if box.label == "Alert when it")
    assert (kind.value, limits()) == ("anomaly", [])
    for name, labels in (("threshold", 1), ("target", 0)):
        kind = next(box for box in at.selectbox if box.label == "Alert when it")
        kind.select(name)
        at.run()
        assert not at.exception
        assert len(limits()) == labels


def test_a_rule_without_a_limit_is_refused_with_a_reason(world):
    at = with_form()
    next(box for box in at.selectbox if box.label == "Alert when it").select(
        "threshold"
    )
    next(i for i in at.text_input if i.label == "Your name").set_value("Ana")
    next(item for item in at.button if item.label == "Save the alert").click()
    at.run()
    assert at.error
    assert rules() == ()


def test_a_rule_is_deleted_and_undone(world):
    rule = save_alert_rule(
        cached.records(), name="Late in Jeddah", kind="threshold", metric="late_rate",
        dataset=dataset().id, by="Ana", limit=0.01,
    )  # fmt: skip
    at = opened(KpiView(selection=on()))
    at.session_state["person_name"] = "Ana"
    at.session_state["kpis_alerts"] = True
    at.run()
    assert "Late in Jeddah" in said(at)
    button(at, f"kpis_alert_delete_{rule.id}").click().run()
    assert not at.exception
    assert rules() == ()
    button(at, "kpis_undo_alert").click().run()
    assert [item.name for item in rules()] == ["Late in Jeddah"]


def test_a_rule_whose_data_are_missing_says_so_on_home(workspace):
    frame = kpi_world.orders()
    frame = frame.loc[frame.index.repeat(4)].reset_index(drop=True)
    last = frame["local_date"].max()
    gone = (frame["local_date"] == last) & (frame.index % 20 > 0)
    frame = frame[~gone].reset_index(drop=True)
    frame = frame.assign(
        order_no=range(len(frame)),
        order_id=[f"o{place}" for place in range(len(frame))],
    )
    kpi_world.publish(workspace, frame)
    save_alert_rule(
        cached.records(), name="Few orders", kind="threshold", metric="orders",
        scope="{}", dataset=dataset().id, limit=1e6, side="below", by="Ana",
    )  # fmt: skip
    fired.evaluate(dataset())
    until(lambda: fired.alerts(dataset()))
    (found,) = fired.alerts(dataset())
    assert found.result.state == "missing"
    assert "data are missing" in fired.sentence(found)
    assert "data are missing" in said(home())
