"""The trend of the KPI page: its first step, and what rests on too few."""

import io
from datetime import date
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from analysis.metrics import Period
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection
from analysis.trends import Finding, Watch
from analysis.trends.expected import expected
from tests.ui import kpi_world
from tests.ui.test_kpi_page import opened, said
from ui import cached, charts, export
from ui.kpis import behind, marks, numbers, trend
from ui.kpis.behind import formats_of
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


@pytest.mark.parametrize(
    ("grain", "cell"), [("day", "2026-02-26"), ("week", "2026-02-23")]
)
def test_the_table_has_dates_whole_counts_and_telling_headers(workspace, grain, cell):
    seen = look(workspace, kpi_world.orders(), span="last_28", grain=grain)
    table = numbers.table_of(seen, trend.series(seen, "late_rate", grain))
    header, first, *_ = export.csv_bytes(table).decode("utf-8-sig").splitlines()
    assert "Late rate, Feb 26 – Mar 25, 2026" in header
    assert "Late rate, Jan 29 – Feb 25, 2026" in header
    assert first.startswith(f"{cell},")
    assert [str(n) for n in table["n"]] == [f"{n:d}" for n in table["n"]]
    assert first.split(",")[4] == str(table["n"].iloc[0])
    book = io.BytesIO(export.xlsx_bytes(table, sheet="trend"))
    again = pd.read_excel(book) if find_spec("openpyxl") else table
    assert pd.api.types.is_integer_dtype(again["n"])


def test_the_table_has_the_band_that_is_drawn_and_the_unit_of_the_metric(workspace):
    seen = look(workspace, kpi_world.orders(), span="last_28", grain="day")
    frame = trend.series(seen, "late_rate", "day")
    found = pd.DataFrame(
        {
            "period": frame["period"], "expected": 0.1, "low": 0.05, "high": 0.2,
            "score": 0.5, "is_anomaly": False, "is_changepoint": False,
            "is_too_few": [True] + [False] * 27, "is_without": False,
        }
    )  # fmt: skip
    table = numbers.table_of(seen, marks.with_expected(frame, found))
    band = table[["Expected", "Expected, low", "Expected, high"]]
    assert band.iloc[0].isna().all()
    assert band.iloc[1].tolist() == [0.1, 0.05, 0.2]
    assert "Expected" not in numbers.table_of(seen, marks.with_expected(frame, None))
    assert pd.api.types.is_integer_dtype(table["n"])
    formats = formats_of("late_rate", table)
    assert set(formats.values()) == {"percent"}
    assert set(table.columns) - set(formats) == {"Time", "n"}


def test_steps_without_orders_have_an_empty_cell_and_shares_stay_as_they_are():
    assert numbers.whole(pd.Series([1.0, np.nan])).tolist() == [1, pd.NA]
    assert numbers.whole(pd.Series([1.5, 2.0])).tolist() == [1.5, 2.0]


def test_a_definition_leads_with_what_readers_need_and_has_no_expressions(workspace):
    seen = look(workspace, kpi_world.orders())
    definition = parse_reference("late_rate").definition
    name, meaning, blank, *rest = behind.definition_text(seen, "late_rate").splitlines()
    assert (name, meaning, blank) == (
        definition.label_in("en"), definition.definition_in("en"), "",
    )  # fmt: skip
    heads = [line.partition(":")[0] for line in rest]
    assert heads.index("Owner") < heads.index("Version") < heads.index("Minimum sample")
    assert not {"Numerator", "Denominator", "Table"} & set(heads)
    formula = behind.formula_text(seen, "late_rate").splitlines()
    assert [line.partition(":")[0] for line in formula][:2] == [
        "Numerator", "Denominator",
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["kpis_details_0", "kpis_figure_sql"])
def test_the_expressions_stand_under_the_query(workspace, key):
    kpi_world.publish(workspace)
    view = KpiView(selection=Selection(dataset=kpi_world.NAME, metric="late_rate"))
    at = opened(view.model_copy(update={"cards": ("late_rate",)}))
    assert "Numerator: " not in said(at).replace("\\", "")
    at.session_state[key] = True
    at.run()
    assert not at.exception
    assert "Numerator: " in said(at).replace("\\", "")
    assert not any("Numerator" in item.value for item in at.code)


def test_what_lasted_lies_in_lanes_at_the_foot():
    days = pd.date_range("2026-02-01", periods=10)
    frame = pd.DataFrame({"day": days, "value": 0.1})
    february = [date(2026, 2, day) for day in range(1, 11)]
    found = [
        marks.Mark(february[0], "a", last=february[4]),
        marks.Mark(february[1], "b", last=february[9]),
        marks.Mark(february[6], "c", last=february[8]),
        marks.Mark(february[7], "moment"),
    ]
    spans = marks.spans_of(found)
    assert spans["lane"].tolist() == [0, 1, 0]
    drawn = charts.trend(frame, time="day", value="value", spans=spans).to_dict()
    bars = [
        layer
        for layer in drawn["layer"]
        if layer["encoding"].get("x2", {}).get("field") == "until"
    ]
    places = [layer["encoding"]["y"]["value"]["expr"] for layer in bars]
    assert places == ["height - 3", "height - 9"]
    assert marks.spans_of(found[3:]) is None


