"""What stands out follows the filters and the days; the others are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis.metrics import Condition, Period, Selection, meeting
from analysis.trends import Finding, Watch, gaps
from analysis.trends.watched import USUAL_METRICS
from tests.ui.kpi_world import orders, publish
from ui import attention, cached
from ui.kpis import (
    answer,
    breakdown,
    cards,
    doubt,
    marks,
    standing,
    strip,
    trend,
    within,
)
from ui.kpis.figures import Figure, name_of
from ui.kpis.groups import Group
from ui.kpis.view import KpiView, look_at
from ui.texts import translate

RIYADH = Condition("city", values=("Riyadh",))


def finding(*segment, **changed):
    usual = {
        "metric": "late_rate", "kind": "segment", "shape": "shift", "grain": "day",
        "began": datetime.fromisoformat("2026-02-01"),
        "ended": datetime.fromisoformat("2026-02-05"),
        "is_worse": True, "excess": 10.0, "orders": 500.0, "observed": 0.3,
        "expected": 0.1, "score": 0.99, "q_value": 0.01,
    }  # fmt: skip
    return Finding(segment=segment, **usual | changed)


IN_RIYADH = finding(("zone", "Ri 01"))
IN_JEDDAH = finding(("zone", "Je 01"))
JEDDAH = finding(("city", "Jeddah"))
EVERYWHERE = finding()
OWN = finding(("fleet", "own"))
NO_FLEET = finding(("fleet", None))


@pytest.fixture
def frame(workspace):
    """Three cities whose zones have names of their own."""
    found = orders()
    zones = found["city"].str[:2] + " " + found["zone"].str[-2:]
    found = found.assign(zone=zones)
    publish(workspace, found)
    return found


@pytest.fixture
def look(frame):
    view = KpiView(span="all", selection=Selection(conditions=(RIYADH,)))
    return look_at(cached.opened("World", "v001"), view)[0]


def test_orders_shared_with_segments_are_counted_by_hand(frame):
    dataset = cached.opened("World", "v001")
    segments = [
        Selection.of({"zone": "Ri 01"}),
        Selection.of({"zone": "Je 01"}),
        Selection(conditions=(Condition("fleet", kind="missing"),)),
        Selection(),
        Selection.of({"city": "no such"}),
    ]
    days = Period(date(2026, 2, 1), date(2026, 2, 28))
    counts = meeting(
        dataset, segments, selection=Selection(conditions=(RIYADH,)), period=days
    )
    inside = frame[
        (frame["city"] == "Riyadh")
        & (frame["local_date"] >= days.first)
        & (frame["local_date"] <= days.last)
    ]
    assert counts == (
        (inside["zone"] == "Ri 01").sum(),
        0,
        inside["fleet"].isna().sum(),
        len(inside),
        0,
    )
    assert counts[0] > 0
    assert meeting(dataset, ()) == ()


def test_a_zone_of_another_city_is_not_within_a_city(look):
    every = [IN_RIYADH, IN_JEDDAH, JEDDAH, EVERYWHERE, OWN, NO_FLEET]
    inside, outside = within.split(look, every)
    assert inside == [IN_RIYADH, EVERYWHERE, OWN, NO_FLEET]
    assert outside == [IN_JEDDAH, JEDDAH]


def test_without_filters_all_are_within(look):
    bare = replace(look, view=KpiView())
    assert within.of_orders(bare, [IN_JEDDAH, JEDDAH]) == [True, True]


@pytest.mark.parametrize(
    ("began", "ended", "expected"),
    [
        ("2026-02-01", "2026-02-09", False),
        ("2026-02-01", "2026-02-10", True),
        ("2026-02-20", "2026-03-01", True),
        ("2026-02-21", None, False),
        ("2026-01-01", None, True),
    ],
)
def test_only_what_holds_on_the_days_looked_at(look, began, ended, expected):
    narrowed = replace(look, period=Period(date(2026, 2, 10), date(2026, 2, 20)))
    over = datetime.fromisoformat(ended) if ended else None
    item = finding(began=datetime.fromisoformat(began), ended=over)
    assert within.in_days(narrowed, item) is expected


def fault(**changed):
    usual = {"kind": "data_fault", "began": datetime.fromisoformat("2026-02-01")}
    return finding(**usual | {"ended": datetime.fromisoformat("2026-02-05")} | changed)


def slight(**changed):
    """A fault in few of the orders, which are learned from all the same."""
    return fault(**{"orders": 1.0} | changed)


@pytest.mark.parametrize(
    ("item", "when", "began"),
    [
        (slight(), date(2026, 2, 3), date(2026, 2, 1)),
        (slight(), date(2026, 2, 9), date(2026, 2, 1)),
        (slight(), date(2026, 2, 13), None),
        (fault(), date(2026, 2, 3), None),
        (fault(), date(2026, 2, 9), None),
        (slight(), date(2026, 1, 31), None),
        (slight(ended=None), date(2026, 3, 20), date(2026, 2, 1)),
        (slight(kind="segment"), date(2026, 2, 3), None),
        (slight(metric="orders"), date(2026, 2, 3), None),
        (slight(metric="orders", also=("late_rate",)), date(2026, 2, 3),
         date(2026, 2, 1)),
        (replace(slight(), segment=(("city", "Jeddah"),)), date(2026, 2, 3), None),
        (replace(slight(), segment=(("zone", "Je 01"),)), date(2026, 2, 3), None),
    ],
)  # fmt: skip
def test_days_in_or_just_after_a_fault_are_doubted(
    look, monkeypatch, item, when, began
):
    found = SimpleNamespace(findings=(item,))
    monkeypatch.setattr(standing, "found_of", lambda _: found)
    doubted = doubt.of_days(look, [when])
    assert (doubted and doubted.began.date()) == began


@pytest.mark.parametrize(
    ("ended", "told", "doubted"),
    [
        ("2026-02-01", "wrong on Feb 1", "wrong on Feb 1, 2026, so what is odd then"),
        ("2026-02-05", "wrong from Feb 1, 2026 to Feb 5",
         "wrong from Feb 1, 2026 to Feb 5, 2026, so what is odd then"),
        (None, "wrong since Feb 1", "wrong from Feb 1, 2026 on, so days since then"),
    ],
)  # fmt: skip
def test_days_of_a_fault_are_named_from_to_when_it_is_over(
    look, monkeypatch, ended, told, doubted
):
    item = slight(ended=datetime.fromisoformat(ended) if ended else None)
    assert told in standing.sentence(item)
    monkeypatch.setattr(
        standing, "found_of", lambda _: SimpleNamespace(findings=(item,))
    )
    steps = [pd.Timestamp(f"2026-02-0{number}") for number in (1, 2, 3, 4)]
    look = replace(look, grain="day")
    assert doubted in answer._unusual(look, steps)
    assert "Feb 2, 2026 and 2 more days." in answer._unusual(look, steps)
    assert "and one more day." in answer._unusual(look, steps[:3])


def told(look, monkeypatch, *findings):
    """The verdict and the group's sentence: 300 more of 1000, 100 above in Riyadh."""
    monkeypatch.setattr(
        standing, "found_of", lambda _: SimpleNamespace(findings=findings)
    )
    row = {
        "late_rate": 0.4, "late_rate_n": 1000, "late_rate_change": 0.3,
        "late_rate_before": 0.1, "late_rate_change_low": 0.2,
        "late_rate_change_high": 0.35,
    }  # fmt: skip
    whole = Figure.of(row, "late_rate")
    group = Group("Riyadh", RIYADH, Figure.of(row | {"late_rate": 0.5}, "late_rate"), 9)
    verdict = answer._change(look, whole, "Late rate")
    return verdict, answer._group(look, whole, group)


