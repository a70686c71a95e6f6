"""Weekends are those of the Unicode CLDR, and of each place at its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import available_timezones

import pandas as pd
import pytest
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from analysis.calendars import USUAL_WEEKEND, names_of, weekends, zones_of
from analysis.metrics import measure
from tests.worlds import published

TERRITORIES = sorted(set(get_global("zone_territories").values()))
#: Fridays and Saturdays by law, where the CLDR has the days of the whole world.
BY_LAW = {"BD", "MV", "PS"}
FRIDAY, SATURDAY, SUNDAY = (date(2026, 1, day) for day in (2, 3, 4))


def own(territory: str) -> tuple[int, ...]:
    found = [
        item.days
        for item in weekends()
        if territory in item.territories and item.until is None
    ]
    return found[0] if found else USUAL_WEEKEND


def test_weekends_are_those_of_the_cldr():
    compared = 0
    for territory in TERRITORIES:
        try:
            locale = Locale.parse(f"und_{territory}")
        except UnknownLocaleError:
            continue
        first, last = locale.weekend_start + 1, locale.weekend_end + 1
        expected = tuple(dict.fromkeys((first, last)))
        if territory not in BY_LAW:
            assert own(territory) == expected, territory
            compared += 1
    assert compared > 200


def test_a_territory_has_one_weekend_at_a_time():
    now = [code for item in weekends() if not item.until for code in item.territories]
    assert len(now) == len(set(now))


@pytest.mark.parametrize(
    "territory", sorted({code for item in weekends() for code in item.territories})
)
def test_every_territory_has_zones_and_names(territory):
    assert set(zones_of(territory)) & available_timezones()
    assert {territory.lower(), Locale("en").territories[territory].lower()} <= set(
        names_of(territory)
    )


def weekend_days(folder, timezone: str, days=(FRIDAY, SATURDAY, SUNDAY), **columns):
    """The days that are weekend days by the dimension, one order each."""
    orders = pd.DataFrame(
        {
            "order_no": range(len(days)),
            "local_date": list(days),
            "local_weekday": [day.isoweekday() for day in days],
            **columns,
        }
    )
    dataset = replace(published(folder, {"orders": orders}), timezone=timezone)
    frame = measure(dataset, "orders", by=["is_weekend", "local_date"])
    dataset.engine.close()
    return {
        pd.Timestamp(row.local_date).date()
        for row in frame.itertuples()
        if row.is_weekend
    }


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("Asia/Riyadh", {FRIDAY, SATURDAY}),
        ("Asia/Kuwait", {FRIDAY, SATURDAY}),
        ("Asia/Dubai", {SATURDAY, SUNDAY}),
        ("Asia/Kolkata", {SUNDAY}),
        ("Asia/Hong_Kong", {SATURDAY, SUNDAY}),
        ("UTC", {SATURDAY, SUNDAY}),
    ],
)
def test_the_zone_of_the_dataset_decides_where_places_have_none(
    tmp_path, timezone, expected
):
    assert weekend_days(tmp_path, timezone) == expected
    (tmp_path / "country").mkdir()
    missing = pd.Series([None] * 3, dtype="str")
    assert weekend_days(tmp_path / "country", timezone, country=missing) == expected


def test_the_place_of_an_order_comes_before_the_dataset(tmp_path):
    days = [FRIDAY] * 3
    names = {
        "country": ["Kuwait", "UAE", " 沙特阿拉伯"],
        "timezone": ["Asia/Kuwait", "Asia/Dubai", None],
    }
    for name, values in names.items():
        (tmp_path / name).mkdir()
        columns = {name: values, "city": ["a", "b", "c"]}
        orders = pd.DataFrame(
            {"order_no": range(3), "local_date": days, "local_weekday": 5, **columns}
        )
        dataset = published(tmp_path / name, {"orders": orders})
        dataset = replace(dataset, timezone="Asia/Riyadh")
        frame = measure(dataset, "orders", by=["city", "is_weekend"])
        assert frame["is_weekend"].tolist() == [True, False, True]
        dataset.engine.close()


def test_the_emirates_changed_their_weekend_in_2022(tmp_path):
    days = (date(2021, 12, 31), date(2022, 1, 2), date(2022, 1, 7))
    # A Friday before, a Sunday after and a Friday after.
    assert weekend_days(tmp_path, "Asia/Dubai", days) == set(days[:2])
