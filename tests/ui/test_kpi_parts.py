"""The parts of the KPI page that compute: figures, verdicts, periods, targets."""

import math
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics import Period
from analysis.metrics.registry import load_definitions
from analysis.metrics.selection import Condition, Selection
from ui import kpis
from ui.kpis import periods
from ui.kpis.axes import scope_of
from ui.kpis.figures import Figure, digits_of, name_of, write, write_change
from ui.kpis.groups import Group, worst
from ui.kpis.targets import state_of


def figure(metric, *, n=1_000, change=math.nan, low=math.nan, high=math.nan, value=0.1):
    return Figure.of(
        {
            metric: value, f"{metric}_n": n, f"{metric}_change": change,
            f"{metric}_change_low": low, f"{metric}_change_high": high,
        },
        metric,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "change", "low", "high", "verdict"),
    [
        ("late_rate", -0.02, -0.03, -0.01, "better"),
        ("late_rate", 0.02, 0.01, 0.03, "worse"),
        ("late_rate", 0.02, -0.01, 0.05, "unclear"),
        ("late_rate", 0.0, -0.01, 0.01, "unclear"),
        ("late_rate", 0.02, 0.0, 0.04, "unclear"),
        ("on_time_rate", 0.02, 0.01, 0.03, "better"),
        ("on_time_rate", -0.02, -0.03, -0.01, "worse"),
        ("rated_share", -0.02, -0.03, -0.01, "lower"),
        ("orders", 40, math.nan, math.nan, "higher"),
        ("delivered_orders", -40, math.nan, math.nan, "lower"),
        ("orders", 0, math.nan, math.nan, ""),
        ("late_rate", math.nan, math.nan, math.nan, ""),
    ],
)
def test_a_change_is_judged_by_direction_and_never_inside_the_noise(
    metric, change, low, high, verdict
):
    assert figure(metric, change=change, low=low, high=high).verdict == verdict


def test_too_few_are_not_judged_and_counts_are_never_too_few():
    few = figure("late_rate", n=29, change=0.5, low=0.4, high=0.6)
    assert few.is_few
    assert few.verdict == ""
    assert not figure("late_rate", n=30).is_few
    assert figure("late_rate", n=math.nan).is_few
    assert not figure("orders", n=0).is_few


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        ("late_rate", 0.0859, "8.6 %"),
        ("late_rate", 0.0042, "0.42 %"),
        ("late_rate", 0.0, "0.0 %"),
        ("delivery_minutes", 28.44, "28.4 min"),
        ("delivery_minutes", 18_057.04, "18,057 min"),
        ("orders", 12_480, "12,480"),
        ("mean_rating", 4.2149, "4.21"),
        ("late_rate", math.nan, "–"),
    ],
)
def test_values_are_written_with_their_unit(metric, value, shown):
    definition = load_definitions()[metric]
    assert write(value, definition).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_changes_of_shares_are_points():
    late = load_definitions()["late_rate"]
    written = write_change(-0.018, late).replace("\N{NO-BREAK SPACE}", " ")
    assert written == "\N{MINUS SIGN}1.8 pp"
    assert digits_of(late, 0.004) == 2


def test_a_metric_is_named_with_its_unusual_settings_only():
    assert name_of("late_rate") == "Late rate"
    assert name_of("late_rate(by=timestamp)") == "Late rate"
    assert name_of("late_rate(by=day)") == "Late rate (by day)"


@pytest.mark.parametrize(
    ("value", "target", "floor", "direction", "state"),
    [
        (0.95, 0.95, None, "higher", "good"),
        (0.94, 0.95, 0.90, "higher", "near"),
        (0.90, 0.95, 0.90, "higher", "near"),
        (0.89, 0.95, 0.90, "higher", "missed"),
        (0.94, 0.95, None, "higher", "missed"),
        (0.05, 0.05, None, "lower", "good"),
        (0.06, 0.05, 0.08, "lower", "near"),
        (0.09, 0.05, 0.08, "lower", "missed"),
        (900, 1_000, 800, "neutral", "near"),
    ],
)
def test_a_target_is_met_near_or_missed(value, target, floor, direction, state):
    assert state_of(value, target=target, floor=floor, direction=direction) == state


def group(value, *, half=0.02, n=500, is_rest=False):
    late = Figure.of(
        {"late_rate": value, "late_rate_n": n, "late_rate_low": value - half,
         "late_rate_high": value + half},
        "late_rate",
    )  # fmt: skip
    condition = Condition("city", values=(str(value),))
    return Group(str(value), condition, late, n, is_rest=is_rest)


