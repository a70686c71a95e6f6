"""The views of the KPI page: each drawn, each a way to fewer orders."""

from datetime import date

import pytest

from analysis.metrics.periods import Period
from analysis.metrics.selection import Condition, Selection
from tests.ui import kpi_world
from tests.ui.test_kpi_page import button, days, late, metric, on, opened, said
from ui.kpis import figures, severity
from ui.kpis.path import moved
from ui.kpis.versus import are_apart
from ui.kpis.view import KpiView

LAST_28 = ("2026-02-26", "2026-03-25")
JEDDAH = Condition("city", values=("Jeddah",))
ZONE = Condition("zone", values=("zone 03",))


@pytest.fixture
def world(workspace):
    return kpi_world.publish(workspace)


def orders(at):
    return int(metric(at, "Orders").value.replace(",", ""))


@pytest.mark.parametrize(
    ("panel", "text"),
    [
        ("hours", "all weekdays together"),
        ("severity", "Ring: the days compared with."),
        ("stages", "From order to door"),
        ("experience", "Something went wrong for"),
        ("compare", "**Late rate is"),
    ],
)
def test_each_view_says_what_it_shows(world, panel, text):
    assert text in said(opened(KpiView(selection=on(), panel=panel)))


@pytest.mark.parametrize(
    ("panel", "column"), [("map", "drop_lat"), ("supply", "rider_id")]
)
def test_a_view_that_lacks_columns_names_them(world, panel, column):
    at = opened(KpiView(selection=on(), panel=panel))
    assert f"`{column}`" in said(at) or "`shifts" in said(at)


def test_the_lists_of_the_views_narrow_as_their_marks_do(world):
    at = opened(KpiView(selection=on(), panel="severity"))
    labels = {item.label: item.key for item in at.button if item.key}
    button(at, labels["10\\-20 min"]).click().run()
    assert not at.exception
    now = days(world, *LAST_28)
    assert orders(at) == late(now)[0]
    at = opened(KpiView(selection=on(), panel="experience"))
    place = next(item for item in at.button if "Delivered late" in item.label)
    place.click().run()
    assert orders(at) == late(now)[0]
    at = opened(KpiView(selection=on(), panel="hours"))
    button(at, "kpis_hours_open").click().run()
    monday = now[(now["local_weekday"] == 1) & (now["local_hour"] == 0)]
    assert len(monday) == 0
    assert "No orders are left" in said(at)


def test_a_stage_becomes_the_metric_of_the_page(workspace):
    frame = kpi_world.orders()
    frame["accepted_at"] = (
        frame["created_at"]
        + (frame["delivered_at"].fillna(frame["promised_at"]) - frame["created_at"]) / 4
    )
    frame["accepted_at"] = frame["accepted_at"].astype("datetime64[us]")
    kpi_world.publish(workspace, frame)
    at = opened(KpiView(selection=on(), panel="stages"))
    button(at, "kpis_stages_0").click().run()
    assert at.header[0].value == "Dispatch minutes"


def test_the_path_is_edited_step_by_step(world):
    view = KpiView(selection=on(conditions=(JEDDAH, ZONE)))
    at = opened(view)
    both = orders(at)
    assert moved((JEDDAH, ZONE), 1, -1) == (ZONE, JEDDAH)
    assert moved((JEDDAH, ZONE), 1, 1) == (JEDDAH, ZONE)
    button(at, "kpis_crumb_0").click().run()
    assert orders(at) > both
    assert button(at, "kpis_crumb_all").label == "All orders"


def test_orders_set_aside_are_compared_with(world):
    at = opened(KpiView(selection=on(conditions=(JEDDAH,)), panel="compare", by="zone"))
    button(at, "kpis_keep").click().run()
    assert not at.exception
    box = next(item for item in at.selectbox if item.key == "kpis_versus_other")
    assert any("set aside" in option for option in box.options)
    box.select(next(option for option in box.options if "set aside" in option)).run()
    assert not at.exception
    assert "Orders may be in both" in said(at)


def test_a_segment_against_the_rest_is_counted_by_hand(world):
    view = KpiView(
        selection=on(), panel="compare", by="city",
        one=Selection(conditions=(JEDDAH,)),
    )  # fmt: skip
    now = days(world, *LAST_28)
    shares = [
        100 * counted[0] / counted[1]
        for counted in (
            late(now[now["city"] == "Jeddah"]), late(now[now["city"] != "Jeddah"]),
        )
    ]  # fmt: skip
    text = said(opened(view)).replace("\N{NO-BREAK SPACE}", " ")
    assert f"{shares[0]:.1f} % in Jeddah** and {shares[1]:.1f} % in the rest" in text


def test_selections_that_share_no_orders_are_known():
    riyadh = Selection.of({"city": "Riyadh"})
    assert are_apart(riyadh, Selection.of({"city": ["Jeddah"]}))
    assert not are_apart(riyadh, Selection.of({"zone": "x"}))


def test_the_orders_are_listed_page_by_page(world):
    view = KpiView(
        selection=on(), listed=True, columns=("order_id", "minutes_late", "city"),
        sort="-minutes_late",
    )  # fmt: skip
    at = opened(view)
    table = at.dataframe[-1].value
    assert list(table.columns) == ["Order ID", "Minutes late", "City"]
    assert table["Minutes late"].max() == table["Minutes late"].iloc[0]
    assert len(table) == 50
    first = set(table["Order ID"])
    button(at, "kpis_rows_chevron_right").click().run()
    assert not at.exception
    assert not first & set(at.dataframe[-1].value["Order ID"])
    count = len(days(world, *LAST_28))
    assert f"51 to 100 of {count:,}" in said(at).replace("\\", "")


def test_a_step_of_the_trend_is_opened_alone(world):
    day = Period(date(2026, 3, 1), date(2026, 3, 1))
    view = KpiView(selection=on(period=day), span="days")
    assert orders(opened(view)) == len(days(world, "2026-03-01", "2026-03-01"))


def test_groups_are_ranked_by_what_they_cost_and_shrunk_on_demand(world):
    at = opened(KpiView(selection=on(), by="zone", order="excess", estimate="shrunk"))
    told = [item.value for item in at.markdown if "late orders" in str(item.value)]
    assert told
    now = days(world, *LAST_28)
    count, rows = late(now)
    zones = {
        zone: late(frame)[0] - late(frame)[1] * count / rows
        for zone, frame in now.groupby("zone")
    }
    worst = max(zones, key=zones.get)
    first = next(item for item in at.button if item.key == "kpis_group_0")
    assert first.label == worst


def test_the_sentences_lead_to_their_charts(world):
    at = opened(KpiView(selection=on(), by="city"))
    text = said(at)
    assert "(#trend)" in text
    assert "Jeddah stands out" in text
    assert "(#breakdown)" in text


def test_tables_of_shares_are_written_as_shares_and_titles_name_a_metric_once():
    assert set(severity.share_columns()) >= {"Share", "Before"}
    assert figures.legend_title("mean_rating") == "Mean rating"
    assert figures.legend_title("late_rate").startswith("Late rate, % of")