@pytest.mark.parametrize(
    ("item", "doubts"),
    [
        (fault(excess=50.0), (True, True)),
        (fault(excess=20.0), (False, True)),
        (fault(excess=5.0), (False, False)),
        (fault(excess=float("nan")), (True, True)),
        (fault(excess=5.0, metric="complaint_rate", also=("late_rate",)),
         (True, True)),
        (fault(excess=50.0, metric="complaint_rate"), (False, False)),
        (fault(excess=50.0, kind="segment"), (False, False)),
        (replace(fault(excess=50.0), segment=(("city", "Jeddah"),)), (True, False)),
        (fault(excess=50.0, began=datetime.fromisoformat("2025-01-01"),
               ended=datetime.fromisoformat("2025-01-02")), (False, False)),
    ],
)  # fmt: skip
def test_no_verdict_and_no_culprit_where_the_data_are_known_to_be_wrong(
    look, monkeypatch, item, doubts
):
    everywhere = replace(look, view=KpiView(span="all"))
    verdict, group = told(everywhere, monkeypatch, item)
    assert ("worse as counted, but the data look wrong" in verdict) is doubts[0]
    assert ("but its data look wrong" in group) is doubts[1]
    assert ("stands out" in group) is not doubts[1]


JANUARY = {
    "began": datetime.fromisoformat("2026-01-10"),
    "ended": datetime.fromisoformat("2026-01-12"),
}


