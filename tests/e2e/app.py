"""The running app and a real browser: fixtures for every end-to-end test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.find_browser import find

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
PAGE_SECONDS = 60
#: Rules that fail inside Streamlit's own front end, which we cannot change.
UPSTREAM = {"region", "landmark-unique"}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
#: Whether the script has ended, every placeholder has given way and every chart is
#: drawn, with the page of one height for a third of a second. The state alone does not
#: do: charts are drawn after it, and push down what lies below them.
STANDS_STILL = """() => {
  const shown = name => [...document.querySelectorAll(`[data-testid=${name}]`)]
    .filter(element => element.checkVisibility());
  const app = document.querySelector("[data-testid=stApp]")?.dataset ?? {};
  const main = document.querySelector("[data-testid=stMain]");
  const ready = app.testConnectionState === "CONNECTED"
    && app.testScriptState === "notRunning"
    && shown("stSkeleton").length === 0
    && shown("stVegaLiteChart").every(chart => chart.querySelector(".marks"));
  const height = ready ? main?.scrollHeight : null;
  if (height === null || height !== window.doorstepStood?.height) {
    window.doorstepStood = { height, since: performance.now() };
  }
  return height !== null && performance.now() - window.doorstepStood.since > 333;
}"""


@dataclass
class RunningApp:
    """A server of its own: its address, its workspace, what it wrote to its log."""

    port: int
    workspace: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Visit:
    """One page of the browser with what it asked for and complained about."""

    page: Page
    foreign: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def wait_until_still(self) -> None:
        """Wait until the script has run and everything it sent is drawn."""
        self.page.wait_for_selector("[data-testid=stMainBlockContainer] h1")
        self.page.evaluate("() => { delete window.doorstepStood; }")
        self.page.wait_for_function(STANDS_STILL, polling=50)


#: Streamlit's own wrapper around the state of a component of ours cannot be pickled.
WITH_COMPONENTS = {"STREAMLIT_RUNNER_ENFORCE_SERIALIZABLE_SESSION_STATE": "false"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(
    workspace: Path,
    *,
    demo_orders: int = 0,
    script: Path | None = None,
    settings: Mapping[str, str] | None = None,
):
    """Start the app as ``make run`` does, on a free loopback port, and wait for it."""
    port = free_port()
    log = workspace.parent / f"server-{port}.log"
    environment = os.environ | {
        "DOORSTEP_WORKSPACE": str(workspace),
        "DOORSTEP_DEMO_ORDERS": str(demo_orders),
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_RUNNER_ENFORCE_SERIALIZABLE_SESSION_STATE": "true",
        "STREAMLIT_LOGGER_LEVEL": "warning",
        **(settings or {}),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script or "serve.py")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    app = RunningApp(port, workspace, log, process)
    wait_for_server(app)
    return app


def wait_for_server(app: RunningApp) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if app.process.poll() is not None:
            pytest.fail(f"the app ended at its start:\n{app.log.read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", app.port), timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the app did not start in time")


def stop(app: RunningApp) -> None:
    app.process.terminate()
    try:
        app.process.wait(10)
    except subprocess.TimeoutExpired:
        app.process.kill()
        app.process.wait(10)


@pytest.fixture
def app(tmp_path):
    """The app on an empty workspace, without demo data."""
    running = start(tmp_path / "workspace")
    yield running
    stop(running)


@pytest.fixture(scope="session")
def browser() -> Browser:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=find(), args=CHROMIUM_ARGUMENTS
        )
        yield launched
        launched.close()


def visit(context: BrowserContext, url: str) -> Visit:
    """Open an address and watch what the page does."""
    page = context.new_page()
    page.set_default_timeout(PAGE_SECONDS * 1000)
    seen = Visit(page)
    page.on("request", lambda request: note_request(seen, request.url))
    page.on("console", lambda message: note_message(seen, message))
    page.on("pageerror", lambda error: seen.problems.append(str(error)))
    page.goto(url)
    seen.wait_until_still()
    return seen


def violations(page):
    """Serious violations of accessibility rules that are ours."""
    found = Axe().run(page).response["violations"]
    return [
        (item["id"], [node["html"][:200] for node in item["nodes"]])
        for item in found
        if item["impact"] in ("serious", "critical") and item["id"] not in UPSTREAM
    ]


def note_request(seen: Visit, url: str) -> None:
    local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    if not url.startswith(local):
        seen.foreign.append(url)


def note_message(seen: Visit, message) -> None:
    if message.type == "error":
        seen.problems.append(message.text)


@pytest.fixture
def open_page(browser):
    """``open_page(url, width=..., language=...)``: a page in a context of its own."""
    contexts = []

    def opened(
        url, *, width=1440, height=900, scheme="light", language="en-US", **more
    ):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=language,
            **more,
        )
        contexts.append(context)
        return visit(context, url)

    yield opened
    for context in contexts:
        context.close()
