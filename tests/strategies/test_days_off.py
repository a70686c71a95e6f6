"""Public holidays: named where they lie on one side, a term of a series otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.calendars import public_holidays
from analysis.strategies import Strategy, evaluate
from analysis.strategies.published.binding import bind
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.days_off import COLUMN
from analysis.strategies.published.panels import panel_study, plan_panel
from analysis.strategies.questions import question
from analysis.strategies.registration import (
    Assignment,
    Options,
    Registration,
    to_values,
)
from tests.strategies.published_world import DAYS, DAYS_BEFORE, opened, orders_of

DID = {"unit": "zone", "time": "day", "treated": ("z0", "z1")}


def shifted(start: str, *, countries: dict[str, str], seed: int = 6) -> pd.DataFrame:
    """Orders with another first day of the strategy, in these countries by city."""
    made = orders_of(seed, orders=4000)
    by = pd.Timestamp(start) - pd.Timestamp("2026-03-02")
    times = [name for name in made if str(name).endswith("_at")]
    made[times] = made[times] + by
    days = made["created_at"].dt.date
    return made.assign(
        local_date=days, country=made["city"].map(countries),
        local_weekday=made["created_at"].dt.day_of_week.astype("int8") + 1,
    )  # fmt: skip


def eid_days(first: date, last: date) -> set[date]:
    return {item.day for item in public_holidays(["SA"], first, last)}


def test_a_holiday_of_the_treated_places_alone_is_named_with_its_dates() -> None:
    orders = shifted("2026-03-16", countries={"c0": "Saudi Arabia", "c1": "Singapore"})
    with opened(orders) as dataset:
        found = evaluate(
            dataset, Strategy("did", "mean_basket", start="2026-03-16", **DID)
        ).check("holidays")
    assert found.light == "amber"
    first, last = date(2026, 3, 2), date(2026, 3, 29)
    local = {item.day for item in public_holidays(["SG"], first, last)}
    own = eid_days(first, last)
    start = date(2026, 3, 16)
    assert own - local
    for day in own - local:
        assert f"Eid al-Fitr on {day}" in str(found.sentence)
    assert not any(str(day) in str(found.sentence) for day in own & local)

    def change(off: set[date]) -> float:
        late = sum(day >= start for day in off)
        return late / (DAYS - DAYS_BEFORE) - (len(off) - late) / DAYS_BEFORE

    assert found.value == pytest.approx(abs(change(own) - change(local)))


def test_holidays_that_both_sides_have_weigh_alike() -> None:
    orders = shifted("2026-03-16", countries=dict.fromkeys(("c0", "c1"), "SA"))
    strategy = Strategy("did", "mean_basket", start="2026-03-16", **DID)
    with opened(orders) as dataset:
        assert evaluate(dataset, strategy).check("holidays").light == "green"


def test_orders_of_no_unit_are_on_neither_side() -> None:
    orders = shifted("2026-03-16", countries=dict.fromkeys(("c0", "c1"), "SA"))
    lost = orders.index % 4 < 3
    elsewhere = orders.assign(
        zone=orders["zone"].mask(lost), country=orders["country"].mask(lost, "Brazil")
    )
    strategy = Strategy("did", "mean_basket", start="2026-03-16", **DID)
    with opened(elsewhere) as dataset:
        check = evaluate(dataset, strategy).check("holidays")
    assert (check.light, check.value) == ("green", 0)


def test_units_of_unknown_places_do_not_count_as_without_holidays() -> None:
    orders = shifted("2026-03-16", countries=dict.fromkeys(("c0", "c1"), "SA"))
    known = orders["zone"].isin(["z0", "z1", "z2"])
    assert orders.loc[~known, "zone"].nunique() > 2
    partly = orders.assign(country=orders["country"].where(known, "Atlantis"))
    strategy = Strategy("did", "mean_basket", start="2026-03-16", **DID)
    with opened(partly) as dataset:
        check = evaluate(dataset, strategy).check("holidays")
    assert (check.light, check.value) == ("green", 0)


def test_without_a_place_nothing_is_said() -> None:
    orders = shifted("2026-03-16", countries={"c0": "Atlantis", "c1": "Atlantis"})
    strategy = Strategy("did", "mean_basket", start="2026-03-16", **DID)
    with opened(orders.drop(columns="country").assign(city="x")) as dataset:
        names = [check.name for check in evaluate(dataset, strategy).checks]
    assert "holidays" not in names


@pytest.mark.parametrize("method", ["segmented", "unobserved_components", "arima"])
def test_a_series_has_them_as_a_term_once_there_were_some_before(method: str) -> None:
    start = "2026-03-27"
    orders = shifted(start, countries=dict.fromkeys(("c0", "c1"), "SA"))
    orders["basket_amount"] += 4.0 * orders["local_date"].isin(
        eid_days(date(2026, 3, 13), date(2026, 4, 9))
    )
    strategy = Strategy("its", "mean_basket", time="day", start=start, method=method)
    with opened(orders) as dataset:
        found = evaluate(dataset, strategy)
    rows = orders.dropna(subset="basket_amount")
    daily = rows.groupby("local_date")["basket_amount"].agg(["sum", "size"])
    days = pd.DatetimeIndex(daily.index)
    off = eid_days(date(2026, 3, 13), date(2026, 4, 9))
    frame = pd.DataFrame(
        {"day": days, "sum": daily["sum"].to_numpy(), "n": daily["size"].to_numpy(),
         "off": np.isin(daily.index.to_numpy(), sorted(off)).astype(float)}
    )  # fmt: skip
    by_hand = evaluate(
        frame,
        Strategy("its", "sum", denominator="n", time="day", start=start,
                 covariates=("off",), method=method),
    )  # fmt: skip
    assert found.effect == pytest.approx(by_hand.effect, rel=1e-5)
    assert found.se == pytest.approx(by_hand.se, rel=1e-4)
    check = found.check("holidays")
    assert check.light == "green"
    assert "the model takes them out" in str(check.sentence)
    assert any("taken out of the series" in str(note) for note in found.notes)


def test_holidays_after_the_start_only_are_held_against_a_series() -> None:
    orders = shifted("2026-03-16", countries=dict.fromkeys(("c0", "c1"), "SA"))
    strategy = Strategy("its", "mean_basket", time="day", start="2026-03-16")
    with opened(orders) as dataset:
        check = evaluate(dataset, strategy).check("holidays")
    assert check.light == "amber"
    assert "may be their doing" in str(check.sentence)


def test_plans_from_before_the_term_keep_their_figures_and_hashes() -> None:
    old = Registration(
        name="P", hypothesis="h", owner="Ada", dataset="world", design="its",
        unit="city", first_day=date(2026, 3, 13), last_day=date(2026, 4, 9),
        assignment=Assignment(
            "places", starts={"c0": date(2026, 3, 27), "c1": date(2026, 3, 27)}
        ),
        metric="mean_basket", smallest_effect=1.0,
    )  # fmt: skip
    new = replace(old, options=Options(holidays=True))
    written = json.loads(to_values(old)["options"])
    assert "holidays" not in written
    assert json.loads(to_values(new)["options"]) == {**written, "holidays": True}
    asked = [question(one) for one in (old, new)]
    orders = shifted("2026-03-27", countries=dict.fromkeys(("c0", "c1"), "SA"))
    with opened(orders) as dataset:
        plans = [plan_panel(bind(dataset, one, Scope())) for one in asked]
        studies = [panel_study(plan, alpha=0.05, seed=0) for plan in plans]
    assert [study.covariates for study in studies] == [(), (COLUMN,)]
    assert Strategy("its", "mean_basket", time="day", start="2026-03-27").holidays


@pytest.mark.parametrize(("start", "count"), [("2026-03-20", 0), ("2026-03-22", 6)])
def test_hours_of_one_day_off_are_one_day(start: str, count: int) -> None:
    orders = shifted(start, countries=dict.fromkeys(("c0", "c1"), "SA"))
    strategy = Strategy("its", "mean_basket", time="hour", start=start)
    with opened(orders) as dataset:
        plan = plan_panel(bind(dataset, strategy, Scope()))
        study = panel_study(plan, alpha=0.05, seed=0)
    assert (COLUMN in study.covariates) == (count > 0)
    notes = [str(note) for note in study.notes if "Public holidays" in str(note)]
    told = [f"Public holidays are taken out of the series: {count} days."]
    assert notes == (told if count else [])