def publish_late(workspace, days, share):
    """A dataset in which so many of the orders of some days are late, else 15 %."""
    frame = kpi_world.orders()
    frame = frame.loc[frame.index.repeat(10)].reset_index(drop=True)
    generator = np.random.default_rng(7)
    inside = frame["local_date"].between(days.first, days.last).to_numpy()
    happened = generator.random(len(frame)) < np.where(inside, share, 0.15)
    minutes = pd.to_timedelta(np.where(happened, 55, 33), unit="m")
    frame = frame.assign(
        order_no=np.arange(len(frame)),
        order_id=[f"o{number}" for number in range(len(frame))],
        delivered_at=(frame["created_at"] + minutes).astype("datetime64[us]"),
        status="delivered",
    )
    kpi_world.publish(workspace, frame, name="Wrong")
    return cached.opened("Wrong", "v001")


def test_days_whose_data_are_wrong_do_not_widen_the_band_after_them(workspace):
    wrong = Period(date(2026, 3, 2), date(2026, 3, 5))
    dataset = publish_late(workspace, wrong, 1.0)
    asked = {"grain": "day", "period": Period(date(2026, 2, 20), date(2026, 3, 20))}
    widths = {}
    for left_out in ((), (wrong,)):
        found = expected(dataset, "late_rate", left_out=left_out, **asked)
        days = pd.to_datetime(found["period"]).dt.date
        width = found["high"] - found["low"]
        after = width[days == date(2026, 3, 6)].item()
        widths[left_out] = after / width[days < wrong.first].mean()
        assert days.between(wrong.first, wrong.last).any() != bool(left_out)
    assert widths[(wrong,)] < 1.2 < widths[()]


def test_the_band_of_an_incident_is_what_was_expected_without_it(
    workspace, monkeypatch
):
    days = Period(date(2026, 3, 2), date(2026, 3, 13))
    dataset = publish_late(workspace, days, 0.4)
    shown = Period(date(2026, 2, 20), date(2026, 3, 20))
    view = KpiView(
        selection=Selection(period=shown, metric="late_rate"), span="days", grain="day"
    )
    seen, _ = look_at(dataset, view)
    steps = trend.series(seen, "late_rate", "day")
    without_watch = marks.with_expected(steps, marks.judged(seen, "day"))
    assert not without_watch["without"].any()
    assert marks.what_without(without_watch) == ""
    began, ended = (
        pd.Timestamp(day).to_pydatetime() for day in (days.first, days.last)
    )
    incident = Finding(
        metric="late_rate", segment=(), kind="segment", shape="shift", grain="day",
        began=began, ended=ended, is_worse=True, excess=1e4, orders=4e4, observed=0.4,
        expected=0.15, score=1.0, q_value=0.0,
    )  # fmt: skip
    found = Watch((incident,), shown, ("late_rate",), ((),), 1, 0, {})
    monkeypatch.setattr(marks.standing, "found_of", lambda _: found)
    frame = marks.with_expected(steps, marks.judged(seen, "day"))
    lasts = frame["period"].between(began, ended)
    assert frame["without"].tolist() == lasts.tolist()
    assert frame.loc[lasts, "unusual"].all()
    assert (frame.loc[lasts, "most"] < 0.3).all()
    after = frame["period"] > ended
    assert frame.loc[after, "unusual"].sum() < without_watch.loc[after, "unusual"].sum()
    assert "without it" in marks.what_without(frame)


def test_the_band_of_an_incident_has_its_own_colour_and_name():
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2026-02-01", periods=5),
            "value": 0.1, "least": 0.05, "most": 0.2, "expected": 0.12,
            "inside": [False, False, True, True, False],
        }
    )  # fmt: skip
    options = {"time": "day", "value": "value", "expected": ("least", "most")}
    drawn = charts.trend(frame, **options, without=("inside", "expected"))
    band = [layer for layer in drawn.layer if layer.mark["type"] == "area"]
    assert len({layer.mark["color"] for layer in band}) == 2
    rows = next(layer for layer in drawn.layer if "middle" in layer.data).data
    # From the day before, so that an incident of one day is seen as well.
    assert rows["middle"].notna().tolist() == [False, True, True, True, False]
    assert "without the incident" in str(drawn.to_dict())
    assert "without the incident" not in str(charts.trend(frame, **options).to_dict())
