"""Every text has its translation, with the same placeholders, in every language."""

from string import Formatter

import pytest

from ui import extract, texts
from ui.texts import LANGUAGES, fill, match_language, translate

TEMPLATE = extract.extracted()


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_texts_are_found_in_every_layer():
    found = {
        message.id: {name for name, _ in message.locations} for message in TEMPLATE
    }
    assert "pages/start/home.py" in found["What needs attention"]
    assert "ui/jobs.py" in found["Cancel"]
    assert "analysis/errors.py" in found["Known: {known}."]


def test_texts_inside_f_strings_are_found(tmp_path, monkeypatch):
    script = """label = f"{t('a')} {N_("b" "c")}"; t(name); other("d"); t(f"{e}")"""
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui" / "x.py").write_text(script.replace('"b" "c"', "'b' 'c'"))
    monkeypatch.setattr(extract, "ROOT", tmp_path)
    assert [item.id for item in extract.extracted() if item.id] == ["a", "bc"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_catalogue_holds_exactly_the_texts_of_the_code(code):
    here = {message.id for message in extract.read(code) if message.id}
    there = {message.id for message in TEMPLATE if message.id}
    assert here == there, "run: python -m ui.extract"


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_waits_for_its_translation(code):
    assert extract.waiting(extract.read(code)) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_translations_name_the_same_values(code):
    wrong = [
        message.id
        for message in extract.read(code)
        if message.id and placeholders(message.id) != placeholders(message.string)
    ]
    assert wrong == []


def test_translations_keep_the_icons_and_marks_of_markdown():
    for message in extract.read("zh_CN"):
        if message.id:
            assert message.id.count(":material/") == message.string.count(":material/")
            assert message.id.count("**") == message.string.count("**")


def test_every_text_can_be_filled():
    for message in TEMPLATE:
        if message.id:
            for _, name, _, _ in Formatter().parse(message.id):
                assert name is None or name.isidentifier(), message.id


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh", "zh_CN"), ("zh-Hans-CN", "zh_CN"), ("zh_TW", "zh_CN"), ("EN-us", "en"),
        ("fr", None), ("", None), (None, None), (7, None), ("zzz" * 500, None),
    ],
)  # fmt: skip
def test_a_tag_finds_its_language(tag, code):
    assert match_language(tag) == code


def test_unknown_texts_and_languages_stay_english():
    assert translate("No such text", "zh_CN") == "No such text"
    assert translate("Cancel", "xx") == "Cancel"


def test_a_template_is_shown_rather_than_lost():
    assert fill("{a} of {b}", {"a": 1}) == "{a} of {b}"
    assert fill("{a:d}", {"a": "text"}) == "{a:d}"
    assert fill("{a} {b}", {"a": "{b}", "b": 2}) == "{b} 2"


def test_the_catalogues_are_read_without_compiled_files(monkeypatch, tmp_path):
    monkeypatch.setattr(texts, "LOCALES", tmp_path)
    texts.catalogue.cache_clear()
    try:
        assert texts.catalogue("zh_CN") == {}
    finally:
        texts.catalogue.cache_clear()


def test_a_value_in_latin_letters_stands_apart_from_chinese():
    assert texts.spaced("{metric}变差", {"metric": "超时分钟 P90"}) == "{metric} 变差"
    assert texts.spaced("{metric}变差", {"metric": "超时率"}) == "{metric}变差"
    assert texts.spaced("{metric}，{n} 单", {"metric": "P90"}) == "{metric}，{n} 单"
    assert texts.spaced("{days}数据", {"days": "5月20日"}) == "{days}数据"


def test_clusters_have_one_name_in_chinese():
    told = "".join(texts.catalogue("zh_CN").values())
    assert "聚类" in told
    assert "群组" not in told
