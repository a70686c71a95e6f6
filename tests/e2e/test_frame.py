"""The frame in a real browser: security, language, addresses, accessibility."""

import http.client
from pathlib import Path

import pytest

from tests.e2e.app import ROOT, start, stop, violations
from tests.e2e.hostile_texts import TEXTS
from ui.server import security_headers

pytestmark = pytest.mark.browser

#: Code, Markdown, caption, button and error each show every text.
SHOWN_IN = 5
HERE = Path(__file__).parent


def test_every_response_has_the_security_headers(app):
    for path in ("/", "/home", "/_stcore/health", "/no/such/page", "/favicon.png"):
        connection = http.client.HTTPConnection("127.0.0.1", app.port)
        connection.request("GET", path)
        found = connection.getresponse().headers
        for name, value in security_headers().items():
            assert found[name] == value, (path, name)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (400, "dark")])
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_home_is_accessible_quiet_and_local(app, open_page, width, scheme, language):
    seen = open_page(app.url, width=width, scheme=scheme, language=language)
    assert seen.page.title() == "Doorstep"
    assert seen.foreign == []
    assert seen.problems == []
    assert violations(seen.page) == []
    overflow = "document.documentElement.scrollWidth - window.innerWidth"
    assert seen.page.evaluate(overflow) <= 0


def test_the_language_is_kept_in_the_address_and_back_undoes_it(app, open_page):
    seen = open_page(app.url)
    page = seen.page
    page.get_by_role("radio", name="简体中文").or_(
        page.get_by_role("button", name="简体中文")
    ).first.click()
    page.wait_for_url("**lang=zh_CN*")
    page.get_by_text("语言").first.wait_for()
    again = open_page(page.url)
    again.page.get_by_text("语言").first.wait_for()
    page.go_back()
    page.get_by_text("Language").first.wait_for()
    assert "lang" not in page.url


@pytest.mark.parametrize(
    "query",
    ["?lang=xx&lang=%00", "?v=%7B%7D&v=2", "?v=1." + "A" * 5000, "?a[]=1&v=%F0%9F"],
)
def test_bad_addresses_open_the_page(app, open_page, query):
    seen = open_page(f"{app.url}/home{query}")
    assert seen.page.locator("h1").count() == 1
    assert seen.page.locator("[data-testid=stException]").count() == 0


@pytest.fixture
def hostile_app(tmp_path):
    running = start(tmp_path / "workspace", script=HERE / "hostile_serve.py")
    yield running
    stop(running)


def test_hostile_text_is_shown_as_written_and_fetches_nothing(hostile_app, open_page):
    seen = open_page(hostile_app.url)
    page = seen.page
    main = page.get_by_test_id("stMainBlockContainer")
    shown = main.inner_text().replace("\u2060", "")
    wrong = [text for text in TEXTS if shown.count(text) < SHOWN_IN]
    assert wrong == []
    assert main.locator("img, a[href], .katex, script, iframe").count() == 0
    assert seen.foreign == []


def test_charts_draw_under_the_policy(hostile_app, open_page):
    seen = open_page(f"{hostile_app.url}/?charts=1")
    page = seen.page
    page.locator("[data-testid=stVegaLiteChart] svg, canvas").first.wait_for()
    assert page.locator("[data-testid=stVegaLiteChart]").count() == 3
    assert seen.problems == []
    assert seen.foreign == []
    assert violations(page) == []


def test_an_unforeseen_error_shows_an_id_and_no_details(hostile_app, open_page):
    seen = open_page(f"{hostile_app.url}/?fail=1")
    alert = seen.page.get_by_test_id("stAlert")
    assert "Something went wrong" in alert.inner_text()
    identifier = alert.inner_text().split("id ")[1][:8]
    assert "secret value" not in seen.page.content()
    assert identifier in hostile_app.log.read_text()


def test_the_entry_script_alone_serves_on_loopback_only():
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    assert 'address = "127.0.0.1"' in config
