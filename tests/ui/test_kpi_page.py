"""The KPI page from the entry point: its figures, its address, its empty states."""

import dataclasses
import re
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis import records
from analysis.metrics.periods import Period
from analysis.metrics.selection import Condition, Selection
from analysis.orders import publish
from tests.ui import kpi_world
from tests.ui.kpi_world import HOSTILE, NAME
from ui.kpis import listing, standing
from ui.kpis.view import KpiView
from ui.state import encode_view

ROOT = Path(__file__).parents[2]
LAST_28 = ("2026-02-26", "2026-03-25")
FIRST = date(2026, 1, 1)
BEFORE = ("2026-01-29", "2026-02-25")


def opened(view=None, *, text=None, lang="en"):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = lang
    at.run()
    if view is not None:
        at.query_params["v"] = encode_view(view)
    if text is not None:
        at.query_params["v"] = text
    at.switch_page("pages/explore/kpis.py").run()
    assert not at.exception, [error.message for error in at.exception]
    return at


def said(at):
    parts = (at.title, at.markdown, at.caption, at.warning, at.info, at.error)
    return "\n".join(str(item.value) for kind in parts for item in kind)


def button(at, key):
    return next(item for item in at.button if item.key == key)


def metric(at, label):
    return next(item for item in at.metric if item.label == label)


def days(frame, first, last):
    inside = (frame["local_date"] >= date.fromisoformat(first)) & (
        frame["local_date"] <= date.fromisoformat(last)
    )
    return frame[inside]


def late(frame):
    delivered = frame[frame["status"] == "delivered"]
    return (delivered["delivered_at"] > delivered["promised_at"]).sum(), len(delivered)


@pytest.fixture
def world(workspace):
    return kpi_world.publish(workspace)


def on(**selection):
    return Selection(dataset=NAME, **selection)


def test_it_opens_with_the_last_28_days_against_those_before(world):
    at = opened()
    now, before = days(world, *LAST_28), days(world, *BEFORE)
    count, rows = late(now)
    share = 100 * count / rows
    assert metric(at, "Late rate").value == f"{share:.1f}\N{NO-BREAK SPACE}%"
    assert metric(at, "Orders").value == f"{len(now):,}"
    assert f"{count:,} of {rows:,}" in said(at).replace("\\", "")
    earlier = 100 * late(before)[0] / late(before)[1]
    assert f"{earlier:.1f}\N{NO-BREAK SPACE}% in " in said(at).replace("\\", "")
    assert at.title[0].value == "How is delivery doing?"
    assert f"n {len(now):,} orders" in said(at)


def test_all_days_have_nothing_to_be_compared_with(world):
    at = opened(KpiView(selection=on(), span="all"))
    count, rows = late(world)
    assert f"{count} of {rows:,}" in said(at).replace("\\", "")
    assert metric(at, "Late rate").delta == ""


def test_a_filter_narrows_everything(world):
    view = KpiView(selection=on(conditions=(Condition("city", values=("Jeddah",)),)))
    at = opened(view)
    now = days(world, *LAST_28)
    count, rows = late(now[now["city"] == "Jeddah"])
    assert f"{count} of {rows}" in said(at).replace("\\", "")
    assert button(at, "kpis_chip_0").label == "City\\: Jeddah"


def test_a_chip_is_taken_away(world):
    view = KpiView(selection=on(conditions=(Condition("city", values=("Jeddah",)),)))
    at = opened(view)
    button(at, "kpis_chip_0").click().run()
    assert not at.exception
    assert metric(at, "Orders").value == f"{len(days(world, *LAST_28)):,}"


def test_the_list_narrows_as_a_click_on_a_bar_does_and_goes_one_level_down(world):
    at = opened(KpiView(selection=on(), by="city"))
    labels = {item.label: item.key for item in at.button if "kpis_group" in item.key}
    button(at, labels["Jeddah"]).click().run()
    assert not at.exception
    assert button(at, "kpis_chip_0").label == "City\\: Jeddah"
    assert next(box for box in at.selectbox if box.key == "kpis_by").value == "zone"
    button(at, "kpis_crumb_all").click().run()
    assert next(box for box in at.selectbox if box.key == "kpis_by").value == "city"
    assert not [item for item in at.button if item.key == "kpis_chip_0"]


def test_more_than_twelve_groups_leave_one_that_opens(world):
    at = opened(KpiView(selection=on(), by="zone"))
    rest = [item for item in at.button if item.label == "other \\(4\\)"]
    assert len(rest) == 1
    rest[0].click().run()
    assert not at.exception
    groups = [item.label for item in at.button if "kpis_group" in item.key]
    assert len(groups) == 4


