"""What somebody who knows the business would check first."""

from __future__ import annotations

import numpy as np
import pytest

DONE = "status = 'delivered'"
LATE = "(delivered_at > promised_at)::int"


def rates(place, by: str, *, where: str = "true", value: str = f"avg({LATE})"):
    frame = place.sql(
        f"select {by} as key, {value} as rate, count(*) as n from {{orders}}"
        f" where {DONE} and {where} group by 1 order by 1"
    )
    return frame.set_index("key")


def test_on_time_rate_is_that_of_a_going_concern(made, bare):
    for place in (made, bare):
        rate = place.sql(f"select 1 - avg({LATE}) r from {{orders}} where {DONE}")
        assert 0.85 <= rate.r[0] <= 0.93


def test_every_city_is_within_the_range(bare):
    late = rates(bare, "city").rate
    assert len(late) == 4
    assert late.between(0.05, 0.17).all()


def test_peaks_are_worse_than_off_peak(bare):
    late = rates(bare, "scenario").rate
    assert late["lunch peak"] > late["off-peak"] + 0.01
    assert late["dinner peak"] > late["off-peak"] + 0.02


def test_lateness_rises_with_load_and_convexly(bare):
    """Load as anybody would measure it: orders to riders online, by zone and hour."""
    frame = bare.sql(
        """
        with hours as (
          select trim(zone) zone, date_trunc('hour', created_at) h, count(*) orders,
                 sum((delivered_at > promised_at)::int) late,
                 sum((status = 'delivered')::int) done
          from {orders} group by all),
        online as (
          select zone, h, count(*) riders
          from (select zone, unnest(generate_series(date_trunc('hour', online_start),
                online_end - interval 30 minute, interval 1 hour)) h
                from {shifts} where online_start is not null) group by all)
        select orders / riders load, late, done from hours join online using (zone, h)
        """
    )
    edges = [0, 1, 2, 3, 99]
    frame["band"] = np.digitize(frame.load, edges)
    sums = frame.groupby("band")[["late", "done", "load"]].agg(
        {"late": "sum", "done": "sum", "load": "mean"}
    )
    late = (sums.late / sums.done).to_numpy()
    assert (np.diff(late) > 0).all()
    slopes = np.diff(late) / np.diff(sums.load)
    assert slopes[-1] > 2 * slopes[0]


def test_new_riders_are_several_times_worse(bare):
    frame = bare.sql(
        f"""
        select datediff('day', joined_at, created_at) <= 30 as is_new,
               avg({LATE}) rate
        from {{orders}} join {{riders}} using (rider_id)
        where delivered_at is not null group by 1 order by 1
        """
    )
    old, new = frame.rate
    assert new > 2.2 * old


def test_bad_ratings_and_complaints_follow_lateness(bare):
    frame = bare.sql(
        f"""
        select case when delivered_at <= promised_at then 0
                    when delivered_at <= promised_at + interval 10 minute then 1
                    else 2 end band,
               avg((rating <= 2)::int) low,
               avg((complaint_reason is not null)::int) complains
        from {{orders}} where {DONE} group by 1 order by 1
        """
    )
    assert frame.low[2] > 5 * frame.low[0]
    assert frame.complains[2] > 8 * frame.complains[0]
    assert frame.low.is_monotonic_increasing
    assert frame.complains.is_monotonic_increasing


def test_refusals_rise_in_rain_and_for_far_drops(bare):
    by_weather = rates(bare, "weather", value="avg((refused_count > 0)::int)").rate
    assert by_weather["storm"] > by_weather["rain"] > 1.25 * by_weather["clear"]
    far = rates(bare, "distance_m > 4000", value="avg((refused_count > 0)::int)").rate
    assert far[True] > 1.3 * far[False]


@pytest.mark.parametrize(
    ("what", "low", "high"),
    [
        ("avg((status = 'cancelled')::int)", 0.02, 0.06),
        ("avg((status in ('failed', 'returned'))::int)", 0.002, 0.008),
        ("avg((complaint_reason is not null)::int)", 0.008, 0.03),
        ("avg((batch_id is not null)::int)", 0.03, 0.2),
        ("avg((rating is not null)::int)", 0.15, 0.3),
        ("median(epoch(delivered_at - created_at)) / 60", 22, 32),
        ("median(distance_m)", 1500, 2800),
        ("quantile_cont(epoch(delivered_at - promised_at) / 60, 0.999)", 15, 60),
    ],
)
def test_levels(bare, what, low, high):
    value = bare.sql(f"select {what} v from {{orders}}").v[0]
    assert low <= value <= high


def test_demand_has_a_lunch_and_a_dinner_peak(bare):
    share = bare.sql(
        """
        select extract(hour from created_at at time zone timezone)::int as hour,
               count(*) n
        from {orders} where city = 'Hong Kong' group by 1 order by 1
        """
    ).n.to_numpy()
    share = share / share.sum()
    assert share[11:14].sum() > 0.22
    assert share[18:21].sum() > 0.24
    assert share[2:6].sum() < 0.02


def test_ramadan_moves_the_day_and_costs_punctuality(bare):
    frame = bare.sql(
        f"""
        select created_at between '2026-02-18' and '2026-03-19' as fasting,
               avg((extract(hour from created_at at time zone timezone)
                    between 11 and 13)::int) lunch,
               avg({LATE}) late
        from {{orders}} where city in ('Riyadh', 'Kuwait City') and {DONE}
        group by 1 order by 1
        """
    )
    assert frame.lunch[1] < 0.4 * frame.lunch[0]
    assert frame.late[1] > frame.late[0] + 0.015


def test_weekends_are_those_of_each_city(bare):
    frame = bare.sql(
        """
        select city, isodow(created_at at time zone timezone) weekday, count(*) n
        from {orders} group by all order by all
        """
    )
    days = frame.pivot_table(index="city", columns="weekday", values="n")
    assert days.loc["Riyadh", [5, 6]].min() > days.loc["Riyadh", [1, 2, 3]].max()
    assert days.loc["São Paulo", [6, 7]].min() > days.loc["São Paulo", [2, 3]].max()


def test_support_answers_faster_on_the_telephone(bare):
    waits = (
        bare.sql(
            """
        select channel, median(epoch(first_human_reply_at - opened_at)) s
        from {contacts} group by 1
        """
        )
        .set_index("channel")
        .s
    )
    assert waits["phone"] < waits["app"] < waits["social"]
