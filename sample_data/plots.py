"""Draw the plots of ``README.md``: ``python -m sample_data.plots FOLDER``.

FOLDER is a simulated world, such as ``python -m sample_data.simulate`` writes it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import altair as alt
import duckdb
import pandas as pd

HERE = Path(__file__).with_name("plots")
_WIDTH, _HEIGHT = 330, 190

_ORDERS = """
    select *, created_at at time zone timezone as local,
           extract(hour from created_at at time zone timezone)::int as hour,
           (delivered_at > promised_at)::int as is_late
    from raw_orders"""
_QUERIES = {
    "demand": """
        select city, hour, count(*) / (select count(*) from orders) as share
        from orders group by all""",
    "lateness_by_hour": """
        select city, hour, avg(is_late) as late from orders
        where status = 'delivered' group by all having count(*) > 200""",
    "load": """
        with seen as (
          select trim(zone) zone, time_bucket(interval 30 minute, created_at) h,
                 count(*) orders, sum(is_late) late,
                 count(delivered_at) done from orders group by all),
        online as (
          select zone, h, count(*) riders from (
            select zone, unnest(generate_series(
              time_bucket(interval 30 minute, planned_start),
              planned_end - interval 30 minute, interval 30 minute)) h
            from shifts where online_start is not null) group by all)
        select least(floor(orders / riders * 2) / 2, 2.5) as load,
               sum(late) / sum(done) as late
        from seen join online using (zone, h) group by 1""",
    "weeks": """
        select city, date_trunc('week', local) as week,
               avg(is_late) as late
        from orders where status = 'delivered' group by all""",
    "tenure": """
        select least(datediff('day', joined_at, created_at) // 10 * 10, 180) as days,
               avg(is_late) as late
        from orders join riders using (rider_id) where delivered_at is not null
        and created_at >= joined_at group by 1""",
    "stages": """
        select merchant_type, stage, avg(seconds) / 60 as minutes from (
          select merchant_type, unnest([
            'a dispatch', 'b way to merchant', 'c wait', 'd ride', 'e hand-over'])
            as stage,
          unnest([epoch(accepted_at - created_at),
            epoch(arrived_merchant_at - accepted_at),
            epoch(picked_up_at - arrived_merchant_at),
            epoch(arrived_customer_at - picked_up_at),
            epoch(delivered_at - arrived_customer_at)]) as seconds
          from orders where delivered_at > arrived_customer_at) group by all""",
}


def _chart(frame: pd.DataFrame, title: str) -> alt.Chart:
    return alt.Chart(frame, title=title, width=_WIDTH, height=_HEIGHT)


def _percent(name: str, title: str) -> alt.Y:
    return alt.Y(name, type="quantitative", title=title, axis=alt.Axis(format="%"))


def _charts(data: dict[str, pd.DataFrame]) -> dict[str, alt.Chart]:
    city = alt.Color("city:N", title=None)
    hour = alt.X("hour:Q", title="local hour", scale=alt.Scale(domain=[0, 23]))
    late = "late of delivered orders"
    return {
        "demand": _chart(data["demand"], "Orders by hour")
        .mark_line()
        .encode(hour, _percent("share", "share of all orders"), city),
        "lateness_by_hour": _chart(data["lateness_by_hour"], "Lateness by hour")
        .mark_line()
        .encode(hour, _percent("late", late), city),
        "load": _chart(data["load"], "Lateness by load")
        .mark_line(point=True)
        .encode(
            alt.X("load:Q", title="orders to riders online, by zone and half-hour"),
            _percent("late", late),
        ),
        "weeks": _chart(data["weeks"], "Lateness by week")
        .mark_line()
        .encode(alt.X("week:T", title=None), _percent("late", late), city),
        "tenure": _chart(data["tenure"], "Lateness by tenure")
        .mark_line(point=True)
        .encode(
            alt.X("days:Q", title="days since the rider joined (180 and more)"),
            _percent("late", late),
        ),
        "stages": _chart(data["stages"], "Minutes by stage")
        .mark_bar()
        .encode(
            alt.X("sum(minutes):Q", title="mean minutes"),
            alt.Y("merchant_type:N", title=None),
            alt.Color("stage:N", title=None),
            order=alt.Order("stage:N"),
        ),
    }


def draw(world: Path, folder: Path = HERE) -> None:
    """Draw all plots of a world into a folder, as SVG."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name in ("orders", "shifts", "riders"):
            table = connection.read_parquet(f"{world}/{name}/**/*.parquet")
            table.create_view(f"raw_{name}" if name == "orders" else name)
        connection.sql(_ORDERS).create_view("orders")
        data = {name: connection.sql(q).df() for name, q in _QUERIES.items()}
    for name, chart in _charts(data).items():
        chart.save(folder / f"{name}.svg")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
