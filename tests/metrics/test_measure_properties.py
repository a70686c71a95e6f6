"""measure equals a plain pandas computation, at every level, on random tables."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
)

from analysis.metrics import Selection, measure, sql_of
from analysis.metrics.periods import Period, compared
from analysis.metrics.registry import parse_reference
from tests.metrics.random_worlds import (
    BANDS,
    BY_HAND,
    DAYS,
    FIRST_DAY,
    HOSTILE,
    World,
    world,
)
from tests.worlds import published

DIMENSIONS = [
    "city", "merchant_type", HOSTILE, "is_prebook", "riders.vehicle", "hour_band",
    "local_hour",
]  # fmt: skip
VALUES = {
    "city": ["Riyadh", "香港", None, "nowhere"],
    "merchant_type": ["chain", 'it\'s "one"'],
    HOSTILE: ["x", None],
    "is_prebook": [True, False, None],
    "hour_band": BANDS[2:5],
    "riders.vehicle": ["bike", None],
}

periods = st.tuples(st.integers(8, DAYS - 1), st.integers(1, 14)).map(
    lambda pair: Period(
        FIRST_DAY + timedelta(days=pair[0]),
        FIRST_DAY + timedelta(days=pair[0] + pair[1] - 1),
    )
)
filters = st.dictionaries(
    st.sampled_from(sorted(VALUES)), st.none(), max_size=2
).flatmap(
    lambda chosen: st.fixed_dictionaries(
        {
            name: st.lists(st.sampled_from(VALUES[name]), min_size=1, unique=True)
            for name in chosen
        }
    )
)
questions = st.fixed_dictionaries(
    {
        "metrics": st.lists(st.sampled_from(sorted(BY_HAND)), min_size=1, max_size=5),
        "by": st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True),
        "grain": st.sampled_from([None, None, "hour", "day", "week", "month"]),
        "where": filters,
        "period": st.sampled_from([True, True, True, False]).flatmap(
            lambda narrowed: periods if narrowed else st.none()
        ),
        "compare": st.sampled_from([None, "previous", "same_weekdays", "last_year"]),
    }
)


def start(day: date, hour: int, grain: str) -> pd.Timestamp:
    moment = pd.Timestamp(day)
    if grain == "hour":
        return moment + pd.Timedelta(hours=hour)
    if grain == "week":
        return moment - pd.Timedelta(days=moment.weekday())
    return moment.replace(day=1) if grain == "month" else moment


def keep(frame: pd.DataFrame, where: dict[str, list]) -> pd.DataFrame:
    for name, values in where.items():
        named = [value for value in values if value is not None]
        inside = frame[name].isin(named)
        frame = frame[inside | (frame[name].isna() & (None in values))]
    return frame


def keys(frame: pd.DataFrame, by: list[str], grain: str | None, days: int) -> list:
    columns = [frame[name] for name in by]
    if grain:
        moved = frame["local_date"].map(lambda day: day + timedelta(days=days))
        hours = frame["local_hour"]
        pairs = zip(moved, hours, strict=True)
        columns.append(pd.Series([start(*pair, grain) for pair in pairs], frame.index))
    rows = zip(*columns, strict=True) if columns else ((),) * len(frame)
    return [tuple(None if pd.isna(value) else value for value in row) for row in rows]


def by_hand(asked: World, question: dict, period: Period | None, days: int) -> dict:
    """Figures of each metric by group key: {key: {metric: (value, num, n)}}."""
    found: dict[tuple, dict] = {}
    for metric in question["metrics"]:
        table, compute = BY_HAND[metric]
        frames = [asked.keyed(), *([asked.merged(table)] if table else [])]
        groups = []
        for frame in frames:
            kept = keep(frame, question["where"])
            if period:
                inside = kept["local_date"].map(
                    lambda day: period.first <= day <= period.last
                )
                kept = kept[inside.astype(bool)]
            labels = keys(kept, question["by"], question["grain"], days)
            groups.append((kept, pd.Series(labels, kept.index, dtype=object)))
        on_orders = metric in ("complaint_rate", "contact_rate")
        read = groups if on_orders or not table else groups[1:]
        names = {key for _, labels in read for key in labels}
        if not question["by"] and not question["grain"]:
            names = {()}
        for key in names:
            parts = [
                kept[np.array([label == key for label in labels], dtype=bool)]
                for kept, labels in groups
            ]
            found.setdefault(key, {})[metric] = compute(*parts)
    return found


def agree(seen: float, expected: float) -> bool:
    if math.isnan(expected):
        return pd.isna(seen)
    return seen == pytest.approx(expected, rel=1e-9, abs=1e-9)


def check(frame: pd.DataFrame, hand: dict, question: dict, *, before: bool) -> None:
    width = len(question["by"]) + bool(question["grain"])
    nothing = (math.nan, 0.0, 0.0)
    for row in frame.itertuples(index=False):
        key = tuple(None if pd.isna(item) else item for item in row[:width])
        values = dict(zip(frame.columns, row, strict=True))
        for metric in question["metrics"]:
            empty = (0.0, 0.0, 0.0) if metric.endswith("orders") else nothing
            value, top, n = hand.get(key, {}).get(metric, empty)
            if before:
                assert agree(values[f"{metric}_before"], value), (metric, key)
                continue
            assert agree(values[metric], value), (metric, key)
            assert agree(values[f"{metric}_n"], n), (metric, key)
            if metric not in ("p90_minutes_late", "cpo", "mean_rating") and n:
                assert agree(values[f"{metric}_num"], top), (metric, key)


def columns_of(question: dict, compare: str | None) -> list[str]:
    names = [*question["by"], *(["period"] if question["grain"] else [])]
    for metric in dict.fromkeys(question["metrics"]):
        names += [f"{metric}{end}" for end in ("", "_num", "_n", "_low", "_high")]
        if compare:
            ends = ("_before", "_change", "_change_low", "_change_high")
            names += [f"{metric}{end}" for end in ends]
    return names


def check_intervals(frame: pd.DataFrame, question: dict, compare: str | None) -> None:
    rates = [
        metric
        for metric in dict.fromkeys(question["metrics"])
        if parse_reference(metric).definition.kind == "rate"
    ]
    for metric in rates:
        part = frame[frame[f"{metric}_n"] > 0]
        low, high = proportion_confint(
            part[f"{metric}_num"], part[f"{metric}_n"], method="wilson"
        )
        assert part[f"{metric}_low"].to_numpy() == pytest.approx(low, abs=1e-9)
        assert part[f"{metric}_high"].to_numpy() == pytest.approx(high, abs=1e-9)
        assert frame[frame[f"{metric}_n"] == 0][f"{metric}_low"].isna().all()
    if compare:
        for metric in dict.fromkeys(question["metrics"]):
            step = frame[metric] - frame[f"{metric}_before"]
            pd.testing.assert_series_equal(
                frame[f"{metric}_change"], step, check_names=False
            )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    orders=st.sampled_from([0, 1, 30, 120, 120]),
    asked=st.lists(questions, min_size=3, max_size=5),
)
def test_measure_is_what_pandas_computes(seed, orders, asked):
    random = world(seed, orders)
    with TemporaryDirectory() as folder:
        dataset = published(Path(folder), random.tables, dimensions=(HOSTILE,))
        for question in asked:
            period = question["period"]
            compare = question["compare"] if period else None
            arguments = {**question, "compare": compare}
            frame = measure(dataset, **arguments)
            assert list(frame.columns) == columns_of(question, compare)
            hand = by_hand(random, question, period, 0)
            check(frame, hand, question, before=False)
            groups = set(hand)
            if compare:
                other = compared(period, compare)
                days = (period.first - other.first).days
                then = by_hand(random, question, other, days)
                check(frame, then, question, before=True)
                groups |= set(then)
            assert len(frame) == len(groups)
            check_intervals(frame, question, compare)
        dataset.engine.close()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), question=questions, top=st.none() | st.just(2))
def test_the_sql_shown_runs_to_the_same_figures(seed, question, top):
    if not question["by"]:
        top = None
    if question["period"] is None:
        question = {**question, "compare": None}
    with TemporaryDirectory() as folder:
        dataset = published(Path(folder), world(seed, 60).tables)
        text = sql_of(dataset, **question, top=top)
        again = dataset.engine.run(sqlglot.parse_one(text, read="duckdb")).to_pandas()
        frame = measure(dataset, **question, top=top)
        shared = [name for name in frame.columns if name in again.columns]
        assert {*dict.fromkeys(question["metrics"])} <= set(shared)
        pd.testing.assert_frame_equal(again[shared], frame[shared])
        assert sql_of(dataset, **question, top=top) == text
        dataset.engine.close()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), top=st.integers(1, 5))
def test_the_rest_is_what_the_largest_leave(seed, top):
    metrics = ["orders", "late_rate", "p90_minutes_late", "mean_rating", "cpo"]
    random = world(seed, 100)
    by = ["city", "merchant_type"]
    with TemporaryDirectory() as folder:
        dataset = published(Path(folder), random.tables)
        frame = measure(dataset, metrics, by=by, top=top)
        everything = measure(dataset, metrics, by=by)
        rest = frame[frame["is_rest"]]
        kept = frame[~frame["is_rest"]]
        assert len(kept) == min(top, len(everything))
        assert kept["orders"].min() >= everything["orders"].nlargest(top).min()
        pd.testing.assert_frame_equal(
            kept[by].reset_index(drop=True),
            everything.merge(kept[by], on=by)[by],
            check_dtype=False,
        )
        assert frame["orders"].sum() == everything["orders"].sum()
        assert frame["late_rate_n"].sum() == everything["late_rate_n"].sum()
        if len(everything) > top:
            assert len(rest) == 1
            assert set(rest[by].to_numpy().ravel()) == {"rest"}
            names = {
                tuple(None if pd.isna(item) else item for item in row)
                for row in kept[by].itertuples(index=False)
            }
            orders = random.keyed()
            labels = keys(orders, by, None, 0)
            others = orders[np.array([label not in names for label in labels])]
            for metric in ("late_rate", "p90_minutes_late", "cpo"):
                value, _, n = BY_HAND[metric][1](others)
                assert agree(rest[metric].iloc[0], value)
                assert agree(rest[f"{metric}_n"].iloc[0], n)
        dataset.engine.close()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), period=periods)
def test_changes_have_newcombes_interval(seed, period):
    with TemporaryDirectory() as folder:
        dataset = published(Path(folder), world(seed, 150).tables)
        call = {"by": "city", "period": period, "compare": "previous"}
        frame = measure(dataset, "late_rate", **call)
        then = measure(
            dataset, "late_rate", by="city", period=compared(period, "previous")
        )
        both = frame.merge(then, on="city", suffixes=("", "_then"))
        for row in both.to_dict("records"):
            counts = [row[f"late_rate_{end}"] for end in ("num", "n")]
            others = [row[f"late_rate_{end}_then"] for end in ("num", "n")]
            if not counts[1] or not others[1]:
                assert pd.isna(row["late_rate_change_low"])
                continue
            low, high = confint_proportions_2indep(
                *counts, *others, method="newcomb", compare="diff"
            )
            assert row["late_rate_change_low"] == pytest.approx(low, abs=1e-9)
            assert row["late_rate_change_high"] == pytest.approx(high, abs=1e-9)
        dataset.engine.close()


def test_an_empty_result_keeps_columns_and_types(tmp_path):
    dataset = published(tmp_path, world(1, 50).tables)
    call = {"by": ["city", "is_prebook"], "grain": "day"}
    metrics = ["orders", "late_rate", "mean_rating", "p90_minutes_late", "cpo"]
    full = measure(dataset, metrics, **call)
    none = measure(dataset, metrics, **call, selection=Selection.of({"city": "none"}))
    assert none.empty
    assert list(none.columns) == list(full.columns)
    changed = [name for name in full if none[name].dtype != full[name].dtype]
    # An all-empty column of flags has no value that could make it object.
    assert set(changed) <= {"is_prebook"}
    dataset.engine.close()