def test_nothing_is_learned_from_days_whose_data_are_wrong(look, monkeypatch):
    days = Period(date(2026, 2, 1), date(2026, 2, 5))
    for findings, found in (
        ((fault(),), (days,)),
        ((slight(),), ()),
        ((fault(ended=None),), ()),
        ((fault(kind="segment"),), ()),
        ((replace(fault(), segment=(("city", "Jeddah"),)),), ()),
    ):
        known = SimpleNamespace(findings=findings)
        monkeypatch.setattr(standing, "found_of", lambda _, known=known: known)
        assert doubt.left_out(look) == found
    monkeypatch.setattr(
        standing, "found_of", lambda _: SimpleNamespace(findings=(fault(),))
    )
    judged = marks.judged(replace(look, period=look.whole, grain="day"), "day")
    shown = pd.to_datetime(judged["period"]).dt.date
    assert not shown.between(days.first, days.last).any()
    assert shown.max() == look.whole.last


def changed(low, high):
    """A late rate that rose by a tenth of 1000 orders."""
    row = {
        "late_rate": 0.4, "late_rate_n": 1000, "late_rate_change": 0.1,
        "late_rate_before": 0.3, "late_rate_change_low": low,
        "late_rate_change_high": high,
    }  # fmt: skip
    return Figure.of(row, "late_rate")


def test_a_fault_in_the_days_compared_with_puts_every_verdict_in_doubt(
    look, monkeypatch
):
    every = replace(
        look, view=KpiView(span="all"), metric="orders",
        period=Period(date(2026, 2, 1), date(2026, 2, 28)),
        before=Period(date(2026, 1, 4), date(2026, 1, 31)),
    )  # fmt: skip
    verdict, group = told(
        replace(every, metric="late_rate"), monkeypatch, fault(excess=50.0, **JANUARY)
    )
    assert "worse as counted, but the data look wrong" in verdict
    # The group is held against the others on the same days.
    assert "stands out" in group
    rose = changed(0.05, 0.15)
    assert doubt.behind_change(every, rose) is not None
    assert doubt.behind_change(every, changed(-0.05, 0.15)) is None
    assert doubt.behind_change(replace(every, before=None), rose) is None
    assert strip._change_line(every, rose).endswith(": in doubt")
    shown = breakdown._change(every, Group("Riyadh", RIYADH, rose, 9))
    assert "in doubt" in shown
    assert "worse" not in shown
    assert "in doubt: +5.0 to" in cards._range(rose, in_doubt=True)
    assert "worse: +5.0 to" in cards._range(rose, in_doubt=False)


def test_home_says_worse_only_of_data_that_are_not_known_to_be_wrong(
    frame, monkeypatch
):
    dataset = cached.opened("World", "v001")
    begun = datetime.fromisoformat("2026-02-01")
    for found, text, detail in (
        ((), "Late rate got worse: 40", "against the 28 days before"),
        ((fault(excess=50.0, began=begun, ended=None),), "seems to have got worse",
         "but the data look wrong from Feb 1, 2026 on"),
    ):  # fmt: skip
        known = SimpleNamespace(findings=found)
        monkeypatch.setattr(standing, "found_of", lambda _, known=known: known)
        notice = attention._worsened(dataset, changed(0.05, 0.15), "late_rate")
        assert text in notice.text
        assert detail in notice.detail


def test_where_nothing_is_known_the_verdict_stays(look, monkeypatch):
    verdict, group = told(look, monkeypatch)
    assert verdict.endswith(": worse.")
    assert group.startswith("Riyadh stands out")


