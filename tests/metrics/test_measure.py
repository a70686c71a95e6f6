"""measure by example: settings, events, comparisons, what is locked and refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlglot
import yaml
from sqlglot import exp

from analysis.engine.duck import DuckEngine
from analysis.errors import InvalidInput, MissingField, UnknownName
from analysis.metrics import (
    Condition,
    Selection,
    assumed_of,
    availability,
    availability_of,
    dimensions_of,
    hierarchies_of,
    load_definitions,
    measure,
    sql_of,
)
from analysis.metrics.locks import LOCKS
from analysis.metrics.registry import load_registry
from tests.metrics.random_worlds import HOSTILE, world
from tests.worlds import published

ROOT = Path(__file__).parents[2]
FIELDS = yaml.safe_load((ROOT / "analysis/orders/fields.yaml").read_text("utf-8"))
ROWS = 40
MARCH = (date(2024, 3, 8), date(2024, 3, 14))


def filled(fields: dict[str, dict], generator: np.random.Generator) -> pd.DataFrame:
    """A table with every field of the order model, some values missing."""
    times = pd.Timestamp("2024-03-01") + pd.to_timedelta(
        generator.integers(0, 10_000, ROWS), unit="m"
    )
    columns: dict[str, pd.Series] = {"order_no": pd.Series(np.arange(ROWS))}
    for name, entry in fields.items():
        kind = entry["type"]
        if kind == "time":
            column = pd.Series(times).astype("datetime64[us]")
        elif kind in ("number", "money", "integer"):
            column = pd.Series(generator.integers(0, 5, ROWS).astype(float))
        elif kind == "flag":
            column = pd.Series(generator.random(ROWS) < 0.5).astype("boolean")
        else:
            column = pd.Series(generator.choice(["a", "b"], ROWS)).astype("str")
        columns[name] = column.mask(generator.random(ROWS) < 0.1)
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    generator = np.random.default_rng(3)
    tables = {name: filled(fields, generator) for name, fields in FIELDS.items()}
    orders = tables["orders"]
    orders["currency"] = "SAR"
    orders["status"] = generator.choice(["delivered", "cancelled", "failed"], ROWS)
    orders["local_date"] = orders["created_at"].dt.date
    orders["local_hour"] = orders["created_at"].dt.hour
    orders["local_weekday"] = orders["created_at"].dt.day_of_week + 1
    orders["promised_date"] = orders["promised_at"].dt.date
    orders["delivered_date"] = orders["delivered_at"].dt.date
    dataset = published(tmp_path_factory.mktemp("everything"), tables)
    yield dataset
    dataset.engine.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    dataset = published(folder, world(5, 400).tables, dimensions=(HOSTILE,))
    yield dataset
    dataset.engine.close()


def references() -> list[str]:
    found = []
    for name, definition in load_definitions().items():
        found.append(name)
        for setting, entry in definition.settings.items():
            values = entry.choices or entry.suggested or (entry.maximum,)
            found += [f"{name}({setting}={value})" for value in values]
    return found


@pytest.mark.parametrize("metric", references())
def test_every_metric_runs_or_says_what_it_needs(everything, metric):
    locked = load_definitions()[metric.partition("(")[0]].locked
    if locked:
        with pytest.raises(MissingField) as caught:
            measure(everything, metric)
        assert caught.value.fields == (locked,)
        assert LOCKS[locked] in str(caught.value)
        assert "publish again" not in str(caught.value)
        assert not availability_of(everything, metric).is_available
        return
    call = {"by": "city", "period": MARCH, "compare": "previous"}
    frame = measure(everything, metric, **call)
    assert {f"{metric}{end}" for end in ("", "_num", "_n", "_low", "_high")} < set(
        frame
    )
    known = frame.dropna(subset=[metric, f"{metric}_low"])
    assert (known[f"{metric}_low"] <= known[metric] + 1e-9).all()
    assert (known[f"{metric}_high"] >= known[metric] - 1e-9).all()


@pytest.mark.parametrize("name", list(load_registry().events))
def test_an_event_selects_what_its_metric_counts(everything, name):
    metric = load_registry().events[name].metric
    chosen = measure(everything, "orders", selection=Selection(event=name))
    whole = measure(everything, metric)
    if load_definitions()[metric].kind == "rate" and metric != "low_rating_rate":
        assert chosen["orders"].iloc[0] <= whole[f"{metric}_num"].iloc[0]
    assert chosen["orders"].iloc[0] <= ROWS


def test_an_event_takes_the_settings_of_its_metric(small):
    for text in ("late", "late(by=day)", "late(grace=10)"):
        chosen = measure(small, "orders", selection=Selection(event=text))
        metric = text.replace("late", "late_rate", 1)
        counted = measure(small, metric)
        assert chosen["orders"].iloc[0] == counted[f"{metric}_num"].iloc[0]
    with pytest.raises(UnknownName, match="cancelled"):
        measure(small, "orders", selection=Selection(event="lost"))


def test_on_time_and_late_sum_to_one(small):
    for settings in ("", "(by=day)", "(grace=5)"):
        on_time, late = f"on_time_rate{settings}", f"late_rate{settings}"
        frame = measure(small, [on_time, late], by="city")
        assert (frame[on_time] + frame[late]).to_numpy() == pytest.approx(1.0)


def test_one_metric_in_two_settings_is_two_columns(small):
    frame = measure(small, ["late_rate", "late_rate(by=day)", "late_rate"])
    assert frame["late_rate"].iloc[0] > frame["late_rate(by=day)"].iloc[0]
    assert frame.columns.is_unique


def test_amounts_of_several_currencies_are_never_added(tmp_path):
    tables = world(2, 60).tables
    orders = tables["orders"]
    riyadh = (orders["city"] == "Riyadh").fillna(value=False)
    orders["currency"] = np.where(riyadh, "SAR", "HKD")
    dataset = published(tmp_path, tables)
    whole = measure(dataset, "cpo")
    assert whole[["cpo", "cpo_num", "cpo_low"]].isna().all(axis=None)
    frame = measure(dataset, "cpo", by="currency")
    assert frame["cpo"].notna().all()
    dataset.engine.close()


def test_what_rests_on_an_assumed_promise_says_so(small):
    promise = replace(small.fields["promised_at"], assumed=True)
    orders = small.tables["orders"]
    columns = {**orders.columns, "promised_at": promise}
    tables = {**small.tables, "orders": replace(orders, columns=columns)}
    dataset = replace(small, tables=tables)
    for name in ("severity_band", "promise_band", ["city", "promised_at"]):
        assert assumed_of(dataset, by=name) == ("promised_at",)
        assert assumed_of(small, by=name) == ()
    for event in ("late", "past_promise"):
        chosen = Selection(event=event)
        assert assumed_of(dataset, selection=chosen) == ("promised_at",)
        assert assumed_of(small, selection=chosen) == ()
    banded = Selection.of({"severity_band": ["over 30 min"]})
    assert assumed_of(dataset, selection=banded) == ("promised_at",)
    city = Selection.of({"city": ["Riyadh"]})
    assert assumed_of(dataset, by="hour_band", selection=city) == ()
    assert availability_of(dataset, "late_rate").assumed == ("promised_at",)
    assert availability_of(dataset, "orders").assumed == ()


def test_amounts_of_different_currencies_are_never_compared(tmp_path):
    days = [date(2024, 3, day) for day in (1, 1, 2, 2)]
    orders = pd.DataFrame(
        {
            "order_no": range(4),
            "local_date": days,
            "status": "delivered",
            "city": ["Riyadh", "Kuwait", "Riyadh", "Kuwait"],
            "basket_amount": [40.0, 5.0, 44.0, 6.0],
            "rider_pay": [10.0, 1.0, 12.0, 1.5],
            "currency": ["SAR", "KWD", "SAR", "SAR"],
        }
    )
    dataset = published(tmp_path, {"orders": orders})
    call = {"period": (days[2], days[2]), "compare": (days[0], days[0])}
    for metric in ("cpo", "mean_basket", "cpo_rider_pay"):
        frame = measure(dataset, [metric, "orders"], by="city", **call)
        frame = frame.set_index("city")
        kuwait, riyadh = frame.loc["Kuwait"], frame.loc["Riyadh"]
        assert pd.notna(kuwait[[metric, f"{metric}_before"]]).all()
        ends = [f"{metric}_change{end}" for end in ("", "_low", "_high")]
        assert kuwait[ends].isna().all()
        step = riyadh[metric] - riyadh[f"{metric}_before"]
        assert riyadh[f"{metric}_change"] == pytest.approx(step)
        assert kuwait["orders_change"] == 0
        assert not [name for name in frame if "currency" in name]
    dataset.engine.close()


def test_the_parts_of_the_cost_sum_to_it(everything):
    parts = load_definitions()["cpo"].parts
    row = measure(everything, ["cpo", *parts]).iloc[0]
    assert sum(row[part] for part in parts) == pytest.approx(row["cpo"])


def test_refusals_come_from_counts_where_there_are_no_offers(tmp_path):
    tables = world(4, 80).tables
    orders = tables["orders"]
    orders["refused_count"] = orders["pushed_count"].clip(upper=1)
    del tables["offers"]
    dataset = published(tmp_path, tables)
    row = measure(dataset, ["refusal_rate", "push_completion_rate"]).iloc[0]
    pushed = orders[orders["pushed_count"] > 0]
    assert row["refusal_rate_num"] == len(pushed)
    assert row["refusal_rate_n"] == pushed["pushed_count"].sum()
    delivered = (pushed["status"] == "delivered").sum()
    assert row["push_completion_rate_num"] == delivered
    dataset.engine.close()


def test_a_locked_metric_names_what_would_unlock_it(tmp_path):
    bare = world(1, 20).tables["orders"][["order_no", "status", "created_at"]]
    dataset = published(tmp_path, {"orders": bare})
    found = availability(dataset)
    assert found["orders"].is_available
    assert found["cancellation_rate"].is_available
    assert set(found["late_rate"].missing) == {"delivered_at", "promised_at"}
    assert found["mean_rating"].missing == ("rating",)
    assert found["refusal_rate"].missing == ("pushed_count", "refused_count")
    assert found["case_accuracy"].missing == ("verdicts",)
    with pytest.raises(MissingField, match="which world does not have"):
        measure(dataset, "late_rate")
    with pytest.raises(MissingField) as caught:
        measure(dataset, "orders", grain="day")
    assert caught.value.fields == ("created_at",)
    dataset.engine.close()


def test_dimensions_are_columns_bands_and_people(small):
    found = dimensions_of(small)
    wanted = {"city", HOSTILE, "hour_band", "severity_band", "riders.vehicle"}
    assert wanted <= set(found)
    assert {"created_at", "order_no", "distance_band"}.isdisjoint(found)
    assert found["hour_band"].label == ("Hour band", "时段")
    assert hierarchies_of(small)["place"] == ("city",)


def test_bands_show_their_values_and_no_others(everything):
    for name, found in dimensions_of(everything).items():
        frame = measure(everything, "orders", by=name)
        assert frame["orders"].sum() == ROWS
        shown = found.values  # noqa: PD011 - not a frame
        assert not shown or set(frame[name].dropna()) <= set(shown)


def test_tenure_is_that_of_one_row_a_rider(tmp_path):
    tables = world(6, 200).tables
    joined = ["2024-02-15", "2023-01-01", "2024-01-01", None]
    tables["riders"]["joined_at"] = pd.to_datetime(pd.Series(joined)).astype(
        "datetime64[us]"
    )
    dataset = published(tmp_path, tables)
    frame = measure(dataset, "orders", by=["rider_id", "tenure_band"])
    assert frame["orders"].sum() == 200
    r2 = frame[frame["rider_id"] == "r2"]
    assert set(r2["tenure_band"]) == {"over a year"}
    dataset.engine.close()


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("city", "missing"), lambda o: o["city"].isna()),
        (Condition("city", "not_in", ("Riyadh",)), lambda o: o["city"] != "Riyadh"),
        (
            Condition("city", "not_in", ("Riyadh", None)),
            lambda o: o["city"].notna() & (o["city"] != "Riyadh"),
        ),
        (Condition("city", "rest", ("香港",)), lambda o: o["city"] != "香港"),
        (Condition("local_hour", "range", low=11, high=13),
         lambda o: o["local_hour"].between(11, 13)),
        (Condition("rider_pay", "range", high=4.5), lambda o: o["rider_pay"] <= 4.5),
        (Condition("local_date", "in", ("2024-03-01",)),
         lambda o: o["local_date"] == date(2024, 3, 1)),
        (Condition("created_at", "range", low="2024-03-01T12:00:00"),
         lambda o: o["created_at"] >= pd.Timestamp("2024-03-01 12:00")),
        (Condition(HOSTILE, "in", ("x",)), lambda o: o[HOSTILE] == "x"),
    ],
)  # fmt: skip
def test_conditions(small, condition, holds):
    orders = world(5, 400).tables["orders"]
    frame = measure(small, "orders", selection=Selection(conditions=(condition,)))
    kept = holds(orders)
    excluded = condition.values  # noqa: PD011 - not a frame
    if condition.kind in ("not_in", "rest") and None not in excluded:
        kept = kept | orders["city"].isna()
    assert frame["orders"].iloc[0] == kept.fillna(value=False).sum()


@pytest.mark.parametrize(
    "name",
    [
        'a"b', "a'b", "a\\b", "; drop table orders; --", "![x](http://e.x/y)", "🛵",
        "select", "a.b", " ", "{0} %s", "a\nb", "x" * 10_000, "period", "orders",
    ],
)  # fmt: skip
def test_hostile_dimensions_are_only_names(tmp_path, name):
    orders = world(3, 30).tables["orders"].rename(columns={HOSTILE: name})
    dataset = published(tmp_path, {"orders": orders}, dimensions=(name,))
    call = {"by": name, "where": {name: ["x", None]}}
    frame = measure(dataset, "delivered_orders", **call)
    kept = orders[orders[name].ne("y") | orders[name].isna()]
    delivered = (kept["status"] == "delivered").sum()
    assert frame["delivered_orders"].sum() == delivered
    assert frame.columns[0] == name
    text = sql_of(dataset, "delivered_orders", **call)
    assert len(sqlglot.parse(text, read="duckdb")) == 1
    if name == "orders":
        with pytest.raises(InvalidInput, match="names that no metric"):
            measure(dataset, "orders", by=name)
    dataset.engine.close()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"metrics": "lateness"}, UnknownName, "late_rate"),
        ({"metrics": []}, InvalidInput, "at least one"),
        ({"by": "planet"}, UnknownName, "no dimension named 'planet'"),
        ({"by": "riders.name"}, UnknownName, "riders.vehicle"),
        ({"by": "distance_band"}, MissingField, "distance_m"),
        ({"grain": "year"}, InvalidInput, "hour, day, week, month"),
        ({"where": {"city": [3], "local_hour": ["x"]}}, InvalidInput, "type integer"),
        ({"where": {"is_prebook": ["yes"]}}, InvalidInput, "type flag"),
        ({"where": {"local_date": ["soon"]}}, InvalidInput, "type date"),
        ({"compare": "previous"}, InvalidInput, "a period to compare"),
        ({"period": MARCH, "compare": "tomorrow"}, InvalidInput, "same_weekdays"),
        ({"period": ("2024-03-08",)}, InvalidInput, "first and a last day"),
        ({"period": (MARCH[1], MARCH[0])}, InvalidInput, "before it starts"),
        ({"top": 3}, InvalidInput, "with dimensions"),
        ({"by": "city", "top": 0}, InvalidInput, "1-1000"),
    ],
)
def test_what_cannot_be_asked_is_said(small, arguments, error, words):
    asked = {"metrics": "orders", **arguments}
    with pytest.raises(error, match=words):
        measure(small, asked.pop("metrics"), **asked)


def test_a_period_may_be_text_and_comes_before_that_of_a_selection(small):
    selection = Selection.of(period=(date(2024, 3, 1), date(2024, 3, 2)))
    days = ("2024-03-08", pd.Timestamp("2024-03-14"))
    chosen = measure(small, "orders", period=days, selection=selection)
    assert chosen.equals(measure(small, "orders", period=MARCH))
    assert measure(small, "orders", where=selection).equals(
        measure(small, "orders", selection=selection)
    )


def test_orders_are_scanned_once_for_all_their_metrics(small):
    metrics = ["orders", "late_rate", "cancellation_rate", "p90_minutes_late", "cpo"]
    call = {"by": "city", "grain": "day", "period": MARCH, "compare": "previous"}
    tree = sqlglot.parse_one(sql_of(small, metrics, **call), read="duckdb")
    scans = [table for table in tree.find_all(exp.Table) if table.name == "orders"]
    assert len(scans) == 1


def test_a_percentiles_interval_is_that_of_its_order_statistics(tmp_path):
    generator = np.random.default_rng(0)
    created = pd.Series([pd.Timestamp("2024-03-01")] * 2_000).astype("datetime64[us]")
    minutes = generator.gamma(3, 10, 2_000)
    orders = pd.DataFrame({"order_no": np.arange(2_000), "created_at": created})
    orders["delivered_at"] = (created + pd.to_timedelta(minutes, unit="m")).dt.as_unit(
        "us"
    )
    dataset = published(tmp_path, {"orders": orders})
    row = measure(dataset, "p90_delivery_minutes").iloc[0]
    ranked = np.sort(minutes)
    assert row["p90_delivery_minutes"] == pytest.approx(np.quantile(minutes, 0.9))
    # Ranks 1774 and 1827 of 2000, see Conover; interpolation moves them a little.
    low, high = ranked[1_773], ranked[1_826]
    width = high - low
    assert row["p90_delivery_minutes_low"] == pytest.approx(low, abs=0.1 * width)
    assert row["p90_delivery_minutes_high"] == pytest.approx(high, abs=0.1 * width)
    dataset.engine.close()


def test_a_result_with_too_many_rows_is_refused(small):
    engine = DuckEngine(small.engine.connection, row_limit=2)
    with pytest.raises(InvalidInput, match="more than 2 rows"):
        measure(replace(small, engine=engine), "orders", grain="day")


def test_the_largest_groups_keep_their_series(small):
    call = {"by": "city", "period": MARCH, "compare": "previous"}
    whole = measure(small, "orders", **call).sort_values("orders")["city"]
    series = measure(small, "orders", **call, grain="day", top=2)
    assert set(series[~series["is_rest"]]["city"].fillna("")) == set(
        whole.tail(2).fillna("")
    )
    days = measure(small, "orders", period=MARCH, grain="day", compare="previous")
    totals = series.groupby("period")[["orders", "orders_before"]].sum()
    expected = days.set_index("period")[["orders", "orders_before"]]
    pd.testing.assert_frame_equal(totals, expected)


@pytest.mark.parametrize(
    ("compare", "days"), [("previous", 10), ("same_weekdays", 14), ("last_year", 364)]
)
def test_each_day_is_beside_the_day_it_is_compared_with(tmp_path, compare, days):
    period = (date(2024, 3, 11), date(2024, 3, 20))
    created = pd.date_range("2023-03-01", "2024-03-31", freq="D").as_unit("us")
    counts = np.arange(len(created)) % 7 + 1
    times = pd.Series(np.repeat(created, counts))
    orders = pd.DataFrame({"order_no": np.arange(len(times)), "created_at": times})
    orders["local_date"] = times.dt.date
    dataset = published(tmp_path, {"orders": orders})
    frame = measure(dataset, "orders", grain="day", period=period, compare=compare)
    expected = pd.Series(counts.astype(float), created)
    asked = pd.date_range(*period)
    assert frame["period"].tolist() == asked.tolist()
    assert frame["orders"].tolist() == expected[asked].tolist()
    then = asked - pd.Timedelta(days=days)
    assert frame["orders_before"].tolist() == expected[then].tolist()
    dataset.engine.close()