def test_a_group_below_the_minimum_sample_is_grey_and_says_so(world):
    conditions = (Condition("zone", values=(kpi_world.TINY,)),)
    at = opened(KpiView(selection=on(conditions=conditions)))
    n = late(days(world[world["zone"] == kpi_world.TINY], *LAST_28))[1]
    assert f"too few (n {n})" in said(at).replace("\\", "")
    assert "Late rate cannot be told here" in said(at)


def test_names_from_a_file_are_never_markdown(world):
    view = KpiView(selection=on(conditions=(Condition("city", values=(HOSTILE,)),)))
    at = opened(view)
    anchors = ("trend", "breakdown", standing.ANCHOR, listing.ANCHOR)
    own = re.compile(rf"\*\*\[↓[^\]]*\]\(#({'|'.join(anchors)})\)")
    shown = [own.sub("", said(at)), *(item.label for item in at.button)]
    assert any("\\!\\[x\\]" in text for text in shown)
    assert not any(re.search(r"(?<!\\)(!\[|\]\(|<script|`=)", text) for text in shown)


def test_a_locked_metric_names_the_column_that_unlocks_it(world):
    at = opened(KpiView(selection=on(metric="mean_rating"), cards=("mean_rating",)))
    assert "`rating`" in said(at)
    assert "Mean rating is still locked." in said(at)
    assert "verdicts" in said(
        opened(KpiView(selection=on(metric="case_accuracy"), cards=("orders",)))
    )


def test_a_card_makes_its_metric_the_metric_of_the_page(world):
    at = opened(KpiView(selection=on(), cards=("late_rate", "cancellation_rate")))
    button(at, "kpis_card_1").click().run()
    assert not at.exception
    assert at.header[0].value == "Cancellation rate"


def test_settings_are_part_of_the_metric(world):
    at = opened(KpiView(selection=on(metric="late_rate(grace=20)"), cards=()))
    assert at.header[0].value == "Late rate \\(Grace in minutes 20\\)"
    assert "**Late rate \\(Grace in minutes 20\\) is 0.0" in said(at)


def test_a_promise_that_is_a_rule_says_assumed(workspace):
    kpi_world.publish(workspace, assumed=True)
    at = opened()
    assert "assumed" in said(at)


def test_a_target_is_set_met_and_missed(world):
    at = opened(KpiView(selection=on(), cards=("late_rate",)))
    assert "target" not in metric(at, "Late rate").value
    from ui import cached  # noqa: PLC0415 - opened by the page

    for target, floor, word in ((0.5, None, "target met"), (0.01, 0.5, "near")):
        records.set_target(
            cached.records(), "late_rate", target=target, floor=floor,
            first_day=date(2026, 1, 1), by="Ana", scope='{"dataset": "World"}',
        )  # fmt: skip
        assert word in said(at.run())


def set_by(who, value, *, first=FIRST):
    from ui import cached  # noqa: PLC0415 - opened by the page

    return records.set_target(
        cached.records(), "late_rate", target=value, first_day=first, by=who,
        scope='{"dataset": "World"}',
    )  # fmt: skip


def targets_kept():
    from ui import cached  # noqa: PLC0415 - opened by the page

    return [item.target for item in records.targets_for(cached.records())]


def with_target_form(before=None):
    at = opened(KpiView(selection=on(metric="late_rate"), cards=("late_rate",)))
    if before is not None:
        set_by("Ana", before)
        at.run()
    at.session_state["kpis_target"] = True
    return at.run()


def save_target(at, value):
    at.number_input[0].set_value(value)
    for field in at.text_input:
        if field.key == "kpis_target_author":
            field.set_value("Ben")
    return next(item for item in at.button if item.label == "Save target").click().run()


def test_a_target_is_changed_on_the_page(world):
    at = save_target(with_target_form(before=0.1), 20.0)
    assert not at.error
    assert targets_kept() == [0.2]
    assert not save_target(at, 30.0).error
    assert targets_kept() == [0.3]


def test_a_target_that_somebody_changed_meanwhile_is_not_overwritten(world):
    at = with_target_form(before=0.1)
    set_by("Carla", 0.15)
    at = save_target(at, 20.0)
    assert "Carla changed this meanwhile" in at.error[0].proto.title
    assert targets_kept() == [0.15]
    assert save_target(at, 25.0).error
    assert targets_kept() == [0.15]
    assert not save_target(with_target_form(), 20.0).error
    assert targets_kept() == [0.2]


