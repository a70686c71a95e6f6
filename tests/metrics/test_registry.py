"""The registry is whole, and metrics are named and set as promised."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import yaml
from sqlglot import exp

from analysis.errors import InvalidInput, UnknownName
from analysis.metrics.expressions import parse
from analysis.metrics.locks import LOCKS, Lock
from analysis.metrics.registry import (
    load_definitions,
    load_registry,
    parse_reference,
)

PUBLIC = [
    "orders", "delivered_orders", "on_time_rate", "late_rate", "mean_minutes_late",
    "p90_minutes_late", "delivery_minutes", "cancellation_rate", "complaint_rate",
    "low_rating_rate", "mean_rating", "refusal_rate", "push_completion_rate",
    "contact_rate", "cpo",
]  # fmt: skip
MADE = {
    "order_no", "local_date", "local_hour", "local_weekday", "promised_date",
    "delivered_date",
}  # fmt: skip
REGISTRY = load_registry()
ROOT = Path(__file__).parents[2]
FIELDS = yaml.safe_load((ROOT / "analysis/orders/fields.yaml").read_text("utf-8"))
SOURCES = [
    (name, source)
    for name, definition in REGISTRY.metrics.items()
    for source in definition.sources
]


def test_the_public_names_are_there():
    assert set(PUBLIC) <= set(load_definitions())


@pytest.mark.parametrize("name", list(REGISTRY.metrics))
def test_every_metric_says_what_it_means(name):
    definition = REGISTRY.metrics[name]
    assert all(text.strip() for text in (*definition.label, *definition.definition))
    assert definition.label_in("zh_CN") == definition.label[1]
    assert definition.definition_in("en") == definition.definition[0]
    assert bool(definition.locked) != bool(definition.sources)
    assert definition.owner
    assert definition.version >= 1
    assert definition.minimum_sample > 0
    assert set(definition.parts) <= set(REGISTRY.metrics)
    for source in definition.sources:
        assert set(source.when) <= set(definition.settings)


def read(text: str, table: str) -> set[tuple[str, str]]:
    """Columns behind an expression, terms resolved in every alternative."""
    found: set[tuple[str, str]] = set()
    for column in parse(text).find_all(exp.Column):
        place = column.table or table
        terms = REGISTRY.terms.get(place, {}).get(column.name)
        if terms is None:
            found.add((place, column.name))
        for alternative in terms or ():
            found |= read(alternative, place)
    return found


@pytest.mark.parametrize(("name", "source"), SOURCES)
def test_every_expression_reads_the_order_model(name, source):
    related = source.numerator_table or source.table
    columns = read(source.numerator, related) if source.numerator else set()
    for text in (source.denominator, source.measure, source.where):
        columns |= read(text, source.table) if text else set()
    unknown = {
        (table, column)
        for table, column in columns
        if column not in FIELDS[table] and column not in MADE
    }
    assert not unknown


@pytest.mark.parametrize(("name", "source"), SOURCES)
def test_every_placeholder_is_a_setting(name, source):
    scales = {"rating_scale", "stars_scale", "csat_scale"}
    settings = {*REGISTRY.metrics[name].settings, "data_end", *scales}
    texts = (source.numerator, source.denominator, source.measure, source.where)
    for text in filter(None, texts):
        used = {node.name for node in parse(text).find_all(exp.Placeholder)}
        assert used <= settings


def test_expressions_hold_no_queries():
    texts = [
        text
        for _, source in SOURCES
        for text in (source.numerator, source.denominator, source.measure)
        if text
    ]
    texts += [
        text
        for terms in REGISTRY.terms.values()
        for alternatives in terms.values()
        for text in alternatives
    ]
    for text in texts:
        assert not list(parse(text).find_all(exp.Query, exp.Command, exp.DDL))


def test_on_time_and_late_are_complements_with_the_same_settings():
    on_time, late = REGISTRY.metrics["on_time_rate"], REGISTRY.metrics["late_rate"]
    assert on_time.settings == late.settings
    assert {item.denominator for item in on_time.sources} == {
        item.denominator for item in late.sources
    }


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("late_rate", {"by": "timestamp", "grace": 0}),
        ("late_rate()", {"by": "timestamp", "grace": 0}),
        ("late_rate(by=day)", {"by": "day", "grace": 0}),
        ("late_rate(by=day, grace=0)", {"by": "day", "grace": 0}),
        (
            " late_rate ( grace = 10 , by = timestamp ) ",
            {"by": "timestamp", "grace": 10},
        ),
        ("contact_rate(per=10000)", {"per": 10000}),
    ],
)
def test_settings_are_read(text, settings):
    reference = parse_reference(text)
    assert dict(reference.settings) == settings
    assert reference.text == text


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("late", UnknownName, "late_rate"),
        ("", UnknownName, "late_rate"),
        ("late_rate(", UnknownName, "late_rate"),
        ("late_rate(by=day); drop table orders", UnknownName, "no metric named"),
        (None, UnknownName, "no metric named None"),
        ("late_rate(size=3)", UnknownName, "by, grace"),
        ("late_rate(by=week)", InvalidInput, "timestamp, day"),
        ("late_rate(by=day, grace=10)", InvalidInput, "no effect .*by=timestamp"),
        ("on_time_rate(grace=5,by=day)", InvalidInput, "no effect .*by=timestamp"),
        ("late_rate(grace=-1)", InvalidInput, "0-1440"),
        ("late_rate(grace=9999)", InvalidInput, "0-1440"),
        ("late_rate(grace=1e3)", InvalidInput, "0-1440"),
        ("late_rate(by)", InvalidInput, "name=value"),
        ("contact_rate(per=7)", InvalidInput, "100, 10000"),
    ],
)
def test_what_is_no_metric_is_said(text, error, words):
    with pytest.raises(error, match=words):
        parse_reference(text)


def test_settings_without_effect_are_not_offered():
    assert set(parse_reference("late_rate(grace=5)").applicable) == {"by", "grace"}
    assert set(parse_reference("late_rate(by=day)").applicable) == {"by"}


@pytest.mark.parametrize("name", list(REGISTRY.metrics))
def test_a_setting_that_no_source_reads_says_when_it_applies(name):
    definition = REGISTRY.metrics[name]
    for setting, entry in definition.settings.items():
        for source in definition.sources:
            texts = (source.numerator, source.denominator, source.measure)
            read = {
                node.name
                for text in filter(None, texts)
                for node in parse(text).find_all(exp.Placeholder)
            }
            known = read | set(source.when) | {"per", "days", "party"}
            excluded = any(
                source.when.get(other, value) != value
                for other, value in entry.when.items()
            )
            assert setting in known or excluded, (name, setting)


def test_every_lock_is_known_and_has_words():
    locked = {item.locked for item in REGISTRY.metrics.values()} - {""}
    assert locked == set(LOCKS) == set(get_args(Lock)) - {""}
    assert all(LOCKS.values())
    fields = {name for entries in FIELDS.values() for name in entries}
    assert not locked & fields