@pytest.mark.parametrize(
    ("began", "ended", "n", "first"),
    [
        ("2026-02-10", "2026-02-17", 160.0, "2026-01-13"),
        ("2026-02-10", "2026-02-17", 1600.0, "2026-02-10"),
        ("2026-02-10", "2026-02-10", 300.0, "2026-01-13"),
        ("2026-02-10", "2026-02-10", 3000.0, "2026-02-10"),
        ("2026-01-10", "2026-01-17", 160.0, "2026-01-01"),
    ],
)
def test_a_small_finding_opens_with_the_weeks_before_it(look, began, ended, n, first):
    item = finding(
        ("zone", "Ri 01"), began=datetime.fromisoformat(began),
        ended=datetime.fromisoformat(ended), orders=n,
    )  # fmt: skip
    found = SimpleNamespace(period=look.whole)
    view = standing.view_of(look.dataset, found, item)
    ends = date.fromisoformat(first), date.fromisoformat(ended)
    assert view.selection.period == Period(*ends)
    drilled = trend.settled(look_at(look.dataset, view)[0])
    shown = trend.series(drilled, drilled.metric, drilled.grain)
    # Four orders a day of this zone: the first days of the data are too few for a week.
    if (began, n) == ("2026-02-10", 160.0):
        assert not shown["few"].all()
    assert standing.title(dict(look.axes), item) in [
        mark.text for mark in marked(drilled, item)
    ]


def marked(look, item):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "found_of", lambda _: SimpleNamespace(findings=(item,)))
        return marks.marks(look, None)


def test_chinese_counts_days_as_days_and_findings_as_things():
    assert translate("{shown} and {count} more days", "zh_CN").endswith("{count} 天")
    assert translate("{count} more", "zh_CN") == "另外 {count} 项"


def test_incidents_are_marked_where_they_meet_the_orders_and_days(look, monkeypatch):
    going_on = finding(
        ("zone", "Ri 02"), began=datetime.fromisoformat("2026-01-05"), ended=None
    )
    over = finding(("zone", "Ri 03"), ended=datetime.fromisoformat("2026-01-31"))
    other = finding(("zone", "Ri 04"), metric="orders")
    better = finding(("zone", "Ri 05"), is_worse=False)
    every = (IN_RIYADH, IN_JEDDAH, going_on, over, other, better)
    monkeypatch.setattr(standing, "found_of", lambda _: SimpleNamespace(findings=every))
    narrowed = replace(look, period=Period(date(2026, 2, 1), date(2026, 2, 28)))
    found = {item.text: item.day for item in marks.marks(narrowed, None)}
    found.pop("Founding Day")
    assert found == {
        "Zone: Ri 01 · Late rate": date(2026, 2, 1),
        "Zone: Ri 02 · Late rate, since Jan 5, 2026": date(2026, 2, 1),
    }
    spans = marks.spans_of(marks.marks(narrowed, None))
    february = [pd.Timestamp("2026-02-01"), pd.Timestamp("2026-02-28")]
    assert [[row.time, row.until] for row in spans.itertuples()] == [
        [february[0], pd.Timestamp("2026-02-05")], february,
    ]  # fmt: skip
    assert spans["lane"].tolist() == [0, 1]
    told = marks.listed(marks.marks(narrowed, None)).replace("\\", "")
    assert "- Feb 1 – 5, 2026: Zone: Ri 01" in told


def listed(findings):
    from tests.ui import test_within as here  # noqa: PLC0415 - a script of its own

    here.draw_list(findings)


def draw_list(findings, late=0):
    view = KpiView(span="all", selection=Selection(conditions=(RIYADH,)))
    look, _ = look_at(cached.opened("World", "v001"), view)
    days = Period(look.period.first + timedelta(days=late), look.period.last)
    found = Watch(
        findings=findings, period=days, metrics=(), dimensions=(), series=1234,
        too_few=0, detections={},
    )  # fmt: skip
    standing._list(look, found)


def test_a_finding_of_hours_opens_with_these_alone(look):
    item = finding(grain="hour", orders=42.0,
                   began=datetime.fromisoformat("2026-02-19T18:00"),
                   ended=datetime.fromisoformat("2026-02-19T21:00"))  # fmt: skip
    found = SimpleNamespace(period=Period(date(2026, 1, 1), date(2026, 3, 1)))
    view = standing.view_of(look.dataset, found, item)
    assert view.selection.period == Period(date(2026, 2, 19), date(2026, 2, 19))
    assert Condition("hour", values=(18, 19, 20, 21)) in view.selection.conditions