def test_a_target_that_somebody_set_meanwhile_is_not_overwritten(world):
    at = with_target_form()
    first = at.date_input[-1].value
    set_by("Carla", 0.15, first=first)
    assert save_target(at, 20.0).error
    assert targets_kept() == [0.15]


@pytest.mark.parametrize(
    "text",
    ["nonsense", "1.", "1.AAAA", "2.eJyrVgIAARUAng", "1." + "A" * 5_000, "%00", "💥"],
)
def test_a_damaged_address_opens_the_usual_view(world, text):
    at = opened(text=text)
    assert "could not be read" in said(at)
    assert metric(at, "Orders").value == f"{len(days(world, *LAST_28)):,}"


def test_what_the_dataset_does_not_have_is_left_out_and_named(world):
    selection = on(
        conditions=(Condition("planet", values=("Mars",)),), metric="no_such_metric"
    )
    at = opened(KpiView(selection=selection, cards=("orders", "bogus"), by="galaxy"))
    for name in ("planet", "no\\_such\\_metric", "bogus", "galaxy"):
        assert name in at.warning[0].value
    assert metric(at, "Orders").value == f"{len(days(world, *LAST_28)):,}"


def test_a_value_of_the_wrong_type_is_left_out(world):
    selection = on(conditions=(Condition("local_hour", values=("'; drop",)),))
    at = opened(KpiView(selection=selection))
    assert "local\\_hour" in at.warning[0].value


def test_a_dataset_that_is_not_here_offers_the_ones_that_are(world):
    at = opened(KpiView(selection=Selection(dataset="Elsewhere")))
    assert at.error
    button(at, "kpis_reset").click().run()
    assert metric(at, "Orders").value == f"{len(days(world, *LAST_28)):,}"


def test_a_period_without_orders_shows_the_way_back(world):
    period = Period(date(2020, 1, 1), date(2020, 1, 31))
    at = opened(KpiView(selection=on(period=period)))
    assert "No orders are left" in said(at)
    button(at, "kpis_none_days").click().run()
    assert metric(at, "Orders").value == f"{len(world):,}"


def test_without_times_the_figures_stay_and_the_trend_names_its_column(workspace):
    frame = kpi_world.orders()[["order_no", "order_id", "city", "status"]]
    kpi_world.publish(workspace, frame)
    at = opened()
    assert metric(at, "Orders").value == f"{len(frame):,}"
    assert "created\\_at" in said(at) or "created_at" in said(at)


def test_an_empty_workspace_says_what_would_be_here():
    at = opened()
    assert "once orders are here" in said(at)


def test_an_older_version_offers_the_current_one(workspace, world):
    kpi_world.publish(workspace, world.head(4000), version="v002")
    at = opened(KpiView(selection=on(version="v001")))
    assert "v002 is current" in said(at)
    assert "(v001)" in said(at)


def test_chinese_all_the_way(world):
    at = opened(lang="zh_CN")
    assert at.title[0].value == "配送表现如何？"
    assert metric(at, "超时率").value.endswith("%")
    assert "准时" in said(at) or "超时率" in said(at)


def test_the_view_survives_its_address():
    view = KpiView(
        selection=on(
            period=Period(date(2026, 1, 1), date(2026, 1, 31)),
            conditions=(
                Condition("city", kind="not_in", values=(HOSTILE, None)),
                Condition("zone", kind="missing"),
            ),
            metric="late_rate(by=day)",
        ),
        cards=("orders", "late_rate(by=day)"),
        grain="week",
        by="fleet",
        order="change",
    )
    from ui.state import decode_view  # noqa: PLC0415 - beside its use

    assert decode_view(encode_view(view), KpiView) == (view, ())
    assert dataclasses.is_dataclass(view.selection)


OLIST = ROOT.parent / "shared" / "data" / "olist"


@pytest.mark.shared
@pytest.mark.skipif(not OLIST.is_dir(), reason="the Olist files are not beside us")
def test_olist_gives_the_known_answers(workspace):
    publish(sorted(OLIST.glob("*.csv")), workspace=workspace, name="Olist")
    at = opened(KpiView(span="all"))
    assert metric(at, "Orders").value == "4,000"
    assert "335 of 3,898" in said(at)
    assert "8.59\N{NO-BREAK SPACE}%" in [item.value for item in at.metric]
    by_day = Selection(metric="late_rate(by=day)")
    at = opened(KpiView(span="all", selection=by_day))
    assert "7.16\N{NO-BREAK SPACE}%" in [item.value for item in at.metric]