def test_only_a_group_surely_worse_than_the_whole_stands_out():
    whole = figure("late_rate", value=0.10)
    sure, near = group(0.14), group(0.125)
    assert worst([near, sure, group(0.02)], whole) is sure
    assert worst([near, group(0.02)], whole) is None
    assert worst([group(0.3, n=10), group(0.3, is_rest=True)], whole) is None
    assert worst([sure], figure("orders", value=0.1)) is None


WHOLE = Period(date(2026, 1, 1), date(2026, 3, 25))
LAST_28 = Period(date(2026, 2, 26), date(2026, 3, 25))


def test_only_comparisons_that_the_data_cover_are_offered_and_no_two_alike():
    assert list(periods.comparisons(WHOLE, LAST_28)) == ["previous"]
    ten = Period(date(2026, 3, 16), date(2026, 3, 25))
    assert list(periods.comparisons(WHOLE, ten)) == ["previous", "same_weekdays"]
    assert periods.comparisons(WHOLE, WHOLE) == {}
    long = Period(date(2024, 1, 1), date(2026, 3, 25))
    assert "last_year" in periods.comparisons(long, LAST_28)
    assert periods.comparisons(long, long) == {}
    assert periods.comparisons(long, Period(date(1, 1, 1), date(1, 1, 9))) == {}


def test_a_comparison_that_is_not_possible_says_why():
    whole = Period(date(2025, 12, 1), date(2026, 2, 28))
    month = Period(date(2026, 2, 1), date(2026, 2, 28))
    found = periods.uncovered(whole, month)
    assert set(found) == {"last_year"}
    assert "Feb 2, 2025" in found["last_year"]
    assert "Dec 1, 2025" in found["last_year"]
    assert set(periods.uncovered(whole, whole)) == {
        "previous", "same_weekdays", "last_year",
    }  # fmt: skip
    assert periods.uncovered(None, None) == {}


def test_a_comparison_that_is_not_covered_is_none():
    assert periods.covered(WHOLE, LAST_28, "last_year") is None
    assert periods.covered(WHOLE, LAST_28, "same_weekdays") == "previous"
    assert periods.covered(WHOLE, LAST_28, "none") is None


@pytest.mark.parametrize(
    ("days", "grain", "steps"),
    [(1, "hour", 24), (2, "hour", 48), (28, "day", 28), (84, "day", 84)],
)
def test_every_step_of_a_period_is_there(days, grain, steps):
    period = Period(WHOLE.first, WHOLE.first).moved(0)
    period = Period(period.first, period.moved(days - 1).last)
    assert periods.grain(period, "auto") == grain
    assert len(periods.steps(period, grain)) == steps


def test_weeks_start_on_monday_and_months_on_the_first():
    weeks = periods.steps(WHOLE, "week")
    assert weeks[0].date() == date(2025, 12, 29)
    assert {moment.weekday() for moment in weeks} == {0}
    months = periods.steps(Period(date(2026, 1, 15), date(2026, 3, 2)), "month")
    assert [moment.date() for moment in months] == [
        date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1),
    ]  # fmt: skip


def test_a_grain_that_does_not_suit_falls_back():
    assert periods.grain(LAST_28, "month") == "day"
    assert periods.grain(LAST_28, "hour") == "hour"
    assert periods.grain(Period(date(2024, 1, 1), date(2026, 1, 1)), "hour") == "month"


@given(values=st.permutations(["Riyadh", "Jeddah", None, 3, True]))
def test_the_same_orders_have_one_scope(values):
    dataset = SimpleNamespace(name="World")
    city = Condition("city", values=tuple(values))
    zone = Condition("zone", kind="not_in", values=(2, 1, 2))
    other = Condition("zone", kind="not_in", values=(1, 2))
    first = scope_of(dataset, Selection(conditions=(city, zone)))
    usual = Condition("city", values=("Jeddah", 3, None, True, "Riyadh"))
    assert first == scope_of(dataset, Selection(conditions=(other, usual)))
    fewer = Condition("city", values=tuple(values[1:]))
    assert first != scope_of(dataset, Selection(conditions=(fewer, zone)))


def test_each_part_of_the_page_can_be_read_first():
    """Pages begin with whatever part they need, so no two parts need each other."""
    parts = sorted(item.stem for item in Path(kpis.__file__).parent.glob("*.py"))
    script = (
        "import importlib, sys\n"
        "for part in sys.argv[1:]:\n"
        "    for name in [item for item in sys.modules if item.startswith('ui')]:\n"
        "        del sys.modules[name]\n"
        "    importlib.import_module(f'ui.kpis.{part}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *parts], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
