"""The next case in the browser at 10,000,000 orders, in a queue of 20,000.

``python -m benchmarks.bench_case_page [--orders N] [--steps 40]``. From the key to
the painted title of the next case, as somebody reads one case after another; beside it,
in the same run, the same key on a page that shows no case: opening the sheet of keys.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from analysis import orders
from analysis.cases.queues import queue as make_queue
from analysis.metrics import Selection
from analysis.records import open_records
from benchmarks.bench_kpi_page import HOUSE, NAME, publish
from tests.e2e.find_browser import find
from ui.cases.view import CasesView
from ui.state import encode_view

CASES = 20_000
LOOK_SECONDS = 3.0
TITLE = "[data-testid=stMainBlockContainer] h1"
#: Resolves with the page's own clock once the line on top names another place.
PAINTED = """place => new Promise(done => {
  const seen = () => {
    const bar = document.querySelector('.st-key-cases_bar');
    if (bar && bar.innerText.includes(place)) requestAnimationFrame(
      () => requestAnimationFrame(() => done(performance.now())));
    else setTimeout(seen, 5);
  };
  seen();
})"""


def serve(workspace: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {
        "DOORSTEP_WORKSPACE": str(workspace),
        "DOORSTEP_DEMO_ORDERS": "0",
        "STREAMLIT_SERVER_PORT": str(port),
    }
    command = [sys.executable, "-m", "streamlit", "run", "serve.py"]
    process = subprocess.Popen(command, cwd=HOUSE, env=environment)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return process, f"http://127.0.0.1:{port}"


def next_case(page: Page, place: int) -> float:
    """Seconds from the key to the next case on the screen."""
    start = page.evaluate("performance.now()")
    page.keyboard.press("ArrowRight")
    return (page.evaluate(PAINTED, f"{place:,} / ") - start) / 1000


def sheet_of_keys(page: Page) -> float:
    """Seconds from the key to the sheet of keys: a round trip without a case."""
    start = time.perf_counter()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    taken = time.perf_counter() - start
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    return taken


def measure(address: str, steps: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        url = address.split("/cases", maxsplit=1)[0]
        context.add_cookies([{"name": "doorstep_name", "value": "Ada", "url": url}])
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(TITLE, timeout=120_000)
        page.locator(".st-key-cases_complete").wait_for(timeout=120_000)
        page.wait_for_timeout(20_000)
        reference = [sheet_of_keys(page) for _ in range(5)]
        taken = []
        for place in range(2, steps + 2):
            page.wait_for_timeout(LOOK_SECONDS * 1000)
            taken.append(next_case(page, place))
        browser.close()
    middle, high = np.quantile(taken, [0.5, 0.95])
    base = float(np.median(reference))
    print(f"next case painted    P50 {middle:.2f} s  P95 {high:.2f} s  n {len(taken)}")
    print(f"sheet of keys shown  P50 {base:.2f} s")
    print(f"ratio                P50 {middle / base:.1f}  P95 {high / base:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        publish(workspace, options.orders)
        records = open_records(str(workspace))
        dataset = orders.open_dataset(str(workspace), NAME)
        start = time.perf_counter()
        made = make_queue(
            dataset, Selection(event="late"), records=records, name="All", by="Bench",
            limit=CASES,
        )  # fmt: skip
        print(f"queue of {made.size:,} made in {time.perf_counter() - start:.1f} s")
        dataset.engine.close()
        records.close()
        selection = Selection(dataset=NAME, version="v001")
        view = CasesView(selection=selection, queue=made.id, position=1)
        process, url = serve(workspace)
        try:
            address = f"{url}/cases?lang=en&v={encode_view(view)}"
            measure(address, options.steps)
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
