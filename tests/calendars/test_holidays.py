"""Public holidays are those that laws and notices name, in both languages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis.calendars import days_off, public_holidays, territory_of
from analysis.calendars.holidays import TRANSLATED
from analysis.calendars.islamic import eid, first_day, first_of_eid, ramadan
from ui.texts import translate

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def named(territory: str, *, language: str = "en", year: int = 2026) -> dict[date, str]:
    days = date(year, 1, 1), date(year, 12, 31)
    found = public_holidays([territory], *days, language=language)
    return {item.day: item.name for item in found}


@pytest.mark.parametrize(
    ("territory", "month", "day", "name"),
    [
        ("SA", 2, 22, "Founding Day"),
        ("SA", 9, 23, "National Day"),
        ("SA", 3, 20, "Eid al-Fitr"),
        ("KW", 2, 25, "National Day"),
        ("KW", 2, 26, "Liberation Day"),
        ("KW", 5, 27, "Eid al-Adha"),
        # The general holidays that the government of Hong Kong gazetted for 2026.
        ("HK", 2, 17, "Chinese New Year"),
        ("HK", 4, 3, "Good Friday"),
        ("HK", 6, 19, "Dragon Boat Festival"),
        ("HK", 7, 1, "Hong Kong S.A.R. Establishment Day"),
        ("HK", 12, 25, "Christmas Day"),
        ("BR", 2, 17, "Carnival"),
        ("BR", 4, 21, "Tiradentes' Day"),
        ("BR", 6, 4, "Corpus Christi"),
        ("BR", 9, 7, "Independence Day"),
        ("BR", 11, 20, "National Day of Zumbi and Black Awareness"),
        ("CN", 10, 1, "National Day"),
    ],
)
def test_known_days(territory, month, day, name):
    assert named(territory)[date(2026, month, day)] == name


def test_the_general_holidays_of_hong_kong_are_seventeen():
    assert len(named("HK")) == 17
    # A Sunday of Ching Ming is no day off, the Monday after it is.
    assert date(2026, 4, 5) not in named("HK")
    assert date(2026, 4, 6) in named("HK")


def test_an_eid_has_one_name_on_all_its_days():
    eids = [day for day, name in named("SA").items() if name == "Eid al-Fitr"]
    assert eids == [date(2026, 3, 19) + timedelta(days=step) for step in range(6)]


@pytest.mark.parametrize(
    ("territory", "day", "name"),
    [
        ("GB", date(2026, 5, 25), "Spring Bank Holiday"),
        ("IE", date(2026, 8, 3), "August Bank Holiday"),
        ("JP", date(2026, 5, 6), "Substitute Holiday"),
        ("JP", date(2026, 9, 22), "National Holiday"),
        ("US", date(2026, 7, 3), "Independence Day"),
        ("SA", date(2025, 2, 23), "Founding Day"),
        ("SA", date(2024, 9, 24), "National Day"),
    ],
)
def test_a_name_loses_only_what_it_says_of_the_date(territory, day, name):
    assert named(territory, year=day.year).get(day, name) == name
    names = {name for year in (2024, 2025, 2026)
             for name in named(territory, year=year).values()}  # fmt: skip
    assert name in names
    assert not {"Spring Bank", "Substitute", "National", "August Bank"} & names


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_days_that_are_worked_for_have_one_name(language):
    china = named("CN", language=language)
    assert china[date(2026, 1, 2)] == "Day off in lieu"
    assert not [name for name in china.values() if "2026" in name]
    assert translate("Day off in lieu", "zh_CN") == "调休"
    labor = {"en": "Labor Day", "zh_CN": "劳动节"}[language]
    assert china[date(2026, 5, 1)] == china[date(2026, 5, 2)] == labor


def test_names_are_chinese_where_there_are_some():
    assert named("HK", language="zh_CN")[date(2026, 6, 19)] == "端午节"
    assert named("CN", language="zh_CN")[date(2026, 10, 1)] == "国庆节"
    arabic_and_english_only = named("SA", language="zh_CN")[date(2026, 9, 23)]
    assert arabic_and_english_only == "National Day"


@pytest.mark.parametrize("territory", ["SA", "KW", "AE", "BR"])
def test_the_catalogue_has_what_the_package_lacks(territory):
    names = set(named(territory, language="zh_CN").values())
    assert names <= set(TRANSLATED)
    assert not {name for name in names if translate(name, "zh_CN") == name}


def test_a_day_rests_on_the_calendar_or_on_a_notice():
    kuwait = {item.name: item for item in public_holidays(["KW"], *YEAR)}
    assert kuwait["Eid al-Fitr"].is_estimated
    assert not kuwait["National Day"].is_estimated


def test_territories_and_years_are_joined_in_order():
    found = public_holidays(["SA", "KW", "SA"], date(2025, 9, 1), date(2026, 2, 28))
    days = [item.day for item in found]
    assert days == sorted(days)
    assert {item.territory for item in found} == {"SA", "KW"}
    assert len(found) == len(set(found))
    assert days[0] >= date(2025, 9, 1)
    assert days[-1] <= date(2026, 2, 28)


def test_nothing_is_known_of_no_territory():
    assert public_holidays(["ZZ", "nonsense"], *YEAR) == ()
    assert public_holidays(["SA"], *reversed(YEAR)) == ()
    assert days_off({}, *YEAR) == frozenset()


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"SA": 1.0}, True),
        ({"SA": 0.3, "HK": 0.7}, False),
        ({"SA": 0.2, "KW": 0.2, "HK": 0.6}, False),
        ({"SA": 0.4, "HK": 0.6}, True),
    ],
)
def test_a_national_day_counts_where_a_third_lives_through_it(shares, expected):
    national = date(2026, 9, 23)
    assert days_off(shares, national, national) == (
        {national} if expected else frozenset()
    )


def test_shares_of_several_territories_add_up():
    eid_al_fitr = date(2026, 3, 20)
    shares = {"SA": 0.2, "KW": 0.2, "HK": 0.6}
    assert days_off(shares, eid_al_fitr, eid_al_fitr) == {eid_al_fitr}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"country": " saudi arabia "}, "SA"),
        ({"country": "KSA"}, "SA"),
        ({"country": "Hong Kong"}, "HK"),
        ({"country": "中国"}, "CN"),
        ({"country": "Brasil"}, "BR"),
        ({"country": "UK"}, "GB"),
        ({"country": "Atlantis"}, None),
        ({"country": "Atlantis", "timezone": "Asia/Kuwait"}, "KW"),
        ({"timezone": "Asia/Calcutta"}, "IN"),
        ({"timezone": "UTC"}, None),
        ({"timezone": "UTC", "city": "Riyadh"}, "SA"),
        ({"city": "São Paulo"}, "BR"),
        ({"city": "香港"}, "HK"),
        ({"city": "Springfield"}, None),
        ({}, None),
    ],
)
def test_places_lie_in_territories(place, expected):
    assert territory_of(**place) == expected


@given(some.integers(1392, 1495), some.booleans())
def test_eids_are_the_days_of_the_holidays(year, sacrifice):
    """One room, one answer; beyond what the holidays know, the tabular calendar."""
    first = first_of_eid(year, sacrifice=sacrifice)
    name = "Eid al-Adha" if sacrifice else "Eid al-Fitr"
    near = timedelta(days=5)
    listed = [
        item.day
        for item in public_holidays(["KW"], first - near, first + near)
        if item.name == name
    ]
    assert listed[0] == first
    assert all(eid(day) and not ramadan(day) for day in listed[:3])
    assert not eid(first - timedelta(days=1))


@pytest.mark.parametrize(
    ("year", "start", "end"),
    [
        (1444, date(2023, 3, 23), date(2023, 4, 21)),
        (1445, date(2024, 3, 11), date(2024, 4, 10)),
        (1446, date(2025, 3, 1), date(2025, 3, 30)),
        (1447, date(2026, 2, 18), date(2026, 3, 20)),
    ],
)
def test_ramadan_is_on_the_days_announced(year, start, end):
    days = [start + timedelta(days=step) for step in range(-3, 40)]
    assert [day for day in days if ramadan(day)] == [
        start + timedelta(days=step) for step in range((end - start).days)
    ]
    assert first_of_eid(year) == end


def test_the_tabular_calendar_holds_where_nothing_is_known():
    assert first_of_eid(1200) == first_day(1200, 10)
    assert first_of_eid(1700, sacrifice=True) == first_day(1700, 12, 10)
