"""Every metric equals its computation by hand, with values missing in every field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.metrics import load_definitions, measure
from analysis.metrics.registry import parse_reference
from tests.metrics import by_hand
from tests.worlds import published

ROOT = Path(__file__).parents[2]
FIELDS = yaml.safe_load((ROOT / "analysis/orders/fields.yaml").read_text("utf-8"))
ROWS = 600
RELATED = ("offers", "contacts", "complaints", "reviews")
WORDS = {
    "status": ["delivered"] * 5 + ["cancelled"] * 3 + ["failed", "returned", "open"],
    "cancel_source": by_hand.SOURCES,
    "outcome": ["accepted", "抢单", "reassigned", "Refused", "拒单", "timeout", "?"],
    "class": ["late", *by_hand.FAULTY],
    "complaint_reason": ["late", *by_hand.FAULTY],
    "reason_l1": ["late", "refund"],
    "currency": ["SAR"],
}
#: Typical minutes after the start of the day at which things happen to an order.
USUAL = {"created_at": 0, "promised_at": 40, "delivered_at": 42, "cancelled_at": 41}
GAPS = 0.15


def column(
    generator: np.random.Generator, name: str, kind: str, starts: pd.Series
) -> pd.Series:
    """Values of one field; some are missing."""
    rows = len(starts)
    if kind == "time":
        after = generator.integers(0, 30 * 60, rows) + 60 * USUAL.get(name, 20)
        # Contacts come back within hours, days or weeks.
        days = generator.choice([0, 0, 2, 9], rows) if name == "opened_at" else 0
        passed = pd.to_timedelta(after, unit="s") + pd.to_timedelta(days, unit="D")
        values = (starts + passed).astype("datetime64[us]")
    elif kind in ("number", "money", "integer"):
        values = pd.Series(generator.integers(0, 6, rows).astype(float))
    elif kind == "flag":
        values = pd.Series(generator.random(rows) < 0.5).astype("boolean")
    else:
        words = WORDS.get(name, ["a", "b"])
        values = pd.Series(generator.choice(words, rows)).astype("str")
    return values.mask(generator.random(rows) < GAPS)


def filled(generator: np.random.Generator, table: str) -> pd.DataFrame:
    minutes = generator.integers(0, 4 * 1440, ROWS)
    starts = pd.Series(pd.Timestamp("2024-03-01") + pd.to_timedelta(minutes, unit="m"))
    columns = {
        name: column(generator, name, entry["type"], starts)
        for name, entry in FIELDS[table].items()
    }
    frame = pd.DataFrame(columns)
    numbers = pd.Series(np.arange(ROWS), dtype="Int64")
    if table != "orders":
        numbers = pd.Series(generator.integers(0, ROWS // 3, ROWS), dtype="Int64")
        numbers = numbers.mask(generator.random(ROWS) < GAPS)
    frame["order_no"] = numbers
    return frame


@pytest.fixture(scope="module")
def tables():
    generator = np.random.default_rng(11)
    made = {name: filled(generator, name) for name in ("orders", *RELATED)}
    orders = made["orders"]
    for day, time in (
        ("promised_date", "promised_at"),
        ("delivered_date", "delivered_at"),
    ):
        orders[day] = orders[time].dt.date
    gaps = {name: frame.isna().any() for name, frame in made.items()}
    for name, found in gaps.items():
        assert set(found[~found].index) <= {"order_no"}, name
    return made


@pytest.fixture(scope="module")
def dataset(tables, tmp_path_factory):
    found = published(tmp_path_factory.mktemp("every"), tables)
    yield found
    found.engine.close()


@pytest.fixture(scope="module")
def orders_alone(tables, tmp_path_factory):
    without = ["merchant_accepted_at", "arrived_customer_at"]
    orders = {"orders": tables["orders"].drop(columns=without)}
    found = published(tmp_path_factory.mktemp("alone"), orders)
    yield found
    found.engine.close()


def test_no_metric_is_left_out():
    by_name = {name.partition("(")[0] for name in (*by_hand.SUMS, *by_hand.SERIES)}
    computable = {name for name, one in load_definitions().items() if not one.locked}
    assert by_name == computable


def expect_sums(dataset, tables, metric, compute):
    definition = parse_reference(metric).definition
    top, bottom = compute(tables)
    row = measure(dataset, metric).iloc[0]
    assert top > 0
    assert row[f"{metric}_num"] == pytest.approx(top)
    assert row[f"{metric}_n"] == pytest.approx(bottom)
    scale = 100 if definition.kind == "per" else 1
    value = top if definition.kind == "count" else scale * top / bottom
    assert row[metric] == pytest.approx(value)


def expect_series(dataset, tables, metric, compute):
    definition = parse_reference(metric).definition
    values = compute(tables).dropna()
    row = measure(dataset, metric).iloc[0]
    assert 0 < len(values) < ROWS
    assert row[f"{metric}_n"] == len(values)
    if definition.kind == "percentile":
        assert row[metric] == pytest.approx(values.quantile(definition.percentile))
    else:
        assert row[metric] == pytest.approx(values.mean())
        assert row[f"{metric}_num"] == pytest.approx(values.sum())


@pytest.mark.parametrize("metric", list(by_hand.SUMS))
def test_shares_ratios_and_counts(dataset, tables, metric):
    expect_sums(dataset, tables, metric, by_hand.SUMS[metric])


@pytest.mark.parametrize("metric", list(by_hand.SERIES))
def test_means_and_percentiles(dataset, tables, metric):
    expect_series(dataset, tables, metric, by_hand.SERIES[metric])


@pytest.mark.parametrize("metric", list(by_hand.ORDERS_SUMS))
def test_shares_from_orders_alone(orders_alone, tables, metric):
    expect_sums(orders_alone, tables, metric, by_hand.ORDERS_SUMS[metric])


@pytest.mark.parametrize("metric", list(by_hand.ORDERS_SERIES))
def test_means_from_orders_alone(orders_alone, tables, metric):
    expect_series(orders_alone, tables, metric, by_hand.ORDERS_SERIES[metric])