@pytest.mark.parametrize(
    ("findings", "buttons", "captions", "folded"),
    [
        ((IN_RIYADH, IN_JEDDAH), 1, 1, ["One outside these filters and days"]),
        ((IN_JEDDAH, JEDDAH), 0, 1, ["2 outside these filters and days"]),
        ((), 0, 1, []),
        ((IN_RIYADH,), 1, 1, []),
        ((OWN,) * 8, 6, 6, ["2 more"]),
    ],
)
def test_those_outside_are_counted(frame, findings, buttons, captions, folded):
    app = AppTest.from_function(listed, args=(findings,), default_timeout=60).run()
    assert not app.exception
    assert len(app.button) == buttons
    assert len(app.caption) == captions
    assert [item.label for item in app.expander] == folded


def test_days_that_are_not_looked_through_are_said(frame):
    script = "from tests.ui import test_within as here; here.draw_list((), late={})"
    for late, told in ((0, False), (10, True)):
        app = AppTest.from_string(script.format(late), default_timeout=60).run()
        assert not app.exception
        said = " ".join(item.value for item in app.caption)
        assert ("Only Jan 11" in said) is told


def test_problems_come_first_and_many_faults_are_folded(frame):
    two = (fault(), fault(), IN_RIYADH)
    app = AppTest.from_function(listed, args=(two,), default_timeout=60).run()
    assert not app.exception
    assert ["warning" in item.label for item in app.button] == [True, False, False]
    assert [item.value for item in app.markdown] == ["**The data look wrong**"]
    many = (*[fault()] * 9, IN_RIYADH)
    app = AppTest.from_function(listed, args=(many,), default_timeout=60).run()
    assert ["warning" in item.label for item in app.button] == [True]
    assert [item.label for item in app.expander] == ["The data look wrong (9)"]


def test_on_home_faults_come_after_problems_and_many_are_one_line(frame, monkeypatch):
    dataset = cached.opened("World", "v001")
    days = Period(date(2026, 2, 1), date(2026, 2, 28))

    def icons(*findings):
        found = SimpleNamespace(findings=findings, period=days)
        monkeypatch.setattr(standing, "found_of", lambda _: found)
        return [item.icon for item in attention._stands_out(dataset)]

    problem, broken = standing.icon(IN_RIYADH), standing.icon(fault())
    assert icons(fault(), fault(), IN_RIYADH) == [problem, broken, broken]
    assert icons(*[fault()] * 5, *[IN_RIYADH] * 4) == [*[problem] * 3, broken]
    assert icons(*[fault()] * 5) == [broken]


@pytest.mark.parametrize(
    ("item", "english", "chinese"),
    [
        (finding(metric="delivery_minutes", excess=3000.0, observed=32.0,
                 expected=28.0, worth=1 / 30),
         ": +3,000 min in total, ranked like 100 bad orders.",
         "合计 +3,000 分钟，排序时按 100 个异常单计"),
        (finding(metric="mean_rating", excess=4.0, observed=4.1, expected=4.3,
                 worth=0.2),
         "+4 stars in total, ranked like one bad order", "+4 星"),
        (finding(metric="p90_delivery_minutes", excess=120.0, observed=45.0,
                 expected=38.0, beyond=37.35),
         "+120 orders beyond 37.4\N{NO-BREAK SPACE}min", "+120 单超过 37.4"),
        (finding(metric="promised_minutes", excess=-900.0, is_worse=False, worth=0.0,
                 observed=31.0, expected=33.0), ": \N{MINUS SIGN}900 min.", "900 分钟"),
    ],
)  # fmt: skip
def test_minutes_and_percentiles_are_told_in_their_unit(
    frame, monkeypatch, item, english, chinese
):
    assert english in standing.sentence(item)
    monkeypatch.setattr("ui.texts.language", lambda: "zh_CN")
    monkeypatch.setattr("ui.counted.language", lambda: "zh_CN")
    assert chinese in standing.sentence(item)


