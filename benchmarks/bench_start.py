"""From starting the app to the first paint of the KPI page on the demo data.

``python -m benchmarks.bench_start [--orders 400000] [--runs 3]``. A server is started
cold for every run, and a browser opens the page; beside it, in the same run, the same
for an empty Streamlit page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from sample_data.simulate import simulate

HOUSE = Path(__file__).parents[1]
EMPTY = 'import streamlit\nstreamlit.title("Empty")\nstreamlit.write("ready")\n'
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
TABLES = ("orders", "offers", "reviews", "complaints", "contacts")


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


@contextmanager
def served(script: Path, workspace: Path) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DOORSTEP_WORKSPACE": str(workspace),
        "PYTHONPATH": str(HOUSE),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(
        command,
        cwd=HOUSE,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health"):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(0.05)


def seconds(browser: Browser, script: Path, workspace: Path, path: str) -> float:
    """From the start of the server to the first figures on the page."""
    start = time.perf_counter()
    with served(script, workspace) as address:
        wait_for(address)
        page = browser.new_page()
        page.goto(address + path)
        page.wait_for_selector("h1", timeout=60_000)
        taken = time.perf_counter() - start
        page.close()
    return taken


def prepare(folder: Path, orders: int) -> Path:
    """A workspace with the demo data."""
    from analysis.orders import publish  # noqa: PLC0415 - not part of what is timed

    workspace = folder / "workspace"
    simulate(folder / "world", orders=orders)
    sources = [folder / "world" / name for name in TABLES]
    publish(sources, workspace=workspace, name="Demo").engine.close()
    return workspace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        empty = folder / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        workspace = prepare(folder, options.orders)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        taken: dict[str, list[float]] = {"ours": [], "empty": []}
        for _ in range(options.runs):
            ours = seconds(browser, HOUSE / "serve.py", workspace, "/kpis")
            taken["ours"].append(ours)
            taken["empty"].append(seconds(browser, empty, workspace, "/"))
        browser.close()
    ours, least = (statistics.median(taken[side]) for side in ("ours", "empty"))
    print(
        f"start to first paint of the KPI page, {options.orders:,} orders: "
        f"{ours:5.2f} s, an empty page {least:5.2f} s, ratio {ours / least:5.2f}"
    )


if __name__ == "__main__":
    main()
