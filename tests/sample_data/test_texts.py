"""Texts fit their cause, in the languages of their place."""

from __future__ import annotations

import re

import pytest
import yaml

from sample_data import texts

SCRIPTS = {"zh": r"[\u4e00-\u9fff]", "ar": r"[\u0600-\u06ff]"}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_cause_has_texts_in_every_language(language):
    listed = texts._templates()
    for cause in texts.CAUSES:
        sentences = listed["customer"][cause][language]
        assert len(sentences) >= 3
        for sentence in sentences:
            assert re.search(SCRIPTS.get(language, "[A-Za-z]"), sentence)
    assert yaml.safe_dump(listed)


@pytest.mark.parametrize(
    ("city", "languages"),
    [
        ("Hong Kong", {"zh", "en"}),
        ("Riyadh", {"ar", "en"}),
        ("Kuwait City", {"ar", "en"}),
        ("São Paulo", {"pt", "en"}),
    ],
)
def test_people_write_in_the_languages_of_their_city(made, city, languages):
    frame = made.sql(
        "select distinct r.lang from {reviews} r join {orders} using (order_id)"
        f" where city = '{city}' and r.lang is not null"
    )
    assert set(frame.lang) == languages


def test_late_complaints_say_why(made):
    """A kitchen's lateness is put down to the kitchen, in words."""
    frame = made.sql(
        """
        select c.text, p.merchant_minutes / p.late_minutes share
        from {complaints} c join {parties} p using (order_id)
        where c.class = 'late' and c.lang = 'en' and p.kind = 'late'
        """
    )
    words = frame.text.str.contains("kitchen|restaurant|not ready")
    assert words[frame.share > 0.7].mean() > 0.95
    assert words[frame.share < 0.1].mean() < 0.05


def test_minutes_in_words_are_those_of_the_order(made):
    frame = made.sql(
        """
        select c.text, p.late_minutes
        from {complaints} c join {parties} p using (order_id)
        where c.class = 'late' and p.kind = 'late' and p.late_minutes < 60
        """
    )
    said = frame.text.str.extract(r"(\d+)")[0].astype(float)
    assert said.notna().mean() > 0.95
    close = (said - frame.late_minutes).abs() <= 6
    assert close.mean() > 0.9


def test_some_texts_hold_invented_personal_data(made):
    frame = made.sql("select text from {reviews} where text is not null")
    phones = frame.text.str.contains("555")
    assert 0.005 < phones.mean() < 0.4