@pytest.mark.parametrize(
    ("hours", "english", "chinese"),
    [
        ((18, 21), "from Feb 1, 2026, 6:00 PM to Feb 1, 2026, 10:00 PM", "22:00"),
        ((18, 18), "from Feb 1, 2026, 6:00 PM to Feb 1, 2026, 7:00 PM", "19:00"),
        ((20, 23), "from Feb 1, 2026, 8:00 PM to Feb 2, 2026, 12:00 AM", "00:00"),
    ],
)
def test_what_was_found_by_hour_is_over_when_its_last_hour_is(
    frame, monkeypatch, hours, english, chinese
):
    began, ended = (datetime(2026, 2, 1, hour) for hour in hours)  # noqa: DTZ001
    item = finding(grain="hour", began=began, ended=ended)
    assert english in standing.sentence(item).replace("\N{NO-BREAK SPACE}", " ")
    assert standing.days_of(item) == "on Feb 1, 2026"
    monkeypatch.setattr("ui.texts.language", lambda: "zh_CN")
    monkeypatch.setattr("ui.format.language", lambda: "zh_CN")
    assert chinese in standing.sentence(item)


def test_it_is_told_between_which_days_it_began_if_these_are_several(
    frame, monkeypatch
):
    days = [datetime(2026, 1, day) for day in (30, 31)]  # noqa: DTZ001
    sure = finding(begin_range=(days[1], days[1]))
    assert standing.sentence(sure) == standing.sentence(finding())
    between = finding(begin_range=tuple(days))
    assert standing.sentence(between) == (
        standing.sentence(finding())
        + " It began between Jan 30, 2026 and Jan 31, 2026, with 95 % certainty."
    )
    monkeypatch.setattr("ui.texts.language", lambda: "zh_CN")
    monkeypatch.setattr("ui.format.language", lambda: "zh_CN")
    assert "开始时间在 2026年1月30日 至 2026年1月31日 之间" in standing.sentence(
        between
    )


def test_missing_data_are_told_by_what_is_missing(frame):
    item = fault(
        reason=gaps._UNFILLED, values={"after": 3, "before": 98}, observed=0, expected=0
    )
    assert standing.sentence(item) == (
        "Data are missing from Feb 1, 2026 to Feb 5, 2026. 3 % of the delivered orders "
        "have a time of delivery and a promise, 98 % had before."
    )
    item = fault(reason=gaps._NO_ORDERS, values={"after": 1, "before": 30})
    assert standing.sentence(item).endswith(
        ". Of usually 30 orders on such a day, 1 arrived in the data."
    )


def test_what_is_looked_through_is_what_is_watched(frame):
    text = standing._watched_text()
    assert all(name_of(name) in text for name in USUAL_METRICS)


def test_a_move_of_the_level_tells_the_mean_until_the_next_one(look):
    days = pd.date_range("2026-02-01", periods=6)
    orders_of = np.array([100, 100, 300, 100, 200, 100])
    late = np.array([10, 50, 60, 10, 80, 20])
    found = pd.DataFrame(
        {
            "period": days, "value": late / orders_of, "late_rate_n": orders_of,
            "is_changepoint": [False, True, False, False, True, False],
        }
    )  # fmt: skip
    at = replace(look, metric="late_rate", grain="day")
    texts = [item.text.replace("\N{NO-BREAK SPACE}", " ")
             for item in marks._moves(at, found)]  # fmt: skip
    # 120 of 500 orders, then 100 of 300; not the 50 % and 40 % of the first days.
    assert texts == [
        "the level moves to 24.0 % on average since",
        "the level moves to 33.3 % on average since",
    ]
    found = found.assign(value=[10.0, 20, 30, 40, 50, 70])
    told = [item.text for item in marks._moves(replace(at, metric="orders"), found)]
    assert told == [f"the level moves to {n} on average since" for n in (30, 60)]
    assert marks._moves(at, found.assign(is_changepoint=False)) == []
    told = marks._moves(replace(at, metric="p90_delivery_minutes"), found)
    assert {item.text for item in told} == {"the level moves"}


def test_what_is_neither_better_nor_worse_has_a_sign_of_its_own(frame):
    neutral = finding(metric="promised_minutes", is_worse=False, worth=0.0)
    better = finding(is_worse=False, excess=-10.0)
    signs = {standing.icon(item) for item in (neutral, better, IN_RIYADH)}
    assert len(signs) == 3
    assert standing.worse_first([neutral, better, IN_RIYADH]) == [IN_RIYADH]


def test_a_fault_of_a_percentile_weighs_whatever_its_orders(look, monkeypatch):
    item = fault(metric="p90_minutes_late", excess=5.0, beyond=20.0)
    at = replace(look, metric="p90_minutes_late")
    monkeypatch.setattr(
        standing, "found_of", lambda _: SimpleNamespace(findings=(item,))
    )
    assert doubt.behind(at, 1e6) == item
