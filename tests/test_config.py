"""The configuration keeps Doorstep private, bounded and readable."""

import ast
import tomllib
from pathlib import Path

import pytest

from ui import frame, tokens

ROOT = Path(__file__).resolve().parent.parent
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "enableCORS", True),
        ("server", "enableXsrfProtection", True),
        ("server", "enableAgentApi", False),
        ("server", "enableStaticServing", False),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorDetails", "none"),
        ("client", "showErrorLinks", False),
        ("client", "toolbarMode", "viewer"),
        ("client", "disableDataExport", True),
        ("runner", "magicEnabled", False),
    ],
)
def test_what_must_not_change(section, name, value):
    assert CONFIG[section][name] == value


def test_hosts_uploads_messages_and_caches_are_bounded():
    server = CONFIG["server"]
    assert set(server["allowedHosts"]) == {"127.0.0.1", "localhost"}
    assert server["maxUploadSize"] <= 512
    assert server["maxMessageSize"] <= 64
    assert server["maxCacheDataSize"] == "512mb"


def test_nothing_is_loaded_from_elsewhere():
    text = (ROOT / ".streamlit" / "config.toml").read_text()
    assert "://" not in text.replace("http://", "").split("[theme]")[1]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_scales_have_the_lengths_that_streamlit_asks_for(mode):
    theme = CONFIG["theme"][mode]
    assert len(theme["chartSequentialColors"]) == 10
    assert len(theme["chartDivergingColors"]) == 10
    assert len(set(theme["chartCategoricalColors"])) >= 8


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_marks_can_be_read(mode):
    theme = CONFIG["theme"][mode]
    page, panel = theme["backgroundColor"], theme["secondaryBackgroundColor"]
    for name in ("textColor", "linkColor", "grayTextColor", "blueTextColor",
                 "orangeTextColor", "greenTextColor"):  # fmt: skip
        assert contrast(theme[name], page) >= 4.5, name
        assert contrast(theme[name], panel) >= 4.5, name
    for colour in theme["chartCategoricalColors"]:
        assert contrast(colour, page) >= 3.0, colour


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_tokens_are_the_theme(mode):
    look = getattr(tokens, mode.upper())
    theme = CONFIG["theme"][mode]
    assert look.now == theme["blueColor"] == theme["chartCategoricalColors"][0]
    # The primary colour carries white labels, so the dark one is deeper than a mark.
    assert contrast(theme["primaryColor"], "#ffffff") >= 4.5
    assert contrast(theme["primaryColor"], look.surface) >= 3.0
    assert look.attention == theme["orangeColor"]
    assert look.surface == theme["backgroundColor"]
    assert contrast(look.muted, look.surface) >= 4.5
    for mark in (look.now, look.before, look.attention):
        assert contrast(mark, look.surface) >= 3.0


def test_pages_lie_in_sections_and_nothing_by_passes_the_entry_script():
    assert list((ROOT / "pages").glob("*.py")) == []


def test_the_menu_lists_every_page_once():
    listed = [entry.path for entries in frame.MENU.values() for entry in entries]
    there = {str(path.relative_to(ROOT)) for path in ROOT.glob("pages/*/*.py")}
    assert set(listed) == there
    assert len(listed) == len(set(listed))
    addresses = [e.address for entries in frame.MENU.values() for e in entries]
    assert len(addresses) == len(set(addresses))


def first_deed(path):
    """The first statement that is no import, docstring or constant."""
    for node in ast.parse(path.read_text()).body:
        literal = isinstance(getattr(node, "value", None), ast.Constant)
        if not isinstance(node, ast.Import | ast.ImportFrom) and not literal:
            return ast.unparse(node)
    return ""


def test_every_page_calls_the_guard_before_anything_else():
    for path in ROOT.glob("pages/*/*.py"):
        assert first_deed(path) == "guard('view')", path


def test_the_entry_script_is_short():
    assert len((ROOT / "streamlit_app.py").read_text().splitlines()) <= 120


def test_only_one_module_caches():
    for path in [*ROOT.glob("ui/*.py"), *ROOT.glob("pages/*/*.py")]:
        if path.name != "cached.py":
            assert "cache_data" not in path.read_text(), path
            assert "st.cache_resource" not in path.read_text(), path


@pytest.mark.parametrize("word", ["unsafe_allow_html", "pickle", "eval(", "exec("])
def test_what_no_page_uses(word):
    for path in [*ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        assert word not in path.read_text(), path
